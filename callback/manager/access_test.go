package manager_test

import (
	"context"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A write that loses to an update gives its access number back for the next
// attempt.
func TestAccessNumberOfALostWriteIsFree(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Inbound = callback.Inbound{On: true, AccessNumbers: []string{"+41445550001"}}
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	a := r.start(manager.Request{})
	b := r.start(manager.Request{Number: swiss2})
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass,
		Change: func(c callback.Change) bool { return c.Record.State == callback.Offered },
		Hook: func(ctx context.Context, _ callbacktest.Op) {
			if _, err := r.m.Update(ctx, manager.UpdateRequest{ID: a.ID, Set: callback.Values{"x": "y"}}); err != nil {
				t.Error(err)
			}
		}})
	r.tick()
	if n := held(r, a.ID) + held(r, b.ID); n != 0 {
		t.Errorf("%d access numbers are held after a write that lost", n)
	}
	r.tick()
	if n := held(r, a.ID) + held(r, b.ID); n != 1 {
		t.Errorf("%d access numbers are held, want the only one", n)
	}
}

// held returns how many access numbers a callback holds.
func held(r *rig, id callback.ID) (n int) {
	for _, permit := range r.get(id).Held {
		if permit.Key.Kind == callback.PermitAccess {
			n++
		}
	}
	return n
}

func TestAccessHeldTwice(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Inbound = callback.Inbound{On: true, AccessNumbers: []string{"+41445550001", "+41445550002"}}
	})
	cb := r.start(manager.Request{})
	r.tick()
	if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Queued}); err != nil {
		t.Fatal(err)
	}
	r.tick()
	n := 0
	for _, h := range r.get(cb.ID).Held {
		if h.Key.Kind == callback.PermitAccess {
			n++
		}
	}
	if n > 1 {
		t.Errorf("one customer holds %d access numbers", n)
	}
}

func TestUserOriginated(t *testing.T) {
	inbound := func(s *callback.Service, _ *manager.Config) {
		s.Inbound = callback.Inbound{On: true, NoWait: true, AccessNumbers: []string{"+41445550001", "+41445550002"}}
		s.Limits.SameNumber = callback.NoLimit
	}
	t.Run("at once", func(t *testing.T) {
		r := newRig(t, inbound)
		first, second := r.start(manager.Request{}), r.start(manager.Request{})
		if first.State != callback.Offered || first.AccessNumber == second.AccessNumber {
			t.Errorf("%v: %q and %q", first.State, first.AccessNumber, second.AccessNumber)
		}
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrQueueLimit, 40002)
		if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: first.ID, Answer: callback.AnswerCalledIn}); err != nil {
			t.Fatal(err)
		}
		r.wantState(first.ID, callback.Routing)
		r.run(30 * time.Second)
		r.wantReason(second.ID, callback.ReasonInboundTimeout) // GMS _booking_expiration_timeout
	})
	t.Run("when an agent is free", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			inbound(s, c)
			s.Inbound.NoWait = false
		})
		cb := r.start(manager.Request{})
		if cb.State != callback.Queued || cb.AccessNumber != "" {
			t.Fatalf("%v with %q", cb.State, cb.AccessNumber)
		}
		r.tick()
		if got := r.wantState(cb.ID, callback.Offered); got.AccessNumber == "" || got.Offer.Kind != callback.OfferBooking {
			t.Errorf("offer %+v of %q", got.Offer, got.AccessNumber)
		}
	})
	t.Run("codes", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			inbound(s, c)
			s.Inbound.Codes, s.Inbound.AccessNumbers = true, []string{"+41445550001"}
		})
		a, b := r.start(manager.Request{}), r.start(manager.Request{})
		if len(a.AccessCode) != 6 || a.AccessCode == b.AccessCode || a.AccessNumber != b.AccessNumber {
			t.Errorf("codes %q %q for %q %q", a.AccessCode, b.AccessCode, a.AccessNumber, b.AccessNumber)
		}
	})
}
