package engine

import (
	"context"
	"errors"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// ExplainRefusal returns the error of the limit that a PermitError stands for, and
// any other error as it is.
func (m *Intake) ExplainRefusal(ctx context.Context, d *decide.Draft, err error) error {
	var refused *callback.PermitError
	if !errors.As(err, &refused) {
		return err
	}
	cb, key := d.Callback, refused.Permit.Key
	limit := &callback.LimitError{Service: cb.Service, Max: refused.Permit.Max, Used: refused.Used, RetryAt: refused.Ends}
	switch key.Kind {
	case callback.PermitNumber:
		limit.Fact = callback.ErrNumberLimit
	case callback.PermitBooking:
		limit.Fact, limit.Interval, limit.Parameter = callback.ErrBookingLimit, refused.Permit.For, callback.PropertyNumber
	case callback.PermitQueued, callback.PermitAccess, callback.PermitCode:
		limit.Fact = callback.ErrQueueLimit
	case callback.PermitInterval:
		limit.Fact, limit.Interval = callback.ErrIntervalLimit, refused.Permit.For
	case callback.PermitParameter:
		limit.Fact, limit.Parameter = callback.ErrParameterLimit, key.Name
	case callback.PermitBucket:
		return m.full(ctx, d)
	default:
		return err
	}
	return limit
}

// full returns the error for a full time bucket, with alternatives.
func (m *Intake) full(ctx context.Context, d *decide.Draft) error {
	p := d.Policy
	refused := &callback.AvailabilityError{Service: d.Callback.Service, Bucket: p.Planner.BucketOf(d.Callback.Desired), Fact: callback.ErrFull}
	return m.withAlternatives(ctx, p, d.Callback, refused, d.Now)
}

// Propose adds alternatives to an AvailabilityError and returns any other error as
// it is.
func (m *Intake) Propose(ctx context.Context, p *decide.Policy, cb *callback.Callback, err error, now time.Time) error {
	var refused *callback.AvailabilityError
	if !errors.As(err, &refused) {
		return err
	}
	return m.withAlternatives(ctx, p, cb, refused, now)
}

// withAlternatives adds the nearest open times with seats left to an error.
func (m *Intake) withAlternatives(ctx context.Context, p *decide.Policy, cb *callback.Callback, refused *callback.AvailabilityError, now time.Time) error {
	n := int(p.Service.Booking.Proposals.Max())
	if n == 0 {
		return refused
	}
	from, to := p.Planner.NearRange(cb.Desired, now)
	load, err := m.Load(ctx, now, cb.Tenant, cb.Service, from, to)
	if err != nil {
		// The refusal stands without alternatives.
		return errors.Join(refused, err)
	}
	err = p.AskCapacity(func() error {
		refused.Alternatives = p.Planner.Near(cb.Desired, n, load, now)
		return nil
	})
	if err != nil {
		return errors.Join(refused, err)
	}
	return refused
}

// Load returns how many seats are taken in the time buckets of a range.
func (m *Intake) Load(ctx context.Context, now time.Time, tenant, service string, from, to time.Time) (availability.Load, error) {
	counters, err := m.Store.Load(ctx, now, callback.LoadRequest{
		Tenant: tenant, Kind: callback.PermitBucket, Service: service, From: from.Unix(), To: to.Unix(),
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
