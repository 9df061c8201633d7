package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
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
	w, filter := whereOf(&q), store.NewFilter(&q)
	sql := "SELECT tenant, service, priority, state, count(*), count(*) FILTER (WHERE state = 2 AND ready) FROM " + s.sql.callbacks +
		" WHERE " + w.String() + " GROUP BY tenant, service, priority, state"
	args, scan := w.args, scanGroups
	switch {
	case w.partial:
		sql = "SELECT " + columns + " FROM " + s.sql.callbacks + " WHERE " + w.String()
		scan = func(rows pgx.Rows, g *sqlkit.Groups) error { return sumRows(rows, filter, g) }
	case filter.Grouped() && onlyQueued(&q):
		sql, args = s.sql.queued, []any{q.AllTenants, q.Tenant}
	}
	var groups sqlkit.Groups
	err := s.read(ctx, func(ctx context.Context) error {
		groups = sqlkit.Groups{}
		rows, err := s.db.Query(ctx, sql, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		return scan(rows, &groups)
	})
	if err != nil {
		return nil, err
	}
	return groups.Sorted(), nil
}

// onlyQueued reports whether a query whose conditions are those of groups asks
// for all that is Queued.
func onlyQueued(q *callback.Query) bool {
	return len(q.States) == 1 && q.States[0] == callback.Queued && len(q.Services)+len(q.Priorities)+len(q.NotStates) == 0
}

func scanGroups(rows pgx.Rows, groups *sqlkit.Groups) error {
	for rows.Next() {
		var g callback.Group
		var priority, state pgtype.Int2
		var tenant, service pgtype.Text
		if err := rows.Scan(&tenant, &service, &priority, &state, &g.N, &g.Ready); err != nil {
			return err
		}
		g.State = callback.State(state.Int16)
		known, ok := sqlkit.Priority(priority.Int16)
		if state.Int16 < 1 || !g.State.Valid() || !service.Valid || !priority.Valid || !ok {
			// These cannot be read, and searches leave them out, too.
			continue
		}
		g.Queue = callback.QueueKey{Tenant: tenant.String, Service: service.String, Priority: known}
		groups.Add(g)
	}
	return rows.Err()
}

// sumRows counts rows one by one, for conditions that the database does not
// check.
func sumRows(rows pgx.Rows, filter *store.Filter, groups *sqlkit.Groups) error {
	for rows.Next() {
		c, err := scanCallback(rows)
		var damaged *record.DamagedError
		switch {
		case errors.As(err, &damaged):
			continue
		case err != nil:
			return err
		case filter.Match(c):
			groups.Count(c)
		}
	}
	return rows.Err()
}
