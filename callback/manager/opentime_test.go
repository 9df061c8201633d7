package manager_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// Time in the queue counts while the service is open.
func TestQueueTimeIsOpenTime(t *testing.T) {
	unserved := func(s *callback.Service, c *manager.Config) {
		s.Queueing.TTL, s.Queueing.CannotDial = 2*time.Hour, 30*time.Minute
		c.Router = callbacktest.NewRouter(0)
	}
	for _, c := range []struct {
		name   string
		now    time.Time
		change func(s *callback.Service)
		later  func(s *callback.Service)
		ends   time.Time
	}{
		{"within a day", clockAt(12, 10, 0), nil, nil, clockAt(12, 12, 0)},
		{"over a night", clockAt(12, 16, 0), nil, nil, clockAt(13, 10, 0)},
		{"up to the close", clockAt(12, 15, 0), nil, nil, clockAt(12, 17, 0)},
		{"MaxWait", clockAt(12, 16, 0), func(s *callback.Service) { s.Queueing.MaxWait = 90 * time.Minute }, nil, clockAt(13, 9, 30)},
		{"from before the opening", clockAt(12, 8, 0), nil, nil, clockAt(12, 11, 0)},
		{"any time", clockAt(12, 16, 0), func(s *callback.Service) { s.Dialing.Window = availability.AlwaysOpen() }, nil, clockAt(12, 18, 0)},
		{"a holiday declared later", clockAt(12, 16, 0), nil, func(s *callback.Service) { s.Dialing.Window = office(t, 9, 17, "2026-01-13") }, clockAt(14, 10, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := hoursRig(t, c.now, func(s *callback.Service, m *manager.Config) {
				unserved(s, m)
				s.Booking.IgnoreHoursNow, s.TTL = true, 10*24*time.Hour
				if c.change != nil {
					c.change(s)
				}
			})
			cb := r.start(manager.Request{})
			if c.later != nil {
				r.run(30 * time.Minute)
				r.configure(c.later)
			}
			r.run(72 * time.Hour)
			want(t, "ended", r.wantReason(cb.ID, callback.ReasonTargetNotFound).EndedAt.UTC(), c.ends)
		})
	}
	// The last part of it, in which no attempt begins, is open time as well.
	router := callbacktest.NewRouter(0)
	r := hoursRig(t, clockAt(12, 16, 15), func(s *callback.Service, c *manager.Config) {
		unserved(s, c)
		s.Queueing.CannotDial = 90 * time.Minute // 2 h end at 10:15: the last 90 minutes begin at 16:45
		c.Router = router
	})
	cb := r.start(manager.Request{})
	r.run(31 * time.Minute)
	router.SetFree("desk", 1)
	r.run(20 * time.Hour)
	if got := r.wantReason(cb.ID, callback.ReasonTargetNotFound); len(got.Attempts) != 0 {
		t.Errorf("attempts at %v, in the last part of its time in the queue", r.began(cb.ID))
	}
}

// A time to live that ends while the service is closed goes on at the next
// opening.
func TestExpiryMovesOverClosedTime(t *testing.T) {
	for _, c := range []struct {
		name   string
		now    time.Time
		ttl    time.Duration
		hours  *availability.Calendar
		req    manager.Request
		later  *availability.Calendar // from 18:00 on
		ends   time.Time
		moved  int
		reason callback.Reason
	}{
		{name: "open at it", now: clockAt(12, 10, 0), ttl: 24 * time.Hour, ends: clockAt(13, 10, 0)},
		{name: "closed at it", now: clockAt(12, 16, 30), ttl: 210 * time.Minute, ends: clockAt(13, 12, 0), moved: 1},
		{name: "closed at it again", now: clockAt(12, 10, 30), ttl: 210 * time.Minute, hours: office(t, 9, 11), ends: clockAt(14, 10, 0), moved: 1},
		{name: "at the close", now: clockAt(12, 16, 0), ttl: time.Hour, ends: clockAt(12, 17, 0)},
		{name: "at the opening", now: clockAt(12, 16, 0), ttl: 17 * time.Hour, ends: clockAt(13, 9, 0)},
		{name: "asked for at night", now: clockAt(12, 20, 0), ttl: time.Hour, ends: clockAt(13, 10, 0), moved: 1},
		{name: "until", now: clockAt(12, 16, 30), ttl: 210 * time.Minute, req: manager.Request{Until: clockAt(12, 21, 0)}, ends: clockAt(12, 21, 0), moved: 1},
		{name: "any time", now: clockAt(12, 16, 30), ttl: 210 * time.Minute, hours: availability.AlwaysOpen(), ends: clockAt(12, 20, 0)},
		{name: "a holiday declared later", now: clockAt(12, 16, 30), ttl: 210 * time.Minute, later: office(t, 9, 17, "2026-01-13"), ends: clockAt(14, 12, 0), moved: 1},
		{name: "closed for good", now: clockAt(12, 16, 30), ttl: 210 * time.Minute, later: closedForGood(t), ends: clockAt(12, 20, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := hoursRig(t, c.now, func(s *callback.Service, m *manager.Config) {
				m.Router = callbacktest.NewRouter(0)
				s.TTL, s.Booking.IgnoreHoursNow, s.Queueing.TTL = c.ttl, true, 10*24*time.Hour
				s.Dialing.Window = c.hours
			})
			cb := r.start(c.req)
			want(t, "expires at first", cb.ExpiresAt, c.now.Add(c.ttl))
			if c.later != nil {
				r.run(clockAt(12, 18, 0).Sub(c.now))
				r.configure(func(s *callback.Service) { s.Dialing.Window = c.later })
			}
			r.run(72 * time.Hour)
			done := r.wantReason(cb.ID, callback.ReasonTimeout)
			want(t, "ended", done.EndedAt.UTC(), c.ends)
			if _, err := r.rec.Pull(r.ctx); err != nil {
				t.Fatal(err)
			}
			moved := slices.DeleteFunc(r.rec.Types(cb.ID), func(e callback.EventType) bool { return e != callback.EventExpiryMoved })
			want(t, "moves", len(moved), c.moved)
			if c.moved > 0 && c.req.Until.IsZero() {
				want(t, "expires at last", done.ExpiresAt.UTC(), c.ends)
			}
		})
	}
	// A holiday that is declared after the first move moves it once more, with
	// what was left at first.
	r := hoursRig(t, clockAt(12, 16, 30), func(s *callback.Service, m *manager.Config) {
		m.Router = callbacktest.NewRouter(0)
		s.TTL, s.Queueing.TTL = 210*time.Minute, 10*24*time.Hour
	})
	cb := r.start(manager.Request{})
	r.run(6 * time.Hour)
	want(t, "moved to", r.get(cb.ID).ExpiresAt.UTC(), clockAt(13, 12, 0))
	r.configure(func(s *callback.Service) { s.Dialing.Window = office(t, 9, 17, "2026-01-13") })
	r.run(72 * time.Hour)
	want(t, "ended", r.wantReason(cb.ID, callback.ReasonTimeout).EndedAt.UTC(), clockAt(14, 12, 0))
}

// A retry whose gap ends after the expiry is granted if the expiry moves, and a
// callback that expired while no node worked is dialed at the opening.
func TestRetryBeforeAMovedExpiry(t *testing.T) {
	r := hoursRig(t, clockAt(12, 16, 30), func(s *callback.Service, _ *manager.Config) {
		s.TTL = 210 * time.Minute
		s.Dialing.Retry.MaxAttempts, s.Dialing.Retry.Default.Max, s.Dialing.Retry.Default.Delay = 3, -1, 4*time.Hour
	})
	r.dialer.On(swiss, callbacktest.Busy().Ringing(0), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Minute)
	r.clock.Set(clockAt(13, 9, 0))
	r.run(time.Minute)
	want(t, "attempts", r.began(cb.ID), "[12 16:30 13 09:00]")
}
