package manager_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// searchRig has six callbacks that differ in everything a query can name.
func searchRig(t *testing.T) *rig {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.SearchKeys = []string{"_customer_number", "_account", "mail"}
		s.Paused = true
		s.Limits.SameNumber = callback.NoLimit
	})
	other := callback.Service{Name: "sales", Numbers: callback.Numbers{Country: "CH"}}
	if err := r.services.Set("", other); err != nil {
		t.Fatal(err)
	}
	if err := r.services.Set("acme", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		req := manager.Request{Number: fmt.Sprintf("+4178555660%d", i), Priority: scheduler.Priority(i % 2),
			CustomerID:  fmt.Sprintf("c%d", i),
			Origin:      callback.Origin{ExternalID: fmt.Sprintf("x%d", i), CallerID: fmt.Sprintf("crm%d", i%2), AppPool: "pool"},
			Properties:  callback.Values{"_account": fmt.Sprintf("A%d", i%2), "mail": "m@example.com", "color": "red"},
			Desired:     monday().Add(time.Duration(i) * time.Hour),
			Service:     map[bool]string{true: "sales", false: "desk"}[i == 4],
			Agent:       callback.Agent{Personal: map[bool]string{true: "ann"}[i == 3]},
			Interaction: callback.Interaction{},
		}
		r.start(req)
		r.clock.Advance(time.Second)
	}
	if _, err := r.m.Tenant("acme").Start(r.ctx, manager.Request{Service: "desk", Number: "+41785556600"}); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSearch(t *testing.T) {
	r := searchRig(t)
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000002"}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: "cb000003", Set: callback.Values{"_account": "A9"}}); err != nil {
		t.Fatal(err)
	}
	at := func(h int) time.Time { return monday().Add(time.Duration(h) * time.Hour) }
	for name, c := range map[string]struct {
		q    callback.Query
		want []string
	}{
		"all":             {callback.Query{}, []string{"1", "2", "3", "4", "5"}},
		"newest first":    {callback.Query{Order: callback.ByCreated, Desc: true}, []string{"5", "4", "3", "2", "1"}},
		"number":          {callback.Query{Number: "+41 78 555 66 03"}, []string{"4"}},
		"national number": {callback.Query{Number: "078 555 66 03", Services: []string{"desk"}}, []string{"4"}},
		"state":           {callback.Query{States: []callback.State{callback.Scheduled}}, []string{"3", "4", "5"}},
		"not state":       {callback.Query{NotStates: []callback.State{callback.Scheduled}}, []string{"1", "2"}},
		"reason":          {callback.Query{Reasons: []callback.Reason{callback.ReasonCancelled}}, []string{"2"}},
		"service":         {callback.Query{Services: []string{"sales"}}, []string{"5"}},
		"customer":        {callback.Query{CustomerID: "c3"}, []string{"4"}},
		"external id":     {callback.Query{ExternalID: "x0"}, []string{"1"}},
		"caller id":       {callback.Query{CallerID: "crm1"}, []string{"2", "4"}},
		"pool and agent":  {callback.Query{AppPool: "pool", Personal: "ann"}, []string{"4"}},
		"priority":        {callback.Query{Priorities: []scheduler.Priority{scheduler.StrictPriority, scheduler.Priority(1)}}, []string{"2", "4"}},
		"times":           {callback.Query{DesiredFrom: at(1), DesiredTo: at(2)}, []string{"2", "3"}},
		"and":             {callback.Query{SearchValues: []callback.Match{{Key: "_account", Value: "A0"}, {Key: "_customer_number", Value: "+41785556602"}}}, []string{"3"}},
		"or": {callback.Query{AnySearchValue: true, SearchValues: []callback.Match{{Key: "_account", Value: "A9"}, {Key: "_customer_number", Value: "+41785556600"}}},
			[]string{"1", "3"}},
		"former value":   {callback.Query{SearchValues: []callback.Match{{Key: "_account", Value: "A0"}}}, []string{"1", "3"}},
		"property":       {callback.Query{Properties: []callback.Match{{Key: "color", Value: "red"}}, Services: []string{"sales"}}, []string{"5"}},
		"ids":            {callback.Query{IDs: []callback.ID{"cb000001", "cb000006"}}, []string{"1"}},
		"another tenant": {callback.Query{}, []string{"6"}},
		"no tenant":      {callback.Query{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, limit := range []int{0, 1, 2} {
				q := c.q
				q.Limit = limit
				var got []string
				for cb, err := range tenantOf(r, name).m.Search(r.ctx, q) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, string(cb.ID[len(cb.ID)-1:]))
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
				}
			}
		})
	}
}

func TestBadQueries(t *testing.T) {
	r := newRig(t, nil)
	for name, q := range map[string]callback.Query{
		"tenants":   {AllTenants: true},
		"limit":     {Limit: 1001},
		"below":     {Limit: -1},
		"order":     {Order: 99},
		"state":     {States: []callback.State{77}},
		"span":      {DesiredFrom: monday(), DesiredTo: monday().Add(-1)},
		"cursor":    {After: "nonsense"},
		"many keys": {Services: make([]string, 1001)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.m.SearchPage(r.ctx, q)
			wantCode(t, err, callback.ErrInvalidParameter, 40010)
			for _, err := range r.m.Search(r.ctx, q) {
				wantCode(t, err, callback.ErrInvalidParameter, 40010)
			}
		})
	}
}

func TestAvailabilityFollowsBookings(t *testing.T) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/Zurich", Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking = callback.Booking{Hours: hours, PerBucket: 2, Bucket: time.Hour}
		s.Limits.SameNumber = callback.NoLimit
	})
	day := manager.AvailabilityRequest{Service: "desk", Query: availability.Query{Start: monday()}}
	left := func(q manager.AvailabilityRequest) map[string]int {
		slots, err := r.m.Availability(r.ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]int{}
		for _, s := range slots.Slots {
			m[s.Start.UTC().Format("15:04")] = s.Left
		}
		return m
	}
	at := time.Date(2026, 1, 12, 14, 10, 0, 0, time.UTC)
	cb := r.start(manager.Request{Desired: at})
	if diff := cmp.Diff(map[string]int{"10:00": 2, "11:00": 2, "12:00": 2, "13:00": 2, "14:00": 1, "15:00": 2}, left(day)); diff != "" {
		t.Errorf("one booked (-want +got):\n%s", diff)
	}
	r.start(manager.Request{Desired: at})
	if _, ok := left(day)["14:00"]; ok {
		t.Error("a full slot is offered")
	}
	busy := day
	busy.ReportBusy = true
	if n, ok := left(busy)["14:00"]; !ok || n != 0 {
		t.Error("a full slot is not reported on demand")
	}
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil {
		t.Fatal(err)
	}
	if left(day)["14:00"] != 1 {
		t.Error("a cancelled booking keeps its seat")
	}
	for name, bad := range map[string]manager.AvailabilityRequest{
		"service": {Service: "none"},
		"endings": {Service: "desk", Query: availability.Query{End: at, Days: 3}},
		"range":   {Service: "desk", Query: availability.Query{Start: monday(), Days: 4000}},
	} {
		_, err := r.m.Availability(r.ctx, bad)
		if callback.Code(err) != 40010 {
			t.Errorf("%s: %v has code %d", name, err, callback.Code(err))
		}
	}
}

func TestHistoryIsComplete(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour), Actor: "web"})
	r.run(3 * time.Hour)
	history, err := r.m.History(r.ctx, cb.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range history {
		if e.Seq != int64(i+1) || e.Callback != cb.ID || e.At.IsZero() {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	if history[0].Actor != "web" || history[len(history)-1].Reason != callback.ReasonAgentConnected {
		t.Errorf("first %+v, last %+v", history[0], history[len(history)-1])
	}
	_, err = r.m.History(r.ctx, "none")
	wantCode(t, err, callback.ErrNotFound, 40030)
	_, err = r.m.Tenant("other").History(r.ctx, cb.ID)
	wantCode(t, err, callback.ErrNotFound, 40030)
}

func TestQueryErrorOrder(t *testing.T) {
	r := newRig(t, nil)
	seen := map[string]bool{}
	q := callback.Query{IDs: make([]callback.ID, 1001), Services: make([]string, 1001), Reasons: make([]callback.Reason, 1001)}
	for range 50 {
		_, err := r.m.SearchPage(r.ctx, q)
		seen[err.Error()] = true
	}
	if len(seen) > 1 {
		t.Errorf("one query, %d different errors", len(seen))
	}
}
