package sqlite

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/store"
)

var _ store.PausingStore = (*Store)(nil)

const (
	allPauses = "SELECT tenant, service, since, actor, reason FROM pauses"
	someOrder = " ORDER BY tenant, service"
)

// SetPause begins or ends the pause of a service; see [callback.PausingStore]. The
// pause is durable when SetPause returns.
func (s *Store) SetPause(ctx context.Context, p store.Pause, on bool) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	return s.committer.do(newOperation(ctx, 1, func(t *transaction) error {
		if !on {
			return t.run(stDeletePause, p.Tenant, p.Service)
		}
		return t.run(stInsertPause, p.Tenant, p.Service, floor(p.Since).value(), p.Actor, p.Reason)
	}))
}

// Pauses returns the pauses in force, ordered by tenant and service. The error
// is [ErrCorrupt] if one cannot be read, because then it is unknown what must
// not be called.
func (s *Store) Pauses(ctx context.Context, tenant string, allTenants bool) ([]store.Pause, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	query, args := allPauses+someOrder, []any(nil)
	if !allTenants {
		query, args = allPauses+" WHERE tenant = ?"+someOrder, []any{tenant}
	}
	var found []store.Pause
	err := s.reading(ctx, func() error {
		found = nil
		return each(ctx, reader{store: s}, func(row []any) error {
			sc := scanner{values: row}
			p := store.Pause{Tenant: sc.text(), Service: sc.text(), Since: sc.instant().Time(), Actor: sc.text(), Reason: sc.text()}
			if sc.bad {
				return fmt.Errorf("%w: a pause is damaged", ErrCorrupt)
			}
			found = append(found, p)
			return nil
		}, query, args...)
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
