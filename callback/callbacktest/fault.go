package callbacktest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// ErrInjected is the error of a [FailBefore] that names none. It says nothing
// but that the change did not happen.
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

// FaultKind says what goes wrong.
type FaultKind uint8

const (
	// Pass lets the call through: for a Fault that only has a Hook.
	Pass FaultKind = iota
	// FailBefore returns the error and does nothing. With
	// [callback.ErrOutcomeUnknown] as error it is a lost request.
	FailBefore
	// FailAfter does what was asked and returns the error in place of the
	// answer: a lost acknowledgement.
	FailAfter
	// Cancel passes the call on with a context that has been cancelled.
	Cancel
)

// String names the kind.
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

// Fault is one rule of a [FaultyStore]: which calls are hit, and by what.
type Fault struct {
	Method Method
	Kind   FaultKind
	// Err is what is returned. Defaults to ErrInjected for FailBefore and to
	// callback.ErrOutcomeUnknown for FailAfter; other kinds have no use for it.
	Err error
	// Skip lets that many matching calls pass first.
	Skip int
	// Times is how many calls are hit then; negative means all that come.
	// Defaults to 1.
	Times int
	// When narrows which calls match. It is called under a lock and must not
	// call the store. Defaults to all.
	When func(Op) bool
	// Change narrows a fault of Apply to the changes for which it says true:
	// only they are withheld, or have their error replaced, and the others of
	// the same call are made. Defaults to the whole call.
	Change func(callback.Change) bool
	// Hook is called before the call that is hit, without any lock: to block
	// it, to move a clock, or to let another writer in first. It may be nil.
	Hook func(ctx context.Context, op Op)
}

// Op is a call to a store as a rule sees it.
type Op struct {
	Method Method
	N      int // the how manieth call of the method, from 1
	// Changes are those of an Apply, Claim the request of a Claim.
	Changes []callback.Change
	Claim   callback.ClaimRequest
}

// Injected is a fault that happened.
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

// matches counts the call and reports whether it is hit.
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

// Rates are the probabilities, from 0 to 1, of what [FaultyStore.Randomly]
// does to a call. Their sum should not be above 1: a draw falls on the first
// that it reaches, in the order of the fields.
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
