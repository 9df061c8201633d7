package scheduler

import (
	"errors"
	"strings"
)

// The facts that errors of this package state. Each is found with [errors.Is];
// where there is more to say, the error is a [*FieldError] as well.
var (
	// ErrPriority: the text names none of the nine priorities.
	ErrPriority = errors.New("unknown priority")
	// ErrOutcome: the text names no outcome.
	ErrOutcome = errors.New("unknown outcome")
	// ErrWeights: a weight is outside 1 to [MaxWeight].
	ErrWeights = errors.New("invalid weights")
	// ErrRetryPolicy: a field of a retry policy is out of range.
	ErrRetryPolicy = errors.New("invalid retry policy")
	// ErrEstimator: a field of [RateOptions] is out of range.
	ErrEstimator = errors.New("invalid estimator")
	// ErrRecurrence: the text is no recurrence.
	ErrRecurrence = errors.New("invalid recurrence")
	// ErrNeverFires: the recurrence names only days that no calendar has, such
	// as 30 February. It comes together with ErrRecurrence.
	ErrNeverFires = errors.New("recurrence never fires")
	// ErrZone: the time zone is not an IANA name this system knows. It comes
	// together with ErrRecurrence.
	ErrZone = errors.New("unknown time zone")
)

// A FieldError says which field of a configuration broke which rule.
type FieldError struct {
	Field string  // as written in Go or in the spec, "Rules[busy].Delay"
	Value string  // what was found there, cut to 64 bytes
	Rule  string  // what it has to be, "must be 0 to 8784h"
	Facts []error // the sentinels it is, most general first
}

// Error names the field, its value and the rule.
func (e *FieldError) Error() string {
	var b strings.Builder
	b.WriteString("scheduler: ")
	for _, fact := range e.Facts {
		b.WriteString(fact.Error())
		b.WriteString(": ")
	}
	b.WriteString(e.Field)
	if e.Value != "" {
		b.WriteString(" " + e.Value)
	}
	b.WriteString(" " + e.Rule)
	return b.String()
}

// Unwrap returns the facts.
func (e *FieldError) Unwrap() []error { return e.Facts }

// fault makes a FieldError. A long value is cut, so that a hostile input does
// not fill a log.
func fault(field, value, rule string, facts ...error) *FieldError {
	const most = 64
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "..."
	}
	return &FieldError{Field: field, Value: value, Rule: rule, Facts: facts}
}
