package sqlite

import (
	"context"
	"errors"
	"sync"

	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

// Damaged lists records that could not be decoded and were set aside, at most
// limit (0 = 100, at most 1,000), in the order of their creation. A claim sets
// a damaged record aside for an hour; a search or count marks it. A record that
// was repaired leaves the list at its next claim.
func (s *Store) Damaged(ctx context.Context, limit int) ([]*record.DamagedError, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	limit, err := store.CheckQuery(&store.Query{Limit: limit})
	if err != nil {
		return nil, err
	}
	var found []*record.DamagedError
	err = s.rows(ctx, func(row []any) error {
		r, _, err := readRow(row)
		d, ok := errors.AsType[*record.DamagedError](err)
		if !ok {
			d = &record.DamagedError{Tenant: r.tenant, ID: r.id, Rule: "but can be read again and will leave this list when it is claimed", Err: record.ErrDamaged}
		}
		found = append(found, d)
		return nil
	}, "SELECT "+recordColumns+" FROM callbacks c INDEXED BY callbacks_fault WHERE c.fault IS NOT NULL ORDER BY c.cb "+limited, limit)
	return found, err
}

// suspects are rows that readers could not decode and that the writer has yet
// to check.
type suspects struct {
	mu   sync.Mutex
	rows map[int64]struct{}
}

// mostSuspects limits the work that readers cause for the writer.
const mostSuspects = 100

// suspect asks the writer to check a row, and does not wait. If there are too
// many, the next reader will find the row again.
func (s *Store) suspect(cb int64) {
	s.suspects.mu.Lock()
	defer s.suspects.mu.Unlock()
	if _, known := s.suspects.rows[cb]; known || len(s.suspects.rows) >= mostSuspects {
		return
	}
	o := newOperation(context.Background(), 1, func(t *transaction) error {
		s.suspects.mu.Lock()
		delete(s.suspects.rows, cb)
		s.suspects.mu.Unlock()
		return t.mark(cb)
	})
	if !s.committer.post(o) {
		return
	}
	if s.suspects.rows == nil {
		s.suspects.rows = make(map[int64]struct{})
	}
	s.suspects.rows[cb] = struct{}{}
}

// mark sets the fault of a record if it is damaged.
func (t *transaction) mark(cb int64) error {
	all, err := t.candidates(stRecord, cb)
	if err != nil || len(all) == 0 || all[0].callback != nil || all[0].row.faulted {
		return err
	}
	t.recount = true
	return t.run(stFault, faultOf(all[0].damage), cb)
}
