package callback

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// bookAccess takes the first free access number (GMS _resource_group). With
// access codes a number serves any number of customers.
func (m *Manager) bookAccess(ctx context.Context, d *draft) error {
	in := d.policy.service.Inbound
	take, held := slices.Clone(d.take), slices.Clone(d.cb.Held)
	limit := int64(1)
	if in.Codes {
		limit = -1
		d.cb.AccessCode = accessCode(d.cb.ID)
	}
	var last error
	for _, number := range in.AccessNumbers {
		d.take, d.cb.Held = slices.Clone(take), slices.Clone(held)
		d.cb.AccessNumber = number
		d.hold(Permit{Key: PermitKey{Kind: PermitAccess, Service: d.cb.Service, Name: number}, N: 1, Max: limit})
		last = m.commit(ctx, d)
		var refused *PermitError
		if !errors.As(last, &refused) || refused.Permit.Key.Kind != PermitAccess {
			return last
		}
	}
	return last
}

// accessCode derives six digits from the callback's identity.
func accessCode(id ID) string {
	sum := sha256.Sum256([]byte(id))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[:])%1_000_000)
}
