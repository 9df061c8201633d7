package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

func TestAdvanceIsDrivenByTime(t *testing.T) {
	_, d, l := world()
	d.On(callbacktest.AnyNumber, callbacktest.Busy())
	if at, ok := d.Next(); ok {
		t.Errorf("something is due at %v before any call", at)
	}
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	due, ok := d.Next()
	if !ok || !due.Equal(noon.Add(time.Second)) {
		t.Fatalf("Next = %v, %v", due, ok)
	}
	if n, err := d.Advance(t.Context(), due.Add(-1), l); n != 0 || err != nil {
		t.Errorf("a nanosecond too early Advance = %d, %v", n, err)
	}
	if n, err := d.Advance(t.Context(), due, l); n != 1 || err != nil {
		t.Errorf("Advance = %d, %v", n, err)
	}
	if n, err := d.Advance(t.Context(), due.Add(time.Hour), l); n != 0 || err != nil {
		t.Errorf("a second Advance = %d, %v", n, err)
	}
}

func TestRedelivery(t *testing.T) {
	clock, d, l := world()
	d.On(callbacktest.AnyNumber, callbacktest.Busy())
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	down := errors.New("store is down")
	for range 9 {
		l.fail = append(l.fail, down)
	}
	var gaps []time.Duration
	last := noon
	for {
		at, ok := d.Next()
		if !ok {
			break
		}
		gaps = append(gaps, at.Sub(last))
		last = at
		clock.Set(at)
		n, err := d.Advance(t.Context(), at, l)
		if (n == 0) != errors.Is(err, down) {
			t.Fatalf("Advance = %d, %v", n, err)
		}
	}
	var want []time.Duration
	for _, s := range []int{1, 1, 2, 4, 8, 16, 32, 60, 60, 60} {
		want = append(want, time.Duration(s)*time.Second)
	}
	if diff := cmp.Diff(want, gaps); diff != "" {
		t.Errorf("gaps between deliveries (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1s cb.1 BUSY"}, l.lines); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

func TestRefusedReports(t *testing.T) {
	for _, refusal := range []error{callback.ErrNotFound, callback.ErrConflict, fmt.Errorf("stage: %w", callback.ErrInvalidParameter)} {
		clock, d, l := world()
		d.On(callbacktest.AnyNumber, callbacktest.Busy().With(callbacktest.Stray))
		if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
			t.Fatal(err)
		}
		l.fail = []error{refusal}
		runOut(t, clock, d, l)
		got := d.Refused()
		if len(got) != 1 || got[0].Report.Key != "cb.2" || !errors.Is(got[0].Err, refusal) {
			t.Errorf("refused are %+v", got)
		}
		if diff := cmp.Diff([]string{"1s cb.1 BUSY"}, l.lines); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
	}
}

func TestAdvanceStopsWithItsContext(t *testing.T) {
	clock, d, l := world()
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := d.Advance(ctx, clock.Advance(time.Hour), l); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Advance = %d, %v", n, err)
	}
	if n, err := d.Advance(t.Context(), clock.Now(), l); n != 5 || err != nil {
		t.Errorf("afterwards Advance = %d, %v: something was lost", n, err)
	}
}

func TestNobodyToReportTo(t *testing.T) {
	clock, d, l := world()
	if _, err := d.Advance(t.Context(), noon, nil); !errors.Is(err, callbacktest.ErrNoReporter) {
		t.Errorf("Advance = %v", err)
	}
	attach(t, d, l)
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Advance(t.Context(), clock.Advance(time.Hour), nil); n != 5 || err != nil {
		t.Errorf("attached Advance = %d, %v", n, err)
	}
}

func attach(t *testing.T, d *callbacktest.Dialer, r callback.Reporter) {
	t.Helper()
	if err := d.Attach(r); err != nil {
		t.Fatal(err)
	}
}

func TestEarlyReports(t *testing.T) {
	clock, d, l := world()
	attach(t, d, l)
	d.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute).With(callbacktest.Early))
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	want := []string{"0s cb.1 ringing", "0s cb.1 customer", "0s cb.1 agent", "0s cb.1 bridged", "0s cb.1 ANSWER"}
	if diff := cmp.Diff(want, l.lines); diff != "" {
		t.Errorf("reports before Dial returned (-want +got):\n%s", diff)
	}
	if _, ok := d.Next(); ok {
		t.Error("something is still to come")
	}

	// What fails comes again.
	l.lines, l.fail = nil, []error{errors.New("no"), errors.New("no")}
	if _, err := d.Dial(t.Context(), call(t, "cb", 2)); err != nil {
		t.Fatal(err)
	}
	runOut(t, clock, d, l)
	want = []string{"0s cb.2 agent", "0s cb.2 bridged", "0s cb.2 ANSWER", "0s cb.2 ringing", "0s cb.2 customer"}
	if diff := cmp.Diff(want, l.lines); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}

	// So does what was still to be reported when the context ended.
	ctx, cancel := context.WithCancel(t.Context())
	l.lines = nil
	attach(t, d, cutShort{l, cancel})
	if _, err := d.Dial(ctx, call(t, "cb", 3)); err != nil {
		t.Fatal(err)
	}
	runOut(t, clock, d, l)
	if len(l.lines) != 5 {
		t.Errorf("reports are %v, want all 5", l.lines)
	}
}

// cutShort is a reporter that ends the caller's context and fails.
type cutShort struct {
	*ledger
	cancel func()
}

func (c cutShort) Report(context.Context, callback.Report) error {
	c.cancel()
	return context.Canceled
}

// Concurrent dials at one instant are reported in the same order whatever
// goroutine was first.
func TestOrderOfDeliveryIsFixed(t *testing.T) {
	var first []string
	for seed := range uint64(20) {
		clock, d, l := world()
		calls := make([]callback.Call, 0, 60)
		for n := range 30 {
			for _, tenant := range []string{"", "acme"} {
				c := call(t, callback.ID(fmt.Sprintf("cb%02d", n)), 1)
				c.Tenant = tenant
				calls = append(calls, c)
			}
		}
		random := rand.New(rand.NewPCG(seed, 1))
		random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
		var wg sync.WaitGroup
		for _, c := range calls {
			wg.Go(func() {
				if _, err := d.Dial(t.Context(), c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		runOut(t, clock, d, l)
		for i, r := range l.reports {
			l.lines[i] = r.Tenant + " " + l.lines[i]
		}
		if first == nil {
			first = l.lines
		}
		if !slices.Equal(first, l.lines) {
			t.Fatalf("seed %d delivers in another order", seed)
		}
	}
	if len(first) != 60*5 {
		t.Errorf("%d reports, want %d", len(first), 60*5)
	}
}

func TestReportsShareNothing(t *testing.T) {
	clock, d, _ := world()
	d.On(callbacktest.AnyNumber, callbacktest.Busy().With(callbacktest.Twice))
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	var results []callback.CallResult
	spoiler := reporterFunc(func(_ context.Context, r callback.Report) error {
		results = append(results, r.Outcome.Result)
		r.Outcome.Result = callback.ResultOK
		return nil
	})
	if _, err := d.Advance(t.Context(), clock.Advance(time.Hour), spoiler); err != nil {
		t.Fatal(err)
	}
	if want := []callback.CallResult{callback.ResultBusy, callback.ResultBusy}; !slices.Equal(results, want) {
		t.Errorf("results %v, want %v", results, want)
	}
}

type reporterFunc func(context.Context, callback.Report) error

func (f reporterFunc) Report(ctx context.Context, r callback.Report) error { return f(ctx, r) }

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		d := callbacktest.NewDialer(time.Now)
		l := &ledger{since: began, fail: []error{errors.New("down")}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			d.Run(ctx, l)
			close(ended)
		}()
		synctest.Wait()
		d.On(callbacktest.AnyNumber, callbacktest.Machine())
		if _, err := d.Dial(ctx, call(t, "cb", 1)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		<-time.After(6*time.Second - time.Nanosecond)
		synctest.Wait()
		// The first report failed and came a second later.
		if diff := cmp.Diff([]string{"1s cb.1 ringing"}, l.told()); diff != "" {
			t.Errorf("reports a nanosecond early (-want +got):\n%s", diff)
		}
		<-time.After(time.Nanosecond)
		synctest.Wait()
		if diff := cmp.Diff([]string{"1s cb.1 ringing", "6s cb.1 ANSWERING_MACHINE"}, l.told()); diff != "" {
			t.Errorf("reports (-want +got):\n%s", diff)
		}
		cancel()
		<-ended
	})
}
