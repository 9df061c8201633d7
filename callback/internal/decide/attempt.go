package decide

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/scheduler"
)

// holdCall takes the permits that a call holds while it may be up: one for the
// customer's number, so that there is one call to it at a time, and one of the
// service's lines if they are limited.
func (d *Draft) holdCall(lines int64) {
	d.Hold(callback.Permit{Key: d.callKey(), N: 1, Max: 1})
	if lines >= 0 {
		d.Hold(callback.Permit{Key: d.lineKey(), N: 1, Max: lines})
	}
}

// holdFoundCall takes the permits of a call that a look-up found to be up,
// ignoring their limits.
func (d *Draft) holdFoundCall() {
	if d.holds(callback.PermitCall) {
		return
	}
	d.Hold(callback.Permit{Key: d.callKey(), N: 1, Max: -1})
	d.Hold(callback.Permit{Key: d.lineKey(), N: 1, Max: -1})
}

func (d *Draft) callKey() callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitCall, Subject: d.Policy.Subject(d.Callback.Customer.Target())}
}

func (d *Draft) lineKey() callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitLine, Service: d.Callback.Service}
}

// callKinds are the permits that an unresolved callback gives back as soon as no
// call can be up.
func callKinds() []callback.PermitKind {
	return []callback.PermitKind{callback.PermitCall, callback.PermitLine, callback.PermitNumber}
}

// holdsCall reports whether a callback holds one of callKinds.
func holdsCall(cb *callback.Callback) bool {
	return slices.ContainsFunc(cb.Held, func(h callback.Held) bool { return slices.Contains(callKinds(), h.Key.Kind) })
}

// dropCall gives back the permits of an unresolved callback if no call can be up,
// so that it blocks neither its customer nor the lines of the service.
func (d *Draft) dropCall() {
	if !d.Policy.callOver(d.Callback, d.Now) {
		return
	}
	for _, kind := range callKinds() {
		d.drop(kind)
	}
}

// rehold takes the permit of the customer's number again, ignoring its limit,
// for a callback that is not unresolved any more.
func (d *Draft) rehold() {
	if !d.holds(callback.PermitNumber) {
		d.holdNumber(callback.NoLimit)
	}
}

// DialRules are the capabilities of the dialer that decisions depend on.
type DialRules struct {
	Lookup   bool          // it can look up attempts
	HangUp   bool          // it can end calls
	Fenced   bool          // it refuses attempts of older epochs
	Resolves bool          // the host finds the number of a customer without one
	Finals   bool          // it reports outcomes and no progress
	Settle   time.Duration // time after an attempt until a look-up is reliable
	Random   func() float64
	Media    []string // media types it takes
	Outage   bool     // its platform takes no calls: what is not placed uses no submit attempt
}

// firstLook returns when the dialer is first asked about an unresolved attempt:
// after a request still under way has either arrived or expired. It returns
// zero if only a late result or an operator can resolve the attempt.
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

// Progress records a new stage of a call. It returns nil if the report tells
// nothing new.
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

// follow moves a callback with a live attempt to the state of the stage and
// sets the deadline for the next report.
func (d *Draft) follow(stage callback.Stage, at time.Time) {
	o := d.Policy.Service.Dialing
	ring := o.RingTimeout
	if o.AgentFirst {
		ring *= 2
	}
	to, wait := callback.Dialing, ring+o.Grace
	switch {
	case stage == callback.StageBridged, o.AgentFirst && stage == callback.StageCustomer:
		to, wait = callback.Processing, o.MaxCall
	case !o.AgentFirst && stage >= callback.StageCustomer:
		to, wait = callback.Routing, o.AgentWait
	}
	from := d.Callback.State
	// States only move forward: a report cannot put a call back that is being
	// talked on.
	if from != callback.Unresolved && to < from {
		to = from
	}
	deadline := d.Callback.DeadlineAt
	if to == from && to != callback.Dialing {
		// A repeated report of the same state does not extend the deadline.
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

// verdict is the consequence of an ended attempt for its callback.
type verdict struct {
	outcome scheduler.Outcome // for the retry policy, unless final is set
	final   callback.Reason   // completes with this reason, no retry
	failed  callback.Reason   // completes with this one when no retry is left
}

// judge returns the verdict on a known outcome.
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
	// With AgentFirst, StageAgent means that the agent answered and the
	// customer has not been called yet.
	if reached == callback.StageCustomer || reached == callback.StageAgent && !options.AgentFirst {
		return judgeReached(o, options)
	}
	switch o.Result {
	case callback.ResultOK, callback.ResultAnswer, callback.ResultPickedUp:
		// The report says only that the call was answered: it counts as a
		// complete call.
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

// judgeReached returns the verdict on a call whose customer answered and was
// never connected to an agent.
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

// Outcome ends the current attempt. The callback completes, is queued for
// another attempt, or becomes Unresolved if the outcome is unknown.
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
	d.dropHangups()
	d.learn(r, o.Reached)
	a := d.Callback.Current()
	if o.Certainty == callback.NotPlaced {
		d.endAttempt(o, at)
		d.notPlaced(o, rules)
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

// Said returns the outcome that a blocking function or a look-up reports
// without a certainty: a result makes it Known, no result leaves it open.
func Said(o callback.Outcome) callback.Outcome {
	switch {
	case o.Result == callback.ResultOK && o.Certainty != callback.NotPlaced:
		o.Certainty = callback.MayHaveRung
	case o.Certainty == 0:
		o.Certainty = callback.Known
	}
	return o
}

// Awaits reports whether a callback still waits for the call to be placed: it
// has not moved on, and no cancellation waits for the end of the call.
func Awaits(cb *callback.Callback, call callback.Call) bool {
	a := cb.Current()
	return cb.State == callback.Dialing && cb.CancelReason == "" && a != nil && a.Live() && a.Key == call.Key && a.Epoch == call.Epoch
}

// Slipped returns the request to end attempt n, which the platform reports to be
// up, if a cancellation by force gave it up before; else nil.
func Slipped(cb *callback.Callback, n int, ref callback.Ref) *callback.Hangup {
	a := cb.Current()
	if a == nil || a.N != n || cb.State != callback.Completed || !gaveUp(a) {
		return nil
	}
	return &callback.Hangup{Tenant: cb.Tenant, Key: a.Key, Ref: cmp.Or(a.Ref, ref), Reason: cb.Reason}
}

// gaveUp reports whether an attempt ended because its callback was cancelled by
// force, and nothing is known of the call.
func gaveUp(a *callback.Attempt) bool {
	return !a.Live() && a.Outcome.Result == callback.ResultCancelRecord && a.Outcome.Certainty == callback.MayHaveRung
}

// doubted reports whether an outcome leaves open what happened: its certainty
// says so, or it claims that a call was not placed that was reported to ring.
func (r DialRules) doubted(cb *callback.Callback, o callback.Outcome) bool {
	return o.Certainty != callback.Known && o.Certainty != callback.NotPlaced || o.Certainty == callback.NotPlaced && cb.Current().Stage >= callback.StageRinging
}

// learn records the stage, the reference and the agent of a report.
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
		policy = applyLimits(p.within(cb.Retry), policy)
	}
	in := scheduler.RetryInput{
		Outcome: outcome, Ended: ended, Random: random,
		NotBefore: notBefore, NotAfter: Earliest(p.lastChance(cb), p.queueEnd(cb)),
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
	decision := policy.Decide(in)
	if !decision.Retry {
		return decision
	}
	if open, next := p.Window(decision.At); !open && !next.IsZero() && !in.NotAfter.IsZero() && next.After(in.NotAfter) {
		return scheduler.RetryDecision{Why: scheduler.WhyTooLate}
	}
	return decision
}

// within returns the retry limits of a request within the bounds of the service.
func (p *Policy) within(r *callback.RetryLimits) *callback.RetryLimits {
	o := p.Service.Dialing
	return &callback.RetryLimits{MaxAttempts: min(r.MaxAttempts, o.RequestAttempts), Delay: max(r.Delay, o.RequestGap)}
}

// applyLimits returns the policy with the limits of a request: its count bounds
// all attempts, and its delay follows every outcome that is retried.
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

// submitDelay is the pause after an attempt that was not placed; it is
// multiplied by the number of such attempts in a row, up to submitDelayMost.
const (
	submitDelay     = 10 * time.Second
	submitDelayMost = 5 * time.Minute
)

// notPlaced queues a callback again whose call was not placed, or completes it
// after Queueing.MaxSubmits such attempts in a row. A pause of the platform, an
// outage and a delay on this side are no refusals.
func (d *Draft) notPlaced(o callback.Outcome, rules DialRules) {
	cb := d.Callback
	stale := o.Result == callback.ResultStale
	if Refusal(o) && !rules.Outage {
		cb.Submits++
	}
	d.giveBackAttempt()
	if o.Result == callback.ResultDoNotCall {
		d.complete(callback.ReasonCancelled, o.Result.String())
		return
	}
	if cb.CancelReason != "" {
		d.complete(cb.CancelReason, "the call was not placed")
		return
	}
	if limit := d.Policy.Service.Queueing.MaxSubmits; limit != callback.NoLimit && cb.Submits >= int(limit) {
		d.complete(callback.ReasonSubmitFailed, fmt.Sprintf("the dialer did not take it %d times", cb.Submits))
		return
	}
	// The pause grows with the attempts in a row that were not placed, to limit
	// the requests to a platform that refuses for hours.
	row := unplaced(cb)
	if stale {
		row--
	}
	delay := min(time.Duration(row)*submitDelay, submitDelayMost)
	if rules.Outage {
		// There is a probe in each minute. A node that does not know of the outage
		// is held back by the pause.
		delay = min(delay, probeMost)
	}
	d.Enqueue(d.Now.Add(max(delay, o.RetryAfter)))
	d.Note("the call was not placed")
}

// unplaced returns the number of last attempts in a row that were not placed.
func unplaced(c *callback.Callback) int {
	n := 0
	for i := len(c.Attempts) - 1; i >= 0 && c.Attempts[i].Outcome.Certainty == callback.NotPlaced && !c.Attempts[i].Live(); i-- {
		n++
	}
	return n
}

// Unresolved records that the outcome of the attempt is unknown.
func Unresolved(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, actor, why string) *Draft {
	d := NewDraft(cb, p, now, callback.EventUnresolved, actor)
	d.move(callback.Unresolved)
	d.Callback.DeadlineAt = rules.firstLook(d.Callback, p, now)
	d.dropCall()
	d.Note(why)
	return d
}
