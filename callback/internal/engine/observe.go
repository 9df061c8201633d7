package engine

import (
	"context"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// observe lets the observer, if there is one, hear something. A panic of the
// observer is logged.
func (m *Intake) observe(ctx context.Context, tell func(o callback.Observer)) {
	o := m.Config.Observer
	if o == nil {
		return
	}
	err := guard.Call("observer", func() error {
		tell(o)
		return nil
	})
	if err != nil {
		m.LogError(ctx, slog.LevelError, "observer failed", err)
	}
}

// observeResult tells what became of a change.
func (m *Intake) observeResult(ctx context.Context, r Result) {
	d := r.Draft
	m.observe(ctx, func(o callback.Observer) {
		o.Decided(ctx, callback.Decision{Event: d.Event, Err: handError(r.Err)})
		if r.Fate != Written || d.Old == nil {
			return
		}
		if d.Event.Certainty != 0 { // it tells an outcome, perhaps late
			o.AttemptEnded(ctx, handCallback(d.Callback))
		}
		if becameUnresolved(d) {
			o.Unresolved(ctx, handCallback(d.Callback))
		}
	})
	if r.Fate == Written && becameUnresolved(d) {
		m.logUnresolved(ctx, d.Callback)
	}
}

func becameUnresolved(d *decide.Draft) bool {
	return d.Callback.State == callback.Unresolved && d.Old != nil && d.Old.State != callback.Unresolved
}

// logUnresolved tells an operator of a callback that may wait for one.
func (m *Intake) logUnresolved(ctx context.Context, cb *callback.Callback) {
	attrs := []slog.Attr{slog.String("tenant", cb.Tenant), slog.String("service", cb.Service), slog.String("callback", string(cb.ID))}
	if a := cb.Current(); a != nil {
		attrs = append(attrs, slog.String("attempt", string(a.Key)))
	}
	attrs = append(attrs, slog.String("detail", text.Redact(cb.Detail)))
	m.Log.LogAttrs(ctx, slog.LevelWarn, "callback is unresolved", attrs...)
}
