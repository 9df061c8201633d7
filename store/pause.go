package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// SetPause begins or ends the pause of a service; see [callback.PausingStore].
func (m *Memory) SetPause(ctx context.Context, p Pause, on bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	i, there := slices.BinarySearchFunc(m.pauses, p, comparePauses)
	switch {
	case on && !there:
		p.Since = plain(p.Since)
		m.pauses = slices.Insert(m.pauses, i, p)
	case !on && there:
		m.pauses = slices.Delete(m.pauses, i, i+1)
	}
	return nil
}

// Pauses returns the pauses in force, ordered by tenant and service.
func (m *Memory) Pauses(ctx context.Context, tenant string, allTenants bool) ([]Pause, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []Pause
	for _, p := range m.pauses {
		if allTenants || p.Tenant == tenant {
			found = append(found, p)
		}
	}
	return found, nil
}

func comparePauses(a, b Pause) int {
	return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Service, b.Service))
}
