package manager

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// UpdateRequest changes properties and user data.
type UpdateRequest struct {
	ID callback.ID
	// Set are the new values by key; an empty string deletes the key. The
	// property _customer_number changes whom to call, where no call is in
	// flight. A service that requires consent refuses another number
	// ([callback.ErrConsent]): the consent was given for the one of the contact mode.
	Set      callback.Values
	Revision int64 // when not zero, the callback's; else [callback.ErrConflict]
	Actor    string
	Detail   string
}

// Update changes properties of a callback that is not completed. Former values
// of lookup keys stay searchable. It never changes the desired time: that is
// [Manager.Reschedule].
//
// Errors: [callback.FieldError], [callback.StateError] for a callback that is
// completed, [RevisionError], [callback.NumberError], [callback.LimitError],
// [callback.ErrNotFound], [callback.ErrConfiguration] if the callback's service
// no longer exists, [callback.ErrConflict] if other writers kept changing the
// callback, [callback.ErrStopped], and the store's. After
// [callback.ErrOutcomeUnknown] the change may have happened.
func (m *Manager) Update(ctx context.Context, req UpdateRequest) (*callback.Callback, error) {
	var found *callback.Callback
	cb, err := m.update(ctx, req, &found)
	m.refuse(ctx, "update", found, err)
	return cb, err
}

func (m *Manager) update(ctx context.Context, req UpdateRequest, found **callback.Callback) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	if err := decide.CheckNote(req.Actor, req.Detail, ""); err != nil {
		return nil, err
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
		d, err := decide.Update(cb, p, now, decide.UpdateInput(req), properties, userData)
		last = d
		return d, err
	})
	if err != nil && last != nil {
		return nil, m.engine.ExplainRefusal(ctx, last, err)
	}
	return cb, err
}
