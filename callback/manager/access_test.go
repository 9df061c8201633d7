package manager_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
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

// codesRig is a rig whose customers call in with codes that next returns, on one
// number of two services.
func codesRig(t *testing.T, noWait bool, next func() string) *rig {
	t.Helper()
	desk := managertest.Desk()
	desk.Inbound = callback.Inbound{On: true, NoWait: noWait, Codes: true, AccessNumbers: []string{"+41445550001"}, Timeout: time.Hour}
	desk.Limits.SameNumber = callback.NoLimit
	shop := desk
	shop.Name = "shop"
	return wrap(t, managertest.New(t, managertest.Config{Services: []callback.Service{desk, shop}, Options: func(c *manager.Config) { c.NewCode = next }}))
}

// Access codes are made by Config.NewCode; no two customers who are to call in have
// the same, of whatever service, and a code is free again once its customer called.
func TestAccessCodesAreUnique(t *testing.T) {
	for _, noWait := range []bool{true, false} {
		n := 0
		r := codesRig(t, noWait, func() string { n++; return fmt.Sprint(n / 3) }) // each code three times
		seen := make(map[string]bool)
		var first *callback.Callback
		for i := range 8 {
			cb := r.start(manager.Request{Service: []string{"desk", "shop"}[i%2]})
			if !noWait {
				for range 100 {
					r.tick()
					r.clock.Advance(time.Second)
				}
			}
			cb = r.wantState(cb.ID, callback.Offered)
			if cb.AccessCode == "" || seen[cb.AccessCode] {
				t.Errorf("customer %d has the code %q, and others %v", i, cb.AccessCode, seen)
			}
			seen[cb.AccessCode] = true
			if first == nil {
				first = cb
			}
		}
		if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: first.ID, Answer: callback.AnswerCalledIn, Code: first.AccessCode}); err != nil {
			t.Fatal(err)
		}
		counters, err := r.store.Load(r.ctx, r.clock.Now(), callback.LoadRequest{Kind: callback.PermitCode, Name: first.AccessCode})
		if err != nil || len(counters) != 0 {
			t.Errorf("the code is still taken: %v, %v", counters, err)
		}
	}
}

// A source of codes that never makes another one refuses the request and does not
// run for ever.
func TestAccessCodesRunOut(t *testing.T) {
	n := 0
	r := codesRig(t, true, func() string { n++; return "000000" })
	r.start(manager.Request{})
	_, err := r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrQueueLimit, 40002)
	if n > 200 {
		t.Errorf("%d codes were made for two customers", n)
	}
}

// The default codes cannot be computed from what a customer knows: the same
// identifiers get other codes in another Manager.
func TestAccessCodesAreRandom(t *testing.T) {
	codes := make(map[string]bool)
	for range 2 {
		r := codesRig(t, true, nil)
		for range 10 {
			cb := r.start(manager.Request{})
			if len(cb.AccessCode) != 6 || strings.Trim(cb.AccessCode, "0123456789") != "" {
				t.Errorf("the code is %q, want six digits", cb.AccessCode)
			}
			codes[cb.AccessCode] = true
		}
	}
	if len(codes) < 18 { // by chance one pair of 20 is equal in 5,000 runs
		t.Errorf("%d different codes of 20", len(codes))
	}
}

// A wrong code changes nothing.
func TestWrongAccessCode(t *testing.T) {
	r := codesRig(t, true, func() string { return "123456" })
	cb := r.start(manager.Request{})
	if shown := fmt.Sprintf("%v %+v %#v", cb, cb, *cb) + fmt.Sprint(cb.Held); strings.Contains(shown, "123456") {
		t.Errorf("printing shows the code: %s", shown)
	}
	for _, code := range []string{"123457", "12345", "1234567", " 123456", "０２３４５６", "\x00"} {
		_, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerCalledIn, Code: code})
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		if got := r.get(cb.ID); got.State != callback.Offered || got.HasCode(code) {
			t.Errorf("code %q: %v", code, got.State)
		}
	}
	if (&callback.Callback{}).HasCode("") {
		t.Error("a callback without a code has the empty one")
	}
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerCalledIn, Code: "123456"}); err != nil {
		t.Error(err)
	}
}
