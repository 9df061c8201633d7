package manager_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// exported reads an export to its end.
func exported(r *rig, req manager.ExportRequest) (ids []string, err error) {
	for cb, e := range r.m.ExportCancelled(r.ctx, req) {
		if e != nil {
			if err != nil || cb != nil {
				r.t.Fatalf("a second error, or a callback with it: %v, %v", cb, e)
			}
			err = e
			continue
		}
		if err != nil {
			r.t.Fatal("something after the error")
		}
		ids = append(ids, string(cb.ID[len(cb.ID)-1:]))
	}
	return ids, err
}

func TestExportCancelled(t *testing.T) {
	const day = 24 * time.Hour
	r, _ := officeRig(t, func(s *callback.Service, _ *manager.Config) { s.Retention = 90 * day })
	book := func(service, tenant string, after time.Duration, reason callback.Reason) {
		cb := r.of(tenant).start(manager.Request{Service: service, Desired: monday().Add(after)})
		if reason == "" {
			return
		}
		result, err := r.m.Tenant(tenant).CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{cb.ID}, Reason: reason, Actor: "ann"})
		if err != nil || result.Items[0].Err != nil {
			t.Fatal(err, result)
		}
	}
	cancelled, admin := callback.ReasonCancelled, callback.ReasonCancelledByAdmin
	book("desk", "", 3*time.Hour, cancelled)                     // 1
	book("desk", "", 2*time.Hour, admin)                         // 2
	book("sales", "", 1*time.Hour, cancelled)                    // 3
	book("desk", "", 4*time.Hour, "")                            // 4: not over
	book("desk", "acme", time.Hour, cancelled)                   // 5
	book("desk", "", 20*day, cancelled)                          // 6: too far off
	for _, reason := range []callback.Reason{cancelled, admin} { // 7, 8: not in bulk
		cb := r.start(manager.Request{Service: "desk", Desired: monday().Add(5 * time.Hour)})
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Reason: reason}); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		req  manager.ExportRequest
		want []string
	}{
		"one reason":     {manager.ExportRequest{Reasons: []callback.Reason{cancelled}}, []string{"3", "1"}},
		"two reasons":    {manager.ExportRequest{Reasons: []callback.Reason{cancelled, admin, admin}}, []string{"3", "2", "1"}},
		"service":        {manager.ExportRequest{Reasons: []callback.Reason{cancelled}, Services: []string{"desk"}}, []string{"1"}},
		"range":          {manager.ExportRequest{Reasons: []callback.Reason{cancelled}, From: monday().Add(3 * time.Hour), To: monday().Add(20 * day)}, []string{"1", "6"}},
		"another tenant": {manager.ExportRequest{Reasons: []callback.Reason{cancelled, admin}}, []string{"5"}},
		"their service":  {manager.ExportRequest{Services: []string{"spa"}, Reasons: []callback.Reason{cancelled}}, nil},
		"none":           {manager.ExportRequest{Reasons: []callback.Reason{callback.ReasonTimeout}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := exported(tenantOf(r, name), c.req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	// Thirty days back and fifteen on, both inclusive.
	all := manager.ExportRequest{Services: []string{"desk"}, Reasons: []callback.Reason{cancelled}}
	for _, c := range []struct {
		now  time.Time
		want []string
	}{
		{monday().Add(3*time.Hour + 30*day), []string{"1", "6"}},
		{monday().Add(3*time.Hour + 30*day + 1), []string{"6"}},
		{monday().Add(5 * day), []string{"1", "6"}},
		{monday().Add(5*day - 1), []string{"1"}},
	} {
		r.clock.Set(c.now)
		if got, err := exported(r, all); err != nil || !cmp.Equal(got, c.want) {
			t.Errorf("at %v: %q, %v", c.now, got, err)
		}
	}
}

func TestExportBadInput(t *testing.T) {
	r, faulty := officeRig(t, nil)
	reasons := []callback.Reason{callback.ReasonCancelled}
	const widest = 45 * 24 * time.Hour
	for _, req := range []manager.ExportRequest{
		{},
		{Reasons: []callback.Reason{""}},
		{Reasons: []callback.Reason{"a\nb"}},
		{Reasons: reasons, From: monday(), To: monday().Add(-1)},
		{Reasons: reasons, Services: manyNames(1001)},
	} {
		_, err := exported(r, req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
	}
	if _, err := exported(r, manager.ExportRequest{Reasons: reasons, From: monday(), To: monday().Add(widest)}); err != nil {
		t.Errorf("45 days: %v", err)
	}
	_, err := exported(r, manager.ExportRequest{Reasons: reasons, From: monday(), To: monday().Add(widest + 1)})
	var wide *manager.RangeError
	if wantCode(t, err, callback.ErrInvalidOperation, 40020); !errors.As(err, &wide) || wide.Max != widest {
		t.Errorf("%#v", err)
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore})
	if _, err := exported(r, manager.ExportRequest{Reasons: reasons}); !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("a store that fails: %v", err)
	}
}

// An export reads pages only as far as its consumer iterates.
func TestExportStreams(t *testing.T) {
	r, faulty := officeRig(t, nil)
	const n = 2500
	for i := range n {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Desired: monday().Add(time.Hour + time.Duration(i)*time.Second)})
	}
	if _, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{Query: &callback.Query{}, Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	req := manager.ExportRequest{Reasons: []callback.Reason{callback.ReasonCancelledByAdmin}}
	before := faulty.Count(callbacktest.MethodSearch)
	for range r.m.ExportCancelled(r.ctx, req) {
		break
	}
	if got := faulty.Count(callbacktest.MethodSearch) - before; got != 1 {
		t.Errorf("the first of %d cost %d searches", n, got)
	}
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Skip: 2})
	ids, err := exported(r, req)
	if len(ids) != 2000 || !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("a store that fails at the third page: %d callbacks, then %v", len(ids), err)
	}
	if ids, err = exported(r, req); len(ids) != n || err != nil {
		t.Errorf("%d callbacks, then %v", len(ids), err)
	}
}
