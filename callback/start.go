package callback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/scheduler"
)

// Start takes a callback for now or for a later time and returns it as it was
// stored. It checks, in this order: the request's own form, the service and its
// redirections, the contact mode and the consent, the number, the time against
// hours and horizon, and then, in the one write that also stores the callback,
// the limits of GMS section 6 and the seats of the time bucket.
//
// A request with Account and ModeID and no number takes the number of that mode
// of the contact directory. A number that is given wins, and the mode is only
// noted; a service that requires consent requires that of the mode either way.
// A repeated request does not ask the directory again.
//
// Errors: [FieldError] for what is wrong with the request, [NumberError],
// [ModeError] for a contact mode that cannot be used and [ContactError] for a
// directory that fails, [LimitError], [AvailabilityError] with alternatives,
// [ErrNotFound] for an unknown account or callback to copy, also one that is
// forgotten while it is copied, and [StateError] for
// a callback to copy that is not completed, [ErrConfiguration] where a directory
// is needed and there is none, [ErrRedirect], [ErrKeyReuse], [ErrStopped].
// Nothing is stored then.
// [ErrOutcomeUnknown]: it may be stored; repeat it with the same Key.
func (m *Manager) Start(ctx context.Context, req Request) (*Callback, error) {
	if err := m.life.check(); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	now, err := m.now(ctx)
	if err != nil {
		return nil, err
	}
	hash := ""
	if req.Key != "" {
		if hash, err = req.digest(); err != nil {
			return nil, err
		}
		if cb, err := m.repeated(ctx, req, hash); cb != nil || err != nil {
			return cb, err
		}
	}
	policy, err := m.redirect(ctx, &req)
	if err != nil {
		return nil, err
	}
	if err := m.fillFromCopy(ctx, &req); err != nil {
		return nil, err
	}
	if err := m.fillFromContact(ctx, &req, policy); err != nil {
		return nil, err
	}
	d, err := m.prepare(ctx, &req, policy, now)
	if err != nil {
		return nil, err
	}
	d.cb.Idempotency = Idempotency{Key: req.Key, Hash: hash}
	cb, err := m.create(ctx, req, d)
	switch {
	case req.CopyFrom == "":
	case errors.Is(err, ErrOutcomeUnknown):
		err = errors.Join(err, m.checkSource(ctx, d.cb))
	case err == nil && cb.ID == d.cb.ID:
		err = m.checkSource(ctx, cb)
	}
	if err != nil {
		return nil, err
	}
	return cb, nil
}

// create writes a prepared callback.
func (m *Manager) create(ctx context.Context, req Request, d *draft) (*Callback, error) {
	err := m.book(ctx, d)
	switch {
	case err == nil:
		return d.cb, nil
	case req.Key != "" && (errors.Is(err, ErrConflict) || errors.Is(err, ErrOutcomeUnknown)):
		// Another request with the same key was faster, or this one happened
		// after all: the key tells.
		cb, findErr := m.repeated(ctx, req, d.cb.Idempotency.Hash)
		switch {
		case cb != nil || errors.Is(findErr, ErrKeyReuse):
			return cb, findErr
		case findErr != nil:
			return nil, errors.Join(err, findErr)
		}
	}
	return nil, m.explainRefusal(ctx, d, err)
}

// book writes the draft, trying the service's access numbers in turn where the
// customer is to call in.
func (m *Manager) book(ctx context.Context, d *draft) error {
	if d.cb.State != Offered || d.cb.Offer.Kind != OfferBooking {
		return m.commit(ctx, d)
	}
	return m.bookAccess(ctx, d)
}

// repeated returns the callback that the request's key made before, or nil.
func (m *Manager) repeated(ctx context.Context, req Request, hash string) (*Callback, error) {
	cb, err := m.store.Get(ctx, By{Tenant: req.Tenant, Key: req.Key})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if cb.Idempotency.Hash != hash {
		return nil, fmt.Errorf("key %q: %w", clip(req.Key), ErrKeyReuse)
	}
	return cb, nil
}

// prepare decides everything that needs no write and lists the permits.
func (m *Manager) prepare(ctx context.Context, req *Request, p *Policy, now time.Time) (*draft, error) {
	cb := &Callback{
		Tenant: req.Tenant, Service: req.Service, Revision: 1, Created: now, Updated: now,
		Priority: req.Priority, Retry: clonePointer(req.Retry), Agent: req.Agent, Origin: req.Origin,
		CopiedFrom: req.CopyFrom, SessionID: req.SessionID, Until: req.Until,
	}
	if req.Interaction != (Interaction{}) {
		cb.Interaction = clonePointer(&req.Interaction)
	}
	setDefault(&cb.Agent.Target, p.service.Queueing.Target)
	setDefault(&cb.Agent.Queue, p.service.Queueing.VirtualQueue)
	if target, ok := p.override(req, "_target"); ok {
		cb.Agent.Target = target
	}
	d := &draft{cb: cb, policy: p, now: now, event: Event{Type: EventAccepted, Actor: req.Actor}}
	if err := p.identify(req, cb); err != nil {
		return nil, err
	}
	if err := p.setTime(req, cb, now, m.position(ctx, now, p, cb.Tenant)); err != nil {
		return nil, m.propose(ctx, p, cb, err, now)
	}
	m.permits(req, d)
	m.enter(req, d)
	if cb.ID = m.config.NewID(); cb.ID == "" || len(cb.ID) > maxName {
		return nil, fmt.Errorf("no identifier could be made")
	}
	return d, ctx.Err()
}

// identify reads properties, numbers and lookup values.
func (p *Policy) identify(req *Request, cb *Callback) (err error) {
	if cb.Properties, cb.UserData, err = split(req.Properties); err != nil {
		return err
	}
	raw := req.Number
	if text, ok := TextOf(cb.Properties[propertyNumber]); ok {
		if raw == "" {
			raw = text
		}
		delete(cb.Properties, propertyNumber)
	}
	if raw != "" {
		if cb.Customer.Number, err = p.number(propertyNumber, raw); err != nil {
			return err
		}
	}
	if req.Alternative != "" {
		if cb.Customer.Alternative, err = p.number("alternative", req.Alternative); err != nil {
			return err
		}
	}
	cb.Customer.ID, cb.Customer.Account, cb.Customer.ModeID = req.CustomerID, req.Account, req.ModeID
	cb.Customer.CampaignID, cb.Customer.ContactID = req.CampaignID, req.ContactID
	number := cb.Customer.Number.Key()
	for _, key := range p.service.MandatoryKeys {
		if _, ok := lookupText(cb, number, key); !ok {
			return invalid(key, "is required")
		}
	}
	if cb.Customer.Target().IsZero() && p.service.Inbound.Direction == UserTerminated && req.State == 0 {
		return invalid(propertyNumber, "is required to call somebody back")
	}
	p.setLookups(cb, number, raw)
	return nil
}

// lookupText returns the present value of a lookup key. The number's key is
// passed in, because making it costs an allocation.
func lookupText(cb *Callback, number, key string) (string, bool) {
	if key == propertyNumber {
		return number, number != ""
	}
	if text, ok := TextOf(cb.Properties[key]); ok {
		return text, true
	}
	return TextOf(cb.UserData[key])
}

// setLookups brings the lookup values up to date and keeps the former ones. The
// number is found under its canonical form and as it was written.
func (p *Policy) setLookups(cb *Callback, number, raw string) {
	former := cb.Lookups
	var current []Lookup
	for _, key := range p.service.LookupKeys {
		if text, ok := lookupText(cb, number, key); ok {
			current = append(current, Lookup{Key: key, Value: text})
			if key == propertyNumber && raw != "" && raw != text {
				current = append(current, Lookup{Key: key, Value: raw})
			}
		}
	}
	for _, old := range former {
		if old.Key == propertyNumber && raw == "" && !old.Former {
			// The number did not change, nor did the way it was written.
			if !slices.Contains(current, old) {
				current = append(current, old)
			}
			continue
		}
		same := func(l Lookup) bool { return l.Key == old.Key && l.Value == old.Value }
		if !slices.ContainsFunc(current, same) {
			old.Former = true
			current = append(current, old)
		}
	}
	cb.Lookups = current
}

// setTime settles the desired time, and whether it is now (GMS 5.3), for a
// callback that would stand at position in its queue.
func (p *Policy) setTime(req *Request, cb *Callback, now time.Time, position int) error {
	desired := req.Desired
	if req.Local != nil {
		loc, err := availability.LoadZone(req.Zone)
		if err != nil {
			return invalid("zone", fmt.Sprintf("%q is not an IANA zone", clip(req.Zone)))
		}
		if err := req.Local.Validate(); err != nil {
			return invalid("_desired_time", "is not a time on a clock")
		}
		desired, _ = req.Local.In(loc)
		cb.Local, cb.Zone = req.Local.String(), req.Zone
	}
	cb.Desired = desired
	if err := p.checkDesired(desired, now); err != nil {
		return err
	}
	timing := p.timing(now, position)
	cb.Immediate = scheduler.Immediate(desired, now, timing)
	if req.State != 0 {
		cb.Immediate = req.State != Scheduled
	}
	if desired.IsZero() || cb.Immediate && desired.Before(now) {
		desired = now
	}
	cb.Desired = desired
	cb.ExpiresAt = scheduler.ExpiresAt(desired, p.service.TTL)
	if !cb.Until.IsZero() && !cb.Until.After(latest(desired, now)) {
		return invalid("until", "is not after the desired time")
	}
	return p.checkHours(cb, now, timing)
}

// checkDesired applies the bounds on how far a desired time may lie off.
func (p *Policy) checkDesired(desired, now time.Time) error {
	if desired.IsZero() {
		return nil
	}
	b := p.service.Booking
	if b.Past > 0 && desired.Before(now.Add(-b.Past)) {
		return invalid("_desired_time", fmt.Sprintf("lies more than %v in the past", b.Past))
	}
	if desired.After(b.Horizon.From(now.In(p.zone()))) {
		return invalid("_desired_time", "lies beyond the service's horizon")
	}
	return nil
}

// checkHours checks opening hours and, for a scheduled callback, sets its
// bucket and its release.
func (p *Policy) checkHours(cb *Callback, now time.Time, timing scheduler.Timing) error {
	b := p.service.Booking
	if cb.Immediate {
		if at := latest(cb.Desired, now); !b.IgnoreHoursNow && !b.Hours.Open(at) {
			return p.refusal(ErrClosed, cb, b.Hours.Explain(at))
		}
		return nil
	}
	if err := p.planner.Check(cb.Desired, nil, now); err != nil {
		// A bucket without seats is refused by the store, with what is left
		// elsewhere.
		var closed *availability.ClosedError
		if errors.As(err, &closed) {
			return p.refusal(ErrClosed, cb, closed.Why)
		}
	}
	cb.Bucket = p.planner.BucketOf(cb.Desired).Start
	cb.ReleaseAt = scheduler.ReleaseAt(cb.Desired, timing)
	if r := p.service.Reminder; r > 0 {
		if at := cb.ReleaseAt.Add(-r); at.After(now) {
			cb.RemindAt = at
		}
	}
	return nil
}

func (p *Policy) refusal(fact error, cb *Callback, why availability.Explanation) error {
	return &AvailabilityError{Service: cb.Service, Bucket: p.planner.BucketOf(cb.Desired), Explanation: why, fact: fact}
}

// enter puts a new callback into its first state.
func (m *Manager) enter(req *Request, d *draft) {
	cb, p := d.cb, d.policy
	switch {
	case p.service.MediaType != "voice" && p.service.MediaType != "chat":
		d.complete(ReasonMediaType, fmt.Sprintf("media type %q is neither voice nor chat", clip(p.service.MediaType)))
	case req.State == Completed:
		d.complete(ReasonNotAvailable, "created completed")
	case req.State == Routing:
		d.move(Routing)
		cb.DeadlineAt = d.now.Add(p.service.Dialing.AgentWait)
	case req.State == Processing:
		d.move(Processing)
		cb.DeadlineAt = d.now.Add(p.service.Dialing.MaxCall)
	case req.State == Paused:
		d.move(Paused)
	case !cb.Immediate:
		d.move(Scheduled)
	case p.service.Inbound.Direction == UserOriginated && p.service.Inbound.NoWait:
		cb.QueuedAt = d.now
		d.offer(OfferBooking, p.service.Inbound.Timeout)
	default:
		cb.QueuedAt = d.now
		d.enqueue(d.now)
	}
	d.event.Type = EventAccepted
	if cb.State == Completed {
		d.event.Type = EventCompleted
		d.take, d.give, cb.Held = nil, nil, nil
	}
}
