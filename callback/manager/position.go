package manager

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/scheduler"
)

// Position is a callback's place in its queue (GMS 4.9).
type Position struct {
	// Place is the place in the order in which the service's callbacks are
	// released to agents, counted from 1. Those that wait out a gap between two
	// attempts keep their places and are counted, though others may pass them.
	Place int
	// Waiting is how many wait in the service's queue, the callback included.
	Waiting int
	// Wait is the estimated time until an attempt; meaningful when Known.
	Wait  time.Duration
	Known bool
	// Ready: an agent is about to be free for it (GMS
	// _agent_ready_threshold_passed). It may be dialled, nobody who may be goes
	// before it, or as many agents and lines are free as it takes to reach it.
	Ready bool
}

// Position tells where a callback stands in its service's queue. A callback
// that is not Queued is a [StateError]: it has no place.
//
// The place is exact where the order is strict: within one priority, for
// StrictPriority, which goes before all others, and for NothingElse, which goes
// behind them. Among the seven weighted priorities it is an estimate: the
// weighted round robin is played on with who waits now, from where this Manager
// stands in it. Other nodes stand elsewhere, and who comes later may go first.
//
// The wait is that of the service's Booking.Estimator for the place. Without
// one it follows from how fast callbacks of the service were dialled for good
// in the last hour, as the store shows it, looked at every 15 seconds; with
// fewer than five it is not known. A paused service knows no wait.
//
// Errors: [ErrNotFound], [StateError], [ErrConfiguration] while the service is
// unknown and for a record whose priority is damaged, and the store's.
func (m *Manager) Position(ctx context.Context, id callback.ID) (Position, error) {
	now, err := m.engine.Now(ctx)
	if err != nil {
		return Position{}, err
	}
	cb, err := m.engine.Store.Get(ctx, callback.By{Tenant: m.tenant, ID: id})
	if err != nil {
		return Position{}, err
	}
	if cb.State != callback.Queued {
		return Position{}, &callback.StateError{ID: cb.ID, State: cb.State, Operation: "tell the position of"}
	}
	if !cb.Priority.Valid() {
		return Position{}, decide.Misconfigured("priority", fmt.Sprintf("%d of callback %s is not defined", cb.Priority, cb.ID))
	}
	policy, err := m.engine.PolicyOf(ctx, cb, false)
	if err != nil {
		return Position{}, err
	}
	if err := m.engine.PeekAtPauses(ctx, now); err != nil {
		return Position{}, err
	}
	s, err := m.standings(ctx, cb, policy)
	if err != nil {
		return Position{}, err
	}
	p := Position{Place: s.all.turn(s.order, cb.Priority), Waiting: s.all.sum()}
	if _, paused := m.engine.Pauses.Of(cb.Tenant, cb.Service); paused || policy.Service.Paused {
		return p, nil
	}
	free, err := m.engine.FreeFor(ctx, now, engine.ServiceKey{Tenant: cb.Tenant, Name: cb.Service}, policy)
	if err != nil {
		return Position{}, err
	}
	if cb.Ready {
		turn := s.ready.turn(s.order, cb.Priority)
		p.Ready = turn == 1 || turn <= free
	}
	if p.Wait, p.Known, err = m.waitOf(ctx, now, cb, policy, p.Place); err != nil {
		return Position{}, err
	}
	if p.Known && cb.ReadyAt.After(now) {
		p.Wait = max(p.Wait, cb.ReadyAt.Sub(now))
	}
	return p, nil
}

// standings is who waits in a service's queue beside one callback.
type standings struct {
	order      scheduler.Order
	all, ready line
}

// line is how many wait in each priority, and how many of the callback's own
// wait in front of it.
type line struct {
	waiting [scheduler.Levels]int
	front   int
}

func (m *Manager) standings(ctx context.Context, cb *callback.Callback, policy *decide.Policy) (s standings, err error) {
	q := callback.Query{Tenant: cb.Tenant, Services: []string{cb.Service}, States: []callback.State{callback.Queued}}
	groups, err := m.engine.Store.Count(ctx, q)
	if err != nil {
		return s, err
	}
	for _, g := range groups {
		if !g.Queue.Priority.Valid() {
			continue // a damaged record is never released
		}
		s.all.waiting[g.Queue.Priority] += g.N
		s.ready.waiting[g.Queue.Priority] += g.Ready
	}
	q.Priorities, q.QueuedBefore = []scheduler.Priority{cb.Priority}, &callback.Place{QueuedAt: cb.QueuedAt, ID: cb.ID}
	if groups, err = m.engine.Store.Count(ctx, q); err != nil {
		return s, err
	}
	for _, g := range groups {
		s.all.front += g.N
		s.ready.front += g.Ready
	}
	for _, l := range []*line{&s.all, &s.ready} {
		// Between the two counts the queue may have moved.
		l.waiting[cb.Priority] = max(l.waiting[cb.Priority], l.front+1)
	}
	s.order, err = m.engine.OrderNow(engine.ServiceKey{Tenant: cb.Tenant, Name: cb.Service}, policy)
	return s, err
}

func (l *line) sum() int {
	n := 0
	for _, waiting := range l.waiting {
		n += waiting
	}
	return n
}

// turn returns when the callback is picked, 1 for next, by playing the order on
// with those who wait.
func (l *line) turn(order scheduler.Order, own scheduler.Priority) int {
	waiting := l.waiting
	left := l.front + 1
	switch own {
	case scheduler.StrictPriority:
		return left
	case scheduler.NothingElse:
		return l.sum() - waiting[own] + left
	}
	n := waiting[scheduler.StrictPriority]
	waiting[scheduler.StrictPriority], waiting[scheduler.NothingElse] = 0, 0
	for left > 0 {
		picked, ok := order.Next(func(p scheduler.Priority) bool { return waiting[p] > 0 })
		if !ok {
			break
		}
		n++
		waiting[picked]--
		if picked == own {
			left--
		}
	}
	return n
}

// waitOf estimates how long a callback at a place waits.
func (m *Manager) waitOf(ctx context.Context, now time.Time, cb *callback.Callback, policy *decide.Policy, place int) (wait time.Duration, ok bool, err error) {
	estimator := policy.Service.Booking.Estimator
	if estimator == nil {
		if estimator, err = m.paceOf(ctx, now, engine.ServiceKey{Tenant: cb.Tenant, Name: cb.Service}); err != nil {
			return 0, false, err
		}
	}
	// An estimator that panics does not know.
	_ = guard.Call("estimator", func() error {
		wait, ok = estimator.Estimate(place, now)
		return nil
	})
	if !ok {
		return 0, false, nil
	}
	return max(wait, 0), true, nil
}

// The pace of a service is what callbacks dialled for good within paceWindow
// show, taken from the last paceSample that changed, and read anew after
// paceAge.
const (
	paceWindow = time.Hour
	paceSample = 200
	paceAge    = 15 * time.Second
)

// servedPaces keeps the pace of each service.
type servedPaces struct {
	mu sync.Mutex
	of map[engine.ServiceKey]servedPace
}

// servedPace is the pace at which a service's queue was served.
type servedPace struct {
	read      time.Time
	estimator scheduler.Estimator
}

// paceOf returns an estimator of a service's pace. It is read from the store, so
// that the work of all nodes counts, also that of before a restart.
func (m *Manager) paceOf(ctx context.Context, now time.Time, key engine.ServiceKey) (scheduler.Estimator, error) {
	m.served.mu.Lock()
	known, ok := m.served.of[key]
	m.served.mu.Unlock()
	if ok && !now.Before(known.read) && now.Sub(known.read) < paceAge {
		return known.estimator, nil
	}
	page, err := m.engine.Store.Search(ctx, callback.Query{
		Tenant: key.Tenant, Services: []string{key.Name}, States: []callback.State{callback.Dialing, callback.Routing, callback.Processing, callback.Completed},
		Order: callback.ByUpdated, Desc: true, Limit: paceSample,
	})
	if err != nil {
		return nil, err
	}
	estimator, err := scheduler.NewRateEstimator(scheduler.RateOptions{})
	if err != nil {
		return nil, err
	}
	since := now.Add(-paceWindow)
	if n := len(page.Callbacks); page.Next != "" && n > 0 {
		// What changed last before this one is not in the sample.
		since = decide.Latest(since, page.Callbacks[n-1].Updated)
	}
	var began []time.Time
	for _, cb := range page.Callbacks {
		if a := cb.Current(); a != nil && !a.Began.Before(since) {
			began = append(began, a.Began)
		}
	}
	slices.SortFunc(began, time.Time.Compare)
	for _, at := range began {
		estimator.Observe(at)
	}
	m.served.mu.Lock()
	defer m.served.mu.Unlock()
	if m.served.of == nil {
		m.served.of = make(map[engine.ServiceKey]servedPace)
	}
	m.served.of[key] = servedPace{now, estimator}
	return estimator, nil
}
