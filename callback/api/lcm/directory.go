package lcm

import (
	"context"
	"fmt"
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// Directory is a [callback.ContactModes] that maps account numbers to contact
// modes. It ignores the tenant; use [Tenants] if there are several. It must not
// be changed while in use.
type Directory map[string][]callback.ContactMode

// Modes implements [callback.ContactModes].
func (d Directory) Modes(_ context.Context, _, account string) ([]callback.ContactMode, error) {
	modes, ok := d[account]
	if !ok {
		return nil, fmt.Errorf("account: %w", callback.ErrNotFound)
	}
	return slices.Clone(modes), nil
}

// Tenants is a [callback.ContactModes] with a directory per tenant. It must not
// be changed while in use.
type Tenants map[string]callback.ContactModes

// Modes implements [callback.ContactModes].
func (t Tenants) Modes(ctx context.Context, tenant, account string) ([]callback.ContactMode, error) {
	directory := t[tenant]
	if directory == nil {
		return nil, fmt.Errorf("tenant: %w", callback.ErrNotFound)
	}
	return directory.Modes(ctx, tenant, account)
}
