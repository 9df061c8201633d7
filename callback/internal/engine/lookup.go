package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// lookUp asks the dialer what became of an unresolved attempt. It only ever
// reads: nothing is placed.
func (m *Engine) lookUp(ctx context.Context, now time.Time, cb *callback.Callback, policy *decide.Policy) error {
	lookuper, ok := unwrap.As[callback.LookupDialer](m.Config.Dialer)
	a := cb.Current()
	if !ok || a == nil || m.flights.free() == 0 {
		var b Batch
		b.unclaim(cb, policy, now)
		return m.applyBatch(ctx, now, &b, func(*decide.Draft) {})
	}
	m.flights.begin(nil)
	ask := func() {
		defer m.Wake()
		defer m.flights.end("", "")
		ctx, cancel := context.WithTimeout(m.Life.ctx, policy.Service.Dialing.PlaceTimeout)
		defer cancel()
		var found callback.Found
		err := guard.Call("dialer", func() (err error) {
			found, err = lookuper.Lookup(ctx, cb.Tenant, a.Key, a.Ref)
			return err
		})
		if err != nil {
			found = callback.Found{}
			m.Log.LogAttrs(ctx, slog.LevelWarn, "looking an attempt up failed",
				slog.String("attempt", string(a.Key)), slog.String("error", text.RedactError(err)))
		}
		m.noteFound(cb, a.Key, found, err == nil)
	}
	if m.Config.Synchronous {
		ask()
	} else {
		go ask()
	}
	return nil
}

// noteFound writes what a look-up found; answered is false when the platform
// could not be asked.
func (m *Engine) noteFound(cb *callback.Callback, key callback.AttemptKey, found callback.Found, answered bool) {
	ctx, cancel := m.Detached(m.Life.ctx)
	defer cancel()
	_, err := m.Mutate(ctx, cb.Tenant, cb.ID, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		if a := cb.Current(); cb.State != callback.Unresolved || a == nil || a.Key != key {
			return nil, nil
		}
		return decide.Found(cb, p, now, m.Rules, found, answered, m.Config.Node), nil
	})
	if err != nil {
		m.Log.LogAttrs(ctx, slog.LevelError, "what a look-up found was not written",
			slog.String("attempt", string(key)), slog.String("error", text.RedactError(err)))
	}
}
