package callback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/phonenum"
)

// Ref is the platform's own name for a call: opaque, at most 1 KiB, kept with
// the attempt.
type Ref string

// Dialer places attempts. It is the one interface a host has to implement to
// make calls.
//
// Dial hands one attempt to the platform under call.Key and returns as soon as
// the platform has taken it, with the platform's reference. It never waits for
// the answer. Its context bounds only the placing, not the call: a host that
// shuts down must not hang up on people who are talking.
//
// What happens to the call is told to Manager.Report, at least once, in any
// order, from any goroutine and on any node, also before Dial has returned.
// One report per attempt carries the outcome. Stages matter: after a dialer has
// been silent for longer than placing and ringing may take, its attempt is
// doubted. A dialer that reports outcomes alone says so in its
// [DialerLimits].
//
// Retries, windows, limits and panics are the Manager's business: a Dialer
// makes exactly one attempt per call of Dial. An error that wraps
// [ErrNotPlaced] says that the call surely did not leave; [ThrottledError] says
// the same and when to try again. Every other error counts as "may have rung",
// and the callback goes to Unresolved: nobody is phoned twice because of a
// time-out.
//
// A Manager calls Dial from several goroutines at once unless
// Config.Synchronous is set.
//
// Optional capabilities are found by assertion: [HangupDialer], [LookupDialer],
// [LimitedDialer], [BlockingDialer].
type Dialer interface {
	Dial(ctx context.Context, call Call) (Ref, error)
}

// HangupDialer is implemented by dialers that can end a call. Hangup is idempotent;
// a call that ended meanwhile is no error. The final report still comes.
type HangupDialer interface {
	Hangup(ctx context.Context, h Hangup) error
}

// Hangup says which call to end and why.
type Hangup struct {
	Tenant string
	Key    AttemptKey
	Ref    Ref
	Reason Reason
}

// LookupDialer is implemented by dialers that can say, after a crash, what became
// of an attempt. Lookup is a read: it must never place a call. An error means
// that the platform could not be asked, and it is asked again later.
type LookupDialer interface {
	Lookup(ctx context.Context, tenant string, key AttemptKey, ref Ref) (Found, error)
}

// FoundState is what a look-up found.
type FoundState uint8

const (
	FoundUnknown   FoundState = iota // the platform cannot tell
	FoundLive                        // the call is up; reports will come
	FoundEnded                       // it ended, as Found.Outcome says
	FoundNotPlaced                   // the platform never had it, and never will
)

// Found is the answer of a look-up.
type Found struct {
	State   FoundState
	Stage   Stage   // FoundLive: how far it is
	Outcome Outcome // FoundEnded: how it ended
	Ref     Ref     // the platform's reference, when it tells
}

// LimitedDialer is implemented by dialers that declare limits.
type LimitedDialer interface {
	Limits() DialerLimits
}

// DialerLimits are limits and promises of a dialer. The zero value promises
// nothing and limits nothing.
type DialerLimits struct {
	CallsPerSecond int // over all services of one Manager; 0 = no limit
	MaxInFlight    int // placings at the same time; 0 = Config.MaxInFlight
	// Fenced: the platform refuses an attempt whose epoch is lower than the
	// highest it has seen for the callback.
	Fenced bool
	// FinalOnly: the dialer reports outcomes and no progress, so that its
	// silence is believed for as long as a whole call may last.
	FinalOnly bool
	// Settle is how long after an attempt a look-up is reliable. Defaults to
	// 32 seconds, the longest an unanswered SIP INVITE can linger.
	Settle time.Duration
}

// BlockingDialer is implemented by dialers that make a call from beginning to end in
// one blocking function. A Manager then calls DialAndWait in place of Dial and
// reports the outcome itself; the context ends with the longest call that
// Service.Dialing.MaxCall allows and with a hard shutdown. An error is read as Dial's is.
type BlockingDialer interface {
	DialAndWait(ctx context.Context, call Call) (Outcome, error)
}

// DialerFunc makes a Dialer of a plain function that makes a call, blocks until
// it has ended and says how.
type DialerFunc func(ctx context.Context, call Call) (Outcome, error)

// DialAndWait calls f.
func (f DialerFunc) DialAndWait(ctx context.Context, call Call) (Outcome, error) { return f(ctx, call) }

// Dial makes the whole call and forgets its outcome; a Manager calls
// DialAndWait instead.
func (f DialerFunc) Dial(ctx context.Context, call Call) (Ref, error) {
	_, err := f(ctx, call)
	return "", err
}

// FirstParty says whose phone rings first.
type FirstParty uint8

const (
	CustomerFirst FirstParty = iota // GMS CUSTOMER
	AgentFirst                      // GMS AGENT
)

// MediaDialer is implemented by dialers that reach customers by other media than
// voice. MediaTypes returns the media types the dialer takes, as [Call.MediaType]
// names them. A dialer without it gets voice calls only.
type MediaDialer interface {
	MediaTypes() []string
}

type traceKey struct{}

// WithTrace returns a context that carries the trace context of a request.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceFrom returns the trace context that ctx carries. The context of
// [Dialer.Dial] carries the one that was given with the request.
func TraceFrom(ctx context.Context) (t Trace, ok bool) {
	t, ok = ctx.Value(traceKey{}).(Trace)
	return t, ok
}

// Call is one attempt as a dialer gets it.
type Call struct {
	Tenant  string
	Key     AttemptKey // the same attempt always has the same key
	Epoch   int64      // grows with every change of hands; a fenced platform refuses lower ones
	ID      ID
	Service string
	Attempt int // counted from 1

	To           phonenum.Address // whom to call; To.Reveal() gives the digits
	CallerID     string           // GMS _calling_party_number
	CallerName   string           // GMS _calling_party_display_name
	Prefix       string           // GMS _prefix_dial_out
	RoutePoint   string           // GMS _route_point
	TrunkGroup   string           // GMS _trunk_group
	First        FirstParty       // GMS _userterminated_first_connect_party
	Agent        string           // the reserved agent, where the router names one
	AgentAddress string
	Target       string // GMS _target
	Queue        string // GMS _urs_virtual_queue

	// MediaType is the medium to reach the customer by: "voice", "chat" or
	// "email". A dialer that is no [MediaDialer] gets "voice" only.
	MediaType string
	// ConfirmPrompt names what is played to a customer who answers, before the
	// agent is connected, and ConfirmDigit the key that the customer presses to
	// confirm. Both are empty when no confirmation is asked for.
	ConfirmPrompt, ConfirmDigit string

	RingTimeout time.Duration // give up ringing the customer after this long
	// AgentRingTimeout is how long the agent's phone rings.
	AgentRingTimeout time.Duration
	MaxCall          time.Duration // end the call after this long
	// NotAfter is the last instant at which the call may be placed. A dialer
	// that queues checks it last.
	NotAfter    time.Time
	DetectCalls bool // call progress detection (GMS _cpd_enable)
	Treatments  Treatments
	UserData    Values
	Properties  Values
}

// Treatments name what is played to the customer (GMS _treatment_*).
type Treatments struct {
	CustomerConnect, WaitingForAgent, FindAgentFail, AnsweringMachine string
}

// ErrNotPlaced tells, from a dialer, that the call surely did not leave for the
// network.
var ErrNotPlaced = errors.New("call was not placed")

// ThrottledError tells, from a dialer, that the call was not placed and that
// the platform wants a pause. It unwraps to [ErrNotPlaced] and does not use up
// a submit attempt.
type ThrottledError struct {
	After time.Duration
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("platform asks for a pause of %v", e.After)
}

// Unwrap returns [ErrNotPlaced].
func (e *ThrottledError) Unwrap() error { return ErrNotPlaced }
