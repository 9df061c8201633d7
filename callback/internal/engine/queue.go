package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/scheduler"
)

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
