package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// Intake takes callbacks and changes them. A Manager and its view inside a
// transaction each have one.
type Intake struct {
	Config   Config
	Store    callback.Store
	Clock    callback.ClockStore // the store's, or nil
	Log      *slog.Logger
	wake     chan struct{}
	Feed     *broadcast
	Life     *lifetime
	policies *policies
	owed     *owed
}

// owed lists agents whose callbacks could not be read when they were to be
// released.
type owed struct {
	mu   sync.Mutex
	list []callback.Release
}

// Wake makes Run look for work now; see Manager.Wake.
func (m *Intake) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Now tells the time at the door of a verb: the store's clock where it has one,
// so that one clock decides for all nodes.
func (m *Intake) Now(ctx context.Context) (time.Time, error) {
	if m.Clock == nil {
		return m.Config.Now(), nil
	}
	t, err := m.Clock.Now(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking the store for the time: %w", err)
	}
	return t, nil
}

// Policy returns the service of a callback.
func (m *Intake) Policy(ctx context.Context, tenant, name string) (*decide.Policy, error) {
	p, err := m.Config.Services.Policy(ctx, tenant, name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, callback.UnknownService(name)
	}
	return m.policies.prepared(ServiceKey{tenant, name}, p), nil
}

// PolicyOf returns the service of a stored callback. That it is unknown is the
// configuration's fault, not the caller's.
func (m *Intake) PolicyOf(ctx context.Context, cb *callback.Callback, orphans bool) (*decide.Policy, error) {
	p, err := m.Policy(ctx, cb.Tenant, cb.Service)
	switch {
	case err == nil:
		return p, nil
	case orphans && errors.Is(err, callback.ErrInvalidParameter):
		p, err := callback.NewPolicy(callback.Service{Name: cb.Service})
		if err != nil {
			return nil, err
		}
		return decide.NewPolicy(p), nil
	case errors.Is(err, callback.ErrInvalidParameter):
		return nil, decide.Misconfigured("service", fmt.Sprintf("%q of callback %s is not known", text.Clip(cb.Service), cb.ID))
	}
	return nil, err
}

// Write applies one change and, when it happened, tells subscribers.
func (m *Intake) Write(ctx context.Context, c callback.Change, now time.Time) error {
	errs, err := m.Store.Apply(ctx, now, []callback.Change{c})
	if err != nil {
		return err
	}
	if len(errs) > 0 && errs[0] != nil {
		return errs[0]
	}
	m.Feed.Signal()
	return nil
}

// maxConflicts is how often a verb starts over because somebody else was first.
const MaxConflicts = 64

// Mutate reads a callback, lets decide make a draft of it, and writes the
// draft; when somebody else changed the callback meanwhile it starts over. A
// nil draft means that nothing has to change.
func (m *Intake) Mutate(ctx context.Context, tenant string, id callback.ID, decide func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error)) (*callback.Callback, error) {
	return m.Alter(ctx, tenant, id, false, decide)
}

// Alter is mutate that, when orphans is set, also works on callbacks whose
// service is not known any more, with the defaults of a service.
func (m *Intake) Alter(ctx context.Context, tenant string, id callback.ID, orphans bool, decide func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error)) (*callback.Callback, error) {
	var last error
	for range MaxConflicts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now, err := m.Now(ctx)
		if err != nil {
			return nil, err
		}
		cb, err := m.Store.Get(ctx, callback.By{Tenant: tenant, ID: id})
		if err != nil {
			return nil, err
		}
		policy, err := m.PolicyOf(ctx, cb, orphans)
		if err != nil {
			return nil, err
		}
		d, err := decide(cb, policy, now)
		if err != nil {
			return nil, err
		}
		if d == nil {
			return cb, nil
		}
		err = m.Commit(ctx, d)
		if err == nil {
			return d.Callback, nil
		}
		if !errors.Is(err, callback.ErrConflict) {
			return nil, err
		}
		last = err
	}
	return nil, last
}

// Commit writes a draft and then does what the draft leaves to be done. The
// release of an agent must not be lost with the caller's context.
func (m *Intake) Commit(ctx context.Context, d *decide.Draft) error {
	if err := m.Write(ctx, d.Change(), d.Now); err != nil {
		m.SettleUnknown(ctx, d, err)
		return err
	}
	m.Settle(ctx, d)
	if !d.Callback.NextAt.IsZero() && d.Callback.NextAt.Before(d.Now.Add(m.Config.Poll)) || d.Callback.Ready || d.Release != nil || len(d.Give) > 0 {
		m.Wake()
	}
	return nil
}

// Settle does what follows a written draft outside the store.
func (m *Intake) Settle(ctx context.Context, d *decide.Draft) {
	if d.Release != nil {
		m.releaseAgent(ctx, *d.Release)
	}
	if d.Hangup != nil {
		m.HangUp(ctx, *d.Hangup)
	}
}

// SettleUnknown gives an agent back after a write of which nobody knows whether
// it happened, when the callback turns out not to hold the agent any more.
func (m *Intake) SettleUnknown(ctx context.Context, d *decide.Draft, err error) {
	if d.Release == nil || !errors.Is(err, callback.ErrOutcomeUnknown) {
		return
	}
	m.releaseUnheld(ctx, *d.Release, d.Now)
}

// Detached returns a context for what must be finished though the caller gave
// up.
func (m *Intake) Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), m.Config.StoreTimeout)
}

// HangUp asks the dialer to end a call, where it can. Nobody waits for its
// answer: a dialer that does not return must not hold the engine up.
func (m *Intake) HangUp(ctx context.Context, h callback.Hangup) {
	hanger, ok := unwrap.As[callback.HangupDialer](m.Config.Dialer)
	if !ok {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if m.Config.Synchronous || m.Life.enter() != nil {
		m.askHangUp(ctx, hanger, h)
		return
	}
	go func() {
		defer m.Life.loops.Done()
		m.askHangUp(ctx, hanger, h)
	}()
}

func (m *Intake) askHangUp(ctx context.Context, hanger callback.HangupDialer, h callback.Hangup) {
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	if err := guard.Call("dialer", func() error { return hanger.Hangup(ctx, h) }); err != nil {
		m.Log.LogAttrs(ctx, slog.LevelError, "hanging up failed",
			slog.String("tenant", h.Tenant), slog.String("attempt", string(h.Key)), slog.String("error", text.RedactError(err)))
	}
}
