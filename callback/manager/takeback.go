package manager

import (
	"context"
	"errors"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/engine"
)

// takeBack ends a callback that must not be and erases it, with the counters of
// whom nothing is left.
func takeBack(ctx context.Context, in *engine.Intake, cb *callback.Callback) error {
	const why = "the callback it was copied from is gone"
	m := &Manager{engine: &engine.Engine{Intake: in}, tenant: cb.Tenant}
	if cb.State != callback.Completed {
		_, err := m.Cancel(ctx, CancelRequest{ID: cb.ID, Force: true, Actor: m.engine.Config.Node, Detail: why})
		var ended *callback.StateError
		if err != nil && !errors.Is(err, callback.ErrNotFound) && !errors.As(err, &ended) {
			return err
		}
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return err
	}
	services, err := m.known(ctx)
	if err != nil {
		return err
	}
	f := m.forgetting(&ForgetRequest{Actor: m.engine.Config.Node, Detail: why}, now, services)
	if err := f.eraseAll(ctx, []callback.ID{cb.ID}, nil)[cb.ID]; err != nil && !errors.Is(err, callback.ErrNotFound) {
		return err
	}
	return f.dropCounters(ctx)
}
