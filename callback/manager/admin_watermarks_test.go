package manager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestWatermarks(t *testing.T) {
	r, faulty := officeRig(t, nil)
	forced := func(service string, s callback.State) {
		r.start(manager.Request{Service: service, State: s})
	}
	for _, s := range []callback.State{callback.Queued, callback.Paused, callback.Routing, callback.Processing, callback.Completed, callback.Scheduled} {
		forced("desk", s)
	}
	forced("sales", callback.Queued)
	if _, err := r.m.Tenant("acme").Start(r.ctx, manager.Request{Service: "desk", Number: swiss}); err != nil {
		t.Fatal(err)
	}
	// A callback of a service that was taken away is still at work.
	if err := r.services.Set("", callback.Service{Name: "gone"}); err != nil {
		t.Fatal(err)
	}
	forced("gone", callback.Queued)
	r.services.Remove("", "gone")
	for name, c := range map[string]struct {
		req  manager.WatermarksRequest
		want manager.Watermarks
	}{
		"all":            {manager.WatermarksRequest{}, manager.Watermarks{Total: 6, Services: map[string]int{"desk": 4, "idle": 0, "sales": 1, "gone": 1}}},
		"named":          {manager.WatermarksRequest{Services: []string{"sales", "idle", "sales"}}, manager.Watermarks{Total: 1, Services: map[string]int{"sales": 1, "idle": 0}}},
		"unknown":        {manager.WatermarksRequest{Services: []string{"?"}}, manager.Watermarks{Services: map[string]int{"?": 0}}},
		"another tenant": {manager.WatermarksRequest{}, manager.Watermarks{Total: 1, Services: map[string]int{"desk": 1, "spa": 0}}},
		"theirs by name": {manager.WatermarksRequest{Services: []string{"spa"}}, manager.Watermarks{Services: map[string]int{"spa": 0}}},
		"no tenant":      {manager.WatermarksRequest{}, manager.Watermarks{Services: map[string]int{}}},
	} {
		t.Run(name, func(t *testing.T) {
			before := faulty.Count(callbacktest.AnyMethod)
			got, err := tenantOf(r, name).m.Watermarks(r.ctx, c.req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := faulty.Count(callbacktest.AnyMethod) - before; n != 1 {
				t.Errorf("%d store calls", n)
			}
		})
	}
}

// What was desired longer ago than the age is ignored; the bound itself counts.
func TestWatermarksAge(t *testing.T) {
	r, _ := officeRig(t, nil)
	r.start(manager.Request{})
	total := func(age time.Duration) int {
		got, err := r.m.Watermarks(r.ctx, manager.WatermarksRequest{Age: age})
		if err != nil {
			t.Fatal(err)
		}
		return got.Total
	}
	r.clock.Advance(3 * time.Hour)
	if total(0) != 1 || total(3*time.Hour-1) != 0 {
		t.Error("three hours later")
	}
	r.clock.Advance(1)
	if total(0) != 0 || total(3*time.Hour+1) != 1 || total(4000*24*time.Hour) != 1 {
		t.Error("a nanosecond after that")
	}
}

func TestWatermarksBadInput(t *testing.T) {
	r, faulty := officeRig(t, nil)
	for _, req := range []manager.WatermarksRequest{{Age: -1}, {Age: 4000*24*time.Hour + 1}, {Services: manyNames(1001)}} {
		_, err := r.m.Watermarks(r.ctx, req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodCount, Kind: callbacktest.FailBefore})
	if _, err := r.m.Watermarks(r.ctx, manager.WatermarksRequest{}); !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("a store that fails: %v", err)
	}
}

// A source that cannot list its services has those that are not idle.
func TestWatermarksWithoutALister(t *testing.T) {
	var source plainSource
	r, _ := officeRig(t, func(_ *callback.Service, c *manager.Config) { c.Services = &source })
	source.services = r.services
	r.start(manager.Request{})
	r.start(manager.Request{Service: "sales", State: callback.Completed})
	got, err := r.m.Watermarks(r.ctx, manager.WatermarksRequest{})
	if diff := cmp.Diff(manager.Watermarks{Total: 1, Services: map[string]int{"desk": 1, "sales": 0}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// brokenLister lists what it does not have, twice and out of order.
type brokenLister struct {
	plainSource
	err error
}

func (l brokenLister) Names(context.Context, string) ([]string, error) {
	return []string{"sales", "gone", "desk", "sales"}, l.err
}

func TestPolicies(t *testing.T) {
	r, _ := officeRig(t, nil)
	names := func(m *manager.Manager, tenant string) (names []string) {
		policies, err := m.Tenant(tenant).Policies(r.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range policies {
			names = append(names, p.Service().Name)
		}
		return names
	}
	if diff := cmp.Diff([]string{"desk", "idle", "sales"}, names(r.m, "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"desk", "spa"}, names(r.m, "acme")); diff != "" {
		t.Error(diff)
	}
	if got := names(r.m, "nobody"); got != nil {
		t.Errorf("nobody has %q", got)
	}
	p, err := r.m.Policy(r.ctx, "sales")
	if err != nil || p.Service().Numbers.Country != "GB" || p.Service().TTL != 24*time.Hour {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = r.m.Policy(r.ctx, "spa")
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	// A change takes effect at once.
	r.services.Remove("", "sales")
	if diff := cmp.Diff([]string{"desk", "idle"}, names(r.m, "")); diff != "" {
		t.Error(diff)
	}
	// Names that go away while they are listed are left out, and each is once.
	broken := brokenLister{plainSource: plainSource{r.services}}
	if err := r.services.Set("", callback.Service{Name: "sales"}); err != nil {
		t.Fatal(err)
	}
	second := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Services = &broken })
	if diff := cmp.Diff([]string{"desk", "sales"}, names(second.m, "")); diff != "" {
		t.Error(diff)
	}
	broken.err = callbacktest.ErrInjected
	if _, err := second.m.Policies(r.ctx); !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("a lister that fails: %v", err)
	}
	if _, err := second.m.Queues(r.ctx, manager.QueuesRequest{}); !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("a lister that fails: %v", err)
	}
}

// clockStore is a store that says what time it is.
type clockStore struct {
	callback.Store
	now time.Time
	err error
}

func (s *clockStore) Now(context.Context) (time.Time, error) { return s.now, s.err }

func TestNow(t *testing.T) {
	r := newRig(t, nil)
	r.clock.Advance(time.Minute)
	if now, err := r.m.Now(r.ctx); err != nil || !now.Equal(monday().Add(time.Minute)) {
		t.Errorf("%v, %v", now, err)
	}
	timed := &clockStore{now: monday().Add(time.Hour)}
	second := newRig(t, func(_ *callback.Service, c *manager.Config) {
		timed.Store = c.Store
		c.Store = timed
	})
	if now, err := second.m.Now(r.ctx); err != nil || !now.Equal(timed.now) {
		t.Errorf("%v, %v", now, err)
	}
	timed.err = callbacktest.ErrInjected
	if _, err := second.m.Now(r.ctx); !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("a clock that fails: %v", err)
	}
	for _, ask := range []func() error{
		func() error { _, err := second.m.Queues(r.ctx, manager.QueuesRequest{}); return err },
		func() error { _, err := second.m.Watermarks(r.ctx, manager.WatermarksRequest{}); return err },
		func() error { _, err := second.m.Position(r.ctx, "x"); return err },
		func() error {
			_, err := second.m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{"x"}, Actor: "ann"})
			return err
		},
		func() error {
			_, err := second.m.CancelAll(r.ctx, manager.CancelAllRequest{Query: &callback.Query{}, Actor: "ann"})
			return err
		},
	} {
		if err := ask(); !errors.Is(err, callbacktest.ErrInjected) {
			t.Errorf("a clock that fails: %v", err)
		}
	}
	timed.err = nil
}
