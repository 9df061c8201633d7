package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// Repeating a cancellation whose answer was lost hangs up.
func TestCancelUnknownNoHangup(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.dialer.On(swiss, callbacktest.NoAnswer())
	cb := r.start(manager.Request{})
	r.tick()
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter})
	_, err1 := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	_, err2 := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	if n := len(r.dialer.Hangups()); n == 0 {
		t.Errorf("%v, then %v: the call is never hung up", err1, err2)
	}
}

func TestCancel(t *testing.T) {
	t.Run("scheduled and queued", func(t *testing.T) {
		r := newRig(t, nil)
		booked := r.start(manager.Request{Desired: monday().Add(time.Hour)})
		queued := r.start(manager.Request{})
		for _, id := range []callback.ID{booked.ID, queued.ID} {
			cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id, Reason: callback.ReasonCancelledByAdmin, Actor: "ann", Detail: "storm"})
			if err != nil {
				t.Fatal(err)
			}
			if cb.Reason != callback.ReasonCancelledByAdmin || len(cb.Held) != 0 {
				t.Errorf("reason %v, held %v", cb.Reason, cb.Held)
			}
			_, err = r.m.Cancel(r.ctx, manager.CancelRequest{ID: id})
			wantCode(t, err, callback.ErrInvalidOperation, 40020)
		}
		r.run(2 * time.Hour)
		if n := len(r.dialer.Calls()); n != 0 {
			t.Errorf("%d calls after Cancel returned nil", n)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		r := newRig(t, nil)
		_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "none"})
		wantCode(t, err, callback.ErrNotFound, 40030)
	})
	t.Run("in flight, not reached", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.NoAnswer().Ringing(20*time.Second), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.tick()
		_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
		wantCode(t, err, callback.ErrInFlight, 40020)
		if len(r.dialer.Hangups()) != 1 {
			t.Errorf("%d hang-ups", len(r.dialer.Hangups()))
		}
		r.run(time.Hour)
		r.wantReason(cb.ID, callback.ReasonCancelled)
		if n := len(r.dialer.Dials()); n != 1 {
			t.Errorf("%d dials", n)
		}
	})
	t.Run("in flight, forced", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.tick()
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		r.run(time.Hour) // late reports change nothing
		r.wantReason(cb.ID, callback.ReasonCancelled)
	})
}

func TestCancelDoesNotHangUpOnPeopleWhoTalk(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(10*time.Minute))
	cb := r.start(manager.Request{})
	r.run(2 * time.Minute)
	r.wantState(cb.ID, callback.Processing)
	_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	wantCode(t, err, callback.ErrInFlight, 40020)
	if n := len(r.dialer.Hangups()); n != 0 {
		t.Errorf("%d hang-ups", n)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}
