// Package gen makes the tables of package phonenum from the metadata of libphonenumber, as carried by
// github.com/nyaruka/phonenumbers, and holds the tests that compare the two libraries.
//
// It is a module of its own so that neither ringback nor its users ever depend on that library. Run
//
//	go generate ./phonenum
//
// from the root after raising the version of nyaruka/phonenumbers here and [Version] with it.
//
// # How the tables work
//
// Every regular expression of the metadata that asks "does this number match" describes a finite language over ten digits, so
// that it becomes an acyclic automaton. The automata of one question are run together and their answers joined at generation time:
// one automaton tells the type of a number within a plan (twelve descriptions and their lengths), one tells which of the
// regions of a shared country code has the number and of what type it is there, one tells the format, one tells
// what a short number is, and one tells the zones. Equal states are stored once for all automata together,
// so that 20,000 states serve all 250 plans.
//
// Prefixes to be stripped (international and national) need captures and Perl's order of preference; they become small
// programs for a backtracking matcher.
package gen
