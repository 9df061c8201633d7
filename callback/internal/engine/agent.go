package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
)

// agents is what an engine and its intakes share about reserved agents.
type agents struct {
	hush atomic.Bool // an agent is being given back unused: no reason to wake
	mu   sync.Mutex
	// owed is what no record can hold: releases whose callbacks could not be read
	// or written, and what erased callbacks owed.
	owed []callback.Owed
	// freed counts the agents and numbers that became free.
	freed atomic.Int64
	// hanging has the calls that the dialer is being asked to end.
	hanging sync.Map // of flightKey to a channel that is closed when the answer is dealt with
	// heeded has the calls for whose hang-up a cancellation waits.
	heeded sync.Map // of flightKey to a channel of one error, the dialer's answer
}

// onFree is called by the router when an agent becomes free.
func (m *Engine) onFree() {
	if !m.agents.hush.Load() {
		m.agents.freed.Add(1)
		m.Wake()
	}
}

// errNoRouter is why a Manager without a router does not release an agent that
// another one has reserved.
var errNoRouter = errors.New("no router is configured")

// releaseAgent gives a reserved agent back.
func (m *Intake) releaseAgent(ctx context.Context, r callback.Release) error {
	if m.Config.Router == nil {
		return errNoRouter
	}
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	err := guard.Call("router", func() error { return m.Config.Router.Release(ctx, r) })
	if err != nil {
		m.LogError(ctx, slog.LevelError, "releasing an agent failed", err, slog.String("tenant", r.Tenant), slog.String("callback", string(r.Callback)))
		return err
	}
	m.observe(ctx, func(o callback.Observer) { o.AgentChanged(ctx, callback.AgentChange{Release: r}) })
	return nil
}

// releaseUnheld gives an agent back unless the callback holds the reservation,
// or another Manager has claimed the callback and gets the same reservation. If
// that fails, the callback owes the release.
func (m *Intake) releaseUnheld(ctx context.Context, r callback.Release, now time.Time) {
	if m.Config.Router == nil {
		return
	}
	reading, cancel := m.Detached(ctx)
	defer cancel()
	cb, err := m.Store.Get(reading, callback.By{Tenant: r.Tenant, ID: r.Callback})
	switch {
	case err == nil && cb.Reservation != nil && cb.Reservation.ID == r.Reservation.ID:
	case err == nil && cb.Lease.Until.After(now) && cb.Lease.Owner != m.Config.Node:
	case err != nil && !errors.Is(err, callback.ErrNotFound):
		m.keepOwed(callback.Owed{Release: &r})
	case m.releaseAgent(ctx, r) != nil:
		m.owe(ctx, r.Tenant, r.Callback, callback.Owed{Release: &r})
	case err == nil && len(cb.Owed) > 0:
		m.noteDone(ctx, r.Tenant, r.Callback, []callback.Owed{{Release: &r}})
	}
}

// reserve asks the router for an agent. Without a router none is needed.
func (m *Engine) reserve(ctx context.Context, cb *callback.Callback) (r *callback.Reservation, err error) {
	if m.Config.Router == nil {
		return nil, nil
	}
	err = guard.Call("router", func() error {
		reserved, err := m.Config.Router.Reserve(ctx, handCallback(cb))
		r = &reserved
		return err
	})
	if err == nil {
		m.observeReserved(ctx, cb, *r)
		return r, nil
	}
	if !errors.Is(err, callback.ErrNoAgent) {
		m.logService(ctx, ServiceKey{cb.Tenant, cb.Service}, "reserving an agent failed", err)
	}
	return nil, err
}

func (m *Engine) observeReserved(ctx context.Context, cb *callback.Callback, r callback.Reservation) {
	m.observe(ctx, func(o callback.Observer) {
		o.AgentChanged(ctx, callback.AgentChange{Reserved: true, Release: callback.Release{
			Tenant: cb.Tenant, Service: cb.Service, Callback: cb.ID, Reservation: r,
		}})
	})
}

// unreserve gives back the agent that was reserved for a draft that is not
// written, unless the callback holds it after all.
func (m *Intake) unreserve(ctx context.Context, d *decide.Draft) {
	if d.Old == nil || d.Old.Reservation != nil || d.Callback.Reservation == nil {
		return
	}
	m.giveUp(ctx, callback.Release{Tenant: d.Callback.Tenant, Service: d.Callback.Service, Callback: d.Callback.ID, Reservation: *d.Callback.Reservation}, d.Now)
}

// giveUp gives back an agent that was not used. That is no reason to look for
// work.
func (m *Intake) giveUp(ctx context.Context, r callback.Release, now time.Time) {
	m.agents.hush.Store(true)
	defer m.agents.hush.Store(false)
	m.releaseUnheld(ctx, r, now)
}
