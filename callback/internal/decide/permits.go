package decide

import (
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Permits takes the permits of a new callback in the order in which refusals
// are reported: number, queue, intervals, parameters, seat.
func Permits(req *StartInput, d *Draft) {
	if req.State != 0 && req.State != callback.Scheduled && req.State != callback.Queued {
		// A callback whose life cycle is kept elsewhere is recorded without
		// limits.
		return
	}
	cb, p := d.Callback, d.Policy
	limits := p.Service.Limits
	most := 2 // number and seat
	if cb.Immediate {
		most = 2 + len(limits.Throttles) + len(limits.Parameters) // number, queue
	}
	d.Take, cb.Held = make([]callback.Permit, 0, most), make([]callback.Held, 0, 2)
	number := cb.Customer.Number.Key()
	d.holdNumber(number, limits.SameNumber)
	if cb.Immediate {
		d.holdQueued(limits.Queued.Max())
		for i, t := range limits.Throttles {
			if t.Every != callback.Off && t.Max != callback.NoLimit {
				key := callback.PermitKey{Kind: callback.PermitInterval, Service: cb.Service, Name: strconv.Itoa(i + 1)}
				d.Take = append(d.Take, callback.Permit{Key: key, N: 1, Max: t.Max.Max(), For: t.Every})
			}
		}
		d.takeParameters(req, number)
		return
	}
	d.holdSeat()
}

// holdNumber counts the callback among those of its number in its service
// (Limits.SameNumber). It is refused above limit.
func (d *Draft) holdNumber(number string, limit callback.Limit) {
	if number == "" || d.Policy.Service.Limits.SameNumber == callback.NoLimit {
		return
	}
	key := callback.PermitKey{Kind: callback.PermitNumber, Service: d.Callback.Service, Subject: number}
	d.Hold(callback.Permit{Key: key, N: 1, Max: limit.Max()})
}

// holdSeat takes a seat in the callback's bucket.
func (d *Draft) holdSeat() {
	planner, booking := d.Policy.Planner, d.Policy.Service.Booking
	seats := int64(-1)
	if booking.Capacity != nil || booking.PerBucket != callback.NoLimit {
		seats = int64(max(planner.Seats(planner.BucketOf(d.Callback.Desired)), 0))
	}
	key := callback.PermitKey{Kind: callback.PermitBucket, Service: d.Callback.Service, Slot: d.Callback.Bucket.Unix()}
	d.Hold(callback.Permit{Key: key, N: 1, Max: seats})
}

// takeParameters counts the values of Limits.Parameters for the calendar day.
func (d *Draft) takeParameters(req *StartInput, number string) {
	limits := d.Policy.Service.Limits
	if limits.PerParameter == callback.NoLimit {
		return
	}
	var until time.Time
	for _, name := range limits.Parameters {
		value, ok := req.Parameters[name]
		if !ok {
			value, ok = lookupText(d.Callback, number, name)
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
