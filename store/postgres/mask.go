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
	var masking []*write
	var places []int32
	for i := range writes {
		if w := &writes[i]; changes[i].MaskEvents && w.fault == nil && w.op == opReplace {
			masking, places = append(masking, w), append(places, int32(len(masking)))
		}
	}
	if len(masking) == 0 {
		return nil
	}
	b := batch{writes: masking}
	args := []any{places, b.keys(), column(&b, func(w *write) int64 { return w.revision })}
	return s.read(ctx, func(ctx context.Context) error {
		for _, w := range masking {
			w.masked, w.maskedFirst = nil, nil
		}
		rows, err := s.db.Query(ctx, s.sql.bodies, args...)
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
			if w := masking[i]; old.seq == 1 {
				w.maskedFirst = old.body
			} else {
				w.masked = append(w.masked, old)
			}
		}
		return rows.Err()
	})
}

// maskedFirst are the first events without their texts, or nil when none is
// masked.
func (b *batch) maskedFirst() any {
	for _, w := range b.writes {
		if w.maskedFirst != nil {
			return column(b, func(w *write) []byte { return w.maskedFirst })
		}
	}
	return nil
}

// masks returns the last parameters of applyMasked, or nil when no write of the
// batch masks events that have rows of their own.
func (b *batch) masks() []any {
	var changes []int32
	var keys [][16]byte
	var seqs []int64
	var bodies [][]byte
	for n, w := range b.writes {
		for _, e := range w.masked {
			changes, keys, seqs, bodies = append(changes, int32(n+1)), append(keys, w.k), append(seqs, e.seq), append(bodies, e.body)
		}
	}
	if changes == nil {
		return nil
	}
	return []any{changes, keys, seqs, bodies}
}
