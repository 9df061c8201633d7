// Package record is the durable form of callbacks and events, for stores that
// keep bytes: a column of a database, a value under a key, a file. It decides
// neither where the bytes go nor what is indexed, and it is no form for an
// interface between systems: it shows what the printed and the JSON forms of
// callback hide, numbers of people included. Whoever keeps records protects
// them as such, and writes them to no log.
//
// # Contents
//
// A record holds every field but those that each store has as columns of its
// own, because it finds and changes callbacks by them. Of a callback these are
// Tenant, ID, Service, State, Priority, Ready, Revision, NextAt and Lease; so a
// claim, which changes nothing else, need not write the record again. Of an
// event they are Tenant, Callback, Seq, Type and Cursor. Decoding leaves these
// fields of its target as they are.
//
// What comes back is what was written, with these exceptions: times are in UTC
// and have microseconds, cut off, not rounded; and values of properties and
// user data are what encoding/json makes of them, every number a float64. Nil
// and empty maps, lists and pointers to zero structs stay apart.
//
// # Form
//
// The first byte is the version, 1. Behind it come fields: a key, which is the
// field's number times four plus the kind of its value, and the value. Kinds
// are varint (0), bytes with their length in front (1), and eight bytes of a
// floating-point number, little end first (2). Signed numbers are zig-zag
// varints, times are microseconds since the Unix epoch, addresses the text
// that reveals them, maps one JSON text. A struct is bytes that hold fields
// again; a list is bytes that hold its items, each with its length in front. A
// zero value is left out, and fields come in the order of their numbers. Equal
// callbacks have equal bytes.
//
// A list has at most 65,536 items, and no varint is longer than it need be.
// Decoding never panics and allocates in proportion to the bytes it is given
// and the items they hold, whatever they are.
//
// # Growth
//
// Field numbers are permanent. A form may grow by new numbers only: older
// libraries skip what they do not know, and newer ones find zero where an older
// one wrote nothing. While nodes of two releases share a store, an older node
// that changes a callback drops the fields it skipped; a field that must not
// get lost this way, or that changes what others mean, needs a new version
// byte, which older libraries refuse with a [VersionError].
package record
