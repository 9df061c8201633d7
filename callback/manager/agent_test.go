package manager_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// A node that loses a race does not release the agent of the winner.
func TestReservationGivenBackByLoser(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	dialer.On("*", callbacktest.Answered(10*time.Minute))
	inner := store.NewMemory(store.Config{})
	fs := callbacktest.NewFaultyStore(inner)
	router := callbacktest.NewRouter(1)
	services, _ := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	mk := func(node string, s callback.Store) *manager.Manager {
		m, err := manager.New(manager.Config{Store: s, Dialer: dialer, Router: router, Services: services, Now: clock.Now, Node: node,
			NewID: callbacktest.IDs("cb"), Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	a, b := mk("a", fs.Store()), mk("b", inner)
	ctx := context.Background()
	cb, _ := a.Start(ctx, manager.Request{Service: "desk", Number: swiss})
	// a claims and reserves; before its write an Update puts the callback back and b takes it.
	// Free says 1 for b because the router allows the idempotent reserve: give it another agent to be asked at all.
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass,
		Change: func(c callback.Change) bool { return c.Record.State == callback.Dialing },
		Hook: func(ctx context.Context, _ callbacktest.Op) {
			router.SetFree(callbacktest.AnyService, 2)
			if _, err := b.Update(ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"x": "y"}}); err != nil {
				t.Error(err)
			}
			if _, err := b.Tick(ctx, clock.Now()); err != nil {
				t.Error(err)
			}
		}})
	if _, err := a.Tick(ctx, clock.Now()); err != nil {
		t.Fatal(err)
	}
	got, _ := a.Get(ctx, cb.ID)
	if got.State != callback.Dialing || got.Reservation == nil {
		t.Fatalf("callback is %v with %+v: the history is not the one meant", got.State, got.Reservation)
	}
	if len(router.Reserved("")) == 0 {
		t.Errorf("callback %v has %+v, router keeps %v", got.State, got.Reservation, router.Reserved(""))
	}
}

// An agent is released after the store could not be read for a while.
func TestAgentLeakUnknown(t *testing.T) {
	var fs *callbacktest.FaultyStore
	router := callbacktest.NewRouter(1)
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = router
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.dialer.On(swiss, callbacktest.Busy())
	cb := r.start(manager.Request{})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	fs.Inject(
		callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter},
		callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1},
	)
	key := callback.NewAttemptKey(cb.ID, 1)
	rep := callback.Report{Key: key, Outcome: &callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}}
	t.Log(r.m.Report(r.ctx, rep))
	t.Log(r.m.Report(r.ctx, rep)) // the dialer repeats it
	got := r.get(cb.ID)
	r.tick() // the store can be read again
	r.wantState(cb.ID, callback.Completed)
	if len(router.Reserved("")) != 0 {
		t.Errorf("callback is %v, router still keeps %v", got.State, router.Reserved(""))
	}
}

// A router that wakes the Manager at every release must not make it spin when
// nothing can be done.
func TestWakingRouterDoesNotSpin(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*callback.Service)
		second bool
	}{
		{"the number is on the phone", func(*callback.Service) {}, true},
		{"too late to dial", func(s *callback.Service) { s.Queueing.CannotDial = 4*time.Hour - time.Second }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
				router := callbacktest.NewRouter(2)
				block := make(chan struct{})
				m := liveRig(t, callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
					<-block
					return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
				}), func(s *callback.Service, config *manager.Config) {
					c.change(s)
					config.Store, config.Router = faulty.Store(), router
				})
				if !c.second {
					router.SetFree(callbacktest.AnyService, 0)
				}
				runUntilDone(t, m)
				if _, err := m.Start(t.Context(), request()); err != nil {
					t.Fatal(err)
				}
				if c.second {
					if _, err := m.Start(t.Context(), request()); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(10 * time.Second)
				router.SetFree(callbacktest.AnyService, 2)
				before := faulty.Count(callbacktest.MethodClaim)
				time.Sleep(time.Minute)
				if n := faulty.Count(callbacktest.MethodClaim) - before; n > 500 {
					t.Errorf("%d claims in a minute in which nothing can be done", n)
				}
				close(block)
			})
		})
	}
}

// deskRouter is a Router a test scripts by functions.
type deskRouter struct {
	free     func() (int, error)
	reserve  func(*callback.Callback) (callback.Reservation, error)
	released []callback.Release
}

func (r *deskRouter) Free(context.Context, string, string) (int, error) { return r.free() }

func (r *deskRouter) Reserve(_ context.Context, cb *callback.Callback) (callback.Reservation, error) {
	return r.reserve(cb)
}

func (r *deskRouter) Release(_ context.Context, rel callback.Release) error {
	r.released = append(r.released, rel)
	return nil
}

func agent(*callback.Callback) (callback.Reservation, error) {
	return callback.Reservation{ID: "r1", Agent: "ann", Address: "sip:ann@example.com"}, nil
}

func TestRouterBoundsAndGetsItsAgentsBack(t *testing.T) {
	router := &deskRouter{free: func() (int, error) { return 1, nil }, reserve: agent}
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Router = router })
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.tick()
	if a := r.get(cb.ID).Attempts; a[0].Agent != "ann" {
		t.Errorf("attempt's agent is %q", a[0].Agent)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if len(router.released) != 1 || router.released[0].Reservation.ID != "r1" || router.released[0].Callback != cb.ID {
		t.Errorf("released %+v", router.released)
	}
}

func TestRouterFaultsHarmNoOne(t *testing.T) {
	for name, broken := range map[string]*deskRouter{
		"free fails":  {free: func() (int, error) { return 0, errors.New("down") }, reserve: agent},
		"free panics": {free: func() (int, error) { panic("free") }, reserve: agent},
		"reserve fails": {free: func() (int, error) { return 9, nil }, reserve: func(*callback.Callback) (callback.Reservation, error) {
			return callback.Reservation{}, errors.New("down")
		}},
		"reserve panics": {free: func() (int, error) { return 9, nil }, reserve: func(*callback.Callback) (callback.Reservation, error) { panic("reserve") }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Router = broken })
			r.dialer.On("*", callbacktest.Answered(time.Second))
			cb := r.start(manager.Request{})
			for range 3 {
				r.tick()
				r.clock.Advance(time.Second)
			}
			r.wantState(cb.ID, callback.Queued)
			broken.free, broken.reserve = func() (int, error) { return 1, nil }, agent
			r.run(time.Minute)
			r.tick()
			r.run(time.Hour)
			r.wantReason(cb.ID, callback.ReasonAgentConnected)
		})
	}
}
