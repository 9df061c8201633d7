package manager_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// atlas is a time zone whose offset a test can change.
type atlas struct {
	offset time.Duration
	load   func() (*time.Location, error) // replaces offset if it is not nil
}

func (a *atlas) zone(name string) (*time.Location, error) {
	if a.load != nil {
		return a.load()
	}
	return time.FixedZone(name, int(a.offset/time.Second)), nil
}

// zoneRig is a rig at 10:00 of the 12th whose service takes its zones from the
// atlas.
func zoneRig(t *testing.T, a *atlas, change func(s *callback.Service, c *manager.Config)) *rig {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Booking.LoadZone, s.TTL = a.zone, 96*time.Hour
		if change != nil {
			change(s, c)
		}
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	r.clock.Set(clockAt(12, 10, 0))
	return r
}

// localAt returns a time of the week of monday on the clock of a zone.
func localAt(day, hour, minute int) *availability.LocalTime {
	return &availability.LocalTime{Year: 2026, Month: time.January, Day: day, Hour: hour, Minute: minute}
}

// history returns the details of the events of a type.
func (r *rig) history(id callback.ID, typ callback.EventType) (details []string) {
	r.t.Helper()
	if _, err := r.rec.Pull(r.ctx); err != nil {
		r.t.Fatal(err)
	}
	for _, e := range r.rec.Of(id) {
		if e.Type == typ {
			details = append(details, e.Detail)
		}
	}
	return details
}

// seats returns the buckets of the service in which seats are taken.
func (r *rig) seats() (buckets []string) {
	r.t.Helper()
	counters, err := r.store.Load(r.ctx, r.clock.Now(), callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk", From: math.MinInt64, To: math.MaxInt64})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, c := range counters {
		buckets = append(buckets, fmt.Sprintf("%s x%d", time.Unix(c.Key.Slot, 0).UTC().Format("02 15:04"), c.Used))
	}
	return buckets
}

// A booking by a local time keeps it if the offset of its zone changes before its
// time, in whichever direction and by however much.
func TestLocalTimeKeptWhenTheZoneChanges(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after time.Duration
		desired       time.Time // at last
		detail        string
	}{
		{"no change", time.Hour, time.Hour, clockAt(14, 11, 0), ""},
		{"an hour earlier", time.Hour, 2 * time.Hour, clockAt(14, 10, 0), "Test/Zone is at UTC+02:00 then, not +01:00: the local time stays"},
		{"an hour later", time.Hour, 0, clockAt(14, 12, 0), "Test/Zone is at UTC+00:00 then, not +01:00: the local time stays"},
		{"half an hour", -3 * time.Hour, -210 * time.Minute, clockAt(14, 15, 30), "Test/Zone is at UTC-03:30 then, not -03:00: the local time stays"},
		{"a day earlier", -10 * time.Hour, 14 * time.Hour, clockAt(13, 22, 0), "Test/Zone is at UTC+14:00 then, not -10:00: the local time stays"},
		{"a day later", 14 * time.Hour, -10 * time.Hour, clockAt(14, 22, 0), "Test/Zone is at UTC-10:00 then, not +14:00: the local time stays"},
		{"from end to end", -12 * time.Hour, 14 * time.Hour, clockAt(13, 22, 0), "Test/Zone is at UTC+14:00 then, not -12:00: the local time stays"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &atlas{offset: c.before}
			r := zoneRig(t, a, nil)
			cb := r.start(manager.Request{Local: localAt(14, 12, 0), Zone: "Test/Zone"})
			if cb.Offset != c.before || !cb.Desired.Equal(clockAt(14, 12, 0).Add(-c.before)) {
				t.Fatalf("booked for %v at offset %v", cb.Desired, cb.Offset)
			}
			a.offset = c.after
			r.run(clockAt(15, 1, 0).Sub(r.clock.Now()))
			got := r.wantReason(cb.ID, callback.ReasonAgentConnected)
			want(t, "desired", got.Desired.UTC(), c.desired)
			want(t, "began", got.Attempts[0].Began.UTC(), c.desired.Add(-2*time.Minute))
			want(t, "expires", got.ExpiresAt.UTC(), c.desired.Add(96*time.Hour))
			want(t, "local time", got.Local+" "+got.Zone, "2026-01-14T12:00:00 Test/Zone")
			want(t, "offset", got.Offset, c.after)
			want(t, "told", strings.Join(r.history(cb.ID, callback.EventRescheduled), "; "), c.detail)
		})
	}
}

// It is asked 28 hours and 2 hours before the time, and at the release: a change
// after that finds the callback in its queue.
func TestWhenAZoneIsAskedAgain(t *testing.T) {
	for _, c := range []struct {
		changes time.Time
		desired time.Time
	}{
		{clockAt(13, 8, 59), clockAt(14, 10, 0)},
		{clockAt(14, 8, 59), clockAt(14, 10, 0)},
		{clockAt(14, 9, 1), clockAt(14, 11, 0)}, // too late for 10:00: released for the time that was promised
		{clockAt(14, 10, 59), clockAt(14, 11, 0)},
	} {
		a := &atlas{offset: time.Hour}
		r := zoneRig(t, a, nil)
		cb := r.start(manager.Request{Local: localAt(14, 12, 0), Zone: "Test/Zone"})
		r.run(c.changes.Sub(r.clock.Now()))
		a.offset = 2 * time.Hour
		r.run(clockAt(14, 13, 0).Sub(r.clock.Now()))
		got := r.wantReason(cb.ID, callback.ReasonAgentConnected)
		if began := got.Attempts[0].Began; began.Before(c.desired.Add(-2*time.Minute)) || began.After(c.desired) {
			t.Errorf("rules that change at %v: dialed at %v, want %v", c.changes, began, c.desired)
		}
		if n := got.LostLeases; n != 0 {
			t.Errorf("%d leases were lost", n)
		}
	}
}

// A booking that becomes due at once by the new rules is released at once.
func TestZoneChangeThatMakesItDue(t *testing.T) {
	a := &atlas{offset: -10 * time.Hour}
	r := zoneRig(t, a, nil)
	cb := r.start(manager.Request{Local: localAt(14, 12, 0), Zone: "Test/Zone"}) // 22:00 UTC
	r.run(clockAt(14, 19, 0).Sub(r.clock.Now()))
	a.offset = 2 * time.Hour
	r.run(2 * time.Hour)
	want(t, "attempts", r.began(cb.ID), "[14 20:00]")
}

// The seat, the reminder and the hours follow the new instant. The seat moves even
// to a full bucket, because the time was promised.
func TestWhatFollowsAZoneChange(t *testing.T) {
	a := &atlas{offset: time.Hour}
	r := zoneRig(t, a, func(s *callback.Service, _ *manager.Config) {
		s.Booking.PerBucket, s.Reminder = 1, 10*time.Minute
		s.Booking.Hours = office(t, 10, 17)
	})
	other := r.start(manager.Request{Number: swiss2, Desired: clockAt(14, 10, 0)})
	cb := r.start(manager.Request{Local: localAt(14, 12, 0), Zone: "Test/Zone"})
	want(t, "seats", r.seats(), "[14 10:00 x1 14 11:00 x1]")
	a.offset = 2 * time.Hour
	r.run(clockAt(13, 9, 0).Sub(r.clock.Now()))
	want(t, "seats", r.seats(), "[14 10:00 x2]")
	moved := r.wantState(cb.ID, callback.Scheduled)
	want(t, "bucket", moved.Bucket.UTC(), clockAt(14, 10, 0))
	want(t, "reminder", moved.RemindAt.UTC(), clockAt(14, 9, 48))
	r.run(clockAt(14, 9, 50).Sub(r.clock.Now()))
	want(t, "reminders", len(r.history(cb.ID, callback.EventReminded)), 1)
	r.run(clockAt(14, 13, 0).Sub(r.clock.Now()))
	want(t, "attempts", r.began(cb.ID), "[14 10:00]")
	r.wantReason(other.ID, callback.ReasonAgentConnected)
	want(t, "seats", r.seats(), "[]")

	a.offset = 0
	cb = r.start(manager.Request{Local: localAt(15, 10, 0), Zone: "Test/Zone"})
	a.offset = 3 * time.Hour
	r.run(24 * time.Hour)
	want(t, "attempts in the morning", r.began(cb.ID), "[15 10:00]")
	want(t, "told", len(r.told(cb.ID)), 1)
}

// A zone that cannot be loaded any more leaves the booking where it is.
func TestZoneThatVanishes(t *testing.T) {
	for name, load := range map[string]func() (*time.Location, error){
		"error":   func() (*time.Location, error) { return nil, errors.New("no data") },
		"panic":   func() (*time.Location, error) { panic("broken") },
		"nothing": func() (*time.Location, error) { return nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			a := &atlas{offset: time.Hour}
			r := zoneRig(t, a, nil)
			cb := r.start(manager.Request{Local: localAt(14, 12, 0), Zone: "Test/Zone"})
			a.load = load
			_, err := r.try(manager.Request{Number: swiss2, Local: localAt(14, 12, 0), Zone: "Test/Zone"})
			wantCode(t, err, callback.ErrInvalidParameter, 40010)
			r.run(72 * time.Hour)
			want(t, "attempts", r.began(cb.ID), "[14 10:58]")
			want(t, "told", r.history(cb.ID, callback.EventRescheduled), "[]")
		})
	}
}

// Only a time on a clock follows its zone: not an instant, nor a booking that was
// moved to one.
func TestInstantsIgnoreZones(t *testing.T) {
	a := &atlas{offset: time.Hour}
	r := zoneRig(t, a, nil)
	instant := r.start(manager.Request{Number: swiss2, Desired: clockAt(14, 11, 0)})
	moved := r.start(manager.Request{Local: localAt(14, 14, 0), Zone: "Test/Zone"})
	got, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: moved.ID, Desired: clockAt(14, 11, 30)})
	if err != nil {
		t.Fatal(err)
	}
	if got.Zone != "" || got.Local != "" || got.Offset != 0 {
		t.Errorf("moved to an instant it keeps %q in %q at %v", got.Local, got.Zone, got.Offset)
	}
	a.offset = 2 * time.Hour
	r.run(72 * time.Hour)
	want(t, "attempts of the instant", r.began(instant.ID), "[14 10:58]")
	want(t, "attempts of what was moved", r.began(moved.ID), "[14 11:28]")
	// A booking that is moved to a time on a clock has the offset of that time.
	a.offset = time.Hour
	back := r.start(manager.Request{Number: swiss3, Desired: clockAt(17, 11, 0)})
	if got, err = r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: back.ID, Local: localAt(17, 14, 0), Zone: "Test/Zone"}); err != nil || got.Offset != time.Hour {
		t.Fatalf("offset %v, %v", got.Offset, err)
	}
	a.offset = 2 * time.Hour
	r.run(72 * time.Hour)
	want(t, "attempts of what was moved to a local time", r.began(back.ID), "[17 11:58]")
}

// In real zones nothing moves, also not a time in the gap or in the hour that
// comes twice when the clock changes.
func TestClockChangesAreNoChangeOfRules(t *testing.T) {
	for _, c := range []struct {
		now    time.Time
		local  availability.LocalTime
		offset time.Duration
		began  time.Time
	}{
		{time.Date(2026, 3, 26, 12, 0, 0, 0, time.UTC), availability.LocalTime{Year: 2026, Month: 3, Day: 29, Hour: 2, Minute: 30}, 2 * time.Hour, time.Date(2026, 3, 29, 0, 58, 0, 0, time.UTC)},
		{time.Date(2026, 10, 22, 12, 0, 0, 0, time.UTC), availability.LocalTime{Year: 2026, Month: 10, Day: 25, Hour: 2, Minute: 30}, 2 * time.Hour, time.Date(2026, 10, 25, 0, 28, 0, 0, time.UTC)},
		{time.Date(2026, 10, 22, 12, 0, 0, 0, time.UTC), availability.LocalTime{Year: 2026, Month: 10, Day: 25, Hour: 12}, time.Hour, time.Date(2026, 10, 25, 10, 58, 0, 0, time.UTC)},
	} {
		r := newRig(t, nil)
		r.clock.Set(c.now)
		cb := r.start(manager.Request{Local: &c.local, Zone: "Europe/Berlin"})
		want(t, "offset", cb.Offset, c.offset)
		r.run(96 * time.Hour)
		got := r.wantReason(cb.ID, callback.ReasonAgentConnected)
		want(t, "began", got.Attempts[0].Began.UTC(), c.began)
		want(t, "told", r.history(cb.ID, callback.EventRescheduled), "[]")
	}
}
