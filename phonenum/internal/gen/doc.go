// Package gen generates the tables of package phonenum from the metadata of
// libphonenumber, and compares the answers of phonenum with two
// implementations of that library.
//
// It is a module of its own so that neither ringback nor its users depend on
// them. From the root,
//
//	make gen
//
// pins the newest versions of all sources and generates the tables, and
//
//	GOWORK=off go generate ./phonenum
//
// generates them from the pinned versions.
//
// # Sources
//
// Plans and formats are those of libphonenumber-js, an npm package that follows
// Google's releases within days and whose change log names them. It leaves out
// what matters only for local dialling: lengths that are possible without the
// area code, and formats that are not used internationally. These come from
// github.com/nyaruka/phonenumbers, as do short numbers and time zones.
//
// The Go port says that it has a version which it does not have. The generator
// therefore derives that version from the plans in which the port differs from
// libphonenumber-js, and fails when a plan differs that no release in between
// changed.
//
// # Comparison
//
// Google's JavaScript implementation runs under Node.js, the Go port in the
// tests. Both are given the metadata of the tables, so that every difference is
// a fault. Google's runs a second and a third time with the metadata of its own
// package and that of the Go port, to show what a difference in age means, and
// that nothing else differs.
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
