package engine

import (
	"context"
	"errors"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/refusal"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
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

// Refuse tells an observer that wants to know of a request that ended with err, if
// it is not nil. Service and Callback of r are those of a callback or of a service that
// exists.
func (m *Intake) Refuse(ctx context.Context, r callback.Refusal) {
	var pending *callback.PendingError
	if r.Err == nil || errors.As(r.Err, &pending) {
		return
	}
	refusal.Note(ctx)
	o, ok := unwrap.As[callback.RefusalObserver](m.Config.Observer)
	if !ok {
		return
	}
	r.Err = shown(handError(r.Err))
	m.observe(ctx, func(callback.Observer) { o.Refused(ctx, r) })
}

// ServiceNamed returns the name of a service, or "" if the tenant has no such
// service: the text of a client is no label.
func (m *Intake) ServiceNamed(ctx context.Context, tenant, name string) string {
	if _, ok := unwrap.As[callback.RefusalObserver](m.Config.Observer); !ok || name == "" {
		return ""
	}
	if _, err := m.Policy(ctx, tenant, name); err != nil {
		return ""
	}
	return name
}

// shownError is an error whose text had what may be a number.
type shownError struct {
	error
	text string
}

func (e *shownError) Error() string { return e.text }

func (e *shownError) Unwrap() error { return e.error }

// shown returns an error with the digits of numbers hidden. Texts of clients are in
// some errors, and clients send numbers in place of identifiers.
func shown(err error) error {
	if redacted := text.RedactError(err); redacted != err.Error() {
		return &shownError{err, redacted}
	}
	return err
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
