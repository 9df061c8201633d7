package sqlite

import (
	"context"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

const eventColumns = "e.pos, e.tenant, (SELECT k.id FROM ids k WHERE k.cb = e.cb), e.seq, e.type, e.body"

// Events returns the history of one callback, or the feed after a cursor. The
// feed is the order of the commits. A cursor that this store did not give is an
// error that is callback.ErrInvalidParameter. An event that cannot be read is
// there with its type and number, and says so in its Detail.
//
// The feed of one tenant reads past the events of the others.
func (s *Store) Events(ctx context.Context, q store.EventQuery) (store.EventPage, error) {
	if err := s.usable(ctx); err != nil {
		return store.EventPage{}, err
	}
	limit, err := store.CheckEvents(&q)
	if err != nil {
		return store.EventPage{}, err
	}
	// Positions are given in the order of the commits: up to here all is there.
	end := int64(0)
	err = s.rows(ctx, func(row []any) error {
		end, _ = row[0].(int64)
		return nil
	}, "SELECT max(pos) FROM events")
	if err != nil {
		return store.EventPage{}, err
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
		last = end // nothing that is asked for lies before it
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

// scanEvent reads eventColumns. It reports whether the event has a callback.
func scanEvent(row []any) (e callback.Event, pos int64, ok bool) {
	s := scanner{values: row}
	pos = s.integer()
	e.Tenant, e.Callback, e.Seq, e.Type = s.text(), callback.ID(s.note()), s.integer(), callback.EventType(s.text())
	sqlkit.DecodeEvent(s.blob(), &e)
	e.Cursor = store.FormatFeed(pos)
	return e, pos, e.Callback != ""
}
