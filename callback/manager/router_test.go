package manager_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

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

// A callback that nobody can take must not hide the ones behind it.
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
		s.Limits.SameNumber = callback.CheckNone
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

func TestServicesChangeWhileRunning(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Paused = true })
	r.dialer.On("*", callbacktest.Answered(time.Second))
	cb := r.start(manager.Request{})
	r.tick()
	r.wantState(cb.ID, callback.Queued)
	r.services.Remove("", "desk")
	r.tick()
	_, err := r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	if err := r.services.Set("", callback.Service{Name: "desk"}); err != nil {
		t.Fatal(err)
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

// The last seat of a bucket goes to one of many who ask at once.
func TestRaceForTheLastSeat(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.PerBucket = 5
		s.Limits.SameNumber = callback.CheckNone
	})
	at := monday().Add(time.Hour)
	var mu sync.Mutex
	taken, full := 0, 0
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			_, err := r.try(manager.Request{Desired: at})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				taken++
			case errors.Is(err, callback.ErrFull):
				full++
			default:
				t.Errorf("Start: %v", err)
			}
		})
	}
	wg.Wait()
	if taken != 5 || full != 59 {
		t.Errorf("%d took a seat, %d were refused", taken, full)
	}
}

func TestOneKeyManyTimes(t *testing.T) {
	r := newRig(t, nil)
	ids := make(chan callback.ID, 50)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			cb, err := r.try(manager.Request{Key: "same"})
			if err != nil {
				t.Errorf("Start: %v", err)
				return
			}
			ids <- cb.ID
		})
	}
	wg.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("one key made %s and %s", first, id)
		}
	}
}

// Two Managers on one store never dial one callback twice.
func TestTwoManagers(t *testing.T) {
	shared := store.NewMemory()
	one := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Store = shared
		s.Limits.SameNumber, s.Limits.PerParameter = callback.CheckNone, 1000
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

// The same inputs give the same events, byte for byte.
func TestReplay(t *testing.T) {
	first := transcript(t, 7)
	if transcript(t, 8) == first {
		t.Error("another seed gives the same events: the jitter is not drawn from it")
	}
	if !strings.Contains(first, "completed") || strings.Count(first, "\n") < 100 {
		t.Fatalf("transcript is thin:\n%s", first)
	}
	for range 9 {
		if again := transcript(t, 7); again != first {
			t.Fatalf("another run differs:\n%s", cmp.Diff(first, again))
		}
	}
}

func transcript(t *testing.T, seed uint64) string {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Limits.SameNumber, s.Limits.PerParameter = callback.CheckNone, 1000
		s.Queueing.Lines = 3
		s.Booking.PerBucket = 4
		c.Random = callbacktest.Random(seed)
	})
	r.dialer.On("*", callbacktest.Congestion(), callbacktest.Busy(), callbacktest.NoAnswer(), callbacktest.Answered(90*time.Second))
	for i := range 40 {
		req := manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Properties: callback.Values{"a": i, "b": i, "_c": i}}
		if i%3 == 0 {
			req.Desired = monday().Add(time.Duration(i) * time.Minute)
		}
		req.Priority = scheduler.Priority(i % 9)
		_, _ = r.try(req)
	}
	r.run(10 * time.Hour)
	page, err := r.store.Events(r.ctx, callback.EventQuery{AllTenants: true, Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range page.Events {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	return b.String()
}
