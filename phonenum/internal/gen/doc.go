// Package gen generates the tables of package phonenum from the metadata of
// libphonenumber, as contained in github.com/nyaruka/phonenumbers, and tests
// phonenum against that library.
//
// It is a module of its own so that neither ringback nor its users depend on
// that library. After raising the version of nyaruka/phonenumbers and
// [Version], run
//
//	go generate ./phonenum
//
// from the root.
//
// # How the tables work
//
// A regular expression of the metadata that is used to match whole numbers
// describes a finite language over ten digits, so it can be compiled to an
// acyclic automaton. Automata that are always queried together are combined
// into one at generation time: one returns the type of a number within a plan
// (twelve descriptions and their lengths), one returns which region of a shared
// country code a number belongs to and its type there, one returns the format,
// one classifies short numbers, and one returns the time zones. Equal states
// are stored once, so 20,000 states suffice for all 250 plans.
//
// International and national prefixes have to be stripped, which needs captures
// and Perl's leftmost-first semantics. They become small programs for a
// backtracking matcher.
package gen
