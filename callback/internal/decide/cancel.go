package decide

import (
	"cmp"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Cancel decides on a cancellation. flying reports that a call is or may be up,
// whose end the cancellation waits for.
func Cancel(cb *callback.Callback, p *Policy, now time.Time, req CancelInput) (d *Draft, flying bool) {
	switch cb.State {
	case callback.Completed:
		return nil, false
	case callback.Dialing, callback.Routing, callback.Processing, callback.Unresolved:
		if !req.Force && cb.State == callback.Unresolved && p.callOver(cb, now) {
			break
		}
		if !req.Force && cb.CancelReason == req.Reason {
			return nil, true
		}
		d = NewDraft(cb, p, now, callback.EventUpdated, req.Actor)
		if !req.Force {
			d.Callback.CancelReason = req.Reason
			if cb.State != callback.Processing {
				d.hangUp(HangupOf(cb, req.Reason))
			}
			wait := "to be cancelled when the call has ended"
			if cb.State == callback.Unresolved {
				wait = "to be cancelled when it is known what became of the call, or no call can be up"
			}
			d.Note(cmp.Or(req.Detail, wait))
			return d, true
		}
		d.hangUp(HangupOf(cb, req.Reason))
		d.endAttempt(callback.Outcome{Result: callback.ResultCancelRecord, Certainty: callback.MayHaveRung}, now)
		d.complete(req.Reason, req.Detail)
		return d, false
	}
	d = NewDraft(cb, p, now, callback.EventCompleted, req.Actor)
	d.endAttempt(callback.Outcome{Result: callback.ResultCancelRecord, Certainty: callback.MayHaveRung}, now)
	d.complete(req.Reason, req.Detail)
	return d, false
}

// HangupOf returns the request to end the live call, or nil without one.
func HangupOf(cb *callback.Callback, reason callback.Reason) *callback.Hangup {
	a := cb.Current()
	if a == nil || !a.Live() {
		return nil
	}
	return &callback.Hangup{Tenant: cb.Tenant, Key: a.Key, Ref: a.Ref, Reason: reason}
}

// endAttempt ends the current attempt if it is live.
func (d *Draft) endAttempt(o callback.Outcome, at time.Time) {
	a := d.Callback.Current()
	if a == nil || !a.Live() {
		return
	}
	a.Ended = at
	a.Outcome = o
	d.Event.Attempt, d.Event.Result, d.Event.Certainty = a.N, o.Result, o.Certainty
}
