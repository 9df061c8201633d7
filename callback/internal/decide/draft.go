package decide

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A Draft is a change in the making: the callback as it is to be, and what has
// to be taken and given back for it. Decisions are made on drafts, without any
// input or output; the Manager writes them.
type Draft struct {
	Old      *callback.Callback // as it was read; nil for a new callback
	Callback *callback.Callback // as it is to be
	Policy   *Policy
	Now      time.Time
	Epoch    int64                  // of the lease that the write needs; 0 = none
	Source   *callback.Precondition // of a new callback that is a copy
	Take     []callback.Permit
	Give     []callback.Held
	Event    callback.Event
	// MaskEvents removes the texts of the events before this change.
	MaskEvents bool
	// after the write
	Release *callback.Release
	Hangup  *callback.Hangup
}

func NewDraft(old *callback.Callback, policy *Policy, now time.Time, typ callback.EventType, actor string) *Draft {
	cb := old.Clone()
	cb.Revision++
	cb.Updated = now
	d := &Draft{Old: old, Callback: cb, Policy: policy, Now: now}
	d.Event = callback.Event{Type: typ, From: old.State, Actor: actor}
	if n := len(cb.Attempts); n > 0 {
		d.Event.Attempt = n
	}
	return d
}

// move puts the callback into a state and sheds what the state does not keep.
func (d *Draft) move(to callback.State) {
	cb := d.Callback
	cb.State = to
	cb.DeadlineAt = time.Time{}
	if to != callback.Offered {
		cb.Offer = nil
	}
	if to != callback.Queued {
		cb.Ready = false
		cb.ReadyAt = time.Time{}
	}
	if to != callback.Paused && !cb.PausedAt.IsZero() {
		cb.PausedFor += max(d.Now.Sub(cb.PausedAt), 0)
		cb.PausedAt = time.Time{}
	}
	kept := cb.Held[:0]
	for _, held := range cb.Held {
		if to.Keeps(held.Key.Kind) {
			kept = append(kept, held)
		} else {
			d.Give = append(d.Give, held)
		}
	}
	cb.Held = kept
	if cb.Reservation != nil && !to.Reserved() {
		d.Release = &callback.Release{Tenant: cb.Tenant, Service: cb.Service, Callback: cb.ID, Reservation: *cb.Reservation}
		if a := cb.Current(); a != nil && !a.Live() {
			d.Release.Outcome = a.Outcome
			d.Release.Talked = a.Stage == callback.StageBridged
		}
		cb.Reservation = nil
	}
}

// Hold takes a permit that the callback keeps until its state gives it back.
func (d *Draft) Hold(p callback.Permit) {
	d.Take = append(d.Take, p)
	d.Callback.Held = append(d.Callback.Held, callback.Held{Key: p.Key, N: p.N})
}

// holds reports whether the callback holds a permit of the kind.
func (d *Draft) holds(kind callback.PermitKind) bool {
	return slices.ContainsFunc(d.Callback.Held, func(h callback.Held) bool { return h.Key.Kind == kind })
}

// drop gives back what is held of one kind.
func (d *Draft) drop(kind callback.PermitKind) {
	kept := d.Callback.Held[:0]
	for _, held := range d.Callback.Held {
		if held.Key.Kind == kind {
			d.Give = append(d.Give, held)
		} else {
			kept = append(kept, held)
		}
	}
	d.Callback.Held = kept
}

// complete ends the callback. A cancellation that waited for the end of a call
// wins over every reason but success.
func (d *Draft) complete(reason callback.Reason, detail string) {
	if d.Callback.CancelReason != "" && !reason.Succeeded() {
		reason = d.Callback.CancelReason
	}
	d.move(callback.Completed)
	d.Callback.Reason = reason
	d.Callback.EndedAt = d.Now
	d.Callback.Bucket = time.Time{}
	d.Note(detail)
	d.Event.Type = callback.EventCompleted
	d.Event.Reason = reason
	kept := d.Now.Add(d.Policy.Service.Retention)
	if d.Callback.ExpiresAt.After(kept) {
		kept = d.Callback.ExpiresAt
	}
	d.Callback.DeadlineAt = kept
	if after := d.Policy.Service.MaskAfter; after != callback.Off {
		d.Callback.MaskAt = d.Now.Add(after)
	}
}

// Note says in words why, in the record and in the event.
func (d *Draft) Note(detail string) {
	d.Callback.Detail = detail
	d.Event.Detail = detail
}

// Enqueue puts the callback into its queue, not before at.
//
// A callback whose cancellation waited for the end of a call ends instead.
func (d *Draft) Enqueue(at time.Time) {
	p := d.Policy.Service
	if d.Callback.CancelReason != "" {
		d.complete(d.Callback.CancelReason, d.Callback.Detail)
		return
	}
	d.move(callback.Queued)
	cb := d.Callback
	if cb.QueuedAt.IsZero() {
		cb.QueuedAt = d.Now
	}
	d.holdQueued(-1)
	at = Latest(at, cb.QueuedAt.Add(p.Queueing.MinWait))
	at = Latest(at, d.Policy.mayBegin(cb))
	if cb.Ready = !at.After(d.Now); !cb.Ready {
		cb.ReadyAt = at
	}
	cb.DeadlineAt = d.Policy.queueEnd(cb)
}

// holdQueued counts the callback among those of its service's queue, unless it
// is counted already.
func (d *Draft) holdQueued(limit int64) {
	if d.holds(callback.PermitQueued) {
		return
	}
	d.Hold(callback.Permit{Key: callback.PermitKey{Kind: callback.PermitQueued, Service: d.Callback.Service}, N: 1, Max: limit})
}

// Change finishes the draft.
func (d *Draft) Change() callback.Change {
	cb := d.Callback
	cb.NextAt = nextAt(cb, d.Policy, d.Now)
	if d.Old != nil && d.Old.State == callback.Dialing && cb.State == callback.Dialing {
		// Whoever makes the call may have renewed its claim meanwhile.
		cb.NextAt = Latest(cb.NextAt, d.Old.NextAt)
	}
	e := &d.Event
	e.Tenant, e.Callback, e.Service = cb.Tenant, cb.ID, cb.Service
	e.Seq, e.At, e.To, e.Next, e.Epoch = cb.Revision, d.Now, cb.State, cb.NextAt, d.Epoch
	return callback.Change{Record: cb, Epoch: d.Epoch, Source: d.Source, Give: d.Give, Take: d.Take, Event: *e, MaskEvents: d.MaskEvents}
}

// Unclaim is the change that gives a lease back and nothing else.
func Unclaim(cb *callback.Callback, policy *Policy, now time.Time) callback.Change {
	next := now.Add(policyMissing)
	if policy != nil || cb.State == callback.Completed {
		next = nextAt(cb, policy, now)
	}
	if !next.IsZero() && !next.After(now) {
		// What is due could not be done: look again soon, not at once.
		next = now.Add(DueAgain)
	}
	return callback.Change{Unclaim: true, Epoch: cb.Lease.Epoch, Record: &callback.Callback{
		Tenant: cb.Tenant, ID: cb.ID, Revision: cb.Revision, NextAt: next,
	}}
}

// policyMissing is when a callback whose service is unknown is looked at again.
const policyMissing = time.Minute

// dueAgain is when what was due but could not be done is tried again.
const DueAgain = time.Second

// nextAt returns the one moment of attention: the earliest of all that is due.
func nextAt(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	switch cb.State {
	case callback.Scheduled:
		return Earliest(releaseLook(cb, p, now), LastChance(cb), cb.RemindAt)
	case callback.Queued:
		if cb.Ready {
			return Earliest(cb.DeadlineAt, LastChance(cb))
		}
		return Earliest(cb.ReadyAt, cb.DeadlineAt, LastChance(cb))
	case callback.Paused:
		if !cb.PausedAt.IsZero() {
			return Earliest(now.Add(pauseLook), LastChance(cb))
		}
		return LastChance(cb)
	case callback.Offered:
		if cb.Offer.Kind == callback.OfferBooking {
			return cb.DeadlineAt
		}
		return Earliest(cb.DeadlineAt, LastChance(cb))
	case callback.Completed: // needs no policy
		return Earliest(cb.MaskAt, cb.DeadlineAt)
	default:
		return cb.DeadlineAt
	}
}

// LastChance is the instant from which the callback is not worked on any more.
func LastChance(cb *callback.Callback) time.Time { return Earliest(cb.ExpiresAt, cb.Until) }

// nearWindow and pollRate are how a callback whose release depends on a
// changing estimate is watched: from two hours before its time, every minute
// (GMS _queue_poll_period, queue-polling-rate).
const (
	nearWindow = 2 * time.Hour
	pollRate   = time.Minute
)

// releaseLook returns when to look whether a scheduled callback is to be
// released.
func releaseLook(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	if p.Service.Booking.Estimator == nil {
		return cb.ReleaseAt
	}
	look := Latest(cb.Desired.Add(-nearWindow), now.Add(pollRate))
	// Without any wait it is released then, at the latest.
	look = Earliest(look, cb.Desired.Add(-max(p.Service.Booking.Buffer, 0)))
	if cb.ReleaseAt.After(now) {
		look = Earliest(look, cb.ReleaseAt)
	}
	return look
}

// Earliest returns the earliest of the times that are set.
func Earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
