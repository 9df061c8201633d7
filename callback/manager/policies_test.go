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

// plainSource has services and cannot list them.
type plainSource struct{ services *callback.Services }

func (s plainSource) Policy(ctx context.Context, tenant, name string) (*callback.Policy, error) {
	return s.services.Policy(ctx, tenant, name)
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
	if got := names(r.m, "unknown"); got != nil {
		t.Errorf("the unknown tenant has %q", got)
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
	if err := r.services.Set("", callback.Service{Name: "sales", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}}); err != nil {
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
