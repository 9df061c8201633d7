package manager_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// A callback of a closed service is not ready, and waits at least until the next
// opening.
func TestPositionWhileClosed(t *testing.T) {
	for _, c := range []struct {
		name   string
		now    time.Time
		change func(s *callback.Service)
		later  func(s *callback.Service)
		play   func(r *rig)
		wait   time.Duration
		known  bool
		ready  bool
	}{
		{name: "open", now: clockAt(12, 9, 0), ready: true},
		{name: "before the close", now: clockAt(12, 17, 0).Add(-time.Microsecond), ready: true},
		{name: "at the close", now: clockAt(12, 17, 0), wait: 16 * time.Hour, known: true},
		{name: "at night", now: clockAt(12, 22, 0), wait: 11 * time.Hour, known: true},
		{name: "before the opening", now: clockAt(12, 9, 0).Add(-time.Microsecond), wait: time.Microsecond, known: true},
		{name: "any time", now: clockAt(12, 22, 0), change: func(s *callback.Service) { s.Dialing.Window = availability.AlwaysOpen() }, ready: true},
		{name: "closed for good", now: clockAt(12, 22, 0), change: func(s *callback.Service) { s.Dialing.Window = closedForGood(t) }},
		{
			name: "a short estimate", now: clockAt(12, 22, 0), wait: 11 * time.Hour, known: true,
			change: func(s *callback.Service) { s.Booking.Estimator = &fixedWait{wait: time.Minute} },
		},
		{
			name: "a long estimate", now: clockAt(12, 22, 0), wait: 20 * time.Hour, known: true,
			change: func(s *callback.Service) { s.Booking.Estimator = &fixedWait{wait: 20 * time.Hour} },
		},
		{
			name: "a gap that ends after the close", now: clockAt(12, 16, 57), wait: 16*time.Hour + 2*time.Minute, known: true,
			play: func(r *rig) {
				r.dialer.On(swiss, callbacktest.Busy().Ringing(0))
				r.run(time.Minute)
			},
		},
		{
			name: "a holiday declared later", now: clockAt(12, 22, 0), wait: 35 * time.Hour, known: true,
			later: func(s *callback.Service) { s.Booking.Hours = office(t, 9, 17, "2026-01-13") },
		},
		{
			name: "closed for good later", now: clockAt(12, 10, 0),
			later: func(s *callback.Service) { s.Booking.Hours = closedForGood(t) },
		},
		{
			name: "paused and closed", now: clockAt(12, 22, 0),
			later: func(s *callback.Service) { s.Paused = true },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := hoursRig(t, c.now, func(s *callback.Service, _ *manager.Config) {
				if s.Booking.IgnoreHoursNow = true; c.change != nil {
					c.change(s)
				}
			})
			cb := r.start(manager.Request{})
			if c.later != nil {
				r.configure(c.later)
			}
			if c.play != nil {
				c.play(r)
			}
			got := r.position(cb.ID)
			if want := (manager.Position{Place: 1, Waiting: 1, Wait: c.wait, Known: c.known, Ready: c.ready}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}

// A service that is closed by hours declared later has ready callbacks. They are
// put back in one write each, no agent is reserved for them, and the service is
// not visited again before its opening, however many there are.
func TestReadyCallbacksOfAClosedService(t *testing.T) {
	const n = 250 // more than two batches
	var fs *callbacktest.FaultyStore
	router := &reserveCounter{Router: callbacktest.NewRouter(0)}
	r := hoursRig(t, clockAt(12, 10, 0), func(s *callback.Service, c *manager.Config) {
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store, c.Router = fs.Store(), router
		s.Limits.SameNumber, s.TTL = callback.NoLimit, 72*time.Hour
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	var ids []callback.ID
	for i := range n {
		priority := scheduler.Normal
		switch {
		case i%7 == 0:
			priority = scheduler.StrictPriority
		case i%11 == 0:
			priority = scheduler.NothingElse
		}
		ids = append(ids, r.start(manager.Request{Number: fmt.Sprintf("+417855%05d", 10000+i), Priority: priority}).ID)
	}
	r.configure(func(s *callback.Service) { s.Booking.Hours = office(t, 9, 17, "2026-01-12") })
	router.SetFree(callbacktest.AnyService, 3)
	writes := fs.Count(callbacktest.MethodApply)
	r.run(time.Minute)
	for _, id := range ids {
		if cb := r.get(id); cb.Ready || !cb.ReadyAt.Equal(clockAt(13, 9, 0)) || cb.Revision != 2 {
			t.Fatalf("%s is ready %v at %v after %d changes", id, cb.Ready, cb.ReadyAt, cb.Revision)
		}
	}
	if used := fs.Count(callbacktest.MethodApply) - writes; used > n/50 {
		t.Errorf("%d batches were written", used)
	}
	loads, writes := fs.Count(callbacktest.MethodLoad), fs.Count(callbacktest.MethodApply)
	r.run(5 * time.Minute)
	if l, w := fs.Count(callbacktest.MethodLoad)-loads, fs.Count(callbacktest.MethodApply)-writes; l != 0 || w != 0 {
		t.Errorf("a closed service costs %d loads and %d writes in 5 minutes", l, w)
	}
	if router.reserved != 0 {
		t.Errorf("%d reservations while the service is closed", router.reserved)
	}
	want(t, "told", r.told(ids[0]), "[12 10:00 held: the service is closed until 2026-01-13T09:00:00Z]")
	r.clock.Set(clockAt(13, 9, 0))
	r.run(4 * time.Hour)
	for _, id := range ids {
		r.wantReason(id, callback.ReasonAgentConnected)
	}
}

// reserveCounter counts reservations, and lets time pass in each.
type reserveCounter struct {
	*callbacktest.Router
	reserved int
	passes   func()
}

func (r *reserveCounter) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	r.reserved++
	if r.passes != nil {
		r.passes()
	}
	return r.Router.Reserve(ctx, cb)
}

// An attempt that was decided before the close is not made after it, wherever the
// time goes: in the router, or in the store while the attempt is written.
func TestCloseDuringADispatch(t *testing.T) {
	const slow = 10 * time.Second
	before := clockAt(12, 17, 0).Add(-slow / 2)
	t.Run("router", func(t *testing.T) {
		router := &reserveCounter{Router: callbacktest.NewRouter(1)}
		r := hoursRig(t, before.Add(-time.Second), func(_ *callback.Service, c *manager.Config) { c.Router = router })
		cb := r.start(manager.Request{})
		r.clock.Set(before)
		router.passes = func() { r.clock.Advance(slow) }
		r.tick()
		router.passes = nil
		r.run(time.Minute)
		got := r.wantState(cb.ID, callback.Queued)
		if len(got.Attempts) != 0 || !got.ReadyAt.Equal(clockAt(13, 9, 0)) {
			t.Errorf("attempts at %v, ready at %v", r.began(cb.ID), got.ReadyAt)
		}
		if n, err := router.Free(r.ctx, "", "desk"); n != 1 || err != nil {
			t.Errorf("%d agents are free, %v", n, err)
		}
		r.clock.Set(clockAt(13, 9, 0))
		r.tick()
		want(t, "attempts", r.began(cb.ID), "[13 09:00]")
	})
	t.Run("store", func(t *testing.T) {
		var fs *callbacktest.FaultyStore
		r := hoursRig(t, before.Add(-time.Second), func(_ *callback.Service, c *manager.Config) {
			fs = callbacktest.NewFaultyStore(c.Store)
			c.Store = fs.Store()
		})
		cb := r.start(manager.Request{})
		r.clock.Set(before)
		slowly := callbacktest.Fault{Method: callbacktest.MethodApply, Hook: func(context.Context, callbacktest.Op) { r.clock.Advance(slow) }}
		fs.Inject(slowly)
		r.tick()
		r.run(16*time.Hour - time.Minute)
		if n := len(r.dialer.Dials()); n != 0 {
			t.Errorf("%d calls after the close", n)
		}
		r.run(time.Hour)
		if n := len(r.dialer.Dials()); n != 1 {
			t.Errorf("%d calls after the next opening, want 1", n)
		}
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	})
}

// Of exceptions that overlap, the hours that the calendar makes of them bind.
func TestOverlappingExceptions(t *testing.T) {
	day := func(text string) availability.DateRule {
		rule, err := availability.ParseDateRule(text)
		if err != nil {
			t.Fatal(err)
		}
		return rule
	}
	all := []availability.WeeklyHours{{FromDay: time.Sunday, ToDay: time.Saturday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)}}
	short, err := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Sunday, ToDay: time.Saturday, Open: availability.Clock(13, 0), Close: availability.Clock(14, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	extra := func(date string, from, to int) availability.ExtraHours {
		return availability.ExtraHours{Date: day(date), Open: availability.Clock(from, 0), Close: availability.Clock(to, 0)}
	}
	for _, c := range []struct {
		name   string
		config availability.CalendarConfig
		began  string
	}{
		{"extra hours on a holiday", availability.CalendarConfig{
			Holidays: []availability.DateRule{day("2026-01-13")}, Extra: []availability.ExtraHours{extra("2026-01-13", 11, 12)},
		}, "[13 11:00]"},
		{"extra hours that touch and overlap", availability.CalendarConfig{
			Holidays: []availability.DateRule{day("2026-01-13")},
			Extra:    []availability.ExtraHours{extra("2026-01-13", 12, 13), extra("2026-01-13", 10, 12), extra("2026-01-13", 11, 13)},
		}, "[13 10:00]"},
		{"an alternative on a holiday", availability.CalendarConfig{
			Holidays:     []availability.DateRule{day("2026-01-13")},
			Alternatives: []availability.Alternative{{Calendar: short, Dates: []availability.DateRange{{From: day("2026-01-12"), To: day("2026-01-14")}}}},
		}, "[14 13:00]"},
		{"two alternatives and extra hours", availability.CalendarConfig{
			Extra: []availability.ExtraHours{extra("2026-01-13", 7, 8)},
			Alternatives: []availability.Alternative{
				{Calendar: closedForGood(t), Dates: []availability.DateRange{{From: day("2026-01-13"), To: day("2026-01-13")}}},
				{Calendar: short, Dates: []availability.DateRange{{From: day("2026-01-13"), To: day("2026-01-14")}}},
			},
		}, "[13 07:00]"},
		{"effective dates", availability.CalendarConfig{
			Extra:     []availability.ExtraHours{extra("2026-01-13", 7, 8)},
			Effective: []availability.DateRange{{From: day("2026-01-14"), To: day("2026-01-20")}},
		}, "[14 09:00]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.config.Regular = all
			hours, err := availability.NewCalendar(c.config)
			if err != nil {
				t.Fatal(err)
			}
			r := hoursRig(t, clockAt(12, 22, 0), func(s *callback.Service, _ *manager.Config) {
				s.Booking.IgnoreHoursNow, s.Dialing.Window, s.TTL = true, hours, 72*time.Hour
			})
			cb := r.start(manager.Request{})
			r.run(48 * time.Hour)
			want(t, "attempts", r.began(cb.ID), c.began)
		})
	}
}
