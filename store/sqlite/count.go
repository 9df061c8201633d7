package sqlite

import (
	"context"

	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// Count returns the number of matching callbacks by tenant, service, priority
// and state, in this order. A query with conditions on these only reads one
// short row per group. Records that were set aside are not counted. If the
// query depends on the contents of records, damaged ones are not counted
// either.
func (s *Store) Count(ctx context.Context, q store.Query) ([]store.Group, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	f := &search{secret: s.secret, query: &q, filter: store.NewFilter(&q)}
	w := f.where()
	var g sqlkit.Groups
	add := func(row []any) error {
		if of, ok := scanGroup(row); ok && f.filter.MatchGroup(&of) {
			g.Add(of)
		}
		return nil
	}
	var err error
	switch {
	case f.filter.Grouped() && q.AllTenants:
		err = s.rows(ctx, add, tallied)
	case f.filter.Grouped():
		err = s.rows(ctx, add, tallied+" WHERE tenant = ?", q.Tenant)
	case w.exact:
		w.add("c.fault IS NULL")
		err = s.rows(ctx, add, "SELECT c.tenant, c.service, c.priority, c.state, count(*), sum(c.state = 'QUEUED' AND c.ready) FROM callbacks c"+
			w.text()+" GROUP BY c.tenant, c.service, c.priority, c.state", w.args...)
	default:
		err = s.countRecords(ctx, f, w, &g)
	}
	if err != nil {
		return nil, err
	}
	return g.Sorted(), nil
}

// tallied reads the counts that the writer maintains.
const tallied = "SELECT tenant, service, priority, state, n, ready FROM tallies"

// countRecords decodes and counts records.
func (s *Store) countRecords(ctx context.Context, f *search, w *where, g *sqlkit.Groups) error {
	return s.rows(ctx, func(row []any) error {
		r, c, err := readRow(row)
		switch {
		case err != nil:
			s.suspect(r.cb)
		case f.filter.Match(c):
			g.Count(c)
		}
		return nil
	}, "SELECT "+recordColumns+" FROM callbacks c"+w.text(), w.args...)
}

// scanGroup reads a row of tenant, service, priority, state, number and number
// of ready ones. ok is false if priority or state is invalid, or the number is
// zero.
func scanGroup(row []any) (of store.Group, ok bool) {
	s := scanner{values: row}
	of.Queue.Tenant, of.Queue.Service = s.text(), s.text()
	priority, ok := sqlkit.Priority(s.integer())
	state, known := stateNamed(s.text())
	of.Queue.Priority, of.State, of.N, of.Ready = priority, state, int(s.integer()), int(s.integer())
	return of, ok && known && of.N > 0
}
