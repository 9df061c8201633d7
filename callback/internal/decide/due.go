package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// tooLateToDial reports whether the callback is in the last part of its time in
// the queue, in which no attempt begins (Queueing.CannotDial).
func (p *Policy) tooLateToDial(cb *callback.Callback, now time.Time) bool {
	q := p.Service.Queueing
	if q.CannotDial == 0 || cb.State != callback.Queued || cb.DeadlineAt.IsZero() {
		return false
	}
	return p.openTime(now, cb.DeadlineAt) <= q.CannotDial
}

// Duty is the work that a due callback needs.
type Duty uint8

// The duties.
const (
	dutyNone   Duty = iota // nothing: give back the lease
	DutyWrite              // write the draft
	DutyDial               // an accepted offer: dial
	DutyLookup             // look up the attempt
	DutyErase              // erase it
	DutyResume             // resume it unless its service is still paused
)

// maxLostLeases is the number of lost leases after which a callback becomes
// Unresolved: it may be what crashes the nodes that work on it.
const maxLostLeases = 20

// Due returns the duty of a callback that is due and not completed, and the
// draft of a DutyWrite; see [Completed]. position is the position at the end of
// its queue.
func Due(cb *callback.Callback, p *Policy, now time.Time, rules DialRules, position int, actor string) (Duty, *Draft) {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	write := func(d *Draft) (Duty, *Draft) {
		d.Epoch = cb.Lease.Epoch
		if d.Window == (callback.Window{}) && past(cb.DeadlineAt) {
			d.Window.From = cb.DeadlineAt
		}
		return DutyWrite, d
	}
	if cb.State == callback.Unresolved && rules.Lookup && past(cb.DeadlineAt) && cb.Current() != nil && cb.Current().Lookups == 0 {
		// All nodes may have stood still until after its end: the dialer is asked
		// at least once.
		return DutyLookup, nil
	}
	if d := Expired(cb, p, now, actor); d != nil {
		return write(d)
	}
	if d := Extended(cb, p, now, actor); d != nil {
		return write(d)
	}
	switch cb.State {
	case callback.Scheduled:
		if d := Rezoned(cb, p, now, position, actor); d != nil {
			return write(d)
		}
		if d := Scheduled(cb, p, now, position, actor); d != nil {
			return write(d)
		}
	case callback.Queued:
		if len(cb.Owed) > 0 && (cb.Ready || !past(cb.ReadyAt)) {
			return dutyNone, nil // it is due for what it owes
		}
		if d := Queued(cb, p, now, actor); d != nil {
			return write(d)
		}
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
		// The deadline for a report passed, or the node that makes the call
		// stopped renewing its lease. Either way the outcome is unknown.
		return write(Unresolved(cb, p, now, rules, actor, "the dialer fell silent"))
	case callback.Routing:
		if past(cb.DeadlineAt) {
			return write(Stranded(cb, p, now, actor))
		}
		return p.look(cb, now), nil
	case callback.Processing:
		if past(cb.DeadlineAt) {
			d := NewDraft(cb, p, now, callback.EventCompleted, actor)
			d.endAttempt(callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known, Reached: callback.StageBridged}, now)
			d.complete(callback.ReasonAgentConnected, "the end of the call was not reported")
			return write(d)
		}
		return p.look(cb, now), nil
	case callback.Paused:
		if !cb.PausedAt.IsZero() {
			return DutyResume, nil
		}
	case callback.Unresolved:
		switch {
		case rules.Lookup && past(cb.DeadlineAt):
			return DutyLookup, nil
		case holdsCall(cb) && p.callOver(cb, now):
			d := NewDraft(cb, p, now, callback.EventUpdated, actor)
			d.dropCall()
			d.Event.Detail = "no call can be up any more"
			return write(d)
		}
	}
	return dutyNone, nil
}

// look returns the duty of a callback whose call is up and which is due before
// its deadline: the report of the end may be lost.
func (p *Policy) look(cb *callback.Callback, now time.Time) Duty {
	if p.nextLook(cb, now).IsZero() {
		return dutyNone
	}
	return DutyLookup
}

// Expired completes a callback whose time is over by the hours of the moment, its
// own or that of its queue, and that has no call or an unresolved one. It returns
// nil if there is time left; see [Extended].
func Expired(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	reason := callback.ReasonTimeout
	switch cb.State {
	case callback.Scheduled, callback.Paused:
	case callback.Queued:
		if !p.TooLate(cb, now) {
			if !past(cb.DeadlineAt) || !past(p.queueEnd(cb)) {
				return nil
			}
			reason = callback.ReasonTargetNotFound
		}
	case callback.Offered:
		if cb.Offer.Kind == callback.OfferBooking {
			return nil
		}
	case callback.Unresolved:
		if !past(p.UnresolvedEnd(cb)) {
			return nil
		}
		d := NewDraft(cb, p, now, callback.EventCompleted, actor)
		d.Epoch = cb.Lease.Epoch
		d.endAttempt(callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.MayHaveRung}, now)
		d.complete(reason, "it is not known what became of the call")
		return d
	default:
		return nil
	}
	if reason == callback.ReasonTimeout && !p.TooLate(cb, now) {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventCompleted, actor)
	d.Epoch = cb.Lease.Epoch
	d.Window.From = LastChance(cb)
	if reason == callback.ReasonTargetNotFound {
		d.Window.From = cb.DeadlineAt
	}
	d.complete(reason, "")
	return d
}

// Scheduled releases a callback at its release time, or emits its reminder. It
// asks for the expected wait again.
func Scheduled(cb *callback.Callback, p *Policy, now time.Time, position int, actor string) *Draft {
	release := cb.ReleaseAt
	if p.Service.Booking.Estimator != nil {
		release = scheduler.ReleaseAt(cb.Desired, p.timing(now, position))
	}
	switch {
	case !release.After(now):
		d := NewDraft(cb, p, now, callback.EventReleased, actor)
		d.Window = callback.Window{From: release, Until: LastChance(cb)}
		d.Callback.RemindAt = time.Time{}
		d.Enqueue(now)
		return d
	case !cb.RemindAt.IsZero() && !cb.RemindAt.After(now):
		d := NewDraft(cb, p, now, callback.EventReminded, actor)
		d.Window.From = cb.RemindAt
		d.Callback.RemindAt = time.Time{}
		return d
	}
	return nil
}

// Queued makes a callback ready after the gap before its next attempt, or holds
// it until the next opening of its service. It returns nil if it goes on waiting.
// A callback that is ready already and not at a close is due because the node
// that claimed it wrote nothing: no call was made, so it keeps its place and its
// attempts.
func Queued(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	open, next := p.Window(now)
	closing := !cb.ClosedFrom.IsZero() && !cb.ClosedFrom.After(now)
	switch {
	case !cb.Ready && gapEnd(cb).After(now), isTold(cb, now, next) && !open:
		return nil
	case !open:
		return Held(cb, p, now, actor)
	case !cb.Ready || closing:
		d := NewDraft(cb, p, now, callback.EventReady, actor)
		d.Window = callback.Window{From: cb.ClosedFrom, Until: Earliest(cb.DeadlineAt, LastChance(cb))}
		if !cb.Ready {
			d.Window.From = gapEnd(cb)
		}
		if !cb.ClosedFrom.IsZero() {
			d.Note("")
		}
		d.await(now)
		return d
	}
	d := NewDraft(cb, p, now, callback.EventRequeued, actor)
	d.Callback.LostLeases++
	if d.Callback.LostLeases >= maxLostLeases {
		d.Event.Type = callback.EventUnresolved
		d.move(callback.Unresolved)
		d.dropCall()
		d.Note("work on it was lost too often")
	}
	return d
}

// Stranded completes a callback whose customer waited too long for an agent.
func Stranded(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	d := NewDraft(cb, p, now, callback.EventCompleted, actor)
	d.hangUp(HangupOf(cb, callback.ReasonAgentConnect))
	if a := cb.Current(); a != nil {
		d.endAttempt(callback.Outcome{Result: callback.ResultNoEstablished, Certainty: callback.Known, Reached: a.Stage, By: callback.PartySystem}, now)
	}
	d.complete(callback.ReasonAgentConnect, "no agent came in time")
	return d
}
