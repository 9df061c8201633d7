package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Intake creates and changes callbacks. A Manager has one, and each of its views
// of a transaction has another.
type Intake struct {
	Config   Config
	Store    callback.Store
	Clock    callback.ClockStore // the store, or nil if it has no clock
	Log      *slog.Logger
	wake     chan struct{}
	Feed     *broadcast
	Life     *lifetime
	policies *policies
	agents   *agents
}

// Wake makes Run look for work at once; see Manager.Wake.
func (m *Intake) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Now returns the time a public method decides by: the store's clock if it has
// one, so that all nodes decide by the same clock, else Config.Now.
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

// Policy returns the policy of a service, or callback.ErrInvalidParameter if the
// tenant has no such service.
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

// Orphans says what happens to callbacks whose service no longer exists.
type Orphans bool

const (
	RefuseOrphans Orphans = false // callback.ErrConfiguration
	AdoptOrphans  Orphans = true  // the defaults of a service apply
)

// PolicyOf returns the policy of a stored callback.
func (m *Intake) PolicyOf(ctx context.Context, cb *callback.Callback, orphans Orphans) (*decide.Policy, error) {
	p, err := m.Policy(ctx, cb.Tenant, cb.Service)
	switch {
	case err == nil:
		return p, nil
	case orphans == AdoptOrphans && errors.Is(err, callback.ErrInvalidParameter):
		// The country is required and has no effect: no number is read.
		p, err := callback.NewPolicy(callback.Service{Name: cb.Service, Numbers: callback.Numbers{Country: "US"}})
		if err != nil {
			return nil, err
		}
		return decide.NewPolicy(p), nil
	case errors.Is(err, callback.ErrInvalidParameter):
		return nil, decide.Misconfigured("service", fmt.Sprintf("%q of callback %s is not known", cb.Service, cb.ID))
	}
	return nil, err
}

// MaxConflicts is how often a change is decided again because another change of
// the same callback came first.
const MaxConflicts = 64

// Mutate is Alter with RefuseOrphans.
func (m *Intake) Mutate(ctx context.Context, tenant string, id callback.ID, decide func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error)) (*callback.Callback, error) {
	return m.Alter(ctx, tenant, id, RefuseOrphans, decide)
}

// Alter reads a callback, calls decide to make a draft of it, writes the draft
// and returns the callback as written. If another change comes first it starts
// over, MaxConflicts times; then it returns callback.ErrConflict. A nil draft
// leaves the callback as it is.
func (m *Intake) Alter(ctx context.Context, tenant string, id callback.ID, orphans Orphans, decide func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error)) (*callback.Callback, error) {
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

// Detached returns a context that outlives ctx, for work that must be finished
// even if the caller gives up. It ends after Config.StoreTimeout.
func (m *Intake) Detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), m.Config.StoreTimeout)
}

// LogError logs an error with phone numbers masked. The panic of a host's code
// comes with its value and its stack.
func (m *Intake) LogError(ctx context.Context, level slog.Level, message string, err error, attrs ...slog.Attr) {
	attrs = append(attrs, slog.String("error", text.RedactError(err)))
	var panicked *callback.PanicError
	if errors.As(err, &panicked) {
		attrs = append(attrs, slog.String("panic", text.Redact(fmt.Sprint(panicked.Value))), slog.String("stack", text.Redact(string(panicked.Stack))))
	}
	m.Log.LogAttrs(ctx, level, message, attrs...)
}

// logService is LogError of what concerns a whole service.
func (m *Intake) logService(ctx context.Context, key ServiceKey, message string, err error) {
	m.LogError(ctx, slog.LevelError, message, err, slog.String("tenant", key.Tenant), slog.String("service", key.Name))
}

// logCallback is LogError of what concerns one callback.
func (m *Intake) logCallback(ctx context.Context, level slog.Level, message string, cb *callback.Callback, err error) {
	m.LogError(ctx, level, message, err, slog.String("tenant", cb.Tenant), slog.String("callback", string(cb.ID)))
}

// logAttempt is LogError of what concerns one attempt.
func (m *Intake) logAttempt(ctx context.Context, level slog.Level, message string, tenant string, key callback.AttemptKey, err error, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{slog.String("tenant", tenant), slog.String("attempt", string(key))}, attrs...)
	m.LogError(ctx, level, message, err, attrs...)
}
