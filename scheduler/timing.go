package scheduler

import (
	"math"
	"time"
)

// Timing holds the time to allow between the release of a callback and the call
// to the customer.
type Timing struct {
	// Buffer is how long before the desired time a callback is released.
	// Negative counts as zero. There is no default; GMS uses 120 s. GMS:
	// _request_execution_time_buffer
	Buffer time.Duration
	// Wait is the estimated time in the queue, zero if unknown. Negative counts
	// as zero. GMS: _request_queue_time_stat
	Wait time.Duration
}

// lead returns Buffer + Wait, saturating.
func (t Timing) lead() time.Duration {
	buffer, wait := max(t.Buffer, 0), max(t.Wait, 0)
	if buffer > math.MaxInt64-wait {
		return math.MaxInt64
	}
	return buffer + wait
}

// Immediate reports whether a callback with this desired time is queued at once
// rather than scheduled: desired < now + Buffer + Wait. If they are equal it is
// scheduled. The zero desired time is immediate.
//
// Immediate agrees with [ReleaseAt]: a callback is immediate exactly if its
// release time is before now, provided that both are within the years 1 to
// 9999.
func Immediate(desired, now time.Time, t Timing) bool {
	return desired.IsZero() || desired.Before(add(now, t.lead()))
}

// ReleaseAt returns when a scheduled callback enters its queue: desired -
// Buffer - Wait, but not before the year 1. It returns the zero time for the
// zero desired time.
func ReleaseAt(desired time.Time, t Timing) time.Time {
	if desired.IsZero() {
		return time.Time{}
	}
	return add(desired, -t.lead())
}

// ExpiresAt returns when a callback expires: desired + ttl, but not after the
// year 9999, the last that RFC 3339 and JSON can represent. A negative ttl
// counts as zero. GMS: _expiration_time and _ttl
func ExpiresAt(desired time.Time, ttl time.Duration) time.Time {
	return add(desired, max(ttl, 0))
}

// add returns t + d, clamped to the years 1 to 9999, in the location of t.
func add(t time.Time, d time.Duration) time.Time {
	first := time.Time{}
	last := time.Date(9999, time.December, 31, 23, 59, 59, 999999999, time.UTC)
	// Clamp t first: far outside the range the addition itself could overflow.
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
