package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Report applies a dialer's report about an attempt; see Manager.Report.
func (m *Engine) Report(ctx context.Context, r callback.Report) error {
	id, n, ok := r.Key.Split()
	if !ok {
		return decide.Invalid("attempt", "is not an attempt key")
	}
	if err := decide.CheckReport(r); err != nil {
		return err
	}
	_, err := m.Mutate(ctx, r.Tenant, id, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		if o := r.Outcome; o != nil && o.RetryAfter > 0 {
			m.coolDown(ctx, ServiceKey{cb.Tenant, cb.Service}, now.Add(o.RetryAfter))
		}
		if n > len(cb.Attempts) {
			return nil, fmt.Errorf("attempt %d: %w", n, callback.ErrNotFound)
		}
		if a := cb.Attempts[n-1]; r.Epoch != 0 && a.Epoch != r.Epoch {
			return nil, fmt.Errorf("attempt %d was placed under another epoch: %w", n, callback.ErrConflict)
		}
		if n < len(cb.Attempts) {
			return nil, nil
		}
		return decide.Report(cb, p, now, m.Rules, r, false), nil
	})
	return err
}
