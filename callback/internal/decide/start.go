package decide

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/scheduler"
)

// FirstDraft returns a draft of the callback that a request asks for, without what
// the other decisions set.
func FirstDraft(req *Start, p *Policy, now time.Time) *Draft {
	// What most callbacks have in slices comes with them: it takes no allocation of
	// its own. The host keeps the callback, and not the draft.
	kept := new(struct {
		callback callback.Callback
		held     [2]callback.Held
		values   [2]callback.SearchValue
	})
	cb := &kept.callback
	cb.Held, cb.SearchValues = kept.held[:0], kept.values[:0]
	cb.Tenant, cb.Service, cb.Revision, cb.Created, cb.Updated = req.Tenant, req.Service, 1, now, now
	cb.Priority, cb.Agent, cb.Origin, cb.Trace, cb.Source = req.Priority, req.Agent, req.Origin, req.Trace, req.Source
	cb.CopiedFrom, cb.SessionID, cb.Until = req.CopyFrom, req.SessionID, req.Until
	if req.Retry != nil {
		cb.Retry = new(*req.Retry)
	}
	if req.Interaction != (callback.Interaction{}) {
		cb.Interaction = new(req.Interaction)
	}
	cb.Agent.Target = cmp.Or(cb.Agent.Target, p.Service.Queueing.Target)
	cb.Agent.Queue = cmp.Or(cb.Agent.Queue, p.Service.Queueing.VirtualQueue)
	if target, ok := p.Override(&req.StartInput, "_target"); ok {
		cb.Agent.Target = target
	}
	used := new(struct {
		draft Draft
		take  [3]callback.Permit
	})
	d := &used.draft
	d.Callback, d.Policy, d.Now, d.Take = cb, p, now, used.take[:0]
	d.Event.Type, d.Event.Actor = callback.EventAccepted, req.Actor
	return d
}

// Identify sets the properties, numbers and search values of a new callback.
func Identify(req *StartInput, d *Draft) (err error) {
	cb, p := d.Callback, d.Policy
	if cb.Properties, cb.UserData, err = Split(req.Properties); err != nil {
		return err
	}
	raw := req.Number
	if err := p.checkTaken(cb.Properties, cb.UserData); err != nil {
		return err
	}
	if text, ok := callback.TextOf(cb.Properties[callback.PropertyNumber]); ok {
		if raw == "" {
			raw = text
		}
		delete(cb.Properties, callback.PropertyNumber)
	}
	if raw != "" {
		if cb.Customer.Number, err = p.number(callback.PropertyNumber, raw); err != nil {
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
	number := d.textsOf(cb.Customer.Number).key
	for _, key := range p.Service.RequiredKeys {
		if _, ok := lookupText(cb, number, key); !ok {
			return Invalid(key, "is required")
		}
	}
	if cb.Customer.Target().IsZero() && !p.Service.Inbound.On && req.State == 0 && !p.resolves() {
		return Invalid(callback.PropertyNumber, "is required for a call")
	}
	p.setLookups(cb, number, raw)
	return nil
}

// resolves reports whether a callback of the service may have no number until it is
// dialed: the service requires other properties, and the host finds numbers by them.
func (p *Policy) resolves() bool {
	return p.Resolves && !slices.Contains(p.Service.RequiredKeys, callback.PropertyNumber)
}

// SetNumber gives a callback without a number the one that the host found. It is
// checked like that of a request.
func (p *Policy) SetNumber(cb *callback.Callback, raw string) error {
	if raw == "" {
		return callback.ErrNoNumber
	}
	number, err := p.number(callback.PropertyNumber, raw)
	if err != nil {
		return err
	}
	cb.Customer.Number = number
	p.setLookups(cb, number.Key(), raw)
	return nil
}

// WithoutNumber completes a callback whose customer has no number that may be called.
func WithoutNumber(cb *callback.Callback, p *Policy, now time.Time, actor string, cause error) *Draft {
	d := NewDraft(cb, p, now, callback.EventCompleted, actor)
	d.Epoch = cb.Lease.Epoch
	detail := "the host knows no number of the customer"
	var refused *callback.NumberError
	if errors.As(cause, &refused) {
		detail = "the number that the host found is refused: " + refused.Rule
	}
	d.complete(callback.ReasonNoNumber, detail)
	return d
}

// checkTaken refuses numbers that do not stand for a text where one is taken: for the
// customer's number, and for what the service searches, requires or limits by.
func (p *Policy) checkTaken(properties, userData callback.Values) error {
	keys := [][]string{{callback.PropertyNumber}, p.Service.SearchKeys, p.Service.RequiredKeys, p.Service.Limits.Parameters}
	for _, list := range keys {
		for _, key := range list {
			if !text.Whole(properties[key]) || !text.Whole(userData[key]) {
				return Invalid(key, text.RuleWhole)
			}
		}
	}
	return nil
}

// lookupText returns the current value of a search key. The caller passes the
// number's key, because computing it allocates.
func lookupText(cb *callback.Callback, number, key string) (string, bool) {
	if key == callback.PropertyNumber {
		return number, number != ""
	}
	if text, ok := callback.TextOf(cb.Properties[key]); ok {
		return text, true
	}
	return callback.TextOf(cb.UserData[key])
}

// setLookups updates the search values and keeps former ones. A number is found
// by its canonical form and as it was written.
func (p *Policy) setLookups(cb *callback.Callback, number, raw string) {
	former := cb.SearchValues
	var current []callback.SearchValue
	if len(former) == 0 {
		current = former // the space of a new callback
	}
	for _, key := range p.Service.SearchKeys {
		if text, ok := lookupText(cb, number, key); ok {
			current = append(current, callback.SearchValue{Key: key, Value: text})
			if key == callback.PropertyNumber && raw != "" && raw != text {
				current = append(current, callback.SearchValue{Key: key, Value: raw})
			}
		}
	}
	for _, old := range former {
		if old.Key == callback.PropertyNumber && raw == "" && !old.Former {
			// Neither the number nor its spelling changed.
			if !slices.Contains(current, old) {
				current = append(current, old)
			}
			continue
		}
		same := func(l callback.SearchValue) bool { return l.Key == old.Key && l.Value == old.Value }
		if !slices.ContainsFunc(current, same) {
			old.Former = true
			current = append(current, old)
		}
	}
	if len(current) == 0 {
		current = nil
	}
	cb.SearchValues = current
}

// SetTime sets the desired time of a callback and whether it is immediate.
// position is the position at the end of its queue.
func (p *Policy) SetTime(req *StartInput, cb *callback.Callback, now time.Time, position int) error {
	desired := req.Desired
	if req.Local != nil {
		if err := req.Local.Validate(); err != nil {
			return Invalid("_desired_time", "is not a time on a clock")
		}
		at, offset, err := p.instantOf(*req.Local, req.Zone)
		if err != nil {
			return Invalid("zone", fmt.Sprintf("%q is not an IANA zone", text.Clip(req.Zone)))
		}
		desired = at
		cb.Local, cb.Zone, cb.Offset = req.Local.String(), req.Zone, offset
	}
	cb.Desired = desired
	if err := p.checkDesired(desired, now); err != nil {
		return err
	}
	timing := p.timing(now, position)
	cb.Immediate = scheduler.Immediate(desired, now, timing)
	if req.State != 0 {
		cb.Immediate = req.State != callback.Scheduled
	}
	if desired.IsZero() || cb.Immediate && desired.Before(now) {
		desired = now
	}
	cb.Desired = desired
	cb.ExpiresAt = scheduler.ExpiresAt(desired, p.Service.TTL)
	if !cb.Until.IsZero() && !cb.Until.After(Latest(desired, now)) {
		return Invalid("until", "is not after the desired time")
	}
	return p.checkHours(cb, now, timing)
}

// checkDesired checks that the desired time is neither too far ahead nor too
// long ago.
func (p *Policy) checkDesired(desired, now time.Time) error {
	if desired.IsZero() {
		return nil
	}
	b := p.Service.Booking
	if b.Past > 0 && desired.Before(now.Add(-b.Past)) {
		return Invalid("_desired_time", fmt.Sprintf("lies more than %v in the past", b.Past))
	}
	if desired.After(p.LastDesired(now)) {
		return Invalid("_desired_time", "lies beyond the service's horizon")
	}
	return nil
}

// LastDesired returns the last desired time within the horizon of the service.
func (p *Policy) LastDesired(now time.Time) time.Time {
	return p.Service.Booking.Horizon.From(now.In(p.zone()))
}

// checkHours checks the opening hours and sets bucket, release and reminder of
// a scheduled callback.
func (p *Policy) checkHours(cb *callback.Callback, now time.Time, timing scheduler.Timing) error {
	b := p.Service.Booking
	if cb.Immediate {
		if at := Latest(cb.Desired, now); !b.IgnoreHoursNow && !b.Hours.Open(at) {
			return p.refusal(callback.ErrClosed, cb, b.Hours.Explain(at))
		}
		return nil
	}
	err := p.AskCapacity(func() error { return p.Planner.Check(cb.Desired, nil, now) })
	// The store refuses a full bucket; the refusal then proposes alternatives.
	if closed, ok := errors.AsType[*availability.ClosedError](err); ok {
		return p.refusal(callback.ErrClosed, cb, closed.Why)
	}
	if errors.Is(err, callback.ErrCapacity) {
		return err
	}
	cb.Bucket = p.Planner.BucketOf(cb.Desired).Start
	cb.ReleaseAt = scheduler.ReleaseAt(cb.Desired, timing)
	if r := p.Service.Reminder; r > 0 {
		if at := cb.ReleaseAt.Add(-r); at.After(now) {
			cb.RemindAt = at
		}
	}
	return nil
}

func (p *Policy) refusal(fact error, cb *callback.Callback, why availability.Explanation) error {
	return &callback.AvailabilityError{Service: cb.Service, Bucket: p.Planner.BucketOf(cb.Desired), Explanation: why, Fact: fact}
}

// Enter sets the first state of a new callback.
func Enter(req *StartInput, d *Draft) {
	cb, p := d.Callback, d.Policy
	switch {
	case p.Service.MediaType != "voice" && p.Service.MediaType != "chat":
		d.complete(callback.ReasonMediaType, fmt.Sprintf("media type %q is neither voice nor chat", text.Clip(p.Service.MediaType)))
	case req.State == callback.Completed:
		d.complete(callback.ReasonNotAvailable, "created completed")
	case req.State == callback.Routing:
		d.move(callback.Routing)
		cb.DeadlineAt = d.Now.Add(p.Service.Dialing.AgentWait)
	case req.State == callback.Processing:
		d.move(callback.Processing)
		cb.DeadlineAt = d.Now.Add(p.Service.Dialing.MaxCall)
	case req.State == callback.Paused:
		d.move(callback.Paused)
	case !cb.Immediate:
		d.move(callback.Scheduled)
	case p.Service.Inbound.On && p.Service.Inbound.NoWait:
		cb.QueuedAt = d.Now
		d.offer(callback.OfferBooking, p.Service.Inbound.Timeout)
	default:
		cb.QueuedAt = d.Now
		d.Enqueue(d.Now)
	}
	d.Event.Type = callback.EventAccepted
	if cb.State == callback.Completed {
		d.Event.Type = callback.EventCompleted
		d.Take, d.Give, cb.Held = nil, nil, nil
	}
}
