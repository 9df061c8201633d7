package record

import (
	"github.com/ringback-go/ringback/callback"
)

// AppendCallback appends the encoded form of c to b and returns the extended
// slice. Tenant, ID, Service, State, Priority, Ready, Revision, NextAt and Lease
// are not encoded: a store keeps them in columns.
//
// Times are truncated to microseconds. Properties and UserData are encoded with
// encoding/json, so that an int is decoded as a float64.
//
// The error is a [callback.FieldError] that names the field: a time that does
// not fit into an int64 of microseconds since 1970, a value that JSON cannot
// express, or a list of more than 65,536 items. On error, AppendCallback returns
// b unchanged.
//
// If Properties and UserData are nil, AppendCallback allocates only to grow b.
// It does not modify c; concurrent calls may share c.
func AppendCallback(b []byte, c *callback.Callback) ([]byte, error) {
	var enc codec
	enc.start(b)
	enc.callback(c)
	return enc.result(b)
}

// DecodeCallback decodes into c what [AppendCallback] encoded. It keeps the
// fields of c that are not encoded (Tenant, ID, Service, State, Priority, Ready,
// Revision, NextAt, Lease) and sets all others, to zero if b does not have them.
// Times are in UTC. c does not alias b.
//
// Any input is safe. The error is a [DamagedError]: [ErrDamaged] if b is not a
// valid record, [ErrVersion] if a newer library wrote it. Then c is unchanged.
func DecodeCallback(b []byte, c *callback.Callback) error {
	dec := codec{decoding: true, b: b}
	dec.begin()
	decoded := callback.Callback{
		Tenant: c.Tenant, ID: c.ID, Service: c.Service, Revision: c.Revision,
		State: c.State, Priority: c.Priority, Ready: c.Ready, NextAt: c.NextAt, Lease: c.Lease,
	}
	dec.callback(&decoded)
	if dec.finish(); dec.err != nil {
		return dec.failure(c.Tenant, c.ID)
	}
	*c = decoded
	return nil
}

// AppendEvent appends the encoded form of e to b and returns the extended slice.
// Tenant, Callback, Seq, Type and Cursor are not encoded: a store keeps them in
// columns. Times are truncated to microseconds.
//
// The error is a [callback.FieldError] that names a time that does not fit into
// an int64 of microseconds since 1970. On error, AppendEvent returns b unchanged.
//
// AppendEvent allocates only to grow b. It does not modify e; concurrent calls
// may share e.
func AppendEvent(b []byte, e *callback.Event) ([]byte, error) {
	var enc codec
	enc.start(b)
	enc.event(e)
	return enc.result(b)
}

// DecodeEvent decodes into e what [AppendEvent] encoded. It keeps the fields of
// e that are not encoded (Tenant, Callback, Seq, Type, Cursor) and sets all
// others, to zero if b does not have them. Times are in UTC. e does not alias b.
//
// Any input is safe. The error is a [DamagedError]: [ErrDamaged] if b is not a
// valid record, [ErrVersion] if a newer library wrote it. Then e is unchanged.
func DecodeEvent(b []byte, e *callback.Event) error {
	dec := codec{decoding: true, b: b}
	dec.begin()
	decoded := callback.Event{Tenant: e.Tenant, Callback: e.Callback, Seq: e.Seq, Type: e.Type, Cursor: e.Cursor}
	dec.event(&decoded)
	if dec.finish(); dec.err != nil {
		return dec.failure(e.Tenant, e.Callback)
	}
	*e = decoded
	return nil
}
