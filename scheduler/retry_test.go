package scheduler_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/scheduler"
)

func granted(at time.Time) scheduler.RetryDecision {
	return scheduler.RetryDecision{Retry: true, At: at, Why: scheduler.WhyRetry}
}

func refused(why scheduler.Why) scheduler.RetryDecision { return scheduler.RetryDecision{Why: why} }

func TestDecide(t *testing.T) {
	own := scheduler.RetryPolicy{
		MaxAttempts: 6,
		Default:     scheduler.Rule{Max: -1, Delay: time.Minute},
		Rules: map[scheduler.Outcome]scheduler.Rule{
			scheduler.Busy:       {Max: 2, Delay: 30 * time.Second, Factor: 2},
			scheduler.NoAnswer:   {Max: -1, Delay: 10 * time.Minute, Factor: 3, MaxDelay: time.Hour},
			scheduler.Invalid:    {},
			scheduler.Congestion: {Max: 20, Delay: 5 * time.Second, CountsNot: true},
		},
	}
	explicit := scheduler.RetryPolicy{Rules: map[scheduler.Outcome]scheduler.Rule{scheduler.Unknown: {Max: 1, Delay: time.Hour}}}
	std := scheduler.DefaultRetryPolicy()
	ended := noon()
	for _, c := range []struct {
		name                string
		policy              scheduler.RetryPolicy
		outcome             scheduler.Outcome
		attempts, same      int
		notBefore, notAfter time.Duration // relative to ended
		want                scheduler.RetryDecision
	}{
		{name: "first of three, GMS default", policy: std, outcome: scheduler.Busy, attempts: 1, same: 1, want: granted(ended.Add(300 * time.Second))},
		{name: "second of three", policy: std, outcome: scheduler.NoAnswer, attempts: 2, same: 2, want: granted(ended.Add(300 * time.Second))},
		{name: "third of three", policy: std, outcome: scheduler.NoAnswer, attempts: 3, same: 1, want: refused(scheduler.WhyBudget)},
		{name: "beyond the budget", policy: std, outcome: scheduler.NoAnswer, attempts: 99, same: 1, want: refused(scheduler.WhyBudget)},
		{name: "the zero policy is the GMS default", outcome: scheduler.Failed, attempts: 2, same: 2, want: granted(ended.Add(300 * time.Second))},
		{name: "the zero policy ends at three", outcome: scheduler.Failed, attempts: 3, same: 3, want: refused(scheduler.WhyBudget)},
		{name: "invalid number", policy: std, outcome: scheduler.Invalid, attempts: 1, same: 1, want: refused(scheduler.WhyNever)},
		{name: "fax", policy: std, outcome: scheduler.Fax, attempts: 1, same: 1, want: refused(scheduler.WhyNever)},
		{name: "abandoned", policy: std, outcome: scheduler.Abandoned, attempts: 1, same: 1, want: refused(scheduler.WhyNever)},
		{name: "rejected once", policy: std, outcome: scheduler.Rejected, attempts: 1, same: 1, want: granted(ended.Add(300 * time.Second))},
		{name: "rejected twice", policy: std, outcome: scheduler.Rejected, attempts: 2, same: 2, want: refused(scheduler.WhyOutcome)},
		{name: "unknown", policy: std, outcome: scheduler.Unknown, attempts: 1, same: 1, want: refused(scheduler.WhyUnknown)},
		{name: "unknown in the zero policy", outcome: scheduler.Unknown, want: refused(scheduler.WhyUnknown)},
		{name: "invalid outcome is unknown", policy: own, outcome: 200, attempts: 1, same: 1, want: refused(scheduler.WhyUnknown)},
		{name: "unknown named by a rule", policy: explicit, outcome: scheduler.Unknown, attempts: 1, same: 1, want: granted(ended.Add(time.Hour))},
		{name: "congestion does not count", policy: std, outcome: scheduler.Congestion, attempts: 0, same: 10, want: granted(ended.Add(300 * time.Second))},
		{name: "congestion is limited", policy: std, outcome: scheduler.Congestion, attempts: 0, same: 11, want: refused(scheduler.WhyOutcome)},
		{name: "own maximum, last", policy: own, outcome: scheduler.Busy, attempts: 3, same: 2, want: granted(ended.Add(time.Minute))},
		{name: "own maximum, spent", policy: own, outcome: scheduler.Busy, attempts: 3, same: 3, want: refused(scheduler.WhyOutcome)},
		{name: "budget before own maximum", policy: own, outcome: scheduler.Busy, attempts: 6, same: 3, want: refused(scheduler.WhyBudget)},
		{name: "back-off 1", policy: own, outcome: scheduler.NoAnswer, attempts: 1, same: 1, want: granted(ended.Add(10 * time.Minute))},
		{name: "back-off 2", policy: own, outcome: scheduler.NoAnswer, attempts: 2, same: 2, want: granted(ended.Add(30 * time.Minute))},
		{name: "back-off at its limit", policy: own, outcome: scheduler.NoAnswer, attempts: 3, same: 3, want: granted(ended.Add(time.Hour))},
		{name: "counts below 1 are the first attempt", policy: own, outcome: scheduler.NoAnswer, attempts: -5, same: -7, want: granted(ended.Add(10 * time.Minute))},
		{name: "not before", policy: std, outcome: scheduler.Busy, attempts: 1, same: 1, notBefore: time.Hour, want: granted(ended.Add(time.Hour))},
		{name: "not before is earlier", policy: std, outcome: scheduler.Busy, attempts: 1, same: 1, notBefore: time.Second, want: granted(ended.Add(300 * time.Second))},
		{name: "exactly not after", policy: std, outcome: scheduler.Busy, attempts: 1, same: 1, notAfter: 300 * time.Second, want: granted(ended.Add(300 * time.Second))},
		{name: "not after", policy: std, outcome: scheduler.Busy, attempts: 1, same: 1, notAfter: 300*time.Second - 1, want: refused(scheduler.WhyTooLate)},
		{name: "not before is after not after", policy: std, outcome: scheduler.Busy, attempts: 1, same: 1, notBefore: time.Hour, notAfter: 50 * time.Minute, want: refused(scheduler.WhyTooLate)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := scheduler.RetryInput{Attempts: c.attempts, OfOutcome: c.same, Outcome: c.outcome, Ended: ended}
			if c.notBefore != 0 {
				in.NotBefore = ended.Add(c.notBefore)
			}
			if c.notAfter != 0 {
				in.NotAfter = ended.Add(c.notAfter)
			}
			if diff := cmp.Diff(c.want, c.policy.Decide(in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// No counter and no factor makes the gap overflow.
func TestGapOfHugeCounts(t *testing.T) {
	for _, factor := range []float64{1.0000001, 1.5, 2, 10, 1e300, math.MaxFloat64} {
		for _, maxDelay := range []time.Duration{0, time.Hour} {
			p := scheduler.RetryPolicy{
				MaxAttempts: math.MaxInt,
				Default:     scheduler.Rule{Max: -1, Delay: time.Minute, Factor: factor, MaxDelay: maxDelay},
			}
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			most := scheduler.MaxRetryDelay
			if maxDelay > 0 {
				most = maxDelay
			}
			before := time.Duration(0)
			for _, same := range []int{1, 2, 3, 10, 60, 64, 65, 310, 1024, 1 << 20, math.MaxInt32, math.MaxInt - 1} {
				d := p.Decide(scheduler.RetryInput{Attempts: same, OfOutcome: same, Outcome: scheduler.Busy, Ended: noon()})
				gap := d.At.Sub(noon())
				if !d.Retry || gap < time.Minute || gap < before || gap > most {
					t.Fatalf("factor %v, attempt %d: %v after %v, at most %v", factor, same, gap, before, most)
				}
				before = gap
			}
			if factor > 1.1 && before != most {
				t.Errorf("factor %v ends at %v, want %v", factor, before, most)
			}
		}
	}
	p := scheduler.RetryPolicy{MaxAttempts: 2, Default: scheduler.Rule{Max: -1, Delay: math.MaxInt64, Factor: math.NaN(), Jitter: math.NaN()}}
	in := scheduler.RetryInput{Attempts: 1, Outcome: scheduler.Busy, Ended: noon(), Random: math.NaN}
	if d := p.Decide(in); d.At.Sub(noon()) != scheduler.MaxRetryDelay {
		t.Errorf("gap of an invalid policy: %v", d.At.Sub(noon()))
	}
}

func TestJitter(t *testing.T) {
	p := scheduler.RetryPolicy{Default: scheduler.Rule{Max: -1, Delay: 100 * time.Second, Jitter: 0.25}}
	random := rand.New(rand.NewPCG(9, 10))
	in := scheduler.RetryInput{Attempts: 1, OfOutcome: 1, Outcome: scheduler.Busy, Ended: noon(), Random: random.Float64}
	least, most, sum := time.Hour, time.Duration(0), 0.0
	const times = 10_000
	for range times {
		gap := p.Decide(in).At.Sub(noon())
		least, most, sum = min(least, gap), max(most, gap), sum+gap.Seconds()
	}
	if least < 100*time.Second || least > 100100*time.Millisecond || most >= 125*time.Second || most < 124900*time.Millisecond {
		t.Errorf("gaps from %v to %v, want 100 s to 125 s", least, most)
	}
	if mean := sum / times; mean < 112 || mean > 113 {
		t.Errorf("mean gap %.2f s, want 112.5", mean)
	}

	// The same seed gives the same gaps.
	again := func() (at []time.Time) {
		in.Random = rand.New(rand.NewPCG(11, 12)).Float64
		for range 5 {
			at = append(at, p.Decide(in).At)
		}
		return at
	}
	if diff := cmp.Diff(again(), again()); diff != "" {
		t.Error(diff)
	}

	// Jitter does not pass NotAfter and does not start before NotBefore.
	in.Random = func() float64 { return 0.5 }
	in.NotAfter = noon().Add(105 * time.Second)
	if d := p.Decide(in); !d.At.Equal(in.NotAfter) {
		t.Errorf("%v, want %v", d.At, in.NotAfter)
	}
	in.NotAfter, in.NotBefore = time.Time{}, noon().Add(time.Hour)
	if d := p.Decide(in); !d.At.Equal(in.NotBefore.Add(12500 * time.Millisecond)) {
		t.Errorf("%v, want 12.5 s after %v", d.At, in.NotBefore)
	}
	for _, c := range []struct {
		random float64
		want   time.Duration
	}{{-1, 100 * time.Second}, {0, 100 * time.Second}, {7, 125 * time.Second}, {math.Inf(1), 125 * time.Second}, {math.NaN(), 100 * time.Second}} {
		in := scheduler.RetryInput{Attempts: 1, Outcome: scheduler.Busy, Ended: noon(), Random: func() float64 { return c.random }}
		if gap := p.Decide(in).At.Sub(noon()); gap != c.want {
			t.Errorf("random %v: gap %v, want %v", c.random, gap, c.want)
		}
	}
}

// Random is called once for a granted retry with jitter and never otherwise, so
// a refusal does not shift the random numbers of later retries.
func TestRandomCalledOnlyForJitter(t *testing.T) {
	p := scheduler.RetryPolicy{Rules: map[scheduler.Outcome]scheduler.Rule{scheduler.Busy: {Max: 1, Delay: time.Minute, Jitter: 0.5}}}
	calls := 0
	in := scheduler.RetryInput{Attempts: 1, OfOutcome: 1, Outcome: scheduler.Busy, Ended: noon(), Random: func() float64 { calls++; return 0 }}
	for _, c := range []struct {
		change func(*scheduler.RetryInput)
		want   int
	}{
		{func(*scheduler.RetryInput) {}, 1},
		{func(in *scheduler.RetryInput) { in.OfOutcome = 2 }, 0},
		{func(in *scheduler.RetryInput) { in.Attempts = 3 }, 0},
		{func(in *scheduler.RetryInput) { in.NotAfter = noon() }, 0},
		{func(in *scheduler.RetryInput) { in.Outcome = scheduler.Unknown }, 0},
		{func(in *scheduler.RetryInput) { in.Outcome = scheduler.NoAnswer }, 0},
	} {
		changed := in
		c.change(&changed)
		calls = 0
		p.Decide(changed)
		if calls != c.want {
			t.Errorf("%+v: Random called %d times, want %d", changed, calls, c.want)
		}
	}
}

func TestWhyNames(t *testing.T) {
	seen := make(map[string]bool)
	for w := range scheduler.WhyTooLate + 1 {
		if seen[w.String()] {
			t.Errorf("%d: %q twice", w, w)
		}
		seen[w.String()] = true
	}
	if got := (scheduler.WhyTooLate + 1).String(); got != "Why(7)" {
		t.Error(got)
	}
}

func BenchmarkDecide(b *testing.B) {
	p := scheduler.DefaultRetryPolicy()
	in := scheduler.RetryInput{Attempts: 1, OfOutcome: 3, Outcome: scheduler.Congestion, Ended: noon(), Random: func() float64 { return 0.5 }}
	for b.Loop() {
		p.Decide(in)
	}
}
