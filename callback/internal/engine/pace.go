package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// span is a length of time that has begun.
type span struct {
	until  time.Time
	length time.Duration
}

// end returns when the span ends. That is at most its length after now: a span
// that ends later began before the clock was set back, and it begins again.
func (s *span) end(now time.Time) time.Time {
	if most := now.Add(s.length); s.until.After(most) {
		s.until = most
	}
	return s.until
}

// pace counts the dials of the current second, for dialers that declare a rate.
type pace struct {
	second span // began with the first dial
	n      int
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
	until := m.pace.second.end(now)
	if !now.Before(until) {
		return most, time.Time{}
	}
	return max(most-m.pace.n, 0), until
}

// paced counts a dial.
func (m *Engine) paced(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.pace.second.end(now)) {
		m.pace = pace{second: span{now.Add(time.Second), time.Second}}
	}
	m.pace.n++
}

// coolUntil returns when the platform allows dials of the service again.
func (m *Engine) coolUntil(key ServiceKey, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.cool[key]
	until := s.end(now)
	if s.length > 0 {
		m.cool[key] = s
	}
	return until
}

// Bounded returns an outcome whose pause is not negative and at most
// Config.MaxThrottle.
func (m *Engine) Bounded(ctx context.Context, tenant string, key callback.AttemptKey, o *callback.Outcome) *callback.Outcome {
	if o == nil || o.RetryAfter >= 0 && o.RetryAfter <= m.Config.MaxThrottle {
		return o
	}
	own := *o
	own.RetryAfter = min(max(o.RetryAfter, 0), m.Config.MaxThrottle)
	m.Log.LogAttrs(ctx, slog.LevelWarn, "the pause that the platform asks for was cut", slog.String("tenant", tenant), slog.String("attempt", string(key)),
		slog.Duration("asked", o.RetryAfter), slog.Duration("pause", own.RetryAfter))
	return &own
}

// LiftCoolDowns ends the pauses that the platform asked for, of a service or, with
// an empty name, of all services of the tenant.
func (m *Engine) LiftCoolDowns(ctx context.Context, tenant, service string) {
	var lifted []ServiceKey
	m.mu.Lock()
	for key := range m.cool {
		if key.Tenant == tenant && (service == "" || key.Name == service) {
			lifted = append(lifted, key)
			delete(m.cool, key)
		}
	}
	m.mu.Unlock()
	for _, key := range lifted {
		m.observe(ctx, func(o callback.Observer) {
			o.DialerChanged(ctx, callback.DialerChange{Node: m.Config.Node, Tenant: key.Tenant, Service: key.Name})
		})
	}
}

// throttle is a pause of a service's dials that the platform asks for.
type throttle struct {
	key    ServiceKey
	at     time.Time
	length time.Duration // 0 for none
}

// askedOf returns the pause that an outcome of a callback's attempt asks for.
func askedOf(cb *callback.Callback, o *callback.Outcome, now time.Time) (asked throttle) {
	if o != nil && o.RetryAfter > 0 {
		asked = throttle{ServiceKey{cb.Tenant, cb.Service}, now, o.RetryAfter}
	}
	return asked
}

// coolDown holds back dials of the service for a time, as the platform asked.
func (m *Engine) coolDown(ctx context.Context, asked throttle) {
	if asked.length <= 0 {
		return
	}
	key, now := asked.key, asked.at
	until := now.Add(asked.length)
	m.observe(ctx, func(o callback.Observer) {
		o.DialerChanged(ctx, callback.DialerChange{Node: m.Config.Node, Tenant: key.Tenant, Service: key.Name, Closed: true, Until: until})
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.cool[key]; until.After(s.end(now)) {
		m.cool[key] = span{until, asked.length}
	}
}

// slack is how much later than its length after now the window of a counter may
// end: the clocks of nodes differ a little.
const slack = time.Second

// rateLeft returns how many calls per second a service has left. A second that
// ends later than one from now began before the clock was set back, and is over.
func rateLeft(c callback.Counter, most int64, now time.Time) decide.Allowance {
	if c.Ends.After(now.Add(time.Second + slack)) {
		c = callback.Counter{}
	}
	return decide.Allowance{N: int(most - c.Used), Until: c.Ends}
}
