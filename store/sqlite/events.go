package sqlite

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

const eventColumns = "e.pos, e.tenant, (SELECT k.id FROM ids k WHERE k.cb = e.cb), e.seq, e.type, e.body"

// Events returns the history of one callback, or the feed after a cursor. The
// feed has the order of the commits. An invalid cursor gives a
// [callback.FieldError]. An event that cannot be decoded is returned with its
// type and number and a Detail that says so.
//
// The feed of one tenant reads over the events of others.
func (s *Store) Events(ctx context.Context, q store.EventQuery) (store.EventPage, error) {
	if err := s.usable(ctx); err != nil {
		return store.EventPage{}, err
	}
	limit, err := store.CheckEvents(&q)
	if err != nil {
		return store.EventPage{}, err
	}
	// Positions are assigned in the order of the commits: the feed is complete
	// up to end.
	end := int64(0)
	err = s.rows(ctx, func(row []any) error {
		end, _ = row[0].(int64)
		return nil
	}, "SELECT max(pos) FROM events")
	if err != nil {
		return store.EventPage{}, err
	}
	if q.End {
		return store.EventPage{Next: store.FormatFeed(end)}, nil
	}
	after, err := store.ParseFeed(q.After, end)
	if err != nil {
		return store.EventPage{}, err
	}
	query, args := feedQuery(&q, after, end, limit)
	page := store.EventPage{}
	last, n := after, 0
	err = s.rows(ctx, func(row []any) error {
		n++
		e, pos, ok := scanEvent(row)
		last = pos
		if ok {
			page.Events = append(page.Events, e)
		}
		return nil
	}, query, args...)
	if err != nil {
		return store.EventPage{}, err
	}
	if q.Callback == "" && n < limit {
		last = end // no matching event lies before it
	}
	page.Next = store.FormatFeed(last)
	return page, nil
}

func feedQuery(q *store.EventQuery, after, end int64, limit int) (query string, args []any) {
	const of = "SELECT " + eventColumns + " FROM events e WHERE "
	switch {
	case q.Callback != "":
		query = of + "e.cb = (SELECT i.cb FROM ids i WHERE i.tenant = ? AND i.id = ?) AND +e.pos > ? AND +e.pos <= ? ORDER BY e.seq " + limited
		args = []any{q.Tenant, string(q.Callback)}
	case q.AllTenants:
		query = of + "e.pos > ? AND e.pos <= ? ORDER BY e.pos " + limited
	default:
		query = of + "e.tenant = ? AND e.pos > ? AND e.pos <= ? ORDER BY e.pos " + limited
		args = []any{q.Tenant}
	}
	return query, append(args, after, end, limit)
}

// scanEvent reads eventColumns. ok is false if the event has no callback.
func scanEvent(row []any) (e callback.Event, pos int64, ok bool) {
	s := scanner{values: row}
	pos = s.integer()
	e.Tenant, e.Callback, e.Seq, e.Type = s.text(), callback.ID(s.note()), s.integer(), callback.EventType(s.text())
	sqlkit.DecodeEvent(s.blob(), &e)
	e.Cursor = store.FormatFeed(pos)
	return e, pos, e.Callback != ""
}
