package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// A new time and the properties that come with it are one change, or none.
func TestRescheduleWithProperties(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = callback.CheckStrict })
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

// A state that is reported and the properties that come with it are one change,
// or none.
func TestReportStateWithProperties(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
	report := func(s callback.State, set callback.Values) (*callback.Callback, error) {
		return r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: s, Set: set, Actor: "desk"})
	}
	_, err := report(callback.Processing, callback.Values{"": "x"})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	now, err := report(callback.Processing, callback.Values{"note": "talks"})
	if err != nil || now.State != callback.Processing || now.UserData["note"] != "talks" || now.Revision != 2 {
		t.Fatalf("%v, %v", now, err)
	}
	_, err = report(callback.Processing, callback.Values{"_customer_number": swiss2})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	if now, err = report(callback.Processing, callback.Values{"note": "still talks"}); err != nil || now.Revision != 3 || now.UserData["note"] != "still talks" {
		t.Errorf("%v, %v", now, err)
	}
	now, err = report(callback.Completed, callback.Values{"note": "done"})
	if err != nil || now.State != callback.Completed || now.UserData["note"] != "done" {
		t.Errorf("%v, %v", now, err)
	}
	history, err := r.m.History(r.ctx, cb.ID)
	if err != nil || len(history) != 4 {
		t.Errorf("%d events, %v", len(history), err)
	}
}
