package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// Count groups the callbacks that match by tenant, service, priority and state,
// and orders the groups by these. A query of nothing but tenants, services,
// states and priorities reads one short row per group, however many callbacks
// there are. Records that were set aside are left out; so are others that cannot
// be read, where the query needs what is in them.
func (s *Store) Count(ctx context.Context, q store.Query) ([]store.Group, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	f := &search{secret: s.secret, query: &q}
	w := f.where()
	g := &groups{}
	var err error
	switch {
	case onlyGroups(&q):
		err = s.tallied(ctx, &q, g)
	case w.exact:
		w.add("c.fault IS NULL")
		err = s.rows(ctx, g.add, "SELECT c.tenant, c.service, c.priority, c.state, count(*), sum(c.state = 'QUEUED' AND c.ready) FROM callbacks c"+
			w.text()+" GROUP BY c.tenant, c.service, c.priority, c.state", w.args...)
	default:
		err = s.countRecords(ctx, &q, w, g)
	}
	if err != nil {
		return nil, err
	}
	return g.sorted(), nil
}

// onlyGroups reports whether a query asks for nothing that callbacks of one
// group differ in.
func onlyGroups(q *store.Query) bool {
	return len(q.IDs) == 0 && len(q.Reasons) == 0 && len(q.SearchValues) == 0 && len(q.Properties) == 0 &&
		q.Number == "" && q.CustomerID == "" && q.ExternalID == "" && q.CallerID == "" && q.AppPool == "" && q.Personal == "" &&
		q.DesiredFrom.IsZero() && q.DesiredTo.IsZero() && q.CreatedFrom.IsZero() && q.CreatedTo.IsZero() &&
		q.EndedFrom.IsZero() && q.EndedTo.IsZero() && q.QueuedBefore == nil
}

// tallied reads what the writer has counted.
func (s *Store) tallied(ctx context.Context, q *store.Query, g *groups) error {
	query, args := "SELECT tenant, service, priority, state, n, ready FROM tallies", []any(nil)
	if !q.AllTenants {
		query, args = query+" WHERE tenant = ?", append(args, q.Tenant)
	}
	g.wanted = func(of *store.Group) bool {
		return anyOf(q.Services, of.Queue.Service) && anyOf(q.Priorities, of.Queue.Priority) &&
			anyOf(q.States, of.State) && !slices.Contains(q.NotStates, of.State)
	}
	return s.rows(ctx, g.add, query, args...)
}

func anyOf[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// countRecords counts what only the records can tell.
func (s *Store) countRecords(ctx context.Context, q *store.Query, w *where, g *groups) error {
	filter := store.NewFilter(q)
	return s.rows(ctx, func(row []any) error {
		r, c, err := readRow(row)
		if err != nil {
			s.suspect(r.cb)
			return nil
		}
		if filter.Match(c) {
			g.one(c)
		}
		return nil
	}, "SELECT "+recordColumns+" FROM callbacks c"+w.text(), w.args...)
}

// groups collects counts.
type groups struct {
	all    []store.Group
	places map[store.Group]int // of groups without numbers
	wanted func(*store.Group) bool
}

// add takes a row of tenant, service, priority, state, number and how many of
// them are ready. Groups of what is no priority or no state cannot be read.
func (g *groups) add(row []any) error {
	s := scanner{values: row}
	var of store.Group
	of.Queue.Tenant, of.Queue.Service = s.text(), s.text()
	priority := s.integer()
	of.Queue.Priority = priorityOf(priority)
	state, known := stateNamed(s.text())
	of.State, of.N, of.Ready = state, int(s.integer()), int(s.integer())
	if known && isPriority(priority) && of.N > 0 && (g.wanted == nil || g.wanted(&of)) {
		g.all = append(g.all, of)
	}
	return nil
}

// one counts a callback.
func (g *groups) one(c *callback.Callback) {
	key := store.Group{Queue: callback.QueueKey{Tenant: c.Tenant, Service: c.Service, Priority: c.Priority}, State: c.State}
	i, ok := g.places[key]
	if !ok {
		if g.places == nil {
			g.places = make(map[store.Group]int)
		}
		i = len(g.all)
		g.places[key] = i
		g.all = append(g.all, key)
	}
	g.all[i].N++
	if c.State == callback.Queued && c.Ready {
		g.all[i].Ready++
	}
}

func (g *groups) sorted() []store.Group {
	slices.SortFunc(g.all, func(a, b store.Group) int {
		return cmp.Or(strings.Compare(a.Queue.Tenant, b.Queue.Tenant), strings.Compare(a.Queue.Service, b.Queue.Service),
			cmp.Compare(a.Queue.Priority, b.Queue.Priority), cmp.Compare(a.State, b.State))
	})
	return g.all
}
