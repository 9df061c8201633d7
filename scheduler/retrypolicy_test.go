package scheduler_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/scheduler"
)

func TestRetryPolicyValidate(t *testing.T) {
	long := scheduler.MaxRetryDelay
	for name, p := range map[string]scheduler.RetryPolicy{
		"zero":    {},
		"default": scheduler.DefaultRetryPolicy(),
		"edges": {MaxAttempts: math.MaxInt, Default: scheduler.Rule{
			Max: math.MaxInt, Delay: long, Factor: math.MaxFloat64, MaxDelay: long, Jitter: 1, CountsNot: true,
		}},
	} {
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := scheduler.RetryPolicy{
		MaxAttempts: -1,
		Default:     scheduler.Rule{Delay: -1, MaxDelay: -1, Factor: 0.5, Jitter: -0.1},
		Rules: map[scheduler.Outcome]scheduler.Rule{
			99:                   {},
			scheduler.Busy:       {Delay: long + 1, MaxDelay: long + 1, Factor: math.Inf(1), Jitter: 1.1},
			scheduler.NoAnswer:   {Delay: 2 * time.Minute, MaxDelay: time.Minute, Factor: math.NaN(), Jitter: math.NaN()},
			scheduler.Congestion: {Max: -1, CountsNot: true},
		},
	}
	err := bad.Validate()
	if !errors.Is(err, scheduler.ErrRetryPolicy) {
		t.Fatal(err)
	}
	want := []string{
		"MaxAttempts -1 must not be negative",
		"Default.Delay -1ns", "Default.MaxDelay -1ns", "Default.Factor 0.5", "Default.Jitter -0.1",
		"Rules[busy].Delay", "Rules[busy].MaxDelay", "Rules[busy].Factor +Inf", "Rules[busy].Jitter 1.1",
		"Rules[no-answer].MaxDelay 1m0s must not be below Delay", "Rules[no-answer].Factor NaN", "Rules[no-answer].Jitter NaN",
		"Rules[congestion].Max -1 must be set where CountsNot is",
		"Rules[Outcome(99)] names no outcome",
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d faults, want %d: %v", len(lines), len(want), err)
	}
	for i, line := range lines {
		if !strings.Contains(line, want[i]) {
			t.Errorf("fault %d is %q, want %q", i, line, want[i])
		}
	}
}

func TestRuleOfOutcome(t *testing.T) {
	std := scheduler.Rule{Max: -1, Delay: 300 * time.Second}
	own := scheduler.Rule{Max: 1, Delay: time.Second}
	p := scheduler.RetryPolicy{Rules: map[scheduler.Outcome]scheduler.Rule{scheduler.Busy: own}}
	for o, want := range map[scheduler.Outcome]scheduler.Rule{
		scheduler.Busy: own, scheduler.NoAnswer: std, scheduler.Unknown: {}, 77: {},
	} {
		if got := p.Rule(o); got != want {
			t.Errorf("%v: %+v, want %+v", o, got, want)
		}
	}
	p.Default = own
	if got := p.Rule(scheduler.NoAnswer); got != own {
		t.Errorf("%+v", got)
	}
}

// LUCS MaxRetries 3, the default of its server, is four attempts.
func TestSimpleRetry(t *testing.T) {
	p, err := scheduler.SimpleRetry(3, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var gaps []time.Duration
	in := scheduler.RetryInput{Outcome: scheduler.Congestion, Ended: noon()}
	for in.Attempts = 1; ; in.Attempts++ {
		in.OfOutcome = in.Attempts
		d := p.Decide(in)
		if !d.Retry {
			if d.Why != scheduler.WhyBudget {
				t.Errorf("refused as %v", d.Why)
			}
			break
		}
		gaps = append(gaps, d.At.Sub(in.Ended))
	}
	if diff := cmp.Diff([]time.Duration{time.Minute, time.Minute, time.Minute}, gaps); diff != "" {
		t.Error(diff)
	}
	none, err := scheduler.SimpleRetry(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d := none.Decide(scheduler.RetryInput{Attempts: 1, OfOutcome: 1, Outcome: scheduler.Busy, Ended: noon()}); d.Retry {
		t.Errorf("%+v with zero retries", d)
	}
	if most, err := scheduler.SimpleRetry(math.MaxInt32-1, scheduler.MaxRetryDelay); err != nil || most.MaxAttempts != math.MaxInt32 {
		t.Errorf("%d, %v", most.MaxAttempts, err)
	}
	for _, c := range []struct {
		retries int
		between time.Duration
	}{{-1, 0}, {math.MinInt, 0}, {math.MaxInt32, 0}, {math.MaxInt, 0}, {1, -1}, {1, scheduler.MaxRetryDelay + 1}} {
		if _, err := scheduler.SimpleRetry(c.retries, c.between); !errors.Is(err, scheduler.ErrRetryPolicy) {
			t.Errorf("%d, %v: %v", c.retries, c.between, err)
		}
	}
}

func TestDefaultRetryPolicyIsFresh(t *testing.T) {
	p := scheduler.DefaultRetryPolicy()
	p.Rules[scheduler.Busy] = scheduler.Rule{}
	if _, ok := scheduler.DefaultRetryPolicy().Rules[scheduler.Busy]; ok {
		t.Error("a changed policy changed the default")
	}
}
