package callbacktest

import (
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// ErrSilentPlatform is what [Step.Fails] and [Lost] return from Dial if they are
// given no error. It does not say whether the call was placed, so it counts as
// "may have rung".
var ErrSilentPlatform = errors.New("platform did not answer")

// Step is the script of one attempt: what happens to the call, which is what
// [Dialer.Calls] returns, and what the engine observes of it. A constructor
// makes a Step; each method returns a changed copy, so steps can be shared.
// Durations are limited to the range from zero to ten years. The zero Step is
// Result(callback.ResultOK).
type Step struct {
	// The call.
	result   callback.CallResult
	outcome  *callback.Outcome
	ring     *time.Duration
	wait     *time.Duration
	talk     *time.Duration
	delay    time.Duration
	agent    string
	unplaced bool

	// Dial, look-up and hang-up.
	dialErr   error
	lookupErr error
	hangupErr error
	panics    bool
	panicWith any

	// Reports.
	quirks Quirk
	late   time.Duration
}

// Quirk is a set of deviations from what a well-behaved platform does; see
// [Step.With].
type Quirk uint16

const (
	// Blocks makes Dial return only when its context ends, with the context's
	// error, while the call takes its course.
	Blocks Quirk = 1 << iota
	// Stuck makes Dial ignore its context and return only after
	// [Dialer.Release], while the call takes its course.
	Stuck
	// Early shortens the whole call to the instant of placing and reports all of
	// it before Dial returns; see [Dialer.Attach].
	Early
	// FinalOnly reports the end and none of the stages.
	FinalOnly
	// StagesOnly reports the stages and never the end.
	StagesOnly
	// Twice delivers every report twice.
	Twice
	// Backwards delivers all reports when the last is due, the last one first.
	Backwards
	// Stray delivers, just before the first report, a final one under the key of
	// the next attempt, which was never placed.
	Stray
	// Forgotten makes every look-up of the attempt return
	// [callback.FoundUnknown].
	Forgotten

	// Mute drops every report. A look-up still returns the truth.
	Mute = FinalOnly | StagesOnly
)

// With adds quirks.
func (s Step) With(quirks ...Quirk) Step {
	for _, q := range quirks {
		s.quirks |= q
	}
	return s
}

// has reports whether the step has all quirks of q.
func (s Step) has(q Quirk) bool { return s.quirks&q == q }

// Result is a call that ends with result r. The result decides the course of the
// call: a refusal by the network ends it at once, no answer ends it after
// ringing, an answer after a talk.
func Result(r callback.CallResult) Step { return Step{result: r} }

// Answered is a call that the customer answers, is connected to an agent, and
// ends after they have talked for the given time.
func Answered(talk time.Duration) Step {
	return Step{result: callback.ResultAnswer, talk: new(bounded(talk))}
}

// Abandoned is a call that the customer answers and leaves after waiting for an
// agent for the given time.
func Abandoned(wait time.Duration) Step { return Result(callback.ResultAbandoned).Waiting(wait) }

// Busy is a call to a busy line.
func Busy() Step { return Result(callback.ResultBusy) }

// NoAnswer is a call that rings for Call.RingTimeout, or 30 s without one, and
// is not answered.
func NoAnswer() Step { return Result(callback.ResultNoAnswer) }

// Machine is a call that an answering machine answers.
func Machine() Step { return Result(callback.ResultAnsweringMachine) }

// Fax is a call that a fax machine answers.
func Fax() Step { return Result(callback.ResultFaxDetected) }

// Rejected is a call that rings and is declined.
func Rejected() Step { return Result(callback.ResultRemoteRelease) }

// Congestion is a call for which the network has no free trunk.
func Congestion() Step { return Result(callback.ResultAllTrunksBusy) }

// InvalidNumber is a call to a number that does not exist.
func InvalidNumber() Step { return Result(callback.ResultSITInvalidNumber) }

// Silent is a call that rings and ends without any report, as from a platform
// that failed after it had accepted the call.
func Silent() Step { return NoAnswer().With(Mute) }

// Refused is an attempt that was not placed, which Dial says: its error wraps
// [callback.ErrNotPlaced].
func Refused() Step { return Step{unplaced: true, dialErr: callback.ErrNotPlaced} }

// Throttled is an attempt that the platform refuses with a
// [callback.ThrottledError].
func Throttled(after time.Duration) Step {
	return Step{unplaced: true, dialErr: &callback.ThrottledError{After: after}}
}

// Lost is an attempt that never reaches the platform. Dial returns err, or
// [ErrSilentPlatform] if err is nil, and the Manager cannot tell whether the call
// was placed. A look-up answers that it was not.
func Lost(err error) Step { return Step{unplaced: true}.Fails(err) }

// Vanished is an attempt that never reached the platform though Dial returns
// without an error. No report follows.
func Vanished() Step { return Step{unplaced: true} }

// Crashed is an attempt that never reached the platform: Dial panics with v.
func Crashed(v any) Step { return Step{unplaced: true}.Panics(v) }

// longest bounds every time of a step, so that sums of them stay in range.
const longest = 10 * 365 * 24 * time.Hour

func bounded(d time.Duration) time.Duration { return min(max(d, 0), longest) }

// Ringing sets how long the phone rings, also before a result that usually
// comes without ringing, such as BUSY. A call that would be answered after
// Call.RingTimeout is not answered.
func (s Step) Ringing(d time.Duration) Step {
	s.ring = new(bounded(d))
	return s
}

// Waiting sets how long a customer who answered waits for the agent.
func (s Step) Waiting(d time.Duration) Step {
	s.wait = new(bounded(d))
	return s
}

// Agent sets the agent in the reports of the stages agent and bridged and in
// the final one.
func (s Step) Agent(name string) Step {
	s.agent = name
	return s
}

// Outcome replaces the outcome that is reported and looked up. How the call runs
// still follows the step's result. Without it the certainty is [callback.Known],
// and [callback.MayHaveRung] for the results UNKNOWN and STALE.
func (s Step) Outcome(o callback.Outcome) Step {
	s.outcome = &o
	return s
}

// Delayed lets the call leave for the network that long after Dial was called.
// Until then a look-up finds nothing, on a platform that is not fenced.
func (s Step) Delayed(d time.Duration) Step {
	s.delay = bounded(d)
	return s
}

// Late delivers the final report that long after the call ended.
func (s Step) Late(d time.Duration) Step {
	s.late = bounded(d)
	return s
}

// Fails makes Dial return err though the call takes its course; nil stands for
// [ErrSilentPlatform].
func (s Step) Fails(err error) Step {
	if s.dialErr = err; err == nil {
		s.dialErr = ErrSilentPlatform
	}
	return s
}

// Panics makes Dial panic with v though the call takes its course.
func (s Step) Panics(v any) Step {
	s.panics, s.panicWith = true, v
	return s
}

// LookupFails makes every look-up of the attempt fail with err.
func (s Step) LookupFails(err error) Step {
	s.lookupErr = err
	return s
}

// HangupFails makes every hang-up of the attempt fail with err, and the call
// goes on.
func (s Step) HangupFails(err error) Step {
	s.hangupErr = err
	return s
}
