package callback

import (
	"slices"
	"time"
)

// A draft is a change in the making: the callback as it is to be, and what has
// to be taken and given back for it. Decisions are made on drafts, without any
// input or output; the Manager writes them.
type draft struct {
	old    *Callback // as it was read; nil for a new callback
	cb     *Callback // as it is to be
	policy *Policy
	now    time.Time
	epoch  int64 // of the lease that the write needs; 0 = none
	take   []Permit
	give   []Held
	event  Event
	// after the write
	release *Release
	hangup  *Hangup
}

func newDraft(old *Callback, policy *Policy, now time.Time, typ EventType, actor string) *draft {
	cb := old.Clone()
	cb.Revision++
	cb.Updated = now
	d := &draft{old: old, cb: cb, policy: policy, now: now}
	d.event = Event{Type: typ, From: old.State, Actor: actor}
	if n := len(cb.Attempts); n > 0 {
		d.event.Attempt = n
	}
	return d
}

// move puts the callback into a state and sheds what the state does not keep.
func (d *draft) move(to State) {
	cb := d.cb
	cb.State = to
	cb.DeadlineAt = time.Time{}
	if to != Offered {
		cb.Offer = nil
	}
	if to != Queued {
		cb.Ready = false
		cb.ReadyAt = time.Time{}
	}
	if to != Paused && !cb.PausedAt.IsZero() {
		cb.PausedFor += max(d.now.Sub(cb.PausedAt), 0)
		cb.PausedAt = time.Time{}
	}
	kept := cb.Held[:0]
	for _, held := range cb.Held {
		if keeps(to, held.Key.Kind) {
			kept = append(kept, held)
		} else {
			d.give = append(d.give, held)
		}
	}
	cb.Held = kept
	if cb.Reservation != nil && !reserves(to) {
		d.release = &Release{Tenant: cb.Tenant, Service: cb.Service, Callback: cb.ID, Reservation: *cb.Reservation}
		cb.Reservation = nil
	}
}

// hold takes a permit that the callback keeps until its state gives it back.
func (d *draft) hold(p Permit) {
	d.take = append(d.take, p)
	d.cb.Held = append(d.cb.Held, Held{Key: p.Key, N: p.N})
}

// holds reports whether the callback holds a permit of the kind.
func (d *draft) holds(kind PermitKind) bool {
	return slices.ContainsFunc(d.cb.Held, func(h Held) bool { return h.Key.Kind == kind })
}

// drop gives back what is held of one kind.
func (d *draft) drop(kind PermitKind) {
	kept := d.cb.Held[:0]
	for _, held := range d.cb.Held {
		if held.Key.Kind == kind {
			d.give = append(d.give, held)
		} else {
			kept = append(kept, held)
		}
	}
	d.cb.Held = kept
}

// complete ends the callback. A cancellation that waited for the end of a call
// wins over every reason but success.
func (d *draft) complete(reason Reason, detail string) {
	if d.cb.CancelReason != "" && !reason.Succeeded() {
		reason = d.cb.CancelReason
	}
	d.move(Completed)
	d.cb.Reason = reason
	d.cb.EndedAt = d.now
	d.cb.Bucket = time.Time{}
	d.note(detail)
	d.event.Type = EventCompleted
	d.event.Reason = reason
	kept := d.now.Add(d.policy.service.Retention)
	if d.cb.ExpiresAt.After(kept) {
		kept = d.cb.ExpiresAt
	}
	d.cb.DeadlineAt = kept
}

// note says in words why, in the record and in the event.
func (d *draft) note(detail string) {
	d.cb.Detail = detail
	d.event.Detail = detail
}

// enqueue puts the callback into its queue, not before at.
//
// A callback whose cancellation waited for the end of a call ends instead.
func (d *draft) enqueue(at time.Time) {
	p := d.policy.service
	if d.cb.CancelReason != "" {
		d.complete(d.cb.CancelReason, d.cb.Detail)
		return
	}
	d.move(Queued)
	cb := d.cb
	if cb.QueuedAt.IsZero() {
		cb.QueuedAt = d.now
	}
	d.holdQueued(-1)
	at = latest(at, cb.QueuedAt.Add(p.Queueing.MinWait))
	at = latest(at, d.policy.mayBegin(cb))
	if cb.Ready = !at.After(d.now); !cb.Ready {
		cb.ReadyAt = at
	}
	cb.DeadlineAt = d.policy.queueEnd(cb)
}

// holdQueued counts the callback among those of its service's queue, unless it
// is counted already.
func (d *draft) holdQueued(limit int64) {
	if d.holds(PermitQueued) {
		return
	}
	d.hold(Permit{Key: PermitKey{Kind: PermitQueued, Service: d.cb.Service}, N: 1, Max: limit})
}

// change finishes the draft.
func (d *draft) change() Change {
	cb := d.cb
	cb.NextAt = nextAt(cb, d.policy, d.now)
	if d.old != nil && d.old.State == Dialing && cb.State == Dialing {
		// Whoever makes the call may have renewed its claim meanwhile.
		cb.NextAt = latest(cb.NextAt, d.old.NextAt)
	}
	e := &d.event
	e.Tenant, e.Callback, e.Service = cb.Tenant, cb.ID, cb.Service
	e.Seq, e.At, e.To, e.Next, e.Epoch = cb.Revision, d.now, cb.State, cb.NextAt, d.epoch
	return Change{Record: cb, Epoch: d.epoch, Give: d.give, Take: d.take, Event: *e}
}

// unclaim is the change that gives a lease back and nothing else.
func unclaim(cb *Callback, policy *Policy, now time.Time) Change {
	next := now.Add(policyMissing)
	if policy != nil {
		next = nextAt(cb, policy, now)
	}
	if !next.IsZero() && !next.After(now) {
		// What is due could not be done: look again soon, not at once.
		next = now.Add(dueAgain)
	}
	return Change{Unclaim: true, Epoch: cb.Lease.Epoch, Record: &Callback{
		Tenant: cb.Tenant, ID: cb.ID, Revision: cb.Revision, NextAt: next,
	}}
}

// policyMissing is when a callback whose service is unknown is looked at again.
const policyMissing = time.Minute

// dueAgain is when what was due but could not be done is tried again.
const dueAgain = time.Second

// nextAt returns the one moment of attention: the earliest of all that is due.
func nextAt(cb *Callback, p *Policy, now time.Time) time.Time {
	switch cb.State {
	case Scheduled:
		return earliest(releaseLook(cb, p, now), lastChance(cb), cb.RemindAt)
	case Queued:
		if cb.Ready {
			return earliest(cb.DeadlineAt, lastChance(cb))
		}
		return earliest(cb.ReadyAt, cb.DeadlineAt, lastChance(cb))
	case Paused:
		if !cb.PausedAt.IsZero() {
			return earliest(now.Add(pauseLook), lastChance(cb))
		}
		return lastChance(cb)
	case Offered:
		if cb.Offer.Kind == OfferBooking {
			return cb.DeadlineAt
		}
		return earliest(cb.DeadlineAt, lastChance(cb))
	default:
		return cb.DeadlineAt
	}
}

// lastChance is the instant from which the callback is not worked on any more.
func lastChance(cb *Callback) time.Time { return earliest(cb.ExpiresAt, cb.Until) }

// nearWindow and pollRate are how a callback whose release depends on a
// changing estimate is watched: from two hours before its time, every minute
// (GMS _queue_poll_period, queue-polling-rate).
const (
	nearWindow = 2 * time.Hour
	pollRate   = time.Minute
)

// releaseLook returns when to look whether a scheduled callback is to be
// released.
func releaseLook(cb *Callback, p *Policy, now time.Time) time.Time {
	if p.service.Booking.Estimator == nil {
		return cb.ReleaseAt
	}
	look := latest(cb.Desired.Add(-nearWindow), now.Add(pollRate))
	// Without any wait it is released then, at the latest.
	look = earliest(look, cb.Desired.Add(-max(p.service.Booking.Buffer, 0)))
	if cb.ReleaseAt.After(now) {
		look = earliest(look, cb.ReleaseAt)
	}
	return look
}

// earliest returns the earliest of the times that are set.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
