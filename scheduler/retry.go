package scheduler

import (
	"math"
	"time"
)

// RetryInput is what is known when an attempt has ended.
type RetryInput struct {
	// Attempts is how many attempts were placed so far, this one included,
	// that count: those whose rule does not say CountsNot.
	Attempts int
	// OfOutcome is how many of all attempts ended like this one, this one
	// included. Below 1 counts as 1.
	OfOutcome int
	// Outcome is how the attempt ended.
	Outcome Outcome
	// Ended is when the attempt really ended. The gap is counted from there,
	// not from when the end was learnt.
	Ended time.Time
	// NotBefore is the earliest instant the other side allows, such as a
	// Retry-After. Zero means none.
	NotBefore time.Time
	// NotAfter is the last instant at which an attempt makes sense. A retry
	// that would be later is refused; jitter alone never makes it later. Zero
	// means none.
	NotAfter time.Time
	// Random gives numbers from 0 to below 1 for jitter. It is asked once when
	// a retry is granted by a rule with Jitter, and else not at all. Nil means
	// no jitter.
	Random func() float64
}

// A Why is the ground of a [RetryDecision].
type Why uint8

// The grounds of a retry decision. The zero value is none.
const (
	WhyRetry   Why = iota + 1 // another attempt follows
	WhyBudget                 // the overall budget of attempts is spent
	WhyOutcome                // the outcome has had all the attempts its rule allows
	WhyNever                  // no attempt follows this outcome
	WhyUnknown                // the outcome is unknown and no rule names it
	WhyTooLate                // it would come after NotAfter
)

// whyNames are never written to.
var whyNames = names{"", "retry", "budget-spent", "outcome-spent", "never-after-outcome", "outcome-unknown", "too-late"}

// String returns a short word such as "budget-spent".
func (w Why) String() string { return whyNames.format("Why", uint8(w)) }

// A RetryDecision says whether another attempt follows, when, and why so.
type RetryDecision struct {
	Retry bool
	At    time.Time // when, zero unless Retry
	Why   Why
}

// Decide says whether another attempt follows the one that ended, and when.
//
// Refusals are looked for in this order: the outcome is unknown and not named
// by Rules; its rule allows none; the overall budget is spent; the outcome has
// had its own number; the retry would come after NotAfter. Else it is at
//
//	Ended + min(Delay * Factor^(OfOutcome-1), MaxDelay)
//
// or at NotBefore if that is later, and then later by jitter, which is at most
// Jitter times the gap and never goes beyond NotAfter. Counters of any size are
// safe: the gap never exceeds [MaxRetryDelay], jitter at most doubles it.
//
// A policy that [RetryPolicy.Validate] refuses is still answered: values out of
// range are brought to the nearest that is in range.
func (p RetryPolicy) Decide(in RetryInput) RetryDecision {
	rule, same := p.Rule(in.Outcome), max(in.OfOutcome, 1)
	most := rule.Max
	if rule.CountsNot && most < 0 {
		most = p.budget()
	}
	_, named := p.Rules[in.Outcome]
	switch {
	case !named && (in.Outcome == Unknown || !in.Outcome.Valid()):
		return RetryDecision{Why: WhyUnknown}
	case most == 0:
		return RetryDecision{Why: WhyNever}
	case in.Attempts >= p.budget():
		return RetryDecision{Why: WhyBudget}
	case most > 0 && same > most:
		return RetryDecision{Why: WhyOutcome}
	}
	gap := rule.gap(same)
	at := add(in.Ended, gap)
	if at.Before(in.NotBefore) {
		at = in.NotBefore
	}
	limited := !in.NotAfter.IsZero()
	if limited && at.After(in.NotAfter) {
		return RetryDecision{Why: WhyTooLate}
	}
	if rule.Jitter > 0 && in.Random != nil {
		at = add(at, jitter(gap, rule.Jitter, in.Random()))
		if limited && at.After(in.NotAfter) {
			at = in.NotAfter
		}
	}
	return RetryDecision{Retry: true, At: at, Why: WhyRetry}
}

// gap is the pause after the n-th attempt that ended in the same way, before
// jitter.
func (r Rule) gap(n int) time.Duration {
	limit := MaxRetryDelay
	if r.MaxDelay > 0 {
		limit = min(r.MaxDelay, MaxRetryDelay)
	}
	delay := min(max(r.Delay, 0), limit)
	if !(r.Factor > 1) || delay == 0 || n <= 1 {
		return delay
	}
	// In floating point the power overflows to infinity, which the comparison
	// then brings down to the limit; in integers it would wrap around.
	grown := float64(delay) * math.Pow(r.Factor, float64(n-1))
	if grown >= float64(limit) {
		return limit
	}
	return time.Duration(grown)
}

// jitter is the part of gap*most that random picks. What is not from 0 to 1
// is brought there.
func jitter(gap time.Duration, most, random float64) time.Duration {
	if !(random > 0) {
		return 0
	}
	return time.Duration(float64(gap) * min(most, 1) * min(random, 1))
}
