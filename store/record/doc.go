// Package record encodes callbacks and events as bytes, for stores that keep
// bytes: a column of a database, a value under a key, a file. The store decides
// where the bytes go and what is indexed.
//
// A record contains the numbers of people and everything else that the printed
// and JSON forms of package callback mask. Protect it accordingly, do not log it,
// and do not use it as an interchange format between systems.
//
// # Contents
//
// A record has all fields except those that every store has as columns, to find
// and change callbacks by them. For a callback these are Tenant, ID, Service,
// State, Priority, Ready, Revision, NextAt and Lease, so that a claim, which
// changes nothing else, need not encode the record again. For an event they are
// Tenant, Callback, Seq, Type and Cursor. Decoding does not touch these fields.
//
// Decoding returns what was encoded, except that times are in UTC and truncated
// to microseconds, and that values in Properties and UserData become what
// encoding/json makes of them: every number is a float64. Nil and empty maps and
// lists remain distinct, as do nil pointers and pointers to zero structs.
//
// # Format
//
// The first byte is the version, 1. Fields follow. Each is a key, which is the
// number of the field times four plus the kind of its value, and the value. The
// kinds are:
//
//   - 0: a varint. Signed numbers are zig-zag encoded, times are microseconds
//     since the Unix epoch, durations are nanoseconds.
//   - 1: bytes, preceded by their length. Addresses are the text of
//     Address.Reveal, maps are JSON, a struct is its fields, and a list is its
//     items, each preceded by its length.
//   - 2: the eight bytes of a float64, little-endian.
//
// Zero values are omitted, and fields are in ascending order of their numbers, so
// that equal callbacks have equal bytes. A list has at most 65,536 items, and a
// varint has its shortest form.
//
// Decoding never panics on any input, and allocates in proportion to the length
// of the input and the number of items in it.
//
// # Compatibility
//
// Field numbers are permanent, and the format grows only by new numbers: an older
// library skips the fields that it does not know, and a newer one finds zero
// where an older one wrote nothing. While nodes of two releases share a store, an
// older node that changes a callback drops the fields that it skipped. A field
// that must not be lost in this way, or that changes the meaning of others, needs
// a new version, which older libraries reject with a [VersionError].
package record
