package manager_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// failingRouter fails to release agents while broken is set.
type failingRouter struct {
	*callbacktest.Router
	broken bool
	panics bool
	asked  []time.Time
	now    func() time.Time
}

func (r *failingRouter) Release(ctx context.Context, release callback.Release) error {
	r.asked = append(r.asked, r.now())
	switch {
	case r.broken && r.panics:
		panic("router")
	case r.broken:
		return errors.New("router is down")
	}
	return r.Router.Release(ctx, release)
}

// routed is a rig with a failingRouter of one agent.
func routed(t *testing.T, change func(*callback.Service, *manager.Config)) (*rig, *failingRouter) {
	router := &failingRouter{Router: callbacktest.NewRouter(1), broken: true}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router, router.now = router, c.Now
		if change != nil {
			change(s, c)
		}
	})
	return r, router
}

// wantAgent demands that the router has its agent back, or not, and that the
// record says so.
func (r *rig) wantAgent(router *failingRouter, id callback.ID, free bool) {
	r.t.Helper()
	if owed := r.get(id).Owed; (len(owed) == 0) != free {
		r.t.Errorf("the record owes %+v", owed)
	}
	if kept := router.Reserved(""); (len(kept) == 0) != free {
		r.t.Errorf("the router keeps %v", kept)
	}
}

// An agent whose release fails is released later, however the attempt ended.
func TestFailedReleaseIsRepeated(t *testing.T) {
	ends := map[string]func(r *rig, id callback.ID){
		"completed": func(r *rig, _ callback.ID) { r.run(4 * time.Minute) },
		"cancelled by force": func(r *rig, id callback.ID) {
			r.tick()
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id, Force: true}); err != nil {
				r.t.Fatal(err)
			}
		},
		"state reported": func(r *rig, id callback.ID) {
			r.tick()
			if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: id, State: callback.Completed}); err != nil {
				r.t.Fatal(err)
			}
		},
		"all cancelled": func(r *rig, id callback.ID) {
			r.tick()
			result, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{id}, Force: true, Actor: "ann"})
			if err := errors.Join(err, result.Items[0].Err); err != nil {
				r.t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		for _, panics := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				r, router := routed(t, nil)
				router.panics = panics
				r.dialer.On("*", callbacktest.Answered(time.Minute))
				cb := r.start(manager.Request{})
				end(r, cb.ID)
				r.wantState(cb.ID, callback.Completed)
				r.wantAgent(router, cb.ID, false)
				r.run(time.Hour)
				r.wantAgent(router, cb.ID, false)
				if n := len(router.asked); n < 5 || n > 25 {
					t.Errorf("the router was asked %d times in an hour", n)
				}
				router.broken = false
				r.run(6 * time.Minute)
				r.wantAgent(router, cb.ID, true)
				before := len(router.asked)
				next := r.start(manager.Request{Number: swiss2})
				r.run(24 * time.Hour)
				r.wantReason(next.ID, callback.ReasonAgentConnected)
				if n := len(router.asked) - before; n != 1 {
					t.Errorf("the router was asked %d times to release one agent", n)
				}
			})
		}
	}
}

// What a node owed when it stopped, another one does.
func TestAnotherNodeReleases(t *testing.T) {
	r, router := routed(t, nil)
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(4 * time.Minute)
	r.wantAgent(router, cb.ID, false)
	router.broken = false
	next := r.node("n2", func(c *manager.Config) { c.Router = router })
	r.clock.Advance(5 * time.Minute)
	if _, err := next.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	r.wantAgent(router, cb.ID, true)
}

// A node without a router leaves the release to those that have one.
func TestNodeWithoutRouterLeavesTheRelease(t *testing.T) {
	r, router := routed(t, nil)
	router.broken = false
	r.dialer.On("*", callbacktest.Answered(time.Hour))
	cb := r.start(manager.Request{})
	r.tick()
	other := r.node("n2")
	if _, err := other.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
		t.Fatal(err)
	}
	r.wantAgent(router, cb.ID, false)
	r.run(time.Minute)
	r.wantAgent(router, cb.ID, true)
}

// The write of a change survives the node, what follows it does not.
func TestReleaseSurvivesACrash(t *testing.T) {
	r, router := routed(t, func(_ *callback.Service, c *manager.Config) { c.Store = &hookedStore{Store: c.Store} })
	s := r.store.(*hookedStore)
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(30 * time.Second)
	dead := s.Store
	s.applied = func(changes []callback.Change) error {
		if changes[0].Record.State == callback.Completed {
			s.Store, router.broken = deadStore{dead}, true // the node is gone
		}
		return nil
	}
	ended := callback.Ended(callback.ResultBridged)
	if err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Outcome: &ended}); err != nil {
		t.Fatal(err)
	}
	s.Store, s.applied, router.broken = dead, nil, false
	r.wantAgent(router, cb.ID, false)
	next := r.node("n2", func(c *manager.Config) { c.Router, c.Store = router, dead })
	for range 20 {
		r.clock.Advance(time.Second)
		if _, err := next.Tick(r.ctx, r.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	r.wantAgent(router, cb.ID, true)
}

// deadStore is a store that no call reaches.
type deadStore struct{ callback.Store }

var errDead = errors.New("the node is dead")

func (deadStore) Apply(context.Context, time.Time, []callback.Change) ([]error, error) {
	return nil, errDead
}

func (deadStore) Get(context.Context, callback.By) (*callback.Callback, error) { return nil, errDead }

func (deadStore) Claim(context.Context, time.Time, callback.ClaimRequest) (callback.Claimed, error) {
	return callback.Claimed{}, errDead
}

// An agent who was reserved for nothing is owed as well.
func TestUnusedAgentIsOwed(t *testing.T) {
	r, router := routed(t, func(_ *callback.Service, c *manager.Config) { c.Store = &hookedStore{Store: c.Store} })
	s := r.store.(*hookedStore)
	inner := s.Store
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	fs := callbacktest.NewFaultyStore(inner)
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Change: func(c callback.Change) bool {
		return c.Record.State == callback.Dialing
	}, Err: errors.New("disk is full")})
	s.Store = fs.Store()
	_, _ = r.m.Tick(r.ctx, r.clock.Now())
	s.Store = inner
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil {
		t.Fatal(err)
	}
	r.wantAgent(router, cb.ID, false)
	router.broken = false
	r.run(time.Minute)
	r.wantAgent(router, cb.ID, true)
}

// The next attempt gets the agent whose release failed, and keeps them.
func TestOwedAgentIsReservedAgain(t *testing.T) {
	r, router := routed(t, func(s *callback.Service, _ *manager.Config) {
		s.Preview.On, s.Preview.Timeout, s.Preview.Rejects = true, time.Minute, 5
	})
	r.dialer.On("*", callbacktest.Answered(10*time.Minute))
	router.SetFree(callbacktest.AnyService, 2)
	cb := r.start(manager.Request{})
	r.tick()
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerReject}); err != nil {
		t.Fatal(err)
	}
	for range 120 {
		if r.tick(); r.get(cb.ID).State == callback.Offered {
			break
		}
		r.clock.Advance(time.Second)
	}
	if got := r.wantState(cb.ID, callback.Offered); got.Reservation == nil || len(got.Owed) != 0 {
		t.Fatalf("reservation %+v, owed %+v", got.Reservation, got.Owed)
	}
	router.broken = false
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Minute)
	if kept := router.Reserved(""); len(kept) != 1 {
		t.Errorf("the router keeps %v during the call", kept)
	}
	r.run(time.Hour)
	r.wantAgent(router, cb.ID, true)
}

// A failing router does not keep due callbacks from their work.
func TestFailingRouterDelaysNothing(t *testing.T) {
	r, router := routed(t, func(s *callback.Service, _ *manager.Config) { s.MaskAfter, s.Retention = 30*time.Minute, 24*time.Hour })
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	router.SetFree(callbacktest.AnyService, 3)
	var ids []callback.ID
	for _, number := range []string{swiss, swiss2} {
		ids = append(ids, r.start(manager.Request{Number: number}).ID)
	}
	r.run(time.Hour)
	for _, id := range ids {
		if got := r.wantReason(id, callback.ReasonAgentConnected); got.MaskedAt.IsZero() || len(got.Owed) != 1 {
			t.Errorf("masked at %v, owed %+v", got.MaskedAt, got.Owed)
		}
	}
	r.run(25 * time.Hour)
	for _, id := range ids {
		if _, err := r.m.Get(r.ctx, id); !errors.Is(err, callback.ErrNotFound) {
			t.Errorf("Get after the retention: %v", err)
		}
	}
	router.broken = false
	r.tick()
	if kept := router.Reserved(""); len(kept) != 0 {
		t.Errorf("the router keeps %v", kept)
	}
}

// failingHanger fails to hang up while broken is set.
type failingHanger struct {
	*callbacktest.Dialer
	broken bool
	asked  int
}

func (d *failingHanger) Hangup(ctx context.Context, h callback.Hangup) error {
	d.asked++
	if d.broken {
		return errors.New("platform is down")
	}
	return d.Dialer.Hangup(ctx, h)
}

// A call whose hang-up fails is hung up later, for as long as it may be up.
func TestFailedHangUpIsRepeated(t *testing.T) {
	hung := func(t *testing.T) (*rig, *failingHanger) {
		d := &failingHanger{broken: true}
		r := newRig(t, func(_ *callback.Service, c *manager.Config) {
			d.Dialer = c.Dialer.(*callbacktest.Dialer)
			c.Dialer = d
		})
		r.dialer.On("*", callbacktest.Answered(50*time.Minute))
		return r, d
	}
	t.Run("forced", func(t *testing.T) {
		r, d := hung(t)
		cb := r.start(manager.Request{})
		r.run(time.Minute)
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		r.run(10 * time.Minute)
		if live := r.dialer.Live(); len(live) != 1 || d.asked < 4 || d.asked > 10 {
			t.Fatalf("%d calls are up, the dialer was asked %d times", len(live), d.asked)
		}
		d.broken = false
		r.run(5 * time.Minute)
		if live := r.dialer.Live(); len(live) != 0 {
			t.Errorf("%d calls are up", len(live))
		}
		if owed := r.get(cb.ID).Owed; len(owed) != 0 {
			t.Errorf("the record owes %+v", owed)
		}
	})
	t.Run("another node", func(t *testing.T) {
		r, d := hung(t)
		cb := r.start(manager.Request{})
		r.run(time.Minute)
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		d.broken = false
		r.clock.Advance(time.Minute)
		if _, err := r.node("n2").Tick(r.ctx, r.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if live := r.dialer.Live(); len(live) != 0 {
			t.Errorf("%d calls are up", len(live))
		}
	})
	t.Run("no agent came", func(t *testing.T) {
		r, d := hung(t)
		r.dialer.On(swiss2, callbacktest.Abandoned(3*time.Hour))
		cb := r.start(manager.Request{Number: swiss2})
		r.run(62 * time.Minute)
		r.wantReason(cb.ID, callback.ReasonAgentConnect)
		if len(r.dialer.Live()) != 1 {
			t.Fatal("no call is up")
		}
		d.broken = false
		r.run(5 * time.Minute)
		if live := r.dialer.Live(); len(live) != 0 {
			t.Errorf("%d calls are up", len(live))
		}
	})
	t.Run("it is over", func(t *testing.T) {
		r, d := hung(t)
		cb := r.start(manager.Request{})
		r.run(time.Minute)
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		r.run(3 * time.Hour)
		before := d.asked
		r.run(24 * time.Hour)
		if owed := r.get(cb.ID).Owed; len(owed) != 0 || d.asked != before {
			t.Errorf("the record owes %+v, the dialer was asked %d times", owed, d.asked-before)
		}
	})
}

// A stuck hang-up is not asked for again before it has answered.
func TestStuckHangUpIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		dialer := countingHanger{release: make(chan struct{}), asked: &asked}
		m := liveRig(t, dialer, nil)
		runUntilDone(t, m)
		cb, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := m.Cancel(t.Context(), manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Minute)
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		close(dialer.release)
		synctest.Wait()
		if got, _ := m.Get(t.Context(), cb.ID); len(got.Owed) != 0 {
			t.Errorf("the record owes %+v", got.Owed)
		}
	})
}

type countingHanger struct {
	asked   *atomic.Int32
	release chan struct{}
}

func (countingHanger) Dial(context.Context, callback.Call) (callback.Ref, error) { return "r", nil }

func (c countingHanger) Hangup(context.Context, callback.Hangup) error {
	c.asked.Add(1)
	<-c.release
	return nil
}

// What is owed shows in the history, and a completed callback keeps its reason.
func TestOwedInTheHistory(t *testing.T) {
	r, router := routed(t, nil)
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(4 * time.Minute)
	router.broken = false
	r.run(5 * time.Minute)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	e := r.wantLast(cb.ID, callback.EventOwed, "n1", "the agent was released")
	if e.From != callback.Completed || e.To != callback.Completed {
		t.Errorf("%v", e)
	}
	types := []callback.EventType{}
	history, _ := r.m.History(r.ctx, cb.ID)
	for _, e := range history {
		types = append(types, e.Type)
	}
	if n := len(slices.DeleteFunc(types, func(t callback.EventType) bool { return t != callback.EventOwed })); n != 1 {
		t.Errorf("%d events say what is owed", n)
	}
}

// A callback that owes something is erased once that is done: what only this
// process knew would be lost in a restart.
func TestForgetPaysFirst(t *testing.T) {
	forget := func(r *rig, m *manager.Manager, id callback.ID) error {
		t.Helper()
		result, err := m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{id}, Actor: "ann"})
		if err != nil || len(result.Items) != 1 {
			t.Fatal(result, err)
		}
		return result.Items[0].Err
	}
	wantOwed := func(err error) {
		t.Helper()
		var owed *callback.OwedError
		if !errors.As(err, &owed) || owed.Owed != 1 {
			t.Errorf("error is %v, want an OwedError", err)
		}
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
	}
	for _, way := range []string{"restart", "again", "repaired before"} {
		r, router := routed(t, nil)
		r.dialer.On("*", callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.run(4 * time.Minute)
		r.wantAgent(router, cb.ID, false)
		router.broken = way != "repaired before"
		err := forget(r, r.m, cb.ID)
		if way == "repaired before" && err != nil {
			t.Errorf("%s: %v", way, err)
		}
		if way != "repaired before" {
			wantOwed(err)
			r.wantAgent(router, cb.ID, false)
			router.broken = false
		}
		next := r.node("n2", func(c *manager.Config) { c.Router = router })
		switch way {
		case "restart":
			for range 12 {
				r.clock.Advance(30 * time.Second)
				tickNode(t, next, r.clock.Now())
			}
			r.wantAgent(router, cb.ID, true)
			fallthrough
		case "again":
			if err := forget(r, next, cb.ID); err != nil {
				t.Errorf("%s: %v", way, err)
			}
		}
		if _, err := next.Get(r.ctx, cb.ID); !errors.Is(err, callback.ErrNotFound) {
			t.Errorf("%s: the record is there: %v", way, err)
		}
		if kept := router.Reserved(""); len(kept) != 0 {
			t.Errorf("%s: the router keeps %v", way, kept)
		}
	}
	d := &failingHanger{broken: true}
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		d.Dialer = c.Dialer.(*callbacktest.Dialer)
		c.Dialer = d
	})
	r.dialer.On("*", callbacktest.Answered(50*time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Minute)
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
		t.Fatal(err)
	}
	wantOwed(forget(r, r.m, cb.ID))
	d.broken = false
	if err := forget(r, r.m, cb.ID); err != nil {
		t.Error(err)
	}
	if live := r.dialer.Live(); len(live) != 0 {
		t.Errorf("%d calls are up", len(live))
	}
}
