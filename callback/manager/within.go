package manager

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// Starter takes callbacks as a part of something that the host commits; see
// [Manager.Within].
type Starter struct {
	intake *engine.Intake
	tenant string
}

// Within returns a Starter that writes through s, a view of the Manager's store
// inside a transaction of the host: the callback exists if and only if the
// transaction commits. Services, limits and life are the Manager's, and so is the
// clock unless s is a [ClockStore]; only what is read and written goes through s.
// Stores that offer such a view say so themselves, for instance In of store/postgres.
//
// Nobody works on the callback before the commit, and a running Manager finds it
// within Config.Poll after it; [Manager.Wake] makes that at once.
func (m *Manager) Within(s callback.Store) *Starter {
	clock := m.engine.Clock
	if own, ok := unwrap.As[callback.ClockStore](s); ok && clock != nil {
		clock = own
	}
	view := *m.engine.Intake
	view.Store, view.Clock = s, clock
	return &Starter{&view, m.tenant}
}

// Start is [Manager.Start] within the transaction. After an error nothing is
// left of the callback in the transaction, which may go on unless its database
// says otherwise, or the error is an [ErrOutcomeUnknown]: then it must be rolled
// back. That is so where the callback that was copied is forgotten meanwhile.
func (s *Starter) Start(ctx context.Context, req Request) (*callback.Callback, error) {
	return s.intake.Start(ctx, s.tenant, decide.StartInput(req))
}
