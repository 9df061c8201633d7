package gms_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// failingCapacity panics on demand for the buckets of a time on.
type failingCapacity struct{ from *time.Time }

func (c failingCapacity) At(bucket time.Time) int {
	if !c.from.IsZero() && !bucket.Before(*c.from) {
		panic("table of +41785556677 is gone")
	}
	return 5
}

// A Capacity that fails is error 50004 for every operation that needs it, and
// changes nothing.
func TestCapacityFails(t *testing.T) {
	var from time.Time
	r := newRig(t, func(s *setup) {
		s.services[0].Booking.Capacity = failingCapacity{&from}
		s.services[0].Booking.Horizon = callback.Span{Years: 1}
	})
	booked := r.scheduled(swiss)
	from = monday().AddDate(0, 1, 0)
	at := from.AddDate(0, 0, 3).Format("2006-01-02T15:04:05.000Z")
	fails := func(name string, res *response) {
		t.Helper()
		e := res.fault(500, 50004)
		if e.Phrase != "CAPACITY_ERROR" || e.Message != "Capacity could not be determined: capacity panicked." {
			t.Errorf("%s: %+v", name, e)
		}
	}
	fails("start", r.post(deskPath, `{"_customer_number":"`+swiss2+`","_desired_time":"`+at+`"}`))
	fails("reschedule", r.put(string(booked.ID), `{"_new_desired_time":"`+at+`"}`))
	fails("availability", r.get("/genesys/2/service/callback/desk/availability?start="+at))
	fails("availability 1", r.get(deskPath+"/availability?start="+at))
	if got := r.stored(string(booked.ID)); got.Revision != booked.Revision || !got.Desired.Equal(booked.Desired) {
		t.Errorf("it is booked for %v", got.Desired)
	}
	if log := r.log.String(); !strings.Contains(log, "code=50004") || strings.Contains(log, "5556677") {
		t.Errorf("the log has\n%s", log)
	}
	from = time.Time{} // it works again
	r.post(deskPath, `{"_customer_number":"`+swiss2+`","_desired_time":"`+at+`"}`).want(200)
	r.post(deskPath, `{"_customer_number":"`+swiss3+`"}`).want(200)
}

// An immediate callback needs no capacity.
func TestCapacityFailsForScheduledOnly(t *testing.T) {
	from := monday().AddDate(-1, 0, 0)
	r := newRig(t, func(s *setup) { s.services[0].Booking.Capacity = failingCapacity{&from} })
	r.start(`{"_customer_number":"` + swiss + `"}`)
}

// A source of services that cannot load a calendar or a capacity fails every
// operation that needs the service, with the code of what failed.
func TestCalendarFails(t *testing.T) {
	services, err := callback.NewServices(desk())
	if err != nil {
		t.Fatal(err)
	}
	source := &failingSource{ServiceSource: services}
	r := newRig(t, func(s *setup) { s.options = func(c *manager.Config) { c.Services = source } })
	booked := r.scheduled(swiss)
	for _, test := range []struct {
		err    error
		code   int
		phrase string
	}{{callback.ErrCalendar, 50005, "CALENDAR_ERROR"}, {callback.ErrCapacity, 50004, "CAPACITY_ERROR"}} {
		source.err = test.err
		for name, res := range map[string]*response{
			"start":          r.post(deskPath, `{"_customer_number":"`+swiss2+`"}`),
			"reschedule":     r.put(string(booked.ID), `{"_new_desired_time":"2026-01-14T09:30:00.000Z"}`),
			"availability":   r.get("/genesys/2/service/callback/desk/availability"),
			"availability 1": r.get(deskPath + "/availability"),
		} {
			if e := res.fault(500, test.code); e.Phrase != test.phrase {
				t.Errorf("%s: %+v", name, e)
			}
		}
		source.err = nil
	}
	if got := r.stored(string(booked.ID)); got.Revision != booked.Revision {
		t.Errorf("it has changed: %v", got)
	}
}

// deafDialer fails to hang up on demand.
type deafDialer struct {
	*callbacktest.Dialer
	err   error
	asked int
}

func (d *deafDialer) Hangup(ctx context.Context, h callback.Hangup) error {
	d.asked++
	if d.err != nil {
		return d.err
	}
	return d.Dialer.Hangup(ctx, h)
}

// A cancellation whose hang-up fails is error 50030. It is noted all the same, and
// with discard_ors_failure it succeeds.
func TestHangUpFails(t *testing.T) {
	d := &deafDialer{}
	r := newRig(t, func(s *setup) {
		s.options = func(c *manager.Config) { d.Dialer = c.Dialer.(*callbacktest.Dialer); c.Dialer = d }
	})
	r.dialer.On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	id := string(r.start(`{"_customer_number":"` + swiss + `"}`).ID)
	forced := string(r.start(`{"_customer_number":"` + swiss2 + `"}`).ID)
	r.tick()
	d.err = errors.New("platform of +41785556677 is down")
	for range 2 { // a repeated request asks the dialer again
		before := d.asked
		e := r.do("boss", "DELETE", deskPath+"/"+id, "").fault(500, 50030)
		if e.Phrase != "EXECUTION_ERROR" || !strings.Contains(e.Message, "the dialer failed to hang up") || strings.Contains(e.Message, "555") {
			t.Errorf("%+v", e)
		}
		if d.asked != before+1 {
			t.Errorf("the dialer was asked %d times", d.asked-before)
		}
	}
	r.do("boss", "DELETE", deskPath+"/"+forced+"?discard_ors_failure=true", "").want(200)
	d.err = nil
	r.do("boss", "DELETE", deskPath+"/"+id, "").fault(400, 40020) // the call has to end first
	if _, err := callbacktest.Drive(t.Context(), r.m, r.clock, d.Dialer, monday().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{id, forced} {
		if cb := r.stored(id); cb.Reason != callback.ReasonCancelled || len(cb.Attempts) != 1 {
			t.Errorf("it is %v %v after %d attempts", cb.State, cb.Reason, len(cb.Attempts))
		}
	}
}
