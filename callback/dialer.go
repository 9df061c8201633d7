package callback

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/phonenum"
)

// Ref is the platform's reference for a call: opaque text of at most 1 KiB that
// is stored with the attempt.
type Ref string

// Dialer places calls. It is the only interface that a host has to implement to
// make calls.
//
// Dial requests one call from the platform, under call.Key, and returns the
// platform's reference as soon as the platform has accepted the request. It does
// not wait for the customer to answer. The end of its context ends the request,
// not the call: when a host shuts down, conversations go on.
//
// The progress of the call is reported to Manager.Report: at least once, in any
// order, from any goroutine and node, also before Dial returns. A dialer that makes
// the reports itself is a [ReportingDialer]. One report of
// each attempt carries the outcome. Reports of stages are needed as well: an
// attempt without reports for longer than placing and ringing may take becomes
// unresolved. A dialer that reports outcomes only sets [DialerLimits].FinalOnly.
//
// A Dialer makes exactly one attempt per call of Dial. Retries, hours, limits and
// panics are handled by the Manager. An error that wraps [ErrNotPlaced] says that
// no phone can have rung; a [ThrottledError] also says when to try again. After
// any other error the phone may have rung, and the callback becomes Unresolved,
// so that a time-out never causes a second call.
//
// A Manager calls Dial from several goroutines at once unless
// Config.Synchronous is set.
//
// A Dialer may also implement [ReportingDialer], [HangupDialer], [LookupDialer],
// [LimitedDialer], [MediaDialer] and [BlockingDialer]. A wrapper that has a method
// Unwrap() Dialer need not repeat those of the dialer it wraps: a Manager looks
// for them there. If that dialer is a [BlockingDialer], a wrapper that only
// implements Dial is bypassed, and manager.New logs a warning; it must implement
// DialAndWait.
type Dialer interface {
	Dial(ctx context.Context, call Call) (Ref, error)
}

// ReportingDialer is implemented by dialers that report the progress of their calls
// themselves. The Manager needs its dialer to be made, and such a dialer needs the
// Manager: manager.New calls Attach with the new Manager, once and before it returns.
//
// Attach keeps r and returns at once. The dialer may report from then on, and drops
// nothing that it has to report earlier. If Attach returns an error, so does
// manager.New.
//
// The calls of a dialer belong to the store of its Manager, and every Manager of the
// store takes their reports. A dialer that several Managers of one store share may
// therefore keep any of the reporters. Managers of different stores need a dialer
// each. A dialer that cannot tell returns [ErrAttached] from the second Attach on.
//
// Only the outermost dialer with the method is attached: a wrapper with a method
// Attach passes the Reporter on.
type ReportingDialer interface {
	Attach(r Reporter) error
}

// HangupDialer is implemented by dialers that can end a call. Hangup is
// idempotent and returns nil for a call that has already ended. If it fails, it is
// repeated for as long as the call can be up. The dialer still reports the outcome.
type HangupDialer interface {
	Hangup(ctx context.Context, h Hangup) error
}

// Hangup names the call to end and the reason.
type Hangup struct {
	Tenant string
	Key    AttemptKey
	Ref    Ref
	Reason Reason
}

// LookupDialer is implemented by dialers that can find out what happened to an
// attempt, for example after a crash. Lookup must never place a call. After an
// error it is called again later. It is called also while a call is up
// ([DialOptions].LookupEvery), in case the report of its end is lost.
type LookupDialer interface {
	Lookup(ctx context.Context, tenant string, key AttemptKey, ref Ref) (Found, error)
}

// FoundState is the result of a look-up.
type FoundState uint8

// The results of a look-up.
const (
	FoundUnknown   FoundState = iota // the platform does not know
	FoundLive                        // the call is up, and reports will follow
	FoundEnded                       // the call has ended with Found.Outcome
	FoundNotPlaced                   // the call was not placed and will not be
)

// Found is the answer of a look-up.
type Found struct {
	State   FoundState
	Stage   Stage   // present stage, if FoundLive
	Outcome Outcome // if FoundEnded
	Ref     Ref     // the platform's reference; may be empty
}

// LimitedDialer is implemented by dialers that declare limits.
type LimitedDialer interface {
	Limits() DialerLimits
}

// DialerLimits are the limits and guarantees of a dialer. The zero value declares
// none.
type DialerLimits struct {
	CallsPerSecond int // over all services of one Manager; 0 means no limit
	MaxInFlight    int // calls of Dial at the same time, and as many of Lookup; 0 means Config.MaxInFlight
	// Fenced says that the platform refuses an attempt whose epoch is lower than
	// the highest one it has seen for the callback.
	Fenced bool
	// FinalOnly says that the dialer reports outcomes but no stages. An attempt
	// then becomes unresolved only after the time that a whole call may last.
	FinalOnly bool
	// Settle is the time after an attempt from which a look-up is reliable.
	// At most 24 hours. Defaults to 32 seconds, the longest time that an
	// unanswered SIP INVITE can take.
	Settle time.Duration
}

// BlockingDialer is implemented by dialers that make a whole call in one blocking
// method. A Manager calls DialAndWait instead of Dial and reports the outcome
// itself. The context ends after the longest call that Service.Dialing.MaxCall
// allows, or when a shutdown reaches its deadline. Errors have the meaning of
// those of [Dialer].
type BlockingDialer interface {
	DialAndWait(ctx context.Context, call Call) (Outcome, error)
}

// DialerFunc is a [BlockingDialer] made of a function that makes a call, blocks
// until it has ended and returns how it ended, as in
// return callback.Ended(callback.ResultBusy), nil.
//
// An Outcome without a Certainty counts as [Known]. The zero Outcome with a nil
// error says nothing about the call: the callback becomes Unresolved and the
// Manager logs a warning. After an error that does not wrap [ErrNotPlaced] the
// callback becomes Unresolved too, and no other attempt follows by itself.
type DialerFunc func(ctx context.Context, call Call) (Outcome, error)

// DialAndWait calls f.
func (f DialerFunc) DialAndWait(ctx context.Context, call Call) (Outcome, error) { return f(ctx, call) }

// Dial calls f and discards the outcome. It makes DialerFunc a [Dialer]; a Manager
// calls DialAndWait instead.
func (f DialerFunc) Dial(ctx context.Context, call Call) (Ref, error) {
	_, err := f(ctx, call)
	return "", err
}

// MediaDialer is implemented by dialers that reach customers by other media than
// voice. MediaTypes returns the accepted values of [Call.MediaType]. A dialer
// without it gets voice calls only.
type MediaDialer interface {
	MediaTypes() []string
}

type traceKey struct{}

// WithTrace returns a context that carries the trace context of a request.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceFrom returns the trace context that ctx carries. The context of
// [Dialer.Dial] carries that of the request.
func TraceFrom(ctx context.Context) (t Trace, ok bool) {
	t, ok = ctx.Value(traceKey{}).(Trace)
	return t, ok
}

// Call is one attempt as a dialer gets it. Fields that repeat a field of
// [DialOptions] or [Queueing] have its value.
type Call struct {
	Tenant  string
	Key     AttemptKey // unique to the attempt
	Epoch   int64      // grows when another lease begins; a fenced platform refuses lower ones
	ID      ID
	Service string
	Attempt int // counted from 1

	To           phonenum.Address // the customer's address; To.Reveal() returns the digits
	CallerID     string
	CallerName   string
	Prefix       string
	RoutePoint   string
	TrunkGroup   string
	AgentFirst   bool   // call the agent before the customer
	Agent        string // the reserved agent; empty if the router does not name one
	AgentAddress string
	Target       string
	Queue        string

	// MediaType is the medium to reach the customer by: "voice", "chat" or
	// "email". A dialer that does not implement [MediaDialer] gets "voice" only.
	MediaType string
	// ConfirmPrompt names the prompt that is played to a customer who answers,
	// before the agent is connected. It is empty if no confirmation is needed.
	ConfirmPrompt string
	// ConfirmDigit is the key that the customer presses to confirm.
	ConfirmDigit string

	RingTimeout      time.Duration // longest time that the customer's phone rings
	AgentRingTimeout time.Duration // longest time that the agent's phone rings
	MaxCall          time.Duration // longest time that the call lasts
	// NotAfter is the last instant at which the call may be placed. A dialer
	// that has a queue checks it when the call leaves the queue.
	NotAfter    time.Time
	DetectCalls bool // detect call progress, such as answering machines
	Treatments  Treatments
	UserData    Values
	Properties  Values
}

// Treatments names what the platform plays to the customer in each situation.
type Treatments struct {
	CustomerConnect, WaitingForAgent, FindAgentFail, AnsweringMachine string
}

// ThrottledError is returned by a dialer whose platform refused the call and asks
// for a pause of After, which Config.MaxThrottle bounds. It unwraps to
// [ErrNotPlaced]. The attempt does not count
// for Queueing.MaxSubmits.
type ThrottledError struct {
	After time.Duration
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("platform asks for a pause of %v", e.After)
}

// Unwrap returns [ErrNotPlaced].
func (e *ThrottledError) Unwrap() error { return ErrNotPlaced }
