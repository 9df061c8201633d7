package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

func TestViews(t *testing.T) {
	_, d, _ := world()
	d.SetLimits(callback.DialerLimits{CallsPerSecond: 7})
	tests := []struct {
		name                      string
		dialer                    callback.Dialer
		hangs, looks, limits, fen bool
	}{
		{"whole", d, true, true, true, false},
		{"blind", d.Blind(), false, false, false, false},
		{"no hang-up", d.NoHangup(), false, true, true, false},
		{"no look-up", d.NoLookup(), true, false, true, false},
		{"fenced", d.Fenced(), true, true, true, true},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, hangs := test.dialer.(callback.HangupDialer)
			_, looks := test.dialer.(callback.LookupDialer)
			limited, limits := test.dialer.(callback.LimitedDialer)
			_, waits := test.dialer.(callback.BlockingDialer)
			if hangs != test.hangs || looks != test.looks || limits != test.limits || waits {
				t.Errorf("hangs %t, looks %t, limits %t, waits %t", hangs, looks, limits, waits)
			}
			if limits && (limited.Limits() != callback.DialerLimits{CallsPerSecond: 7, Fenced: test.fen}) {
				t.Errorf("limits %+v", limited.Limits())
			}
			if _, err := test.dialer.Dial(t.Context(), call(t, "cb", i+1)); err != nil {
				t.Error(err)
			}
			if n := len(d.Dials()); n != i+1 {
				t.Errorf("the world has %d dials, want %d", n, i+1)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	down := errors.New("no route")
	tests := []struct {
		name  string
		step  callbacktest.Step
		after time.Duration
		want  callback.Found
		err   error
	}{
		{name: "just placed", step: callbacktest.Answered(time.Minute), want: callback.Found{State: callback.FoundLive, Stage: callback.StagePlaced, Ref: "cb.1"}},
		{name: "ringing", step: callbacktest.Answered(time.Minute), after: time.Second,
			want: callback.Found{State: callback.FoundLive, Stage: callback.StageRinging, Ref: "cb.1"}},
		{name: "talking", step: callbacktest.Answered(time.Minute).With(callbacktest.Mute), after: 8 * time.Second,
			want: callback.Found{State: callback.FoundLive, Stage: callback.StageBridged, Ref: "cb.1"}},
		{name: "last instant", step: callbacktest.Busy(), after: time.Second - 1,
			want: callback.Found{State: callback.FoundLive, Stage: callback.StagePlaced, Ref: "cb.1"}},
		{name: "ended", step: callbacktest.Busy().With(callbacktest.Mute).Fails(nil), after: time.Second,
			want: callback.Found{State: callback.FoundEnded, Ref: "cb.1", Outcome: callback.Outcome{
				Result: callback.ResultBusy, Certainty: callback.Known, Reached: callback.StagePlaced, By: callback.PartyNetwork, SIP: 486, Q850: 17}}},
		{name: "refused", step: callbacktest.Refused(), want: callback.Found{State: callback.FoundNotPlaced}},
		{name: "lost", step: callbacktest.Lost(nil), want: callback.Found{State: callback.FoundNotPlaced}},
		{name: "on its way", step: callbacktest.Busy().Delayed(time.Minute), after: time.Minute - 1,
			want: callback.Found{State: callback.FoundNotPlaced}},
		{name: "arrived", step: callbacktest.Busy().Delayed(time.Minute), after: time.Minute,
			want: callback.Found{State: callback.FoundLive, Stage: callback.StagePlaced, Ref: "cb.1"}},
		{name: "forgotten", step: callbacktest.Busy().With(callbacktest.Forgotten), want: callback.Found{State: callback.FoundUnknown}},
		{name: "fails", step: callbacktest.Busy().LookupFails(down), err: down},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock, d, _ := world()
			d.On(callbacktest.AnyNumber, test.step)
			_, _ = d.Dial(t.Context(), call(t, "cb", 1))
			clock.Advance(test.after)
			got, err := d.Lookup(t.Context(), "", "cb.1", "")
			if !errors.Is(err, test.err) {
				t.Fatalf("Lookup = %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
	_, d, _ := world()
	for _, key := range []callback.AttemptKey{"unknown.1", "unknown.2"} {
		if got, err := d.Lookup(t.Context(), "", key, ""); err != nil || got.State != callback.FoundNotPlaced {
			t.Errorf("Lookup of an unknown key = %+v, %v", got, err)
		}
	}
	if got := d.Lookups(); !slices.Equal(got, []callback.AttemptKey{"unknown.1", "unknown.2"}) {
		t.Errorf("looked up %v", got)
	}
	if calls := d.Dials(); len(calls) != 0 {
		t.Errorf("a look-up dialled: %+v", calls)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Lookup(ended, "", "cb.1", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("Lookup without a context = %v", err)
	}
}

func TestHangup(t *testing.T) {
	tests := []struct {
		name  string
		step  callbacktest.Step
		after time.Duration
		want  []string
		talk  time.Duration
	}{
		{"before it left", callbacktest.Answered(time.Hour).Delayed(time.Minute), time.Second, []string{"1s cb.1 DROPPED_NO_ANSWER"}, 0},
		{"before it rings", callbacktest.Answered(time.Hour), 0, []string{"0s cb.1 DROPPED_NO_ANSWER"}, 0},
		{"ringing", callbacktest.Answered(time.Hour), 3 * time.Second, []string{"1s cb.1 ringing", "3s cb.1 DROPPED_NO_ANSWER"}, 0},
		{"waiting", callbacktest.Answered(time.Hour), 6 * time.Second, []string{"1s cb.1 ringing", "6s cb.1 customer", "6s cb.1 DROPPED"}, 0},
		{"talking", callbacktest.Answered(time.Hour).With(callbacktest.FinalOnly), 18 * time.Second, []string{"18s cb.1 ANSWER"}, 10 * time.Second},
		{"talking, backwards", callbacktest.Answered(time.Hour).With(callbacktest.Backwards), 7 * time.Second,
			[]string{"7s cb.1 agent", "6s cb.1 customer", "1s cb.1 ringing", "7s cb.1 DROPPED"}, 0},
		{"over", callbacktest.Busy(), time.Second, []string{"1s cb.1 BUSY"}, 0},
		{"twice reported", callbacktest.Answered(time.Hour).With(callbacktest.Twice), 0, []string{"0s cb.1 DROPPED_NO_ANSWER", "0s cb.1 DROPPED_NO_ANSWER"}, 0},
		{"mute", callbacktest.Answered(time.Hour).With(callbacktest.Mute), 8 * time.Second, nil, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock, d, l := world()
			d.On(callbacktest.AnyNumber, test.step)
			if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
				t.Fatal(err)
			}
			now := clock.Advance(test.after)
			for range 2 {
				if err := d.Hangup(t.Context(), callback.Hangup{Key: "cb.1"}); err != nil {
					t.Fatal(err)
				}
			}
			if live := d.Live(); len(live) != 0 {
				t.Errorf("still up: %+v", live)
			}
			runOut(t, clock, d, l)
			if diff := cmp.Diff(test.want, l.lines); diff != "" {
				t.Errorf("reports (-want +got):\n%s", diff)
			}
			if n := len(l.reports); n > 0 && l.reports[n-1].Outcome.Talk != test.talk {
				t.Errorf("talked %v, want %v", l.reports[n-1].Outcome.Talk, test.talk)
			}
			for _, c := range d.Calls() {
				if c.Ended.After(now) || c.HungUp == (test.name == "over") {
					t.Errorf("the world has %+v", c)
				}
			}
			if n := len(d.Hangups()); n != 2 {
				t.Errorf("%d hang-ups, want 2", n)
			}
		})
	}
}

func TestHangupThroughAView(t *testing.T) {
	_, d, _ := world()
	for i, view := range []callback.Dialer{d.Fenced(), d.NoLookup()} {
		c := call(t, "cb", i+1)
		if _, err := view.Dial(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := view.(callback.HangupDialer).Hangup(t.Context(), callback.Hangup{Key: c.Key}); err != nil {
			t.Fatal(err)
		}
	}
	if live := d.Live(); len(live) != 0 || len(d.Hangups()) != 2 {
		t.Errorf("still up: %+v", live)
	}
}

func TestHangupThatFails(t *testing.T) {
	clock, d, l := world()
	d.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute).HangupFails(callback.ErrExecution))
	if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
		t.Fatal(err)
	}
	if err := d.Hangup(t.Context(), callback.Hangup{Key: "cb.1"}); !errors.Is(err, callback.ErrExecution) {
		t.Errorf("Hangup = %v", err)
	}
	for _, h := range []callback.Hangup{{Key: "cb.2"}, {Tenant: "acme", Key: "cb.1"}, {Key: "cb.1", Ref: "another"}} {
		if err := d.Hangup(t.Context(), h); err != nil {
			t.Errorf("Hangup of %+v = %v", h, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Hangup(ended, callback.Hangup{Key: "cb.1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Hangup without a context = %v", err)
	}
	if live := d.Live(); len(live) != 1 || !live[0].Live() {
		t.Errorf("live are %+v", live)
	}
	runOut(t, clock, d, l)
	if len(l.reports) != 5 {
		t.Errorf("%d reports, want 5", len(l.reports))
	}
}

func TestDoubles(t *testing.T) {
	type dial struct {
		after  time.Duration
		tenant string
		id     callback.ID
		n      int
		other  bool // another number
	}
	minute := callbacktest.Answered(time.Minute).Ringing(0).Waiting(0) // up from 0s to 61s
	tests := []struct {
		name  string
		dials []dial
		want  []string
	}{
		{name: "one after the other", dials: []dial{{0, "", "a", 1, false}, {61 * time.Second, "", "a", 2, false}}},
		{name: "at once", dials: []dial{{0, "", "a", 1, false}, {61*time.Second - 1, "", "a", 2, false}},
			want: []string{"callback on two calls at once: a.1 a.2"}},
		{name: "same key at once", dials: []dial{{0, "", "a", 1, false}, {time.Second, "", "a", 1, false}},
			want: []string{"attempt placed twice: a.1 a.1#2"}},
		{name: "same key long after", dials: []dial{{0, "", "a", 1, false}, {time.Hour, "", "a", 1, false}},
			want: []string{"attempt placed twice: a.1 a.1#2"}},
		{name: "same key in another tenant", dials: []dial{{0, "", "a", 1, false}, {time.Hour, "acme", "a", 1, false}}},
		{name: "one number, two callbacks", dials: []dial{{0, "", "a", 1, false}, {time.Second, "acme", "a", 1, false}},
			want: []string{"number on two calls at once: a.1 a.1"}},
		{name: "two numbers", dials: []dial{{0, "", "a", 1, false}, {time.Second, "", "b", 1, true}}},
		{name: "three at once", dials: []dial{{0, "", "a", 1, false}, {time.Second, "", "a", 2, false}, {time.Second, "", "b", 1, false}},
			want: []string{"callback on two calls at once: a.1 a.2", "number on two calls at once: a.1 b.1", "number on two calls at once: a.2 b.1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock, d, _ := world()
			d.On(callbacktest.AnyNumber, minute)
			for _, dial := range test.dials {
				clock.Set(noon.Add(dial.after))
				c := call(t, dial.id, dial.n)
				c.Tenant = dial.tenant
				if dial.other {
					c.To = address(t, "+41446681800")
				}
				if _, err := d.Dial(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, double := range d.Doubles() {
				got = append(got, fmt.Sprintf("%s: %s %s", double.Kind, double.First.Ref, double.Second.Ref))
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("doubles (-want +got):\n%s", diff)
			}
			tb := new(tester)
			callbacktest.RequireNoDoubles(tb, d)
			if len(tb.errors) != len(test.want) {
				t.Errorf("RequireNoDoubles says %q", tb.all())
			}
			tb = new(tester)
			callbacktest.RequireNoDoubles(tb, d, callbacktest.DoubleKey)
			if (len(tb.errors) > 0) != strings.HasPrefix(test.name, "same key") != (test.name == "same key in another tenant") {
				t.Errorf("RequireNoDoubles of keys says %q", tb.all())
			}
		})
	}
}

// What is hung up in time, refused, or has not left yet is no double.
func TestNoDoubles(t *testing.T) {
	clock, d, _ := world()
	d.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour), callbacktest.Answered(time.Hour), callbacktest.Refused(),
		callbacktest.Answered(time.Hour).Delayed(time.Hour))
	dial := func(n int) {
		t.Helper()
		_, _ = d.Dial(t.Context(), call(t, "cb", n))
	}
	dial(1)
	clock.Advance(time.Minute)
	if err := d.Hangup(t.Context(), callback.Hangup{Key: "cb.1"}); err != nil {
		t.Fatal(err)
	}
	dial(2)
	dial(3)
	dial(3)
	dial(4)
	if doubles := d.Doubles(); doubles != nil {
		t.Errorf("doubles %+v", doubles)
	}
	clock.Advance(time.Hour)
	if doubles := d.Doubles(); len(doubles) != 1 || doubles[0].Second.Key != "cb.4" {
		t.Errorf("when the delayed call has arrived the doubles are %+v", doubles)
	}
}

func TestFenced(t *testing.T) {
	clock, d, l := world()
	fenced := d.Fenced()
	d.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
	attempt := func(n int, epoch int64) (callback.Ref, error) {
		c := call(t, "cb", n)
		c.Epoch = epoch
		return fenced.Dial(t.Context(), c)
	}
	ref, err := attempt(1, 5)
	if err != nil {
		t.Fatal(err)
	}
	for _, epoch := range []int64{5, 6} {
		if again, err := attempt(1, epoch); err != nil || again != ref {
			t.Errorf("the same key again = %q, %v, want %q", again, err, ref)
		}
	}
	if _, err := attempt(1, 5); !errors.Is(err, callbacktest.ErrStaleEpoch) || errors.Is(err, callback.ErrNotPlaced) {
		t.Errorf("a stale request for a call that is up = %v: it must not say that nothing was placed", err)
	}
	if _, err := attempt(2, 5); !errors.Is(err, callbacktest.ErrStaleEpoch) || !errors.Is(err, callback.ErrNotPlaced) {
		t.Errorf("a stale request = %v", err)
	}
	calls := d.Calls()
	if len(calls) != 1 || calls[0].Repeats != 3 {
		t.Errorf("calls %+v, want one, asked for three times more", calls)
	}
	callbacktest.RequireNoDoubles(t, d)

	// A request that is still on its way loses to a later epoch and to a
	// look-up that says that it was never placed.
	runOut(t, clock, d, l)
	d.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute).Delayed(time.Minute))
	if _, err := attempt(3, 7); err != nil {
		t.Fatal(err)
	}
	if _, err := attempt(4, 8); err != nil {
		t.Fatal(err)
	}
	found, err := fenced.(callback.LookupDialer).Lookup(t.Context(), "", "cb.4", "")
	if err != nil || found.State != callback.FoundNotPlaced {
		t.Errorf("Lookup = %+v, %v", found, err)
	}
	clock.Advance(time.Hour)
	if calls := d.Calls(); len(calls) != 1 {
		t.Errorf("calls %+v: what was fenced off arrived", calls[1:])
	}
	if _, ok := d.Next(); ok {
		t.Error("a call that was fenced off is reported")
	}
	if _, err := attempt(4, 8); err != nil {
		t.Errorf("a key whose request never arrived, again = %v", err)
	}
}

func TestNumbersAreMasked(t *testing.T) {
	clock, d, _ := world()
	for range 2 {
		if _, err := d.Dial(t.Context(), call(t, "cb", 1)); err != nil {
			t.Fatal(err)
		}
	}
	clock.Advance(time.Second)
	tb := new(tester)
	callbacktest.RequireNoDoubles(tb, d)
	for _, text := range []string{fmt.Sprint(d.Calls()), fmt.Sprintf("%+v", d.Doubles()), strings.Join(tb.all(), " ")} {
		if strings.Contains(text, strings.TrimPrefix(swiss, "+")) {
			t.Errorf("%s shows the number", text)
		}
	}
	if d.Calls()[0].To.Key() != swiss {
		t.Error("a call does not know whom it was for")
	}
}

func TestDoubleKindNames(t *testing.T) {
	for kind, want := range map[callbacktest.DoubleKind]string{
		callbacktest.DoubleKey: "attempt placed twice", callbacktest.DoubleCallback: "callback on two calls at once",
		callbacktest.DoubleNumber: "number on two calls at once", 99: "DoubleKind(99)",
	} {
		if got := kind.String(); got != want {
			t.Errorf("%d is %q, want %q", kind, got, want)
		}
	}
}
