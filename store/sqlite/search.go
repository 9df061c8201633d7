package sqlite

import (
	"context"
	"math"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Search returns one page of the matching callbacks in the order asked for,
// with ties ordered by ID; a descending search reverses both. A callback
// without the time that orders the search comes before those that have it.
// Damaged records are omitted.
//
// A query with IDs, a number, a customer, an external ID or lookup properties
// costs the number of callbacks with these values. Any other in the order of
// the desired time or of creation walks an index until the page is full. In
// another order it reads the queue, if Queued is the only state, or all
// callbacks of the tenant.
func (s *Store) Search(ctx context.Context, q store.Query) (store.Page, error) {
	if err := s.usable(ctx); err != nil {
		return store.Page{}, err
	}
	limit, err := store.CheckQuery(&q)
	if err != nil {
		return store.Page{}, err
	}
	mark, resumed, err := store.ParseCursor(q.After, q.Order, q.Desc)
	if err != nil {
		return store.Page{}, err
	}
	find := &search{
		secret: s.secret, query: &q, filter: store.NewFilter(&q), limit: limit, suspects: s.suspect,
	}
	var after *spot
	if resumed {
		after = &spot{at: floor(mark.Last.QueuedAt), id: mark.Last.ID}
		find.bounded, find.end = !q.Desc, floor(mark.End)
	}
	if find.wide, err = s.wide(ctx, &q); err != nil {
		return store.Page{}, err
	}
	// Most pages need one query, which is consistent by itself.
	var whole bool
	err = s.reading(ctx, func() (err error) {
		whole, err = find.run(ctx, reader{store: s}, after, 1)
		return err
	})
	if err == nil && !whole {
		err = s.snapshot(ctx, func(from reader) error {
			_, err := find.run(ctx, from, after, math.MaxInt)
			return err
		})
	}
	if err != nil {
		return store.Page{}, err
	}
	if len(find.found) > limit && !resumed {
		if mark.End, err = store.EndOf(ctx, q, s.Search); err != nil {
			return store.Page{}, err
		}
	}
	return find.page(mark.End), nil
}

// wide reports whether a search has to read most of the table, which is many
// times faster without an index. The orders by last change and by queue have no
// index.
func (s *Store) wide(ctx context.Context, q *store.Query) (bool, error) {
	if q.Order != callback.ByUpdated && q.Order != callback.ByQueue || len(q.States) == 1 && q.States[0] == callback.Queued ||
		!q.DesiredFrom.IsZero() || !q.DesiredTo.IsZero() || !q.CreatedFrom.IsZero() || !q.CreatedTo.IsZero() {
		return false, nil
	}
	var own, all int64
	err := s.rows(ctx, func(row []any) error {
		sc := scanner{values: row}
		own, all = sc.integer(), sc.integer()
		return nil
	}, "SELECT ifnull(sum(iif(tenant = ?, n, 0)), 0), ifnull(sum(n), 0) FROM tallies", q.Tenant)
	return own > all/8, err
}

// spot is a place in the order of a search.
type spot struct {
	at instant
	id callback.ID
}

// search is a search in progress.
type search struct {
	secret   *secret
	query    *store.Query
	filter   *store.Filter
	limit    int
	bounded  bool    // the search ends at end
	end      instant // none: before all that have the time of the order
	wide     bool    // read the whole table instead of an index
	suspects func(cb int64)

	found  []*callback.Callback
	places []spot // the place of each callback in found
}

// page returns the result without the extra callback, which only shows that
// another page follows. end is the end of the search.
func (f *search) page(end time.Time) store.Page {
	p := store.Page{Callbacks: f.found}
	if len(f.found) > f.limit {
		last := f.places[f.limit-1]
		p.Callbacks = f.found[:f.limit]
		p.Next = store.FormatCursor(f.query.Order, f.query.Desc, store.Mark{Last: store.Place{QueuedAt: last.at.Time(), ID: last.id}, End: end})
	}
	return p
}

// run collects up to limit+1 callbacks and reports whether it has finished.
// Because some conditions are checked on the records only, it reads in
// portions, at most a number of them. The first has the size of the page; later
// ones grow.
func (f *search) run(ctx context.Context, from reader, after *spot, most int) (whole bool, err error) {
	f.found, f.places = nil, nil
	portion := f.limit + 1
	const largest = 5000
	for todo := lanes(after, f.query.Desc); len(todo) > 0; most-- {
		if most == 0 {
			return false, nil
		}
		last, n, err := f.portion(ctx, from, todo[0], portion)
		switch {
		case err != nil || len(f.found) > f.limit:
			return true, err
		case n < portion:
			todo = todo[1:]
		default:
			todo = lanes(last, f.query.Desc)
			portion = min(largest, 2*portion)
		}
	}
	return true, nil
}

// lane is the part of an order in which all callbacks have a time, or none has.
// SQLite can seek in an index within a lane, but not across both.
type lane struct {
	all   bool // both lanes
	timed bool
	after *spot
}

// lanes returns the lanes after a place.
func lanes(after *spot, desc bool) []lane {
	switch {
	case after == nil:
		return []lane{{all: true}}
	case desc && after.at != none:
		return []lane{{timed: true, after: after}, {}}
	case desc:
		return []lane{{after: after}}
	case after.at == none:
		return []lane{{after: after}, {timed: true}}
	}
	return []lane{{timed: true, after: after}}
}

// text returns the query for the next n callbacks in a lane.
func (f *search) text(l lane, n int) (text string, args []any) {
	w := f.where()
	column := "c." + sqlkit.OrderColumn(f.query.Order)
	w.lane(l, column, f.query.Desc)
	switch {
	case !f.bounded:
	case f.end == none:
		w.add(column + " IS NULL")
	case l.timed:
		w.add(column+" <= ?", int64(f.end))
	}
	direction := ""
	if f.query.Desc {
		direction = " DESC"
	}
	text = "SELECT " + recordColumns + ", " + column + " FROM callbacks c" + w.text() +
		" ORDER BY " + column + direction + ", c.id" + direction + " " + limited
	return text, append(w.args, n)
}

// portion reads callbacks and keeps those that match. It returns the place of
// the last one read and their number.
func (f *search) portion(ctx context.Context, from reader, l lane, n int) (last *spot, read int, err error) {
	text, args := f.text(l, n)
	err = each(ctx, from, func(row []any) error {
		read++
		at, _ := row[recordWidth].(int64)
		id, _ := row[2].(string)
		last = &spot{at: instant(at), id: callback.ID(id)}
		if row[recordWidth] == nil {
			last.at = none
		}
		if len(f.found) <= f.limit {
			f.keep(row[:recordWidth], *last)
		}
		return nil
	}, text, args...)
	return last, read, err
}

func (f *search) keep(row []any, at spot) {
	r, c, err := readRow(row)
	switch {
	case err != nil:
		f.suspects(r.cb)
	case c.Tenant == f.query.Tenant && f.filter.Match(c):
		f.found, f.places = append(f.found, c), append(f.places, at)
	}
}
