package callback

import (
	"fmt"
	"time"
)

// PermitKind names one limit of the domain. Kinds are text so that a store can
// keep them in a column and a host can read them.
type PermitKind string

// The limits. Held ones are given back when the callback leaves the states
// that keep them; the others are used up and return when their window ends.
const (
	PermitNumber    PermitKind = "number"    // held: callbacks of one number in one service (GMS _enable_in_queue_checking)
	PermitQueued    PermitKind = "queued"    // held: callbacks in a service's queue (GMS _max_queued_callbacks_per_service)
	PermitBucket    PermitKind = "bucket"    // held: seats of a time bucket (GMS _max_request_by_time_bucket)
	PermitLine      PermitKind = "line"      // held: calls of a service that are up
	PermitCall      PermitKind = "call"      // held: one call at a time to one number, over all services
	PermitAccess    PermitKind = "access"    // held: an access number booked for a customer who calls in
	PermitInterval  PermitKind = "interval"  // used up: starts per service and interval (GMS _throttle_callbacks_per_service_1, _2)
	PermitParameter PermitKind = "parameter" // used up: starts per parameter value and day (GMS _throttle_request_parameters)
	PermitRate      PermitKind = "rate"      // used up: dials of a service per second
	PermitAttempt   PermitKind = "attempt"   // used up: dials to one number per day
)

// PermitKey names one counter within a tenant. It is comparable.
type PermitKey struct {
	Kind    PermitKind
	Service string // service name; empty where the limit spans services
	Name    string // parameter name, window number or access number, where one is needed
	Subject string // what identifies a person (a number, a parameter value); erased with the person
	Slot    int64  // Unix seconds of the bucket, where there is one
}

// Permit asks for N units of the counter Key.
type Permit struct {
	Key PermitKey
	// N is how many units are taken; at least 1.
	N int64
	// Max is how many units may be out after this one is taken; the permit is
	// refused when used + N > Max. Negative means no limit: the units are only
	// counted.
	Max int64
	// For gives the counter a fixed window that begins when its first unit is
	// taken and ends For later; then it counts from zero again. Zero: no
	// window by length.
	For time.Duration
	// Until ends the counter's window at an instant (a calendar day). Zero: no
	// window by instant. At most one of For and Until is set.
	Until time.Time
}

// Held is what a callback holds of one counter, to be given back later.
type Held struct {
	Key PermitKey
	N   int64
}

// Counter is what a store knows of one counter.
type Counter struct {
	Key  PermitKey
	Used int64
	// Ends is when the window of the counter ends; zero means it has none.
	Ends time.Time
}

// PermitError says which permit a store refused. It unwraps to
// [ErrPermitRefused]. The message never shows the subject.
type PermitError struct {
	Permit Permit
	Used   int64
	// Ends is when the counter's window ends; zero means it has none.
	Ends time.Time
}

func (e *PermitError) Error() string {
	return fmt.Sprintf("%s of service %q: %d of %d used", e.Permit.Key.Kind, e.Permit.Key.Service, e.Used, e.Permit.Max)
}

// Unwrap returns [ErrPermitRefused].
func (e *PermitError) Unwrap() error { return ErrPermitRefused }
