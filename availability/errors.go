package availability

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Sentinels for the facts behind the typed errors of this package. Test with
// [errors.Is]; use [errors.As] on the typed errors when the data is needed.
var (
	// ErrConfig marks every fault of a configuration or an option.
	ErrConfig = errors.New("availability: bad configuration")
	// ErrQuery marks every unusable query parameter.
	ErrQuery = errors.New("availability: bad query")
	// ErrRange marks a range longer than the configured bound.
	ErrRange = errors.New("availability: range too long")
	// ErrClosed says that the office is closed (GMS 40050).
	ErrClosed = errors.New("availability: closed")
	// ErrFull says that a bucket has no seat left (GMS 40051).
	ErrFull = errors.New("availability: no capacity")
)

// ConfigError names one fault of a configuration: a field of a Config struct
// such as "Regular[2]".
// Constructors join all the faults they find with [errors.Join].
type ConfigError struct {
	Field  string // the field that is wrong
	Value  string // what it holds, shortened to 80 bytes
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

// RangeError says that a range is longer than the configured bound, or reaches
// outside the years 1 to 9999. It is found by comparing the ends, before any
// work is done. A bound that is zero was not the one broken.
type RangeError struct {
	From, To   time.Time
	MaxDays    int // the bound in wall-clock days, when that was broken
	MaxBuckets int // the bound in buckets, when that was broken
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

// ClosedError refuses an instant at which no bucket can be booked, and says
// which rule decided.
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

// FullError refuses an instant whose bucket is open and has no seat left.
type FullError struct {
	Bucket Bucket
	Seats  int // seats of the bucket
	Taken  int // seats taken, as the load reported it
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
