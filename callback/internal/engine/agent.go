package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// onFree is told by the router that an agent became free. What the Manager gave
// back itself, unused, is no reason to look for work again.
func (m *Engine) onFree() {
	if !m.hush.Load() {
		m.Wake()
	}
}

// releaseAgent gives a reserved agent back. A router's failure or panic is
// logged: the callback has moved on.
func (m *Intake) releaseAgent(ctx context.Context, r callback.Release) {
	if m.Config.Router == nil {
		return
	}
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	err := guard.Call("router", func() error { return m.Config.Router.Release(ctx, r) })
	if err != nil {
		m.Log.LogAttrs(ctx, slog.LevelError, "releasing an agent failed",
			slog.String("tenant", r.Tenant), slog.String("callback", string(r.Callback)), slog.String("error", text.RedactError(err)))
	}
}

// releaseUnheld gives an agent back unless the callback turns out to hold it, or
// another Manager is at work on it and gets the same reservation. When the
// store cannot tell, it is asked again at the next tick.
func (m *Intake) releaseUnheld(ctx context.Context, r callback.Release, now time.Time) {
	if m.Config.Router == nil {
		return
	}
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	cb, err := m.Store.Get(ctx, callback.By{Tenant: r.Tenant, ID: r.Callback})
	switch {
	case err == nil && cb.Reservation != nil && cb.Reservation.ID == r.Reservation.ID:
	case err == nil && cb.Lease.Until.After(now) && cb.Lease.Owner != m.Config.Node:
	case err != nil && !errors.Is(err, callback.ErrNotFound):
		m.owed.mu.Lock()
		m.owed.list = append(m.owed.list, r)
		m.owed.mu.Unlock()
	default:
		m.releaseAgent(ctx, r)
	}
}

// settleOwed asks again about agents of whom the store could not tell.
func (m *Engine) settleOwed(ctx context.Context, now time.Time) {
	m.owed.mu.Lock()
	list := m.owed.list
	m.owed.list = nil
	m.owed.mu.Unlock()
	for _, r := range list {
		m.releaseUnheld(ctx, r, now)
	}
}

// reserve asks the router for an agent; ok is false when the callback has to
// wait.
func (m *Engine) reserve(ctx context.Context, cb *callback.Callback) (*callback.Reservation, bool) {
	if m.Config.Router == nil {
		return nil, true
	}
	var r callback.Reservation
	err := guard.Call("router", func() (err error) {
		r, err = m.Config.Router.Reserve(ctx, cb)
		return err
	})
	if err == nil {
		return &r, true
	}
	if !errors.Is(err, callback.ErrNoAgent) {
		m.logService(ctx, ServiceKey{cb.Tenant, cb.Service}, "reserving an agent failed", err)
	}
	return nil, false
}

// unreserve gives back the agent that a draft reserved which was not written.
func (m *Engine) unreserve(ctx context.Context, d *decide.Draft) {
	if d.Old.Reservation != nil || d.Callback.Reservation == nil {
		return
	}
	m.hush.Store(true)
	defer m.hush.Store(false)
	m.releaseUnheld(ctx, callback.Release{Tenant: d.Callback.Tenant, Service: d.Callback.Service, Callback: d.Callback.ID, Reservation: *d.Callback.Reservation}, d.Now)
}
