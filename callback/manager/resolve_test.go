package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// An operator's redial is dialed however long the callback has waited.
func TestRedialCannotDial(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.CannotDial = time.Hour })
	r.dialer.On(swiss, callbacktest.Lost(nil).With(callbacktest.Forgotten), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(5 * time.Hour)
	r.wantState(cb.ID, callback.Unresolved)
	if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op"}); err != nil {
		t.Fatal(err)
	}
	r.run(5 * time.Hour)
	if got := r.get(cb.ID); len(got.Attempts) != 2 {
		t.Errorf("an operator's redial was never dialled: %v %v", got.State, got.Reason)
	}
}

func TestOperatorResolves(t *testing.T) {
	lost := func(t *testing.T) (*rig, *callback.Callback) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Lost(errors.New("?")).With(callbacktest.Forgotten), callbacktest.Answered(time.Minute))
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

// A pause that an operator states is bounded like that of a dialer.
func TestResolvedPauseIsBounded(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{
		-time.Hour: 10 * time.Second, time.Minute: time.Minute, 15 * time.Minute: 15 * time.Minute, 15*time.Minute + 1: 15 * time.Minute, 300 * 24 * time.Hour: 15 * time.Minute,
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.TTL, s.Queueing.TTL = 390*24*time.Hour, 390*24*time.Hour
		})
		r.dialer.On("*", callbacktest.Silent().With(callbacktest.Forgotten))
		cb := r.start(manager.Request{})
		r.run(10 * time.Minute)
		r.wantState(cb.ID, callback.Unresolved)
		_, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Actor: "ann", Outcome: callback.Outcome{
			Result: callback.ResultSystemError, Certainty: callback.NotPlaced, RetryAfter: after,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.get(cb.ID).ReadyAt.Sub(r.clock.Now()); got != want {
			t.Errorf("RetryAfter %v: ready in %v, want %v", after, got, want)
		}
	}
}
