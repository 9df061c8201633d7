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

// MaxRetryDelay is the longest gap of a rule and the limit of its growth.
const MaxRetryDelay = 366 * 24 * time.Hour

// Defaults of GMS.
const (
	defaultMaxAttempts = 3                 // _max_dial_attempts
	defaultRetryDelay  = 300 * time.Second // _dial_retry_timeout
)

// Rule states what follows one outcome.
type Rule struct {
	// Max is the number of further attempts after this outcome. 0 allows none;
	// a negative number, as many as the overall budget.
	Max int
	// Delay is the gap between the end of the attempt and the next one, 0 to
	// [MaxRetryDelay]. GMS: _dial_retry_timeout
	Delay time.Duration
	// Factor multiplies the gap once for each earlier attempt that ended the
	// same way. It must be 0 or at least 1; 0 and 1 keep the gap constant.
	Factor float64
	// MaxDelay limits the growth of the gap, before jitter. It must be 0 or
	// from Delay to [MaxRetryDelay]; 0 means MaxRetryDelay.
	MaxDelay time.Duration
	// Jitter is the largest random extension of the gap, as a fraction of it, 0
	// to 1: 0.2 extends it by up to a fifth. It never shortens a gap.
	Jitter float64
	// CountsNot excludes attempts that ended this way from the overall budget,
	// because the phone did not ring. The rule then needs a Max of 0 or more.
	CountsNot bool
}

// RetryPolicy decides whether and when a failed attempt is followed by another.
// The zero value is the GMS default: 3 attempts, 300 s apart, none after
// Unknown. Its methods do not modify it, so it may be shared as long as Rules
// stays unchanged.
type RetryPolicy struct {
	// MaxAttempts is the overall budget of attempts, including the first.
	// Defaults to 3. GMS: _max_dial_attempts. LUCS: MaxRetries + 1
	MaxAttempts int
	// Default is the rule of every outcome except Unknown that Rules does not
	// name. The zero Rule means up to the budget, 300 s apart; for a rule that
	// allows no attempt set a Delay. GMS: _dial_retry_timeout
	Default Rule
	// Rules holds the outcomes that have a rule of their own. Unknown is
	// retried only if it is one of them. Defaults to none.
	Rules map[Outcome]Rule
}

// DefaultRetryPolicy returns a policy of 3 attempts, 300 s apart, with these
// exceptions. A fax, an invalid number, an abandoned call and an unknown
// outcome are not retried. A rejected call is retried once. Congestion does not
// count as an attempt and is retried up to 10 times, after 30 s growing to 300
// s, with a jitter of a fifth so that calls that failed together do not return
// together.
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

// SimpleRetry returns the policy for the LUCS fields MaxRetries and
// SecondsBetweenRetries: maxRetries further attempts with a constant gap.
// Congestion counts like any failure. Outcomes that dialing again cannot
// improve are not retried: a fax, an invalid number, an abandoned call, an
// unknown outcome. It returns an [ErrRetryPolicy] unless maxRetries is 0 to
// 2147483646 and between is 0 to [MaxRetryDelay].
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

// Rule returns the rule that applies to an outcome. For Unknown it is the zero
// Rule, which allows no retry, unless Rules names it.
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

// budget returns MaxAttempts or its default.
func (p RetryPolicy) budget() int {
	if p.MaxAttempts == 0 {
		return defaultMaxAttempts
	}
	return p.MaxAttempts
}

// Validate reports all faults of the policy at once. Each is an
// [ErrRetryPolicy] that names the field, such as Rules[busy].Delay.
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
