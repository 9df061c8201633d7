package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// dispatch releases ready callbacks in priority order until agents, lines, rate
// limits or dialer slots run out, and takes those of paused services out of
// their queues. worked is whether it wrote anything.
func (m *Engine) dispatch(ctx context.Context, t *tick) (worked bool, err error) {
	keys, ready, err := m.queues(ctx)
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		n := 0
		if pause, paused := m.Pauses.Of(key.Tenant, key.Name); paused {
			n, err = m.withdraw(ctx, t, key, pause, ready[key])
		} else if m.flights.free() > 0 {
			n, err = m.dispatchService(ctx, t, key, ready[key])
		}
		worked = worked || n > 0
		if err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// dispatchService dispatches callbacks of one service and returns how many it
// wrote. Callbacks that cannot be dialed now stay leased until the end, so that
// the ones behind them get their turn.
func (m *Engine) dispatchService(ctx context.Context, t *tick, key ServiceKey, ready waiting) (written int, err error) {
	policy, err := m.Policy(ctx, key.Tenant, key.Name)
	if err != nil {
		m.logService(ctx, key, "service of queued callbacks is unknown", err)
		return 0, nil
	}
	capacity, again, err := m.Capacity(ctx, t.now, key, policy)
	t.planAt(again)
	if err != nil || capacity == 0 {
		return 0, err
	}
	r := m.round(t.now, policy)
	if capacity, err = m.openAccess(ctx, r, key, capacity); err != nil || capacity == 0 {
		return 0, err
	}
	var passed Batch
	defer func() {
		// The leases that cannot be given back run out.
		ctx, cancel := m.Detached(ctx)
		defer cancel()
		_, _ = m.Write(ctx, t.now, &passed)
	}()
	for written < capacity && passed.Len() < 10*m.Config.Batch {
		turns, err := m.takeTurns(key, policy, min(capacity-written, m.Config.Batch), ready)
		if err != nil || turns == (waiting{}) {
			return written, err
		}
		ready.take(turns)
		heads, err := m.claim(ctx, t.now, key, turns)
		if err != nil {
			return written, err
		}
		n, err := m.dispatchHeads(ctx, t, r, heads, &passed)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// round prepares the decisions about claimed callbacks of one service.
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
		// The lease is renewed for as long as the dialer makes the call.
		window = m.Config.Lease
	}
	return &decide.Round{Now: now, Policy: policy, Actor: m.Config.Node, Media: m.Rules.Media, Router: m.Config.Router != nil, Window: window}
}

// dispatchHeads reserves agents for claimed callbacks, commits what follows for
// each, and hands the committed attempts to the dialer. It adds to passed what
// stays in the queue.
func (m *Engine) dispatchHeads(ctx context.Context, t *tick, r *decide.Round, heads []*callback.Callback, passed *Batch) (int, error) {
	var b, ended Batch
	for _, cb := range heads {
		if d := decide.Expired(cb, r.Policy, r.Now, r.Actor); d != nil {
			ended.Add(d)
			continue
		}
		if r.Policy.TooLateToDial(cb, r.Now) || r.Inbound() && len(r.Access) == 0 || m.onThePhone(ctx, r.Now, cb) {
			passed.giveBack(cb, r.Policy, r.Now)
			continue
		}
		reservation, ok := m.reserve(ctx, cb)
		if !ok {
			passed.giveBack(cb, r.Policy, r.Now)
			continue
		}
		b.Add(r.Decide(cb, reservation))
	}
	if _, err := m.writeBatch(ctx, t, &ended); err != nil {
		return 0, err
	}
	return m.commitDials(ctx, t, &b, passed)
}

// onThePhone reports whether the customer's number is in a call already. The
// write decides about that; asking first saves the router a reservation.
func (m *Engine) onThePhone(ctx context.Context, now time.Time, cb *callback.Callback) bool {
	if m.Config.Router == nil {
		return false
	}
	counters, err := m.Store.Load(ctx, now, callback.LoadRequest{Tenant: cb.Tenant, Kind: callback.PermitCall, Subject: cb.Customer.Target().Key()})
	return err == nil && len(counters) > 0
}

// dialOffered dials a callback whose offer was accepted, or asks the next
// question.
func (m *Engine) dialOffered(ctx context.Context, t *tick, cb *callback.Callback, policy *decide.Policy) error {
	var b, passed Batch
	left, _ := m.paceLeft(t.now)
	cool := m.coolUntil(ServiceKey{cb.Tenant, cb.Service}).After(t.now)
	_, paused := m.Pauses.Of(cb.Tenant, cb.Service)
	switch {
	case paused || policy.Service.Paused:
		// Back to the queue: the agent is free for others until the pause ends.
		passed.Add(decide.Recall(cb, policy, t.now, m.Config.Node))
	case m.flights.free() == 0 || left == 0 || cool:
		passed.giveBack(cb, policy, t.now)
	default:
		b.Add(m.round(t.now, policy).Decide(cb, nil))
		if _, err := m.commitDials(ctx, t, &b, &passed); err != nil {
			return err
		}
	}
	_, err := m.writeBatch(ctx, t, &passed)
	return err
}

// commitDials writes dispatched callbacks, starts the attempts among them and
// returns how many it wrote. It adds to passed what stays in the queue.
func (m *Engine) commitDials(ctx context.Context, t *tick, b, passed *Batch) (int, error) {
	results, err := m.applyDials(ctx, t, b, passed)
	if err != nil {
		return 0, err
	}
	written := 0
	for _, r := range results {
		if r.Fate != Written {
			m.passOver(ctx, t, r, passed)
			continue
		}
		written++
		t.count(r.Draft)
		if r.Draft.Callback.State == callback.Dialing {
			t.progress.Dialed++
			m.launch(ctx, r.Draft)
		}
	}
	return written, nil
}

// applyDials is Write for dispatched callbacks. Those whose service this Manager
// has paused in the meantime are not written but added to passed. A pause of this
// Manager waits until the store has answered.
func (m *Engine) applyDials(ctx context.Context, t *tick, b, passed *Batch) ([]Result, error) {
	leave, err := m.Pauses.enter(ctx)
	if err != nil {
		for _, d := range b.drafts {
			m.unreserve(ctx, d)
		}
		return nil, err
	}
	withheld := m.Pauses.withhold(b)
	results, err := m.apply(ctx, t.now, b)
	leave()
	for _, d := range withheld {
		passed.giveBack(d.Old, d.Policy, t.now)
		m.unreserve(ctx, d)
	}
	m.settle(ctx, results)
	return results, err
}

// passOver deals with a callback whose dispatch is not written.
func (m *Engine) passOver(ctx context.Context, t *tick, r Result, passed *Batch) {
	d := r.Draft
	var refused *callback.PermitError
	switch {
	case r.Fate == Lost:
		return
	case !errors.As(r.Err, &refused):
		m.logCallback(ctx, slog.LevelError, "an attempt was not committed", d.Callback, r.Err)
		return
	case refused.Permit.Key.Kind != callback.PermitAttempt:
		passed.giveBack(d.Old, d.Policy, t.now)
		return
	}
	wait := decide.NewDraft(d.Old, d.Policy, t.now, callback.EventAttemptEnded, m.Config.Node)
	wait.Epoch = d.Epoch
	wait.Enqueue(refused.Ends)
	wait.Note("the number was dialled often enough today")
	if err := m.Commit(ctx, wait); err != nil {
		m.logCallback(ctx, slog.LevelWarn, "a claim was not given back", d.Callback, err)
	}
}
