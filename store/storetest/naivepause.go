package storetest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func (n *naive) SetPause(ctx context.Context, p callback.Pause, on bool) error {
	if err := n.lock(ctx); err != nil {
		return err
	}
	defer n.mu.Unlock()
	same := func(q callback.Pause) bool { return q.Tenant == p.Tenant && q.Service == p.Service }
	if !on {
		n.pauses = slices.DeleteFunc(n.pauses, same)
	} else if !slices.ContainsFunc(n.pauses, same) {
		p.Since = p.Since.Truncate(time.Microsecond)
		n.pauses = append(n.pauses, p)
	}
	return nil
}

func (n *naive) Pauses(ctx context.Context, tenant string, allTenants bool) ([]callback.Pause, error) {
	if err := n.lock(ctx); err != nil {
		return nil, err
	}
	defer n.mu.Unlock()
	var found []callback.Pause
	for _, p := range n.pauses {
		if allTenants || p.Tenant == tenant {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b callback.Pause) int {
		return cmp.Or(strings.Compare(a.Tenant, b.Tenant), strings.Compare(a.Service, b.Service))
	})
	return found, nil
}
