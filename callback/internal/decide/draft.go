// Package decide holds the decisions of a callback's life. Each is a function
// of a record, its service and the time, and returns the change as a [Draft]. It
// does no input or output and reads no clock.
package decide

import (
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Draft is a change before it is written: the new version of a callback with
// the permits it takes and gives back. Decisions work on drafts and do no input
// or output; the engine writes them.
type Draft struct {
	Old      *callback.Callback // the version that was read; nil for a new callback
	Callback *callback.Callback // the new version
	Policy   *Policy
	Now      time.Time
	Epoch    int64                  // of the lease that the write needs; 0 = none
	Source   *callback.Precondition // of a new callback that is a copy
	Take     []callback.Permit
	Give     []callback.Held
	Event    callback.Event
	// closed says that the service is closed, which the note tells.
	closed string
	// texts is the last result of textsOf.
	texts texts
	// Window is the time in which the draft may be written. Each draft that is
	// written because its time has come has one.
	Window callback.Window
	// MaskEvents removes the texts of the events before this change.
	MaskEvents bool
	// Doubted: the store did not tell at first whether the draft was written.
	Doubted bool
	// Release and Hangup are done after the write, which adds them to what the
	// callback owes.
	Release *callback.Release
	Hangup  *callback.Hangup
}

// NewDraft returns a draft of the next revision of old. The policy may be nil for
// a completed callback.
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

// move sets the state of the callback and removes what the new state does not
// keep: deadline, offer, permits and reservation.
func (d *Draft) move(to callback.State) {
	cb := d.Callback
	cb.State = to
	cb.DeadlineAt = time.Time{}
	if to != callback.Offered {
		cb.Offer = nil
	}
	if to != callback.Queued {
		cb.Ready = false
		cb.ReadyAt, cb.ClosedFrom = time.Time{}, time.Time{}
	}
	if to != callback.Paused && !cb.PausedAt.IsZero() {
		cb.PausedFor += d.Policy.openTime(cb.PausedAt, d.Now)
		cb.PausedAt = time.Time{}
	}
	if from := d.Event.From; from == callback.Unresolved && to != callback.Unresolved && to != callback.Completed {
		d.rehold()
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
		d.owe(callback.Owed{Release: d.Release})
	}
}

// Hold takes a permit that the callback holds until its state gives it back.
func (d *Draft) Hold(p callback.Permit) {
	d.Take = append(d.Take, p)
	d.Callback.Held = append(d.Callback.Held, callback.Held{Key: p.Key, N: p.N})
}

// holds reports whether the callback holds a permit of the kind.
func (d *Draft) holds(kind callback.PermitKind) bool {
	return slices.ContainsFunc(d.Callback.Held, func(h callback.Held) bool { return h.Key.Kind == kind })
}

// drop gives back the permits of one kind.
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

// complete completes the callback. A pending cancellation replaces every reason
// but success.
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

// Note sets the text of the record and of the event, and adds that the service is
// closed if the callback waits for its opening.
func (d *Draft) Note(detail string) {
	switch {
	case d.closed == "" || d.Callback.State != callback.Queued:
	case detail == "":
		detail = d.closed
	case !strings.HasSuffix(detail, d.closed):
		detail += "; " + d.closed
	}
	d.Callback.Detail = detail
	d.Event.Detail = detail
}

// Enqueue puts the callback into its queue; no attempt begins before at, nor while
// the service is closed. With a pending cancellation it completes the callback
// instead.
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
	d.await(at)
	cb.DeadlineAt = d.Policy.queueEnd(cb)
}

// holdQueued counts the callback in the queue of its service, unless it is
// counted already.
func (d *Draft) holdQueued(limit int64) {
	if d.holds(callback.PermitQueued) {
		return
	}
	d.Hold(callback.Permit{Key: callback.PermitKey{Kind: callback.PermitQueued, Service: d.Callback.Service}, N: 1, Max: limit})
}

// Change returns the change that writes the draft.
func (d *Draft) Change() callback.Change {
	cb := d.Callback
	cb.NextAt = nextAt(cb, d.Policy, d.Now)
	if d.Old != nil && d.Old.State == callback.Dialing && cb.State == callback.Dialing {
		// The node that makes the call may have renewed its lease since.
		cb.NextAt = Latest(cb.NextAt, d.Old.NextAt)
	}
	e := &d.Event
	e.Tenant, e.Callback, e.Service = cb.Tenant, cb.ID, cb.Service
	e.Seq, e.At, e.To, e.Next, e.Epoch = cb.Revision, d.Now, cb.State, cb.NextAt, d.Epoch
	return callback.Change{Record: cb, Epoch: d.Epoch, Source: d.Source, Give: d.Give, Take: d.Take, Window: d.Window, Event: *e, MaskEvents: d.MaskEvents}
}

// Unclaim returns a change that gives back a lease and sets NextAt. The policy
// is nil if the service is unknown.
func Unclaim(cb *callback.Callback, policy *Policy, now time.Time) callback.Change {
	next := now.Add(policyMissing)
	if policy != nil || cb.State == callback.Completed {
		next = nextAt(cb, policy, now)
	}
	if !next.IsZero() && !next.After(now) {
		// The due work could not be done: try again soon, not at once.
		next = now.Add(DueAgain)
	}
	return callback.Change{Unclaim: true, Epoch: cb.Lease.Epoch, Record: &callback.Callback{
		Tenant: cb.Tenant, ID: cb.ID, Revision: cb.Revision, NextAt: next,
	}}
}

// policyMissing is the delay until a callback of an unknown service is due
// again.
const policyMissing = time.Minute

// DueAgain is the delay until due work that could not be done is tried again.
const DueAgain = time.Second

// nextAt returns when the callback is due next: the earliest of its times.
func nextAt(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	next := stateNextAt(cb, p, now)
	if cb.State == callback.Dialing {
		return next // it ends the lease of the node that makes the call
	}
	return Earliest(next, owedNextAt(cb, now))
}

// stateNextAt returns when the state of the callback requires work next.
func stateNextAt(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	switch cb.State {
	case callback.Scheduled:
		return Earliest(releaseLook(cb, p, now), zoneLook(cb, now), LastChance(cb), cb.RemindAt)
	case callback.Queued:
		if cb.Ready {
			return Earliest(cb.ClosedFrom, cb.DeadlineAt, LastChance(cb))
		}
		return Earliest(openingLook(cb, p, now), cb.DeadlineAt, LastChance(cb))
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
	case callback.Routing, callback.Processing:
		return Earliest(cb.DeadlineAt, p.nextLook(cb, now))
	case callback.Unresolved:
		next := p.UnresolvedEnd(cb)
		if p.Lookup {
			next = Earliest(next, cb.DeadlineAt)
		}
		if holdsCall(cb) {
			next = Earliest(next, p.callEnd(cb))
		}
		return next
	default:
		return cb.DeadlineAt
	}
}

// LastChance returns the end of the time in which the callback may be worked
// on.
func LastChance(cb *callback.Callback) time.Time { return Earliest(cb.ExpiresAt, cb.Until) }

// A callback whose release depends on a changing estimate is checked every
// pollRate, from nearWindow before its desired time.
const (
	nearWindow = 2 * time.Hour
	pollRate   = time.Minute
)

// releaseLook returns when to check whether a scheduled callback is to be
// released.
func releaseLook(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	if p.Service.Booking.Estimator == nil {
		return cb.ReleaseAt
	}
	look := Latest(cb.Desired.Add(-nearWindow), now.Add(pollRate))
	// Without an expected wait this is the release time.
	look = Earliest(look, cb.Desired.Add(-max(p.Service.Booking.Buffer, 0)))
	if cb.ReleaseAt.After(now) {
		look = Earliest(look, cb.ReleaseAt)
	}
	return look
}

// Earliest returns the earliest of the times that are set, or zero.
func Earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Latest returns the later of two times.
func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
