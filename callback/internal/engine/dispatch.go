package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/scheduler"
)

// waiting is how many callbacks of a service could be claimed, by priority.
type waiting [scheduler.Levels]int

// dispatch lets queued callbacks go, in the order of their priorities, as far
// as agents, lines, rates and free dialler places reach. fresh says that the
// pauses were read in this tick.
func (m *Engine) dispatch(ctx context.Context, now time.Time, fresh bool, p *callback.Progress) (worked bool, err error) {
	groups, err := m.Store.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
	if err != nil {
		return false, err
	}
	queues := make(map[ServiceKey]*waiting)
	for _, g := range groups {
		if g.Ready == 0 || !g.Queue.Priority.Valid() {
			continue // a damaged record must not stop the others
		}
		key := ServiceKey{g.Queue.Tenant, g.Queue.Service}
		if queues[key] == nil {
			queues[key] = new(waiting)
		}
		queues[key][g.Queue.Priority] += g.Ready
	}
	keys := make([]ServiceKey, 0, len(queues))
	for key := range queues {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b ServiceKey) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Name, b.Name))
	})
	for _, key := range keys {
		if pause, paused := m.Pauses.Of(key.Tenant, key.Name); paused {
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
func (m *Engine) dispatchService(ctx context.Context, now time.Time, key ServiceKey, ready waiting, p *callback.Progress) (int, error) {
	policy, err := m.Policy(ctx, key.Tenant, key.Name)
	if err != nil {
		m.Log.LogAttrs(ctx, slog.LevelError, "service of queued callbacks is unknown",
			slog.String("tenant", key.Tenant), slog.String("service", key.Name))
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
	var passed Batch
	defer func() {
		if len(passed.Changes) > 0 {
			// Not written, the leases run out by themselves.
			ctx, cancel := m.Detached(ctx)
			defer cancel()
			_, _ = m.Store.Apply(ctx, now, passed.Changes)
		}
	}()
	written := 0
	for written < places && len(passed.Changes) < 10*m.Config.Batch {
		heads, asked, err := m.claimHeads(ctx, now, key, policy, &ready, min(places-written, m.Config.Batch))
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
func (m *Engine) places(ctx context.Context, now time.Time, key ServiceKey, policy *decide.Policy, p *callback.Progress) (int, error) {
	q := policy.Service.Queueing
	if policy.Service.Paused {
		return 0, nil
	}
	if until := m.coolUntil(key); until.After(now) {
		plan(p, until)
		return 0, nil
	}
	places := m.flights.free()
	if left, until := m.paceLeft(now); left < places {
		places = left
		if left == 0 {
			plan(p, until)
		}
	}
	if lines := policy.Lines(m.Config.Router != nil); lines >= 0 {
		counter, err := m.counter(ctx, now, key, callback.PermitLine)
		if err != nil {
			return 0, err
		}
		places = min(places, int(lines-counter.Used))
	}
	if q.CallsPerSecond > 0 {
		counter, err := m.counter(ctx, now, key, callback.PermitRate)
		if err != nil {
			return 0, err
		}
		left := q.CallsPerSecond - int(counter.Used)
		if left <= 0 {
			plan(p, counter.Ends)
		}
		places = min(places, left)
	}
	if router := m.Config.Router; router != nil && places > 0 {
		free := 0
		err := guard.Call("router", func() (err error) {
			free, err = router.Free(ctx, key.Tenant, key.Name)
			return err
		})
		if err != nil {
			m.logService(ctx, key, "asking the router failed", err)
			plan(p, now.Add(decide.DueAgain))
			return 0, nil
		}
		places = min(places, free)
	}
	return places, nil
}

// counter reads one counter of a service that has no slot.
func (m *Intake) counter(ctx context.Context, now time.Time, key ServiceKey, kind callback.PermitKind) (callback.Counter, error) {
	counters, err := m.Store.Load(ctx, now, callback.LoadRequest{Tenant: key.Tenant, Kind: kind, Service: key.Name})
	if err != nil || len(counters) == 0 {
		return callback.Counter{}, err
	}
	return counters[0], nil
}

// Position returns where a callback that came now would stand in the service's
// queue, for services that estimate the wait; 1 where nobody asks or the store
// cannot tell.
func (m *Intake) Position(ctx context.Context, now time.Time, p *decide.Policy, tenant string) int {
	if p.Service.Booking.Estimator == nil {
		return 1
	}
	counter, err := m.counter(ctx, now, ServiceKey{tenant, p.Service.Name}, callback.PermitQueued)
	if err != nil {
		return 1
	}
	return int(counter.Used) + 1
}

// claimHeads leases the next callbacks of a service in the order of their
// priorities. asked is false when none is left to ask for: fewer than were asked
// for may come, because others hold leases on some.
func (m *Engine) claimHeads(ctx context.Context, now time.Time, key ServiceKey, policy *decide.Policy, ready *waiting, n int) (heads []*callback.Callback, asked bool, err error) {
	taken, err := m.takeTurns(key, policy, n, *ready)
	if err != nil {
		return nil, false, err
	}
	req := callback.ClaimRequest{Owner: m.Config.Node, Lease: m.Config.Lease}
	for _, priority := range scheduler.Priorities() {
		if taken[priority] > 0 {
			ready[priority] -= taken[priority]
			req.Queues = append(req.Queues, callback.QueueClaim{
				Queue: callback.QueueKey{Tenant: key.Tenant, Service: key.Name, Priority: priority}, N: taken[priority],
			})
		}
	}
	if len(req.Queues) == 0 {
		return nil, false, nil
	}
	claimed, err := m.Store.Claim(ctx, now, req)
	return claimed.Callbacks, true, err
}

// takeTurns picks the priorities of the next n callbacks of a service.
func (m *Engine) takeTurns(key ServiceKey, policy *decide.Policy, n int, ready waiting) (waiting, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	order, err := m.order(key, policy)
	if err != nil {
		return waiting{}, err
	}
	return order.Take(n, ready), nil
}

// OrderNow returns a copy of the service's place in the weighted round robin.
func (m *Engine) OrderNow(key ServiceKey, policy *decide.Policy) (scheduler.Order, error) {
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
func (m *Engine) order(key ServiceKey, policy *decide.Policy) (*scheduler.Order, error) {
	weights := policy.Service.Queueing.Weights
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
func (m *Engine) dispatchHeads(ctx context.Context, r *decide.Round, heads []*callback.Callback, passed *Batch, p *callback.Progress) (int, error) {
	var b, ended Batch
	for _, cb := range heads {
		if d := decide.Expired(cb, r.Policy, r.Now, r.Actor); d != nil {
			ended.Add(d)
			continue
		}
		if r.Policy.TooLateToDial(cb, r.Now) || r.Inbound() && len(r.Access) == 0 || m.onThePhone(ctx, r.Now, cb) {
			passed.unclaim(cb, r.Policy, r.Now)
			continue
		}
		reservation, ok := m.reserve(ctx, cb)
		if !ok {
			passed.unclaim(cb, r.Policy, r.Now)
			continue
		}
		b.Add(r.Decide(cb, reservation))
	}
	if err := m.applyBatch(ctx, r.Now, &ended, func(d *decide.Draft) { count(p, d) }); err != nil {
		return 0, err
	}
	return m.commitDials(ctx, r.Now, &b, passed, p)
}

// onThePhone reports whether somebody calls the customer's number already. The
// write decides; this only spares the router a reservation for nothing.
func (m *Engine) onThePhone(ctx context.Context, now time.Time, cb *callback.Callback) bool {
	if m.Config.Router == nil {
		return false
	}
	counters, err := m.Store.Load(ctx, now, callback.LoadRequest{Tenant: cb.Tenant, Kind: callback.PermitCall, Subject: cb.Customer.Target().Key()})
	return err == nil && len(counters) > 0
}

// commitDials writes dispatched callbacks and starts those that are dialled.
//
// Those that were refused are added to passed, where there is one, so that they
// stay leased until the round is over.
func (m *Engine) commitDials(ctx context.Context, now time.Time, b, passed *Batch, p *callback.Progress) (int, error) {
	if len(b.Changes) == 0 {
		return 0, nil
	}
	errs, unknown, err := m.applyDials(ctx, now, b, passed)
	if err != nil {
		return 0, err
	}
	written := 0
	for i, d := range b.Drafts {
		err := unknown
		if err == nil && errs != nil {
			err = errs[i]
		}
		if errors.Is(err, callback.ErrOutcomeUnknown) {
			err = m.confirmWrite(ctx, d)
		}
		if err != nil {
			m.refusedDial(ctx, now, d, passed, err)
			continue
		}
		written++
		m.Settle(ctx, d)
		count(p, d)
		if d.Callback.State == callback.Dialing {
			p.Dialed++
			m.launch(ctx, d)
		}
	}
	m.Feed.Signal()
	return written, nil
}

// applyDials writes dispatched callbacks, but those whose service this Manager
// has paused meanwhile: it moves them from b to passed. Of b nothing was written
// where err is set, and nobody knows where unknown is.
func (m *Engine) applyDials(ctx context.Context, now time.Time, b, passed *Batch) (errs []error, unknown, err error) {
	leave, err := m.Pauses.enter(ctx)
	if err == nil {
		for _, d := range m.Pauses.withhold(b) {
			defer m.unreserve(ctx, d)
			passed.unclaim(d.Old, d.Policy, now)
		}
		if len(b.Changes) > 0 {
			errs, err = m.Store.Apply(ctx, now, b.Changes)
		}
		leave()
	}
	if errors.Is(err, callback.ErrOutcomeUnknown) {
		return nil, err, nil
	}
	if err != nil {
		for _, d := range b.Drafts {
			m.unreserve(ctx, d)
		}
	}
	return errs, nil, err
}

// confirmWrite reads back whether a write happened whose answer was lost.
func (m *Engine) confirmWrite(ctx context.Context, d *decide.Draft) error {
	cb, err := m.Store.Get(ctx, callback.By{Tenant: d.Callback.Tenant, ID: d.Callback.ID})
	if err != nil {
		return err
	}
	if cb.Revision != d.Callback.Revision || cb.State != d.Callback.State || cb.Lease.Epoch != d.Epoch {
		return callback.ErrConflict
	}
	return nil
}

// refusedDial puts back a callback whose attempt was not committed.
func (m *Engine) refusedDial(ctx context.Context, now time.Time, d *decide.Draft, passed *Batch, err error) {
	m.unreserve(ctx, d)
	var refused *callback.PermitError
	if !errors.As(err, &refused) {
		if !errors.Is(err, callback.ErrConflict) && !errors.Is(err, callback.ErrNotFound) {
			m.Log.LogAttrs(ctx, slog.LevelError, "an attempt was not committed",
				slog.String("callback", string(d.Callback.ID)), slog.String("error", text.RedactError(err)))
		}
		return
	}
	if refused.Permit.Key.Kind != callback.PermitAttempt {
		passed.unclaim(d.Old, d.Policy, now)
		return
	}
	// The number was dialled often enough today.
	wait := decide.NewDraft(d.Old, d.Policy, now, callback.EventAttemptEnded, m.Config.Node)
	wait.Epoch = d.Epoch
	wait.Enqueue(refused.Ends)
	wait.Note("the number was dialled often enough today")
	if err := m.Commit(ctx, wait); err != nil {
		m.Log.LogAttrs(ctx, slog.LevelWarn, "a claim was not given back",
			slog.String("callback", string(d.Callback.ID)), slog.String("error", text.RedactError(err)))
	}
}

// FreeFor returns how many callbacks of a service could go now, as far as lines
// and agents are concerned.
func (m *Engine) FreeFor(ctx context.Context, now time.Time, key ServiceKey, policy *decide.Policy) (int, error) {
	if m.coolUntil(key).After(now) {
		return 0, nil
	}
	free := math.MaxInt
	if lines := policy.Lines(m.Config.Router != nil); lines >= 0 {
		counter, err := m.counter(ctx, now, key, callback.PermitLine)
		if err != nil {
			return 0, err
		}
		free = max(int(lines-counter.Used), 0)
	}
	router := m.Config.Router
	if router == nil || free == 0 {
		return free, nil
	}
	agents := 0
	err := guard.Call("router", func() (err error) {
		agents, err = router.Free(ctx, key.Tenant, key.Name)
		return err
	})
	if err != nil {
		// What the router does not tell is not promised.
		m.logService(ctx, key, "asking the router failed", err)
		return 0, nil
	}
	return min(free, agents), nil
}
