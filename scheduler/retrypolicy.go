package scheduler

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// MaxRetryDelay is the longest gap a rule may ask for and the most a back-off
// grows to.
const MaxRetryDelay = 366 * 24 * time.Hour

// The GMS defaults.
const (
	defaultMaxAttempts = 3                 // _max_dial_attempts
	defaultRetryDelay  = 300 * time.Second // _dial_retry_timeout
)

// A Rule says what follows one outcome.
type Rule struct {
	// Max is how many further attempts may follow this outcome: 0 none,
	// negative as many as the overall budget allows.
	Max int
	// Delay is the gap from the end of the attempt to the next one, 0 to
	// [MaxRetryDelay] (GMS _dial_retry_timeout).
	Delay time.Duration
	// Factor multiplies the gap for each earlier attempt that ended the same
	// way. 0 and 1 keep it constant; else it is above 1.
	Factor float64
	// MaxDelay is the most the gap grows to before jitter, 0 to
	// [MaxRetryDelay]. 0 means MaxRetryDelay; else it is at least Delay.
	MaxDelay time.Duration
	// Jitter lengthens the gap by a random part of it, 0 to 1: 0.2 means up to
	// a fifth longer. It never shortens a gap.
	Jitter float64
	// CountsNot: an attempt that ended this way does not use up the
	// customer's attempts, because the phone did not ring. Such a rule needs a
	// Max of its own.
	CountsNot bool
}

// A RetryPolicy says whether and when a failed attempt is followed by another.
// The zero value is the GMS default without rules: 3 attempts, 300 s apart,
// none after Unknown. A RetryPolicy is read only; share it freely as long as
// nobody changes Rules.
type RetryPolicy struct {
	// MaxAttempts is the overall budget of attempts that count, the first
	// included (GMS _max_dial_attempts; LUCS MaxRetries + 1). Defaults to 3.
	MaxAttempts int
	// Default is the rule for outcomes that Rules does not name, Unknown
	// excepted. The zero rule stands for as many as the budget allows, 300 s
	// apart (GMS _dial_retry_timeout); one that allows none has a Delay.
	Default Rule
	// Rules are the outcomes with a rule of their own. Unknown is retried only
	// if it is among them. Defaults to none.
	Rules map[Outcome]Rule
}

// DefaultRetryPolicy returns 3 attempts in all, 300 s apart, with these
// exceptions: nothing follows a fax, an invalid number, a customer who hung up
// while waiting, and an unknown outcome; one more attempt follows a rejected
// call; congestion costs no attempt and is tried again up to 10 times, after
// 30 s growing to 300 s, spread by a fifth so that what failed together does
// not come back together.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{
		MaxAttempts: defaultMaxAttempts,
		Default:     Rule{Max: -1, Delay: defaultRetryDelay},
		Rules: map[Outcome]Rule{
			Fax:       {},
			Invalid:   {},
			Abandoned: {},
			Rejected:  {Max: 1, Delay: defaultRetryDelay},
			Congestion: {
				Max: 10, Delay: 30 * time.Second, Factor: 2, MaxDelay: defaultRetryDelay,
				Jitter: 0.2, CountsNot: true,
			},
		},
	}
}

// SimpleRetry returns the policy of the LUCS fields MaxRetries and
// SecondsBetweenRetries: maxRetries further attempts, the same gap after each.
// Congestion counts like any failure. Nothing follows what a further dial
// cannot mend: a fax, an invalid number, a customer who hung up while waiting,
// an unknown outcome. Errors are [ErrRetryPolicy]: maxRetries below 0 or above
// 2147483646, between below 0 or above [MaxRetryDelay].
func SimpleRetry(maxRetries int, between time.Duration) (RetryPolicy, error) {
	if maxRetries < 0 || maxRetries >= math.MaxInt32 {
		return RetryPolicy{}, fault("MaxRetries", strconv.Itoa(maxRetries), "must be 0 to 2147483646", ErrRetryPolicy)
	}
	p := RetryPolicy{
		MaxAttempts: maxRetries + 1,
		Default:     Rule{Max: -1, Delay: between},
		Rules:       map[Outcome]Rule{Fax: {}, Invalid: {}, Abandoned: {}},
	}
	if err := p.Validate(); err != nil {
		return RetryPolicy{}, err
	}
	return p, nil
}

// Rule returns the rule that decides about an outcome. For Unknown it is the
// zero Rule, no retry, unless Rules names it.
func (p RetryPolicy) Rule(o Outcome) Rule {
	switch r, ok := p.Rules[o]; {
	case ok:
		return r
	case o == Unknown || !o.Valid():
		return Rule{}
	case p.Default == (Rule{}):
		return Rule{Max: -1, Delay: defaultRetryDelay}
	default:
		return p.Default
	}
}

// budget is MaxAttempts with its default.
func (p RetryPolicy) budget() int {
	if p.MaxAttempts == 0 {
		return defaultMaxAttempts
	}
	return p.MaxAttempts
}

// Validate reports every fault of the policy at once. Errors are
// [ErrRetryPolicy] and name the field, such as Rules[busy].Delay.
func (p RetryPolicy) Validate() error {
	var faults []error
	if p.MaxAttempts < 0 {
		faults = append(faults, fault("MaxAttempts", strconv.Itoa(p.MaxAttempts), "must not be negative", ErrRetryPolicy))
	}
	faults = append(faults, p.Default.faults("Default")...)
	for _, o := range slices.Sorted(maps.Keys(p.Rules)) {
		field := fmt.Sprintf("Rules[%v]", o)
		if !o.Valid() {
			faults = append(faults, fault(field, "", "names no outcome", ErrRetryPolicy))
		}
		faults = append(faults, p.Rules[o].faults(field)...)
	}
	return errors.Join(faults...)
}

func (r Rule) faults(field string) []error {
	var faults []error
	bad := func(name string, value any, rule string) {
		faults = append(faults, fault(field+"."+name, fmt.Sprint(value), rule, ErrRetryPolicy))
	}
	if r.Delay < 0 || r.Delay > MaxRetryDelay {
		bad("Delay", r.Delay, "must be 0 to 8784h")
	}
	if r.MaxDelay < 0 || r.MaxDelay > MaxRetryDelay {
		bad("MaxDelay", r.MaxDelay, "must be 0 to 8784h")
	} else if r.MaxDelay != 0 && r.MaxDelay < r.Delay {
		bad("MaxDelay", r.MaxDelay, "must not be below Delay")
	}
	if r.Factor != 0 && (!(r.Factor >= 1) || math.IsInf(r.Factor, 1)) {
		bad("Factor", r.Factor, "must be 0 or at least 1")
	}
	if !(r.Jitter >= 0 && r.Jitter <= 1) {
		bad("Jitter", r.Jitter, "must be 0 to 1")
	}
	if r.CountsNot && r.Max < 0 {
		bad("Max", r.Max, "must be set where CountsNot is: nothing else would end the attempts")
	}
	return faults
}
