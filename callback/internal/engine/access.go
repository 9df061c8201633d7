package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// bookAccess writes a draft with the first access number of the service that is
// free (GMS _resource_group). The store decides which is, so that concurrent
// bookings of one number do not both succeed. A code that another customer has is
// replaced.
func (m *Intake) bookAccess(ctx context.Context, d *decide.Draft) error {
	take, held := slices.Clone(d.Take), slices.Clone(d.Callback.Held)
	var last error
	numbers, codes := d.Policy.Service.Inbound.AccessNumbers, 0
	for len(numbers) > 0 && codes < maxCodes {
		d.Take, d.Callback.Held = slices.Clone(take), slices.Clone(held)
		d.BookAccess(numbers[0], m.Config.NewCode)
		last = m.Commit(ctx, d)
		var refused *callback.PermitError
		switch {
		case !errors.As(last, &refused):
			return last
		case refused.Permit.Key.Kind == callback.PermitCode:
			codes++
		case refused.Permit.Key.Kind == callback.PermitAccess:
			numbers = numbers[1:]
		default:
			return last
		}
	}
	return last
}

// maxCodes is how many access codes are tried for one customer.
const maxCodes = 100

// openAccess puts up to n free access numbers into the round of a service whose
// customers call in, and returns how many there are; n for other services.
func (m *Engine) openAccess(ctx context.Context, r *decide.Round, key ServiceKey, n int) (int, error) {
	if !r.Inbound() {
		return n, nil
	}
	in := r.Policy.Service.Inbound
	if in.Codes {
		for len(r.Access) < n {
			r.Access = append(r.Access, in.AccessNumbers[len(r.Access)%len(in.AccessNumbers)])
		}
		return n, nil
	}
	counters, err := m.Store.Load(ctx, r.Now, callback.LoadRequest{Tenant: key.Tenant, Kind: callback.PermitAccess, Service: key.Name})
	if err != nil {
		return 0, err
	}
	used := make(map[string]bool, len(counters))
	for _, c := range counters {
		used[c.Key.Name] = true
	}
	for _, number := range in.AccessNumbers {
		if !used[number] && len(r.Access) < n {
			r.Access = append(r.Access, number)
		}
	}
	return len(r.Access), nil
}
