package manager

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/scheduler"
)

// Position is the place of a callback in its queue. GMS: 4.9.
type Position struct {
	// Place is the place in the order in which the callbacks of the service are
	// dispatched, from 1. Callbacks in the gap between two attempts keep their
	// places and count, although others may overtake them.
	Place int
	// Waiting is the number of callbacks in the queue of the service, this one
	// included.
	Waiting int
	// Wait is the estimated time until an attempt. It is zero unless Known.
	Wait time.Duration
	// Known reports whether Wait could be estimated.
	Known bool
	// Ready reports whether the callback would be dialed now: its service is open,
	// the customer's number is in no call and below its limits, and agents, lines,
	// rate limits and dialer slots suffice to reach it. GMS:
	// _agent_ready_threshold_passed.
	Ready bool
}

// Position returns the place of a queued callback in the queue of its service.
//
// The place is exact within one priority, for StrictPriority, which goes before
// all others, and for NothingElse, which goes after them. Among the seven
// weighted priorities it is an estimate: it continues the weighted round robin
// of this Manager with the callbacks that wait now. Other nodes are at other
// points of it, and later callbacks may go first.
//
// The wait is the estimate of the service's Booking.Estimator for the place.
// Without one it follows from the rate of the service's last attempts in the
// past hour, which is read from the store at most every 15 seconds; with fewer
// than five attempts it is not known. While agents or lines are missing, it is
// at least the time since the last attempt. While the service is closed, it is at
// least the time until the next opening. It is not known if the service is paused
// or has no next opening.
//
// Errors: [callback.ErrNotFound]; a [callback.StateError] for a callback that is
// not Queued; [callback.ErrConfiguration] if its service no longer exists or
// its priority is damaged; and those of the store.
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
	policy, err := m.engine.PolicyOf(ctx, cb, engine.RefuseOrphans)
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
	scene, err := m.engine.Scene(ctx, now, engine.ServiceKey{Tenant: cb.Tenant, Name: cb.Service}, policy)
	if err != nil {
		return Position{}, err
	}
	shut := scene.Ask(cb, s.ready.turn(s.order, cb.Priority))
	if shut.Gate == decide.GateNone {
		gates, err := m.engine.NumberGates(ctx, now, []*callback.Callback{cb}, policy)
		if err != nil {
			return Position{}, err
		}
		shut = gates[cb.ID]
	}
	p.Ready = shut.Gate == decide.GateNone
	closed := shut.Gate == decide.GateHours
	if shut.Gate == decide.GatePause || closed && shut.Until.IsZero() {
		return p, nil
	}
	if p.Wait, p.Known, err = m.waitOf(ctx, now, cb, policy, p.Place, shut); err != nil {
		return Position{}, err
	}
	p.Known = p.Known || closed
	if p.Known && shut.Until.After(now) {
		p.Wait = max(p.Wait, shut.Until.Sub(now))
	}
	return p, nil
}

// standings are the callbacks in a queue as one of them sees it.
type standings struct {
	order scheduler.Order // where the weighted round robin is
	all   line
	ready line // those that are not in the gap between two attempts
}

// line counts callbacks of a queue.
type line struct {
	waiting [scheduler.Levels]int // by priority, the callback included
	front   int                   // of the callback's own priority, in front of it
}

func (m *Manager) standings(ctx context.Context, cb *callback.Callback, policy *decide.Policy) (s standings, err error) {
	q := callback.Query{Tenant: cb.Tenant, Services: []string{cb.Service}, States: []callback.State{callback.Queued}}
	groups, err := m.engine.Store.Count(ctx, q)
	if err != nil {
		return s, err
	}
	for _, g := range groups {
		if !g.Queue.Priority.Valid() {
			continue // a damaged record is never dispatched
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
		// The queue may have changed between the two counts.
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

// turn returns as how manieth the callback is dispatched, from 1, if the round
// robin goes on with the callbacks that wait.
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

// waitOf estimates the wait of a callback at a place behind a gate; ok is whether
// it is known.
func (m *Manager) waitOf(ctx context.Context, now time.Time, cb *callback.Callback, policy *decide.Policy, place int, shut decide.Shut) (wait time.Duration, ok bool, err error) {
	estimator, least := policy.Service.Booking.Estimator, time.Duration(0)
	if estimator == nil {
		pace, err := m.paceOf(ctx, now, engine.ServiceKey{Tenant: cb.Tenant, Name: cb.Service})
		if err != nil {
			return 0, false, err
		}
		estimator = pace.estimator
		if shut.Gate != decide.GateNone && shut.Gate != decide.GatePosition && shut.Until.IsZero() && !pace.last.IsZero() {
			// A rate falls slowly. What has lasted this long is assumed to last as
			// long again.
			least = now.Sub(pace.last)
		}
	}
	err = guard.Call("estimator", func() error {
		wait, ok = estimator.Estimate(place, now)
		return nil
	})
	if err != nil {
		m.engine.LogError(ctx, slog.LevelError, "estimating a wait failed", err, slog.String("tenant", cb.Tenant), slog.String("service", cb.Service))
	}
	if ok && err == nil {
		return max(wait, least), true, nil
	}
	return 0, false, nil // an estimator that panics knows nothing
}

const (
	paceWindow = time.Hour        // the attempts that make the pace of a service
	paceSample = 200              // the most callbacks that are looked at for it
	paceAge    = 15 * time.Second // how long a pace is used
)

// servedPaces caches the pace of each service.
type servedPaces struct {
	mu sync.Mutex
	of map[engine.ServiceKey]servedPace
}

// servedPace is the rate at which callbacks of a service were dialed.
type servedPace struct {
	read      time.Time
	last      time.Time // when the latest attempt began; zero if there was none
	estimator scheduler.Estimator
}

// paceOf returns an estimator of waits from the pace of a service. The pace is
// read from the store, so that it covers all nodes and survives a restart.
func (m *Manager) paceOf(ctx context.Context, now time.Time, key engine.ServiceKey) (servedPace, error) {
	m.served.mu.Lock()
	known, ok := m.served.of[key]
	m.served.mu.Unlock()
	if ok && !now.Before(known.read) && now.Sub(known.read) < paceAge {
		return known, nil
	}
	page, err := m.engine.Store.Search(ctx, callback.Query{
		Tenant: key.Tenant, Services: []string{key.Name}, States: []callback.State{callback.Dialing, callback.Routing, callback.Processing, callback.Completed},
		Order: callback.ByUpdated, Desc: true, Limit: paceSample,
	})
	if err != nil {
		return servedPace{}, err
	}
	estimator, err := scheduler.NewRateEstimator(scheduler.RateOptions{})
	if err != nil {
		return servedPace{}, err
	}
	since := now.Add(-paceWindow)
	if n := len(page.Callbacks); page.Next != "" && n > 0 {
		// Attempts before this change are not all in the sample.
		since = decide.Latest(since, page.Callbacks[n-1].Updated)
	}
	var began []time.Time
	for _, cb := range page.Callbacks {
		if a := cb.Current(); a != nil && !a.Began.Before(since) {
			began = append(began, a.Began)
		}
	}
	slices.SortFunc(began, time.Time.Compare)
	pace := servedPace{read: now, estimator: estimator}
	for _, at := range began {
		estimator.Observe(at)
		pace.last = at
	}
	m.served.mu.Lock()
	defer m.served.mu.Unlock()
	if m.served.of == nil {
		m.served.of = make(map[engine.ServiceKey]servedPace)
	}
	m.served.of[key] = pace
	return pace, nil
}
