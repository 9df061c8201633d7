package manager

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// AnswerRequest answers an offer.
type AnswerRequest struct {
	ID     callback.ID
	Answer callback.OfferAnswer
	// Code is the access code that a customer entered who calls in. If it is not
	// empty, it must be the callback's; it is compared in constant time.
	Code string
	// Kind is the kind of the offer that the answer is for. If it is set, an offer
	// of another kind refuses the answer. Defaults to any.
	Kind  callback.OfferKind
	Actor string
}

// Answer takes an agent's answer to an offer. A late or second answer is refused.
//
// Errors: [callback.FieldError], [callback.StateError] for a callback that is
// not offered or an answer that its kind of offer does not allow,
// [callback.ErrNotFound], [callback.ErrConfiguration] if the callback's service
// no longer exists, [callback.ErrConflict] if other writers kept changing the
// callback, [callback.ErrStopped], and the store's. After
// [callback.ErrOutcomeUnknown] the change may have happened.
func (m *Manager) Answer(ctx context.Context, req AnswerRequest) (*callback.Callback, error) {
	var found *callback.Callback
	cb, err := m.answer(ctx, req, &found)
	m.refuse(ctx, "answer", found, err)
	return cb, err
}

func (m *Manager) answer(ctx context.Context, req AnswerRequest, found **callback.Callback) (*callback.Callback, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	if err := decide.CheckNote(req.Actor, "", ""); err != nil {
		return nil, err
	}
	return m.engine.Mutate(ctx, m.tenant, req.ID, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		*found = cb
		if req.Code != "" && !cb.HasCode(req.Code) {
			return nil, decide.Invalid("code", "is not the access code of the callback")
		}
		if d := decide.Answer(cb, p, now, decide.AnswerInput(req)); d != nil {
			return d, nil
		}
		return nil, &callback.StateError{ID: cb.ID, State: cb.State, Operation: fmt.Sprintf("take the answer %q for", req.Answer)}
	})
}
