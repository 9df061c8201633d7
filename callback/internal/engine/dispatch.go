package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/scheduler"
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

// Capacity returns how many callbacks of a service may be dialed at now: what
// pauses of its own, the platform, this Manager's calls, lines, rates and
// agents leave. again is when to look again if one of these passes by itself,
// else zero.
func (m *Engine) Capacity(ctx context.Context, now time.Time, key ServiceKey, policy *decide.Policy) (n int, again time.Time, err error) {
	if policy.Service.Paused {
		return 0, time.Time{}, nil
	}
	if until := m.coolUntil(key); until.After(now) {
		return 0, until, nil
	}
	n = m.flights.free()
	left, until := m.paceLeft(now)
	if left == 0 && n > 0 {
		again = until
	}
	n = min(n, left)
	if lines := policy.Lines(m.Config.Router != nil); lines >= 0 {
		counter, err := m.counter(ctx, now, key, callback.PermitLine)
		if err != nil {
			return 0, again, err
		}
		n = min(n, int(lines-counter.Used))
	}
	if most := policy.Service.Queueing.CallsPerSecond; most != callback.NoLimit {
		counter, err := m.counter(ctx, now, key, callback.PermitRate)
		if err != nil {
			return 0, again, err
		}
		left := int(most.Max() - counter.Used)
		if left <= 0 {
			again = decide.Earliest(again, counter.Ends)
		}
		n = min(n, left)
	}
	if n <= 0 || m.Config.Router == nil {
		return max(n, 0), again, nil
	}
	agents := 0
	err = guard.Call("router", func() (err error) {
		agents, err = m.Config.Router.Free(ctx, key.Tenant, key.Name)
		return err
	})
	if err != nil {
		// Nothing is promised for a router that does not answer.
		m.logService(ctx, key, "asking the router failed", err)
		return 0, decide.Earliest(again, now.Add(decide.DueAgain)), nil
	}
	return max(min(n, agents), 0), again, nil
}

// counter reads a counter of a service that has no slots.
func (m *Intake) counter(ctx context.Context, now time.Time, key ServiceKey, kind callback.PermitKind) (callback.Counter, error) {
	counters, err := m.Store.Load(ctx, now, callback.LoadRequest{Tenant: key.Tenant, Kind: kind, Service: key.Name})
	if err != nil || len(counters) == 0 {
		return callback.Counter{}, err
	}
	return counters[0], nil
}

// Position returns the place that a callback created at now would get in the
// service's queue. It is 1 if the service does not estimate waits, or if the
// store fails.
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

// pace counts the dials of the current second, for dialers that declare a rate.
type pace struct {
	until time.Time // end of the second that the first dial began
	n     int
}

// paceLeft returns how many more dials the dialer takes at now, and when the
// current second ends; zero if none has begun.
func (m *Engine) paceLeft(now time.Time) (int, time.Time) {
	most := m.limits.CallsPerSecond
	if most <= 0 {
		return m.Config.MaxInFlight, time.Time{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.pace.until) {
		return most, time.Time{}
	}
	return max(most-m.pace.n, 0), m.pace.until
}

// paced counts a dial.
func (m *Engine) paced(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.pace.until) {
		m.pace = pace{until: now.Add(time.Second)}
	}
	m.pace.n++
}

// coolUntil returns when the platform allows dials of the service again.
func (m *Engine) coolUntil(key ServiceKey) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cool[key]
}

// coolDown holds back dials of the service until a time, as the platform asked.
func (m *Engine) coolDown(ctx context.Context, key ServiceKey, until time.Time) {
	m.observe(ctx, func(o callback.Observer) {
		o.DialerPaused(ctx, callback.DialerPause{Tenant: key.Tenant, Service: key.Name, Until: until})
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	if until.After(m.cool[key]) {
		m.cool[key] = until
	}
}

// waiting is a number of callbacks of one service by priority.
type waiting [scheduler.Levels]int

// take removes other from w.
func (w *waiting) take(other waiting) {
	for priority, n := range other {
		w[priority] -= n
	}
}

// first returns at most n of w, higher priorities first.
func (w *waiting) first(n int) (first waiting) {
	for _, priority := range scheduler.Priorities() {
		first[priority] = min(w[priority], n)
		n -= first[priority]
	}
	return first
}

// queues counts the ready callbacks of each service and returns the services in
// a fixed order.
func (m *Engine) queues(ctx context.Context) ([]ServiceKey, map[ServiceKey]waiting, error) {
	groups, err := m.Store.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
	if err != nil {
		return nil, nil, err
	}
	ready := make(map[ServiceKey]waiting)
	for _, g := range groups {
		if g.Ready == 0 || !g.Queue.Priority.Valid() {
			continue // a damaged record must not stop the others
		}
		key := ServiceKey{g.Queue.Tenant, g.Queue.Service}
		w := ready[key]
		w[g.Queue.Priority] += g.Ready
		ready[key] = w
	}
	keys := slices.SortedFunc(maps.Keys(ready), func(a, b ServiceKey) int {
		return cmp.Or(cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.Name, b.Name))
	})
	return keys, ready, nil
}

// claim leases the first callbacks of a service's queues, want of each priority.
// Fewer come if other nodes hold leases.
func (m *Engine) claim(ctx context.Context, now time.Time, key ServiceKey, want waiting) ([]*callback.Callback, error) {
	req := callback.ClaimRequest{Owner: m.Config.Node, Lease: m.Config.Lease}
	for _, priority := range scheduler.Priorities() {
		if n := want[priority]; n > 0 {
			queue := callback.QueueKey{Tenant: key.Tenant, Service: key.Name, Priority: priority}
			req.Queues = append(req.Queues, callback.QueueClaim{Queue: queue, N: n})
		}
	}
	claimed, err := m.Store.Claim(ctx, now, req)
	return claimed.Callbacks, err
}

// takeTurns picks the priorities of the next n callbacks of a service and moves
// its place in the round robin on.
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
