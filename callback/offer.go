package callback

import (
	"context"
	"fmt"
	"time"
)

// OfferAnswer is what somebody says to an offer.
type OfferAnswer uint8

const (
	// AnswerAccept: the agent takes the previewed callback, or the customer
	// confirms. It is dialled next.
	AnswerAccept OfferAnswer = iota + 1
	// AnswerReject: the agent hands the previewed callback back.
	AnswerReject
	// AnswerCancel: the agent ends the previewed callback, or the customer
	// declines.
	AnswerCancel
	// AnswerCalledIn: the customer called the access number and is on the line.
	AnswerCalledIn
)

// AnswerRequest answers an offer.
type AnswerRequest struct {
	Tenant string
	ID     ID
	Answer OfferAnswer
	Actor  string
}

// Answer takes the answer to an offer. A late or second answer, and one that
// the kind of offer does not allow, is an [ErrInvalidOperation] (GMS 40020).
func (m *Manager) Answer(ctx context.Context, req AnswerRequest) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	if err := checkNote(req.Actor, "", ""); err != nil {
		return nil, err
	}
	return m.mutate(ctx, req.Tenant, req.ID, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
		if d := decideAnswer(cb, p, now, req); d != nil {
			return d, nil
		}
		return nil, &StateError{ID: cb.ID, State: cb.State, Operation: fmt.Sprintf("take the answer %q for", req.Answer)}
	})
}

func decideAnswer(cb *Callback, p *Policy, now time.Time, req AnswerRequest) *draft {
	if cb.State != Offered || cb.Offer.Accepted || !now.Before(cb.Offer.Until) {
		return nil
	}
	kind := cb.Offer.Kind
	switch {
	case req.Answer == AnswerAccept && kind != OfferBooking:
		d := newDraft(cb, p, now, EventUpdated, req.Actor)
		d.cb.Offer.Accepted = true
		d.cb.DeadlineAt = now
		d.event.Detail = kind.String() + " accepted"
		return d
	case req.Answer == AnswerReject && kind == OfferPreview && cb.Offer.CanReject:
		return decideReject(cb, p, now, req.Actor)
	case req.Answer == AnswerCancel && kind == OfferPreview:
		d := newDraft(cb, p, now, EventCompleted, req.Actor)
		d.complete(ReasonPreviewCancel, "")
		return d
	case req.Answer == AnswerCancel && kind == OfferConfirm:
		d := newDraft(cb, p, now, EventCompleted, req.Actor)
		d.complete(ReasonNoConfirm, "the customer declined")
		return d
	case req.Answer == AnswerCalledIn && kind == OfferBooking:
		d := newDraft(cb, p, now, EventProgress, req.Actor)
		d.move(Routing)
		d.event.Stage = StageCustomer
		d.cb.DeadlineAt = now.Add(p.service.Dialing.AgentWait)
		return d
	}
	return nil
}

// decideReject puts a rejected preview back, or ends it when it was rejected
// often enough (GMS _agent_preview_allow_reject).
func decideReject(cb *Callback, p *Policy, now time.Time, actor string) *draft {
	d := newDraft(cb, p, now, EventOfferEnded, actor)
	d.cb.Rejects++
	if d.cb.Rejects >= p.service.Preview.Rejects {
		d.complete(ReasonAfterRejects(d.cb.Rejects), "")
		return d
	}
	d.enqueue(now.Add(p.service.Preview.RejectRetry))
	d.note("rejected by the agent")
	return d
}

// offer asks somebody and waits for an answer.
func (d *draft) offer(kind OfferKind, timeout time.Duration) {
	d.move(Offered)
	until := d.now.Add(timeout)
	if last := lastChance(d.cb); kind != OfferBooking && !last.IsZero() && last.Before(until) {
		until = last
	}
	d.cb.Offer = &Offer{Kind: kind, Until: until}
	if kind == OfferPreview {
		d.cb.Offer.CanReject = d.cb.Rejects < d.policy.service.Preview.Rejects
	}
	d.cb.DeadlineAt = until
	d.event.Detail = kind.String()
}

// decideUnanswered follows an offer that nobody answered in time.
func decideUnanswered(cb *Callback, p *Policy, now time.Time, actor string) *draft {
	switch cb.Offer.Kind {
	case OfferBooking:
		d := newDraft(cb, p, now, EventCompleted, actor)
		d.complete(ReasonInboundTimeout, "")
		return d
	case OfferConfirm:
		if !p.service.Confirm.Strict {
			return nil // connect anyway
		}
		d := newDraft(cb, p, now, EventCompleted, actor)
		d.complete(ReasonNoConfirm, "the customer did not answer")
		return d
	}
	d := newDraft(cb, p, now, EventOfferEnded, actor)
	d.enqueue(now)
	d.note("the agent did not answer the preview")
	if v := p.service.Preview; d.release != nil && v.NotReady {
		d.release.NotReady = true
		d.release.Reason, d.release.ReasonKey, d.release.ReasonAttribute = v.Reason, v.ReasonKey, v.ReasonAttribute
	}
	return d
}
