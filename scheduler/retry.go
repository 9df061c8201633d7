package scheduler

import (
	"math"
	"time"
)

// RetryInput is the state after an attempt has ended.
type RetryInput struct {
	// Attempts is the number of attempts so far, including this one, without
	// those whose rule says CountsNot.
	Attempts int
	// OfOutcome is the number of attempts so far, including this one, that
	// ended with the same outcome. A number below 1 counts as 1.
	OfOutcome int
	// Outcome is how the attempt ended.
	Outcome Outcome
	// Ended is when the attempt ended, from which the gap is counted, even if
	// the end became known later.
	Ended time.Time
	// NotBefore is the earliest time the platform allows, such as a
	// Retry-After. Zero means no limit.
	NotBefore time.Time
	// NotAfter is the latest useful time. A retry that would be later is
	// refused, except that jitter is cut to it. Zero means no limit.
	NotAfter time.Time
	// Random returns a number in [0,1) for jitter. It is called once if a retry
	// is granted by a rule with Jitter, and otherwise not at all. Nil means no
	// jitter.
	Random func() float64
}

// Why is the reason for a [RetryDecision].
type Why uint8

// Reasons for a retry decision. The zero value is none of them.
const (
	WhyRetry   Why = iota + 1 // another attempt follows
	WhyBudget                 // the overall budget of attempts is spent
	WhyOutcome                // the outcome has had all the attempts its rule allows
	WhyNever                  // the rule of this outcome allows no attempt
	WhyUnknown                // the outcome is unknown and no rule names it
	WhyTooLate                // the attempt would come after NotAfter
)

// whyNames is read-only.
var whyNames = names{"", "retry", "budget-spent", "outcome-spent", "never-after-outcome", "outcome-unknown", "too-late"}

// String returns the reason as a word, such as "budget-spent".
func (w Why) String() string { return whyNames.format("Why", uint8(w)) }

// RetryDecision states whether and when another attempt follows, and why.
type RetryDecision struct {
	Retry bool
	At    time.Time // when to dial again; zero unless Retry
	Why   Why
}

// Decide decides whether and when another attempt follows the one that ended.
//
// It refuses a retry for the first of these reasons that applies: the outcome
// is unknown and Rules does not name it; its rule allows no attempt; the
// overall budget is spent; the outcome has had its own Max; the retry would
// come after NotAfter. Otherwise the retry is at
//
//	Ended + min(Delay * Factor^(OfOutcome-1), MaxDelay)
//
// or at NotBefore if that is later, plus jitter of at most Jitter times the
// gap, cut to NotAfter. Counters of any size are safe: the gap never exceeds
// [MaxRetryDelay], and jitter at most doubles it.
//
// Decide accepts a policy that [RetryPolicy.Validate] refuses; it clamps values
// that are out of range.
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

// gap returns the gap after the n-th attempt with the same outcome, before
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
	// A float64 overflows to infinity, which the comparison reduces to the
	// limit; an integer would wrap around.
	grown := float64(delay) * math.Pow(r.Factor, float64(n-1))
	if grown >= float64(limit) {
		return limit
	}
	return time.Duration(grown)
}

// jitter returns gap * most * random, with both factors clamped to 0 to 1.
func jitter(gap time.Duration, most, random float64) time.Duration {
	if !(random > 0) {
		return 0
	}
	return time.Duration(float64(gap) * min(most, 1) * min(random, 1))
}
