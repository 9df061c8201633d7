package decide

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Round is the input of the decisions about claimed callbacks of one service.
type Round struct {
	Now    time.Time
	Policy *Policy
	Actor  string
	Router bool
	Window time.Duration // time without a report until an attempt is Unresolved
	Media  []string      // media types the dialer takes
	Access []string      // free access numbers, for customers who call in
	Code   func() string // makes their access codes
}

// Inbound reports whether the service's customers call in.
func (r *Round) Inbound() bool { return r.Policy.Service.Inbound.On }

// Decide returns the next step of a claimed callback: an offer to the customer
// or the agent, or an attempt.
func (r *Round) Decide(cb *callback.Callback, reservation *callback.Reservation) *Draft {
	s := r.Policy.Service
	d := NewDraft(cb, r.Policy, r.Now, callback.EventOffered, r.Actor)
	d.Epoch = cb.Lease.Epoch
	d.Window = callback.Window{From: r.Policy.mayBegin(cb), Until: LastChance(cb)}
	if cb.State == callback.Queued {
		d.Window.Until = Earliest(d.Window.Until, cb.DeadlineAt)
	}
	if reservation != nil {
		d.reserve(reservation)
	}
	d.extend()
	if err := r.refused(cb); err != nil {
		d.complete(callback.ReasonCallToCustomer, err.Error())
		return d
	}
	switch media := r.Policy.MediaType(cb); {
	case !r.Inbound() && !slices.Contains(r.Media, media):
		d.complete(callback.ReasonUnknownMedia, fmt.Sprintf("the dialer does not take media type %q", media))
	case r.Inbound() && cb.State == callback.Queued:
		d.offer(callback.OfferBooking, s.Inbound.Timeout)
		d.BookAccess(r.Access[0], r.Code)
		r.Access = r.Access[1:]
	case s.Confirm.On && cb.Offer == nil:
		d.offer(callback.OfferConfirm, s.Confirm.Timeout)
	case s.Preview.On && (cb.Offer == nil || cb.Offer.Kind == callback.OfferConfirm):
		d.offer(callback.OfferPreview, s.Preview.Timeout)
	default:
		r.dial(d)
	}
	return d
}

// refused returns why the service does not call the customer any more, or nil:
// its rules may have changed since it took the callback.
func (r *Round) refused(cb *callback.Callback) error {
	target := cb.Customer.Target()
	if r.Inbound() || target.IsZero() {
		return nil
	}
	// A record of an earlier version may have an address that is not as it is
	// dialed.
	plain, err := phonenum.ParseDialed(target.Reveal(), r.Policy.Service.Numbers.Country)
	if err != nil || plain != target {
		return &callback.NumberError{Field: callback.PropertyNumber, Rule: "impossible", Cause: err}
	}
	return r.Policy.Allowed(callback.PropertyNumber, target)
}

// BookAccess books an access number for a customer who is to call in. A number
// serves one customer at a time, or any number of them with access codes, which
// differ between all customers who are to call in.
func (d *Draft) BookAccess(number string, code func() string) {
	d.Callback.AccessNumber = number
	limit := int64(1)
	if d.Policy.Service.Inbound.Codes {
		limit, d.Callback.AccessCode = -1, code()
		d.Hold(callback.Permit{Key: callback.PermitKey{Kind: callback.PermitCode, Name: d.Callback.AccessCode}, N: 1, Max: 1})
	}
	d.Hold(callback.Permit{Key: callback.PermitKey{Kind: callback.PermitAccess, Service: d.Callback.Service, Name: number}, N: 1, Max: limit})
}

// NotAfter returns until when a call may be placed whose attempt began at a time:
// later the service is closed, the time of the callback is over, or placing has
// taken too long.
func (p *Policy) NotAfter(cb *callback.Callback, began time.Time) time.Time {
	last := Earliest(LastChance(cb), began.Add(p.Service.Dialing.PlaceTimeout))
	if open, next := p.Window(began); open {
		last = Earliest(last, next)
	}
	return last
}

// dial adds the next attempt, which is written before the dialer is called.
func (r *Round) dial(d *Draft) {
	cb, s := d.Callback, r.Policy.Service
	if cb.Customer.Target().IsZero() {
		d.complete(callback.ReasonNoNumber, "")
		return
	}
	d.Window.Until = Earliest(d.Window.Until, r.Policy.NotAfter(cb, r.Now))
	d.move(callback.Dialing)
	cb.LostLeases = 0
	n := len(cb.Attempts) + 1
	attempt := callback.Attempt{N: n, Key: callback.NewAttemptKey(cb.ID, n), Epoch: d.Epoch, Began: r.Now}
	if cb.Reservation != nil {
		attempt.Agent = cb.Reservation.Agent
	}
	cb.Attempts = append(cb.Attempts, attempt)
	cb.DeadlineAt = r.Now.Add(r.Window)
	d.Event.Type, d.Event.Attempt, d.Event.Detail = callback.EventDialing, n, ""
	d.holdCall(r.Policy.Lines(r.Router))
	if rate := s.Queueing.CallsPerSecond; rate != callback.NoLimit {
		d.Take = append(d.Take, callback.Permit{Key: callback.PermitKey{Kind: callback.PermitRate, Service: cb.Service}, N: 1, Max: rate.Max(), For: time.Second})
	}
	d.Take = append(d.Take, r.Policy.attemptPermits(r.Policy.subject(cb), r.Now)...)
}
