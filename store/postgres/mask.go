package postgres

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/record"
)

// maskedEvent is an event without its text.
type maskedEvent struct {
	seq  int64
	body []byte
}

// maskEvents reads the events of the callbacks whose changes have MaskEvents and
// keeps, with the writes, those that have a text, without it. The events before
// a revision never change otherwise, and a write of another revision fails. An
// event that cannot be read stays as it is.
func (s *Store) maskEvents(ctx context.Context, writes []write, changes []callback.Change) error {
	var places []int32
	var tenants, ids []string
	var revisions []int64
	for i := range writes {
		if w := &writes[i]; changes[i].MaskEvents && w.fault == nil && w.op == opReplace {
			places, tenants, ids = append(places, int32(i)), append(tenants, w.tenant), append(ids, w.id)
			revisions = append(revisions, w.revision)
		}
	}
	if len(places) == 0 {
		return nil
	}
	return s.read(ctx, func(ctx context.Context) error {
		for _, i := range places {
			writes[i].masked = nil
		}
		rows, err := s.db.Query(ctx, s.sql.bodies, places, tenants, ids, revisions)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var i int32
			var old maskedEvent
			var e callback.Event
			if err := rows.Scan(&i, &old.seq, &old.body); err != nil {
				return err
			}
			if record.DecodeEvent(old.body, &e) != nil || e.Detail == "" {
				continue
			}
			e.Detail = ""
			if old.body, err = record.AppendEvent(nil, &e); err != nil {
				return err
			}
			writes[i].masked = append(writes[i].masked, old)
		}
		return rows.Err()
	})
}

// masks returns the last parameters of applyMasked, or nil when no write of the
// batch masks events.
func (b *batch) masks() []any {
	var changes []int32
	var tenants, ids []string
	var seqs []int64
	var bodies [][]byte
	for n, w := range b.writes {
		for _, e := range w.masked {
			changes, tenants, ids = append(changes, int32(n+1)), append(tenants, w.tenant), append(ids, w.id)
			seqs, bodies = append(seqs, e.seq), append(bodies, e.body)
		}
	}
	if changes == nil {
		return nil
	}
	return []any{changes, tenants, ids, seqs, bodies}
}
