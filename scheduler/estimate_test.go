package scheduler_test

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

func newEstimator(t *testing.T, o scheduler.RateOptions) *scheduler.RateEstimator {
	t.Helper()
	e, err := scheduler.NewRateEstimator(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// near fails the test if got is off by more than the given fraction of want.
func near(t *testing.T, what string, got, want time.Duration, part float64) {
	t.Helper()
	if math.Abs((got - want).Seconds()) > part*want.Seconds() {
		t.Errorf("%s: %v, want %v within %.0f %%", what, got, want, 100*part)
	}
}

func TestEstimateFollowsTheRate(t *testing.T) {
	e := newEstimator(t, scheduler.RateOptions{HalfLife: 10 * time.Minute})
	now := noon()
	for range 40 {
		now = now.Add(30 * time.Second)
		e.Observe(now)
	}
	for _, position := range []int{1, 2, 10, 100} {
		wait, ok := e.Estimate(position, now)
		if !ok {
			t.Fatal("no estimate")
		}
		near(t, "steady", wait, time.Duration(position)*30*time.Second, 0.05)
	}
	for range 400 {
		now = now.Add(6 * time.Second)
		e.Observe(now)
	}
	wait, _ := e.Estimate(1, now)
	near(t, "five times as fast, four half-lives later", wait, 6*time.Second, 0.1)
	later, _ := e.Estimate(1, now.Add(10*time.Minute))
	if later <= wait {
		t.Errorf("wait after ten idle minutes: %v, before: %v", later, wait)
	}
	if wait, ok := e.Estimate(1, now.Add(10*365*24*time.Hour)); !ok || wait != 24*time.Hour {
		t.Errorf("after ten years: %v, %v, want the limit", wait, ok)
	}
	if wait, ok := e.Estimate(math.MaxInt, now); !ok || wait != 24*time.Hour {
		t.Errorf("largest position: %v, %v, want the limit", wait, ok)
	}
	before, _ := e.Estimate(3, now.Add(-time.Hour))
	if at, _ := e.Estimate(3, now); before != at {
		t.Errorf("now before the last served: %v, want %v", before, at)
	}
	for _, position := range []int{0, -1, math.MinInt} {
		if wait, ok := e.Estimate(position, now); !ok || wait != 0 {
			t.Errorf("position %d: %v, %v", position, wait, ok)
		}
	}
}

func TestEstimateUnknown(t *testing.T) {
	e := newEstimator(t, scheduler.RateOptions{Min: 3})
	for n := range 3 {
		if wait, ok := e.Estimate(1, noon()); ok || wait != 0 {
			t.Errorf("%v after %d served", wait, n)
		}
		e.Observe(noon())
	}
	if wait, ok := e.Estimate(1, noon()); ok {
		t.Errorf("%v with all served at one instant", wait)
	}
	if _, ok := e.Estimate(1, noon().Add(time.Second)); !ok {
		t.Error("no estimate a second later")
	}
}

func TestEstimateAssumed(t *testing.T) {
	e := newEstimator(t, scheduler.RateOptions{Lines: 4, Handle: 6 * time.Minute, Min: 2, MaxWait: time.Hour})
	if wait, ok := e.Estimate(2, noon()); !ok || wait != 3*time.Minute {
		t.Errorf("%v, %v, want 3m", wait, ok)
	}
	if wait, _ := e.Estimate(1000, noon()); wait != time.Hour {
		t.Errorf("%v, want the limit", wait)
	}
	for n := range 20 {
		e.Observe(noon().Add(time.Duration(n) * time.Second))
	}
	wait, _ := e.Estimate(1, noon().Add(19*time.Second))
	near(t, "measured", wait, time.Second, 0.1)
}

// TestObserveOutOfOrder checks that the order of observations matters little.
func TestObserveOutOfOrder(t *testing.T) {
	forward, mixed := newEstimator(t, scheduler.RateOptions{}), newEstimator(t, scheduler.RateOptions{})
	const n = 50
	for i := range n {
		forward.Observe(noon().Add(time.Duration(i) * time.Minute))
		mixed.Observe(noon().Add(time.Duration((i*7)%n) * time.Minute))
	}
	mixed.Observe(noon().Add(-24 * time.Hour))
	now := noon().Add(n * time.Minute)
	a, _ := forward.Estimate(1, now)
	b, ok := mixed.Estimate(1, now)
	if !ok {
		t.Fatal("no estimate")
	}
	near(t, "mixed", b, a, 0.02)
}

func TestEstimatorIsSafeForConcurrentUse(t *testing.T) {
	e := newEstimator(t, scheduler.RateOptions{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 500 {
				e.Observe(noon().Add(time.Duration(i) * time.Second))
				e.Estimate(i, noon())
			}
		})
	}
	wg.Wait()
	if _, ok := e.Estimate(1, noon().Add(time.Hour)); !ok {
		t.Error("no estimate")
	}
}

func TestRateOptionsValidate(t *testing.T) {
	_, err := scheduler.NewRateEstimator(scheduler.RateOptions{HalfLife: time.Second - 1, Min: 1, Lines: -1, Handle: -1, MaxWait: -1})
	if !errors.Is(err, scheduler.ErrEstimator) {
		t.Fatal(err)
	}
	for _, field := range []string{"HalfLife", "Min", "Lines", "Handle", "MaxWait"} {
		if !strings.Contains(err.Error(), ": "+field+" ") {
			t.Errorf("%s is not in %q", field, err)
		}
	}
	for _, o := range []scheduler.RateOptions{{HalfLife: 24*time.Hour + 1}, {Min: 1001}} {
		if _, err := scheduler.NewRateEstimator(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func BenchmarkEstimate(b *testing.B) {
	e, err := scheduler.NewRateEstimator(scheduler.RateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	now := noon()
	for b.Loop() {
		now = now.Add(time.Second)
		e.Observe(now)
		e.Estimate(5, now)
	}
}
