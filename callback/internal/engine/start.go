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

// Start creates a callback; see Manager.Start.
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
	if err := m.fillFromCopy(ctx, &req); err != nil {
		return nil, err
	}
	if err := m.fillFromContact(ctx, &req, policy); err != nil {
		return nil, err
	}
	d, err := m.prepare(ctx, &req, policy, now)
	if err != nil {
		return nil, err
	}
	d.Callback.Idempotency = callback.Idempotency{Key: req.Key, Hash: hash}
	cb, err := m.create(ctx, req, d)
	switch {
	case req.CopyFrom == "":
	case errors.Is(err, callback.ErrOutcomeUnknown):
		err = errors.Join(err, m.checkSource(ctx, d.Callback))
	case err == nil && cb.ID == d.Callback.ID:
		err = m.checkSource(ctx, cb)
	}
	if err != nil {
		return nil, err
	}
	return cb, nil
}

// create writes a prepared callback and returns it, or the one that an earlier
// request with the same key created.
func (m *Intake) create(ctx context.Context, req decide.Start, d *decide.Draft) (*callback.Callback, error) {
	err := m.book(ctx, d)
	switch {
	case err == nil:
		return d.Callback, nil
	case req.Key != "" && (errors.Is(err, callback.ErrConflict) || errors.Is(err, callback.ErrOutcomeUnknown)):
		// Another request with the same key came first, or this write happened
		// after all. The record under the key tells.
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

// book writes the draft, with an access number if the customer is to call in.
func (m *Intake) book(ctx context.Context, d *decide.Draft) error {
	if d.Callback.State != callback.Offered || d.Callback.Offer.Kind != callback.OfferBooking {
		return m.Commit(ctx, d)
	}
	return m.bookAccess(ctx, d)
}

// repeated returns the callback that an earlier request with the same key
// created, or nil.
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

// prepare makes the draft of a new callback and lists the permits it takes.
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
