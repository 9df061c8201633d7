package scheduler

import (
	"errors"
	"math"
	"strconv"
	"sync"
	"time"
)

// Estimator predicts how long a callback waits in a queue, so that it can be
// released that much earlier. GMS: _request_queue_time_stat
//
// Estimate takes the position in the queue, 1 for the head, and the current
// time. It returns false if it has no estimate; the caller then assumes no
// wait. An implementation must be safe for concurrent use, must not block, and
// must return the same result for the same position, time and history.
type Estimator interface {
	Estimate(position int, now time.Time) (time.Duration, bool)
}

// EstimatorFunc adapts a function to an [Estimator].
type EstimatorFunc func(position int, now time.Time) (time.Duration, bool)

// Estimate calls f.
func (f EstimatorFunc) Estimate(position int, now time.Time) (time.Duration, bool) {
	return f(position, now)
}

// RateOptions configures a [RateEstimator].
type RateOptions struct {
	// HalfLife is the age at which a served callback counts half: a short one
	// follows changes, a long one is steady. 1 s to 24 h. Defaults to 15
	// minutes.
	HalfLife time.Duration
	// Min is the number of served callbacks from which the measured rate is
	// used, 2 to 1000. Defaults to 5.
	Min int
	// Lines and Handle give the rate to assume until then: the number of
	// simultaneous calls and their average duration. Neither may be negative.
	// If either is 0, the default, there is no estimate until then.
	Lines  int
	Handle time.Duration
	// MaxWait is the longest estimate; a longer one is cut to it. At least 1 s.
	// Defaults to 24 hours.
	MaxWait time.Duration
}

// RateEstimator estimates a wait as position / rate, from the rate at which
// callbacks were served recently. The weight of a served callback halves every
// HalfLife, so the rate falls when none is served. Its size is constant. It is
// safe for concurrent use.
type RateEstimator struct {
	options RateOptions

	mu     sync.Mutex
	first  time.Time // when the first callback was served: the start of the measurement
	last   time.Time // when the latest callback was served
	served float64   // callbacks served after the first, weighted by their age at last
	seen   int       // callbacks served, saturating at options.Min
}

// NewRateEstimator returns an estimator without measurements. It returns an
// [ErrEstimator] for every field that is out of range.
func NewRateEstimator(o RateOptions) (*RateEstimator, error) {
	if o.HalfLife == 0 {
		o.HalfLife = 15 * time.Minute
	}
	if o.Min == 0 {
		o.Min = 5
	}
	if o.MaxWait == 0 {
		o.MaxWait = 24 * time.Hour
	}
	var faults []error
	check := func(ok bool, field, value, rule string) {
		if !ok {
			faults = append(faults, fault(field, value, rule, ErrEstimator))
		}
	}
	check(o.HalfLife >= time.Second && o.HalfLife <= 24*time.Hour, "HalfLife", o.HalfLife.String(), "must be 1s to 24h")
	check(o.Min >= 2 && o.Min <= 1000, "Min", strconv.Itoa(o.Min), "must be 2 to 1000")
	check(o.Lines >= 0, "Lines", strconv.Itoa(o.Lines), "must not be negative")
	check(o.Handle >= 0, "Handle", o.Handle.String(), "must not be negative")
	check(o.MaxWait >= time.Second, "MaxWait", o.MaxWait.String(), "must be at least 1s")
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return &RateEstimator{options: o}, nil
}

// Observe records that a callback left the queue because it was served. Times
// may come in any order; a time before the first recorded one counts as the
// first.
func (e *RateEstimator) Observe(served time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.seen = min(e.seen+1, e.options.Min)
	switch {
	case e.first.IsZero():
		e.first, e.last = served, served
	case served.After(e.last):
		e.served = e.served*e.decay(served.Sub(e.last)) + 1
		e.last = served
	default:
		e.served += e.decay(min(e.last.Sub(served), e.last.Sub(e.first)))
	}
}

// Estimate returns position / rate as of now. The head of the queue waits until
// one callback is served; a position below 1 does not wait. Estimate returns
// false if fewer than Min callbacks were served and there is no assumed rate,
// or if all of them were served at the same instant. A now before the latest
// served callback counts as that time.
func (e *RateEstimator) Estimate(position int, now time.Time) (time.Duration, bool) {
	e.mu.Lock()
	perSecond, ok := e.rate(now)
	e.mu.Unlock()
	if !ok {
		return 0, false
	}
	if position < 1 {
		return 0, true
	}
	seconds := float64(position) / perSecond
	if !(seconds < e.options.MaxWait.Seconds()) {
		return e.options.MaxWait, true
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// rate returns the callbacks served per second: their number divided by the
// time that passed, both weighted by age.
func (e *RateEstimator) rate(now time.Time) (float64, bool) {
	if e.seen < e.options.Min {
		if e.options.Lines == 0 || e.options.Handle == 0 {
			return 0, false
		}
		return float64(e.options.Lines) / e.options.Handle.Seconds(), true
	}
	if now.Before(e.last) {
		now = e.last
	}
	// The integral of 2^(-age/HalfLife) over the time since the first.
	elapsed := e.options.HalfLife.Seconds() / math.Ln2 * (1 - e.decay(now.Sub(e.first)))
	if !(elapsed > 0) {
		return 0, false
	}
	return e.served * e.decay(now.Sub(e.last)) / elapsed, true
}

// decay returns the weight of a callback served d ago.
func (e *RateEstimator) decay(d time.Duration) float64 {
	return math.Exp2(-d.Seconds() / e.options.HalfLife.Seconds())
}
