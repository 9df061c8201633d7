package manager_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

func TestFoundNotPlacedAfterRinging(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{})
	r.dialer.On(swiss, callbacktest.Vanished(), callbacktest.Answered(time.Minute))
	_, _ = r.m.Tick(r.ctx, r.clock.Now())
	_ = r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Stage: callback.StageRinging})
	r.run(10 * time.Minute)
	if n := len(r.dialer.Dials()); n > 1 {
		t.Errorf("it rang, the look-up says it was never placed, and it is dialled again")
	}
}

// An attempt whose look-ups fail frees its line at the end of the grace time.
func TestFailedLookupsKeepLines(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On(swiss, callbacktest.Silent().LookupFails(errors.New("down")))
	r.start(manager.Request{})
	r.run(30 * time.Hour)
	cb2 := r.start(manager.Request{Number: swiss2})
	r.run(time.Hour)
	got := r.get(cb2.ID)
	if got.State != callback.Completed {
		first := r.get("cb000001")
		t.Errorf("second is %v; first %v NextAt %v holds %v, lookups %d", got.State, first.State, first.NextAt, first.Held, first.Attempts[0].Lookups)
	}
}

// A call that was taken for lost counts as a line again when the look-up finds
// it.
func TestLineOfASilentCallIsKept(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On("*", callbacktest.Answered(10*time.Minute).With(callbacktest.FinalOnly))
	for i := range 3 {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555667%d", i)})
	}
	r.run(2 * time.Hour)
	calls := r.dialer.Calls()
	for i := 1; i < len(calls); i++ {
		if calls[i].Started.Before(calls[i-1].Ended) {
			t.Errorf("call %d began %v before the one before had ended", i, calls[i-1].Ended.Sub(calls[i].Started))
		}
	}
	if len(calls) != 3 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestDialerThatReportsOutcomesAlone(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.SetLimits(callback.DialerLimits{FinalOnly: true})
	m, err := manager.New(manager.Config{Store: r.store, Services: r.services, Dialer: r.dialer, Now: r.clock.Now, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	r.m, r.Manager = m, m
	r.dialer.On("*", callbacktest.Answered(30*time.Minute).With(callbacktest.FinalOnly))
	cb := r.start(manager.Request{})
	r.run(2 * time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if n := len(r.dialer.Lookups()); n != 0 {
		t.Errorf("its silence was doubted %d times", n)
	}
}

func TestSilentDialerIsLookedUp(t *testing.T) {
	for _, c := range []struct {
		name string
		step callbacktest.Step
		want func(t *testing.T, r *rig, id callback.ID)
	}{
		{"ended before the look-up", callbacktest.Busy().With(callbacktest.Mute), func(t *testing.T, r *rig, id callback.ID) {
			if a := r.get(id).Attempts; a[0].Outcome.Result != callback.ResultBusy {
				t.Errorf("first attempt ended %v", a[0].Outcome.Result)
			}
		}},
		{"vanished", callbacktest.Vanished(), func(t *testing.T, r *rig, id callback.ID) {
			if a := r.get(id).Attempts; a[0].Outcome.Certainty != callback.NotPlaced || len(a) < 2 {
				t.Errorf("attempts %+v", a)
			}
		}},
		{"the platform forgot", callbacktest.Answered(time.Minute).With(callbacktest.Mute, callbacktest.Forgotten), func(t *testing.T, r *rig, id callback.ID) {
			if cb := r.wantState(id, callback.Unresolved); cb.Attempts[0].Lookups == 0 {
				t.Error("it was not looked up")
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			r.dialer.On(swiss, c.step, callbacktest.Answered(time.Minute))
			cb := r.start(manager.Request{})
			r.run(2 * time.Hour)
			if len(r.dialer.Lookups()) == 0 {
				t.Error("the dialer was not asked")
			}
			c.want(t, r, cb.ID)
			callbacktest.RequireNoDoubles(t, r.dialer)
		})
	}
}

func TestLateResultResolves(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) { s.Dialing.Grace = time.Second })
	r.dialer.On(swiss, callbacktest.Answered(time.Minute).With(callbacktest.FinalOnly).Late(3*time.Hour).With(callbacktest.Forgotten))
	cb := r.start(manager.Request{})
	r.run(2 * time.Hour)
	r.wantState(cb.ID, callback.Unresolved)
	r.run(2 * time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

// slowLookups accepts every call and takes a while for each look-up, which asks for a
// pause.
type slowLookups struct{ dialed atomic.Int32 }

func (d *slowLookups) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	d.dialed.Add(1)
	return callback.Ref(call.Key), nil
}

func (d *slowLookups) Lookup(context.Context, string, callback.AttemptKey, callback.Ref) (callback.Found, error) {
	time.Sleep(5 * time.Second)
	return callback.Found{State: callback.FoundEnded, Outcome: callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known, RetryAfter: 10 * time.Minute}}, nil
}

// A look-up pauses a service only if it tells something new: not if the callback has
// completed or gone on in the meantime.
func TestOldLookupsPauseNothing(t *testing.T) {
	for _, report := range []*callback.Outcome{nil, {Result: callback.ResultBridged, Certainty: callback.Known}, {Result: callback.ResultNoAnswer, Certainty: callback.Known}} {
		synctest.Test(t, func(t *testing.T) {
			d := &slowLookups{}
			services, err := callback.NewServices(managertest.Desk())
			if err != nil {
				t.Fatal(err)
			}
			m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: d, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx) }()
			cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(0)})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			key := callback.NewAttemptKey(cb.ID, 1)
			if err := m.Report(ctx, callback.Report{Key: key, Stage: callback.StageBridged}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(61 * time.Second) // the look-up has begun
			want := int32(1)
			if report != nil {
				want = 2
				if err := m.Report(ctx, callback.Report{Key: key, Outcome: report}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(10 * time.Second)
			if _, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(1)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
			if n := d.dialed.Load(); n != want {
				t.Errorf("report %v: %d calls, want %d", report, n, want)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}
