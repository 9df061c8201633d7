package callback

import (
	"context"
	"errors"
)

// Router says who takes the call. Its answers are advice: what a Manager
// promises rests on permits in the store.
//
// Free says how many callbacks of the service could be taken right now. A
// router that cannot know returns a large number.
//
// Reserve picks an agent for the callback and keeps the place until Release.
// It is idempotent per callback: asked again, it returns the same reservation.
// [ErrNoAgent] means that nobody can take this one now; it stays in its queue.
//
// Release gives the place back. Releasing what is not reserved is no error.
//
// Methods may be called from several goroutines at once - Release by every verb
// that ends a callback - and must return quickly; a panic harms only the callback at hand. Optional capability:
// [WakingRouter].
type Router interface {
	Free(ctx context.Context, tenant, service string) (int, error)
	Reserve(ctx context.Context, cb *Callback) (Reservation, error)
	Release(ctx context.Context, r Release) error
}

// BatchRouter is implemented by routers that choose among several callbacks. The
// Manager then calls ReserveAny instead of Reserve: callbacks that no free agent
// can take, such as personal callbacks of an absent agent, cost one call instead
// of one each.
type BatchRouter interface {
	// ReserveAny reserves agents for at most n of the candidates, which belong to
	// one service and come in the order in which they should be dialed. It returns
	// one Pick for each of them that it has an agent for, and reserves as Reserve
	// does. No picks and a nil error mean that no agent is free for any of them.
	// If the error is not nil, the picks returned with it are used.
	ReserveAny(ctx context.Context, candidates []*Callback, n int) ([]Pick, error)
}

// Pick is a callback and the agent reserved for it.
type Pick struct {
	Callback    ID
	Reservation Reservation
}

// WakingRouter is implemented by routers that can say when an agent becomes free, so
// that nobody waits for the next poll. The Manager passes a function that never
// blocks.
type WakingRouter interface {
	OnFree(wake func())
}

// Reservation is an agent's place kept for one callback.
type Reservation struct {
	ID      string // the router's name for it
	Agent   string // who, where one agent is named
	Address string // where the agent is reached ("sip:...", "queue:...")
}

// Release says what to give back and in what condition.
type Release struct {
	Tenant      string
	Service     string
	Callback    ID
	Reservation Reservation
	// Outcome is how the attempt ended for which the agent was reserved; zero
	// when there was none.
	Outcome Outcome
	// Talked says that the agent talked to the customer.
	Talked bool
	// Rejected says that the agent rejected the previewed callback.
	Rejected bool
	// NotReady asks for the agent to be set not ready, with Reason under
	// ReasonKey (GMS _agent_preview_timeout_set_notready and companions).
	NotReady        bool
	Reason          string
	ReasonKey       string
	ReasonAttribute bool
}

// ErrNoAgent tells, from a router, that nobody can take the callback now.
var ErrNoAgent = errors.New("no agent is free")
