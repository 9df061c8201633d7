package engine

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
)

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
	if most := policy.Service.Queueing.CallsPerSecond; most > 0 {
		counter, err := m.counter(ctx, now, key, callback.PermitRate)
		if err != nil {
			return 0, again, err
		}
		left := most - int(counter.Used)
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
