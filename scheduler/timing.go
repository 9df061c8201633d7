package scheduler

import (
	"math"
	"time"
)

// Timing is what is allowed for between the release of a callback and the call
// to the customer.
type Timing struct {
	// Buffer is how long before the desired time a callback is released (GMS
	// _request_execution_time_buffer). Negative counts as zero. There is no
	// default here; the GMS default of 120 s is the caller's to apply.
	Buffer time.Duration
	// Wait is the estimated wait in the queue (GMS _request_queue_time_stat),
	// zero when unknown. Negative counts as zero.
	Wait time.Duration
}

// lead is Buffer plus Wait, saturating.
func (t Timing) lead() time.Duration {
	buffer, wait := max(t.Buffer, 0), max(t.Wait, 0)
	if buffer > math.MaxInt64-wait {
		return math.MaxInt64
	}
	return buffer + wait
}

// Immediate tells whether a callback desired at that time goes to its queue at
// once and not on the schedule: desired < now + Buffer + Wait. Equality is
// scheduled. The zero time, no wish, is immediate.
//
// It agrees with [ReleaseAt]: a callback is immediate exactly when its release
// lies before now, as long as neither instant leaves the years 1 to 9999.
func Immediate(desired, now time.Time, t Timing) bool {
	return desired.IsZero() || desired.Before(add(now, t.lead()))
}

// ReleaseAt returns when a scheduled callback goes to its queue: desired -
// Buffer - Wait, at the earliest the beginning of the year 1. Without a desired
// time it is the zero time.
func ReleaseAt(desired time.Time, t Timing) time.Time {
	if desired.IsZero() {
		return time.Time{}
	}
	return add(desired, -t.lead())
}

// ExpiresAt returns when a callback has outlived its time: desired + ttl (GMS
// _expiration_time and _ttl), at the latest the end of the year 9999, the last
// that RFC 3339 and JSON can write. A negative ttl counts as zero.
func ExpiresAt(desired time.Time, ttl time.Duration) time.Time {
	return add(desired, max(ttl, 0))
}

// add is t + d, kept within the years 1 to 9999. It keeps the location of t.
func add(t time.Time, d time.Duration) time.Time {
	first := time.Time{}
	last := time.Date(9999, time.December, 31, 23, 59, 59, 999999999, time.UTC)
	// Whoever starts outside is brought in first: beyond the range the
	// addition itself could wrap around.
	switch {
	case t.Before(first):
		t = first.In(t.Location())
	case t.After(last):
		t = last.In(t.Location())
	}
	switch sum := t.Add(d); {
	case sum.Before(first):
		return first.In(t.Location())
	case sum.After(last):
		return last.In(t.Location())
	default:
		return sum
	}
}
