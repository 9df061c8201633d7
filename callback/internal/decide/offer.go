package decide

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Answer decides on the answer to an offer.
func Answer(cb *callback.Callback, p *Policy, now time.Time, req AnswerInput) *Draft {
	if cb.State != callback.Offered || cb.Offer.Accepted || !now.Before(cb.Offer.Until) {
		return nil
	}
	kind := cb.Offer.Kind
	switch {
	case req.Kind != 0 && req.Kind != kind:
		return nil
	case req.Answer == callback.AnswerAccept && kind != callback.OfferBooking:
		d := NewDraft(cb, p, now, callback.EventUpdated, req.Actor)
		d.Callback.Offer.Accepted = true
		d.Callback.DeadlineAt = now
		d.Event.Detail = kind.String() + " accepted"
		return d
	case req.Answer == callback.AnswerReject && kind == callback.OfferPreview && cb.Offer.CanReject:
		return Reject(cb, p, now, req.Actor)
	case req.Answer == callback.AnswerCancel && kind == callback.OfferPreview:
		d := NewDraft(cb, p, now, callback.EventCompleted, req.Actor)
		d.complete(callback.ReasonPreviewCancel, "")
		return d
	case req.Answer == callback.AnswerCancel && kind == callback.OfferConfirm:
		d := NewDraft(cb, p, now, callback.EventCompleted, req.Actor)
		d.complete(callback.ReasonNoConfirm, "the customer declined")
		return d
	case req.Answer == callback.AnswerCalledIn && kind == callback.OfferBooking:
		d := NewDraft(cb, p, now, callback.EventProgress, req.Actor)
		d.move(callback.Routing)
		d.Event.Stage = callback.StageCustomer
		d.Callback.DeadlineAt = now.Add(p.Service.Dialing.AgentWait)
		return d
	}
	return nil
}

// Reject queues a callback again whose preview was rejected, or completes it
// after Preview.Rejects rejections.
func Reject(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	d := NewDraft(cb, p, now, callback.EventOfferEnded, actor)
	d.Callback.Rejects++
	if d.Callback.Rejects >= p.Service.Preview.Rejects {
		d.complete(callback.Reason(fmt.Sprintf("AGENT_PREVIEW_CANCEL_AFTER_%dREJECTS", d.Callback.Rejects)), "")
	} else {
		d.Enqueue(now.Add(p.Service.Preview.RejectRetry))
		d.Note("rejected by the agent")
	}
	if d.Release != nil {
		d.Release.Rejected = true
	}
	return d
}

// offer makes an offer that ends after a time.
func (d *Draft) offer(kind callback.OfferKind, timeout time.Duration) {
	d.move(callback.Offered)
	until := d.Now.Add(timeout)
	if last := LastChance(d.Callback); kind != callback.OfferBooking && !last.IsZero() && last.Before(until) {
		until = last
	}
	d.Callback.Offer = &callback.Offer{Kind: kind, Until: until}
	if kind == callback.OfferPreview {
		d.Callback.Offer.CanReject = d.Callback.Rejects < d.Policy.Service.Preview.Rejects
	}
	d.Callback.DeadlineAt = until
	d.Event.Detail = kind.String()
}

// Unanswered decides on an offer without an answer. It returns nil if the
// callback is to be dialed anyway.
func Unanswered(cb *callback.Callback, p *Policy, now time.Time, actor string) *Draft {
	switch cb.Offer.Kind {
	case callback.OfferBooking:
		d := NewDraft(cb, p, now, callback.EventCompleted, actor)
		d.complete(callback.ReasonInboundTimeout, "")
		return d
	case callback.OfferConfirm:
		if !p.Service.Confirm.Strict {
			return nil // connect anyway
		}
		d := NewDraft(cb, p, now, callback.EventCompleted, actor)
		d.complete(callback.ReasonNoConfirm, "the customer did not answer")
		return d
	}
	d := NewDraft(cb, p, now, callback.EventOfferEnded, actor)
	d.Enqueue(now)
	d.Note("the agent did not answer the preview")
	if v := p.Service.Preview; d.Release != nil && v.NotReady {
		d.Release.NotReady = true
		d.Release.Reason, d.Release.ReasonKey, d.Release.ReasonAttribute = v.Reason, v.ReasonKey, v.ReasonAttribute
	}
	return d
}
