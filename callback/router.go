package callback

import (
	"context"
)

// Router assigns callbacks to agents. The limits of a service do not depend on it:
// they are permits in the store.
//
// Free returns the number of callbacks of the service that agents could take now.
// A router that does not know returns a large number.
//
// Reserve chooses an agent for the callback and keeps the agent reserved until
// Release. It is idempotent: called again for the same callback, it returns the
// same reservation. After [ErrNoAgent] the callback stays in its queue.
//
// Release ends a reservation. It returns nil if there is none. If it fails, a
// Manager repeats it until it succeeds, also another node and after a restart; it
// may be repeated after it succeeded. No two reservations have the same ID, unless
// they are of the same callback.
//
// A node may die after Reserve and before it writes the reservation. If another node
// then completes the callback, no Release follows: a router should give up a
// reservation for which no call has begun after some minutes.
//
// The methods must be safe for concurrent use and return quickly: every method of
// the Manager that ends a callback calls Release. A panic affects only the callback
// of the call. A router may also implement [BatchRouter] and [WakingRouter]. A
// Manager looks for them in a wrapped router too, if the wrapper has a method
// Unwrap() Router.
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

// WakingRouter is implemented by routers that know when an agent becomes free. The
// router then calls wake, which never blocks, and the Manager dials without waiting
// for its next poll.
type WakingRouter interface {
	OnFree(wake func())
}

// Reservation is an agent reserved for one callback.
type Reservation struct {
	ID      string // the router's identifier of the reservation
	Agent   string // may be empty
	Address string // address of the agent ("sip:...", "queue:...")
}

// Release names the reservation to end and how the attempt went.
type Release struct {
	Tenant      string
	Service     string
	Callback    ID
	Reservation Reservation
	// Outcome is the outcome of the attempt for which the agent was reserved; zero
	// if there was no attempt.
	Outcome Outcome
	// Talked says that the agent talked to the customer.
	Talked bool
	// Rejected says that the agent rejected the previewed callback.
	Rejected bool
	// NotReady asks the router to set the agent not ready. It and the following
	// fields have the values of [Preview].
	NotReady        bool
	Reason          string
	ReasonKey       string
	ReasonAttribute bool
}
