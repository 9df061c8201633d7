package callback

import (
	"fmt"
	"time"
)

// PermitKind names a limit. It is text so that a store can put it in a column and a
// host can read it.
type PermitKind string

// The limits. A held permit is returned when the callback enters a state that does
// not keep it (see [State.Keeps]); a used one becomes free when its window ends.
const (
	PermitNumber    PermitKind = "number"    // held: callbacks of one number in one service
	PermitQueued    PermitKind = "queued"    // held: callbacks in a service's queue
	PermitBucket    PermitKind = "bucket"    // held: seats of a time bucket
	PermitLine      PermitKind = "line"      // held: calls of a service that are up
	PermitCall      PermitKind = "call"      // held: calls to one number, over all services; at most one
	PermitAccess    PermitKind = "access"    // held: an access number booked for a customer who calls in
	PermitCode      PermitKind = "code"      // held: an access code, over all services; at most one
	PermitInterval  PermitKind = "interval"  // used: starts per service and interval
	PermitParameter PermitKind = "parameter" // used: starts per parameter value and day
	PermitRate      PermitKind = "rate"      // used: dials of a service per second
	PermitAttempt   PermitKind = "attempt"   // used: dials to one number per day or interval, over all services
	PermitBooking   PermitKind = "booking"   // used: callbacks accepted for one number per 24 hours, over all services
)

// PermitKey names one counter within a tenant. It is comparable.
type PermitKey struct {
	Kind    PermitKind
	Service string // service name; empty if the limit spans all services
	Name    string // parameter name, number or length of the interval, access number or code; empty for other kinds
	Subject string // phone number or parameter value of a person; Erase removes it
	Slot    int64  // Unix seconds of the time bucket; 0 for other kinds
}

// Permit asks for N units of the counter Key.
type Permit struct {
	Key PermitKey
	// N is the number of units; at least 1.
	N int64
	// Max is the limit: the permit is refused if used + N > Max. If Max is
	// negative, the units are counted without a limit.
	Max int64
	// For is the length of the counter's window, which begins when the first unit
	// is taken. After it the counter starts again from zero. Zero sets no length. A
	// window that ends more than a second after now + For began before the clock was
	// set back, and is over.
	For time.Duration
	// Span is the length of a rolling window: whole hours, from 1 hour to
	// 31 days. Zero is none; For and Until must be zero with it. Units taken at a time
	// count until the end of its hour (UTC) plus Span, and the permit is refused if
	// what still counts + N > Max. Units that end more than an hour and a second after
	// now + Span were taken before the clock was set back, and do not count. Units
	// given back are those taken last.
	//
	// The permits of a counter either all have one Span or none has: limits with
	// other spans differ in Key.Name. A counter that was taken from in the other way
	// starts from zero.
	Span time.Duration
	// Until is the end of the counter's window. Zero sets no end. At most one of
	// For and Until is set. A window that ends a day or more after Until began before
	// the clock was set back, and is over.
	Until time.Time
}

// Held is a number of units that a callback holds of one counter.
type Held struct {
	Key PermitKey
	N   int64
}

// Counter is the state of one counter in a store.
type Counter struct {
	Key  PermitKey
	Used int64 // units in use
	// Ends is the end of the window, and zero if there is none. For a rolling window
	// it is when the first of the units become free.
	Ends time.Time
}

// PermitError says which permit a store refused. It unwraps to
// [ErrPermitRefused]. Its message does not contain the subject.
type PermitError struct {
	Permit Permit
	Used   int64     // units in use, of Permit.Max
	Ends   time.Time // as in Counter
}

func (e *PermitError) Error() string {
	return fmt.Sprintf("%s of service %q: %d of %d used", e.Permit.Key.Kind, e.Permit.Key.Service, e.Used, e.Permit.Max)
}

// Unwrap returns [ErrPermitRefused].
func (e *PermitError) Unwrap() error { return ErrPermitRefused }
