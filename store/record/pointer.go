package record

import (
	"github.com/ringback-go/ringback/callback"
)

// What is behind a pointer is written also when it is zero: nil is what is left
// out.

func (e *encoder) interaction(i *callback.Interaction) {
	if i == nil {
		return
	}
	start := e.begin(callbackInteraction)
	e.text(interactionMediaType, i.MediaType)
	e.text(interactionResponseType, i.ResponseType)
	e.text(interactionType, i.Type)
	e.text(interactionSubType, i.SubType)
	e.text(interactionParentID, i.ParentID)
	e.text(interactionThreadID, i.ThreadID)
	e.int(interactionOwnerID, i.OwnerID)
	e.int(interactionCreatorAppID, i.CreatorAppID)
	e.text(interactionCategoryID, i.CategoryID)
	e.text(interactionSubject, i.Subject)
	e.text(interactionText, i.Text)
	e.text(interactionStructuredText, i.StructuredText)
	e.text(interactionStructuredMIME, i.StructuredMIME)
	e.text(interactionBinaryContent, i.BinaryContent)
	e.text(interactionBinaryMIME, i.BinaryMIME)
	e.int(interactionBinarySize, i.BinarySize)
	e.int(interactionTimeShift, int64(i.TimeShift))
	e.bool(interactionNoChildren, i.NoChildren)
	e.text(interactionDN, i.DN)
	e.text(interactionLocation, i.Location)
	e.text(interactionServerID, i.ServerID)
	e.end(start)
}

func (d *decoder) interaction() *callback.Interaction {
	around, i := d.enter(), new(callback.Interaction)
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case interactionMediaType:
			i.MediaType = d.text()
		case interactionResponseType:
			i.ResponseType = d.text()
		case interactionType:
			i.Type = d.text()
		case interactionSubType:
			i.SubType = d.text()
		case interactionParentID:
			i.ParentID = d.text()
		case interactionThreadID:
			i.ThreadID = d.text()
		case interactionOwnerID:
			i.OwnerID = d.int64()
		case interactionCreatorAppID:
			i.CreatorAppID = d.int64()
		case interactionCategoryID:
			i.CategoryID = d.text()
		case interactionSubject:
			i.Subject = d.text()
		case interactionText:
			i.Text = d.text()
		case interactionStructuredText:
			i.StructuredText = d.text()
		case interactionStructuredMIME:
			i.StructuredMIME = d.text()
		case interactionBinaryContent:
			i.BinaryContent = d.text()
		case interactionBinaryMIME:
			i.BinaryMIME = d.text()
		case interactionBinarySize:
			i.BinarySize = d.int64()
		case interactionTimeShift:
			i.TimeShift = d.int()
		case interactionNoChildren:
			i.NoChildren = d.bool()
		case interactionDN:
			i.DN = d.text()
		case interactionLocation:
			i.Location = d.text()
		case interactionServerID:
			i.ServerID = d.text()
		default:
			d.skip()
		}
	}
	d.leave(around)
	return i
}

func (e *encoder) retry(r *callback.RetryLimits) {
	if r == nil {
		return
	}
	start := e.begin(callbackRetry)
	e.int(retryMaxAttempts, int64(r.MaxAttempts))
	e.int(retryDelay, int64(r.Delay))
	e.end(start)
}

func (d *decoder) retry() *callback.RetryLimits {
	around, r := d.enter(), new(callback.RetryLimits)
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case retryMaxAttempts:
			r.MaxAttempts = d.int()
		case retryDelay:
			r.Delay = d.duration()
		default:
			d.skip()
		}
	}
	d.leave(around)
	return r
}

func (e *encoder) offer(o *callback.Offer) {
	if o == nil {
		return
	}
	start := e.begin(callbackOffer)
	e.uint(offerKind, uint64(o.Kind))
	e.time(offerUntil, "Offer.Until", o.Until)
	e.bool(offerCanReject, o.CanReject)
	e.bool(offerAccepted, o.Accepted)
	e.end(start)
}

func (d *decoder) offer() *callback.Offer {
	around, o := d.enter(), new(callback.Offer)
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case offerKind:
			o.Kind = callback.OfferKind(d.small())
		case offerUntil:
			o.Until = d.time()
		case offerCanReject:
			o.CanReject = d.bool()
		case offerAccepted:
			o.Accepted = d.bool()
		default:
			d.skip()
		}
	}
	d.leave(around)
	return o
}

func (e *encoder) reservation(r *callback.Reservation) {
	if r == nil {
		return
	}
	start := e.begin(callbackReservation)
	e.text(reservationID, r.ID)
	e.text(reservationAgent, r.Agent)
	e.text(reservationAddress, r.Address)
	e.end(start)
}

func (d *decoder) reservation() *callback.Reservation {
	around, r := d.enter(), new(callback.Reservation)
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case reservationID:
			r.ID = d.text()
		case reservationAgent:
			r.Agent = d.text()
		case reservationAddress:
			r.Address = d.text()
		default:
			d.skip()
		}
	}
	d.leave(around)
	return r
}
