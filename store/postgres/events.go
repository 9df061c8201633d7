package postgres

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Events returns the history of one callback, or the feed after a cursor. A
// cursor that this store did not give is [callback.ErrInvalidParameter].
//
// Places in the feed are given while transactions are under way, and these
// commit in any order. The feed therefore ends before the first place that a
// transaction may still fill: usually for milliseconds, but behind a
// transaction that stays open for long it waits as long. Transactions of other
// tables and databases of the server count as well. The history of one callback
// never waits.
func (s *Store) Events(ctx context.Context, q callback.EventQuery) (callback.EventPage, error) {
	if err := ctx.Err(); err != nil {
		return callback.EventPage{}, err
	}
	limit, err := store.CheckEvents(&q)
	if err != nil {
		return callback.EventPage{}, err
	}
	if q.End {
		// Changes that are under way may have places on either side of this one.
		var last int64
		if err := s.read(ctx, func(ctx context.Context) error { return s.db.QueryRow(ctx, s.sql.lastPlace).Scan(&last) }); err != nil {
			return callback.EventPage{}, err
		}
		return callback.EventPage{Next: store.FormatFeed(last)}, nil
	}
	after, err := store.ParseFeed(q.After, math.MaxInt64)
	if err != nil {
		return callback.EventPage{}, err
	}
	var events []callback.Event
	err = s.read(ctx, func(ctx context.Context) error {
		if q.Callback != "" {
			events, err = s.history(ctx, &q, after, limit)
		} else {
			events, err = s.settled(ctx, &q, after, limit)
		}
		if err == nil && len(events) == 0 && after > 0 {
			err = s.checkReached(ctx, after)
		}
		return err
	})
	if err != nil {
		return callback.EventPage{}, err
	}
	next := store.FormatFeed(after)
	if len(events) > 0 {
		next = events[len(events)-1].Cursor
	}
	return callback.EventPage{Events: events, Next: next}, nil
}

func (s *Store) history(ctx context.Context, q *callback.EventQuery, after int64, limit int) ([]callback.Event, error) {
	rows, err := s.db.Query(ctx, s.sql.history, [16]byte(keyOf(q.Tenant, string(q.Callback))), after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return scanEvents(rows, nil)
}

// snapshot is what a statement knows of other transactions: those below xmin
// are over, those from next on began to write after it had looked. The xmax of
// the server's own snapshots would not do for next: they take no notice of
// transactions that began after the last one that has ended. So the statement
// takes a number of its own, which costs no write.
type snapshot struct{ xmin, next int64 }

// patience is how long a reader of the feed waits for the transactions that it
// found under way.
const patience = 2 * time.Second

// settled reads the feed up to the place before which nothing can appear any
// more. All places up to that of an event that we see were given before we
// looked, to transactions that had their number before us: once they are over,
// all that will ever be there is.
func (s *Store) settled(ctx context.Context, q *callback.EventQuery, after int64, limit int) ([]callback.Event, error) {
	events, saw, err := s.feedUpTo(ctx, q, after, math.MaxInt64, limit)
	if err != nil || len(events) == 0 || saw.xmin >= saw.next {
		return events, err
	}
	last := placeOf(events[len(events)-1])
	target := saw.next
	s.feed.note(last, target)
	for begun, wait := time.Now(), firstWait; time.Since(begun) < patience; wait = min(2*wait, lastWait) {
		if !pause(ctx, wait) {
			return nil, ctx.Err()
		}
		events, saw, err = s.feedUpTo(ctx, q, after, last, limit)
		if err != nil || saw.xmin >= target {
			return events, err
		}
	}
	return s.known(ctx, q, after, s.feed.settled(saw.xmin), limit)
}

// known reads what an earlier reader has already found settled.
func (s *Store) known(ctx context.Context, q *callback.EventQuery, after, last int64, limit int) ([]callback.Event, error) {
	if last <= after {
		return nil, nil
	}
	events, _, err := s.feedUpTo(ctx, q, after, last, limit)
	return events, err
}

func (s *Store) feedUpTo(ctx context.Context, q *callback.EventQuery, after, last int64, limit int) ([]callback.Event, snapshot, error) {
	var saw snapshot
	rows, err := s.db.Query(ctx, s.sql.events, after, last, q.AllTenants, q.Tenant, limit)
	if err != nil {
		return nil, saw, err
	}
	defer rows.Close()
	events, err := scanEvents(rows, &saw)
	return events, saw, err
}

func scanEvents(rows pgx.Rows, saw *snapshot) ([]callback.Event, error) {
	var events []callback.Event
	for rows.Next() {
		var e callback.Event
		var place int64
		var at pgtype.Timestamptz
		var id, kind string
		var body []byte
		into := []any{&place, &e.Tenant, &id, &e.Seq, &kind, &at, &body}
		if saw != nil {
			into = append(into, &saw.xmin, &saw.next)
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		e.Callback, e.Type, e.Cursor = callback.ID(id), callback.EventType(kind), store.FormatFeed(place)
		sqlkit.DecodeEvent(body, &e)
		e.At = instant(at)
		events = append(events, e)
	}
	return events, rows.Err()
}

// checkReached refuses a place that the feed has not come to.
func (s *Store) checkReached(ctx context.Context, after int64) error {
	var last int64
	if err := s.db.QueryRow(ctx, s.sql.lastPlace).Scan(&last); err != nil {
		return err
	}
	_, err := store.ParseFeed(store.FormatFeed(after), last)
	return err
}

func placeOf(e callback.Event) int64 {
	place, _ := store.ParseFeed(e.Cursor, math.MaxInt64)
	return place
}

// watermark remembers up to which place the feed will be complete when the
// transactions before a given one are over.
type watermark struct {
	mu      sync.Mutex
	done    int64
	waiting []mark
}

type mark struct{ place, next int64 }

// most bounds what is remembered; a mark more is left out.
const mostMarks = 1024

func (w *watermark) note(place, next int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.waiting); n < mostMarks && (n == 0 || place > w.waiting[n-1].place) {
		w.waiting = append(w.waiting, mark{place, next})
	}
}

// settled returns the last place that is complete, now that the transactions
// below xmin are over.
func (w *watermark) settled(xmin int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.waiting[:0]
	for _, m := range w.waiting {
		if m.next <= xmin {
			w.done = max(w.done, m.place)
		} else {
			rest = append(rest, m)
		}
	}
	w.waiting = rest
	return w.done
}
