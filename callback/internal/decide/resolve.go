package decide

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A dialer that cannot tell is asked again after lookAgain, then at doubling
// intervals up to lookAtMost, maxLookups times in all. After that only an
// operator or a late result resolves the attempt.
const (
	lookAgain  = 30 * time.Second
	lookAtMost = time.Hour
	maxLookups = 24
)

// Found decides on the result of a look-up of a call that is unresolved, or up as
// far as is known. r is what [Told] made of it, nil if that is nothing. answered
// reports that the dialer answered; otherwise the look-up failed. It returns nil if
// nothing changes.
func Found(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, r *callback.Report, answered bool, actor string) *Draft {
	switch {
	case r != nil && r.Outcome != nil:
		return Outcome(cb, p, now, now, rules, *r, false)
	case r != nil:
		return Progress(cb, p, now, now, *r)
	}
	if cb.State != callback.Unresolved {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventLookedUp, actor)
	a := d.Callback.Current()
	a.Lookups++
	d.dropCall()
	d.Callback.DeadlineAt = time.Time{}
	if a.Lookups < maxLookups {
		wait := lookAgain
		for i := 1; i < a.Lookups && wait < lookAtMost; i++ {
			wait *= 2
		}
		d.Callback.DeadlineAt = now.Add(min(wait, lookAtMost))
	}
	if answered {
		d.Note("the dialer cannot tell what became of the call")
	} else {
		d.Note("the dialer could not be asked what became of the call")
	}
	return d
}

// Told returns what a look-up tells about the current attempt as a report, or nil if
// it leaves open what became of the call.
func Told(cb *callback.Callback, rules DialRules, found callback.Found, actor string) *callback.Report {
	a := cb.Current()
	r := &callback.Report{Tenant: cb.Tenant, Key: a.Key, Ref: found.Ref, Actor: actor, Stage: found.Stage}
	switch found.State {
	case callback.FoundLive:
		r.Stage = max(found.Stage, callback.StagePlaced)
		return r
	case callback.FoundEnded:
		ended := Said(found.Outcome)
		if r.Outcome = &ended; !rules.doubted(cb, ended) {
			return r
		}
		if cb.State == callback.Processing {
			// How it ended is not known, but that the parties talked.
			r.Outcome = &callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known, Reached: callback.StageBridged}
			return r
		}
	case callback.FoundNotPlaced:
		if a.Stage < callback.StageRinging {
			r.Outcome = &callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.NotPlaced}
			return r
		}
	}
	return nil
}

// Resolution decides on an operator's resolution of an unresolved callback.
// report is the outcome that the operator states, if the attempt is live.
func Resolution(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, r ResolutionInput, report callback.Report) *Draft {
	a := cb.Current()
	if !r.Redial && a != nil && a.Live() {
		d := Outcome(cb, p, now, now, rules, report, true)
		if r.Detail != "" {
			d.Note(r.Detail)
		}
		return d
	}
	d := NewDraft(cb, p, now, callback.EventAttemptEnded, r.Actor)
	d.endAttempt(callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.Known}, now)
	if d.Event.Certainty == 0 {
		d.Event.Type = callback.EventRequeued // no attempt was live
	}
	d.Callback.LostLeases = 0
	if !r.Redial && a == nil {
		// It became Unresolved before any attempt.
		d.Note(fmt.Sprintf("put back by %s", r.Actor))
	}
	// The time it waited for the operator does not count.
	d.Callback.PausedFor = p.openTime(p.waitsFrom(cb), now)
	d.Enqueue(now)
	if d.Callback.State == callback.Queued {
		d.Note(r.Detail)
	}
	return d
}
