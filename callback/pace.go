package callback

import (
	"context"
	"log/slog"
	"time"
)

// pace counts the dials of one second, for dialers that declare a rate.
type pace struct {
	until time.Time
	n     int
}

// paceLeft returns how many dials the dialer takes at now, and until when the
// present second lasts.
func (m *Manager) paceLeft(now time.Time) (int, time.Time) {
	most := m.limits.CallsPerSecond
	if most <= 0 {
		return m.config.MaxInFlight, time.Time{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.pace.until) {
		return most, time.Time{}
	}
	return max(most-m.pace.n, 0), m.pace.until
}

// paced counts a dial.
func (m *Manager) paced(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.pace.until) {
		m.pace = pace{until: now.Add(time.Second)}
	}
	m.pace.n++
}

func (m *Manager) logService(ctx context.Context, key serviceKey, message string, err error) {
	m.log.LogAttrs(ctx, slog.LevelError, message,
		slog.String("tenant", key.tenant), slog.String("service", key.name), slog.String("error", redact(err)))
}

// coolUntil returns until when the platform asked not to be dialled.
func (m *Manager) coolUntil(key serviceKey) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cool[key]
}

func (m *Manager) coolDown(key serviceKey, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until.After(m.cool[key]) {
		m.cool[key] = until
	}
}
