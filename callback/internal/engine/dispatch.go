package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/scheduler"
)

// backlog is the ready callbacks of one service in a sweep.
type backlog struct {
	key    ServiceKey
	ready  waiting        // those that were not claimed in this sweep
	policy *decide.Policy // nil if the service is unknown
	passed int            // heads passed over in this sweep
	turn   float64
	tie    uint64
}

func (b *backlog) place() (float64, uint64, string) { return b.turn, b.tie, b.key.Name }

// levels is how many levels of priority a tenant's services are served by.
const levels = 3

// level returns the level of the first callbacks, and how many of them there
// are; ok is false if none is left.
func (b *backlog) level() (level int, ready waiting, ok bool) {
	middle := b.ready
	middle[scheduler.StrictPriority], middle[scheduler.NothingElse] = 0, 0
	switch {
	case b.ready[scheduler.StrictPriority] > 0:
		ready[scheduler.StrictPriority] = b.ready[scheduler.StrictPriority]
		return 0, ready, true
	case middle != (waiting{}):
		return 1, middle, true
	case b.ready[scheduler.NothingElse] > 0:
		ready[scheduler.NothingElse] = b.ready[scheduler.NothingElse]
		return 2, ready, true
	}
	return 0, waiting{}, false
}

// sweep is one pass over the services with ready callbacks.
type sweep struct {
	parties map[string]*party
	order   turns[*party]
	open    int  // services that may still be served
	scarce  bool // there may be fewer agents or calls than ready callbacks
}

// dispatch releases ready callbacks until agents, lines, rate limits or dialer
// slots run out, and takes those of paused services out of their queues. worked
// is whether it wrote anything.
//
// What is scarce is shared equally between tenants, and within a tenant by
// Queueing.Share between its services. The turns go on where the last tick
// stopped.
func (m *Engine) dispatch(ctx context.Context, t *tick) (worked bool, err error) {
	backlogs, err := m.queues(ctx, t)
	if err != nil {
		return false, err
	}
	t.begin(m)
	s := sweep{parties: make(map[string]*party)}
	total := 0
	for _, b := range backlogs {
		// The visit logs the error of an unknown service.
		b.policy, _ = m.Policy(ctx, b.key.Tenant, b.key.Name)
		if pause, paused := m.Pauses.Of(b.key.Tenant, b.key.Name, b.policy); paused {
			n, err := m.withdraw(ctx, t, b.key, pause, b.ready)
			worked = worked || n > 0
			if err != nil {
				return worked, err
			}
			continue
		}
		if b.ready == (waiting{}) {
			m.tally.noGap(b.key) // only a pause concerns it
			continue
		}
		total += b.ready.sum()
		if until := m.walks.rest(b.key, t.now); until.After(t.now) {
			t.planAt(until)
		} else if !m.visited[b.key] {
			m.enter(&s, b)
		}
	}
	for _, p := range s.parties {
		s.order.add(p)
	}
	s.scarce = m.Config.Router != nil || m.limits.CallsPerSecond > 0 || total > m.flights.free()
	wrote, err := m.sweep(ctx, t, &s)
	m.fair.prune(s.parties)
	return worked || wrote, err
}

// enter adds a service to the sweep.
func (m *Engine) enter(s *sweep, b *backlog) {
	level, _, ok := b.level()
	if !ok {
		return
	}
	p := s.parties[b.key.Tenant]
	if p == nil {
		p = &party{tenant: b.key.Tenant, turn: m.fair.tenants.turn(b.key.Tenant), tie: m.fair.tie(b.key.Tenant)}
		s.parties[b.key.Tenant] = p
	}
	b.turn, b.tie = m.fair.of(b.key.Tenant).turn(b.key.Name), m.fair.tie(b.key.Name)
	p.queues[level].add(b)
	s.open++
}

// sweep visits services in the order of their turns until none can be served any
// more, the dialer takes no more calls, or the tick has used up its budget.
func (m *Engine) sweep(ctx context.Context, t *tick, s *sweep) (worked bool, err error) {
	resumed := len(m.visited) > 0
	for s.order.Len() > 0 && m.Life.Check() == nil {
		if left, until := m.paceLeft(t.now); left == 0 || m.flights.free() == 0 {
			t.planAt(until)
			break
		}
		p := s.order.take()
		level, ok := p.first()
		if !ok {
			continue
		}
		b := p.queues[level].take()
		s.open--
		n, more, err := m.visit(ctx, t, s, b)
		worked = worked || n > 0
		if err != nil {
			return worked, err
		}
		m.fair.serve(b.key, n, share(b.policy), s, p)
		if more {
			m.enter(s, b)
		} else {
			m.visited[b.key] = true
		}
		p.turn = m.fair.tenants.turn(p.tenant)
		s.order.add(p)
		if t.spent(m) || n == 0 && b.passed > 0 && m.tally.newcomers(b.key) {
			// The next tick goes on with those that were not visited, and those
			// that came while heads were passed over.
			t.planAt(t.now)
			return worked, nil
		}
	}
	clear(m.visited)
	if resumed {
		// Those that an earlier tick visited may have callbacks to dial by now.
		t.planAt(t.now)
	}
	// Where all callbacks have been probes, they may be the next ones again.
	return m.alone() || worked, nil
}

// share returns the share of a service, which is 1 if it is unknown.
func share(policy *decide.Policy) int {
	if policy == nil {
		return 1
	}
	return policy.Service.Queueing.Share
}

// waiting is a number of callbacks of one service by priority.
type waiting [scheduler.Levels]int

// take removes other from w.
func (w *waiting) take(other waiting) {
	for priority, n := range other {
		w[priority] -= n
	}
}

// sum returns the number of callbacks of all priorities.
func (w *waiting) sum() int {
	sum := 0
	for _, n := range w {
		sum += n
	}
	return sum
}

// first returns at most n of w, higher priorities first.
func (w *waiting) first(n int) (first waiting) {
	for _, priority := range scheduler.Priorities() {
		first[priority] = min(w[priority], n)
		n -= first[priority]
	}
	return first
}

// queues returns the ready callbacks of each service, and the services that may
// only have others in their queues. The order is fixed.
func (m *Engine) queues(ctx context.Context, t *tick) ([]*backlog, error) {
	ready, again, ok := m.tally.read(m.Config.Now(), t.now, m.Config.Poll)
	if !ok {
		began := m.Config.Now()
		m.tally.begin()
		groups, err := m.Store.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
		if err != nil {
			return nil, err
		}
		now := m.Config.Now()
		ready = m.tally.end(groups, now, t.now, now.Sub(began))
	} else if !again.IsZero() {
		t.planAt(t.now.Add(again.Sub(m.Config.Now())))
	}
	of := make(map[ServiceKey]*backlog)
	for queue, n := range ready {
		key := ServiceKey{queue.Tenant, queue.Service}
		if of[key] == nil {
			of[key] = &backlog{key: key}
		}
		of[key].ready[queue.Priority] += n
	}
	for _, key := range m.tally.inGaps() {
		if of[key] == nil {
			of[key] = &backlog{key: key}
		}
	}
	backlogs := slices.Collect(maps.Values(of))
	slices.SortFunc(backlogs, func(a, b *backlog) int {
		return cmp.Or(cmp.Compare(a.key.Tenant, b.key.Tenant), cmp.Compare(a.key.Name, b.key.Name))
	})
	for queue, places := range m.tally.arrivals() {
		for _, at := range places {
			m.walks.arrive(queue, at)
		}
		delete(m.visited, ServiceKey{queue.Tenant, queue.Service})
	}
	m.walks.forget(func(key callback.QueueKey) bool { return ready[key] > 0 })
	return backlogs, nil
}

// lookMost is the longest that resumeUnpaused waits because the store is slow.
const lookMost = 30 * time.Second

// resumeUnpaused puts back the callbacks of services that were paused by their
// configuration and are not any more. It looks once per Config.Poll, or once per
// lookMost while the store takes long to count, and once per
// service after the end of a pause: what a request created in the state Paused
// stays there.
func (m *Engine) resumeUnpaused(ctx context.Context, t *tick) error {
	if !isDue(m.lookedAt, t.now, max(m.Config.Poll, min(countShare*m.lookTook, lookMost))) {
		return nil
	}
	began := m.Config.Now()
	groups, err := m.Store.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Paused}})
	if err != nil {
		return err
	}
	m.lookedAt, m.lookTook = t.now, m.Config.Now().Sub(began)
	t.begin(m)
	looked := make(map[ServiceKey]bool)
	for _, g := range groups {
		key := ServiceKey{g.Queue.Tenant, g.Queue.Service}
		policy, err := m.Policy(ctx, key.Tenant, key.Name)
		if err != nil {
			continue
		}
		if _, paused := m.Pauses.Of(key.Tenant, key.Name, policy); paused || looked[key] {
			continue
		}
		if looked[key] = m.looked[key]; looked[key] || t.over {
			continue
		}
		if err := m.putBack(ctx, t, key, policy); err != nil {
			return err
		}
		looked[key] = !t.spent(m)
	}
	if m.looked = looked; t.over {
		m.lookedAt, t.over = time.Time{}, false // the next tick goes on
	}
	return nil
}

// claim leases the first callbacks of a service's queues, want of each priority,
// behind the places in after. Fewer come if other nodes hold leases.
func (m *Engine) claim(ctx context.Context, now time.Time, key ServiceKey, want waiting, after *[scheduler.Levels]callback.Place) ([]*callback.Callback, error) {
	req := callback.ClaimRequest{Owner: m.Config.Node, Lease: m.Config.Lease}
	for _, priority := range scheduler.Priorities() {
		if n := want[priority]; n > 0 {
			queue := callback.QueueKey{Tenant: key.Tenant, Service: key.Name, Priority: priority}
			req.Queues = append(req.Queues, callback.QueueClaim{Queue: queue, N: n, After: after[priority]})
		}
	}
	if len(req.Queues) == 0 {
		return nil, nil
	}
	claimed, err := m.Store.Claim(ctx, now, req)
	return claimed.Callbacks, err
}

// Scene reads what the gates of a service ask about. It stops reading at the
// first gate that is shut.
func (m *Engine) Scene(ctx context.Context, now time.Time, key ServiceKey, policy *decide.Policy) (*decide.Scene, error) {
	s := m.dialerScene(ctx, now, key, policy)
	if n, _ := s.Capacity(); n == 0 {
		return s, nil
	}
	if lines := policy.Lines(m.Config.Router != nil); lines >= 0 {
		counter, err := m.counter(ctx, now, key, callback.PermitLine)
		if err != nil {
			return nil, err
		}
		s.Lines.N = int(lines - counter.Used)
	}
	if most := policy.Service.Queueing.CallsPerSecond; most != callback.NoLimit {
		counter, err := m.counter(ctx, now, key, callback.PermitRate)
		if err != nil {
			return nil, err
		}
		s.Rate = rateLeft(counter, most.Max(), now)
	}
	if n, _ := s.Capacity(); n == 0 || m.Config.Router == nil {
		return s, nil
	}
	err := guard.Call("router", func() (err error) {
		s.Agents.N, err = m.Config.Router.Free(ctx, key.Tenant, key.Name)
		return err
	})
	if err != nil {
		// Nothing is promised for a router that does not answer.
		m.logService(ctx, key, "asking the router failed", err)
		s.Agents = decide.Allowance{Until: now.Add(decide.DueAgain)}
	}
	return s, nil
}

// commitScene has the gates that the write of an attempt asks again: pauses and
// hours.
func (m *Engine) commitScene(now time.Time, key ServiceKey, policy *decide.Policy) *decide.Scene {
	s := decide.NewScene(now, policy)
	_, s.Paused = m.Pauses.Of(key.Tenant, key.Name, policy)
	return s
}

// dialerScene has the gates that an offer passed by its agent still asks: pauses,
// hours and the dialer.
func (m *Engine) dialerScene(ctx context.Context, now time.Time, key ServiceKey, policy *decide.Policy) *decide.Scene {
	s := m.commitScene(now, key, policy)
	s.Cool = m.coolUntil(key, now)
	s.Slots = m.flights.free()
	s.Pace.N, s.Pace.Until = m.paceLeft(now)
	if !policy.Service.Inbound.On {
		s.Breaker = m.breakerLeft(ctx, now, nil)
	}
	return s
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
