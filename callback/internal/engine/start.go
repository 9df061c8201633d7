package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Start stores a new callback for tenant; see Manager.Start.
func (m *Intake) Start(ctx context.Context, tenant string, in decide.StartInput) (*callback.Callback, error) {
	req := decide.Start{Tenant: tenant, StartInput: in}
	if err := m.Life.Check(); err != nil {
		return nil, err
	}
	if err := req.Check(); err != nil {
		return nil, err
	}
	now, err := m.Now(ctx)
	if err != nil {
		return nil, err
	}
	hash := ""
	if req.Key != "" {
		if hash, err = req.Digest(); err != nil {
			return nil, err
		}
		if cb, err := m.repeated(ctx, req, hash); cb != nil || err != nil {
			return cb, err
		}
	}
	policy, err := m.redirect(ctx, &req)
	if err != nil {
		return nil, err
	}
	// The creation of a copy is refused when its source has changed since it was
	// read: then the source is read again.
	var read *callback.Precondition
	var refused error
	for range MaxConflicts {
		filled := req
		source, err := m.fillFromCopy(ctx, &filled)
		if err != nil {
			return nil, err
		}
		if refused != nil && *source == *read {
			break
		}
		if err := m.fillFromContact(ctx, &filled, policy); err != nil {
			return nil, err
		}
		d, err := m.prepare(ctx, &filled, policy, now)
		if err != nil {
			return nil, err
		}
		d.Callback.Idempotency = callback.Idempotency{Key: req.Key, Hash: hash}
		d.Source = source
		cb, err := m.create(ctx, filled, d)
		if source == nil || !errors.Is(err, callback.ErrConflict) && !errors.Is(err, callback.ErrNotFound) {
			return cb, err
		}
		read, refused = source, err
	}
	return nil, refused
}

// create writes d. If the request's key turns out to belong to another callback,
// create returns that one, provided that the same request made it.
func (m *Intake) create(ctx context.Context, req decide.Start, d *decide.Draft) (*callback.Callback, error) {
	err := m.book(ctx, d)
	switch {
	case err == nil:
		return d.Callback, nil
	case req.Key != "" && (errors.Is(err, callback.ErrConflict) || errors.Is(err, callback.ErrOutcomeUnknown)):
		// A request with the same key came first, or this write did happen.
		cb, findErr := m.repeated(ctx, req, d.Callback.Idempotency.Hash)
		switch {
		case cb != nil || errors.Is(findErr, callback.ErrKeyReuse):
			return cb, findErr
		case findErr != nil:
			return nil, errors.Join(err, findErr)
		}
	}
	return nil, m.ExplainRefusal(ctx, d, err)
}

// book writes d. A callback whose customer is to call in gets the first free
// access number of the service.
func (m *Intake) book(ctx context.Context, d *decide.Draft) error {
	if d.Callback.State != callback.Offered || d.Callback.Offer.Kind != callback.OfferBooking {
		return m.Commit(ctx, d)
	}
	return m.bookAccess(ctx, d)
}

// repeated returns the callback that an earlier request with the same key and
// digest made, or nil. The same key with another digest is ErrKeyReuse.
func (m *Intake) repeated(ctx context.Context, req decide.Start, hash string) (*callback.Callback, error) {
	cb, err := m.Store.Get(ctx, callback.By{Tenant: req.Tenant, Key: req.Key})
	if errors.Is(err, callback.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if cb.Idempotency.Hash != hash {
		return nil, fmt.Errorf("key %q: %w", text.Clip(req.Key), callback.ErrKeyReuse)
	}
	return cb, nil
}

// prepare makes the draft of a new callback: it identifies the customer, checks
// the time, lists the permits to take and enters the first state.
func (m *Intake) prepare(ctx context.Context, req *decide.Start, p *decide.Policy, now time.Time) (*decide.Draft, error) {
	cb := &callback.Callback{
		Tenant: req.Tenant, Service: req.Service, Revision: 1, Created: now, Updated: now,
		Priority: req.Priority, Agent: req.Agent, Origin: req.Origin,
		Trace: req.Trace, Source: req.Source, CopiedFrom: req.CopyFrom, SessionID: req.SessionID, Until: req.Until,
	}
	if req.Retry != nil {
		cb.Retry = new(*req.Retry)
	}
	if req.Interaction != (callback.Interaction{}) {
		cb.Interaction = new(req.Interaction)
	}
	cb.Agent.Target = cmp.Or(cb.Agent.Target, p.Service.Queueing.Target)
	cb.Agent.Queue = cmp.Or(cb.Agent.Queue, p.Service.Queueing.VirtualQueue)
	if target, ok := p.Override(&req.StartInput, "_target"); ok {
		cb.Agent.Target = target
	}
	d := &decide.Draft{Callback: cb, Policy: p, Now: now, Event: callback.Event{Type: callback.EventAccepted, Actor: req.Actor}}
	if err := p.Identify(&req.StartInput, cb); err != nil {
		return nil, err
	}
	if err := p.SetTime(&req.StartInput, cb, now, m.Position(ctx, now, p, cb.Tenant)); err != nil {
		return nil, m.Propose(ctx, p, cb, err, now)
	}
	decide.Permits(&req.StartInput, d)
	decide.Enter(&req.StartInput, d)
	if cb.ID = m.Config.NewID(); !cb.ID.Valid() {
		return nil, fmt.Errorf("identifier %q is not 1 to %d letters, digits, '_' and '-'", cb.ID, text.MaxName)
	}
	return d, ctx.Err()
}
