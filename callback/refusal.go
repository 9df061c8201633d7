package callback

import (
	"context"
	"errors"
)

// RefusalObserver is implemented by observers that are told of refused requests, for
// counters and alarms. A Manager looks for it in a wrapped observer too, if the
// wrapper has a method Unwrap() Observer.
//
// Refused is called once for each request that changes something and ended with an
// error, for each item of a bulk request that did, and for each request of any sort
// that an adapter refuses: without credentials, a role or a customer of its own, in
// a form that cannot be read, or for what the Manager says. A cancellation that waits
// for the end of a call ([PendingError]) is not refused. A request whose answer is
// [ErrOutcomeUnknown] may have been done.
//
// What the Manager itself puts off, such as a call outside the hours, is no request:
// the event of the callback and [Observer].Decided tell it.
type RefusalObserver interface {
	Refused(ctx context.Context, r Refusal)
}

// Refusal is a request that was refused. It contains no number and no text of the
// client that may be one.
type Refusal struct {
	Tenant    string // empty if the caller was refused before it was known
	Service   string // the service of the request or of its callback; empty if it does not exist or was not read
	Callback  ID     // the callback; empty if it does not exist or was not read
	Operation string // a method of the Manager, as in "start" or "cancel_all", or that of an adapter, as in "gms.create"
	// Kind is [Kind] of Err: one of some thirty words, fit for a label of a metric.
	Kind string
	// Code is [Code] of Err; 0 if the refusal has no number in GMS, such as a missing
	// role.
	Code int
	Err  error // not to be changed
}

// NewRefusal returns a refusal with its Kind and Code.
func NewRefusal(operation string, err error) Refusal {
	r := Refusal{Operation: operation, Kind: Kind(err), Code: Code(err), Err: err}
	if r.Code == CodeUnexpected && r.Kind != kindUnexpected {
		r.Code = 0
	}
	return r
}

// KindError is implemented by errors that say their [Kind] themselves, such as those
// of callback/api.
type KindError interface {
	error
	Kind() string
}

const kindUnexpected = "unexpected"

// Kind returns a word for the kind of an error that is stable and the same for all
// errors of the kind. It is empty for nil and one of
//
//   - "number", "consent", "number_limit", "queue_limit", "interval_limit",
//     "parameter_limit", "booking_limit", "closed", "full", "permit", "redirect" for
//     what a service does not allow;
//   - "parameter", "key_reuse", "not_found", "operation", "in_flight", "conflict",
//     "paused", "too_early", "too_late" for what the request or the state of the
//     callback does not;
//   - "capacity", "calendar", "submit_attempts", "configuration", "execution",
//     "outcome_unknown", "stopped", "gone" (the client gave up), "timeout",
//     "unexpected" for faults of the host;
//   - "unauthenticated", "forbidden", "ownership" (the callback of another customer),
//     "path", "method", "busy" for refusals of an adapter.
//
// Where several apply, the order is that of [Code]. An error with a method Kind
// ([KindError]) says it itself.
func Kind(err error) string {
	if err == nil {
		return ""
	}
	var own KindError
	if errors.As(err, &own) {
		return own.Kind()
	}
	for _, c := range codes() {
		if errors.Is(err, c.err) {
			return c.kind
		}
	}
	for _, k := range []struct {
		err  error
		kind string
	}{
		{ErrOutcomeUnknown, "outcome_unknown"}, {ErrPermitRefused, "permit"}, {ErrStopped, "stopped"},
		{context.Canceled, "gone"}, {context.DeadlineExceeded, "timeout"},
	} {
		if errors.Is(err, k.err) {
			return k.kind
		}
	}
	return kindUnexpected
}
