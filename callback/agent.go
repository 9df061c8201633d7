package callback

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// onFree is told by the router that an agent became free. What the Manager gave
// back itself, unused, is no reason to look for work again.
func (m *Manager) onFree() {
	if !m.hush.Load() {
		m.Wake()
	}
}

// releaseAgent gives a reserved agent back. A router's failure or panic is
// logged: the callback has moved on.
func (m *Manager) releaseAgent(ctx context.Context, r Release) {
	if m.config.Router == nil {
		return
	}
	ctx, cancel := m.detached(ctx)
	defer cancel()
	err := guard("router", func() error { return m.config.Router.Release(ctx, r) })
	if err != nil {
		m.log.LogAttrs(ctx, slog.LevelError, "releasing an agent failed",
			slog.String("tenant", r.Tenant), slog.String("callback", string(r.Callback)), slog.String("error", redact(err)))
	}
}

// releaseUnheld gives an agent back unless the callback turns out to hold it, or
// another Manager is at work on it and gets the same reservation. When the
// store cannot tell, it is asked again at the next tick.
func (m *Manager) releaseUnheld(ctx context.Context, r Release, now time.Time) {
	if m.config.Router == nil {
		return
	}
	ctx, cancel := m.detached(ctx)
	defer cancel()
	cb, err := m.store.Get(ctx, By{Tenant: r.Tenant, ID: r.Callback})
	switch {
	case err == nil && cb.Reservation != nil && cb.Reservation.ID == r.Reservation.ID:
	case err == nil && cb.Lease.Until.After(now) && cb.Lease.Owner != m.config.Node:
	case err != nil && !errors.Is(err, ErrNotFound):
		m.mu.Lock()
		m.owed = append(m.owed, r)
		m.mu.Unlock()
	default:
		m.releaseAgent(ctx, r)
	}
}

// settleOwed asks again about agents of whom the store could not tell.
func (m *Manager) settleOwed(ctx context.Context, now time.Time) {
	m.mu.Lock()
	owed := m.owed
	m.owed = nil
	m.mu.Unlock()
	for _, r := range owed {
		m.releaseUnheld(ctx, r, now)
	}
}

// reserve asks the router for an agent; ok is false when the callback has to
// wait.
func (m *Manager) reserve(ctx context.Context, cb *Callback) (*Reservation, bool) {
	if m.config.Router == nil {
		return nil, true
	}
	var r Reservation
	err := guard("router", func() (err error) {
		r, err = m.config.Router.Reserve(ctx, cb)
		return err
	})
	if err == nil {
		return &r, true
	}
	if !errors.Is(err, ErrNoAgent) {
		m.logService(ctx, serviceKey{cb.Tenant, cb.Service}, "reserving an agent failed", err)
	}
	return nil, false
}

// unreserve gives back the agent that a draft reserved which was not written.
func (m *Manager) unreserve(ctx context.Context, d *draft) {
	if d.old.Reservation != nil || d.cb.Reservation == nil {
		return
	}
	m.hush.Store(true)
	defer m.hush.Store(false)
	m.releaseUnheld(ctx, Release{Tenant: d.cb.Tenant, Service: d.cb.Service, Callback: d.cb.ID, Reservation: *d.cb.Reservation}, d.now)
}
