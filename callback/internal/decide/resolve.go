package decide

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// How often the dialer is asked again that cannot tell: after 30 s, then twice
// as long each time up to an hour, 24 times; after that only an operator or a
// late result resolves the attempt.
const (
	lookAgain  = 30 * time.Second
	lookAtMost = time.Hour
	maxLookups = 24
)

func Found(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, found callback.Found, answered bool, actor string) *Draft {
	if found.State == callback.FoundEnded {
		found.Outcome = Said(found.Outcome)
	}
	report := callback.Report{Ref: found.Ref, Actor: actor, Stage: found.Stage}
	switch {
	case found.State == callback.FoundLive:
		report.Stage = max(found.Stage, callback.StagePlaced)
		return Progress(cb, p, now, now, report)
	case found.State == callback.FoundEnded && !rules.doubted(cb, found.Outcome):
		report.Outcome = &found.Outcome
		return Outcome(cb, p, now, now, rules, report, false)
	case found.State == callback.FoundNotPlaced && cb.Current().Stage < callback.StageRinging:
		report.Outcome = &callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.NotPlaced}
		return Outcome(cb, p, now, now, rules, report, false)
	}
	d := NewDraft(cb, p, now, callback.EventLookedUp, actor)
	a := d.Callback.Current()
	a.Lookups++
	if answered || a.Lookups >= maxLookups {
		d.dropCall()
	}
	d.Callback.DeadlineAt = time.Time{}
	if a.Lookups < maxLookups {
		wait := lookAgain
		for i := 1; i < a.Lookups && wait < lookAtMost; i++ {
			wait *= 2
		}
		d.Callback.DeadlineAt = now.Add(min(wait, lookAtMost))
	}
	d.Note("the dialer cannot tell what became of the call")
	return d
}

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
	d.Callback.LostLeases = 0
	if !r.Redial && a == nil {
		// Set aside before anything was dialled.
		d.Note(fmt.Sprintf("put back by %s", r.Actor))
	}
	d.Enqueue(now)
	if d.Callback.State == callback.Queued {
		// It waited for the operator, not for an agent.
		d.Callback.DeadlineAt = p.queueEndFrom(now)
		d.Note(r.Detail)
	}
	return d
}
