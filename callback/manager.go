package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// Manager takes callbacks, keeps them, has them dialled and tells what became
// of them. Make one with [New]; all methods are safe for concurrent use. Any
// number of Managers may share a store: no one of them leads.
//
// Verbs answer at once and never dial. The work is done by [Manager.Run], or by
// whoever calls [Manager.Tick].
type Manager struct {
	config  Config
	store   Store
	clock   Clock // the store's, or nil
	dialer  Dialer
	waiter  Waiter // the dialer, when it makes whole calls
	limits  DialerLimits
	rules   dialRules
	log     *slog.Logger
	wake    chan struct{}
	feed    *broadcast
	tickMu  sync.Mutex // one Tick at a time
	flights flights
	hush    atomic.Bool // the Manager itself is giving an agent back
	life    *lifetime
	pauses  pauses

	mu     sync.Mutex
	orders map[serviceKey]*scheduler.Order
	owed   []Release // agents of whom nobody knows yet whether they are held
	pace   pace
	cool   map[serviceKey]time.Time // no dial before: the platform asked for a pause
	served map[serviceKey]servedPace
}

// New checks the configuration, reports every fault at once, and returns a
// Manager that has not begun to work: call Run, or Tick.
func New(config Config) (*Manager, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	m := &Manager{
		config: config, store: config.Store, dialer: config.Dialer, log: config.Logger,
		wake: make(chan struct{}, 1), feed: newBroadcast(),
		orders: make(map[serviceKey]*scheduler.Order), cool: make(map[serviceKey]time.Time),
	}
	m.clock, _ = config.Store.(Clock)
	m.pauses.init(config.Store)
	m.waiter, _ = config.Dialer.(Waiter)
	if limited, ok := config.Dialer.(LimitedDialer); ok {
		m.limits = limited.Limits()
	}
	setDefault(&m.limits.Settle, 32*time.Second)
	_, lookup := config.Dialer.(Lookuper)
	m.rules = dialRules{lookup: lookup, fenced: m.limits.Fenced, finals: m.limits.FinalOnly, settle: m.limits.Settle, random: config.Random}
	m.flights.init(config.MaxInFlight, m.limits.MaxInFlight)
	m.life = newLifetime()
	if waker, ok := config.Router.(Waker); ok {
		waker.OnFree(m.onFree)
	}
	return m, nil
}

// Wake makes a running Manager look for work now instead of when it next
// planned to. It never blocks. Hosts call it when an agent becomes free.
func (m *Manager) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// now tells the time at the door of a verb: the store's clock where it has one,
// so that one clock decides for all nodes.
func (m *Manager) now(ctx context.Context) (time.Time, error) {
	if m.clock == nil {
		return m.config.Now(), nil
	}
	t, err := m.clock.Now(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking the store for the time: %w", err)
	}
	return t, nil
}

// policy returns the service of a callback.
func (m *Manager) policy(ctx context.Context, tenant, name string) (*Policy, error) {
	p, err := m.config.Services.Policy(ctx, tenant, name)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, UnknownService(name)
	}
	return p, nil
}

// policyOf returns the service of a stored callback. That it is unknown is the
// configuration's fault, not the caller's.
func (m *Manager) policyOf(ctx context.Context, cb *Callback, orphans bool) (*Policy, error) {
	p, err := m.policy(ctx, cb.Tenant, cb.Service)
	switch {
	case err == nil:
		return p, nil
	case orphans && errors.Is(err, ErrInvalidParameter):
		return NewPolicy(Service{Name: cb.Service})
	case errors.Is(err, ErrInvalidParameter):
		return nil, misconfigured("service", fmt.Sprintf("%q of callback %s is not known", clip(cb.Service), cb.ID))
	}
	return nil, err
}

// write applies one change and, when it happened, tells subscribers.
func (m *Manager) write(ctx context.Context, c Change, now time.Time) error {
	errs, err := m.store.Apply(ctx, now, []Change{c})
	if err != nil {
		return err
	}
	if len(errs) > 0 && errs[0] != nil {
		return errs[0]
	}
	m.feed.signal()
	return nil
}

// maxConflicts is how often a verb starts over because somebody else was first.
const maxConflicts = 64

// mutate reads a callback, lets decide make a draft of it, and writes the
// draft; when somebody else changed the callback meanwhile it starts over. A
// nil draft means that nothing has to change.
func (m *Manager) mutate(ctx context.Context, tenant string, id ID, decide func(cb *Callback, p *Policy, now time.Time) (*draft, error)) (*Callback, error) {
	return m.alter(ctx, tenant, id, false, decide)
}

// alter is mutate that, when orphans is set, also works on callbacks whose
// service is not known any more, with the defaults of a service.
func (m *Manager) alter(ctx context.Context, tenant string, id ID, orphans bool, decide func(cb *Callback, p *Policy, now time.Time) (*draft, error)) (*Callback, error) {
	var last error
	for range maxConflicts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now, err := m.now(ctx)
		if err != nil {
			return nil, err
		}
		cb, err := m.store.Get(ctx, By{Tenant: tenant, ID: id})
		if err != nil {
			return nil, err
		}
		policy, err := m.policyOf(ctx, cb, orphans)
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
		err = m.commit(ctx, d)
		if err == nil {
			return d.cb, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, err
		}
		last = err
	}
	return nil, last
}

// commit writes a draft and then does what the draft leaves to be done. The
// release of an agent must not be lost with the caller's context.
func (m *Manager) commit(ctx context.Context, d *draft) error {
	if err := m.write(ctx, d.change(), d.now); err != nil {
		m.settleUnknown(ctx, d, err)
		return err
	}
	m.settle(ctx, d)
	if !d.cb.NextAt.IsZero() && d.cb.NextAt.Before(d.now.Add(m.config.Poll)) || d.cb.Ready || d.release != nil || len(d.give) > 0 {
		m.Wake()
	}
	return nil
}

// settle does what follows a written draft outside the store.
func (m *Manager) settle(ctx context.Context, d *draft) {
	if d.release != nil {
		m.releaseAgent(ctx, *d.release)
	}
	if d.hangup != nil {
		m.hangUp(ctx, *d.hangup)
	}
}

// settleUnknown gives an agent back after a write of which nobody knows whether
// it happened, when the callback turns out not to hold the agent any more.
func (m *Manager) settleUnknown(ctx context.Context, d *draft, err error) {
	if d.release == nil || !errors.Is(err, ErrOutcomeUnknown) {
		return
	}
	m.releaseUnheld(ctx, *d.release, d.now)
}

// detached returns a context for what must be finished though the caller gave
// up.
func (m *Manager) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), m.config.StoreTimeout)
}

// hangUp asks the dialer to end a call, where it can. Nobody waits for its
// answer: a dialer that does not return must not hold the engine up.
func (m *Manager) hangUp(ctx context.Context, h Hangup) {
	hanger, ok := m.dialer.(Hanger)
	if !ok {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if m.config.Synchronous || m.life.enter() != nil {
		m.askHangUp(ctx, hanger, h)
		return
	}
	go func() {
		defer m.life.loops.Done()
		m.askHangUp(ctx, hanger, h)
	}()
}

func (m *Manager) askHangUp(ctx context.Context, hanger Hanger, h Hangup) {
	ctx, cancel := m.detached(ctx)
	defer cancel()
	if err := guard("dialer", func() error { return hanger.Hangup(ctx, h) }); err != nil {
		m.log.LogAttrs(ctx, slog.LevelError, "hanging up failed",
			slog.String("tenant", h.Tenant), slog.String("attempt", string(h.Key)), slog.String("error", redact(err)))
	}
}

// PanicError is what a panic of a host's dialer, router, subscriber or contact
// directory becomes.
type PanicError struct {
	In    string // "dialer", "router", "subscriber", "estimator", "contact directory"
	Value any
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked", e.In) }

// guard calls f and turns a panic into an error.
func guard(in string, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{In: in, Value: v}
		}
	}()
	return f()
}
