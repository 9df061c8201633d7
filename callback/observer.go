package callback

import (
	"context"
	"time"
)

// Observer hears what a Manager does besides the events of callbacks: for
// metrics, traces and alarms. A Manager calls it on the goroutine that does the
// work, from several at once; its methods must return quickly, and a panic of
// theirs is logged and has no other effect. Embed [NopObserver] to implement
// some of the methods only.
type Observer interface {
	// Decided is called when a change of a callback was written or refused.
	Decided(ctx context.Context, d Decision)
	// AttemptBegan is called before the dialer gets a committed attempt.
	AttemptBegan(ctx context.Context, call Call)
	// AttemptEnded is called when the outcome of an attempt was written.
	AttemptEnded(ctx context.Context, e AttemptEnd)
	// StoreCalled is called after each call of a method of the store.
	StoreCalled(ctx context.Context, c StoreCall)
	// Ticked is called after each step of the engine.
	Ticked(ctx context.Context, t TickReport)
	// DialerPaused is called when the dialer's platform asks for a pause.
	DialerPaused(ctx context.Context, p DialerPause)
	// Unresolved is called when an attempt became unresolved.
	Unresolved(ctx context.Context, cb *Callback)
	// AgentChanged is called when an agent was reserved or released.
	AgentChanged(ctx context.Context, a AgentChange)
}

// Decision is a change of one callback.
type Decision struct {
	Event Event // the event of the change
	// Err is why the change was not written: an error that wraps
	// [ErrPermitRefused], [ErrConflict], [ErrNotFound] or [ErrOutcomeUnknown], or
	// the store's. Nil means that it was written.
	Err error
}

// AttemptEnd is an attempt whose outcome is known or doubted.
type AttemptEnd struct {
	Tenant  string
	Service string
	Attempt Attempt
}

// StoreCall is a call of a method of the store.
type StoreCall struct {
	Method  string        // "Apply", "Get", ...
	Items   int           // changes, claimed callbacks, found callbacks or events
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

// DialerPause is a pause that the dialer's platform asked for.
type DialerPause struct {
	Tenant  string
	Service string
	Until   time.Time
}

// AgentChange is an agent that was reserved for a callback or released.
type AgentChange struct {
	Reserved bool // else released
	Release  Release
}

// NopObserver does nothing. Embed it to implement a part of [Observer].
type NopObserver struct{}

var _ Observer = NopObserver{}

func (NopObserver) Decided(context.Context, Decision)         {}
func (NopObserver) AttemptBegan(context.Context, Call)        {}
func (NopObserver) AttemptEnded(context.Context, AttemptEnd)  {}
func (NopObserver) StoreCalled(context.Context, StoreCall)    {}
func (NopObserver) Ticked(context.Context, TickReport)        {}
func (NopObserver) DialerPaused(context.Context, DialerPause) {}
func (NopObserver) Unresolved(context.Context, *Callback)     {}
func (NopObserver) AgentChanged(context.Context, AgentChange) {}
