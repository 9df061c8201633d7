package postgres

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// Load returns the counters in the range that are above zero and whose window
// has not ended, ordered by Slot, then Name, then Subject.
func (s *Store) Load(ctx context.Context, now time.Time, req callback.LoadRequest) ([]callback.Counter, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sql, args := s.sql.load, []any{req.Tenant, req.Service, string(req.Kind), req.From, req.To, req.Name, now}
	if len(req.Subjects) > 0 {
		sql, args = s.sql.loadOf, append(args, req.Subjects)
	}
	var counters []callback.Counter
	err := s.read(ctx, func(ctx context.Context) error {
		counters = nil
		rows, err := s.db.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c := callback.Counter{Key: callback.PermitKey{Kind: req.Kind, Service: req.Service}}
			var ends pgtype.Timestamptz
			var parts []int64
			if err := rows.Scan(&c.Key.Name, &c.Key.Subject, &c.Key.Slot, &c.Used, &ends, &parts); err != nil {
				return err
			}
			c.Ends = instant(ends)
			if len(parts) > 1 {
				count := partsOf(parts).At(now)
				c.Used, c.Ends = count.Used(), count.First()
			}
			counters = append(counters, c)
		}
		return rows.Err()
	})
	return counters, err
}

// partsOf reads the column parts.
func partsOf(pairs []int64) (parts store.Parts) {
	for pair := range slices.Chunk(pairs, 2) {
		parts = append(parts, store.Part{Ends: pair[0], N: pair[len(pair)-1]})
	}
	return parts
}

// sweeper removes counters whose windows have ended, so that they cannot pile
// up.
type sweeper struct {
	mu   sync.Mutex
	last time.Time
}

const sweepEvery = 10 * time.Second

// sweep removes some, now and then. What is left is as good as gone.
func (s *Store) sweep(ctx context.Context, now time.Time) {
	s.sweeper.mu.Lock()
	rests := now.Sub(s.sweeper.last).Abs() < sweepEvery
	if !rests {
		s.sweeper.last = now
	}
	s.sweeper.mu.Unlock()
	if rests {
		return
	}
	// The next sweep takes what this one leaves.
	_, _ = s.db.Exec(ctx, s.sql.sweep, now)
}
