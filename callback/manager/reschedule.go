package manager

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// RescheduleRequest moves a callback to another time.
type RescheduleRequest struct {
	ID callback.ID
	// Desired is the new time. Local and Zone give it on a wall clock instead, as in
	// [Request]. GMS: _new_desired_time.
	Desired time.Time
	Local   *availability.LocalTime
	Zone    string
	// Revision, when not zero, must be the callback's current revision, else
	// the error is [callback.ErrConflict].
	Revision int64
	// Set are new values of properties, written together with the time; see
	// [UpdateRequest].
	Set    callback.Values
	Actor  string
	Detail string
}

// Reschedule moves a Scheduled callback to another time, which is checked like
// that of a new one; a time that is near enough releases it at once. The old
// seat is given back and the new one taken in one write: when the new bucket
// is full the old booking stands, and the error proposes other times.
//
// Errors: [callback.FieldError], [callback.StateError] for a callback that is
// not Scheduled, [RevisionError], [callback.AvailabilityError] with
// alternatives, [callback.NumberError] for a number in Set,
// [callback.LimitError], [callback.ErrNotFound], [callback.ErrConfiguration] if
// the callback's service no longer exists, [callback.ErrConflict] if other
// writers kept changing the callback, [callback.ErrStopped], and the store's.
// After [callback.ErrOutcomeUnknown] the change may have happened.
func (m *Manager) Reschedule(ctx context.Context, req RescheduleRequest) (*callback.Callback, error) {
	var found *callback.Callback
	cb, err := m.reschedule(ctx, req, &found)
	m.refuse(ctx, "reschedule", found, err)
	return cb, err
}

func (m *Manager) reschedule(ctx context.Context, req RescheduleRequest, found **callback.Callback) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	if err := decide.CheckNote(req.Actor, req.Detail, ""); err != nil {
		return nil, err
	}
	if req.Desired.IsZero() == (req.Local == nil) || !decide.InYears(req.Desired) {
		return nil, decide.Invalid("_new_desired_time", "needs one instant or local time between the years 1970 and 9999")
	}
	properties, userData, err := decide.Split(req.Set)
	if err != nil {
		return nil, err
	}
	var last *decide.Draft
	cb, err := m.engine.Mutate(ctx, m.tenant, req.ID, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		*found = cb
		if req.Revision != 0 && cb.Revision != req.Revision {
			return nil, &RevisionError{ID: cb.ID, Revision: cb.Revision}
		}
		d, err := decide.Reschedule(cb, p, now, m.engine.Position(ctx, now, p, cb.Tenant), decide.RescheduleInput(req))
		if err == nil {
			err = d.Set(properties, userData)
		}
		if err != nil {
			return nil, m.engine.Propose(ctx, p, d.Callback, err, now)
		}
		last = d
		return d, nil
	})
	if err != nil && last != nil {
		return nil, m.engine.ExplainRefusal(ctx, last, err)
	}
	return cb, err
}

// RevisionError tells that a callback has another revision than the caller
// knew. It unwraps to [callback.ErrConflict].
type RevisionError struct {
	ID       callback.ID
	Revision int64 // the present one
}

func (e *RevisionError) Error() string {
	return fmt.Sprintf("callback %s is at revision %d", e.ID, e.Revision)
}

// Unwrap returns ErrConflict.
func (e *RevisionError) Unwrap() error { return callback.ErrConflict }
