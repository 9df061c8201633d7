package decide

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// How long after it came up, at the least and at the most, something owed is
// tried again. The pause is as long as it has been owed.
const (
	repayAfter  = 10 * time.Second
	repayAtMost = 5 * time.Minute
)

// owedNextAt returns when what the callback owes is tried again, or zero.
func owedNextAt(cb *callback.Callback, now time.Time) time.Time {
	var next time.Time
	for _, o := range cb.Owed {
		next = Earliest(next, now.Add(min(max(now.Sub(o.Since), repayAfter), repayAtMost)))
	}
	return next
}

// owe adds something to what the callback owes.
func (d *Draft) owe(o callback.Owed) {
	o.Since = d.Now
	d.Callback.Owed = append(d.Callback.Owed, o)
}

// hangUp makes the draft hang up, if the dialer can.
func (d *Draft) hangUp(h *callback.Hangup) {
	if h == nil || !d.Policy.HangUp {
		return
	}
	d.dropHangups()
	d.Hangup = h
	d.owe(callback.Owed{Hangup: h, Until: d.Policy.lastFrom(d.Now)})
}

// dropHangups removes the hang-ups that the callback owes: the call has ended, or
// another one replaces them.
func (d *Draft) dropHangups() {
	d.dropOwed(func(o callback.Owed) bool { return o.Hangup != nil })
}

func (d *Draft) dropOwed(drop func(o callback.Owed) bool) {
	if d.Callback.Owed = slices.DeleteFunc(d.Callback.Owed, drop); len(d.Callback.Owed) == 0 {
		d.Callback.Owed = nil
	}
}

// reserve gives the callback its agent. The release of an earlier reservation with
// the same ID is no longer owed: it would end this one.
func (d *Draft) reserve(r *callback.Reservation) {
	d.Callback.Reservation = r
	d.dropOwed(func(o callback.Owed) bool { return o.Release != nil && o.Release.Reservation.ID == r.ID })
}

// Owe records that something failed and is to be tried again. It returns nil if it
// is known already, or if the callback holds the reservation to release.
func Owe(cb *callback.Callback, p *Policy, now time.Time, o callback.Owed, actor string) *Draft {
	same := func(known callback.Owed) bool { return SameOwed(known, o) }
	held := o.Release != nil && cb.Reservation != nil && cb.Reservation.ID == o.Release.Reservation.ID
	if held || slices.ContainsFunc(cb.Owed, same) {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventOwed, actor)
	if o.Hangup != nil && o.Until.IsZero() {
		o.Until = p.lastFrom(now)
	}
	d.owe(o)
	d.Event.Detail = "the router did not release the agent"
	if o.Hangup != nil {
		d.Event.Detail = "the dialer did not hang up"
	}
	return d
}

// Settled removes what is done from what the callback owes. It returns nil if
// that is nothing.
func Settled(cb *callback.Callback, p *Policy, now time.Time, done []callback.Owed, actor string) *Draft {
	isDone := func(o callback.Owed) bool {
		return slices.ContainsFunc(done, func(d callback.Owed) bool { return SameOwed(o, d) })
	}
	if !slices.ContainsFunc(cb.Owed, isDone) {
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventOwed, actor)
	d.dropOwed(isDone)
	d.Event.Reason = cb.Reason
	d.Event.Detail = "the agent was released"
	if done[0].Hangup != nil {
		d.Event.Detail = "the dialer was told to hang up"
	}
	return d
}

// SameOwed reports whether two entries ask for the same: the release of one
// reservation, or the end of one call.
func SameOwed(a, b callback.Owed) bool {
	switch {
	case a.Release != nil && b.Release != nil:
		return a.Release.Reservation.ID == b.Release.Reservation.ID
	case a.Hangup != nil && b.Hangup != nil:
		return a.Hangup.Key == b.Hangup.Key
	}
	return false
}
