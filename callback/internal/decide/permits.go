package decide

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Permits takes the permits of a new callback in the order in which refusals
// are reported: number, bookings, queue, intervals, parameters, seat.
func Permits(req *StartInput, d *Draft) {
	if req.State != 0 && req.State != callback.Scheduled && req.State != callback.Queued {
		// A callback whose life cycle is kept elsewhere is recorded without
		// limits.
		d.Callback.Held = nil
		return
	}
	cb, p := d.Callback, d.Policy
	limits := p.Service.Limits
	d.holdNumber(limits.SameNumber)
	d.takeBooking()
	if cb.Immediate {
		d.holdQueued(limits.Queued.Max())
		for i, t := range limits.Throttles {
			if bounds(t) {
				key := callback.PermitKey{Kind: callback.PermitInterval, Service: cb.Service, Name: strconv.Itoa(i + 1)}
				d.Take = append(d.Take, callback.Permit{Key: key, N: 1, Max: t.Max.Max(), For: t.Every})
			}
		}
		d.takeParameters(req)
		return
	}
	d.holdSeat()
}

// holdNumber counts the callback among those in its service that call the same
// person (Limits.SameNumber). It is refused above limit.
func (d *Draft) holdNumber(limit callback.Limit) {
	party := d.noteParty()
	if party == "" || d.Policy.Service.Limits.SameNumber == callback.NoLimit {
		return
	}
	key := callback.PermitKey{Kind: callback.PermitNumber, Service: d.Callback.Service, Subject: party}
	d.Hold(callback.Permit{Key: key, N: 1, Max: limit.Max()})
}

// subject returns the number that calls to the customer of a callback are counted
// by: the one that is called. It is empty if there is none.
func (p *Policy) subject(cb *callback.Callback) string { return p.Subject(cb.Customer.Target()) }

// subject returns that number for the draft.
func (d *Draft) subject() string {
	target := d.Callback.Customer.Target()
	if target.IsZero() {
		return d.Policy.identity(d.Callback)
	}
	return d.textsOf(target).subject
}

// texts are the key of an address and what the limits count it by, which is the same
// text for most.
type texts struct {
	address      phonenum.Address
	key, subject string
}

// textsOf returns the texts of an address. A draft asks for those of one address many
// times; they are made once.
func (d *Draft) textsOf(address phonenum.Address) texts {
	if d.texts.address != address {
		key := address.Key()
		d.texts = texts{address, key, d.Policy.subjectOf(address, key)}
	}
	return d.texts
}

// identity returns what the limits count a customer without a number by: the values
// of the required properties. It is empty if there are none.
func (p *Policy) identity(cb *callback.Callback) string {
	if !p.resolves() {
		return ""
	}
	var b strings.Builder
	for _, key := range p.Service.RequiredKeys {
		if value, ok := lookupText(cb, "", key); ok {
			b.WriteString(strconv.Quote(key) + "=" + strconv.Quote(value))
		}
	}
	return b.String()
}

// bookingDay is the interval of Limits.BookingsPerDay.
const bookingDay = 24 * time.Hour

// takeBooking counts the callback among the bookings of its number.
func (d *Draft) takeBooking() {
	most, subject := d.Policy.Service.Limits.BookingsPerDay, d.subject()
	if most == callback.NoLimit || subject == "" {
		return
	}
	d.Take = append(d.Take, callback.Permit{Key: callback.PermitKey{Kind: callback.PermitBooking, Subject: subject}, N: 1, Max: most.Max(), For: bookingDay})
}

// attemptPermits returns what an attempt takes of the calls to a number.
func (p *Policy) attemptPermits(subject string, now time.Time) (take []callback.Permit) {
	limits := p.Service.Limits
	if most := limits.AttemptsPerDay; most != callback.NoLimit {
		take = append(take, callback.Permit{Key: attemptKey(subject, 0), N: 1, Max: most.Max(), Until: p.endOfDay(now)})
	}
	for _, t := range limits.Attempts {
		if bounds(t) {
			take = append(take, callback.Permit{Key: attemptKey(subject, t.Every), N: 1, Max: t.Max.Max(), For: t.Every})
		}
	}
	return take
}

// Capped returns GateCap if the counters of the calls to a number allow no attempt
// now.
func (p *Policy) Capped(subject string, counters []callback.Counter, now time.Time) (shut Shut) {
	for _, permit := range p.attemptPermits(subject, now) {
		for _, c := range counters {
			if c.Key == permit.Key && c.Used >= permit.Max {
				shut = Shut{GateCap, Latest(shut.Until, c.Ends)}
			}
		}
	}
	return shut
}

// OftenEnough is what the history of a delayed callback says.
const OftenEnough = "the number was called often enough"

// Delayed queues a callback again whose number was called often enough, until that
// ends. Its lease is that of cb.
func Delayed(cb *callback.Callback, p *Policy, now, until time.Time, actor string) *Draft {
	d := NewDraft(cb, p, now, callback.EventHeld, actor)
	if cb.State == callback.Offered {
		d.Event.Type = callback.EventOfferEnded
	}
	d.Epoch = cb.Lease.Epoch
	d.Enqueue(until)
	d.Note(OftenEnough)
	return d
}

// bounds reports whether a throttle has an effect.
func bounds(t callback.Throttle) bool { return t.Every != callback.Off && t.Max != callback.NoLimit }

// attemptKey is the counter of the calls to a number in an interval, or in one
// calendar day if every is 0.
func attemptKey(subject string, every time.Duration) callback.PermitKey {
	key := callback.PermitKey{Kind: callback.PermitAttempt, Subject: subject}
	if every != 0 {
		key.Name = every.String()
	}
	return key
}

// giveBackAttempt gives back what an attempt that was not placed took of the calls
// to its number, unless the interval is over. While the callback holds the permit of
// its number, no other attempt to it has begun a new interval.
func (d *Draft) giveBackAttempt() {
	limits, subject, began := d.Policy.Service.Limits, d.subject(), d.Callback.Current().Began
	if limits.AttemptsPerDay != callback.NoLimit && d.Policy.endOfDay(began).Equal(d.Policy.endOfDay(d.Now)) {
		d.Give = append(d.Give, callback.Held{Key: attemptKey(subject, 0), N: 1})
	}
	for _, t := range limits.Attempts {
		if bounds(t) && d.holds(callback.PermitCall) && d.Now.Before(began.Add(t.Every)) {
			d.Give = append(d.Give, callback.Held{Key: attemptKey(subject, t.Every), N: 1})
		}
	}
}

// holdSeat takes a seat in the callback's bucket, which has none while the capacity of
// the service fails.
func (d *Draft) holdSeat() {
	planner, booking := d.Policy.Planner, d.Policy.Service.Booking
	seats := int64(-1)
	if booking.Capacity != nil || booking.PerBucket != callback.NoLimit {
		seats = 0
		_ = d.Policy.AskCapacity(func() error {
			seats = int64(max(planner.Seats(planner.BucketOf(d.Callback.Desired)), 0))
			return nil
		})
	}
	key := callback.PermitKey{Kind: callback.PermitBucket, Service: d.Callback.Service, Slot: d.Callback.Bucket.Unix()}
	d.Hold(callback.Permit{Key: key, N: 1, Max: seats})
}

// noteParty adds the subjects that counters have for the address to call to the
// search values, and returns the one of Limits.SameNumber.
func (d *Draft) noteParty() string {
	target := d.Callback.Customer.Target()
	if target.IsZero() {
		subject := d.subject()
		if subject != "" {
			noteCounted(d.Callback, callback.PropertyNumber, subject)
		}
		return subject
	}
	of := d.textsOf(target)
	party := partyOf(of.subject, target)
	for _, counted := range []string{of.subject, party} {
		if counted != of.key {
			noteCounted(d.Callback, callback.PropertyNumber, counted)
		}
	}
	return party
}

// takeParameters counts the values of Limits.Parameters for the calendar day. The
// number is always the one to call, whatever the request calls it.
func (d *Draft) takeParameters(req *StartInput) {
	limits := d.Policy.Service.Limits
	if limits.PerParameter == callback.NoLimit {
		return
	}
	var until time.Time
	for _, name := range limits.Parameters {
		value, ok := req.Parameters[name]
		if target := d.Callback.Customer.Target(); name == callback.PropertyNumber && !target.IsZero() {
			value, ok = d.subject(), true
		} else if !ok {
			value, ok = lookupText(d.Callback, "", name)
		}
		if !ok || value == "" {
			continue
		}
		noteCounted(d.Callback, name, value)
		if until.IsZero() {
			until = d.Policy.endOfDay(d.Now)
		}
		key := callback.PermitKey{Kind: callback.PermitParameter, Service: d.Callback.Service, Name: name, Subject: value}
		d.Take = append(d.Take, callback.Permit{Key: key, N: 1, Max: limits.PerParameter.Max(), Until: until})
	}
}

// noteCounted adds a counted value to the search values, as a former one,
// unless it is there. Forget finds the counter by it, even if the property
// changes or never existed.
func noteCounted(c *callback.Callback, name, value string) {
	same := func(l callback.SearchValue) bool { return l.Key == name && l.Value == value }
	if !slices.ContainsFunc(c.SearchValues, same) {
		c.SearchValues = append(c.SearchValues, callback.SearchValue{Key: name, Value: value, Former: true})
	}
}
