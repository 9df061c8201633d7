package manager_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// Whatever had begun when the clock was set back ends at most its length later: a
// customer is called, or accepted, within that time.
func TestClockSetBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		within time.Duration // until the second customer is called
		setUp  func(s *callback.Service, c *manager.Config)
		script callbacktest.Step
		before func(r *rig)
	}{
		{name: "calls per second of the service", within: 3 * time.Second, script: callbacktest.Answered(time.Second),
			setUp: func(s *callback.Service, _ *manager.Config) { s.Queueing.CallsPerSecond = 1 }},
		{name: "calls per second of the dialer", within: 3 * time.Second, script: callbacktest.Answered(time.Second),
			setUp: func(_ *callback.Service, c *manager.Config) {
				c.Dialer.(*callbacktest.Dialer).SetLimits(callback.DialerLimits{CallsPerSecond: 1})
			}},
		{name: "pause of the platform", within: 5*time.Minute + 2*time.Second, script: callbacktest.Throttled(5 * time.Minute)},
		{name: "lease of a node that has died", within: 32 * time.Second, script: callbacktest.Answered(time.Second),
			before: func(r *rig) {
				request := callback.ClaimRequest{Owner: "dead", Lease: 30 * time.Second, Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: 5}}}
				claimed, err := r.store.Claim(r.ctx, r.clock.Now(), request)
				if err != nil || len(claimed.Callbacks) != 1 {
					r.t.Fatalf("claimed %d callbacks: %v", len(claimed.Callbacks), err)
				}
			}},
		{name: "callbacks of an absent agent", within: time.Minute, script: callbacktest.Answered(time.Second),
			setUp:  func(_ *callback.Service, c *manager.Config) { c.Router = new(lateRouter) },
			before: func(r *rig) { r.tick() }},
	} {
		for _, back := range []time.Duration{time.Second, time.Hour, 24 * time.Hour} {
			t.Run(fmt.Sprintf("%s, back by %v", c.name, back), func(t *testing.T) {
				r := newRig(t, func(s *callback.Service, config *manager.Config) {
					s.Booking.ConnectThreshold = callback.Off
					s.Limits.SameNumber = callback.NoLimit
					if c.setUp != nil {
						c.setUp(s, config)
					}
				})
				r.dialer.On(swiss, c.script, callbacktest.Answered(time.Second))
				r.dialer.On(swiss2, callbacktest.Answered(time.Second))
				r.start(manager.Request{})
				r.tick()
				second := r.start(manager.Request{Number: swiss2})
				if c.before != nil {
					c.before(r)
				}
				r.clock.Advance(-back)
				r.run(c.within)
				if cb := r.get(second.ID); len(cb.Attempts) != 1 {
					t.Errorf("the second callback is %v with %d attempts after %v", cb.State, len(cb.Attempts), c.within)
				}
			})
		}
	}
}

// lateRouter has an agent for no callback in the first ten seconds, and then for all.
type lateRouter struct{ asked int }

func (r *lateRouter) Free(context.Context, string, string) (int, error) { return 5, nil }

func (r *lateRouter) Reserve(context.Context, *callback.Callback) (callback.Reservation, error) {
	if r.asked++; r.asked <= 3 {
		return callback.Reservation{}, callback.ErrNoAgent
	}
	return callback.Reservation{Agent: "ann"}, nil
}

func (r *lateRouter) Release(context.Context, callback.Release) error { return nil }

// A throttle of a service that is full when the clock is set back takes customers
// again at once, and so does the limit of a day if the clock goes back by a day.
func TestLimitsAfterTheClockIsSetBack(t *testing.T) {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
		for _, every := range []time.Duration{time.Minute, 30 * time.Minute} {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) {
				s.Limits = callback.Limits{SameNumber: callback.NoLimit, Throttles: []callback.Throttle{{Max: 2, Every: every}}}
			})
			r.start(manager.Request{})
			r.start(manager.Request{})
			_, err := r.try(manager.Request{})
			wantCode(t, err, callback.ErrIntervalLimit, 40003)
			r.clock.Advance(-back)
			r.start(manager.Request{})
			r.start(manager.Request{})
			_, err = r.try(manager.Request{})
			wantCode(t, err, callback.ErrIntervalLimit, 40003)
		}
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits = callback.Limits{SameNumber: callback.NoLimit, AttemptsPerDay: 1}
		s.Booking.ConnectThreshold = callback.Off
	})
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Second))
	r.start(manager.Request{})
	r.run(time.Minute)
	r.start(manager.Request{})
	r.run(time.Minute)
	if n := len(r.dialer.Dials()); n != 1 {
		t.Fatalf("%d calls to a number that may be called once a day", n)
	}
	r.clock.Advance(-24 * time.Hour)
	r.start(manager.Request{})
	r.run(time.Minute)
	if n := len(r.dialer.Dials()); n != 2 {
		t.Errorf("%d calls after the clock was set back by a day, want 2", n)
	}
}

// A node that makes a whole call keeps the lease of its callback when the clock is
// set back, and if it dies then, the call is missed one lease later.
func TestWholeCallWhenTheClockIsSetBack(t *testing.T) {
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour} {
		clock := callbacktest.NewClock(monday())
		hangUp := make(chan struct{})
		dialer := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			<-hangUp
			return callback.Ended(callback.ResultAnswer), nil
		})
		r := managertest.New(t, managertest.Config{Clock: clock, Options: func(c *manager.Config) {
			c.Dialer, c.Synchronous, c.Logger = dialer, false, slog.New(slog.DiscardHandler)
		}})
		cb := r.Start(manager.Request{})
		tick := func() {
			t.Helper()
			if _, err := r.Manager.Tick(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		tick()
		clock.Advance(-back)
		tick()
		if next := r.Get(cb.ID).NextAt; next.After(clock.Now().Add(30 * time.Second)) {
			t.Errorf("back by %v: the lease of the call ends %v from now", back, next.Sub(clock.Now()))
		}
		for range 10 {
			clock.Advance(15 * time.Second)
			tick()
		}
		if got := r.Get(cb.ID); got.State != callback.Dialing {
			t.Errorf("back by %v: the call became %v", back, got.State)
		}
		close(hangUp)
		if _, err := r.Manager.Wait(t.Context(), cb.ID); err != nil {
			t.Error(err)
		}
	}
}
