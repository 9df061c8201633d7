package engine

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

func (m *Engine) round(now time.Time, policy *decide.Policy) *decide.Round {
	o := policy.Service.Dialing
	window := o.PlaceTimeout + o.RingTimeout + o.Grace
	if o.First == callback.AgentFirst {
		window += o.RingTimeout
	}
	if m.Rules.Finals {
		window += o.AgentWait + o.MaxCall
	}
	if m.waiter != nil {
		// The claim on a whole call is renewed for as long as it is made.
		window = m.Config.Lease
	}
	return &decide.Round{Now: now, Policy: policy, Actor: m.Config.Node, Media: m.Rules.Media, Router: m.Config.Router != nil, Window: window}
}

// openAccess narrows the places of a service whose customers call in to the
// access numbers that are free.
func (m *Engine) openAccess(ctx context.Context, r *decide.Round, key ServiceKey, places int) (int, error) {
	in := r.Policy.Service.Inbound
	if !r.Inbound() {
		return places, nil
	}
	if in.Codes {
		for len(r.Access) < places {
			r.Access = append(r.Access, in.AccessNumbers[len(r.Access)%len(in.AccessNumbers)])
		}
		return places, nil
	}
	counters, err := m.Store.Load(ctx, r.Now, callback.LoadRequest{Tenant: key.Tenant, Kind: callback.PermitAccess, Service: key.Name})
	if err != nil {
		return 0, err
	}
	used := make(map[string]bool, len(counters))
	for _, c := range counters {
		used[c.Key.Name] = true
	}
	for _, number := range in.AccessNumbers {
		if !used[number] && len(r.Access) < places {
			r.Access = append(r.Access, number)
		}
	}
	return min(places, len(r.Access)), nil
}

// dialOffered dials a callback whose offer was accepted, or asks the next
// question.
func (m *Engine) dialOffered(ctx context.Context, now time.Time, cb *callback.Callback, policy *decide.Policy, p *callback.Progress) error {
	var b, passed Batch
	left, _ := m.paceLeft(now)
	cool := m.coolUntil(ServiceKey{cb.Tenant, cb.Service}).After(now)
	if _, paused := m.Pauses.Of(cb.Tenant, cb.Service); paused || policy.Service.Paused {
		// Whoever accepted is not kept waiting for the end of the pause.
		b.Add(decide.Recall(cb, policy, now, m.Config.Node))
		return m.applyBatch(ctx, now, &b, func(*decide.Draft) {})
	}
	if m.flights.free() == 0 || left == 0 || cool {
		passed.unclaim(cb, policy, now)
		return m.applyBatch(ctx, now, &passed, func(*decide.Draft) {})
	}
	b.Add(m.round(now, policy).Decide(cb, nil))
	if _, err := m.commitDials(ctx, now, &b, &passed, p); err != nil {
		return err
	}
	return m.applyBatch(ctx, now, &passed, func(*decide.Draft) {})
}
