package callbacktest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// ErrInjected is the default error of [FailBefore].
var ErrInjected = errors.New("injected store failure")

// Method names a method of a store.
type Method uint8

// The methods, in the order of the interfaces [callback.Store],
// [callback.ClockStore], [callback.NotifyingStore] and [callback.PausingStore].
const (
	AnyMethod Method = iota // every method of callback.Store
	MethodApply
	MethodGet
	MethodClaim
	MethodSearch
	MethodCount
	MethodLoad
	MethodEvents
	MethodErase
	MethodNow    // of callback.ClockStore
	MethodNotify // each hint of callback.NotifyingStore
	MethodSetPause
	MethodPauses
	methods // how many there are
)

// String returns the method's name in Go.
func (m Method) String() string {
	names := [methods]string{"any", "Apply", "Get", "Claim", "Search", "Count", "Load", "Events", "Erase", "Now", "Notify", "SetPause", "Pauses"}
	if m < methods {
		return names[m]
	}
	return fmt.Sprintf("Method(%d)", uint8(m))
}

// FaultKind says how a call fails.
type FaultKind uint8

const (
	// Pass lets the call through: for a Fault that only has a Hook.
	Pass FaultKind = iota
	// FailBefore returns the error and does nothing. With
	// [callback.ErrOutcomeUnknown] it simulates a lost request.
	FailBefore
	// FailAfter makes the call and returns the error instead of the result. It
	// simulates a lost response.
	FailAfter
	// Cancel passes the call on with a context that has been cancelled.
	Cancel
)

// String returns the name of the kind.
func (k FaultKind) String() string {
	switch k {
	case Pass:
		return "pass"
	case FailBefore:
		return "fail before"
	case FailAfter:
		return "fail after"
	case Cancel:
		return "cancel"
	}
	return fmt.Sprintf("FaultKind(%d)", uint8(k))
}

// Fault is one rule of a [FaultyStore]: which calls fail, and how.
type Fault struct {
	Method Method
	Kind   FaultKind
	// Err is the error to return. Defaults to ErrInjected for FailBefore and to
	// callback.ErrOutcomeUnknown for FailAfter. Other kinds ignore it.
	Err error
	// Skip is the number of matching calls that pass first.
	Skip int
	// Times is the number of calls that then fail; negative means all. Defaults to
	// 1.
	Times int
	// When reports whether a call matches. It is called under a lock and must not
	// call the store. Defaults to true.
	When func(Op) bool
	// Change restricts a fault of Apply to the changes for which it returns true.
	// The other changes of the call are made. Defaults to all changes.
	Change func(callback.Change) bool
	// Hook, if it is not nil, is called before a call that fails, without a lock. It
	// can block the call, move a clock, or write to the store.
	Hook func(ctx context.Context, op Op)
}

// Op is a call of a method of a store.
type Op struct {
	Method Method
	N      int // the how manieth call of the method, from 1
	// Changes are those of an Apply, Claim the request of a Claim.
	Changes []callback.Change
	Claim   callback.ClaimRequest
}

// Injected is a fault that was applied to a call.
type Injected struct {
	Method Method
	N      int // the how manieth call of the method, from 1
	Kind   FaultKind
	Err    error
}

// A rule is a fault with its count.
type rule struct {
	Fault
	seen int
	hits int
}

// matches counts the call and reports whether it fails.
func (r *rule) matches(op Op) bool {
	if r.Method != op.Method && (r.Method != AnyMethod || op.Method >= MethodNow) {
		return false
	}
	if r.When != nil && !r.When(op) {
		return false
	}
	if r.Change != nil && !anyChange(op.Changes, r.Change) {
		return false
	}
	r.seen++
	if r.seen <= r.Skip {
		return false
	}
	times := r.Times
	if times == 0 {
		times = 1
	}
	if times > 0 && r.hits >= times {
		return false
	}
	r.hits++
	return true
}

func anyChange(changes []callback.Change, pick func(callback.Change) bool) bool {
	for _, c := range changes {
		if pick(c) {
			return true
		}
	}
	return false
}

// err returns what the fault returns.
func (f Fault) err() error {
	switch {
	case f.Err != nil:
		return f.Err
	case f.Kind == FailAfter:
		return callback.ErrOutcomeUnknown
	}
	return ErrInjected
}

// Rates are the probabilities of the faults that [FaultyStore.Randomly] injects, each
// from 0 to 1. If their sum exceeds 1, the last ones are less probable.
type Rates struct {
	Before  float64 // FailBefore with ErrInjected
	After   float64 // FailAfter with callback.ErrOutcomeUnknown
	Unknown float64 // FailBefore with callback.ErrOutcomeUnknown
	Cancel  float64 // Cancel
	Delay   float64 // Pass with Hook
	// Hook is called for a Delay.
	Hook func(ctx context.Context, op Op)
	// Methods are the methods concerned. Defaults to all of callback.Store.
	Methods []Method
}

// draw turns a number in [0,1) into a fault.
func (r Rates) draw(u float64) (Fault, bool) {
	for _, choice := range []struct {
		rate  float64
		fault Fault
	}{
		{r.Before, Fault{Kind: FailBefore}},
		{r.After, Fault{Kind: FailAfter}},
		{r.Unknown, Fault{Kind: FailBefore, Err: callback.ErrOutcomeUnknown}},
		{r.Cancel, Fault{Kind: Cancel}},
		{r.Delay, Fault{Hook: r.Hook}},
	} {
		if u < choice.rate {
			return choice.fault, true
		}
		u -= choice.rate
	}
	return Fault{}, false
}

func (r Rates) concerns(m Method) bool {
	if len(r.Methods) == 0 {
		return m < MethodNow
	}
	for _, wanted := range r.Methods {
		if wanted == m || wanted == AnyMethod && m < MethodNow {
			return true
		}
	}
	return false
}
