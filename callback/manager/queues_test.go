package manager_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store"
)

// officeRig has three services, one of them idle, a second tenant with a service
// of the same name as one of them, and no engine at work.
func officeRig(t *testing.T, change func(*callback.Service, *manager.Config)) (*rig, *callbacktest.FaultyStore) {
	t.Helper()
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Store = faulty.Store()
		s.Limits.SameNumber = callback.NoLimit
		s.Limits.PerParameter = 10_000
		s.Booking.PerBucket = 100_000
		if change != nil {
			change(s, c)
		}
	})
	open := callback.Limits{SameNumber: callback.NoLimit, PerParameter: 10_000}
	for _, s := range []struct {
		tenant, name, country string
	}{{"", "sales", "GB"}, {"", "idle", "CH"}, {"acme", "desk", "CH"}, {"acme", "spa", "CH"}} {
		if err := r.services.Set(s.tenant, callback.Service{Name: s.name, Numbers: callback.Numbers{Country: s.country, Countries: []string{phonenum.Anywhere}}, Limits: open}); err != nil {
			t.Fatal(err)
		}
	}
	return r, faulty
}

// summary writes queues as "desk=1,2+ idle=", the plus for more.
func summary(queues []manager.ServiceQueue) string {
	var parts []string
	for _, q := range queues {
		var ids []string
		for _, cb := range q.Callbacks {
			ids = append(ids, strings.TrimLeft(strings.TrimPrefix(string(cb.ID), "cb"), "0"))
		}
		text := q.Service + "=" + strings.Join(ids, ",")
		if q.More {
			text += "+"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

func TestQueues(t *testing.T) {
	r, _ := officeRig(t, nil)
	at := func(d time.Duration) time.Time { return monday().Add(d) }
	r.start(manager.Request{Desired: at(3 * time.Hour)})                                                           // 1
	r.start(manager.Request{Desired: at(2 * time.Hour), Properties: callback.Values{"_tier": "gold"}})             // 2
	r.start(manager.Request{Service: "sales", Desired: at(4 * time.Hour)})                                         // 3
	r.start(manager.Request{Desired: at(26 * time.Hour)})                                                          // 4: beyond a day
	r.of("acme").start(manager.Request{Desired: at(2 * time.Hour)})                                                // 5
	r.start(manager.Request{Properties: callback.Values{"tier": "gold"}})                                          // 6: now
	r.start(manager.Request{Service: "sales", Number: "+442079460123", Desired: at(5 * time.Hour)})                // 7
	r.start(manager.Request{Desired: at(2*time.Hour + time.Minute), Alternative: "+442079460123", Number: swiss2}) // 8
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: "cb000001"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		req  manager.QueuesRequest
		want string
	}{
		"all":              {manager.QueuesRequest{}, "desk=6,2,8,1 idle= sales=3,7"},
		"named, in order":  {manager.QueuesRequest{Services: []string{"sales", "desk", "sales"}}, "sales=3,7 desk=6,2,8,1"},
		"unknown":          {manager.QueuesRequest{Services: []string{"no service"}}, "no service="},
		"states":           {manager.QueuesRequest{States: []callback.State{callback.Scheduled}}, "desk=2,8 idle= sales=3,7"},
		"reasons":          {manager.QueuesRequest{Reasons: []callback.Reason{callback.ReasonCancelled}}, "desk=1 idle= sales="},
		"property":         {manager.QueuesRequest{Properties: []callback.Match{{Key: "_tier", Value: "gold"}}}, "desk=2 idle= sales="},
		"user data":        {manager.QueuesRequest{Properties: []callback.Match{{Key: "tier", Value: "gold"}}}, "desk=6 idle= sales="},
		"max":              {manager.QueuesRequest{Max: 2}, "desk=6,2+ idle= sales=3,7"},
		"range, inclusive": {manager.QueuesRequest{From: at(2 * time.Hour), To: at(3 * time.Hour)}, "desk=2,8,1 idle= sales="},
		"later":            {manager.QueuesRequest{From: at(25 * time.Hour), To: at(27 * time.Hour)}, "desk=4 idle= sales="},
		"from alone":       {manager.QueuesRequest{From: at(4 * time.Hour)}, "desk= idle= sales=3,7"},
		"another tenant":   {manager.QueuesRequest{}, "desk=5 spa="},
		"no tenant":        {manager.QueuesRequest{}, ""},
		// Each service reads a number in its own country.
		"number":                         {manager.QueuesRequest{Properties: []callback.Match{{Key: "_customer_number", Value: "+44 20 7946 0123"}}}, "desk=8 idle= sales=7"},
		"national number":                {manager.QueuesRequest{Properties: []callback.Match{{Key: "_customer_number", Value: "020 7946 0123"}}}, "desk= idle= sales=7"},
		"number and something else":      {manager.QueuesRequest{Properties: []callback.Match{{Key: "_tier", Value: "gold"}, {Key: "_customer_number", Value: "078 555 66 77"}}}, "desk=2 idle= sales="},
		"what is no number":              {manager.QueuesRequest{Properties: []callback.Match{{Key: "_customer_number", Value: "x\ny"}}}, "desk= idle= sales="},
		"number of a service unheard of": {manager.QueuesRequest{Services: []string{"?"}, Properties: []callback.Match{{Key: "_customer_number", Value: swiss}}}, "?="},
	} {
		t.Run(name, func(t *testing.T) {
			queues, err := tenantOf(r, name).m.Queues(r.ctx, c.req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, summary(queues)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The window without bounds is 15 minutes back and 24 hours on, both inclusive.
func TestQueuesWindow(t *testing.T) {
	r, _ := officeRig(t, nil)
	r.start(manager.Request{}) // desired now
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{15 * time.Minute, "desk=1 idle= sales="}, {15*time.Minute + 1, "desk= idle= sales="}, {-24 * time.Hour, "desk=1 idle= sales="}, {-24*time.Hour - 1, "desk= idle= sales="}} {
		r.clock.Set(monday().Add(c.after))
		queues, err := r.m.Queues(r.ctx, manager.QueuesRequest{})
		if err != nil || summary(queues) != c.want {
			t.Errorf("%v after the desired time: %q, %v", c.after, summary(queues), err)
		}
	}
}

func TestQueuesBadInput(t *testing.T) {
	r, faulty := officeRig(t, nil)
	const day = 24 * time.Hour
	for name, req := range map[string]manager.QueuesRequest{
		"below":         {Max: -1},
		"above":         {Max: 1001},
		"backwards":     {From: monday(), To: monday().Add(-1)},
		"state":         {States: []callback.State{77}},
		"services":      {Services: manyNames(1001)},
		"number, twice": {Properties: []callback.Match{{Key: "_customer_number", Value: swiss}, {Key: "_customer_number", Value: swiss2}}},
	} {
		_, err := r.m.Queues(r.ctx, req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		var field *callback.FieldError
		if !errors.As(err, &field) {
			t.Errorf("%s: %T", name, err)
		}
	}
	if _, err := r.m.Queues(r.ctx, manager.QueuesRequest{From: monday(), To: monday().Add(45 * day)}); err != nil {
		t.Errorf("45 days: %v", err)
	}
	_, err := r.m.Queues(r.ctx, manager.QueuesRequest{From: monday(), To: monday().Add(45*day + 1)})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	var wide *manager.RangeError
	if !errors.As(err, &wide) || wide.Span != 45*day+1 || wide.Max != 45*day {
		t.Errorf("%#v", err)
	}
	_, err = r.m.Queues(r.ctx, manager.QueuesRequest{From: monday().AddDate(-900, 0, 0)})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Times: -1},
		callbacktest.Fault{Method: callbacktest.MethodCount, Kind: callbacktest.FailBefore})
	r.start(manager.Request{})
	for range 2 { // the count, then the search
		_, err = r.m.Queues(r.ctx, manager.QueuesRequest{})
		if !errors.Is(err, callbacktest.ErrInjected) {
			t.Errorf("a store that fails: %v", err)
		}
	}
	faulty.Heal()
}

func manyNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("s", i)
	}
	return names
}

// Services share a search if their callbacks fit in a page, and services without
// callbacks need none. Callbacks that arrive after the count do not shorten the list
// of a service.
func TestQueuesCostsFewCalls(t *testing.T) {
	r, faulty := officeRig(t, nil)
	start := func(service string, n int) {
		for i := range n {
			r.start(manager.Request{Service: service, Number: fmt.Sprintf("+4178555%04d", i), Desired: monday().Add(time.Hour + time.Duration(i)*time.Second)})
		}
	}
	calls := func(req manager.QueuesRequest) (queues []manager.ServiceQueue, counts, searches int) {
		counts, searches = faulty.Count(callbacktest.MethodCount), faulty.Count(callbacktest.MethodSearch)
		queues, err := r.m.Queues(r.ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		return queues, faulty.Count(callbacktest.MethodCount) - counts, faulty.Count(callbacktest.MethodSearch) - searches
	}
	if _, counts, searches := calls(manager.QueuesRequest{}); counts != 1 || searches != 0 {
		t.Errorf("idle: %d counts, %d searches", counts, searches)
	}
	start("desk", 40)
	start("sales", 30)
	if queues, counts, searches := calls(manager.QueuesRequest{}); counts != 1 || searches != 1 || len(queues[0].Callbacks) != 40 || len(queues[2].Callbacks) != 30 {
		t.Errorf("two small services: %d counts, %d searches", counts, searches)
	}
	queues, _, searches := calls(manager.QueuesRequest{Max: 35})
	if searches != 2 || len(queues[0].Callbacks) != 35 || !queues[0].More || len(queues[2].Callbacks) != 30 || queues[2].More {
		t.Errorf("one above the maximum: %d searches", searches)
	}
	// A thousand come between count and search, before those of the other service.
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.Pass, Hook: func(context.Context, callbacktest.Op) {
		for i := range 1000 {
			r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Desired: monday().Add(30 * time.Minute)})
		}
	}})
	queues, _, searches = calls(manager.QueuesRequest{Max: 1000})
	if searches != 3 || len(queues[0].Callbacks) != 1000 || !queues[0].More || len(queues[2].Callbacks) != 30 {
		t.Errorf("a crowd: %d searches, %d and %d found", searches, len(queues[0].Callbacks), len(queues[2].Callbacks))
	}
}

// A source that cannot list its services still shows those with callbacks.
func TestQueuesWithoutALister(t *testing.T) {
	var source plainSource
	r, _ := officeRig(t, func(_ *callback.Service, c *manager.Config) { c.Services = &source })
	source.services = r.services
	r.start(manager.Request{Desired: monday().Add(-30 * 24 * time.Hour), Service: "sales"})
	r.start(manager.Request{Desired: monday().Add(2 * time.Hour)})
	r.of("acme").start(manager.Request{})
	for _, req := range []manager.QueuesRequest{{}, {Properties: []callback.Match{{Key: "_customer_number", Value: swiss}}}} {
		queues, err := r.m.Queues(r.ctx, req)
		if err != nil || summary(queues) != "desk=2 sales=1" {
			t.Errorf("%q, %v", summary(queues), err)
		}
	}
	r.clock.Advance(time.Hour)
	if queues, err := r.m.Queues(r.ctx, manager.QueuesRequest{}); err != nil || summary(queues) != "desk=2 sales=" {
		t.Errorf("an hour later: %q, %v", summary(queues), err)
	}
	_, err := r.m.Policies(r.ctx)
	wantCode(t, err, callback.ErrConfiguration, 50020)
}

// Callbacks of a service that is not configured any more are shown and
// forgotten, by number as well.
func TestNumbersOfAServiceThatIsGone(t *testing.T) {
	r, _ := officeRig(t, nil)
	r.start(manager.Request{Service: "sales", Desired: monday().Add(time.Hour)})
	r.services.Remove("", "sales")
	number := []callback.Match{{Key: "_customer_number", Value: swiss}}
	queues, err := r.m.Queues(r.ctx, manager.QueuesRequest{Properties: number})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("desk= idle= sales=1", summary(queues)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, name := range []string{"desk", "idle"} {
		r.services.Remove("", name)
	}
	if diff := cmp.Diff([]string{"cb000001 ok 1"}, fates(r.forget(manager.ForgetRequest{Numbers: []string{swiss}}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
