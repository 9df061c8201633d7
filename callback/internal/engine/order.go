package engine

import (
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/scheduler"
)

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
