package manager

import (
	"cmp"
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
)

// CancelRequest asks to cancel a callback.
type CancelRequest struct {
	ID callback.ID
	// Reason is the reason of the completed callback. Defaults to
	// ReasonCancelled.
	Reason callback.Reason
	// Force completes the callback even if a call is in flight or unresolved. A
	// dialer that can hang up does so, even if the parties are talking. GMS:
	// discard_ors_failure.
	Force  bool
	Actor  string // kept in the history; at most 128 bytes
	Detail string // why, kept in the history; at most 1,024 bytes
}

// Cancel completes a callback. Once it has returned nil, no attempt begins.
//
// While a call is in flight it returns the callback and a
// [callback.PendingError], which wraps [callback.ErrInFlight]. No further attempt
// follows, and a dialer that can hang up does so unless the parties are talking.
// Cancel waits at most a second for the dialer's answer. If the dialer fails, the
// error also wraps [callback.ErrExecution], and the dialer is asked again later.
// The callback completes when the call has ended: successfully if the parties
// have talked, else with the requested reason.
//
// An unresolved callback is treated alike while a call of its may be up, for
// Dialing.MaxCall after the attempt began and the time that the dialer needs to
// settle. It completes with the requested reason once it is known what became of
// the call, at the latest at the time that the error tells. After that no call
// can be up, and Cancel completes it at once.
//
// Errors: [callback.FieldError], [callback.PendingError] as described,
// [callback.StateError] for a completed callback, [callback.ErrNotFound],
// [callback.ErrConflict] if other writers kept changing the callback,
// [callback.ErrStopped], and the store's. After [callback.ErrOutcomeUnknown] the
// change may have happened.
func (m *Manager) Cancel(ctx context.Context, req CancelRequest) (*callback.Callback, error) {
	var found *callback.Callback
	cb, err := m.cancelOne(ctx, req, &found)
	m.refuse(ctx, "cancel", found, err)
	return cb, err
}

func (m *Manager) cancelOne(ctx context.Context, req CancelRequest, found **callback.Callback) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	req.Reason = cmp.Or(req.Reason, callback.ReasonCancelled)
	if err := decide.CheckNote(req.Actor, req.Detail, req.Reason); err != nil {
		return nil, err
	}
	return m.cancel(ctx, req, found, false)
}

// cancel cancels a callback on a request that was checked. It sets found as soon as
// there is one.
func (m *Manager) cancel(ctx context.Context, req CancelRequest, found **callback.Callback, inBulk bool) (*callback.Callback, error) {
	inFlight, noted := false, false
	failed, stop := func(context.Context) bool { return false }, func() {}
	defer func() { stop() }()
	cb, err := m.engine.Alter(ctx, m.tenant, req.ID, engine.AdoptOrphans, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		*found = cb
		var d *decide.Draft
		d, inFlight = decide.Cancel(cb, p, now, decide.CancelInput(req))
		noted = d != nil
		if h := decide.HangupOf(cb, req.Reason); h != nil && inFlight && !inBulk {
			stop()
			failed, stop = m.engine.HeedHangUp(h)
		}
		if d == nil && !inFlight {
			return nil, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}
		}
		if d != nil && inBulk {
			d.Callback.CancelledInBulk = true
		}
		return d, nil
	})
	if err != nil {
		return nil, err
	}
	if inFlight {
		return cb, m.endCall(ctx, cb, req.Reason, noted, failed)
	}
	return cb, nil
}

// endCall returns the error that says what a cancellation did about the call. A
// repeated one hangs up again, unless the parties are talking.
//
// It waits a moment for the dialer's answer; failed reports it, and is nil if the
// caller does not wait.
func (m *Manager) endCall(ctx context.Context, cb *callback.Callback, reason callback.Reason, noted bool, failed func(ctx context.Context) bool) error {
	pending := &callback.PendingError{StateError: callback.StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}, Reason: reason}
	if h := decide.HangupOf(cb, reason); h != nil && cb.State != callback.Processing && m.engine.Rules.HangUp {
		pending.HangUp = true
		if !noted {
			m.engine.HangUp(ctx, cb.ID, callback.Owed{Hangup: h})
		}
		pending.HangUpFailed = failed != nil && failed(ctx)
	}
	if cb.State == callback.Unresolved {
		if p, err := m.engine.PolicyOf(ctx, cb, engine.AdoptOrphans); err == nil {
			pending.Until = p.UnresolvedEnd(cb)
		}
	}
	return pending
}
