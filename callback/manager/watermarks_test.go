package manager_test

import (
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
	if err := r.services.Set("", callback.Service{Name: "gone", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
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
