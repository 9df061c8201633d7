package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// A new time and the properties that come with it are one change, or none.
func TestRescheduleWithProperties(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = 1 })
	taken := r.start(manager.Request{Number: swiss2, Desired: monday().Add(3 * time.Hour)})
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour), Properties: callback.Values{"note": "a"}})
	move := func(at time.Time, set callback.Values) (*callback.Callback, error) {
		return r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at, Set: set, Actor: "ann"})
	}
	for name, refused := range map[string]struct {
		at   time.Time
		set  callback.Values
		fact error
		code int
	}{
		"a time beyond the horizon":  {monday().AddDate(1, 0, 0), callback.Values{"note": "b"}, callback.ErrInvalidParameter, 40010},
		"a number that is no number": {monday().Add(2 * time.Hour), callback.Values{"_customer_number": "12"}, callback.ErrInvalidNumber, 40040},
		"a number at its limit":      {monday().Add(2 * time.Hour), callback.Values{"_customer_number": swiss2}, callback.ErrNumberLimit, 40001},
		"a property without a name":  {monday().Add(2 * time.Hour), callback.Values{"": "b"}, callback.ErrInvalidParameter, 40010},
	} {
		_, err := move(refused.at, refused.set)
		wantCode(t, err, refused.fact, refused.code)
		if now := r.get(cb.ID); now.Revision != 1 || now.UserData["note"] != "a" || !now.Desired.Equal(cb.Desired) {
			t.Errorf("%s: it is at revision %d with %v", name, now.Revision, now.UserData)
		}
	}
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: taken.ID}); err != nil {
		t.Fatal(err)
	}
	now, err := move(monday().Add(2*time.Hour), callback.Values{"note": "b", "_customer_number": swiss2})
	if err != nil {
		t.Fatal(err)
	}
	if now.Revision != 2 || now.UserData["note"] != "b" || now.Customer.Number.Reveal() != swiss2 || !now.Desired.Equal(monday().Add(2*time.Hour)) {
		t.Errorf("it is at revision %d for %v with %v", now.Revision, now.Desired, now.UserData)
	}
}

func TestReschedule(t *testing.T) {
	at := monday().Add(2 * time.Hour)
	small := func(s *callback.Service, _ *manager.Config) { s.Booking.PerBucket = 1 }
	seats := func(r *rig, at time.Time) int {
		slots, err := r.m.Availability(r.ctx, manager.AvailabilityRequest{Service: "desk",
			Query: availability.Query{Start: at, End: at.Add(5 * time.Minute), ReportBusy: true}})
		if err != nil || len(slots.Slots) != 1 {
			t.Fatalf("availability: %v %v", slots, err)
		}
		return slots.Slots[0].Left
	}
	t.Run("moves the seat", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		moved, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if moved.State != callback.Scheduled || !moved.Desired.Equal(at.Add(time.Hour)) {
			t.Errorf("moved to %v, %v", moved.State, moved.Desired)
		}
		if seats(r, at) != 1 || seats(r, at.Add(time.Hour)) != 0 {
			t.Errorf("seats left: %d and %d", seats(r, at), seats(r, at.Add(time.Hour)))
		}
		r.run(10 * time.Hour)
		if calls := r.dialer.Calls(); len(calls) == 0 || calls[0].Started.Before(at.Add(58*time.Minute)) {
			t.Errorf("calls: %v", calls)
		}
	})
	t.Run("within the bucket", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		if _, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.Add(3 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		if seats(r, at) != 0 {
			t.Error("the seat was lost")
		}
	})
	t.Run("full", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		r.start(manager.Request{Number: swiss2, Desired: at.Add(time.Hour)})
		_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.Add(time.Hour)})
		wantCode(t, err, callback.ErrFull, 40051)
		var full *callback.AvailabilityError
		if !errors.As(err, &full) || len(full.Alternatives) != 6 {
			t.Errorf("alternatives %+v", full)
		}
		if got := r.get(cb.ID); !got.Desired.Equal(at) || seats(r, at) != 0 {
			t.Error("the old booking did not stand")
		}
	})
	t.Run("now", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		moved, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: monday().Add(time.Minute)})
		if err != nil || moved.State != callback.Queued || seats(r, at) != 1 {
			t.Errorf("%v, %v", moved, err)
		}
	})
	t.Run("not scheduled", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{})
		_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at})
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
	})
	t.Run("bad", func(t *testing.T) {
		r := newRig(t, small)
		cb := r.start(manager.Request{Desired: at})
		_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID})
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		_, err = r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at.AddDate(1, 0, 0)})
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		_, err = r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cb.ID, Desired: at, Revision: 9})
		wantCode(t, err, callback.ErrConflict, 40020)
	})
}
