package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// TooLateToDial reports whether the callback stands in the last part of its
// time in the queue (GMS _cannot_dial_buffer_time).
func (p *Policy) TooLateToDial(cb *callback.Callback, now time.Time) bool {
	q := p.Service.Queueing
	return q.CannotDial > 0 && cb.State == callback.Queued && !now.Before(cb.DeadlineAt.Add(-q.CannotDial))
}

// duty is what a due callback needs.
type duty uint8

const (
	dutyNone   duty = iota // nothing now: give the lease back
	DutyWrite              // write the draft
	DutyDial               // an accepted offer: dial
	DutyLookup             // ask the dialer what became of the attempt
	DutyErase              // its retention is over
	DutyResume             // put it back, unless its service is still paused
)

// maxLostLeases is how often work on a callback may be lost before it is set
// aside for an operator: something about it kills whoever works on it.
const maxLostLeases = 20

// Due returns what a callback needs whose NextAt has come and that is not
// completed; see [Completed]. position is its position at the end of its queue.
func Due(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, position int, actor string) (duty, *Draft) {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	write := func(d *Draft) (duty, *Draft) {
		d.Epoch = cb.Lease.Epoch
		return DutyWrite, d
	}
	if d := Expired(cb, p, now, actor); d != nil {
		return write(d)
	}
	switch cb.State {
	case callback.Scheduled:
		if d := Scheduled(cb, p, now, position, actor); d != nil {
			return write(d)
		}
	case callback.Queued:
		return write(Queued(cb, p, now, actor))
	case callback.Offered:
		switch {
		case cb.Offer.Accepted:
			return DutyDial, nil
		case past(cb.DeadlineAt):
			if d := Unanswered(cb, p, now, actor); d != nil {
				return write(d)
			}
			return DutyDial, nil
		}
	case callback.Dialing:
		// A watchdog ran out, or the node that made the call stopped renewing
		// its claim: either way nobody knows.
		return write(Unresolved(cb, p, now, rules, actor, "the dialer fell silent"))
	case callback.Routing:
		if past(cb.DeadlineAt) {
			return write(Stranded(cb, p, now, actor))
		}
	case callback.Processing:
		if past(cb.DeadlineAt) {
			d := NewDraft(cb, p, now, callback.EventCompleted, actor)
			d.endAttempt(callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known, Reached: callback.StageBridged}, now)
			d.complete(callback.ReasonAgentConnected, "the end of the call was not reported")
			return write(d)
		}
	case callback.Paused:
		if !cb.PausedAt.IsZero() {
			return DutyResume, nil
		}
	case callback.Unresolved:
		if past(cb.DeadlineAt) {
			return DutyLookup, nil
		}
	}
	return dutyNone, nil
}

// Expired ends a callback that is not in flight and whose time is over:
// its own, or its service's for waiting in the queue. Nil means it is not.
func Expired(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	reason := callback.ReasonTimeout
	switch cb.State {
	case callback.Scheduled, callback.Paused:
	case callback.Queued:
		if !past(LastChance(cb)) {
			if !past(cb.DeadlineAt) {
				return nil
			}
			reason = callback.ReasonTargetNotFound
		}
	case callback.Offered:
		if cb.Offer.Kind == callback.OfferBooking {
			return nil
		}
	default:
		return nil
	}
	if reason == callback.ReasonTimeout && !past(LastChance(cb)) {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventCompleted, actor)
	d.Epoch = cb.Lease.Epoch
	d.complete(reason, "")
	return d
}

// Scheduled releases a callback whose time has come, or reminds of one
// whose time comes soon. The wait estimate is looked at again.
func Scheduled(cb *callback.Callback, p *Policy, now time.Time, position int, actor string) *Draft {
	release := cb.ReleaseAt
	if p.Service.Booking.Estimator != nil {
		release = scheduler.ReleaseAt(cb.Desired, p.timing(now, position))
	}
	switch {
	case !release.After(now):
		d := NewDraft(cb, p, now, callback.EventReleased, actor)
		d.Callback.RemindAt = time.Time{}
		d.Enqueue(now)
		return d
	case !cb.RemindAt.IsZero() && !cb.RemindAt.After(now):
		d := NewDraft(cb, p, now, callback.EventReminded, actor)
		d.Callback.RemindAt = time.Time{}
		return d
	}
	return nil
}

// Queued makes a callback ready whose gap is over. One that was ready
// already is due only because whoever claimed it vanished before it wrote
// anything: nothing was dialled, so it keeps its place and its attempts.
func Queued(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	if !cb.Ready && !cb.ReadyAt.After(now) {
		d := NewDraft(cb, p, now, callback.EventReady, actor)
		d.Callback.Ready, d.Callback.ReadyAt = true, time.Time{}
		return d
	}
	d := NewDraft(cb, p, now, callback.EventRequeued, actor)
	d.Callback.LostLeases++
	if d.Callback.LostLeases >= maxLostLeases {
		d.Event.Type = callback.EventUnresolved
		d.move(callback.Unresolved)
		d.Note("work on it was lost too often")
	}
	return d
}

// Stranded ends a callback whose customer waited too long for an agent.
func Stranded(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	d := NewDraft(cb, p, now, callback.EventCompleted, actor)
	if d.Hangup = HangupOf(cb, callback.ReasonAgentConnect); d.Hangup != nil {
		a := cb.Current()
		d.endAttempt(callback.Outcome{Result: callback.ResultNoEstablished, Certainty: callback.Known, Reached: a.Stage, By: callback.PartySystem}, now)
	}
	d.complete(callback.ReasonAgentConnect, "no agent came in time")
	return d
}
