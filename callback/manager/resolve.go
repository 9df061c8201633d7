package manager

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Resolution is an operator's decision about an unresolved callback.
type Resolution struct {
	ID callback.ID
	// Outcome is what happened to the attempt: Known or NotPlaced. A RetryAfter
	// above Config.MaxThrottle is cut to it.
	Outcome callback.Outcome
	// Redial queues the callback for another attempt, whatever the retry policy
	// says. The operator accepts that the customer may be called twice.
	Redial bool
	Actor  string // required
	Detail string
}

// Resolve ends the doubt about an unresolved callback: with the outcome, as if
// the dialer had reported it, or with another attempt.
//
// Errors: [callback.FieldError], [callback.StateError] for a callback that is
// not Unresolved, [callback.ErrInvalidOperation] for a redial after the
// callback's last chance, [callback.ErrNotFound], [callback.ErrConfiguration]
// if the callback's service no longer exists, [callback.ErrConflict] if other
// writers kept changing the callback, [callback.ErrStopped], and the store's.
// After [callback.ErrOutcomeUnknown] the change may have happened.
func (m *Manager) Resolve(ctx context.Context, r Resolution) (*callback.Callback, error) {
	var found *callback.Callback
	cb, err := m.resolve(ctx, r, &found)
	m.refuse(ctx, "resolve", found, err)
	return cb, err
}

func (m *Manager) resolve(ctx context.Context, r Resolution, found **callback.Callback) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	if err := decide.CheckNote(r.Actor, r.Detail, ""); err != nil {
		return nil, err
	}
	if r.Actor == "" {
		return nil, decide.Invalid("actor", "is required")
	}
	r.Outcome = *m.engine.Bounded(ctx, m.tenant, "", &r.Outcome)
	report := callback.Report{Outcome: &r.Outcome, Actor: r.Actor}
	if !r.Redial {
		if r.Outcome.Certainty != callback.Known && r.Outcome.Certainty != callback.NotPlaced {
			return nil, decide.Invalid("outcome.certainty", "must be known or not placed")
		}
		if err := decide.CheckReport(report); err != nil {
			return nil, err
		}
	}
	return m.engine.Mutate(ctx, m.tenant, r.ID, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		*found = cb
		if cb.State != callback.Unresolved {
			return nil, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "resolve"}
		}
		if r.Redial && p.TooLate(cb, now) {
			return nil, fmt.Errorf("callback %s is past its time: %w", cb.ID, callback.ErrInvalidOperation)
		}
		return decide.Resolution(cb, p, now, m.engine.Rules, decide.ResolutionInput(r), report), nil
	})
}
