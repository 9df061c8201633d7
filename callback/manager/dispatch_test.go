package manager_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// A claim with a lost answer on one queue does not block the others.
func TestLostLeaseOfStrictBlocks(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Queueing.Lines = 1
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.start(manager.Request{Priority: scheduler.StrictPriority})
	r.start(manager.Request{Number: swiss2})
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodClaim, Kind: callbacktest.FailAfter, When: func(op callbacktest.Op) bool { return !op.Claim.Due }})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err == nil {
		t.Fatal("no fault")
	}
	r.clock.Advance(time.Second)
	r.tick()
	if n := len(r.dialer.Dials()); n == 0 {
		t.Errorf("a line is free, a normal callback is ready and not dialled")
	}
}

// A callback without a number completes without a call.
func TestNoNumberDialled(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.RequiredKeys = []string{} })
	cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", State: callback.Queued})
	if err != nil {
		t.Fatal(err)
	}
	r.tick()
	r.wantReason(cb.ID, callback.ReasonNoNumber)
}

func TestLinesBoundCallsThatAreUp(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.Lines = 2
		s.Limits.SameNumber = callback.NoLimit
	})
	r.dialer.On("*", callbacktest.Answered(10*time.Minute))
	for i := range 5 {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555667%d", i)})
	}
	r.tick()
	if live := len(r.dialer.Live()); live != 2 {
		t.Fatalf("%d calls are up, want 2", live)
	}
	r.run(2 * time.Hour)
	if calls := len(r.dialer.Calls()); calls != 5 {
		t.Errorf("%d calls in all, want 5", calls)
	}
	for _, call := range r.dialer.Calls() {
		up := 0
		for _, other := range r.dialer.Calls() {
			if !other.Started.After(call.Started) && other.Ended.After(call.Started) {
				up++
			}
		}
		if up > 2 {
			t.Errorf("%d calls were up at %v", up, call.Started)
		}
	}
}

// A number has at most one call at a time, over all services.
func TestOneCallAtATimeToANumber(t *testing.T) {
	r := newRig(t, nil)
	if err := r.services.Set("", callback.Service{Name: "other", Numbers: callback.Numbers{Country: "CH"}}); err != nil {
		t.Fatal(err)
	}
	r.dialer.On("*", callbacktest.Answered(10*time.Minute))
	first := r.start(manager.Request{})
	second := r.start(manager.Request{Service: "other"})
	behind := r.start(manager.Request{Service: "other", Number: swiss2})
	r.tick()
	if n := len(r.dialer.Live()); n != 2 || len(r.get(second.ID).Attempts) != 0 || len(r.get(behind.ID).Attempts) != 1 {
		t.Fatalf("%d calls are up", n)
	}
	r.run(time.Hour)
	for _, cb := range []*callback.Callback{first, second, behind} {
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	}
	callbacktest.RequireNoDoubles(t, r.dialer)
}

func TestPrioritiesGoInOrder(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.Lines = 1
		s.Limits.SameNumber = callback.NoLimit
	})
	r.dialer.On("*", callbacktest.Answered(time.Second))
	var want []callback.ID
	for _, p := range []scheduler.Priority{scheduler.NothingElse, scheduler.Low, scheduler.StrictPriority} {
		cb := r.start(manager.Request{Priority: p})
		want = append([]callback.ID{cb.ID}, want...)
	}
	r.run(time.Hour)
	for i, call := range r.dialer.Calls() {
		id, _, _ := call.Key.Split()
		if id != want[i] {
			t.Errorf("call %d is for %s, want %s", i, id, want[i])
		}
	}
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

// A callback that no agent can take does not hold back those behind it.
func TestHeadOfTheQueueDoesNotBlock(t *testing.T) {
	router := &deskRouter{free: func() (int, error) { return 1, nil }}
	router.reserve = func(cb *callback.Callback) (callback.Reservation, error) {
		if cb.Agent.Personal == "away" {
			return callback.Reservation{}, callback.ErrNoAgent
		}
		return agent(cb)
	}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = router
		s.Limits.SameNumber = callback.NoLimit
	})
	r.dialer.On("*", callbacktest.Answered(time.Second))
	stuck := r.start(manager.Request{Agent: callback.Agent{Personal: "away"}})
	next := r.start(manager.Request{})
	r.tick()
	if len(r.get(next.ID).Attempts) != 1 {
		t.Error("the callback behind was not dialled")
	}
	got := r.wantState(stuck.ID, callback.Queued)
	if !got.Lease.Until.IsZero() || got.LostLeases != 0 {
		t.Errorf("the head is still leased: %+v", got.Lease)
	}
}

func TestServicesChangeWhileRunning(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = callback.None })
	r.dialer.On("*", callbacktest.Answered(time.Second))
	cb := r.start(manager.Request{})
	r.tick()
	r.wantState(cb.ID, callback.Queued)
	r.services.Remove("", "desk")
	r.tick()
	_, err := r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	if err := r.services.Set("", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

// Two Managers on one store never dial one callback twice.
func TestTwoManagers(t *testing.T) {
	shared := store.NewMemory(store.Config{})
	one := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Store = shared
		s.Limits = callback.Limits{SameNumber: callback.NoLimit, PerParameter: 1000, BookingsPerDay: callback.NoLimit, Attempts: []callback.Throttle{}}
		s.Queueing.Lines = 3
	})
	two, err := manager.New(manager.Config{Store: shared, Services: one.services, Dialer: one.dialer, Now: one.clock.Now, Node: "n2", Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	one.dialer.On("*", callbacktest.Busy(), callbacktest.Answered(time.Minute))
	for range 40 {
		one.start(manager.Request{})
	}
	d := callbacktest.Driver{Engine: one.m, Others: []callbacktest.Engine{two}, Clock: one.clock, Dialer: one.dialer}
	if _, err := d.Run(one.ctx, monday().Add(20*time.Hour)); err != nil {
		t.Fatal(err)
	}
	callbacktest.RequireNoDoubles(t, one.dialer, callbacktest.DoubleKey, callbacktest.DoubleCallback)
	page, err := one.m.SearchPage(one.ctx, callback.Query{States: []callback.State{callback.Completed}})
	if err != nil || len(page.Callbacks) != 40 {
		t.Errorf("%d of 40 are completed (%v)", len(page.Callbacks), err)
	}
}
