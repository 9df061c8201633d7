package callback

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// RescheduleRequest moves a callback to another time.
type RescheduleRequest struct {
	Tenant string
	ID     ID
	// Desired is the new time (GMS _new_desired_time), or Local in Zone.
	Desired time.Time
	Local   *availability.LocalTime
	Zone    string
	// Revision, when not zero, must be the callback's: somebody else's change
	// in between is an [ErrConflict].
	Revision int64
	// Set are new values of properties, written together with the time; see
	// [UpdateRequest].
	Set    Values
	Actor  string
	Detail string
}

// Reschedule moves a Scheduled callback to another time, which is checked like
// that of a new one; a time that is near enough releases it at once. The old
// seat is given back and the new one taken in one write: when the new bucket
// is full the old booking stands, and the error proposes other times.
//
// A callback in another state is an [ErrInvalidOperation].
func (m *Manager) Reschedule(ctx context.Context, req RescheduleRequest) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	if err := checkNote(req.Actor, req.Detail, ""); err != nil {
		return nil, err
	}
	if req.Desired.IsZero() == (req.Local == nil) || !inYears(req.Desired) {
		return nil, invalid("_new_desired_time", "needs one instant or local time between the years 1970 and 9999")
	}
	properties, userData, err := split(req.Set)
	if err != nil {
		return nil, err
	}
	var last *draft
	cb, err := m.mutate(ctx, req.Tenant, req.ID, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if req.Revision != 0 && cb.Revision != req.Revision {
			return nil, &RevisionError{ID: cb.ID, Revision: cb.Revision}
		}
		d, err := decideReschedule(cb, p, now, m.position(ctx, now, p, cb.Tenant), req)
		if err == nil {
			err = d.set(properties, userData)
		}
		if err != nil {
			return nil, m.propose(ctx, p, d.cb, err, now)
		}
		last = d
		return d, nil
	})
	if err != nil && last != nil {
		return nil, m.explainRefusal(ctx, last, err)
	}
	return cb, err
}

// decideReschedule makes the change; with an error the draft shows the callback
// as it was asked for.
func decideReschedule(cb *Callback, p *Policy, now time.Time, position int, req RescheduleRequest) (*draft, error) {
	if cb.State != Scheduled {
		return &draft{cb: cb}, &StateError{ID: cb.ID, State: cb.State, Operation: "reschedule"}
	}
	d := newDraft(cb, p, now, EventRescheduled, req.Actor)
	moved := d.cb
	moved.Bucket, moved.ReleaseAt, moved.RemindAt, moved.Local, moved.Zone = time.Time{}, time.Time{}, time.Time{}, "", ""
	if err := p.setTime(&Request{Desired: req.Desired, Local: req.Local, Zone: req.Zone}, moved, now, position); err != nil {
		return d, err
	}
	if moved.Immediate {
		d.drop(PermitBucket)
		d.enqueue(now)
	} else if moved.State = Scheduled; !moved.Bucket.Equal(cb.Bucket) {
		d.drop(PermitBucket)
		d.holdSeat()
	}
	d.note(req.Detail)
	return d, nil
}

// RevisionError tells that a callback has another revision than the caller
// knew. It unwraps to [ErrConflict].
type RevisionError struct {
	ID       ID
	Revision int64 // the present one
}

func (e *RevisionError) Error() string {
	return fmt.Sprintf("callback %s is at revision %d", e.ID, e.Revision)
}

// Unwrap returns ErrConflict.
func (e *RevisionError) Unwrap() error { return ErrConflict }
