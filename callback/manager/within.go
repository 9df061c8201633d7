package manager

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// Starter starts callbacks inside a transaction of the host. [Manager.Within]
// returns one.
type Starter struct {
	intake *engine.Intake
	tenant string
}

// Within returns a Starter that reads and writes through s, a view of the
// Manager's store inside a transaction of the host: a callback it starts exists if
// and only if the transaction commits. Services and limits are the Manager's, and
// so is the clock unless s is a [callback.ClockStore]. The method In of
// store/postgres returns such a view.
//
// A running Manager finds the callback within Config.Poll of the commit, or at
// once if the host calls [Manager.Wake].
func (m *Manager) Within(s callback.Store) *Starter {
	clock := m.engine.Clock
	if own, ok := unwrap.As[callback.ClockStore](s); ok && clock != nil {
		clock = own
	}
	view := *m.engine.Intake
	view.Store, view.Clock = s, clock
	return &Starter{&view, m.tenant}
}

// Start is [Manager.Start] inside the transaction. After an error the transaction
// holds nothing of the callback and can go on, unless the database has aborted it.
// After [callback.ErrOutcomeUnknown] the host must roll it back. A callback to copy
// stays locked until the transaction ends, so that it cannot be forgotten before
// the copy exists.
//
// Errors: those of [Manager.Start].
func (s *Starter) Start(ctx context.Context, req Request) (*callback.Callback, error) {
	return s.intake.Start(ctx, s.tenant, decide.StartInput(req))
}
