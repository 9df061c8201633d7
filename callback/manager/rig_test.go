package manager_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// monday is a Monday in winter at 10:00 UTC.
func monday() time.Time { return time.Date(2026, 1, 12, 10, 0, 0, 0, time.UTC) }

// swiss is a valid mobile number, and others next to it.
const (
	swiss  = "+41785556677"
	swiss2 = "+41785556678"
	swiss3 = "+41785556679"
)

// rig is a Manager on virtual time with everything a test looks at.
type rig struct {
	t        *testing.T
	ctx      context.Context
	clock    *callbacktest.Clock
	dialer   *callbacktest.Dialer
	store    callback.Store
	services *callback.Services
	m        *manager.Manager
	rec      *callbacktest.Recorder
}

// newRig makes a rig with one service "desk"; change may adjust the service and
// the configuration.
func newRig(t *testing.T, change func(s *callback.Service, c *manager.Config)) *rig {
	t.Helper()
	r := &rig{t: t, ctx: t.Context(), clock: callbacktest.NewClock(monday())}
	r.dialer = callbacktest.NewDialer(r.clock.Now)
	r.store = store.NewMemory()
	service := callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}}
	config := manager.Config{
		Store: r.store, Dialer: r.dialer, Now: r.clock.Now, NewID: callbacktest.IDs("cb"), Node: "n1",
		Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if change != nil {
		change(&service, &config)
	}
	services, err := callback.NewServices(service)
	if err != nil {
		t.Fatal(err)
	}
	r.services = services
	if config.Services == nil {
		config.Services = services
	}
	r.store = config.Store
	if r.m, err = manager.New(config); err != nil {
		t.Fatal(err)
	}
	r.rec = callbacktest.NewRecorder(r.store, "")
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		callbacktest.VerifyAudit(t, r.store)
		callbacktest.VerifyPermits(t, r.store, r.clock.Now(), "")
	})
	return r
}

// of returns a view of the rig whose Manager acts for the tenant.
func (r *rig) of(tenant string) *rig {
	view := *r
	view.m = r.m.Tenant(tenant)
	return &view
}

// tenantOf returns the view of the tenant that a case is named for.
func tenantOf(r *rig, name string) *rig {
	switch name {
	case "another tenant":
		return r.of("acme")
	case "no tenant":
		return r.of("nobody")
	}
	return r
}

func (r *rig) start(req manager.Request) *callback.Callback {
	r.t.Helper()
	cb, err := r.try(req)
	if err != nil {
		r.t.Fatalf("Start: %v", err)
	}
	return cb
}

func (r *rig) try(req manager.Request) (*callback.Callback, error) {
	if req.Service == "" {
		req.Service = "desk"
	}
	if req.Number == "" {
		req.Number = swiss
	}
	return r.m.Start(r.ctx, req)
}

// tick does what is due now and delivers what the dialer has to say.
func (r *rig) tick() callback.Progress {
	r.t.Helper()
	p, err := r.m.Tick(r.ctx, r.clock.Now())
	if err != nil {
		r.t.Fatalf("Tick: %v", err)
	}
	if _, err := r.dialer.Advance(r.ctx, r.clock.Now(), r.m); err != nil {
		r.t.Fatalf("Advance: %v", err)
	}
	return p
}

// run drives engine and dialer until nothing is left to do before the time.
func (r *rig) run(d time.Duration) {
	r.t.Helper()
	if _, err := callbacktest.Drive(r.ctx, r.m, r.clock, r.dialer, r.clock.Now().Add(d)); err != nil {
		r.t.Fatalf("Drive: %v", err)
	}
}

func (r *rig) get(id callback.ID) *callback.Callback {
	r.t.Helper()
	cb, err := r.m.Get(r.ctx, id)
	if err != nil {
		r.t.Fatalf("Get: %v", err)
	}
	return cb
}

func (r *rig) wantState(id callback.ID, state callback.State) *callback.Callback {
	r.t.Helper()
	cb := r.get(id)
	if cb.State != state {
		r.t.Fatalf("callback is %v (%v, %s), want %v", cb.State, cb.Reason, cb.Detail, state)
	}
	return cb
}

func (r *rig) wantReason(id callback.ID, reason callback.Reason) *callback.Callback {
	r.t.Helper()
	cb := r.wantState(id, callback.Completed)
	if cb.Reason != reason {
		r.t.Fatalf("completed with %v (%s), want %v", cb.Reason, cb.Detail, reason)
	}
	return cb
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
