package callback

import (
	"context"
	"time"
)

// A round is one go at one service's queue.
type round struct {
	now    time.Time
	policy *Policy
	actor  string
	router bool
	window time.Duration // how long silence of the dialer is believed
	access []string      // access numbers that are free, for customers who call in
}

func (m *Manager) round(now time.Time, policy *Policy) *round {
	o := policy.service.Dialing
	window := o.PlaceTimeout + o.RingTimeout + o.Grace
	if o.First == AgentFirst {
		window += o.RingTimeout
	}
	if m.rules.finals {
		window += o.AgentWait + o.MaxCall
	}
	if m.waiter != nil {
		// The claim on a whole call is renewed for as long as it is made.
		window = m.config.Lease
	}
	return &round{now: now, policy: policy, actor: m.config.Node, router: m.config.Router != nil, window: window}
}

// inbound reports whether the service's customers call in.
func (r *round) inbound() bool { return r.policy.service.Inbound.Direction == UserOriginated }

// openAccess narrows the places of a service whose customers call in to the
// access numbers that are free.
func (m *Manager) openAccess(ctx context.Context, r *round, key serviceKey, places int) (int, error) {
	in := r.policy.service.Inbound
	if !r.inbound() {
		return places, nil
	}
	if in.Codes {
		for len(r.access) < places {
			r.access = append(r.access, in.AccessNumbers[len(r.access)%len(in.AccessNumbers)])
		}
		return places, nil
	}
	counters, err := m.store.Load(ctx, r.now, LoadRequest{Tenant: key.tenant, Kind: PermitAccess, Service: key.name})
	if err != nil {
		return 0, err
	}
	used := make(map[string]bool, len(counters))
	for _, c := range counters {
		used[c.Key.Name] = true
	}
	for _, number := range in.AccessNumbers {
		if !used[number] && len(r.access) < places {
			r.access = append(r.access, number)
		}
	}
	return min(places, len(r.access)), nil
}

// decide makes of a claimed callback what comes next: a question to the
// customer or the agent, or an attempt.
func (r *round) decide(cb *Callback, reservation *Reservation) *draft {
	s := r.policy.service
	d := newDraft(cb, r.policy, r.now, EventOffered, r.actor)
	d.epoch = cb.Lease.Epoch
	if reservation != nil {
		d.cb.Reservation = reservation
	}
	switch {
	case r.inbound() && cb.State == Queued:
		d.offer(OfferBooking, s.Inbound.Timeout)
		number := r.access[0]
		r.access = r.access[1:]
		d.cb.AccessNumber = number
		limit := int64(1)
		if s.Inbound.Codes {
			limit, d.cb.AccessCode = -1, accessCode(cb.ID)
		}
		d.hold(Permit{Key: PermitKey{Kind: PermitAccess, Service: cb.Service, Name: number}, N: 1, Max: limit})
	case s.Confirm.On && cb.Offer == nil:
		d.offer(OfferConfirm, s.Confirm.Timeout)
	case s.Preview.On && (cb.Offer == nil || cb.Offer.Kind == OfferConfirm):
		d.offer(OfferPreview, s.Preview.Timeout)
	default:
		r.dial(d)
	}
	return d
}

// dial commits the next attempt, before the dialer hears of it.
func (r *round) dial(d *draft) {
	cb, s := d.cb, r.policy.service
	if cb.Customer.Target().IsZero() {
		d.complete(ReasonNoNumber, "")
		return
	}
	d.move(Dialing)
	cb.LostLeases = 0
	n := len(cb.Attempts) + 1
	attempt := Attempt{N: n, Key: NewAttemptKey(cb.ID, n), Epoch: d.epoch, Began: r.now}
	if cb.Reservation != nil {
		attempt.Agent = cb.Reservation.Agent
	}
	cb.Attempts = append(cb.Attempts, attempt)
	cb.DeadlineAt = r.now.Add(r.window)
	d.event.Type, d.event.Attempt, d.event.Detail = EventDialing, n, ""
	d.holdCall(r.policy.lines(r.router))
	if rate := s.Queueing.CallsPerSecond; rate > 0 {
		d.take = append(d.take, Permit{Key: PermitKey{Kind: PermitRate, Service: cb.Service}, N: 1, Max: int64(rate), For: time.Second})
	}
	if most := s.Limits.AttemptsPerDay; most > 0 {
		key := PermitKey{Kind: PermitAttempt, Subject: cb.Customer.Target().Key()}
		d.take = append(d.take, Permit{Key: key, N: 1, Max: int64(most), Until: r.policy.endOfDay(r.now)})
	}
}

// dialOffered dials a callback whose offer was accepted, or asks the next
// question.
func (m *Manager) dialOffered(ctx context.Context, now time.Time, cb *Callback, policy *Policy, p *Progress) error {
	var b, passed batch
	left, _ := m.paceLeft(now)
	cool := m.coolUntil(serviceKey{cb.Tenant, cb.Service}).After(now)
	if _, paused := m.pauses.of(cb.Tenant, cb.Service); paused || policy.service.Paused {
		// Whoever accepted is not kept waiting for the end of the pause.
		b.add(decideRecall(cb, policy, now, m.config.Node))
		return m.applyBatch(ctx, now, &b, func(*draft) {})
	}
	if m.flights.free() == 0 || left == 0 || cool {
		passed.unclaim(cb, policy, now)
		return m.applyBatch(ctx, now, &passed, func(*draft) {})
	}
	b.add(m.round(now, policy).decide(cb, nil))
	if _, err := m.commitDials(ctx, now, &b, &passed, p); err != nil {
		return err
	}
	return m.applyBatch(ctx, now, &passed, func(*draft) {})
}
