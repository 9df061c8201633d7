package sqlite

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// mostValues is the maximum number of values in a condition. Longer lists are
// compared with the records only.
const mostValues = 1000

// where collects the conditions of a query that columns can decide. The rows
// are a superset of the result.
type where struct {
	conditions []string
	args       []any
	// exact: the rows are the result.
	exact bool
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

func (w *where) text() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// places returns placeholders for n arguments.
func places(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// in adds a condition on a list, unless it is empty.
func in[T any](w *where, column string, list []T, value func(T) any) {
	switch {
	case len(list) == 0:
		return
	case len(list) > mostValues:
		w.exact = false
		return
	}
	args := make([]any, len(list))
	for i, v := range list {
		args[i] = value(v)
	}
	w.add(column+" IN ("+places(len(list))+")", args...)
}

// where returns the conditions of a search. The plus keeps SQLite from using an
// index of the tenant if there are exact values, or if the whole table is to be
// read.
func (f *search) where() *where {
	w := &where{exact: true}
	q := f.query
	named := w.named(f.secret, q)
	switch {
	case q.AllTenants:
	case named || f.wide:
		w.add("+c.tenant = ?", q.Tenant)
	default:
		w.add("c.tenant = ?", q.Tenant)
	}
	w.columns(q)
	return w
}

// named adds conditions on exact values and reports whether there are any.
func (w *where) named(secret *secret, q *store.Query) bool {
	before := len(w.conditions)
	if n := len(q.IDs); n > 0 && n <= mostValues && !q.AllTenants {
		args := []any{q.Tenant}
		for _, id := range q.IDs {
			args = append(args, string(id))
		}
		w.add("c.cb IN (SELECT k.cb FROM ids k WHERE k.tenant = ? AND k.id IN ("+places(n)+"))", args...)
	} else if n > 0 {
		w.exact = false
	}
	var terms []any
	for _, term := range []struct {
		kind  byte
		value string
	}{{digestNumber, q.Number}, {digestCustomer, q.CustomerID}, {digestExternal, q.ExternalID}} {
		if term.value != "" {
			terms = append(terms, secret.term(term.kind, q.Tenant, term.value))
		}
	}
	lookups := make([]any, len(q.SearchValues))
	for i, m := range q.SearchValues {
		lookups[i] = secret.term(digestLookup, q.Tenant, m.Key, m.Value)
	}
	w.exact = w.exact && len(terms)+len(lookups) == 0
	if q.AllTenants {
		return false // terms depend on the tenant
	}
	if n := len(lookups); n > 0 && n <= mostValues && q.AnySearchValue {
		w.add("c.cb IN (SELECT t.cb FROM terms t WHERE t.term IN ("+places(n)+"))", lookups...)
	} else if n > 0 && n <= mostValues {
		terms = append(terms, lookups...)
	}
	// A few narrow the result enough; all are compared with the records.
	for _, term := range terms[:min(len(terms), 20)] {
		w.add("c.cb IN (SELECT t.cb FROM terms t WHERE t.term = ?)", term)
	}
	return len(w.conditions) > before
}

// columns adds the conditions on columns.
func (w *where) columns(q *store.Query) {
	in(w, "c.service", q.Services, func(s string) any { return s })
	if len(q.States) == 1 && q.States[0] == callback.Queued {
		w.add("c.state = 'QUEUED'") // as a constant, which the index of queues requires
	} else {
		in(w, "c.state", q.States, func(s callback.State) any { return s.String() })
	}
	for _, s := range callback.States() {
		if slices.Contains(q.NotStates, s) {
			w.add("c.state <> ?", s.String())
		}
	}
	in(w, "c.priority", q.Priorities, func(p scheduler.Priority) any { return int64(p) })
	for _, bound := range []struct {
		condition string
		at        instant
	}{
		{"c.desired >= ?", ceil(q.DesiredFrom)}, {"c.desired <= ?", floor(q.DesiredTo)},
		{"c.created >= ?", ceil(q.CreatedFrom)}, {"c.created <= ?", floor(q.CreatedTo)},
		{"c.ended >= ?", ceil(q.EndedFrom)}, {"c.ended <= ?", floor(q.EndedTo)},
	} {
		if bound.at != none {
			w.add(bound.condition, int64(bound.at))
		}
	}
	if p := q.QueuedBefore; p != nil {
		w.before(p)
	}
	w.exact = w.exact && len(q.Reasons) == 0 && len(q.Properties) == 0 && q.CallerID == "" && q.AppPool == "" && q.Personal == ""
}

// before adds the condition of QueuedBefore. Nothing precedes a place without a
// time.
func (w *where) before(p *callback.Place) {
	if p.QueuedAt.IsZero() {
		w.add("0")
		return
	}
	if at := floor(p.QueuedAt); at == ceil(p.QueuedAt) {
		w.add("(c.queued_at, c.id) < (?, ?)", int64(at), string(p.ID))
	} else {
		w.add("c.queued_at <= ?", int64(at))
	}
}

// lane adds the conditions of a lane.
func (w *where) lane(l lane, column string, desc bool) {
	compare := " > "
	if desc {
		compare = " < "
	}
	switch {
	case l.all:
	case l.timed && l.after != nil:
		w.add("("+column+", c.id)"+compare+"(?, ?)", int64(l.after.at), string(l.after.id))
	case l.timed:
		w.add(column + " IS NOT NULL")
	default:
		w.add(column + " IS NULL")
		if l.after != nil {
			w.add("c.id"+compare+"?", string(l.after.id))
		}
	}
}
