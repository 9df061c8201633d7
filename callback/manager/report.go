package manager

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Report takes what a dialer tells about an attempt. What is old news - an
// earlier stage, a second outcome, an attempt that another has followed, a
// callback that is completed - is accepted and changes nothing.
//
// Errors: [callback.ErrConfiguration] while the callback's service is unknown,
// [callback.ErrInvalidParameter] for a malformed report, [callback.ErrNotFound] for an
// attempt that never was or that has been forgotten, [callback.ErrConflict] for an epoch
// that is not the attempt's. A reporter must repeat a report that was answered
// with any error but the last three.
func (m *Manager) Report(ctx context.Context, r callback.Report) error {
	err := m.engine.Report(ctx, r)
	if err != nil {
		m.Tenant(r.Tenant).refuse(ctx, "report", nil, err)
	}
	return err
}

// StateReport is the state of a callback as the software that makes its calls
// reports it. GMS: PUT _callback_state.
type StateReport struct {
	ID     callback.ID
	State  callback.State  // Queued, Routing, Processing or Completed
	Reason callback.Reason // of Completed; defaults to NOT_AVAILABLE
	// Set are new values of properties, written together with the state; see
	// [UpdateRequest].
	Set    callback.Values
	Actor  string
	Detail string
}

// ReportState sets the state of a callback whose calls are made outside the
// library. It is allowed from every state but Completed, as far as the life cycle
// allows the move. Queued and Completed end a live attempt; Routing and
// Processing say how far it got.
//
// Errors: [callback.FieldError], [callback.StateError] for a state that the
// callback cannot move to, [callback.NumberError] for a number in Set,
// [callback.ErrNotFound], [callback.ErrConfiguration] if the callback's service
// no longer exists, [callback.ErrConflict] if other writers kept changing the
// callback, [callback.ErrStopped], and the store's. After
// [callback.ErrOutcomeUnknown] the change may have happened.
func (m *Manager) ReportState(ctx context.Context, r StateReport) (*callback.Callback, error) {
	var found *callback.Callback
	cb, err := m.reportState(ctx, r, &found)
	m.refuse(ctx, "report_state", found, err)
	return cb, err
}

func (m *Manager) reportState(ctx context.Context, r StateReport, found **callback.Callback) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	if err := decide.CheckNote(r.Actor, r.Detail, r.Reason); err != nil {
		return nil, err
	}
	switch r.State {
	case callback.Queued, callback.Routing, callback.Processing, callback.Completed:
	default:
		return nil, decide.Invalid("_callback_state", fmt.Sprintf("%v cannot be reported", r.State))
	}
	r.Reason = cmp.Or(r.Reason, callback.ReasonNotAvailable)
	properties, userData, err := decide.Split(r.Set)
	if err != nil {
		return nil, err
	}
	var last *decide.Draft
	cb, err := m.engine.Mutate(ctx, m.tenant, r.ID, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		*found = cb
		if cb.State == callback.Completed || !callback.CanMove(cb.State, r.State) {
			return nil, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "report " + r.State.String() + " for"}
		}
		if cb.State == r.State && len(r.Set) == 0 {
			return nil, nil
		}
		d := decide.NewDraft(cb, p, now, callback.EventStateSet, r.Actor)
		// Before the state: whom to call cannot change while a call is up.
		if err := d.Set(properties, userData); err != nil {
			return nil, err
		}
		if cb.State != r.State {
			d.Report(decide.StateInput(r))
		}
		last = d
		return d, nil
	})
	if err != nil && last != nil {
		return nil, m.engine.ExplainRefusal(ctx, last, err)
	}
	return cb, err
}
