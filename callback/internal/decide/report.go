package decide

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// CheckReport returns an error if a report is malformed.
func CheckReport(r callback.Report) error {
	if err := CheckNote(r.Actor, "", ""); err != nil {
		return err
	}
	if r.Stage > callback.StageBridged {
		return Invalid("stage", fmt.Sprintf("%d is not defined", r.Stage))
	}
	if len(r.Ref) > 1024 {
		return Invalid("ref", "is longer than 1024 bytes")
	}
	o := r.Outcome
	switch {
	case o == nil && r.Stage == callback.StageNone && r.Ref == "":
		return Invalid("report", "tells nothing")
	case o != nil && !o.Result.Valid():
		return Invalid("outcome.result", fmt.Sprintf("%d is not a call result", o.Result))
	case o != nil && o.Certainty == 0:
		return Invalid("outcome.certainty", "is required: known, not placed or may have rung")
	case o != nil && (o.Certainty > callback.MayHaveRung || o.Reached > callback.StageBridged || o.By > callback.PartyNetwork):
		return Invalid("outcome", "has a certainty, stage or party that is not defined")
	}
	return nil
}

// Report decides on a report about the current attempt. It returns nil if
// nothing changes.
func Report(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, r callback.Report, trusted bool) *Draft {
	a := cb.Current()
	if cb.State != callback.Completed && !a.Live() {
		return nil
	}
	at := r.At
	if at.IsZero() || at.After(now) {
		at = now
	}
	at = Latest(at, a.Began)
	if cb.State == callback.Completed {
		return late(cb, now, at, rules, r)
	}
	if r.Outcome != nil {
		return Outcome(cb, p, now, at, rules, r, trusted)
	}
	return Progress(cb, p, now, at, r)
}

// late records the outcome of an attempt whose callback completed before it was
// known. Nothing else changes. It returns nil if that is not so.
func late(cb *callback.Callback, now, at time.Time, rules DialRules, r callback.Report) *Draft {
	a, o := cb.Current(), r.Outcome
	if a.Live() || a.Outcome.Certainty != callback.MayHaveRung || o == nil || rules.doubted(cb, *o) {
		return nil
	}
	d := NewDraft(cb, nil, now, callback.EventAttemptEnded, r.Actor)
	d.dropHangups()
	d.learn(r, o.Reached)
	a = d.Callback.Current()
	a.Outcome, a.Ended = *o, at
	a.Outcome.Raw = text.Cut(o.Raw, 256)
	if !cb.MaskedAt.IsZero() {
		a.Outcome.Raw = ""
	}
	if o.Certainty == callback.Known {
		a.Outcome.Reached = a.Stage
	}
	d.Event.Reason, d.Event.Result, d.Event.Certainty = cb.Reason, o.Result, o.Certainty
	d.Event.Detail = "the result came late"
	return d
}

// Report sets the state that the execution side reports.
func (d *Draft) Report(r StateInput) {
	now, p := d.Now, d.Policy
	a := d.Callback.Current()
	live := a != nil && a.Live()
	switch r.State {
	case callback.Queued:
		d.endAttempt(callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.Known}, now)
		d.Enqueue(now)
	case callback.Routing:
		d.move(callback.Routing)
		d.Callback.DeadlineAt = now.Add(p.Service.Dialing.AgentWait)
		if live {
			a.Stage = max(a.Stage, callback.StageCustomer)
		}
	case callback.Processing:
		d.move(callback.Processing)
		d.Callback.DeadlineAt = now.Add(p.Service.Dialing.MaxCall)
		if live {
			a.Stage = callback.StageBridged
		}
	case callback.Completed:
		d.endAttempt(callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.Known, Reached: callback.StageNone}, now)
		d.complete(r.Reason, r.Detail)
	}
	if r.Detail != "" {
		d.Note(r.Detail)
	}
}
