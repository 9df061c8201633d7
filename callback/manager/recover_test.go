package manager_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// blind hides every capability of the scripted dialer but dialling.
func blind(r *callbacktest.Dialer) func(*callback.Service, *manager.Config) {
	return func(_ *callback.Service, c *manager.Config) { c.Dialer = r.Blind() }
}

func TestErrorsOfTheDialer(t *testing.T) {
	plain := errors.New("timeout while dialling +41785556677")
	for _, c := range []struct {
		name string
		step callbacktest.Step
		want callback.State
	}{
		{"says nothing about placing", callbacktest.Lost(plain), callback.Unresolved},
		{"panics", callbacktest.Crashed("boom"), callback.Unresolved},
		{"was not placed", callbacktest.Refused(), callback.Queued},
		{"throttled", callbacktest.Throttled(20 * time.Second), callback.Queued},
		{"wraps", callbacktest.Lost(fmt.Errorf("no port: %w", callback.ErrNotPlaced)), callback.Queued},
	} {
		t.Run(c.name, func(t *testing.T) {
			dialer := callbacktest.NewDialer(monday)
			r := newRig(t, blind(dialer))
			dialer.On("*", c.step)
			cb := r.start(manager.Request{})
			r.tick()
			r.wantState(cb.ID, c.want)
		})
	}
}

// A customer is never phoned twice because nobody knows.
func TestUnknownIsNeverDialledAgain(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Dialer = dialer.Blind() })
	dialer.On("*", callbacktest.Lost(errors.New("connection reset")))
	cb := r.start(manager.Request{})
	r.run(23 * time.Hour)
	r.wantState(cb.ID, callback.Unresolved)
	if n := len(dialer.Dials()); n != 1 {
		t.Errorf("%d dials", n)
	}
}

func TestSilentDialerIsLookedUp(t *testing.T) {
	for _, c := range []struct {
		name string
		step callbacktest.Step
		want func(t *testing.T, r *rig, id callback.ID)
	}{
		{"ended meanwhile", callbacktest.Busy().Mute(), func(t *testing.T, r *rig, id callback.ID) {
			if a := r.get(id).Attempts; a[0].Outcome.Result != callback.ResultBusy {
				t.Errorf("first attempt ended %v", a[0].Outcome.Result)
			}
		}},
		{"vanished", callbacktest.Vanished(), func(t *testing.T, r *rig, id callback.ID) {
			if a := r.get(id).Attempts; a[0].Outcome.Certainty != callback.NotPlaced || len(a) < 2 {
				t.Errorf("attempts %+v", a)
			}
		}},
		{"the platform forgot", callbacktest.Answered(time.Minute).Mute().Forgotten(), func(t *testing.T, r *rig, id callback.ID) {
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
	r.dialer.On(swiss, callbacktest.Answered(time.Minute).FinalOnly().Late(3*time.Hour).Forgotten())
	cb := r.start(manager.Request{})
	r.run(2 * time.Hour)
	r.wantState(cb.ID, callback.Unresolved)
	r.run(2 * time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

func TestOperatorResolves(t *testing.T) {
	lost := func(t *testing.T) (*rig, *callback.Callback) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Lost(errors.New("?")).Forgotten(), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.tick()
		r.wantState(cb.ID, callback.Unresolved)
		return r, cb
	}
	t.Run("known", func(t *testing.T) {
		r, cb := lost(t)
		outcome := callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}
		if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Outcome: outcome, Actor: "op"}); err != nil {
			t.Fatal(err)
		}
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	})
	t.Run("redial", func(t *testing.T) {
		r, cb := lost(t)
		if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op", Detail: "asked the customer"}); err != nil {
			t.Fatal(err)
		}
		r.run(time.Hour)
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	})
	t.Run("redial, too late", func(t *testing.T) {
		r, cb := lost(t)
		r.clock.Advance(24 * time.Hour)
		_, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op"})
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
		r.wantState(cb.ID, callback.Unresolved)
	})
	t.Run("bad", func(t *testing.T) {
		r, cb := lost(t)
		for _, bad := range []manager.Resolution{
			{ID: cb.ID, Outcome: callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known}},
			{ID: cb.ID, Actor: "op"},
			{ID: cb.ID, Actor: "op", Outcome: callback.Outcome{Result: 99, Certainty: callback.Known}},
		} {
			_, err := r.m.Resolve(r.ctx, bad)
			wantCode(t, err, callback.ErrInvalidParameter, 40010)
		}
		_, err := r.m.Resolve(r.ctx, manager.Resolution{ID: "none", Actor: "op", Redial: true})
		wantCode(t, err, callback.ErrNotFound, 40030)
		other := r.start(manager.Request{Number: swiss2})
		_, err = r.m.Resolve(r.ctx, manager.Resolution{ID: other.ID, Actor: "op", Redial: true})
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
	})
}

func TestSubmitAttempts(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Refused())
	cb := r.start(manager.Request{})
	r.run(time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonSubmitFailed)
	if done.Submits != 3 {
		t.Errorf("%d submits, want 3 (GMS _max_ors_submit_attempts)", done.Submits)
	}
}

func TestThrottlingCoolsTheServiceAndNotTheCustomer(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Throttled(time.Minute), callbacktest.Throttled(time.Minute), callbacktest.Throttled(time.Minute),
		callbacktest.Throttled(time.Minute), callbacktest.Answered(time.Minute))
	r.dialer.On("*", callbacktest.Answered(time.Second))
	cb := r.start(manager.Request{})
	r.tick()
	other := r.start(manager.Request{Number: swiss2})
	r.tick()
	if n := len(r.get(other.ID).Attempts); n != 0 {
		t.Error("the platform asked for a pause, and another callback was dialled")
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	r.wantReason(other.ID, callback.ReasonAgentConnected)
}

// Whoever claims a callback and vanishes before the attempt is committed costs
// it nothing but time.
func TestLeaseLostBeforeTheAttempt(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	claimed, err := r.store.Claim(r.ctx, r.clock.Now(), callback.ClaimRequest{
		Owner: "dead", Lease: 30 * time.Second, Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: 1}},
	})
	if err != nil || len(claimed.Callbacks) != 1 {
		t.Fatalf("claimed %d (%v)", len(claimed.Callbacks), err)
	}
	r.tick()
	if n := len(r.dialer.Calls()); n != 0 {
		t.Fatal("a leased callback was dialled")
	}
	r.clock.Advance(30 * time.Second)
	r.tick()
	got := r.get(cb.ID)
	if _, err := r.rec.Pull(r.ctx); err != nil {
		t.Fatal(err)
	}
	r.rec.RequireEvent(t, cb.ID, callback.EventRequeued)
	if len(got.Attempts) != 1 {
		t.Errorf("%d attempts", len(got.Attempts))
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

func TestWorkLostTooOftenIsSetAside(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Paused = true })
	cb := r.start(manager.Request{})
	for range 20 {
		if _, err := r.store.Claim(r.ctx, r.clock.Now(), callback.ClaimRequest{
			Owner: "dying", Lease: time.Second, Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: 1}},
		}); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(2 * time.Second)
		r.tick()
	}
	r.wantState(cb.ID, callback.Unresolved)
	if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op"}); err != nil {
		t.Fatal(err)
	}
	r.wantState(cb.ID, callback.Queued)
}

// An answer of the store that was lost after the attempt had been committed
// must not lose the call, nor make it twice.
func TestCommitOfUnknownOutcome(t *testing.T) {
	for _, kind := range []callbacktest.FaultKind{callbacktest.FailAfter, callbacktest.FailBefore} {
		t.Run(kind.String(), func(t *testing.T) {
			var faulty *callbacktest.FaultyStore
			r := newRig(t, func(_ *callback.Service, c *manager.Config) {
				faulty = callbacktest.NewFaultyStore(c.Store)
				c.Store = faulty.Store()
			})
			r.dialer.On(swiss, callbacktest.Answered(time.Minute))
			cb := r.start(manager.Request{})
			faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: kind, Err: callback.ErrOutcomeUnknown})
			for range 100 {
				_, _ = r.m.Tick(context.WithoutCancel(r.ctx), r.clock.Now())
				_, _ = r.dialer.Advance(r.ctx, r.clock.Now(), r.m)
				r.clock.Advance(10 * time.Second)
			}
			r.wantReason(cb.ID, callback.ReasonAgentConnected)
			if n := len(r.dialer.Dials()); n != 1 {
				t.Errorf("%d dials", n)
			}
		})
	}
}
