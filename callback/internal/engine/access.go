package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// bookAccess takes the first free access number (GMS _resource_group). With
// access codes a number serves any number of customers.
func (m *Intake) bookAccess(ctx context.Context, d *decide.Draft) error {
	in := d.Policy.Service.Inbound
	take, held := slices.Clone(d.Take), slices.Clone(d.Callback.Held)
	limit := int64(1)
	if in.Codes {
		limit = -1
		d.Callback.AccessCode = decide.AccessCode(d.Callback.ID)
	}
	var last error
	for _, number := range in.AccessNumbers {
		d.Take, d.Callback.Held = slices.Clone(take), slices.Clone(held)
		d.Callback.AccessNumber = number
		d.Hold(callback.Permit{Key: callback.PermitKey{Kind: callback.PermitAccess, Service: d.Callback.Service, Name: number}, N: 1, Max: limit})
		last = m.Commit(ctx, d)
		var refused *callback.PermitError
		if !errors.As(last, &refused) || refused.Permit.Key.Kind != callback.PermitAccess {
			return last
		}
	}
	return last
}
