// Package phonenum reads, checks, formats and hides phone numbers.
//
// [Parse] turns what people write into a [Number], a small comparable value that knows whether it is possible and valid, of which
// [Type] and region it is, which time zones it can be in, and how it is written. [ParseAddress] reads what a call can be placed
// to besides: an extension, a SIP or tel URI, an unchecked dial string. [Short] recognises short and emergency numbers, [Patterns]
// and [List] are allow and deny lists, [FixPlus] adds a forgotten plus sign.
//
// It does not find numbers in text, format while typing, know carriers or places, or say whether somebody answers.
//
// # Privacy
//
// A phone number belongs to a person and must not end up in a log. A [Number] and an [Address] print themselves masked through every
// verb of fmt, log/slog, encoding/json and encoding.TextMarshaler, within structs too, even in unexported fields:
//
//	+41•••••6677
//
// The digits come out only where a name says so: [Number.E164], [Number.National], [Number.International], [Number.RFC3966],
// [Address.Reveal], [Address.Key], [Address.Ext]. Errors never hold what was parsed. To store a number take E164 or Reveal, and
// [ParseE164] or [RevealedAddress] to restore it exactly.
//
// # Tables
//
// The rules are those of libphonenumber; [MetadataVersion] says which. Its regular expressions were turned into automata over
// digits when the tables were generated, so that there is nothing to compile or initialise and a question takes about a hundred
// nanoseconds and no allocation. The tables take about 300 kB in the binary's read-only part. The module phonenum/internal/gen
// generates them and compares every answer with a port of libphonenumber; a table there lists the few deliberate differences.
//
// # Concurrency
//
// All functions are pure and all types are values: everything may be used from any goroutine.
package phonenum
