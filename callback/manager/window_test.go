package manager_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// office returns hours in UTC: every day from one hour to another, except the
// holidays.
func office(t *testing.T, from, to int, holidays ...string) *availability.Calendar {
	t.Helper()
	config := availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Sunday, ToDay: time.Saturday, Open: availability.Clock(from, 0), Close: availability.Clock(to, 0)},
	}}
	for _, text := range holidays {
		day, err := availability.ParseDateRule(text)
		if err != nil {
			t.Fatal(err)
		}
		config.Holidays = append(config.Holidays, day)
	}
	c, err := availability.NewCalendar(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// closedForGood returns hours that never open.
func closedForGood(t *testing.T) *availability.Calendar {
	t.Helper()
	c, err := availability.NewCalendar(availability.CalendarConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clockAt returns an instant of the week of monday: its Monday is the 12th.
func clockAt(day, hour, minute int) time.Time {
	return time.Date(2026, time.January, day, hour, minute, 0, 0, time.UTC)
}

// hoursRig is a rig whose service is open from 9:00 to 17:00 UTC, at an instant.
func hoursRig(t *testing.T, now time.Time, change func(s *callback.Service, c *manager.Config)) *rig {
	t.Helper()
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Booking.Hours = office(t, 9, 17)
		if change != nil {
			change(s, c)
		}
	})
	r.clock.Set(now)
	return r
}

// configure replaces the service.
func (r *rig) configure(change func(s *callback.Service)) {
	r.t.Helper()
	p, err := r.services.Policy(r.ctx, "", "desk")
	if err != nil {
		r.t.Fatal(err)
	}
	s := p.Service()
	change(&s)
	if err := r.services.Set("", s); err != nil {
		r.t.Fatal(err)
	}
}

// began returns when the attempts of a callback began.
func (r *rig) began(id callback.ID) (at []string) {
	for _, a := range r.get(id).Attempts {
		at = append(at, a.Began.UTC().Format("02 15:04"))
	}
	return at
}

// told returns the details of the events of a callback that say that its service
// is closed.
func (r *rig) told(id callback.ID) (details []string) {
	r.t.Helper()
	if _, err := r.rec.Pull(r.ctx); err != nil {
		r.t.Fatal(err)
	}
	for _, e := range r.rec.Of(id) {
		if strings.Contains(e.Detail, "is closed") {
			if strings.Contains(e.String(), "#-") || strings.Contains(e.String(), "##") {
				r.t.Errorf("the event hides the opening: %v", e)
			}
			details = append(details, fmt.Sprintf("%s %s: %s", e.At.UTC().Format("02 15:04"), e.Type, e.Detail))
		}
	}
	return details
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// No attempt begins while the service is closed. What does not fit goes on at the
// next opening, and its history says so once.
func TestAttemptsWithinTheHours(t *testing.T) {
	for _, c := range []struct {
		name   string
		now    time.Time
		change func(s *callback.Service, c *manager.Config)
		req    manager.Request
		play   func(r *rig, cb *callback.Callback)
		began  string
		told   string
	}{
		{
			name: "a retry after the close",
			now:  clockAt(12, 16, 57),
			play: func(r *rig, _ *callback.Callback) {
				r.dialer.On(swiss, callbacktest.Busy().Ringing(0), callbacktest.Answered(time.Minute))
			},
			began: "[12 16:57 13 09:00]",
			told:  "[12 16:57 attempt_ended: BUSY: another attempt follows; the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name:   "a daily limit that ends at midnight",
			now:    clockAt(12, 16, 0),
			change: func(s *callback.Service, _ *manager.Config) { s.Limits.AttemptsPerDay = 1 },
			play: func(r *rig, _ *callback.Callback) {
				r.dialer.On(swiss, callbacktest.Busy().Ringing(0), callbacktest.Answered(time.Minute))
			},
			began: "[12 16:00 13 09:00]",
			told:  "[12 16:05 held: the number was called often enough; the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name:   "a request at night",
			now:    clockAt(12, 22, 0),
			change: func(s *callback.Service, _ *manager.Config) { s.Booking.IgnoreHoursNow = true },
			began:  "[13 09:00]",
			told:   "[12 22:00 accepted: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name:  "the first slot of a day",
			now:   clockAt(12, 10, 0),
			req:   manager.Request{Desired: clockAt(13, 9, 0)},
			began: "[13 09:00]",
			told:  "[13 08:58 released: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name: "an outage that ends at night",
			now:  clockAt(12, 16, 50),
			play: func(r *rig, _ *callback.Callback) {
				r.clock.Set(clockAt(12, 22, 0))
				r.tick()
			},
			began: "[13 09:00]",
			told:  "[12 22:00 held: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name: "a holiday that is declared later",
			now:  clockAt(12, 10, 0),
			req:  manager.Request{Desired: clockAt(13, 11, 0)},
			play: func(r *rig, _ *callback.Callback) {
				r.run(5 * time.Hour)
				r.configure(func(s *callback.Service) {
					s.Booking.Hours = office(r.t, 9, 17, "2026-01-13")
				})
			},
			began: "[14 09:00]",
			told:  "[13 10:58 released: the service is closed until 2026-01-14T09:00:00Z]",
		},
		{
			name:   "a holiday that is declared after it was told to wait for that day",
			now:    clockAt(12, 22, 0),
			change: func(s *callback.Service, _ *manager.Config) { s.Booking.IgnoreHoursNow = true },
			play: func(r *rig, _ *callback.Callback) {
				r.run(time.Hour)
				r.configure(func(s *callback.Service) {
					s.Booking.Hours = office(r.t, 9, 17, "2026-01-13")
				})
			},
			began: "[14 09:00]",
			told:  "[12 22:00 accepted: the service is closed until 2026-01-13T09:00:00Z 13 09:00 held: the service is closed until 2026-01-14T09:00:00Z]",
		},
		{
			name:   "a longer day",
			now:    clockAt(12, 16, 50),
			change: func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(0) },
			play: func(r *rig, _ *callback.Callback) {
				r.run(2 * time.Hour) // 18:50
				r.configure(func(s *callback.Service) { s.Booking.Hours = office(r.t, 9, 20) })
				r.configure(func(s *callback.Service) { s.Booking.PerBucket = 7 })
				r.run(15 * time.Minute)
				if cb := r.get("cb000001"); !cb.Ready {
					r.t.Errorf("waits for %v while the service is open", cb.ReadyAt)
				}
			},
			began: "[]",
			told:  "[12 17:00 held: the service is closed until 2026-01-13T09:00:00Z 12 20:00 held: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name:   "a day that is prolonged before its close",
			now:    clockAt(12, 16, 50),
			change: func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(0) },
			play: func(r *rig, _ *callback.Callback) {
				r.run(5 * time.Minute)
				r.configure(func(s *callback.Service) { s.Booking.Hours = office(r.t, 9, 20) })
				r.run(10 * time.Minute) // 17:05
				if cb := r.get("cb000001"); !cb.Ready || cb.LostLeases != 0 {
					r.t.Errorf("ready %v with %d lost leases while the service is open", cb.Ready, cb.LostLeases)
				}
			},
			began: "[]",
			told:  "[12 20:00 held: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name:   "an agent only after the close",
			now:    clockAt(12, 16, 50),
			change: func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(0) },
			play: func(r *rig, _ *callback.Callback) {
				r.run(20 * time.Minute)
				r.m.Wake()
				r.run(time.Hour)
			},
			began: "[]",
			told:  "[12 17:00 held: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name: "a request that ends before the opening",
			now:  clockAt(12, 16, 57),
			req:  manager.Request{Until: clockAt(12, 19, 0)},
			play: func(r *rig, _ *callback.Callback) { r.dialer.On(swiss, callbacktest.Busy().Ringing(0)) },
			// The retry would come after Until.
			began: "[12 16:57]",
			told:  "[]",
		},
		{
			name: "a reschedule to the first slot",
			now:  clockAt(12, 10, 0),
			req:  manager.Request{Desired: clockAt(12, 15, 0)},
			play: func(r *rig, cb *callback.Callback) {
				if _, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: clockAt(13, 9, 0)}); err != nil {
					r.t.Fatal(err)
				}
			},
			began: "[13 09:00]",
			told:  "[13 08:58 released: the service is closed until 2026-01-13T09:00:00Z]",
		},
		{
			name: "a long expected wait",
			now:  clockAt(12, 10, 0),
			change: func(s *callback.Service, _ *manager.Config) {
				s.Booking.Estimator = &fixedWait{wait: time.Hour}
				s.Booking.ConnectThreshold = callback.Off
			},
			req:   manager.Request{Desired: clockAt(13, 9, 30)},
			began: "[13 09:00]",
			told:  "[13 08:28 released: the service is closed until 2026-01-13T09:00:00Z]",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := hoursRig(t, c.now, c.change)
			cb := r.start(c.req)
			if c.play != nil {
				c.play(r, cb)
			}
			r.run(clockAt(14, 12, 0).Sub(r.clock.Now()))
			got := r.get(cb.ID)
			want(t, "attempts", r.began(cb.ID), c.began)
			want(t, "told", r.told(cb.ID), c.told)
			if !got.QueuedAt.IsZero() && got.LostLeases != 0 {
				t.Errorf("%d leases were lost", got.LostLeases)
			}
		})
	}
}

// Thirty customers ask ten minutes before the close. Those who wait go on the
// next morning, in the order in which they asked.
func TestBacklogAtTheClose(t *testing.T) {
	r := hoursRig(t, clockAt(12, 16, 50), func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On("*", callbacktest.Answered(5*time.Minute))
	var ids []callback.ID
	for i := range 30 {
		ids = append(ids, r.start(manager.Request{Number: fmt.Sprintf("+417855566%02d", i+10)}).ID)
		r.clock.Advance(time.Second)
	}
	r.run(16 * time.Hour) // until 8:50
	for _, id := range ids[5:] {
		cb := r.get(id)
		if cb.Ready || !cb.ReadyAt.Equal(clockAt(13, 9, 0)) || len(cb.Attempts) > 0 {
			t.Fatalf("%s is ready %v at %v with %d attempts", id, cb.Ready, cb.ReadyAt, len(cb.Attempts))
		}
	}
	if free := r.get(ids[29]); !free.NextAt.After(r.clock.Now()) || free.NextAt.After(clockAt(13, 9, 0)) {
		t.Errorf("looked at next at %v", free.NextAt)
	}
	r.run(8 * time.Hour)
	calls := r.dialer.Calls()
	if len(calls) != len(ids) {
		t.Fatalf("%d calls, want %d", len(calls), len(ids))
	}
	hours := office(t, 9, 17)
	for i, call := range calls {
		if !hours.Open(call.Started) {
			t.Errorf("call %d was made at %v", i, call.Started)
		}
		if id, _, _ := call.Key.Split(); id != ids[i] {
			t.Errorf("call %d is of %s, want %s", i, id, ids[i])
		}
	}
	for _, id := range ids {
		r.wantReason(id, callback.ReasonAgentConnected)
		if n := len(r.told(id)); n > 1 {
			t.Errorf("%s was told %d times that the service is closed", id, n)
		}
	}
}

func TestEdgesOfTheHours(t *testing.T) {
	for _, c := range []struct {
		at    time.Time
		began bool
	}{
		{clockAt(12, 17, 0).Add(-time.Microsecond), true},
		{clockAt(12, 17, 0), false},
		{clockAt(13, 9, 0).Add(-time.Microsecond), false},
		{clockAt(13, 9, 0), true},
	} {
		r := hoursRig(t, clockAt(12, 16, 59), nil)
		cb := r.start(manager.Request{})
		r.clock.Set(c.at)
		r.tick()
		if got := len(r.get(cb.ID).Attempts) > 0; got != c.began {
			t.Errorf("at %v an attempt began: %v, want %v", c.at, got, c.began)
		}
	}
}

// In the night of a change of the clock the service opens when its clock shows
// the hour, or after the gap.
func TestNightsOfAClockChange(t *testing.T) {
	night, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/Zurich", Regular: []availability.WeeklyHours{
		{FromDay: time.Sunday, ToDay: time.Saturday, Open: availability.Clock(2, 30), Close: availability.Clock(5, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ now, opens time.Time }{
		{time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)},    // 02:30 does not exist
		{time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)}, // 02:30 comes twice
	} {
		r := hoursRig(t, c.now, func(s *callback.Service, _ *manager.Config) {
			s.Booking.Hours, s.Booking.IgnoreHoursNow = night, true
		})
		cb := r.start(manager.Request{})
		if !cb.ReadyAt.Equal(c.opens) {
			t.Errorf("waits until %v, want %v", cb.ReadyAt, c.opens)
		}
		r.run(24 * time.Hour)
		if got := r.get(cb.ID); len(got.Attempts) != 1 || !got.Attempts[0].Began.Equal(c.opens) {
			t.Errorf("dialled at %v, want %v", r.began(cb.ID), c.opens)
		}
	}
}

// A callback of a service that never opens again waits until it expires.
func TestHoursThatNeverOpen(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := hoursRig(t, clockAt(12, 10, 0), func(s *callback.Service, c *manager.Config) {
		s.Booking.IgnoreHoursNow, s.Dialing.Window = true, closedForGood(t)
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	cb := r.start(manager.Request{})
	if cb.Ready || !cb.ReadyAt.IsZero() || !cb.DeadlineAt.IsZero() {
		t.Errorf("ready %v at %v, leaves its queue at %v", cb.Ready, cb.ReadyAt, cb.DeadlineAt)
	}
	r.run(48 * time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonTimeout)
	want(t, "ended", done.EndedAt, clockAt(13, 10, 0))
	want(t, "told", r.told(cb.ID), "[12 10:00 accepted: the service is closed and has no next opening]")
	if n := done.Revision; n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
	if n := fs.Count(callbacktest.MethodClaim); n > 600 {
		t.Errorf("%d claims in two days of one callback that waits", n)
	}
	// A first opening is used when it is declared.
	cb = r.start(manager.Request{})
	r.run(time.Hour)
	r.configure(func(s *callback.Service) { s.Dialing.Window = office(t, 9, 17) })
	r.run(24 * time.Hour)
	want(t, "attempts", r.began(cb.ID), "[14 11:10]")
}

// A window of its own leaves the hours to requests.
func TestWindowOfItsOwn(t *testing.T) {
	r := hoursRig(t, clockAt(12, 16, 57), func(s *callback.Service, _ *manager.Config) { s.Dialing.Window = availability.AlwaysOpen() })
	r.dialer.On(swiss, callbacktest.Busy().Ringing(0), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Hour)
	want(t, "attempts at any time", r.began(cb.ID), "[12 16:57 12 17:02]")
	_, err := r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrClosed, 40050)

	r = hoursRig(t, clockAt(12, 9, 30), func(s *callback.Service, _ *manager.Config) { s.Dialing.Window = office(t, 11, 12) })
	cb = r.start(manager.Request{})
	r.run(3 * time.Hour)
	want(t, "attempts in a shorter window", r.began(cb.ID), "[12 11:00]")
}

// A call that has begun goes on past the close.
func TestCallPastTheClose(t *testing.T) {
	r := hoursRig(t, clockAt(12, 16, 59), nil)
	r.dialer.On(swiss, callbacktest.Answered(30*time.Minute))
	cb := r.start(manager.Request{})
	r.run(10 * time.Minute)
	r.wantState(cb.ID, callback.Processing)
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if n := len(r.dialer.Hangups()); n != 0 {
		t.Errorf("%d hang-ups", n)
	}
}

// An offer that is accepted or runs out after the close goes back, and is made
// again in the morning.
func TestOffersAtTheClose(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(s *callback.Service)
		answer callback.OfferAnswer
	}{
		{"preview accepted", func(s *callback.Service) { s.Preview = callback.Preview{On: true, Timeout: time.Minute} }, callback.AnswerAccept},
		{"preview ignored", func(s *callback.Service) { s.Preview = callback.Preview{On: true, Timeout: time.Minute} }, 0},
		{"confirmed", func(s *callback.Service) { s.Confirm = callback.Confirm{On: true, Timeout: time.Minute} }, callback.AnswerAccept},
		{"not confirmed", func(s *callback.Service) { s.Confirm = callback.Confirm{On: true, Timeout: time.Minute} }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			router := callbacktest.NewRouter(1)
			r := hoursRig(t, clockAt(12, 16, 59).Add(30*time.Second), func(s *callback.Service, m *manager.Config) {
				c.change(s)
				m.Router = router
			})
			cb := r.start(manager.Request{})
			r.tick()
			r.wantState(cb.ID, callback.Offered)
			r.clock.Set(clockAt(12, 17, 0))
			r.tick()
			r.wantState(cb.ID, callback.Offered)
			if c.answer != 0 {
				if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: c.answer, Actor: "agent"}); err != nil {
					t.Fatal(err)
				}
			}
			r.run(time.Hour)
			held := r.wantState(cb.ID, callback.Queued)
			if held.Ready || !held.ReadyAt.Equal(clockAt(13, 9, 0)) || held.Reservation != nil {
				t.Errorf("waits until %v with reservation %v", held.ReadyAt, held.Reservation)
			}
			if n, err := router.Free(r.ctx, "", "desk"); n != 1 || err != nil {
				t.Errorf("%d agents are free, %v", n, err)
			}
			want(t, "told", len(r.told(cb.ID)), 1)
			r.clock.Set(clockAt(13, 9, 0))
			r.tick()
			again := r.wantState(cb.ID, callback.Offered)
			want(t, "offered again at", again.Updated, clockAt(13, 9, 0))
			if len(r.dialer.Dials()) != 0 {
				t.Error("it was dialled without an answer")
			}
		})
	}
}

// A personal callback waits for the opening, and its agent is not reserved at
// night.
func TestPersonalCallbackAtNight(t *testing.T) {
	router := callbacktest.NewRouter(1)
	r := hoursRig(t, clockAt(12, 20, 0), func(s *callback.Service, c *manager.Config) {
		s.Booking.IgnoreHoursNow, c.Router = true, router
	})
	cb := r.start(manager.Request{Agent: callback.Agent{Personal: "agent-1"}})
	r.run(12 * time.Hour)
	if n := len(router.Releases()); n != 0 {
		t.Errorf("%d releases of an agent at night", n)
	}
	r.run(2 * time.Hour)
	want(t, "attempts", r.began(cb.ID), "[13 09:00]")
}

// What becomes clear at night is dialed in the morning: a look-up that says that
// the call was not placed, an operator's redial, a pause that ends.
func TestReturnsToTheQueueAtNight(t *testing.T) {
	t.Run("not placed", func(t *testing.T) {
		r := hoursRig(t, clockAt(12, 16, 59).Add(30*time.Second), nil)
		r.dialer.On(swiss, callbacktest.Vanished(), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.run(18 * time.Hour)
		want(t, "attempts", r.began(cb.ID), "[12 16:59 13 09:00]")
		want(t, "told", len(r.told(cb.ID)), 1)
	})
	t.Run("refused", func(t *testing.T) {
		r := hoursRig(t, clockAt(12, 16, 59).Add(55*time.Second), nil)
		r.dialer.On(swiss, callbacktest.Refused(), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.run(18 * time.Hour)
		want(t, "attempts", r.began(cb.ID), "[12 16:59 13 09:00]")
	})
	t.Run("redial", func(t *testing.T) {
		r := hoursRig(t, clockAt(12, 16, 0), func(s *callback.Service, _ *manager.Config) { s.Queueing.TTL = time.Hour })
		r.dialer.On(swiss, callbacktest.Lost(nil).With(callbacktest.Forgotten), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.run(6 * time.Hour)
		r.wantState(cb.ID, callback.Unresolved)
		again, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op", Detail: "she called again"})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "end of its time in the queue", again.DeadlineAt.UTC(), clockAt(13, 10, 0))
		want(t, "detail", again.Detail, "she called again; the service is closed until 2026-01-13T09:00:00Z")
		r.run(18 * time.Hour)
		want(t, "attempts", r.began(cb.ID), "[12 16:00 13 09:00]")
	})
	t.Run("resumed", func(t *testing.T) {
		r := hoursRig(t, clockAt(12, 15, 0), func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(0) })
		cb := r.start(manager.Request{})
		r.run(90 * time.Minute)
		pause := manager.PauseRequest{Service: "desk", Actor: "op", Reason: "training"}
		if _, err := r.m.Pause(r.ctx, pause); err != nil {
			t.Fatal(err)
		}
		r.run(15*time.Hour + 30*time.Minute) // 16:30 to 8:00
		if _, err := r.m.Resume(r.ctx, pause); err != nil {
			t.Fatal(err)
		}
		got := r.wantState(cb.ID, callback.Queued)
		if got.Ready || !got.ReadyAt.Equal(clockAt(13, 9, 0)) {
			t.Errorf("ready %v at %v", got.Ready, got.ReadyAt)
		}
		// It waited 90 minutes of 4 hours before the pause.
		want(t, "end of its time in the queue", got.DeadlineAt.UTC(), clockAt(13, 11, 30))
		r.run(8 * time.Hour)
		want(t, "ended", r.wantReason(cb.ID, callback.ReasonTargetNotFound).EndedAt.UTC(), clockAt(13, 11, 30))
	})
	t.Run("paused while it waits for the opening", func(t *testing.T) {
		r := hoursRig(t, clockAt(12, 16, 50), func(s *callback.Service, c *manager.Config) { s.Queueing.Lines = callback.None })
		cb := r.start(manager.Request{})
		r.run(time.Hour)
		pause := manager.PauseRequest{Service: "desk", Actor: "op", Reason: "training"}
		if _, err := r.m.Pause(r.ctx, pause); err != nil {
			t.Fatal(err)
		}
		r.configure(func(s *callback.Service) { s.Queueing.Lines, s.Dialing.Window = 1, office(t, 9, 20) })
		r.run(time.Hour) // 18:50
		if _, err := r.m.Resume(r.ctx, pause); err != nil {
			t.Fatal(err)
		}
		r.run(time.Minute)
		want(t, "attempts", r.began(cb.ID), "[12 18:50]")
	})
}

// A dialer with a queue of its own is told not to place a call after the close, nor
// after the time of the callback.
func TestNotAfterTheClose(t *testing.T) {
	for _, c := range []struct {
		begin, until, want time.Time
	}{
		{begin: clockAt(12, 16, 59).Add(59 * time.Second), want: clockAt(12, 17, 0)},
		{begin: clockAt(12, 16, 59).Add(28 * time.Second), want: clockAt(12, 17, 0)},
		{begin: clockAt(12, 16, 59).Add(27 * time.Second), want: clockAt(12, 16, 59).Add(59 * time.Second)},
		{begin: clockAt(12, 12, 0), want: clockAt(12, 12, 0).Add(32 * time.Second)},
		{begin: clockAt(12, 16, 59).Add(50 * time.Second), until: clockAt(12, 16, 59).Add(55 * time.Second), want: clockAt(12, 16, 59).Add(55 * time.Second)},
	} {
		var calls []callback.Call
		r := hoursRig(t, c.begin, nil)
		r.dialer.OnCall(func(call callback.Call) (callbacktest.Step, bool) {
			calls = append(calls, call)
			return callbacktest.Answered(time.Second), true
		})
		r.start(manager.Request{Until: c.until})
		r.tick()
		if len(calls) != 1 || !calls[0].NotAfter.Equal(c.want) {
			t.Errorf("dialed at %v: %d calls, want NotAfter %v, got %+v", c.begin, len(calls), c.want, calls)
		}
	}
}
