package callback

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// The sentinels. [Code] returns a stable number for each. The Manager itself never
// returns ErrCalendar and ErrSubmitAttempts: they are for code of the host, such as
// a [ServiceSource] that loads calendars. It returns ErrCapacity for a Capacity that
// panics, and ErrExecution for a hang-up that fails.
var (
	ErrNumberLimit    = errors.New("number already has callbacks waiting") // 40001
	ErrQueueLimit     = errors.New("service's queue is full")              // 40002
	ErrIntervalLimit  = errors.New("too many callbacks in the interval")   // 40003
	ErrParameterLimit = errors.New("too many callbacks for the parameter") // 40004
	// ErrBookingLimit has the code of ErrParameterLimit, which counts the requests
	// of one number in GMS.
	ErrBookingLimit     = errors.New("too many callbacks booked for the number") // 40004
	ErrInvalidParameter = errors.New("invalid parameter")                        // 40010
	ErrInvalidOperation = errors.New("operation is not possible")                // 40020
	ErrNotFound         = errors.New("callback not found")                       // 40030
	ErrInvalidNumber    = errors.New("number is not allowed")                    // 40040
	// ErrConsent has the code of ErrInvalidNumber because GMS has no code for
	// consent and either error forbids the number.
	ErrConsent        = errors.New("customer has not consented")            // 40040
	ErrClosed         = errors.New("closed at the desired time")            // 40050
	ErrFull           = errors.New("no capacity at the desired time")       // 40051
	ErrCapacity       = errors.New("capacity could not be determined")      // 50004
	ErrCalendar       = errors.New("opening hours could not be determined") // 50005
	ErrSubmitAttempts = errors.New("dialer never took the callback")        // 50006
	ErrConfiguration  = errors.New("service is not configured")             // 50020
	ErrExecution      = errors.New("dialer failed")                         // 50030
	ErrRedirect       = errors.New("redirected service failed")             // 50040

	// ErrConflict reports that another writer changed the callback first. Code
	// reports it as 40020 (ErrInvalidOperation).
	ErrConflict = errors.New("callback has changed")
	// ErrInFlight reports that a call is in flight, so that the effect of the
	// operation cannot be guaranteed. Code reports it as 40020
	// (ErrInvalidOperation).
	ErrInFlight = errors.New("a call is in flight")
	// ErrKeyReuse reports that the idempotency key was used with another request.
	// Code reports it as 40010 (ErrInvalidParameter).
	ErrKeyReuse = errors.New("idempotency key was used for another request")
	// ErrOutcomeUnknown reports that the change may have been made. It can be
	// repeated safely with the same idempotency key.
	ErrOutcomeUnknown = errors.New("outcome is unknown: it may have happened")
	// ErrPermitRefused reports that the store refused a permit; see [PermitError].
	ErrPermitRefused = errors.New("permit refused")
	// ErrTooEarly and ErrTooLate report that a write is outside its [Window]. Code
	// reports them as 40020 (ErrInvalidOperation).
	ErrTooEarly = errors.New("too early by the store's clock")
	ErrTooLate  = errors.New("too late by the store's clock")
	// ErrStopped reports that the Manager is shutting down.
	ErrStopped = errors.New("manager is stopped")

	// ErrNotPlaced is returned by a [Dialer] if the call did not leave for the
	// network, so that no phone can have rung.
	ErrNotPlaced = errors.New("call was not placed")
	// ErrAttached is returned by a [ReportingDialer] that has a Manager already. An
	// error of manager.New that wraps it is an ErrConfiguration too.
	ErrAttached = errors.New("dialer is attached to another manager")
	// ErrNoAgent is returned by a [Router] if no agent can take the callback now.
	ErrNoAgent = errors.New("no agent is free")
)

// Code returns the number of an error in the numbering of GMS, 40001 to 50050: 0
// for nil, and CodeUnexpected for an error that has no number.
func Code(err error) int {
	if err == nil {
		return 0
	}
	for _, c := range codes() {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return CodeUnexpected
}

// HTTPStatus returns the HTTP status for an error, for handlers of the host: 200
// for nil, 429 for a limit, 404 for [ErrNotFound], 409 if the state of the
// callback or a used key forbids the request, 400 for other faults of the request,
// and 500 for all other errors. The adapters below callback/api respond with the
// same statuses unless their product defines others.
func HTTPStatus(err error) int {
	switch code := Code(err); {
	case code == 0:
		return 200
	case code <= 40004:
		return 429
	case code == 40020, code == 40010 && errors.Is(err, ErrKeyReuse):
		return 409
	case code == 40030:
		return 404
	case code < 50000:
		return 400
	}
	return 500
}

// CodeUnexpected is what [Code] returns for an error that has no number.
const CodeUnexpected = 50050

type codeOf struct {
	err  error
	code int
	kind string // see Kind
}

// codes lists the sentinels in the order in which Code tries them. An error that
// wraps several gets the code of the first: ErrRedirect precedes the error that
// caused it, and the general ErrInvalidOperation comes last.
func codes() []codeOf {
	return []codeOf{
		{ErrRedirect, 50040, "redirect"},
		{ErrNumberLimit, 40001, "number_limit"},
		{ErrQueueLimit, 40002, "queue_limit"},
		{ErrIntervalLimit, 40003, "interval_limit"},
		{ErrParameterLimit, 40004, "parameter_limit"},
		{ErrBookingLimit, 40004, "booking_limit"},
		{ErrKeyReuse, 40010, "key_reuse"},
		{ErrInvalidNumber, 40040, "number"},
		{ErrConsent, 40040, "consent"},
		{ErrInvalidParameter, 40010, "parameter"},
		{ErrNotFound, 40030, "not_found"},
		{ErrClosed, 40050, "closed"},
		{ErrFull, 40051, "full"},
		{ErrCapacity, 50004, "capacity"},
		{ErrCalendar, 50005, "calendar"},
		{ErrSubmitAttempts, 50006, "submit_attempts"},
		{ErrConfiguration, 50020, "configuration"},
		{ErrExecution, 50030, "execution"},
		{ErrConflict, 40020, "conflict"},
		{ErrInFlight, 40020, "in_flight"},
		{ErrTooEarly, 40020, "too_early"},
		{ErrTooLate, 40020, "too_late"},
		{ErrInvalidOperation, 40020, "operation"},
	}
}

// FieldError reports a field of a request or a configuration that breaks a rule.
// It unwraps to Fact and Cause.
type FieldError struct {
	// Field is the name of the field: that of the Go field for a configuration, as
	// in "Numbers.Country"; for a request the name in lower case, as in
	// "retry.delay", or the property that clients of GMS set: "_customer_number"
	// for Request.Number, "_desired_time" for Desired and Local, "_callback_state"
	// for State.
	Field string
	Rule  string // what is wrong with it; never contains a phone number
	Fact  error  // ErrInvalidParameter or ErrConfiguration
	Cause error  // may be nil
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Rule }

// Unwrap returns Fact and, if it is set, Cause.
func (e *FieldError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Fact}
	}
	return []error{e.Fact, e.Cause}
}

// NewFieldError returns a FieldError that unwraps to fact, which is
// [ErrInvalidParameter] or [ErrConfiguration].
func NewFieldError(fact error, field, rule string) *FieldError {
	return &FieldError{Field: field, Rule: rule, Fact: fact}
}

func invalid(field, rule string) error { return NewFieldError(ErrInvalidParameter, field, rule) }

func misconfigured(field, rule string) error { return NewFieldError(ErrConfiguration, field, rule) }

// NumberError says why a number is refused. It unwraps to [ErrInvalidNumber]
// and, if the number could not be parsed, to the error of the parser. It never
// contains the number.
type NumberError struct {
	Field string // the property that contains the number
	Rule  string // "impossible", "invalid", "premium", "exception", "country", "emergency" or "host"
	Cause error  // error of the parser; may be nil
}

func (e *NumberError) Error() string {
	if e.Rule == "host" {
		return e.Field + ": sip address of a host that the service does not name"
	}
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s number: %v", e.Field, e.Rule, e.Cause)
	}
	return fmt.Sprintf("%s: %s number", e.Field, e.Rule)
}

// Unwrap returns ErrInvalidNumber and the cause.
func (e *NumberError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrInvalidNumber}
	}
	return []error{ErrInvalidNumber, e.Cause}
}

// LimitError says which limit refused a Start. It unwraps to [ErrNumberLimit],
// [ErrQueueLimit], [ErrIntervalLimit], [ErrParameterLimit] or [ErrBookingLimit].
type LimitError struct {
	Service   string
	Max       int64         // the limit
	Used      int64         // units in use, of Max
	Interval  time.Duration // length of the interval, for ErrIntervalLimit and ErrBookingLimit
	Parameter string        // name of the parameter, for ErrParameterLimit and ErrBookingLimit
	RetryAt   time.Time     // when the window ends; zero if the limit has no window
	Fact      error         // sentinel that the error unwraps to
}

func (e *LimitError) Error() string {
	switch e.Fact {
	case ErrNumberLimit:
		return fmt.Sprintf("%v: service %q allows %d", e.Fact, e.Service, e.Max)
	case ErrIntervalLimit, ErrBookingLimit:
		return fmt.Sprintf("%v: service %q allows %d in %v", e.Fact, e.Service, e.Max, e.Interval)
	case ErrParameterLimit:
		return fmt.Sprintf("%v %s: service %q allows %d a day", e.Fact, e.Parameter, e.Service, e.Max)
	}
	return fmt.Sprintf("%v: service %q allows %d", e.Fact, e.Service, e.Max)
}

// Unwrap returns the limit's sentinel.
func (e *LimitError) Unwrap() error { return e.Fact }

// AvailabilityError says why the desired time is not available and proposes
// others. It unwraps to [ErrClosed] or [ErrFull].
type AvailabilityError struct {
	Service string
	Bucket  availability.Bucket
	// Explanation names the rule that closes the time, for ErrClosed.
	Explanation availability.Explanation
	// Alternatives are the nearest open times with free seats, in chronological
	// order.
	Alternatives []availability.Slot
	Fact         error // sentinel that the error unwraps to
}

func (e *AvailabilityError) Error() string {
	const layout = "2006-01-02T15:04:05.000Z"
	return fmt.Sprintf("%v: service %q, %s to %s, %d alternatives", e.Fact, e.Service,
		e.Bucket.Start.UTC().Format(layout), e.Bucket.End.UTC().Format(layout), len(e.Alternatives))
}

// Unwrap returns ErrClosed or ErrFull.
func (e *AvailabilityError) Unwrap() error { return e.Fact }

// StateError reports an operation that the state of the callback does not allow.
// It unwraps to [ErrInvalidOperation] and, in a state with a call in flight, to
// [ErrInFlight].
type StateError struct {
	ID        ID
	State     State
	Operation string
}

func (e *StateError) Error() string {
	return fmt.Sprintf("cannot %s callback %s: it is %s", e.Operation, e.ID, e.State)
}

// Unwrap returns the sentinels.
func (e *StateError) Unwrap() []error {
	switch e.State {
	case Dialing, Routing, Processing, Unresolved:
		return []error{ErrInvalidOperation, ErrInFlight}
	}
	return []error{ErrInvalidOperation}
}

// PendingError says what a cancellation did while a call is or may be up: it was
// noted, and waits for the end of the call. No attempt follows. It is a
// [StateError], and so an [ErrInFlight]; with HangUpFailed it is an [ErrExecution]
// as well, whose code [Code] returns.
type PendingError struct {
	StateError
	// Reason is what the callback completes with, unless the parties talk.
	Reason Reason
	// HangUp says that the dialer was asked to end the call.
	HangUp bool
	// HangUpFailed says that the dialer could not end the call. It is asked again
	// for as long as the call can be up.
	HangUpFailed bool
	// Until is when an Unresolved callback completes at the latest; zero for the
	// other states, which end with the call.
	Until time.Time
}

func (e *PendingError) Error() string {
	text := fmt.Sprintf("cannot %s callback %s yet: it is %s; no attempt follows, and it completes as %s", e.Operation, e.ID, e.State, e.Reason)
	switch {
	case e.HangUpFailed:
		text += "; the dialer failed to hang up"
	case e.HangUp:
		text += "; the dialer was asked to hang up"
	}
	if !e.Until.IsZero() {
		text += "; at the latest at " + e.Until.UTC().Format(time.RFC3339)
	}
	return text
}

// Unwrap returns the StateError and, with HangUpFailed, ErrExecution.
func (e *PendingError) Unwrap() []error {
	if e.HangUpFailed {
		return []error{&e.StateError, ErrExecution}
	}
	return []error{&e.StateError}
}

// OwedError says that a callback is not erased yet because something outside the
// store is still to be done for it: the router has not released its agent, or the
// dialer has not ended its call. Both are tried when the erasure is asked for and
// again later. It unwraps to [ErrInvalidOperation].
type OwedError struct {
	ID   ID
	Owed int // how many releases and hang-ups failed, from 1
}

func (e *OwedError) Error() string {
	return fmt.Sprintf("cannot forget callback %s yet: %d requests to release its agent or to end its call have failed", e.ID, e.Owed)
}

// Unwrap returns ErrInvalidOperation.
func (e *OwedError) Unwrap() error { return ErrInvalidOperation }

// MaskedError says that a completed callback cannot be copied because its number
// and properties were removed ([Service.MaskAfter]). It unwraps to
// [ErrInvalidOperation].
type MaskedError struct {
	ID       ID
	MaskedAt time.Time
}

func (e *MaskedError) Error() string {
	return fmt.Sprintf("cannot copy callback %s: it was masked at %s", e.ID, e.MaskedAt.UTC().Format(time.RFC3339))
}

// Unwrap returns ErrInvalidOperation.
func (e *MaskedError) Unwrap() error { return ErrInvalidOperation }

// PanicError reports a panic in code of the host that a Manager called.
type PanicError struct {
	In    string // "dialer", "router", "subscriber", "observer", "estimator", "capacity" or "contact directory"
	Value any    // argument of panic
	Stack []byte // stack of the goroutine, from [runtime/debug.Stack]
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked", e.In) }
