package manager

import (
	"cmp"
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// CancelRequest asks for the end of a callback.
type CancelRequest struct {
	ID callback.ID
	// Reason is what the callback completes with. Defaults to
	// ReasonCancelled.
	Reason callback.Reason
	// Force completes the callback although a call is in flight or its fate is
	// unknown (GMS discard_ors_failure). A call that is up is hung up, where
	// the dialer can, also on people who are talking.
	Force  bool
	Actor  string
	Detail string // why, for the history
}

// Cancel ends a callback. After it has returned nil no attempt begins any more.
//
// While a call is in flight it returns the callback with a [StateError] that is
// an [ErrInFlight], has the call hung up where the dialer can and the parties
// are not talking yet, and no further attempt follows: the callback completes
// with the reason asked for once the call has ended, or with success when the
// parties got to talk. A completed callback is an [ErrInvalidOperation].
//
// Errors: [callback.FieldError], [callback.StateError] as described,
// [callback.ErrNotFound], [callback.ErrConflict] if other writers kept changing
// the callback, [callback.ErrStopped], and the store's. After
// [callback.ErrOutcomeUnknown] the change may have happened.
func (m *Manager) Cancel(ctx context.Context, req CancelRequest) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	req.Reason = cmp.Or(req.Reason, callback.ReasonCancelled)
	if err := decide.CheckNote(req.Actor, req.Detail, req.Reason); err != nil {
		return nil, err
	}
	flying := false
	var state callback.State
	cb, err := m.engine.Alter(ctx, m.tenant, req.ID, true, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		var d *decide.Draft
		d, flying = decide.Cancel(cb, p, now, decide.CancelInput(req))
		state = cb.State
		if d == nil && !flying {
			return nil, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}
		}
		return d, nil
	})
	if err != nil {
		return nil, err
	}
	if flying {
		if h := decide.HangupOf(cb, req.Reason); h != nil && state != callback.Processing {
			m.engine.HangUp(ctx, *h)
		}
		return cb, &callback.StateError{ID: cb.ID, State: state, Operation: "cancel"}
	}
	return cb, nil
}
