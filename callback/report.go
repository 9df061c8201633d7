package callback

import (
	"context"
	"fmt"
	"time"
)

// Report is what a dialer, or the webhook that hears for it, tells about an
// attempt. Reports may come more than once, in any order, on any node and
// before Dialer.Dial has returned: stages only move forward, and the first
// outcome counts.
type Report struct {
	Tenant string
	Key    AttemptKey
	// Epoch is the one the attempt was placed under, when the reporter knows
	// it; a different one is refused with [ErrConflict].
	Epoch int64
	Ref   Ref
	// Stage is how far the call got.
	Stage Stage
	// Outcome is set when the attempt is over.
	Outcome *Outcome
	// At is when it happened; zero means when the report arrived. It is never
	// taken to be later than that, nor earlier than the attempt began.
	At    time.Time
	Agent string // who took the call, when the platform tells
	Actor string // who reports; empty means the dialer

	trusted bool // an operator's word, which is not doubted
}

// Report takes what a dialer tells about an attempt. What is old news - an
// earlier stage, a second outcome, an attempt that another has followed, a
// callback that is completed - is accepted and changes nothing.
//
// Errors: [ErrConfiguration] while the callback's service is unknown,
// [ErrInvalidParameter] for a malformed report, [ErrNotFound] for an
// attempt that never was or that has been forgotten, [ErrConflict] for an epoch
// that is not the attempt's. A reporter must repeat a report that was answered
// with any error but the last three.
func (m *Manager) Report(ctx context.Context, r Report) error {
	id, n, ok := r.Key.Split()
	if !ok {
		return invalid("attempt", "is not an attempt key")
	}
	if err := r.check(); err != nil {
		return err
	}
	_, err := m.mutate(ctx, r.Tenant, id, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if o := r.Outcome; o != nil && o.RetryAfter > 0 {
			m.coolDown(serviceKey{cb.Tenant, cb.Service}, now.Add(o.RetryAfter))
		}
		if n > len(cb.Attempts) {
			return nil, fmt.Errorf("attempt %d: %w", n, ErrNotFound)
		}
		if a := cb.Attempts[n-1]; r.Epoch != 0 && a.Epoch != r.Epoch {
			return nil, fmt.Errorf("attempt %d was placed under another epoch: %w", n, ErrConflict)
		}
		if n < len(cb.Attempts) {
			return nil, nil
		}
		return m.decideReport(cb, p, now, r), nil
	})
	return err
}

func (r Report) check() error {
	if err := checkNote(r.Actor, "", ""); err != nil {
		return err
	}
	if r.Stage > StageBridged {
		return invalid("stage", fmt.Sprintf("%d is not defined", r.Stage))
	}
	if len(r.Ref) > 1024 {
		return invalid("ref", "is longer than 1024 bytes")
	}
	o := r.Outcome
	switch {
	case o == nil && r.Stage == StageNone && r.Ref == "":
		return invalid("report", "tells nothing")
	case o != nil && !o.Result.Valid():
		return invalid("outcome.result", fmt.Sprintf("%d is not a call result", o.Result))
	case o != nil && (o.Certainty > NotPlaced || o.Reached > StageBridged || o.By > PartyNetwork):
		return invalid("outcome", "has a certainty, stage or party that is not defined")
	}
	return nil
}

// decideReport makes the change that a report on the current attempt asks for,
// or nil.
func (m *Manager) decideReport(cb *Callback, p *Policy, now time.Time, r Report) *draft {
	a := cb.Current()
	if cb.State == Completed || !a.Live() {
		return nil
	}
	at := r.At
	if at.IsZero() || at.After(now) {
		at = now
	}
	at = latest(at, a.Began)
	if r.Outcome != nil {
		return decideOutcome(cb, p, now, at, m.rules, r)
	}
	return decideProgress(cb, p, now, at, r)
}

// StateReport is what the execution side says about a callback's state (GMS
// PUT _callback_state).
type StateReport struct {
	Tenant string
	ID     ID
	State  State  // Queued, Routing, Processing or Completed
	Reason Reason // of Completed; defaults to NOT_AVAILABLE
	// Set are new values of properties, written together with the state; see
	// [UpdateRequest].
	Set    Values
	Actor  string
	Detail string
}

// ReportState sets the state of a callback whose calls are made by somebody
// else. It is allowed from every state but Completed, as far as the life cycle
// allows the move. Queued and Completed end a live attempt; Routing and
// Processing say how far it got.
func (m *Manager) ReportState(ctx context.Context, r StateReport) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	if err := checkNote(r.Actor, r.Detail, r.Reason); err != nil {
		return nil, err
	}
	switch r.State {
	case Queued, Routing, Processing, Completed:
	default:
		return nil, invalid("_callback_state", fmt.Sprintf("%v cannot be reported", r.State))
	}
	setDefault(&r.Reason, ReasonNotAvailable)
	properties, userData, err := split(r.Set)
	if err != nil {
		return nil, err
	}
	var last *draft
	cb, err := m.mutate(ctx, r.Tenant, r.ID, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if cb.State == Completed || !CanMove(cb.State, r.State) {
			return nil, &StateError{ID: cb.ID, State: cb.State, Operation: "report " + r.State.String() + " for"}
		}
		if cb.State == r.State && len(r.Set) == 0 {
			return nil, nil
		}
		d := newDraft(cb, p, now, EventStateSet, r.Actor)
		// Before the state: whom to call cannot change while a call is up.
		if err := d.set(properties, userData); err != nil {
			return nil, err
		}
		if cb.State != r.State {
			d.report(r)
		}
		last = d
		return d, nil
	})
	if err != nil && last != nil {
		return nil, m.explainRefusal(ctx, last, err)
	}
	return cb, err
}

// report sets the state that the execution side tells.
func (d *draft) report(r StateReport) {
	now, p := d.now, d.policy
	a := d.cb.Current()
	live := a != nil && a.Live()
	switch r.State {
	case Queued:
		d.endAttempt(Outcome{Result: Unknown, Certainty: Known}, now)
		d.enqueue(now)
	case Routing:
		d.move(Routing)
		d.cb.DeadlineAt = now.Add(p.service.Dialing.AgentWait)
		if live {
			a.Stage = max(a.Stage, StageCustomer)
		}
	case Processing:
		d.move(Processing)
		d.cb.DeadlineAt = now.Add(p.service.Dialing.MaxCall)
		if live {
			a.Stage = StageBridged
		}
	case Completed:
		d.endAttempt(Outcome{Result: Unknown, Certainty: Known, Reached: StageNone}, now)
		d.complete(r.Reason, r.Detail)
	}
	if r.Detail != "" {
		d.note(r.Detail)
	}
}
