package manager_test

import (
	"cmp"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// monday is a Monday in winter at 10:00 UTC.
func monday() time.Time { return managertest.Monday() }

// swiss is a valid mobile number, and others next to it.
const (
	swiss  = "+41785556677"
	swiss2 = "+41785556678"
	swiss3 = "+41785556679"
)

// rig is a managertest.Rig with the short names that the tests of this package
// use.
type rig struct {
	*managertest.Rig
	t        *testing.T
	ctx      context.Context
	clock    *callbacktest.Clock
	dialer   *callbacktest.Dialer
	store    callback.Store
	services *callback.Services
	m        *manager.Manager
	rec      *callbacktest.Recorder
}

// newRig builds a rig with the service "desk"; change may adjust the service and
// the configuration.
func newRig(t *testing.T, change func(s *callback.Service, c *manager.Config)) *rig {
	t.Helper()
	services := []callback.Service{managertest.Desk()}
	return wrap(t, managertest.New(t, managertest.Config{Services: services, Options: func(c *manager.Config) {
		if change != nil {
			change(&services[0], c)
		}
	}}))
}

func wrap(t *testing.T, r *managertest.Rig) *rig {
	return &rig{Rig: r, t: t, ctx: t.Context(), clock: r.Clock, dialer: r.Dialer, store: r.Store, services: r.Services, m: r.Manager, rec: r.Recorder}
}

// of returns a view of the rig that acts for the tenant.
func (r *rig) of(tenant string) *rig { return wrap(r.t, r.Tenant(tenant)) }

// tenantOf returns the view of the tenant that a case is named for.
func tenantOf(r *rig, name string) *rig {
	switch name {
	case "another tenant":
		return r.of("acme")
	case "no tenant":
		return r.of("unknown")
	}
	return r
}

func (r *rig) try(req manager.Request) (*callback.Callback, error) {
	req.Service, req.Number = cmp.Or(req.Service, "desk"), cmp.Or(req.Number, swiss)
	return r.m.Start(r.ctx, req)
}

func (r *rig) start(req manager.Request) *callback.Callback { r.t.Helper(); return r.Start(req) }

func (r *rig) tick() callback.Progress { r.t.Helper(); return r.Tick() }

func (r *rig) run(d time.Duration) { r.t.Helper(); r.Run(d) }

func (r *rig) get(id callback.ID) *callback.Callback { r.t.Helper(); return r.Get(id) }

func (r *rig) wantState(id callback.ID, state callback.State) *callback.Callback {
	r.t.Helper()
	return r.WantState(id, state)
}

func (r *rig) wantReason(id callback.ID, reason callback.Reason) *callback.Callback {
	r.t.Helper()
	return r.WantReason(id, reason)
}

func wantCode(t *testing.T, err error, fact error, code int) {
	t.Helper()
	if !errors.Is(err, fact) {
		t.Fatalf("error is %v, want %v", err, fact)
	}
	if got := callback.Code(err); got != code {
		t.Fatalf("code of %v is %d, want %d", err, got, code)
	}
}
