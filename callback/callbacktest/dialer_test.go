package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/phonenum"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const swiss = "+41785556677"

func address(t testing.TB, raw string) phonenum.Address {
	t.Helper()
	a, err := phonenum.ParseAddress(raw, "CH")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// call returns attempt n of a callback.
func call(t testing.TB, id callback.ID, n int) callback.Call {
	t.Helper()
	return callback.Call{
		Key: callback.NewAttemptKey(id, n), ID: id, Attempt: n, Epoch: int64(n), To: address(t, swiss), RingTimeout: 25 * time.Second,
	}
}

// ledger is a reporter that writes down what it is told, and fails while told
// to.
type ledger struct {
	mu      sync.Mutex
	since   time.Time
	lines   []string
	reports []callback.Report
	fail    []error
}

func (l *ledger) Report(_ context.Context, r callback.Report) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.fail) > 0 {
		err := l.fail[0]
		l.fail = l.fail[1:]
		if err != nil {
			return err
		}
	}
	l.reports = append(l.reports, r)
	line := fmt.Sprintf("%v %s %s", r.At.Sub(l.since), r.Key, r.Stage)
	if r.Outcome != nil {
		line = fmt.Sprintf("%v %s %s", r.At.Sub(l.since), r.Key, r.Outcome.Result)
	}
	l.lines = append(l.lines, line)
	return nil
}

// told returns what the ledger has been told so far.
func (l *ledger) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// world is a dialer on a clock with a ledger.
func world() (*callbacktest.Clock, *callbacktest.Dialer, *ledger) {
	clock := callbacktest.NewClock(noon)
	return clock, callbacktest.NewDialer(clock.Now), &ledger{since: noon}
}

// runOut delivers everything that is still to come, with the clock at each
// report.
func runOut(t testing.TB, clock *callbacktest.Clock, d *callbacktest.Dialer, r callback.Reporter) {
	t.Helper()
	for range 1000 {
		at, ok := d.Next()
		if !ok {
			return
		}
		clock.Set(at)
		if _, err := d.Advance(t.Context(), at, r); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the dialer never ran out of reports")
}

func TestTimelines(t *testing.T) {
	tests := []struct {
		name string
		step callbacktest.Step
		call func(*callback.Call)
		want []string
	}{
		{name: "answered", step: callbacktest.Answered(90 * time.Second),
			want: []string{"1s cb.1 ringing", "6s cb.1 customer", "7s cb.1 agent", "8s cb.1 bridged", "1m38s cb.1 ANSWER"}},
		{name: "agent first", step: callbacktest.Answered(90 * time.Second),
			call: func(c *callback.Call) { c.AgentFirst = true },
			want: []string{"1s cb.1 ringing", "6s cb.1 bridged", "1m36s cb.1 ANSWER"}},
		{name: "no longer than the longest call", step: callbacktest.Answered(time.Hour),
			call: func(c *callback.Call) { c.MaxCall = time.Minute },
			want: []string{"1s cb.1 ringing", "6s cb.1 customer", "7s cb.1 agent", "8s cb.1 bridged", "1m8s cb.1 ANSWER"}},
		{name: "no answer rings as long as it may", step: callbacktest.NoAnswer(),
			want: []string{"1s cb.1 ringing", "26s cb.1 NO_ANSWER"}},
		{name: "no answer with no limit", step: callbacktest.NoAnswer(),
			call: func(c *callback.Call) { c.RingTimeout = 0 },
			want: []string{"1s cb.1 ringing", "31s cb.1 NO_ANSWER"}},
		{name: "answered too late", step: callbacktest.Answered(time.Minute).Ringing(26 * time.Second),
			want: []string{"1s cb.1 ringing", "26s cb.1 NO_ANSWER"}},
		{name: "answered in the last moment", step: callbacktest.Answered(time.Minute).Ringing(25 * time.Second).Waiting(0),
			want: []string{"1s cb.1 ringing", "26s cb.1 customer", "26s cb.1 agent", "26s cb.1 bridged", "1m26s cb.1 ANSWER"}},
		{name: "busy", step: callbacktest.Busy(), want: []string{"1s cb.1 BUSY"}},
		{name: "busy after ringing", step: callbacktest.Busy().Ringing(7 * time.Second),
			want: []string{"1s cb.1 ringing", "8s cb.1 BUSY"}},
		{name: "machine", step: callbacktest.Machine(), want: []string{"1s cb.1 ringing", "6s cb.1 ANSWERING_MACHINE"}},
		{name: "fax", step: callbacktest.Fax(), want: []string{"1s cb.1 ringing", "6s cb.1 SIT_FAX_DETECTED"}},
		{name: "rejected", step: callbacktest.Rejected().Ringing(2 * time.Second),
			want: []string{"1s cb.1 ringing", "3s cb.1 REMOTE_RELEASE"}},
		{name: "congestion", step: callbacktest.Congestion(), want: []string{"1s cb.1 ALL_TRUNKS_BUSY"}},
		{name: "invalid", step: callbacktest.InvalidNumber(), want: []string{"1s cb.1 SIT_INVALID_NUM"}},
		{name: "abandoned", step: callbacktest.Abandoned(15 * time.Second),
			want: []string{"1s cb.1 ringing", "6s cb.1 customer", "21s cb.1 ABANDONED"}},
		{name: "dropped", step: callbacktest.Result(callback.ResultDropped),
			want: []string{"1s cb.1 ringing", "6s cb.1 customer", "7s cb.1 agent", "8s cb.1 bridged", "9s cb.1 DROPPED"}},
		{name: "silent", step: callbacktest.Silent(), want: nil},
		{name: "no final", step: callbacktest.Machine().With(callbacktest.StagesOnly), want: []string{"1s cb.1 ringing"}},
		{name: "final only", step: callbacktest.Answered(time.Second).With(callbacktest.FinalOnly), want: []string{"9s cb.1 ANSWER"}},
		{name: "twice", step: callbacktest.Machine().With(callbacktest.Twice),
			want: []string{"1s cb.1 ringing", "1s cb.1 ringing", "6s cb.1 ANSWERING_MACHINE", "6s cb.1 ANSWERING_MACHINE"}},
		{name: "backwards", step: callbacktest.Answered(time.Second).With(callbacktest.Backwards),
			want: []string{"9s cb.1 ANSWER", "8s cb.1 bridged", "7s cb.1 agent", "6s cb.1 customer", "1s cb.1 ringing"}},
		{name: "late", step: callbacktest.Busy().Late(time.Hour), want: []string{"1s cb.1 BUSY"}},
		{name: "delayed", step: callbacktest.Busy().Delayed(time.Minute), want: []string{"1m1s cb.1 BUSY"}},
		{name: "early without anybody attached", step: callbacktest.Machine().With(callbacktest.Early),
			want: []string{"0s cb.1 ringing", "0s cb.1 ANSWERING_MACHINE"}},
		{name: "stray", step: callbacktest.Busy().With(callbacktest.Stray), want: []string{"1s cb.2 GENERAL_ERROR", "1s cb.1 BUSY"}},
		{name: "unplaced", step: callbacktest.Vanished(), want: nil},
		{name: "zero step", step: callbacktest.Step{},
			want: []string{"1s cb.1 OK"}},
		{name: "endless times are ten years", step: callbacktest.Answered(math.MaxInt64).Waiting(math.MaxInt64).Late(math.MaxInt64).Delayed(math.MaxInt64).With(callbacktest.FinalOnly),
			want: []string{"262800h0m6s cb.1 ANSWER"}},
		{name: "negative times are none", step: callbacktest.Answered(-time.Hour).Ringing(-1).Waiting(-1).Delayed(-1).Late(-1),
			want: []string{"1s cb.1 ringing", "1s cb.1 customer", "1s cb.1 agent", "1s cb.1 bridged", "1s cb.1 ANSWER"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock, d, l := world()
			d.On(swiss, test.step)
			c := call(t, "cb", 1)
			if test.call != nil {
				test.call(&c)
			}
			if _, err := d.Dial(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			runOut(t, clock, d, l)
			if diff := cmp.Diff(test.want, l.lines); diff != "" {
				t.Errorf("reports (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryResult(t *testing.T) {
	for result := callback.ResultOK; result.Valid(); result++ {
		t.Run(result.String(), func(t *testing.T) {
			clock, d, l := world()
			d.On(callbacktest.AnyNumber, callbacktest.Result(result))
			ref, err := d.Dial(t.Context(), call(t, "cb", 1))
			if err != nil || ref == "" {
				t.Fatalf("Dial = %q, %v", ref, err)
			}
			runOut(t, clock, d, l)
			last := l.reports[len(l.reports)-1]
			if last.Outcome == nil || last.Outcome.Result != result || last.Ref != ref || last.Epoch != 1 {
				t.Fatalf("last report is %+v", last)
			}
			stage := callback.StageNone
			for _, r := range l.reports {
				if r.Stage < stage {
					t.Errorf("stage %s after %s", r.Stage, stage)
				}
				stage = r.Stage
			}
			o := last.Outcome
			if o.Reached != stage || (o.Reached >= callback.StageRinging) != (o.Ring > 0) || (o.Reached == callback.StageBridged) != (o.Talk > 0) {
				t.Errorf("outcome %+v does not fit the stage %s", o, stage)
			}
			if sure := result != callback.ResultUnknown && result != callback.ResultStale; (o.Certainty == callback.Known) != sure {
				t.Errorf("certainty is %s", o.Certainty)
			}
			calls := d.Calls()
			if len(calls) != 1 || calls[0].Result != result || calls[0].Live() || calls[0].Stage < callback.StagePlaced {
				t.Errorf("the world has %+v", calls)
			}
		})
	}
}

func TestOverriddenOutcome(t *testing.T) {
	clock, d, l := world()
	want := callback.Outcome{Result: callback.ResultBusy, Certainty: callback.NotPlaced, SIP: 503, RetryAfter: time.Minute, Raw: "overloaded"}
	d.On(callbacktest.AnyNumber, callbacktest.Congestion().Outcome(want), callbacktest.Busy().Outcome(callback.Outcome{Result: callback.ResultBusy, Certainty: callback.MayHaveRung}),
		callbacktest.Answered(time.Second).Agent("mia"))
	for n := range 3 {
		if _, err := d.Dial(t.Context(), call(t, "cb", n+1)); err != nil {
			t.Fatal(err)
		}
		runOut(t, clock, d, l)
	}
	if diff := cmp.Diff(want, *l.reports[0].Outcome); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	if got := l.reports[1].Outcome.Certainty; got != callback.MayHaveRung {
		t.Errorf("certainty is %s", got)
	}
	for _, r := range l.reports[2:] {
		if want := r.Stage >= callback.StageAgent; (r.Agent == "mia") != want {
			t.Errorf("agent of stage %s is %q", r.Stage, r.Agent)
		}
	}
}

func TestScripts(t *testing.T) {
	clock, d, _ := world()
	other := call(t, "other", 1)
	other.To = address(t, "+41446681800")
	d.On(swiss, callbacktest.Busy(), callbacktest.NoAnswer()).
		OnCallback("vip", callbacktest.Fax()).
		On(callbacktest.AnyNumber, callbacktest.Machine())
	d.OnCall(func(c callback.Call) (callbacktest.Step, bool) { return callbacktest.Rejected(), c.Attempt == 9 })
	calls := []callback.Call{
		call(t, "cb", 1), call(t, "cb", 2), call(t, "cb", 3), call(t, "cb", 9), call(t, "vip", 4), other, call(t, "cb", -1),
	}
	for _, c := range calls {
		if _, err := d.Dial(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(time.Hour)
	var got []callback.CallResult
	for _, c := range d.Calls() {
		got = append(got, c.Result)
	}
	want := []callback.CallResult{
		callback.ResultBusy, callback.ResultNoAnswer, callback.ResultNoAnswer, callback.ResultRemoteRelease, callback.ResultFaxDetected, callback.ResultAnsweringMachine, callback.ResultBusy,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}

	// Without scripts every call is answered.
	d.On(swiss).On(callbacktest.AnyNumber)
	d.OnCall(nil)
	if _, err := d.Dial(t.Context(), call(t, "plain", 1)); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Hour)
	if all := d.Calls(); all[len(all)-1].Result != callback.ResultAnswer {
		t.Errorf("the default call is %+v", all[len(all)-1])
	}
}

func TestDialErrors(t *testing.T) {
	broken := errors.New("connection reset")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	late := call(t, "cb", 1)
	late.NotAfter = noon.Add(-time.Nanosecond)
	just := call(t, "cb", 1)
	just.NotAfter = noon
	tests := []struct {
		name      string
		ctx       context.Context
		call      callback.Call
		step      callbacktest.Step
		is        error
		notPlaced bool
		rang      bool
	}{
		{name: "refused", step: callbacktest.Refused(), is: callback.ErrNotPlaced, notPlaced: true},
		{name: "throttled", step: callbacktest.Throttled(time.Minute), is: callback.ErrNotPlaced, notPlaced: true},
		{name: "lost", step: callbacktest.Lost(nil), is: callbacktest.ErrSilentPlatform},
		{name: "lost with an error", step: callbacktest.Lost(broken), is: broken},
		{name: "placed with a plain error", step: callbacktest.Busy().Fails(nil), is: callbacktest.ErrSilentPlatform, rang: true},
		{name: "placed with another", step: callbacktest.Busy().Fails(broken), is: broken, rang: true},
		{name: "placed and lied about", step: callbacktest.Busy().Fails(callback.ErrNotPlaced), is: callback.ErrNotPlaced, notPlaced: true, rang: true},
		{name: "context had ended", ctx: ended, step: callbacktest.Busy(), is: context.Canceled, notPlaced: true},
		{name: "too late", call: late, step: callbacktest.Busy(), is: callbacktest.ErrTooLate, notPlaced: true},
		{name: "just in time", call: just, step: callbacktest.Busy(), rang: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock, d, _ := world()
			d.On(callbacktest.AnyNumber, test.step)
			if test.ctx == nil {
				test.ctx = t.Context()
			}
			if test.call.ID == "" {
				test.call = call(t, "cb", 1)
			}
			ref, err := d.Dial(test.ctx, test.call)
			if !errors.Is(err, test.is) || errors.Is(err, callback.ErrNotPlaced) != test.notPlaced {
				t.Errorf("Dial = %v", err)
			}
			if (err == nil) != (ref != "") {
				t.Errorf("reference %q with error %v", ref, err)
			}
			clock.Advance(time.Hour)
			if rang := len(d.Calls()) == 1; rang != test.rang {
				t.Errorf("calls %+v", d.Calls())
			}
			if dials := d.Dials(); len(dials) != 1 || dials[0].Placed != test.rang || !errors.Is(dials[0].Err, test.is) {
				t.Errorf("dials %+v", dials)
			}
		})
	}
	var throttled *callback.ThrottledError
	_, d, _ := world()
	d.On(callbacktest.AnyNumber, callbacktest.Throttled(time.Minute))
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); !errors.As(err, &throttled) || throttled.After != time.Minute {
		t.Errorf("throttled Dial = %v", err)
	}
}

func TestPanics(t *testing.T) {
	for name, step := range map[string]callbacktest.Step{
		"before": callbacktest.Crashed("boom"), "after": callbacktest.Busy().Panics("boom"), "with nothing": callbacktest.Busy().Panics(nil),
	} {
		t.Run(name, func(t *testing.T) {
			clock, d, _ := world()
			d.On(callbacktest.AnyNumber, step)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("Dial did not panic")
					}
				}()
				_, _ = d.Dial(t.Context(), call(t, "cb", 1))
			}()
			clock.Advance(time.Hour)
			if placed := len(d.Calls()) == 1; placed != (name != "before") {
				t.Errorf("calls %+v", d.Calls())
			}
		})
	}
}

func TestBlockedDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := callbacktest.NewDialer(time.Now)
		d.On(callbacktest.AnyNumber, callbacktest.Busy().With(callbacktest.Blocks), callbacktest.Busy().With(callbacktest.Stuck))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		errs := make(chan error)
		for n := range 3 {
			go func() {
				_, err := d.Dial(ctx, call(t, "cb", n+1))
				errs <- err
			}()
		}
		if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("blocked Dial = %v", err)
		}
		synctest.Wait()
		stuck := d.Stuck()
		slices.Sort(stuck)
		if want := []callback.AttemptKey{"cb.2", "cb.3"}; !slices.Equal(stuck, want) {
			t.Errorf("stuck are %v, want %v", stuck, want)
		}
		if n := d.Release("cb.3", "unknown.1"); n != 1 {
			t.Errorf("released %d, want 1", n)
		}
		if err := <-errs; err != nil {
			t.Errorf("released Dial = %v", err)
		}
		if n := d.Release(); n != 1 {
			t.Errorf("released %d, want 1", n)
		}
		if err := <-errs; err != nil {
			t.Errorf("released Dial = %v", err)
		}
		if n := d.Release(); n != 0 {
			t.Errorf("released %d, want 0", n)
		}
		if calls := d.Calls(); len(calls) != 3 {
			t.Errorf("%d calls, want 3: a stuck Dial still rings", len(calls))
		}
	})
}
