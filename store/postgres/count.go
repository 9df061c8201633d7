package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// Count groups the callbacks that match by tenant, service, priority and state,
// and orders the groups by these. All that is Queued is counted from a table of
// its own, which is what a Manager asks at every tick; other counts read every
// row that matches. Callbacks whose record cannot be read are counted only
// where no condition needs it.
func (s *Store) Count(ctx context.Context, q callback.Query) ([]callback.Group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := whereOf(&q)
	sql := "SELECT tenant, service, priority, state, count(*), count(*) FILTER (WHERE state = 'QUEUED' AND ready) FROM " + s.sql.callbacks +
		" WHERE " + w.String() + " GROUP BY tenant, service, priority, state"
	args, scan := w.args, scanGroups
	switch {
	case w.partial:
		sql = "SELECT " + columns + " FROM " + s.sql.callbacks + " WHERE " + w.String()
		filter := store.NewFilter(&q)
		scan = func(rows pgx.Rows) ([]callback.Group, error) { return sumRows(rows, filter) }
	case onlyQueued(&q, w):
		sql, args = s.sql.queued, []any{q.AllTenants, q.Tenant}
	}
	var groups []callback.Group
	err := s.read(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		groups, err = scan(rows)
		return err
	})
	slices.SortFunc(groups, func(a, b callback.Group) int {
		return cmp.Or(strings.Compare(a.Queue.Tenant, b.Queue.Tenant), strings.Compare(a.Queue.Service, b.Queue.Service),
			cmp.Compare(a.Queue.Priority, b.Queue.Priority), cmp.Compare(a.State, b.State))
	})
	return groups, err
}

// onlyQueued reports whether a query asks for all that is Queued and for nothing
// else.
func onlyQueued(q *callback.Query, w *where) bool {
	base := 2
	if q.AllTenants {
		base--
	}
	return len(q.States) == 1 && q.States[0] == callback.Queued && len(w.conditions) == base+1
}

func scanGroups(rows pgx.Rows) ([]callback.Group, error) {
	var groups []callback.Group
	for rows.Next() {
		var g callback.Group
		var priority pgtype.Int2
		var tenant, service, state pgtype.Text
		if err := rows.Scan(&tenant, &service, &priority, &state, &g.N, &g.Ready); err != nil {
			return nil, err
		}
		parsed, err := callback.ParseState(state.String)
		if err != nil || !service.Valid || !priority.Valid || !knownPriority(priority.Int16) {
			// These cannot be read, and searches leave them out, too.
			continue
		}
		g.Queue = callback.QueueKey{Tenant: tenant.String, Service: service.String, Priority: scheduler.Priority(priority.Int16)}
		g.State = parsed
		groups = append(groups, g)
	}
	return groups, rows.Err()
}

// sumRows counts rows one by one, for conditions that the database does not
// check.
func sumRows(rows pgx.Rows, filter *store.Filter) ([]callback.Group, error) {
	type key struct {
		queue callback.QueueKey
		state callback.State
	}
	at := make(map[key]int)
	var groups []callback.Group
	for rows.Next() {
		c, err := scanCallback(rows)
		var damaged *DamagedError
		switch {
		case errors.As(err, &damaged):
			continue
		case err != nil:
			return nil, err
		case !filter.Match(c):
			continue
		}
		k := key{callback.QueueKey{Tenant: c.Tenant, Service: c.Service, Priority: c.Priority}, c.State}
		i, known := at[k]
		if !known {
			i = len(groups)
			at[k] = i
			groups = append(groups, callback.Group{Queue: k.queue, State: k.state})
		}
		groups[i].N++
		if c.State == callback.Queued && c.Ready {
			groups[i].Ready++
		}
	}
	return groups, rows.Err()
}
