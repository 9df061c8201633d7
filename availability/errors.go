package availability

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Sentinel errors for the typed errors of this package. Use [errors.Is] to test
// for them and [errors.As] to get the data.
var (
	// ErrConfig: a configuration is not valid.
	ErrConfig = errors.New("availability: bad configuration")
	// ErrQuery: a field of a query cannot be used.
	ErrQuery = errors.New("availability: bad query")
	// ErrRange: a range is longer than the configured limit.
	ErrRange = errors.New("availability: range too long")
	// ErrClosed: the office is closed.
	ErrClosed = errors.New("availability: closed")
	// ErrFull: a bucket has no seat left.
	ErrFull = errors.New("availability: no capacity")
)

// ConfigError reports one fault of a configuration. Constructors join all
// faults with [errors.Join].
type ConfigError struct {
	Field  string // the field, such as "Regular[2]"
	Value  string // its value, at most 80 bytes
	Reason string // the rule it breaks
}

func (e *ConfigError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("availability: %s: %s", e.Field, e.Reason)
	}
	return fmt.Sprintf("availability: %s %q: %s", e.Field, e.Value, e.Reason)
}

// Is reports whether target is [ErrConfig].
func (e *ConfigError) Is(target error) bool { return target == ErrConfig }

// QueryError reports a field of a [Query] that cannot be used.
type QueryError struct {
	Field  string // Start, End, Days, MaxSlots or Zone
	Reason string // the rule it breaks
}

func (e *QueryError) Error() string { return fmt.Sprintf("availability: %s: %s", e.Field, e.Reason) }

// Is reports whether target is [ErrQuery].
func (e *QueryError) Is(target error) bool { return target == ErrQuery }

// RangeError reports a range that is longer than the configured limit or
// extends outside the years 1 to 9999. Only the field of the limit that is
// exceeded is set.
type RangeError struct {
	From, To   time.Time
	MaxDays    int // limit in wall-clock days
	MaxBuckets int // limit in buckets
}

func (e *RangeError) Error() string {
	switch {
	case e.MaxDays > 0:
		return fmt.Sprintf("availability: range spans more than %d days", e.MaxDays)
	case e.MaxBuckets > 0:
		return fmt.Sprintf("availability: range holds more than %d buckets", e.MaxBuckets)
	}
	return "availability: range reaches outside the years 1 to 9999"
}

// Is reports whether target is [ErrRange].
func (e *RangeError) Is(target error) bool { return target == ErrRange }

// ClosedError reports an instant that cannot be booked and the rule that closes
// it.
type ClosedError struct {
	At     time.Time
	Bucket Bucket
	Why    Explanation
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("availability: closed at %s: %s", e.At.UTC().Format(time.RFC3339), e.Why)
}

// Is reports whether target is [ErrClosed].
func (e *ClosedError) Is(target error) bool { return target == ErrClosed }

// FullError reports an instant whose bucket is open but has no seat left.
type FullError struct {
	Bucket Bucket
	Seats  int // seats of the bucket
	Taken  int // seats taken according to the load
}

func (e *FullError) Error() string {
	return fmt.Sprintf("availability: %d of %d seats taken in [%s, %s)", e.Taken, e.Seats,
		e.Bucket.Start.UTC().Format(time.RFC3339), e.Bucket.End.UTC().Format(time.RFC3339))
}

// Is reports whether target is [ErrFull].
func (e *FullError) Is(target error) bool { return target == ErrFull }

// faults collects configuration faults so that all are reported at once.
type faults []error

func (f *faults) add(field, value, reason string, args ...any) {
	const longest = 80
	if len(value) > longest {
		value = strings.ToValidUTF8(value[:longest], "") + "..."
	}
	*f = append(*f, &ConfigError{Field: field, Value: value, Reason: fmt.Sprintf(reason, args...)})
}

func (f faults) err() error { return errors.Join(f...) }
