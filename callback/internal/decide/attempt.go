package decide

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/scheduler"
)

// holdCall takes what a call needs for as long as it may be up: the customer's
// number, on which nobody else calls meanwhile, and one of the service's lines,
// where they are bounded.
func (d *Draft) holdCall(lines int64) {
	d.Hold(callback.Permit{Key: d.callKey(), N: 1, Max: 1})
	if lines >= 0 {
		d.Hold(callback.Permit{Key: d.lineKey(), N: 1, Max: lines})
	}
}

// holdFoundCall counts a call that turned out to be up, whatever the limits.
func (d *Draft) holdFoundCall() {
	if d.holds(callback.PermitCall) {
		return
	}
	d.Hold(callback.Permit{Key: d.callKey(), N: 1, Max: -1})
	d.Hold(callback.Permit{Key: d.lineKey(), N: 1, Max: -1})
}

func (d *Draft) callKey() callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitCall, Subject: d.Callback.Customer.Target().Key()}
}

func (d *Draft) lineKey() callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitLine, Service: d.Callback.Service}
}

// dropCall gives back what a call needs: nobody will find out any more whether
// it is up, and what waits for an operator must not stop the service.
func (d *Draft) dropCall() {
	d.drop(callback.PermitCall)
	d.drop(callback.PermitLine)
}

// DialRules is what decisions need to know of the dialer.
type DialRules struct {
	Lookup bool          // it can say what became of an attempt
	Fenced bool          // it refuses attempts of older epochs
	Finals bool          // it reports outcomes and no progress
	Settle time.Duration // how long after an attempt a look-up is reliable
	Random func() float64
	Media  []string // media types it takes
}

// firstLook returns when the dialer is first asked about an unresolved attempt:
// not before a request that is still on its way must have arrived or died. Zero
// means that only a late result or an operator can tell.
func (r DialRules) firstLook(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	a := cb.Current()
	if !r.Lookup || a == nil {
		return time.Time{}
	}
	if r.Fenced {
		return now
	}
	return Latest(now, a.Began.Add(p.Service.Dialing.PlaceTimeout+r.Settle))
}

// Progress follows a call that got further. A report that tells nothing
// new is nil.
func Progress(cb *callback.Callback, p *Policy, now, at time.Time, r callback.Report) *Draft {
	a := cb.Current()
	if r.Stage <= a.Stage && (r.Ref == "" || a.Ref != "") && cb.State != callback.Unresolved {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventProgress, r.Actor)
	d.learn(r, callback.StageNone)
	next := d.Callback.Current()
	if next.Placed.IsZero() && next.Stage >= callback.StagePlaced {
		next.Placed = at
		if r.Stage <= callback.StagePlaced {
			d.Event.Type = callback.EventPlaced
		}
	}
	d.Event.Stage = next.Stage
	d.follow(next.Stage, at)
	return d
}

// follow puts a callback with a live attempt into the state that the stage
// stands for, and sets how long silence is believed.
func (d *Draft) follow(stage callback.Stage, at time.Time) {
	o := d.Policy.Service.Dialing
	ring := o.RingTimeout
	if o.First == callback.AgentFirst {
		ring *= 2
	}
	to, wait := callback.Dialing, ring+o.Grace
	switch {
	case stage == callback.StageBridged, o.First == callback.AgentFirst && stage == callback.StageCustomer:
		to, wait = callback.Processing, o.MaxCall
	case o.First == callback.CustomerFirst && stage >= callback.StageCustomer:
		to, wait = callback.Routing, o.AgentWait
	}
	from := d.Callback.State
	// States only move forward: a call that is being talked on is not put back.
	if from != callback.Unresolved && to < from {
		to = from
	}
	deadline := d.Callback.DeadlineAt
	if to == from && to != callback.Dialing {
		// A second sign of the same state does not buy more time.
		return
	}
	d.move(to)
	if from == callback.Unresolved {
		d.holdFoundCall()
	}
	d.Callback.DeadlineAt = at.Add(wait)
	if to == callback.Dialing && deadline.After(d.Callback.DeadlineAt) {
		d.Callback.DeadlineAt = deadline
	}
}

// verdict is what an ended attempt means for its callback.
type verdict struct {
	outcome scheduler.Outcome // for the retry policy, unless final is set
	final   callback.Reason   // completes with this reason, no retry
	failed  callback.Reason   // completes with this one when no retry is left
}

// judge reads an outcome that is known.
func judge(o callback.Outcome, reached callback.Stage, p *Policy) verdict {
	options := p.Service.Dialing
	switch o.Result {
	case callback.ResultBridged, callback.ResultTransferred, callback.ResultConferenced, callback.ResultConverseOn:
		return verdict{final: callback.ReasonAgentConnected}
	case callback.ResultDoNotCall, callback.ResultCancelRecord:
		return verdict{final: callback.ReasonCancelled}
	case callback.ResultSITInvalidNumber, callback.ResultSITVacant, callback.ResultWrongNumber, callback.ResultWrongParty, callback.ResultSITOperatorIntercept:
		return verdict{outcome: scheduler.Invalid, failed: callback.ReasonCallToCustomer}
	case callback.ResultFaxDetected:
		return verdict{outcome: scheduler.Fax, failed: callback.ReasonFaxReached}
	case callback.ResultAnsweringMachine, callback.ResultPagerDetected:
		if options.ConnectMachine {
			return verdict{final: callback.ReasonMachineConnected}
		}
		return verdict{outcome: scheduler.Machine, failed: callback.ReasonCallToCustomer}
	}
	if reached == callback.StageBridged {
		return verdict{final: callback.ReasonAgentConnected}
	}
	// Agent-first, StageAgent is the agent alone: the customer's phone comes
	// after it.
	if reached == callback.StageCustomer || reached == callback.StageAgent && options.First == callback.CustomerFirst {
		return judgeReached(o, options)
	}
	switch o.Result {
	case callback.ResultOK, callback.ResultAnswer, callback.ResultPickedUp:
		// The reporter tells only that it was answered: it was a whole call.
		return verdict{final: callback.ReasonAgentConnected}
	case callback.ResultBusy:
		return verdict{outcome: scheduler.Busy, failed: callback.ReasonCallToCustomer}
	case callback.ResultNoAnswer, callback.ResultNoRingBack, callback.ResultNoEstablished, callback.ResultNoProgress, callback.ResultSilence, callback.ResultCovered, callback.ResultDroppedNoAnswer, callback.ResultRedirected, callback.ResultForwarded:
		return verdict{outcome: scheduler.NoAnswer, failed: callback.ReasonCallToCustomer}
	case callback.ResultAllTrunksBusy, callback.ResultSITNoCircuit, callback.ResultSITReorder, callback.ResultNoFreePort, callback.ResultNoDialTone, callback.ResultQueueFull, callback.ResultOverflowed, callback.ResultSwitchError, callback.ResultNUTone:
		return verdict{outcome: scheduler.Congestion, failed: callback.ReasonCallToCustomer}
	case callback.ResultRemoteRelease:
		return verdict{outcome: scheduler.Rejected, failed: callback.ReasonCallToCustomer}
	case callback.ResultAgentCallbackError, callback.ResultGroupCallbackError:
		return verdict{outcome: scheduler.AgentLost, failed: callback.ReasonAgentConnect}
	case callback.ResultAbandoned:
		return verdict{outcome: scheduler.Abandoned, failed: callback.ReasonAbandonedInQueue}
	case callback.ResultUnknown, callback.ResultStale:
		return verdict{outcome: scheduler.Unknown, failed: callback.ReasonCallToCustomer}
	}
	return verdict{outcome: scheduler.Failed, failed: callback.ReasonCallToCustomer}
}

// judgeReached reads the end of a call whose customer was reached but never
// spoke to an agent.
func judgeReached(o callback.Outcome, options callback.DialOptions) verdict {
	gone := o.Result == callback.ResultAbandoned || o.Result == callback.ResultRemoteRelease
	if gone && o.By != callback.PartyAgent && o.By != callback.PartySystem || o.By == callback.PartyCustomer {
		return verdict{final: callback.ReasonAbandonedInQueue}
	}
	if options.RetryAgentLost {
		return verdict{outcome: scheduler.AgentLost, failed: callback.ReasonAgentConnect}
	}
	return verdict{final: callback.ReasonAgentConnect}
}

// Outcome ends the current attempt: success, another attempt, or the end
// of the callback. An outcome that nobody knows leads to Unresolved.
func Outcome(cb *callback.Callback, p *Policy, now, at time.Time, rules DialRules, r callback.Report, trusted bool) *Draft {
	o := *r.Outcome
	o.Raw = text.Cut(o.Raw, 256)
	if !trusted && rules.doubted(cb, o) {
		if cb.State == callback.Unresolved {
			return nil
		}
		d := Unresolved(cb, p, now, rules, r.Actor, "the dialer does not know what became of the call")
		d.learn(r, o.Reached)
		return d
	}
	d := NewDraft(cb, p, now, callback.EventAttemptEnded, r.Actor)
	d.learn(r, o.Reached)
	a := d.Callback.Current()
	if o.Certainty == callback.NotPlaced {
		d.endAttempt(o, at)
		d.notPlaced(o)
		return d
	}
	o.Reached = a.Stage
	d.endAttempt(o, at)
	d.Callback.Submits = 0
	v := judge(o, a.Stage, p)
	if v.final != "" {
		d.complete(v.final, o.Result.String())
		return d
	}
	if d.Callback.CancelReason != "" {
		d.complete(d.Callback.CancelReason, o.Result.String())
		return d
	}
	decision := p.retry(d.Callback, v.outcome, at, now, rules.Random)
	if !decision.Retry {
		d.complete(v.failed, o.Result.String())
		return d
	}
	d.Enqueue(decision.At)
	d.Note(fmt.Sprintf("%v: another attempt follows", o.Result))
	return d
}

// Said returns the outcome that a plain function or a look-up reports without a
// certainty: a result it names is known, and no result leaves open what
// happened.
func Said(o callback.Outcome) callback.Outcome {
	switch {
	case o.Result == callback.ResultOK && o.Certainty != callback.NotPlaced:
		o.Certainty = callback.MayHaveRung
	case o.Certainty == 0:
		o.Certainty = callback.Known
	}
	return o
}

// doubted reports whether an outcome leaves open what happened: it says so, or
// it says that a call was not placed of which it is known that it rang.
func (r DialRules) doubted(cb *callback.Callback, o callback.Outcome) bool {
	return o.Certainty != callback.Known && o.Certainty != callback.NotPlaced || o.Certainty == callback.NotPlaced && cb.Current().Stage >= callback.StageRinging
}

// learn notes what a report tells beside its outcome.
func (d *Draft) learn(r callback.Report, reached callback.Stage) {
	a := d.Callback.Current()
	a.Stage = max(a.Stage, r.Stage, reached)
	if a.Ref == "" {
		a.Ref = r.Ref
	}
	if r.Agent != "" {
		a.Agent = r.Agent
	}
}

// retry asks the retry policy about the attempt that has just ended.
func (p *Policy) retry(cb *callback.Callback, outcome scheduler.Outcome, ended, notBefore time.Time, random func() float64) scheduler.RetryDecision {
	policy := p.Service.Dialing.Retry
	if cb.Retry != nil {
		policy = applyLimits(cb.Retry, policy)
	}
	in := scheduler.RetryInput{
		Outcome: outcome, Ended: ended, Random: random,
		NotBefore: notBefore, NotAfter: Earliest(LastChance(cb), p.queueEnd(cb)),
	}
	for i := range cb.Attempts {
		a := &cb.Attempts[i]
		if a.Outcome.Certainty == callback.NotPlaced || a.Live() {
			continue
		}
		same := judge(a.Outcome, a.Stage, p)
		if same.final == "" && same.outcome == outcome {
			in.OfOutcome++
		}
		if same.final == "" && !policy.Rule(same.outcome).CountsNot {
			in.Attempts++
		}
	}
	return policy.Decide(in)
}

// apply puts a request's limits in place of a policy's: its count is the whole
// budget, its gap the gap after every outcome that is retried at all.
func applyLimits(r *callback.RetryLimits, policy scheduler.RetryPolicy) scheduler.RetryPolicy {
	gap := func(rule scheduler.Rule) scheduler.Rule {
		return scheduler.Rule{Max: rule.Max, Delay: r.Delay}
	}
	limited := scheduler.RetryPolicy{MaxAttempts: r.MaxAttempts, Default: scheduler.Rule{Max: r.MaxAttempts, Delay: r.Delay}}
	limited.Rules = make(map[scheduler.Outcome]scheduler.Rule, len(policy.Rules))
	for outcome, rule := range policy.Rules {
		limited.Rules[outcome] = gap(rule)
	}
	return limited
}

// submitDelay is the pause after a dial that did not leave, times the number
// of such dials in a row (GMS _fetch_retry_delay).
const submitDelay = 10 * time.Second

// notPlaced queues a callback again whose call surely did not leave, or ends it
// when that has happened too often (GMS _max_ors_submit_attempts).
func (d *Draft) notPlaced(o callback.Outcome) {
	cb := d.Callback
	throttled := o.RetryAfter > 0
	if !throttled {
		cb.Submits++
	}
	if cb.CancelReason != "" {
		d.complete(cb.CancelReason, "the call was not placed")
		return
	}
	if limit := d.Policy.Service.Queueing.MaxSubmits; limit != callback.NoLimit && cb.Submits >= int(limit) {
		d.complete(callback.ReasonSubmitFailed, fmt.Sprintf("the dialer did not take it %d times", cb.Submits))
		return
	}
	// The pause grows with every dial in a row that did not leave, so that a
	// platform that refuses for hours is not asked thousands of times.
	delay := max(o.RetryAfter, time.Duration(unplaced(cb))*submitDelay)
	d.Enqueue(d.Now.Add(delay))
	d.Note("the call was not placed")
}

// unplaced counts the last attempts in a row that were not placed.
func unplaced(c *callback.Callback) int {
	n := 0
	for i := len(c.Attempts) - 1; i >= 0 && c.Attempts[i].Outcome.Certainty == callback.NotPlaced && !c.Attempts[i].Live(); i-- {
		n++
	}
	return n
}

// Unresolved records that nobody knows what became of the attempt.
func Unresolved(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, actor, why string) *Draft {
	d := NewDraft(cb, p, now, callback.EventUnresolved, actor)
	d.move(callback.Unresolved)
	if d.Callback.DeadlineAt = rules.firstLook(d.Callback, p, now); d.Callback.DeadlineAt.IsZero() {
		d.dropCall()
	}
	d.Note(why)
	return d
}
