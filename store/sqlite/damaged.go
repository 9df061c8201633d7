package sqlite

import (
	"context"
	"errors"
	"sync"

	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

// Damaged lists records that could not be read and were set aside, at most
// limit (0 = 100, at most 1,000), in the order of their creation. A claim sets
// aside what it comes upon, for an hour at a time; a search or a count marks it.
// A record that reads well again - somebody put back its row - leaves the list
// when it is claimed next.
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
			d = &record.DamagedError{Tenant: r.tenant, ID: r.id, Rule: "it was, and will be served when it is claimed next", Err: record.ErrDamaged}
		}
		found = append(found, d)
		return nil
	}, "SELECT "+recordColumns+" FROM callbacks c INDEXED BY callbacks_fault WHERE c.fault IS NOT NULL ORDER BY c.cb "+limited, limit)
	return found, err
}

// suspects are rows that a reader could not read and the writer has not looked
// at yet.
type suspects struct {
	mu   sync.Mutex
	rows map[int64]struct{}
}

// mostSuspects bounds the work that readers make for the writer.
const mostSuspects = 100

// suspect has the writer look at a row that could not be read. It waits for
// nothing: what is not looked at now is found again.
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

// mark notes that a record cannot be read, if that is so.
func (t *transaction) mark(cb int64) error {
	all, err := t.candidates(stRecord, cb)
	if err != nil || len(all) == 0 || all[0].callback != nil || all[0].row.faulted {
		return err
	}
	t.recount = true
	return t.run(stFault, faultOf(all[0].damage), cb)
}
