package engine

import (
	"context"
	"log/slog"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// HangUp asks the dialer to end a call and returns true, if it can. It does not
// wait for the dialer unless Config.Synchronous is set.
func (m *Intake) HangUp(ctx context.Context, h callback.Hangup) bool {
	dialer, ok := unwrap.As[callback.HangupDialer](m.Config.Dialer)
	if !ok {
		return false
	}
	ctx = context.WithoutCancel(ctx)
	if m.Config.Synchronous || m.Life.enter() != nil {
		m.askHangUp(ctx, dialer, h)
		return true
	}
	go func() {
		defer m.Life.loops.Done()
		m.askHangUp(ctx, dialer, h)
	}()
	return true
}

func (m *Intake) askHangUp(ctx context.Context, dialer callback.HangupDialer, h callback.Hangup) {
	ctx, cancel := m.Detached(ctx)
	defer cancel()
	if err := guard.Call("dialer", func() error { return dialer.Hangup(ctx, h) }); err != nil {
		m.logAttempt(ctx, slog.LevelError, "hanging up failed", h.Tenant, h.Key, err)
	}
}
