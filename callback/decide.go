package callback

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// holdCall takes what a call needs for as long as it may be up: the customer's
// number, on which nobody else calls meanwhile, and one of the service's lines,
// where they are bounded.
func (d *draft) holdCall(lines int64) {
	d.hold(Permit{Key: d.callKey(), N: 1, Max: 1})
	if lines >= 0 {
		d.hold(Permit{Key: d.lineKey(), N: 1, Max: lines})
	}
}

// holdFoundCall counts a call that turned out to be up, whatever the limits.
func (d *draft) holdFoundCall() {
	if d.holds(PermitCall) {
		return
	}
	d.hold(Permit{Key: d.callKey(), N: 1, Max: -1})
	d.hold(Permit{Key: d.lineKey(), N: 1, Max: -1})
}

func (d *draft) callKey() PermitKey {
	return PermitKey{Kind: PermitCall, Subject: d.cb.Customer.Target().Key()}
}

func (d *draft) lineKey() PermitKey { return PermitKey{Kind: PermitLine, Service: d.cb.Service} }

// dropCall gives back what a call needs: nobody will find out any more whether
// it is up, and what waits for an operator must not stop the service.
func (d *draft) dropCall() {
	d.drop(PermitCall)
	d.drop(PermitLine)
}

// dialRules is what decisions need to know of the dialer.
type dialRules struct {
	lookup bool          // it can say what became of an attempt
	fenced bool          // it refuses attempts of older epochs
	finals bool          // it reports outcomes and no progress
	settle time.Duration // how long after an attempt a look-up is reliable
	random func() float64
}

// firstLook returns when the dialer is first asked about an unresolved attempt:
// not before a request that is still on its way must have arrived or died. Zero
// means that only a late result or an operator can tell.
func (r dialRules) firstLook(cb *Callback, p *Policy, now time.Time) time.Time {
	a := cb.Current()
	if !r.lookup || a == nil {
		return time.Time{}
	}
	if r.fenced {
		return now
	}
	return latest(now, a.Began.Add(p.service.Dialing.PlaceTimeout+r.settle))
}

// decideProgress follows a call that got further. A report that tells nothing
// new is nil.
func decideProgress(cb *Callback, p *Policy, now, at time.Time, r Report) *draft {
	a := cb.Current()
	if r.Stage <= a.Stage && (r.Ref == "" || a.Ref != "") && cb.State != Unresolved {
		return nil
	}
	d := newDraft(cb, p, now, EventProgress, r.Actor)
	d.learn(r, StageNone)
	next := d.cb.Current()
	if next.Placed.IsZero() && next.Stage >= StagePlaced {
		next.Placed = at
		if r.Stage <= StagePlaced {
			d.event.Type = EventPlaced
		}
	}
	d.event.Stage = next.Stage
	d.follow(next.Stage, at)
	return d
}

// follow puts a callback with a live attempt into the state that the stage
// stands for, and sets how long silence is believed.
func (d *draft) follow(stage Stage, at time.Time) {
	o := d.policy.service.Dialing
	ring := o.RingTimeout
	if o.First == AgentFirst {
		ring *= 2
	}
	to, wait := Dialing, ring+o.Grace
	switch {
	case stage == StageBridged, o.First == AgentFirst && stage == StageCustomer:
		to, wait = Processing, o.MaxCall
	case o.First == CustomerFirst && stage >= StageCustomer:
		to, wait = Routing, o.AgentWait
	}
	from := d.cb.State
	// States only move forward: a call that is being talked on is not put back.
	if from != Unresolved && to < from {
		to = from
	}
	deadline := d.cb.DeadlineAt
	if to == from && to != Dialing {
		// A second sign of the same state does not buy more time.
		return
	}
	d.move(to)
	if from == Unresolved {
		d.holdFoundCall()
	}
	d.cb.DeadlineAt = at.Add(wait)
	if to == Dialing && deadline.After(d.cb.DeadlineAt) {
		d.cb.DeadlineAt = deadline
	}
}

// verdict is what an ended attempt means for its callback.
type verdict struct {
	outcome scheduler.Outcome // for the retry policy, unless final is set
	final   Reason            // completes with this reason, no retry
	failed  Reason            // completes with this one when no retry is left
}

// judge reads an outcome that is known.
func judge(o Outcome, reached Stage, p *Policy) verdict {
	options := p.service.Dialing
	switch o.Result {
	case Bridged, Transferred, Conferenced, ConverseOn:
		return verdict{final: ReasonAgentConnected}
	case DoNotCall, CancelRecord:
		return verdict{final: ReasonCancelled}
	case SITInvalidNumber, SITVacant, WrongNumber, WrongParty, SITOperatorIntercept:
		return verdict{outcome: scheduler.Invalid, failed: ReasonCallToCustomer}
	case FaxDetected:
		return verdict{outcome: scheduler.Fax, failed: ReasonFaxReached}
	case AnsweringMachine, PagerDetected:
		if options.ConnectMachine {
			return verdict{final: ReasonMachineConnected}
		}
		return verdict{outcome: scheduler.Machine, failed: ReasonCallToCustomer}
	}
	if reached == StageBridged {
		return verdict{final: ReasonAgentConnected}
	}
	// Agent-first, StageAgent is the agent alone: the customer's phone comes
	// after it.
	if reached == StageCustomer || reached == StageAgent && options.First == CustomerFirst {
		return judgeReached(o, options)
	}
	switch o.Result {
	case Ok, Answer, PickedUp:
		// The reporter tells only that it was answered: it was a whole call.
		return verdict{final: ReasonAgentConnected}
	case Busy:
		return verdict{outcome: scheduler.Busy, failed: ReasonCallToCustomer}
	case NoAnswer, NoRingBack, NoEstablished, NoProgress, Silence, Covered, DroppedNoAnswer, Redirected, Forwarded:
		return verdict{outcome: scheduler.NoAnswer, failed: ReasonCallToCustomer}
	case AllTrunksBusy, SITNoCircuit, SITReorder, NoFreePort, NoDialTone, QueueFull, Overflowed, SwitchError, NUTone:
		return verdict{outcome: scheduler.Congestion, failed: ReasonCallToCustomer}
	case RemoteRelease:
		return verdict{outcome: scheduler.Rejected, failed: ReasonCallToCustomer}
	case AgentCallbackError, GroupCallbackError:
		return verdict{outcome: scheduler.AgentLost, failed: ReasonAgentConnect}
	case Abandoned:
		return verdict{outcome: scheduler.Abandoned, failed: ReasonAbandonedInQueue}
	case Unknown, Stale:
		return verdict{outcome: scheduler.Unknown, failed: ReasonCallToCustomer}
	}
	return verdict{outcome: scheduler.Failed, failed: ReasonCallToCustomer}
}

// judgeReached reads the end of a call whose customer was reached but never
// spoke to an agent.
func judgeReached(o Outcome, options DialOptions) verdict {
	gone := o.Result == Abandoned || o.Result == RemoteRelease
	if gone && o.By != PartyAgent && o.By != PartySystem || o.By == PartyCustomer {
		return verdict{final: ReasonAbandonedInQueue}
	}
	if options.RetryAgentLost {
		return verdict{outcome: scheduler.AgentLost, failed: ReasonAgentConnect}
	}
	return verdict{final: ReasonAgentConnect}
}

// decideOutcome ends the current attempt: success, another attempt, or the end
// of the callback. An outcome that nobody knows leads to Unresolved.
func decideOutcome(cb *Callback, p *Policy, now, at time.Time, rules dialRules, r Report) *draft {
	o := *r.Outcome
	o.Raw = clipText(o.Raw, 256)
	if !r.trusted && rules.doubted(cb, o) {
		if cb.State == Unresolved {
			return nil
		}
		d := decideUnresolved(cb, p, now, rules, r.Actor, "the dialer does not know what became of the call")
		d.learn(r, o.Reached)
		return d
	}
	d := newDraft(cb, p, now, EventAttemptEnded, r.Actor)
	d.learn(r, o.Reached)
	a := d.cb.Current()
	if o.Certainty == NotPlaced {
		d.endAttempt(o, at)
		d.notPlaced(o)
		return d
	}
	o.Reached = a.Stage
	d.endAttempt(o, at)
	d.cb.Submits = 0
	v := judge(o, a.Stage, p)
	if v.final != "" {
		d.complete(v.final, o.Result.String())
		return d
	}
	if d.cb.CancelReason != "" {
		d.complete(d.cb.CancelReason, o.Result.String())
		return d
	}
	decision := p.retry(d.cb, v.outcome, at, now, rules.random)
	if !decision.Retry {
		d.complete(v.failed, o.Result.String())
		return d
	}
	d.enqueue(decision.At)
	d.note(fmt.Sprintf("%v: another attempt follows", o.Result))
	return d
}

// doubted reports whether an outcome leaves open what happened: it says so, or
// it says that a call was not placed of which it is known that it rang.
func (r dialRules) doubted(cb *Callback, o Outcome) bool {
	return o.Certainty == MayHaveRung || o.Certainty == NotPlaced && cb.Current().Stage >= StageRinging
}

// learn notes what a report tells beside its outcome.
func (d *draft) learn(r Report, reached Stage) {
	a := d.cb.Current()
	a.Stage = max(a.Stage, r.Stage, reached)
	if a.Ref == "" {
		a.Ref = r.Ref
	}
	if r.Agent != "" {
		a.Agent = r.Agent
	}
}

// retry asks the retry policy about the attempt that has just ended.
func (p *Policy) retry(cb *Callback, outcome scheduler.Outcome, ended, notBefore time.Time, random func() float64) scheduler.RetryDecision {
	policy := p.service.Dialing.Retry
	if cb.Retry != nil {
		policy = cb.Retry.apply(policy)
	}
	in := scheduler.RetryInput{
		Outcome: outcome, Ended: ended, Random: random,
		NotBefore: notBefore, NotAfter: earliest(lastChance(cb), p.queueEnd(cb)),
	}
	for i := range cb.Attempts {
		a := &cb.Attempts[i]
		if a.Outcome.Certainty == NotPlaced || a.Live() {
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
func (r *RetryLimits) apply(policy scheduler.RetryPolicy) scheduler.RetryPolicy {
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
func (d *draft) notPlaced(o Outcome) {
	cb := d.cb
	throttled := o.RetryAfter > 0
	if !throttled {
		cb.Submits++
	}
	if cb.CancelReason != "" {
		d.complete(cb.CancelReason, "the call was not placed")
		return
	}
	if limit := d.policy.service.Queueing.MaxSubmits; cb.Submits >= limit {
		d.complete(ReasonSubmitFailed, fmt.Sprintf("the dialer did not take it %d times", limit))
		return
	}
	// The pause grows with every dial in a row that did not leave, so that a
	// platform that refuses for hours is not asked thousands of times.
	delay := max(o.RetryAfter, time.Duration(cb.unplaced())*submitDelay)
	d.enqueue(d.now.Add(delay))
	d.note("the call was not placed")
}

// unplaced counts the last attempts in a row that were not placed.
func (c *Callback) unplaced() int {
	n := 0
	for i := len(c.Attempts) - 1; i >= 0 && c.Attempts[i].Outcome.Certainty == NotPlaced && !c.Attempts[i].Live(); i-- {
		n++
	}
	return n
}

// decideUnresolved records that nobody knows what became of the attempt.
func decideUnresolved(cb *Callback, p *Policy, now time.Time, rules dialRules, actor, why string) *draft {
	d := newDraft(cb, p, now, EventUnresolved, actor)
	d.move(Unresolved)
	if d.cb.DeadlineAt = rules.firstLook(d.cb, p, now); d.cb.DeadlineAt.IsZero() {
		d.dropCall()
	}
	d.note(why)
	return d
}

func clipText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most]
}
