package callback

import (
	"cmp"
	"context"
	"time"
)

// CancelRequest asks for the end of a callback.
type CancelRequest struct {
	Tenant string
	ID     ID
	// Reason is what the callback completes with. Defaults to
	// ReasonCancelled.
	Reason Reason
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
func (m *Manager) Cancel(ctx context.Context, req CancelRequest) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	setDefault(&req.Reason, ReasonCancelled)
	if err := checkNote(req.Actor, req.Detail, req.Reason); err != nil {
		return nil, err
	}
	flying := false
	var state State
	cb, err := m.alter(ctx, req.Tenant, req.ID, true, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		var d *draft
		d, flying = decideCancel(cb, p, now, req)
		state = cb.State
		if d == nil && !flying {
			return nil, &StateError{ID: cb.ID, State: cb.State, Operation: "cancel"}
		}
		return d, nil
	})
	if err != nil {
		return nil, err
	}
	if flying {
		if h := hangupOf(cb, req.Reason); h != nil && state != Processing {
			m.hangUp(ctx, *h)
		}
		return cb, &StateError{ID: cb.ID, State: state, Operation: "cancel"}
	}
	return cb, nil
}

// decideCancel makes the change that a cancellation asks for; flying says that
// it has to wait for the end of a call.
func decideCancel(cb *Callback, p *Policy, now time.Time, req CancelRequest) (d *draft, flying bool) {
	switch cb.State {
	case Completed:
		return nil, false
	case Dialing, Routing, Processing, Unresolved:
		if !req.Force && cb.CancelReason == req.Reason {
			return nil, true
		}
		d = newDraft(cb, p, now, EventUpdated, req.Actor)
		if !req.Force {
			d.cb.CancelReason = req.Reason
			d.note(cmp.Or(req.Detail, "to be cancelled when the call has ended"))
			return d, true
		}
		d.hangup = hangupOf(cb, req.Reason)
		d.endAttempt(Outcome{Result: CancelRecord, Certainty: MayHaveRung}, now)
		d.complete(req.Reason, req.Detail)
		return d, false
	}
	d = newDraft(cb, p, now, EventCompleted, req.Actor)
	d.complete(req.Reason, req.Detail)
	return d, false
}

// hangupOf asks for the end of the live call, when there is one.
func hangupOf(cb *Callback, reason Reason) *Hangup {
	a := cb.Current()
	if a == nil || !a.Live() {
		return nil
	}
	return &Hangup{Tenant: cb.Tenant, Key: a.Key, Ref: a.Ref, Reason: reason}
}

// endAttempt closes the current attempt, when it is live.
func (d *draft) endAttempt(o Outcome, at time.Time) {
	a := d.cb.Current()
	if a == nil || !a.Live() {
		return
	}
	a.Ended = at
	a.Outcome = o
	d.event.Attempt, d.event.Result, d.event.Certainty = a.N, o.Result, o.Certainty
}

// checkNote bounds what a caller adds to the history.
func checkNote(actor, detail string, reason Reason) error {
	if err := checkText("actor", actor, maxName); err != nil {
		return err
	}
	if err := checkText("detail", detail, maxText); err != nil {
		return err
	}
	return checkText("reason", string(reason), maxName)
}
