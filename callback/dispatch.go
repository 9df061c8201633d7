package callback

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// waiting is how many callbacks of a service could be claimed, by priority.
type waiting [scheduler.Levels]int

// dispatch lets queued callbacks go, in the order of their priorities, as far
// as agents, lines, rates and free dialler places reach. fresh says that the
// pauses were read in this tick.
func (m *Manager) dispatch(ctx context.Context, now time.Time, fresh bool, p *Progress) (worked bool, err error) {
	groups, err := m.store.Count(ctx, Query{AllTenants: true, States: []State{Queued}})
	if err != nil {
		return false, err
	}
	queues := make(map[serviceKey]*waiting)
	for _, g := range groups {
		if g.Ready == 0 || !g.Queue.Priority.Valid() {
			continue // a damaged record must not stop the others
		}
		key := serviceKey{g.Queue.Tenant, g.Queue.Service}
		if queues[key] == nil {
			queues[key] = new(waiting)
		}
		queues[key][g.Queue.Priority] += g.Ready
	}
	keys := make([]serviceKey, 0, len(queues))
	for key := range queues {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b serviceKey) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.name, b.name))
	})
	for _, key := range keys {
		if pause, paused := m.pauses.of(key.tenant, key.name); paused {
			n, err := m.withdraw(ctx, now, key, pause, *queues[key], fresh, p)
			if err != nil {
				return worked, err
			}
			worked = worked || n > 0
			continue
		}
		if m.flights.free() == 0 {
			continue // those of paused services are taken out all the same
		}
		n, err := m.dispatchService(ctx, now, key, *queues[key], p)
		if err != nil {
			return worked, err
		}
		worked = worked || n > 0
	}
	return worked, nil
}

// dispatchService lets callbacks of one service go and returns how many it
// wrote. Heads that no agent can take stay leased until the round is over, so
// that the ones behind them are reached.
func (m *Manager) dispatchService(ctx context.Context, now time.Time, key serviceKey, ready waiting, p *Progress) (int, error) {
	policy, err := m.policy(ctx, key.tenant, key.name)
	if err != nil {
		m.log.LogAttrs(ctx, slog.LevelError, "service of queued callbacks is unknown",
			slog.String("tenant", key.tenant), slog.String("service", key.name))
		return 0, nil
	}
	places, err := m.places(ctx, now, key, policy, p)
	if err != nil || places <= 0 {
		return 0, err
	}
	r := m.round(now, policy)
	if places, err = m.openAccess(ctx, r, key, places); err != nil || places <= 0 {
		return 0, err
	}
	var passed batch
	defer func() {
		if len(passed.changes) > 0 {
			// Not written, the leases run out by themselves.
			ctx, cancel := m.detached(ctx)
			defer cancel()
			_, _ = m.store.Apply(ctx, now, passed.changes)
		}
	}()
	written := 0
	for written < places && len(passed.changes) < 10*m.config.Batch {
		heads, asked, err := m.claimHeads(ctx, now, key, policy, &ready, min(places-written, m.config.Batch))
		if err != nil || !asked {
			return written, err
		}
		n, err := m.dispatchHeads(ctx, r, heads, &passed, p)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// places returns how many callbacks of a service may go now.
func (m *Manager) places(ctx context.Context, now time.Time, key serviceKey, policy *Policy, p *Progress) (int, error) {
	q := policy.service.Queueing
	if policy.service.Paused {
		return 0, nil
	}
	if until := m.coolUntil(key); until.After(now) {
		p.next(until)
		return 0, nil
	}
	places := m.flights.free()
	if left, until := m.paceLeft(now); left < places {
		places = left
		if left == 0 {
			p.next(until)
		}
	}
	if lines := policy.lines(m.config.Router != nil); lines >= 0 {
		counter, err := m.counter(ctx, now, key, PermitLine)
		if err != nil {
			return 0, err
		}
		places = min(places, int(lines-counter.Used))
	}
	if q.CallsPerSecond > 0 {
		counter, err := m.counter(ctx, now, key, PermitRate)
		if err != nil {
			return 0, err
		}
		left := q.CallsPerSecond - int(counter.Used)
		if left <= 0 {
			p.next(counter.Ends)
		}
		places = min(places, left)
	}
	if router := m.config.Router; router != nil && places > 0 {
		free := 0
		err := guard("router", func() (err error) {
			free, err = router.Free(ctx, key.tenant, key.name)
			return err
		})
		if err != nil {
			m.logService(ctx, key, "asking the router failed", err)
			p.next(now.Add(dueAgain))
			return 0, nil
		}
		places = min(places, free)
	}
	return places, nil
}

// counter reads one counter of a service that has no slot.
func (m *Manager) counter(ctx context.Context, now time.Time, key serviceKey, kind PermitKind) (Counter, error) {
	counters, err := m.store.Load(ctx, now, LoadRequest{Tenant: key.tenant, Kind: kind, Service: key.name})
	if err != nil || len(counters) == 0 {
		return Counter{}, err
	}
	return counters[0], nil
}

// position returns where a callback that came now would stand in the service's
// queue, for services that estimate the wait; 1 where nobody asks or the store
// cannot tell.
func (m *Manager) position(ctx context.Context, now time.Time, p *Policy, tenant string) int {
	if p.service.Booking.Estimator == nil {
		return 1
	}
	counter, err := m.counter(ctx, now, serviceKey{tenant, p.service.Name}, PermitQueued)
	if err != nil {
		return 1
	}
	return int(counter.Used) + 1
}

// claimHeads leases the next callbacks of a service in the order of their
// priorities. asked is false when none is left to ask for: fewer than were asked
// for may come, because others hold leases on some.
func (m *Manager) claimHeads(ctx context.Context, now time.Time, key serviceKey, policy *Policy, ready *waiting, n int) (heads []*Callback, asked bool, err error) {
	taken, err := m.takeTurns(key, policy, n, *ready)
	if err != nil {
		return nil, false, err
	}
	req := ClaimRequest{Owner: m.config.Node, Lease: m.config.Lease}
	for _, priority := range scheduler.Priorities() {
		if taken[priority] > 0 {
			ready[priority] -= taken[priority]
			req.Queues = append(req.Queues, QueueClaim{
				Queue: QueueKey{Tenant: key.tenant, Service: key.name, Priority: priority}, N: taken[priority],
			})
		}
	}
	if len(req.Queues) == 0 {
		return nil, false, nil
	}
	claimed, err := m.store.Claim(ctx, now, req)
	return claimed.Callbacks, true, err
}

// takeTurns picks the priorities of the next n callbacks of a service.
func (m *Manager) takeTurns(key serviceKey, policy *Policy, n int, ready waiting) (waiting, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	order, err := m.order(key, policy)
	if err != nil {
		return waiting{}, err
	}
	return order.Take(n, ready), nil
}

// orderNow returns a copy of the service's place in the weighted round robin.
func (m *Manager) orderNow(key serviceKey, policy *Policy) (scheduler.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	order, err := m.order(key, policy)
	if err != nil {
		return scheduler.Order{}, err
	}
	return *order, nil
}

// order returns the service's place in the weighted round robin. The caller
// holds m.mu.
func (m *Manager) order(key serviceKey, policy *Policy) (*scheduler.Order, error) {
	weights := policy.service.Queueing.Weights
	if o := m.orders[key]; o != nil && o.Weights() == weights {
		return o, nil
	}
	o, err := scheduler.NewOrder(weights)
	if err != nil {
		return nil, err
	}
	m.orders[key] = &o
	return &o, nil
}

// dispatchHeads reserves agents for claimed callbacks, commits what follows for
// each, and hands the committed attempts to the dialer.
func (m *Manager) dispatchHeads(ctx context.Context, r *round, heads []*Callback, passed *batch, p *Progress) (int, error) {
	var b, ended batch
	for _, cb := range heads {
		if d := decideExpired(cb, r.policy, r.now, r.actor); d != nil {
			ended.add(d)
			continue
		}
		if r.policy.tooLateToDial(cb, r.now) || r.inbound() && len(r.access) == 0 || m.onThePhone(ctx, r.now, cb) {
			passed.unclaim(cb, r.policy, r.now)
			continue
		}
		reservation, ok := m.reserve(ctx, cb)
		if !ok {
			passed.unclaim(cb, r.policy, r.now)
			continue
		}
		b.add(r.decide(cb, reservation))
	}
	if err := m.applyBatch(ctx, r.now, &ended, func(d *draft) { p.count(d) }); err != nil {
		return 0, err
	}
	return m.commitDials(ctx, r.now, &b, passed, p)
}

// onThePhone reports whether somebody calls the customer's number already. The
// write decides; this only spares the router a reservation for nothing.
func (m *Manager) onThePhone(ctx context.Context, now time.Time, cb *Callback) bool {
	if m.config.Router == nil {
		return false
	}
	counters, err := m.store.Load(ctx, now, LoadRequest{Tenant: cb.Tenant, Kind: PermitCall, Subject: cb.Customer.Target().Key()})
	return err == nil && len(counters) > 0
}

// commitDials writes dispatched callbacks and starts those that are dialled.
//
// Those that were refused are added to passed, where there is one, so that they
// stay leased until the round is over.
func (m *Manager) commitDials(ctx context.Context, now time.Time, b, passed *batch, p *Progress) (int, error) {
	if len(b.changes) == 0 {
		return 0, nil
	}
	errs, unknown, err := m.applyDials(ctx, now, b, passed)
	if err != nil {
		return 0, err
	}
	written := 0
	for i, d := range b.drafts {
		err := unknown
		if err == nil && errs != nil {
			err = errs[i]
		}
		if errors.Is(err, ErrOutcomeUnknown) {
			err = m.confirmWrite(ctx, d)
		}
		if err != nil {
			m.refusedDial(ctx, now, d, passed, err)
			continue
		}
		written++
		m.settle(ctx, d)
		p.count(d)
		if d.cb.State == Dialing {
			p.Dialed++
			m.launch(d)
		}
	}
	m.feed.signal()
	return written, nil
}

// applyDials writes dispatched callbacks, but those whose service this Manager
// has paused meanwhile: it moves them from b to passed. Of b nothing was written
// where err is set, and nobody knows where unknown is.
func (m *Manager) applyDials(ctx context.Context, now time.Time, b, passed *batch) (errs []error, unknown, err error) {
	leave, err := m.pauses.enter(ctx)
	if err == nil {
		for _, d := range m.pauses.withhold(b) {
			defer m.unreserve(ctx, d)
			passed.unclaim(d.old, d.policy, now)
		}
		if len(b.changes) > 0 {
			errs, err = m.store.Apply(ctx, now, b.changes)
		}
		leave()
	}
	if errors.Is(err, ErrOutcomeUnknown) {
		return nil, err, nil
	}
	if err != nil {
		for _, d := range b.drafts {
			m.unreserve(ctx, d)
		}
	}
	return errs, nil, err
}

// confirmWrite reads back whether a write happened whose answer was lost.
func (m *Manager) confirmWrite(ctx context.Context, d *draft) error {
	cb, err := m.store.Get(ctx, By{Tenant: d.cb.Tenant, ID: d.cb.ID})
	if err != nil {
		return err
	}
	if cb.Revision != d.cb.Revision || cb.State != d.cb.State || cb.Lease.Epoch != d.epoch {
		return ErrConflict
	}
	return nil
}

// refusedDial puts back a callback whose attempt was not committed.
func (m *Manager) refusedDial(ctx context.Context, now time.Time, d *draft, passed *batch, err error) {
	m.unreserve(ctx, d)
	var refused *PermitError
	if !errors.As(err, &refused) {
		if !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
			m.log.LogAttrs(ctx, slog.LevelError, "an attempt was not committed",
				slog.String("callback", string(d.cb.ID)), slog.String("error", redact(err)))
		}
		return
	}
	if refused.Permit.Key.Kind != PermitAttempt {
		passed.unclaim(d.old, d.policy, now)
		return
	}
	// The number was dialled often enough today.
	wait := newDraft(d.old, d.policy, now, EventAttemptEnded, m.config.Node)
	wait.epoch = d.epoch
	wait.enqueue(refused.Ends)
	wait.note("the number was dialled often enough today")
	if err := m.commit(ctx, wait); err != nil {
		m.log.LogAttrs(ctx, slog.LevelWarn, "a claim was not given back",
			slog.String("callback", string(d.cb.ID)), slog.String("error", redact(err)))
	}
}

// tooLateToDial reports whether the callback stands in the last part of its
// time in the queue (GMS _cannot_dial_buffer_time).
func (p *Policy) tooLateToDial(cb *Callback, now time.Time) bool {
	q := p.service.Queueing
	return q.CannotDial > 0 && cb.State == Queued && !now.Before(cb.DeadlineAt.Add(-q.CannotDial))
}
