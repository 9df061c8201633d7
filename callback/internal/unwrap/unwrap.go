// Package unwrap finds optional interfaces of plug-ins behind wrappers.
package unwrap

import "github.com/ringback-go/ringback/callback"

// As returns v, or the plug-in that v wraps, as a T. A wrapper of a Dialer,
// Router, Store or Observer names what it wraps in a method Unwrap that returns the same
// interface.
func As[T any](v any) (T, bool) {
	for v != nil {
		if t, ok := v.(T); ok {
			return t, true
		}
		switch w := v.(type) {
		case interface{ Unwrap() callback.Dialer }:
			v = w.Unwrap()
		case interface{ Unwrap() callback.Router }:
			v = w.Unwrap()
		case interface{ Unwrap() callback.Store }:
			v = w.Unwrap()
		case interface{ Unwrap() callback.Observer }:
			v = w.Unwrap()
		default:
			v = nil
		}
	}
	var none T
	return none, false
}
