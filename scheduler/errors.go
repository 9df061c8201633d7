package scheduler

import (
	"errors"
	"strings"
)

// Sentinel errors, to be tested with [errors.Is]. Errors that concern a field
// are a [*FieldError] as well.
var (
	// ErrPriority reports a text that names none of the nine priorities.
	ErrPriority = errors.New("unknown priority")
	// ErrOutcome reports a text that names no outcome.
	ErrOutcome = errors.New("unknown outcome")
	// ErrWeights reports a weight outside 1 to [MaxWeight].
	ErrWeights = errors.New("invalid weights")
	// ErrRetryPolicy reports a field of a retry policy that is out of range.
	ErrRetryPolicy = errors.New("invalid retry policy")
	// ErrEstimator reports a field of [RateOptions] that is out of range.
	ErrEstimator = errors.New("invalid estimator")
	// ErrRecurrence reports a text that is not a recurrence.
	ErrRecurrence = errors.New("invalid recurrence")
	// ErrNeverFires reports a recurrence that names only dates that do not
	// exist, such as 30 February. The error is an ErrRecurrence as well.
	ErrNeverFires = errors.New("recurrence never fires")
	// ErrZone reports a time zone that is not an IANA name known to this
	// system. The error is an ErrRecurrence as well.
	ErrZone = errors.New("unknown time zone")
)

// FieldError reports a configuration field that breaks a rule.
type FieldError struct {
	Field string  // path of the field, such as "Rules[busy].Delay"
	Value string  // the offending value, cut to 64 bytes
	Rule  string  // the rule it breaks, such as "must be 0 to 8784h"
	Facts []error // the sentinels it unwraps to, most general first
}

// Error returns the sentinels, the field, its value and the rule, in this
// order.
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

// Unwrap returns Facts.
func (e *FieldError) Unwrap() []error { return e.Facts }

// fault returns a FieldError with the value cut to 64 bytes, so that hostile
// input cannot flood a log.
func fault(field, value, rule string, facts ...error) *FieldError {
	const most = 64
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "..."
	}
	return &FieldError{Field: field, Value: value, Rule: rule, Facts: facts}
}
