package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// Search returns one page of the callbacks that match, in the order asked for,
// ties broken by ID; a descending search reverses both. Callbacks that cannot be
// read are left out. A malformed query or a cursor of another search is
// [callback.ErrInvalidParameter].
//
// Within a tenant, IDs, numbers, customer, external ID, search values and the
// default order have indexes; other orders sort all that match, and so do many
// callbacks of exactly one desired time. Of all tenants, IDs have none. Conditions
// on properties, caller, pool and personal agent are checked row by row.
func (s *Store) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	if err := ctx.Err(); err != nil {
		return callback.Page{}, err
	}
	limit, err := store.CheckQuery(&q)
	if err != nil {
		return callback.Page{}, err
	}
	mark, resumed, err := store.ParseCursor(q.After, q.Order, q.Desc)
	if err != nil {
		return callback.Page{}, err
	}
	walk := &walk{query: &q, filter: store.NewFilter(&q), want: limit + 1}
	if resumed {
		walk.last, walk.mark = &mark.Last, &mark
	}
	for chunk := limit + 1; len(walk.found) < walk.want && !walk.over; chunk = min(4*chunk, 4*store.MaxSearch) {
		if err := s.read(ctx, func(ctx context.Context) error { return s.step(ctx, walk, chunk) }); err != nil {
			return callback.Page{}, err
		}
	}
	page := callback.Page{Callbacks: walk.found}
	if len(page.Callbacks) > limit {
		page.Callbacks = page.Callbacks[:limit]
		if !resumed {
			if mark.End, err = store.EndOf(ctx, q, s.Search); err != nil {
				return callback.Page{}, err
			}
		}
		mark.Last = walk.places[limit-1]
		page.Next = store.FormatCursor(q.Order, q.Desc, mark)
	}
	return page, nil
}

// walk goes through the rows that may match, a chunk at a time.
type walk struct {
	query  *callback.Query
	filter *store.Filter
	want   int
	found  []*callback.Callback
	places []store.Place // of what was found
	last   *store.Place  // the place behind which the next chunk begins
	mark   *store.Mark   // of the page before; nil for the first
	over   bool
}

// step reads a chunk. It changes the walk only when all of it was read.
func (s *Store) step(ctx context.Context, w *walk, chunk int) error {
	sql, args := s.pageOf(w.query, w.last, w.mark, chunk)
	rows, err := s.db.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var found []*callback.Callback
	var places []store.Place
	last, n := w.last, 0
	for rows.Next() {
		n++
		var at pgtype.Timestamptz
		c, err := scanCallback(rows, &at)
		var damaged *record.DamagedError
		if errors.As(err, &damaged) {
			// It is left out, and not in the way of those behind it.
			if at.Valid {
				last = &store.Place{QueuedAt: instant(at), ID: damaged.ID}
			}
			continue
		}
		if err != nil {
			return err
		}
		last = &store.Place{QueuedAt: instant(at), ID: c.ID}
		if len(w.found)+len(found) < w.want && w.filter.Match(c) {
			found, places = append(found, c), append(places, *last)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	w.found, w.places = append(w.found, found...), append(w.places, places...)
	// A chunk in which nothing had a place leads nowhere.
	w.over = n < chunk || last == w.last
	w.last = last
	return nil
}

// pageOf is the statement of one chunk.
func (s *Store) pageOf(q *callback.Query, last *store.Place, mark *store.Mark, chunk int) (string, []any) {
	w := whereOf(q)
	column, direction, beyond := orderColumn(q.Order), "", ">"
	if q.Desc {
		direction, beyond = " DESC", "<"
	}
	if last != nil {
		w.conditions = append(w.conditions, "("+column+", "+idText+") "+beyond+" ("+w.arg(place(last.QueuedAt))+", "+w.arg(string(last.ID))+")")
	}
	if mark != nil && !q.Desc {
		w.conditions = append(w.conditions, column+" <= "+w.arg(place(mark.End)))
	}
	from := s.sql.callbacks + " WHERE " + w.String()
	if w.named {
		// The planner has no statistics of what identifies people, and must not
		// walk the index of the order in search of a few rows.
		from = "named"
	}
	sql := "SELECT " + columns + ", " + column + " FROM " + from + " ORDER BY " + column + direction + ", " + idText + direction + " LIMIT " + w.arg(chunk)
	if w.named {
		sql = "WITH named AS MATERIALIZED (SELECT * FROM " + s.sql.callbacks + " WHERE " + w.String() + ") " + sql
	}
	return sql, w.args
}

// orderColumn is what a search is ordered by. What has no time comes first.
func orderColumn(order callback.OrderBy) string {
	switch order {
	case callback.ByUpdated:
		return "coalesce(updated, created)"
	case callback.ByQueue:
		return "coalesce(queued_at, '-infinity')"
	}
	return sqlkit.OrderColumn(order)
}
