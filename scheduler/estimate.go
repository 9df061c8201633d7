package scheduler

import (
	"errors"
	"math"
	"strconv"
	"sync"
	"time"
)

// An Estimator foretells how long somebody waits in a queue, so that a callback
// can be released that much earlier (GMS _request_queue_time_stat).
//
// Estimate gets the position in the queue, 1 for the head, and the present
// time. False means that it cannot tell; callers then go on without. An
// Estimator must be safe for concurrent use, must not block, and must answer
// the same for the same position, time and history.
type Estimator interface {
	Estimate(position int, now time.Time) (time.Duration, bool)
}

// EstimatorFunc makes a function an [Estimator].
type EstimatorFunc func(position int, now time.Time) (time.Duration, bool)

// Estimate calls f.
func (f EstimatorFunc) Estimate(position int, now time.Time) (time.Duration, bool) {
	return f(position, now)
}

// RateOptions configures a [RateEstimator].
type RateOptions struct {
	// HalfLife is after how long a served callback counts half: short follows
	// changes, long is steady. 1 s to 24 h. Defaults to 15 minutes.
	HalfLife time.Duration
	// Min is how many callbacks must have been served before what was measured
	// is believed, 2 to 1000. Defaults to 5.
	Min int
	// Lines and Handle are what is assumed before that: so many calls at once,
	// each taking so long on average. Default to 0, nothing is assumed and the
	// estimate is unknown. Neither may be negative.
	Lines  int
	Handle time.Duration
	// MaxWait is the longest wait that is foretold; what comes out longer is
	// cut to it. 1 s or more. Defaults to 24 hours.
	MaxWait time.Duration
}

// A RateEstimator foretells waits from the rate at which callbacks were served
// of late: position / rate. Served callbacks count less the longer ago they
// were, halving every HalfLife, so that the rate falls when nothing is served
// any more. It keeps a few numbers, however much it sees, and is safe for
// concurrent use.
type RateEstimator struct {
	options RateOptions

	mu     sync.Mutex
	first  time.Time // the first callback served: where measuring began
	last   time.Time // the latest
	served float64   // callbacks served after the first, each by its age at last
	seen   int       // callbacks served, saturating at options.Min
}

// NewRateEstimator returns an estimator that has measured nothing yet. Errors
// are [ErrEstimator] and name every field that is out of range.
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

// Observe notes that a callback left the queue because it was served. Times may
// come in any order; one before the first that was ever noted is taken for the
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

// Estimate returns position / rate as of now. The head of the queue waits for
// one callback to be served; a position below 1 waits for none. It is unknown
// while fewer than Min callbacks were served and nothing was assumed, and while
// all of them were served in one instant. A now before the latest callback
// served counts as that.
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

// rate is how many callbacks are served per second: those that were served over
// the time it took, both faded by age.
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

// decay is what is left of 1 after d.
func (e *RateEstimator) decay(d time.Duration) float64 {
	return math.Exp2(-d.Seconds() / e.options.HalfLife.Seconds())
}
