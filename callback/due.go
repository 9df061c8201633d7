package callback

import (
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// duty is what a due callback needs.
type duty uint8

const (
	dutyNone   duty = iota // nothing now: give the lease back
	dutyWrite              // write the draft
	dutyDial               // an accepted offer: dial
	dutyLookup             // ask the dialer what became of the attempt
	dutyErase              // its retention is over
	dutyResume             // put it back, unless its service is still paused
)

// maxLostLeases is how often work on a callback may be lost before it is set
// aside for an operator: something about it kills whoever works on it.
const maxLostLeases = 20

// decideDue says what a callback needs whose NextAt has come. position is where
// it would stand in its queue.
func decideDue(cb *Callback, p *Policy, now time.Time, rules dialRules, position int, actor string) (duty, *draft) {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	write := func(d *draft) (duty, *draft) {
		d.epoch = cb.Lease.Epoch
		return dutyWrite, d
	}
	if d := decideExpired(cb, p, now, actor); d != nil {
		return write(d)
	}
	switch cb.State {
	case Scheduled:
		if d := decideScheduled(cb, p, now, position, actor); d != nil {
			return write(d)
		}
	case Queued:
		return write(decideQueued(cb, p, now, actor))
	case Offered:
		switch {
		case cb.Offer.Accepted:
			return dutyDial, nil
		case past(cb.DeadlineAt):
			if d := decideUnanswered(cb, p, now, actor); d != nil {
				return write(d)
			}
			return dutyDial, nil
		}
	case Dialing:
		// A watchdog ran out, or the node that made the call stopped renewing
		// its claim: either way nobody knows.
		return write(decideUnresolved(cb, p, now, rules, actor, "the dialer fell silent"))
	case Routing:
		if past(cb.DeadlineAt) {
			return write(decideStranded(cb, p, now, actor))
		}
	case Processing:
		if past(cb.DeadlineAt) {
			d := newDraft(cb, p, now, EventCompleted, actor)
			d.endAttempt(Outcome{Result: Bridged, Certainty: Known, Reached: StageBridged}, now)
			d.complete(ReasonAgentConnected, "the end of the call was not reported")
			return write(d)
		}
	case Paused:
		if !cb.PausedAt.IsZero() {
			return dutyResume, nil
		}
	case Unresolved:
		if past(cb.DeadlineAt) {
			return dutyLookup, nil
		}
	case Completed:
		if past(cb.DeadlineAt) {
			return dutyErase, nil
		}
	}
	return dutyNone, nil
}

// decideExpired ends a callback that is not in flight and whose time is over:
// its own, or its service's for waiting in the queue. Nil means it is not.
func decideExpired(cb *Callback, p *Policy, now time.Time, actor string) *draft {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	reason := ReasonTimeout
	switch cb.State {
	case Scheduled, Paused:
	case Queued:
		if !past(lastChance(cb)) {
			if !past(cb.DeadlineAt) {
				return nil
			}
			reason = ReasonTargetNotFound
		}
	case Offered:
		if cb.Offer.Kind == OfferBooking {
			return nil
		}
	default:
		return nil
	}
	if reason == ReasonTimeout && !past(lastChance(cb)) {
		return nil
	}
	d := newDraft(cb, p, now, EventCompleted, actor)
	d.epoch = cb.Lease.Epoch
	d.complete(reason, "")
	return d
}

// decideScheduled releases a callback whose time has come, or reminds of one
// whose time comes soon. The wait estimate is looked at again.
func decideScheduled(cb *Callback, p *Policy, now time.Time, position int, actor string) *draft {
	release := cb.ReleaseAt
	if p.service.Booking.Estimator != nil {
		release = scheduler.ReleaseAt(cb.Desired, p.timing(now, position))
	}
	switch {
	case !release.After(now):
		d := newDraft(cb, p, now, EventReleased, actor)
		d.cb.RemindAt = time.Time{}
		d.enqueue(now)
		return d
	case !cb.RemindAt.IsZero() && !cb.RemindAt.After(now):
		d := newDraft(cb, p, now, EventReminded, actor)
		d.cb.RemindAt = time.Time{}
		return d
	}
	return nil
}

// decideQueued makes a callback ready whose gap is over. One that was ready
// already is due only because whoever claimed it vanished before it wrote
// anything: nothing was dialled, so it keeps its place and its attempts.
func decideQueued(cb *Callback, p *Policy, now time.Time, actor string) *draft {
	if !cb.Ready && !cb.ReadyAt.After(now) {
		d := newDraft(cb, p, now, EventReady, actor)
		d.cb.Ready, d.cb.ReadyAt = true, time.Time{}
		return d
	}
	d := newDraft(cb, p, now, EventRequeued, actor)
	d.cb.LostLeases++
	if d.cb.LostLeases >= maxLostLeases {
		d.event.Type = EventUnresolved
		d.move(Unresolved)
		d.note("work on it was lost too often")
	}
	return d
}

// decideStranded ends a callback whose customer waited too long for an agent.
func decideStranded(cb *Callback, p *Policy, now time.Time, actor string) *draft {
	d := newDraft(cb, p, now, EventCompleted, actor)
	if d.hangup = hangupOf(cb, ReasonAgentConnect); d.hangup != nil {
		a := cb.Current()
		d.endAttempt(Outcome{Result: NoEstablished, Certainty: Known, Reached: a.Stage, By: PartySystem}, now)
	}
	d.complete(ReasonAgentConnect, "no agent came in time")
	return d
}
