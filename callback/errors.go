package callback

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// Facts. Each has a stable number through [Code]. ErrCapacity, ErrCalendar,
// ErrSubmitAttempts and ErrExecution are for what a host puts around a Manager:
// a [ServiceSource] that reads calendars from elsewhere, an API that answers for
// the dialer.
var (
	ErrNumberLimit      = errors.New("number already has callbacks waiting") // 40001
	ErrQueueLimit       = errors.New("service's queue is full")              // 40002
	ErrIntervalLimit    = errors.New("too many callbacks in the interval")   // 40003
	ErrParameterLimit   = errors.New("too many callbacks for the parameter") // 40004
	ErrInvalidParameter = errors.New("invalid parameter")                    // 40010
	ErrInvalidOperation = errors.New("operation is not possible")            // 40020
	ErrNotFound         = errors.New("callback not found")                   // 40030
	ErrInvalidNumber    = errors.New("number is not allowed")                // 40040
	// ErrConsent shares the code of ErrInvalidNumber: GMS has none for consent,
	// and to its clients both mean that this number must not be called.
	ErrConsent        = errors.New("customer has not consented")            // 40040
	ErrClosed         = errors.New("closed at the desired time")            // 40050
	ErrFull           = errors.New("no capacity at the desired time")       // 40051
	ErrCapacity       = errors.New("capacity could not be determined")      // 50004
	ErrCalendar       = errors.New("opening hours could not be determined") // 50005
	ErrSubmitAttempts = errors.New("dialer never took the callback")        // 50006
	ErrConfiguration  = errors.New("service is not configured")             // 50020
	ErrExecution      = errors.New("dialer failed")                         // 50030
	ErrRedirect       = errors.New("redirected service failed")             // 50040

	// ErrConflict: somebody else changed the callback first. It is an
	// ErrInvalidOperation to Code.
	ErrConflict = errors.New("callback was changed meanwhile")
	// ErrInFlight: an attempt is on its way, so that the operation cannot be
	// promised. It is an ErrInvalidOperation to Code.
	ErrInFlight = errors.New("a call is in flight")
	// ErrKeyReuse: the idempotency key was used with another request. It is an
	// ErrInvalidParameter to Code.
	ErrKeyReuse = errors.New("idempotency key was used for another request")
	// ErrOutcomeUnknown: it may have happened. Repeating with the same
	// idempotency key is safe.
	ErrOutcomeUnknown = errors.New("outcome is unknown: it may have happened")
	// ErrPermitRefused: a store refused a permit; see [PermitError].
	ErrPermitRefused = errors.New("permit refused")
	// ErrStopped: the Manager is shutting down.
	ErrStopped = errors.New("manager is stopped")
)

// Code returns the number of an error as GMS clients know it, 40001 to 50050;
// 0 for nil. Errors from elsewhere are 50050, "unexpected".
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

// HTTPStatus returns the HTTP status that fits an error, for handlers of the
// host: 200 for nil, 429 for a limit, 404 for [ErrNotFound], 409 where the state
// of the callback or a used key is in the way, 400 for other faults of the
// request, and 500 for the rest. Adapters of package callback/api answer with the
// same statuses unless their product has others.
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

// CodeUnexpected is the code of every error that has none of its own.
const CodeUnexpected = 50050

type codeOf struct {
	err  error
	code int
}

// The order matters where an error is more than one thing: the outer fact of a
// redirection comes first, the general operation last.
func codes() []codeOf {
	return []codeOf{
		{ErrRedirect, 50040},
		{ErrNumberLimit, 40001}, {ErrQueueLimit, 40002}, {ErrIntervalLimit, 40003}, {ErrParameterLimit, 40004},
		{ErrKeyReuse, 40010}, {ErrInvalidNumber, 40040}, {ErrConsent, 40040}, {ErrInvalidParameter, 40010}, {ErrNotFound, 40030},
		{ErrClosed, 40050}, {ErrFull, 40051},
		{ErrCapacity, 50004}, {ErrCalendar, 50005}, {ErrSubmitAttempts, 50006}, {ErrConfiguration, 50020},
		{ErrExecution, 50030},
		{ErrConflict, 40020}, {ErrInFlight, 40020}, {ErrInvalidOperation, 40020},
	}
}

// FieldError names the field of a request or a configuration and the rule it
// breaks. It unwraps to the sentinel it was made for.
type FieldError struct {
	Field string // the name the caller used
	Rule  string // what is wrong with it; never a number of a person
	Fact  error  // the sentinel it unwraps to
	Cause error  // what it also unwraps to; nil when there is nothing
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Rule }

// Unwrap returns the sentinel and the cause, when there is one.
func (e *FieldError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Fact}
	}
	return []error{e.Fact, e.Cause}
}

// NewFieldError makes a FieldError that unwraps to fact, for adapters that check
// requests of their own: [ErrInvalidParameter] or [ErrConfiguration].
func NewFieldError(fact error, field, rule string) *FieldError {
	return &FieldError{Field: field, Rule: rule, Fact: fact}
}

func invalid(field, rule string) error { return NewFieldError(ErrInvalidParameter, field, rule) }

func misconfigured(field, rule string) error { return NewFieldError(ErrConfiguration, field, rule) }

// NumberError says why a number is refused. It unwraps to [ErrInvalidNumber]
// and, where parsing failed, to that error. It never holds the number.
type NumberError struct {
	Field string // the property that holds the number
	Rule  string // "impossible", "invalid", "premium", "exception", "country" or "emergency"
	Cause error  // of parsing; nil when there is none
}

func (e *NumberError) Error() string {
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
// [ErrQueueLimit], [ErrIntervalLimit] or [ErrParameterLimit].
type LimitError struct {
	Service   string
	Max       int64         // the limit
	Used      int64         // what is out
	Interval  time.Duration // ErrIntervalLimit: its length
	Parameter string        // ErrParameterLimit: the name of the parameter
	RetryAt   time.Time     // when the window ends; zero when the limit has none
	Fact      error         // the sentinel it unwraps to
}

func (e *LimitError) Error() string {
	switch e.Fact {
	case ErrNumberLimit:
		return fmt.Sprintf("%v: service %q allows %d", e.Fact, e.Service, e.Max)
	case ErrIntervalLimit:
		return fmt.Sprintf("%v: service %q allows %d in %v", e.Fact, e.Service, e.Max, e.Interval)
	case ErrParameterLimit:
		return fmt.Sprintf("%v %s: service %q allows %d a day", e.Fact, e.Parameter, e.Service, e.Max)
	}
	return fmt.Sprintf("%v: service %q allows %d", e.Fact, e.Service, e.Max)
}

// Unwrap returns the limit's sentinel.
func (e *LimitError) Unwrap() error { return e.Fact }

// AvailabilityError says why there is no place at the desired time and proposes
// others. It unwraps to [ErrClosed] or [ErrFull].
type AvailabilityError struct {
	Service string
	Bucket  availability.Bucket
	// Explanation names the rule that closed the time; for ErrClosed.
	Explanation availability.Explanation
	// Alternatives are the nearest open times with seats left, in order of
	// time.
	Alternatives []availability.Slot
	Fact         error // the sentinel it unwraps to
}

func (e *AvailabilityError) Error() string {
	const layout = "2006-01-02T15:04:05.000Z"
	return fmt.Sprintf("%v: service %q, %s to %s, %d alternatives", e.Fact, e.Service,
		e.Bucket.Start.UTC().Format(layout), e.Bucket.End.UTC().Format(layout), len(e.Alternatives))
}

// Unwrap returns ErrClosed or ErrFull.
func (e *AvailabilityError) Unwrap() error { return e.Fact }

// StateError says that a callback's state does not allow an operation. It
// unwraps to [ErrInvalidOperation], and to [ErrInFlight] where a call is on its
// way.
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

// PanicError is what a panic of a host's dialer, router, subscriber or contact
// directory becomes.
type PanicError struct {
	In    string // "dialer", "router", "subscriber", "estimator", "contact directory"
	Value any    // what was passed to panic
	Stack []byte // of the goroutine, as [runtime/debug.Stack] returns it
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked", e.In) }
