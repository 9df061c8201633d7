package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// pace counts the dials of one second, for dialers that declare a rate.
type pace struct {
	until time.Time
	n     int
}

// paceLeft returns how many dials the dialer takes at now, and until when the
// present second lasts.
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

func (m *Intake) logService(ctx context.Context, key ServiceKey, message string, err error) {
	m.Log.LogAttrs(ctx, slog.LevelError, message,
		slog.String("tenant", key.Tenant), slog.String("service", key.Name), slog.String("error", text.RedactError(err)))
}

// coolUntil returns until when the platform asked not to be dialled.
func (m *Engine) coolUntil(key ServiceKey) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cool[key]
}

func (m *Engine) coolDown(key ServiceKey, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until.After(m.cool[key]) {
		m.cool[key] = until
	}
}
