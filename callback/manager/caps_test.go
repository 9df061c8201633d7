package manager_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
)

// patient gives a callback two days.
func patient(s *callback.Service) { s.TTL, s.Queueing.TTL = 48*time.Hour, 48*time.Hour }

// busyRig is a rig with the services "desk" and "shop", which have two days for a
// callback, and whose customers are always busy.
func busyRig(t *testing.T, change func(s *callback.Service, c *manager.Config)) *rig {
	t.Helper()
	desk := managertest.Desk()
	patient(&desk)
	shop := desk
	shop.Name = "shop"
	services := []callback.Service{desk, shop}
	r := wrap(t, managertest.New(t, managertest.Config{Services: services, Options: func(c *manager.Config) {
		for i := range services {
			if change != nil {
				change(&services[i], c)
			}
		}
	}}))
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Busy())
	return r
}

// wantCaps checks that each number was called at most 15 times in each of the
// windows of 24 hours that begin with a call, and once a minute; and that one was
// called at least least times.
func (r *rig) wantCaps(least int) {
	r.t.Helper()
	of := make(map[string][]time.Time)
	for _, call := range r.dialer.Dials() {
		of[call.To.Key()] = append(of[call.To.Key()], call.Dialed)
	}
	most := 0
	for _, at := range of {
		slices.SortFunc(at, time.Time.Compare)
		begin, n := at[0], 0
		for i, t := range at {
			if i > 0 && t.Sub(at[i-1]) < time.Minute {
				r.t.Errorf("called again after %v", t.Sub(at[i-1]))
			}
			if t.Sub(begin) >= 24*time.Hour {
				begin, n = t, 0
			}
			if n++; n > 15 {
				r.t.Errorf("call %d within 24 hours, at %v", n, t)
				break
			}
		}
		most = max(most, len(at))
	}
	if most < least {
		r.t.Errorf("the number called most was called %d times, want at least %d", most, least)
	}
}

// By default no request makes a phone ring more than 15 times a day or more than once
// a minute, whatever requests ask for.
func TestAttemptsAreCappedByDefault(t *testing.T) {
	greedy := &callback.RetryLimits{MaxAttempts: 100}
	often := scheduler.RetryPolicy{MaxAttempts: 1000, Default: scheduler.Rule{Max: -1, Delay: time.Second}}
	for _, c := range []struct {
		name   string
		change func(s *callback.Service, c *manager.Config)
		start  func(r *rig)
		least  int
	}{
		{"a request for 100 attempts without a gap", nil, func(r *rig) { r.start(manager.Request{Retry: greedy}) }, 15},
		{"two such requests", nil, func(r *rig) {
			r.start(manager.Request{Retry: greedy})
			r.start(manager.Request{Retry: greedy})
		}, 16},
		{"two services", nil, func(r *rig) {
			r.start(manager.Request{Retry: greedy})
			r.start(manager.Request{Service: "shop", Retry: greedy})
		}, 16},
		{"a service that retries at once", func(s *callback.Service, _ *manager.Config) { s.Dialing.Retry = often }, func(r *rig) { r.start(manager.Request{}) }, 16},
		{"one victim as the alternative of ten customers", func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = callback.NoLimit }, func(r *rig) {
			for i := range 10 {
				r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Alternative: swiss, Retry: greedy})
			}
		}, 16},
		{"ten callbacks moved to one victim", nil, func(r *rig) {
			for i := range 10 {
				cb := r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Retry: greedy})
				if i < 2 {
					if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{callback.PropertyNumber: swiss}}); err != nil {
						r.t.Fatal(err)
					}
				}
			}
		}, 16},
		{"a service with a router", func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(5) }, func(r *rig) {
			r.start(manager.Request{Retry: greedy})
			r.start(manager.Request{Service: "shop", Retry: greedy})
		}, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := busyRig(t, c.change)
			c.start(r)
			r.run(47 * time.Hour)
			r.wantCaps(c.least)
		})
	}
}

// The retry limits of a request are used within the bounds of the service, and kept
// as they were asked for.
func TestRetryLimitsAreBounded(t *testing.T) {
	for _, c := range []struct {
		asked    callback.RetryLimits
		attempts int
		gap      time.Duration
		want     int
		wantGap  time.Duration
	}{
		{callback.RetryLimits{MaxAttempts: 100}, 0, 0, 15, time.Minute},
		{callback.RetryLimits{MaxAttempts: 100, Delay: time.Second}, 4, 90 * time.Second, 4, 90 * time.Second},
		{callback.RetryLimits{MaxAttempts: 100, Delay: time.Second}, 100, callback.Off, 100, time.Second},
		{callback.RetryLimits{MaxAttempts: 2, Delay: 10 * time.Minute}, 0, 0, 2, 10 * time.Minute},
		{callback.RetryLimits{MaxAttempts: 16, Delay: time.Minute}, 0, 0, 15, time.Minute},
		{callback.RetryLimits{MaxAttempts: 1}, 0, 0, 1, 0},
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Dialing.RequestAttempts, s.Dialing.RequestGap, s.Limits.Attempts = c.attempts, c.gap, []callback.Throttle{}
		})
		r.dialer.On(callbacktest.AnyNumber, callbacktest.Busy())
		cb := r.start(manager.Request{Retry: &c.asked})
		r.run(3 * time.Hour)
		done := r.wantState(cb.ID, callback.Completed)
		if len(done.Attempts) != c.want || *done.Retry != c.asked {
			t.Errorf("%+v: %d attempts, want %d; kept as %+v", c.asked, len(done.Attempts), c.want, *done.Retry)
		}
		for i := 1; i < len(done.Attempts); i++ {
			if gap := done.Attempts[i].Began.Sub(done.Attempts[i-1].Ended); gap < c.wantGap {
				t.Errorf("%+v: a gap of %v, want at least %v", c.asked, gap, c.wantGap)
			}
		}
	}
}

// A delayed callback keeps its place and is called when the interval ends; no agent
// is reserved and no preview shown in vain.
func TestCapDelays(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *callback.Service, c *manager.Config)
	}{
		{"plain", func(*callback.Service, *manager.Config) {}},
		{"router", func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(3) }},
		{"preview", func(s *callback.Service, _ *manager.Config) { s.Preview.On = true }},
		{"confirm", func(s *callback.Service, _ *manager.Config) { s.Confirm.On = true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, m *manager.Config) {
				s.Limits.Attempts = []callback.Throttle{{Max: 1, Every: time.Hour}, {Max: 9, Every: 24 * time.Hour}, {Max: callback.NoLimit, Every: time.Second}}
				c.change(s, m)
			})
			r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
			offers := 0
			answer := func() {
				for _, call := range r.rec.Events() {
					if call.Type == callback.EventOffered {
						offers++
					}
				}
			}
			accept := func(id callback.ID) {
				for range 100 {
					if r.get(id).State == callback.Offered {
						if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: id, Answer: callback.AnswerAccept}); err != nil {
							t.Fatal(err)
						}
					}
					r.run(2 * time.Second)
				}
			}
			first := r.start(manager.Request{})
			accept(first.ID)
			r.wantReason(first.ID, callback.ReasonAgentConnected)
			began := r.get(first.ID).Attempts[0].Began
			second := r.start(manager.Request{})
			other := r.start(manager.Request{Number: swiss2})
			accept(other.ID)
			r.wantReason(other.ID, callback.ReasonAgentConnected)
			waiting := r.wantState(second.ID, callback.Queued)
			if !waiting.ReadyAt.Equal(began.Add(time.Hour)) || waiting.Reservation != nil || !waiting.QueuedAt.Equal(second.QueuedAt) {
				t.Errorf("waits until %v, want %v; reservation %v", waiting.ReadyAt, began.Add(time.Hour), waiting.Reservation)
			}
			if answer(); offers > 2 {
				t.Errorf("%d offers, want one for each call that may be made", offers)
			}
			r.run(time.Hour)
			accept(second.ID)
			r.wantReason(second.ID, callback.ReasonAgentConnected)
		})
	}
}

// An attempt that was not placed is no call: it counts for no interval, also if the
// answer comes after the interval.
func TestUnplacedAttemptsAreNotCapped(t *testing.T) {
	r := newRig(t, nil)
	steps := slices.Repeat([]callbacktest.Step{callbacktest.Refused()}, 20)
	r.dialer.On(callbacktest.AnyNumber, append(steps, callbacktest.Answered(time.Minute))...)
	cb := r.start(manager.Request{})
	r.run(3 * time.Hour)
	if done := r.wantReason(cb.ID, callback.ReasonAgentConnected); len(done.Attempts) != 21 || !done.Attempts[1].Began.Equal(done.Attempts[0].Ended.Add(10*time.Second)) {
		t.Errorf("%d attempts, want 21; the second began at %v", len(done.Attempts), done.Attempts[1].Began)
	}
	counters, err := r.store.Load(r.ctx, r.clock.Now(), callback.LoadRequest{Kind: callback.PermitAttempt, Subjects: []string{swiss}})
	if err != nil || len(counters) == 0 || counters[0].Used != 1 {
		t.Errorf("counted: %v, %v", counters, err)
	}
}

// One number is booked at most ten times in 24 hours, over all services, now or for
// later, cancelled or not, as itself or as an alternative, and also by an update.
func TestBookingsAreCappedByDefault(t *testing.T) {
	book := func(i int) manager.Request {
		req := manager.Request{Service: []string{"desk", "shop"}[i%2]}
		if i%3 == 1 {
			req.Desired = monday().Add(time.Duration(i) * time.Hour)
		}
		if i%3 == 2 {
			req.Number, req.Alternative = fmt.Sprintf("+4178555%04d", i), swiss
		}
		return req
	}
	r := busyRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = callback.NoLimit })
	var last *callback.Callback
	for i := range 10 {
		var err error
		if last, err = r.try(book(i)); err != nil {
			t.Fatalf("booking %d: %v", i+1, err)
		}
	}
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: last.ID}); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		_, err := r.try(book(i))
		var limit *callback.LimitError
		if !errors.As(err, &limit) || !errors.Is(err, callback.ErrBookingLimit) || callback.Code(err) != 40004 || callback.HTTPStatus(err) != 429 ||
			limit.Max != 10 || limit.Interval != 24*time.Hour || !limit.RetryAt.Equal(monday().Add(24*time.Hour)) {
			t.Fatalf("booking %d: %v, %+v", i+11, err, limit)
		}
	}
	other := r.start(manager.Request{Number: swiss2, Key: "k"})
	_, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: other.ID, Set: callback.Values{callback.PropertyNumber: "078 555 66 77"}})
	wantCode(t, err, callback.ErrBookingLimit, 40004)
	if got := r.get(other.ID); got.Customer.Number.Key() != swiss2 {
		t.Errorf("the refused update changed the number")
	}
	for range 20 { // a repeated request books nothing
		r.start(manager.Request{Number: swiss2, Key: "k"})
	}
	// Another tenant's bookings and another day's are others.
	r.clock.Set(monday().Add(24*time.Hour - time.Second))
	_, err = r.try(manager.Request{})
	wantCode(t, err, callback.ErrBookingLimit, 40004)
	r.clock.Set(monday().Add(24 * time.Hour))
	r.start(manager.Request{})
}

// NoLimit, None and a number of the limit on bookings.
func TestLimitOfBookings(t *testing.T) {
	for limit, want := range map[callback.Limit]int{callback.NoLimit: 15, callback.None: 0, 0: 10, 1: 1, 12: 12} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Limits.SameNumber, s.Limits.BookingsPerDay = callback.NoLimit, limit
		})
		n := 0
		for range 15 {
			if _, err := r.try(manager.Request{}); err == nil {
				n++
			}
		}
		if n != want {
			t.Errorf("%v: %d bookings were accepted, want %d", limit, n, want)
		}
	}
}

// Of many requests at the same time that book one number, ten are accepted.
func TestRaceForBookings(t *testing.T) {
	r := busyRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = callback.NoLimit })
	var taken atomic.Int64
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			_, err := r.try(manager.Request{Service: []string{"desk", "shop"}[i%2]})
			if err == nil {
				taken.Add(1)
			} else if !errors.Is(err, callback.ErrBookingLimit) {
				t.Errorf("Start: %v", err)
			}
		})
	}
	wg.Wait()
	if taken.Load() != 10 {
		t.Errorf("%d were accepted, want 10", taken.Load())
	}
}
