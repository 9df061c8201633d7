// Package phonenum parses, validates, formats and masks phone numbers.
//
// [Parse] turns human input into a [Number], a small comparable value that
// knows whether it is possible and valid, its [Type], region and time zones,
// and how it is written. [ParseAddress] also accepts extensions and SIP and tel
// URIs; [RawAddress] holds a dial string that is not checked, and
// [ParseDialed] returns what a dialer will dial, so that it can be checked. [Short]
// recognises short and emergency numbers, [Patterns] and [List] are allow and
// deny lists, and [FixPlus] adds a missing plus sign.
//
// The package does not find numbers in text, format as you type, know carriers
// or places, or tell whether a number is answered.
//
// # Privacy
//
// A phone number is personal data and must not end up in a log. A [Number] and
// an [Address] are masked by every verb of fmt, by log/slog, encoding/json and
// encoding.TextMarshaler, also inside structs and in unexported fields:
//
//	+41•••••6677
//
// Only these methods return the digits: [Number.E164], [Number.National],
// [Number.International], [Number.RFC3966], [Address.Reveal], [Address.Key],
// [Address.Dialed] and [Address.Ext]. Errors never contain the input. To store a number, use E164 or
// Reveal; [ParseE164] and [RevealedAddress] restore it exactly.
//
// # Tables
//
// The rules are those of libphonenumber; [MetadataVersion] names the version of
// the plans and formats, and the older one of the short numbers and time zones.
// Numbering plans change: a number in a range that was opened after that version
// is not valid to this package until its tables are updated.
//
// Its regular expressions were converted to automata over digits when the
// tables were generated, so there is nothing to compile or initialise: a query
// takes about a hundred nanoseconds and does not allocate. The tables take
// about 300 kB of read-only data. The module phonenum/internal/gen generates
// them and compares every answer with Google's JavaScript implementation and
// with a port to Go; a table there lists the few deliberate differences.
//
// # Concurrency
//
// All functions are pure and all types are values: everything is safe for
// concurrent use.
package phonenum
