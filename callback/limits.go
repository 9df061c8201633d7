package callback

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// permits lists what a new callback takes, in the order in which refusals are
// reported: number, queue, intervals, parameters (GMS 6.1 to 6.4), seat.
func (m *Manager) permits(req *Request, d *draft) {
	if req.State != 0 && req.State != Scheduled && req.State != Queued {
		// A life cycle kept outside is recorded, not admitted.
		return
	}
	cb, p := d.cb, d.policy
	most := 2 // number and seat
	if cb.Immediate {
		most = 4 + len(p.service.Limits.Parameters) // number, queue, two intervals
	}
	d.take, cb.Held = make([]Permit, 0, most), make([]Held, 0, 2)
	number := cb.Customer.Number.Key()
	d.holdNumber(number)
	if cb.Immediate {
		limits := p.service.Limits
		d.holdQueued(atLeastZero(limits.Queued))
		for i, t := range []Throttle{limits.First, limits.Second} {
			if t.Every > 0 {
				key := PermitKey{Kind: PermitInterval, Service: cb.Service, Name: strconv.Itoa(i + 1)}
				d.take = append(d.take, Permit{Key: key, N: 1, Max: atLeastZero(t.Max), For: t.Every})
			}
		}
		d.takeParameters(req, number)
		return
	}
	d.holdSeat()
}

func atLeastZero(n int) int64 { return int64(max(n, 0)) }

// holdNumber counts the callback among those of its number in its service (GMS
// _enable_in_queue_checking).
func (d *draft) holdNumber(number string) {
	if number == "" {
		return
	}
	var limit int64
	switch d.policy.service.Limits.SameNumber {
	case CheckTwo:
		limit = 2
	case CheckStrict:
		limit = 1
	default:
		return
	}
	key := PermitKey{Kind: PermitNumber, Service: d.cb.Service, Subject: number}
	d.hold(Permit{Key: key, N: 1, Max: limit})
}

// holdSeat takes a seat of the callback's bucket.
func (d *draft) holdSeat() {
	planner := d.policy.planner
	seats := planner.Seats(planner.BucketOf(d.cb.Desired))
	key := PermitKey{Kind: PermitBucket, Service: d.cb.Service, Slot: d.cb.Bucket.Unix()}
	d.hold(Permit{Key: key, N: 1, Max: int64(max(seats, 0))})
}

// takeParameters counts parameter values of the day (GMS
// _throttle_request_parameters).
func (d *draft) takeParameters(req *Request, number string) {
	limits := d.policy.service.Limits
	var until time.Time
	for _, name := range limits.Parameters {
		value, ok := req.Parameters[name]
		if !ok {
			value, ok = lookupText(d.cb, number, name)
		}
		if !ok || value == "" {
			continue
		}
		d.cb.noteCounted(name, value)
		if until.IsZero() {
			until = d.policy.endOfDay(d.now)
		}
		key := PermitKey{Kind: PermitParameter, Service: d.cb.Service, Name: name, Subject: value}
		d.take = append(d.take, Permit{Key: key, N: 1, Max: atLeastZero(limits.PerParameter), Until: until})
	}
}

// noteCounted keeps a value that was counted among the lookup values, where it
// is not one already: with the callback its counter is forgotten, too, also when
// the property has another value by then or never was one.
func (c *Callback) noteCounted(name, value string) {
	same := func(l Lookup) bool { return l.Key == name && l.Value == value }
	if !slices.ContainsFunc(c.Lookups, same) {
		c.Lookups = append(c.Lookups, Lookup{Key: name, Value: value, Former: true})
	}
}

// explainRefusal turns a store's refusal of a permit into the error of its
// limit; other errors pass.
func (m *Manager) explainRefusal(ctx context.Context, d *draft, err error) error {
	var refused *PermitError
	if !errors.As(err, &refused) {
		return err
	}
	cb, key := d.cb, refused.Permit.Key
	limit := &LimitError{Service: cb.Service, Max: refused.Permit.Max, Used: refused.Used, RetryAt: refused.Ends}
	switch key.Kind {
	case PermitNumber:
		limit.fact = ErrNumberLimit
	case PermitQueued, PermitAccess:
		limit.fact = ErrQueueLimit
	case PermitInterval:
		limit.fact, limit.Interval = ErrIntervalLimit, refused.Permit.For
	case PermitParameter:
		limit.fact, limit.Parameter = ErrParameterLimit, key.Name
	case PermitBucket:
		return m.full(ctx, d)
	default:
		return err
	}
	return limit
}

// full is the refusal of a full bucket with the nearest places that are left.
func (m *Manager) full(ctx context.Context, d *draft) error {
	p := d.policy
	refused := &AvailabilityError{Service: d.cb.Service, Bucket: p.planner.BucketOf(d.cb.Desired), fact: ErrFull}
	return m.withAlternatives(ctx, p, d.cb, refused, d.now)
}

// propose adds alternatives to an error that says that it is closed; other
// errors pass.
func (m *Manager) propose(ctx context.Context, p *Policy, cb *Callback, err error, now time.Time) error {
	var refused *AvailabilityError
	if !errors.As(err, &refused) {
		return err
	}
	return m.withAlternatives(ctx, p, cb, refused, now)
}

// withAlternatives adds the nearest open times with seats left.
func (m *Manager) withAlternatives(ctx context.Context, p *Policy, cb *Callback, refused *AvailabilityError, now time.Time) error {
	n := p.service.Booking.Proposals
	if n <= 0 {
		return refused
	}
	from, to := p.planner.NearRange(cb.Desired, now)
	load, err := m.load(ctx, now, cb.Tenant, cb.Service, from, to)
	if err != nil {
		// The refusal stands; only its proposals are missing.
		return errors.Join(refused, err)
	}
	refused.Alternatives = p.planner.Near(cb.Desired, n, load, now)
	return refused
}

// load reads how many seats are taken in the buckets of a range.
func (m *Manager) load(ctx context.Context, now time.Time, tenant, service string, from, to time.Time) (availability.Load, error) {
	counters, err := m.store.Load(ctx, now, LoadRequest{
		Tenant: tenant, Kind: PermitBucket, Service: service, From: from.Unix(), To: to.Unix(),
	})
	if err != nil {
		return nil, err
	}
	load := make(availability.LoadMap, len(counters))
	for _, c := range counters {
		load[c.Key.Slot] += int(c.Used)
	}
	return load, nil
}
