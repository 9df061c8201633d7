package engine

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
)

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
