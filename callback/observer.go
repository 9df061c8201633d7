package callback

import (
	"context"
	"time"
)

// Observer is told what a Manager does, for metrics, traces and alarms. Its methods
// must be safe for concurrent use and return quickly, because a Manager calls them
// on the goroutines that do the work. A panic is logged and has no other effect.
// To implement only some of the methods, embed [NopObserver]. An observer may also
// implement [RefusalObserver].
type Observer interface {
	// Decided is called when a change of a callback was written, or handed to the
	// store and refused by it. What is refused before is told by a RefusalObserver.
	Decided(ctx context.Context, d Decision)
	// AttemptBegan is called before the dialer gets a committed attempt.
	AttemptBegan(ctx context.Context, call Call)
	// AttemptEnded is called when the outcome of the current attempt was written:
	// once for each attempt, and once more if its callback completed before the
	// result was known ([MayHaveRung]) and the result comes later.
	AttemptEnded(ctx context.Context, cb *Callback)
	// StoreCalled is called after each call of a method of the store.
	StoreCalled(ctx context.Context, c StoreCall)
	// Ticked is called after each step of the engine.
	Ticked(ctx context.Context, t TickReport)
	// DialerChanged is called when the dialer's platform asks for a pause, when it
	// takes no calls any more, and when either ends.
	DialerChanged(ctx context.Context, c DialerChange)
	// Unresolved is called when a callback became unresolved.
	Unresolved(ctx context.Context, cb *Callback)
	// AgentChanged is called when an agent was reserved or released.
	AgentChanged(ctx context.Context, a AgentChange)
}

// Decision is a change of one callback that was written or refused.
type Decision struct {
	Event Event // the event of the change
	// Err is nil if the change was written. Otherwise it wraps
	// [ErrPermitRefused], [ErrConflict], [ErrNotFound] or [ErrOutcomeUnknown], or
	// is another error of the store.
	Err error
}

// StoreCall is a call of a method of the store.
type StoreCall struct {
	Method  string        // "Apply", "Get", ...
	Items   int           // number of changes, callbacks, groups, counters or events
	Elapsed time.Duration // by Config.Now
	Err     error
}

// TickReport is one step of the engine.
type TickReport struct {
	Now      time.Time
	Progress Progress
	Elapsed  time.Duration // by Config.Now
	Err      error
}

// DialerChange says that the dialer's platform takes calls of a service, or of all
// services, or no longer does.
//
// With a Service it is a pause that the platform asked for, or the end of one by
// Manager.Resume. Without one it is the breaker of the Manager's dialer. It opens
// after five attempts in a row, of at least three callbacks, that the dialer did
// not place. While it is open, the Manager dials one callback at a time, at
// intervals of up to a minute, and closes it when the platform accepts one.
type DialerChange struct {
	Node     string // Config.Node of the Manager
	Tenant   string
	Service  string
	Closed   bool      // it takes no calls
	Until    time.Time // end of a pause
	Since    time.Time // when the breaker opened
	Failures int       // attempts in a row that were not placed, for a breaker
}

// AgentChange is an agent that was reserved for a callback or released.
type AgentChange struct {
	Reserved bool // true if reserved, false if released
	Release  Release
}

// NopObserver does nothing. Embed it to implement a part of [Observer].
type NopObserver struct{}

var _ Observer = NopObserver{}

// Decided does nothing.
func (NopObserver) Decided(context.Context, Decision) {}

// AttemptBegan does nothing.
func (NopObserver) AttemptBegan(context.Context, Call) {}

// AttemptEnded does nothing.
func (NopObserver) AttemptEnded(context.Context, *Callback) {}

// StoreCalled does nothing.
func (NopObserver) StoreCalled(context.Context, StoreCall) {}

// Ticked does nothing.
func (NopObserver) Ticked(context.Context, TickReport) {}

// DialerChanged does nothing.
func (NopObserver) DialerChanged(context.Context, DialerChange) {}

// Unresolved does nothing.
func (NopObserver) Unresolved(context.Context, *Callback) {}

// AgentChanged does nothing.
func (NopObserver) AgentChanged(context.Context, AgentChange) {}
