package callbacktest

import (
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// ErrSilentPlatform is what [Step.Fails] and [Lost] return from Dial when they
// are given no error: it does not say whether the call was placed, so that it
// counts as "may have rung".
var ErrSilentPlatform = errors.New("platform did not answer")

// Step says what becomes of one attempt: what happens to the call, which is
// the truth that [Dialer.Calls] tells, and what the engine gets to see of it.
// Make one with a constructor and change it with methods; each method returns a
// changed copy, so that steps can be shared. Times below zero count as zero,
// times above ten years as ten years. The zero Step is Result(callback.ResultOK).
type Step struct {
	// what happens
	result    callback.CallResult
	outcome   *callback.Outcome
	certainty *callback.Certainty
	ring      *time.Duration
	wait      *time.Duration
	talk      *time.Duration
	delay     time.Duration
	agent     string
	unplaced  bool

	// what Dial does
	dialErr   error
	panics    bool
	panicWith any
	block     blocking
	early     bool

	// what is reported
	mute      muting
	twice     bool
	backwards bool
	stray     bool
	late      time.Duration

	// what the other capabilities do
	forgotten bool
	lookupErr error
	hangupErr error
}

// blocking says until when Dial does not return.
type blocking uint8

const (
	blockNot    blocking = iota
	blockCtx             // until its context ends
	blockForced          // until Dialer.Release
)

// muting says which reports are never made.
type muting uint8

const (
	muteNone muting = iota
	muteStages
	muteFinal
	muteAll
)

// Answered is a call that rings, is answered by the customer, reaches an agent
// and ends after they talked that long.
func Answered(talk time.Duration) Step { return Result(callback.ResultAnswer).Talking(talk) }

// ResultAbandoned is a call that the customer answers and leaves after waiting that
// long for an agent.
func Abandoned(wait time.Duration) Step { return Result(callback.ResultAbandoned).Waiting(wait) }

// ResultBusy is a call to a busy line.
func Busy() Step { return Result(callback.ResultBusy) }

// ResultNoAnswer is a call that rings for Call.RingTimeout, 30 s when there is none,
// and is not answered.
func NoAnswer() Step { return Result(callback.ResultNoAnswer) }

// Machine is a call that an answering machine answers.
func Machine() Step { return Result(callback.ResultAnsweringMachine) }

// Fax is a call that a fax machine answers.
func Fax() Step { return Result(callback.ResultFaxDetected) }

// Rejected is a call that rings and is declined.
func Rejected() Step { return Result(callback.ResultRemoteRelease) }

// Congestion is a call for which the network has no trunk free.
func Congestion() Step { return Result(callback.ResultAllTrunksBusy) }

// InvalidNumber is a call to a number that does not exist.
func InvalidNumber() Step { return Result(callback.ResultSITInvalidNumber) }

// Result is a call that ends with any of the 54 results, in the way that fits
// the result: at once for a network's refusal, after ringing, after a talk.
func Result(r callback.CallResult) Step { return Step{result: r} }

// Silent is a call that rings and ends without any report: the platform took
// it and was not heard of again.
func Silent() Step { return NoAnswer().Mute() }

// Refused is an attempt of which Dial says that it was not placed: it returns
// an error that wraps [callback.ErrNotPlaced].
func Refused() Step { return Step{unplaced: true, dialErr: callback.ErrNotPlaced} }

// Throttled is an attempt that the platform refuses with a
// [callback.ThrottledError].
func Throttled(after time.Duration) Step {
	return Step{unplaced: true, dialErr: &callback.ThrottledError{After: after}}
}

// Lost is an attempt that never reached the platform, though Dial returns an
// error that does not say so; nil stands for [ErrSilentPlatform]. A look-up
// tells the truth.
func Lost(err error) Step { return Step{unplaced: true, dialErr: orSilent(err)} }

// Vanished is an attempt that never reached the platform though Dial returns
// without an error. Nothing is ever reported.
func Vanished() Step { return Step{unplaced: true} }

// Crashed is an attempt that never reached the platform: Dial panics with v.
func Crashed(v any) Step { return Step{unplaced: true}.Panics(v) }

func orSilent(err error) error {
	if err == nil {
		return ErrSilentPlatform
	}
	return err
}

// longest bounds every time of a step, so that sums of them stay in range.
const longest = 10 * 365 * 24 * time.Hour

func bounded(d time.Duration) time.Duration { return min(max(d, 0), longest) }

// Ringing sets how long the phone rings, also before a result that usually
// comes without ringing, such as BUSY. A call that would be answered later than
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

// Talking sets how long customer and agent talk. Call.MaxCall ends a longer
// talk.
func (s Step) Talking(d time.Duration) Step {
	s.talk = new(bounded(d))
	return s
}

// Agent names the agent in the reports of the stages agent and bridged and in
// the final one.
func (s Step) Agent(name string) Step {
	s.agent = name
	return s
}

// Certainty sets the certainty that the outcome is reported with. Defaults to
// [callback.Known], and to [callback.MayHaveRung] for the results UNKNOWN and
// STALE.
func (s Step) Certainty(c callback.Certainty) Step {
	s.certainty = &c
	return s
}

// Outcome replaces the whole outcome that is reported and looked up. How the
// call runs still follows the step's result.
func (s Step) Outcome(o callback.Outcome) Step {
	s.outcome = &o
	return s
}

// Delayed lets the call leave for the network that long after Dial was called:
// a request that was held up on its way. Until then a look-up finds nothing,
// on a platform that is not fenced.
func (s Step) Delayed(d time.Duration) Step {
	s.delay = bounded(d)
	return s
}

// Fails makes Dial return err though the call takes its course; nil stands for
// [ErrSilentPlatform].
func (s Step) Fails(err error) Step {
	s.dialErr = orSilent(err)
	return s
}

// Panics makes Dial panic with v though the call takes its course.
func (s Step) Panics(v any) Step {
	s.panics, s.panicWith = true, v
	return s
}

// Blocks makes Dial return only when its context ends, with the context's
// error. The call takes its course meanwhile.
func (s Step) Blocks() Step {
	s.block = blockCtx
	return s
}

// Stuck makes Dial ignore its context and return only after [Dialer.Release].
// The call takes its course meanwhile.
func (s Step) Stuck() Step {
	s.block = blockForced
	return s
}

// Early shortens the whole call to the instant of placing, and reports all of
// it before Dial returns; see [Dialer.Attach].
func (s Step) Early() Step {
	s.early = true
	return s
}

// Mute drops every report. A look-up still tells the truth.
func (s Step) Mute() Step {
	s.mute = muteAll
	return s
}

// MuteFinal reports the stages and never the end.
func (s Step) MuteFinal() Step {
	s.mute = muteFinal
	return s
}

// FinalOnly reports the end and none of the stages.
func (s Step) FinalOnly() Step {
	s.mute = muteStages
	return s
}

// Twice delivers every report twice.
func (s Step) Twice() Step {
	s.twice = true
	return s
}

// Backwards delivers all reports when the last is due, the last one first.
func (s Step) Backwards() Step {
	s.backwards = true
	return s
}

// Stray delivers, just before the first report, a final one under the key of
// the next attempt, which was never placed.
func (s Step) Stray() Step {
	s.stray = true
	return s
}

// Late delivers the final report that long after the call ended.
func (s Step) Late(d time.Duration) Step {
	s.late = bounded(d)
	return s
}

// Forgotten makes every look-up of the attempt answer
// [callback.FoundUnknown].
func (s Step) Forgotten() Step {
	s.forgotten = true
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
