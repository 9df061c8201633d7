package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// stretch is a time throughout which attempts may begin, or may not.
type stretch struct {
	begin, end time.Time // end is not part of it
	open       bool
	next       time.Time // when that changes; zero if not within availability.MaxSearchDays
}

// Window reports whether the hours of the service allow an attempt to begin at
// an instant, and when that changes: the next close or the next opening. next is
// zero if none is within [availability.MaxSearchDays].
func (p *Policy) Window(at time.Time) (open bool, next time.Time) {
	if s := p.hours.Load(); s != nil && !at.Before(s.begin) && at.Before(s.end) {
		return s.open, s.next
	}
	s := &stretch{begin: at, open: p.window.Open(at)}
	if s.open {
		s.next, _ = p.window.NextClose(at)
	} else {
		s.next, _ = p.window.NextOpen(at)
	}
	if s.end = s.next; s.end.IsZero() {
		s.end = at.Add(24 * time.Hour) // looked for again by then
	}
	p.hours.Store(s)
	return s.open, s.next
}

// await makes a queued callback ready at a time or, if the service is closed
// then, at its next opening.
func (d *Draft) await(at time.Time) {
	cb := d.Callback
	at = Latest(at, d.Now)
	open, next := d.Policy.Window(at)
	cb.Ready = open && !at.After(d.Now)
	cb.ReadyAt, cb.ClosedFrom = at, time.Time{}
	switch {
	case cb.Ready:
		cb.ReadyAt, cb.ClosedFrom = time.Time{}, next
	case !open:
		cb.ReadyAt, cb.ClosedFrom = next, at
		if d.closed = "the service is closed and has no next opening"; !next.IsZero() {
			d.closed = "the service is closed until " + next.In(d.Policy.window.Location()).Format(time.RFC3339)
		}
		d.Note(d.Event.Detail)
	}
}

// Held puts a callback whose service is closed back in its place in the queue,
// where it waits for the next opening. It ends an offer and gives the agent back.
func Held(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	d := NewDraft(cb, p, now, callback.EventHeld, actor)
	if cb.State == callback.Offered {
		d.Event.Type = callback.EventOfferEnded
	}
	d.Epoch = cb.Lease.Epoch
	d.Enqueue(now)
	return d
}

// gapEnd returns when a queued callback is ready if the hours are left aside.
func gapEnd(cb *callback.Callback) time.Time {
	if !cb.Ready && !cb.ClosedFrom.IsZero() {
		return cb.ClosedFrom
	}
	return cb.ReadyAt
}

// isTold reports whether the history tells that the callback waits for the next
// opening already.
func isTold(cb *callback.Callback, now, next time.Time) bool {
	return !cb.Ready && !cb.ClosedFrom.IsZero() && (cb.ReadyAt.After(now) || cb.ReadyAt.IsZero() && next.IsZero())
}

// hoursLook is the interval at which a callback that waits for an opening is
// looked at, because the hours may have changed.
const hoursLook = 10 * time.Minute

// openingLook returns when to look at a queued callback that is not ready.
func openingLook(cb *callback.Callback, p *Policy, now time.Time) time.Time {
	if cb.ClosedFrom.IsZero() {
		return cb.ReadyAt
	}
	look := Latest(cb.ClosedFrom, now.Add(hoursLook))
	if open, next := p.Window(now); !open && !next.IsZero() {
		look = Earliest(look, Latest(cb.ClosedFrom, next))
	}
	return Earliest(look, cb.ReadyAt)
}

// openTime returns how much of the time between two instants the service may
// dial in.
func (p *Policy) openTime(from, to time.Time) time.Duration {
	return p.window.OpenTime(from, to)
}

// expiry returns ExpiresAt of a callback or, if the service is closed at it, the
// instant to which it moves: what was left of it at the close, or since the
// desired time if that is later, follows the next opening. It is computed from
// the desired time, so that a second move by other hours loses nothing.
func (p *Policy) expiry(cb *callback.Callback) time.Time {
	at := cb.ExpiresAt
	if at.IsZero() || p.window.Open(at) {
		return at
	}
	first := Earliest(at, scheduler.ExpiresAt(cb.Desired, p.Service.TTL))
	closed, _ := p.window.LastOpen(first)
	closed = Latest(closed, cb.Desired)
	moved, ok := p.window.AddOpen(closed, first.Sub(closed))
	if !ok {
		return at
	}
	return Latest(at, moved)
}

// lastChance is LastChance with the expiry where closed hours move it.
func (p *Policy) lastChance(cb *callback.Callback) time.Time { return Earliest(p.expiry(cb), cb.Until) }

// TooLate reports whether no attempt may follow because the time of the callback
// is over.
func (p *Policy) TooLate(cb *callback.Callback, now time.Time) bool {
	if last := LastChance(cb); last.IsZero() || last.After(now) {
		return false
	}
	last := p.lastChance(cb)
	return !last.IsZero() && !last.After(now)
}

// extend moves the ends of the callback's time that are past to where the hours
// put them. It reports whether one moved.
func (d *Draft) extend() bool {
	cb := d.Callback
	// Stores keep microseconds: a difference below them would move it for ever.
	later := func(t, than time.Time) bool {
		t, than = t.Truncate(time.Microsecond), than.Truncate(time.Microsecond)
		return t.After(than) && t.After(d.Now)
	}
	moved := false
	if at := cb.ExpiresAt; !at.IsZero() && !at.After(d.Now) {
		if to := d.Policy.expiry(cb); later(to, at) {
			cb.ExpiresAt, moved = to, true
		}
	}
	if at := cb.DeadlineAt; cb.State == callback.Queued && !at.IsZero() && !at.After(d.Now) {
		if to := d.Policy.queueEnd(cb); to.IsZero() || later(to, at) {
			cb.DeadlineAt, moved = to, true
		}
	}
	return moved
}

// Extended moves the end of the callback's time, or of its time in the queue,
// that came while the service was closed. It returns nil if neither moves.
func Extended(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	next := Earliest(LastChance(cb), cb.DeadlineAt)
	if next.IsZero() || next.After(now) {
		return nil
	}
	switch cb.State {
	case callback.Scheduled, callback.Paused, callback.Queued, callback.Offered:
	default:
		return nil
	}
	d := NewDraft(cb, p, now, callback.EventExpiryMoved, actor)
	if !d.extend() {
		return nil
	}
	d.Event.Detail = "the service was closed"
	return d
}
