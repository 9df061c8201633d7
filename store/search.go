package store

import (
	"context"
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// Search returns one page of the matching callbacks in the order asked for,
// with ties ordered by ID; a descending search reverses both. A callback
// without the time that orders the search comes before those that have it. A
// malformed query, and the cursor of another search, give a
// [callback.FieldError].
//
// A query with IDs, a number, a customer, an external ID or lookup properties
// costs the number of callbacks with these values. Any other walks the index of
// its order from the cursor until the page is full.
func (m *Memory) Search(ctx context.Context, q Query) (Page, error) {
	if err := ctx.Err(); err != nil {
		return Page{}, err
	}
	limit, err := CheckQuery(&q)
	if err != nil {
		return Page{}, err
	}
	mark, resumed, err := ParseCursor(q.After, q.Order, q.Desc)
	if err != nil {
		return Page{}, err
	}
	views := m.search(&q, limit, mark, resumed)
	more := len(views) > limit
	if more {
		views = views[:limit]
	}
	if len(views) == 0 {
		return Page{}, nil
	}
	p := Page{Callbacks: make([]*callback.Callback, len(views))}
	for i := range views {
		p.Callbacks[i] = views[i].callback()
	}
	if more {
		last := &views[limit-1]
		mark.Last = Place{QueuedAt: last.body.orderedBy(q.Order).Time(), ID: last.entry.id}
		if !resumed {
			if mark.End, err = EndOf(ctx, q, m.Search); err != nil {
				return Page{}, err
			}
		}
		p.Next = FormatCursor(q.Order, q.Desc, mark)
	}
	return p, nil
}

// search returns up to limit+1 entries: the last tells whether another page
// follows.
func (m *Memory) search(q *Query, limit int, mark Mark, resumed bool) []view {
	f := newFilter(q)
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tenants[q.Tenant]
	if t == nil {
		return nil
	}
	w := walk{tenant: t, order: q.Order, desc: q.Desc}
	if resumed {
		w.after = &item{instantOf(mark.Last.QueuedAt), t.pivot(mark.Last.ID)}
		if end := instantOf(mark.End); !q.Desc {
			end.nsec++ // after every entry with this time
			w.end = &item{end, t.pivot("")}
		}
	}
	var found []item
	if source := t.plan(f, limit); source != nil {
		found = w.gather(source, f, limit+1)
	} else {
		found = w.run(f, limit+1)
	}
	views := make([]view, len(found))
	for i, x := range found {
		views[i] = x.e.view()
	}
	return views
}

func (b *body) orderedBy(order callback.OrderBy) instant {
	switch order {
	case callback.ByCreated:
		return b.created
	case callback.ByUpdated:
		return b.updated
	case callback.ByQueue:
		return b.queuedAt
	}
	return b.desired
}

// pivot returns an entry that is in no index, for comparisons.
func (t *tenant) pivot(id callback.ID) *entry { return &entry{id: id, service: &service{tenant: t}} }

// source calls yield with every entry that may match.
type source func(yield func(*entry))

// plan chooses how to find the entries of a query; nil means to walk the index
// of the order. A source of n entries costs n. A walk costs the page size times
// the distance between matches.
func (t *tenant) plan(f *filter, limit int) source {
	best, n := t.named(f)
	if best == nil && f.q.Order != callback.ByDesired {
		best, n = t.inStates(f)
		if n == len(t.entries) {
			return nil
		}
	}
	if best == nil || n > limit && n > limit*len(t.entries)/max(n, 1) {
		return nil
	}
	return best
}

// named returns the smallest source that the values of a query allow, or nil if
// it has none.
func (t *tenant) named(f *filter) (best source, n int) {
	q := f.q
	consider := func(s source, size int) {
		if best == nil || size < n {
			best, n = s, size
		}
	}
	if len(q.IDs) > 0 {
		consider(func(yield func(*entry)) {
			seen := make(map[callback.ID]struct{}, len(q.IDs))
			for _, id := range q.IDs {
				if _, twice := seen[id]; twice {
					continue
				}
				seen[id] = struct{}{}
				if e := t.entries[id]; e != nil {
					yield(e)
				}
			}
		}, len(q.IDs))
	}
	for _, exact := range []struct {
		index postings
		value string
	}{{t.numbers, q.Number}, {t.customers, q.CustomerID}, {t.externals, q.ExternalID}} {
		if exact.value != "" {
			p := exact.index[exact.value]
			consider(p.each, p.len())
		}
	}
	if len(q.SearchValues) == 0 {
		return best, n
	}
	if q.AnySearchValue {
		all := 0
		for _, m := range q.SearchValues {
			all += t.lookups.of(m).len()
		}
		consider(t.union(q.SearchValues), all)
		return best, n
	}
	for _, m := range q.SearchValues {
		p := t.lookups.of(m)
		consider(p.each, p.len())
	}
	return best, n
}

// union returns the entries of several lookups, each once.
func (t *tenant) union(lookups []callback.Match) source {
	return func(yield func(*entry)) {
		seen := make(map[*entry]struct{})
		for _, m := range lookups {
			t.lookups.of(m).each(func(e *entry) {
				if _, twice := seen[e]; !twice {
					seen[e] = struct{}{}
					yield(e)
				}
			})
		}
	}
}

// inStates returns the entries in the states of a query.
func (t *tenant) inStates(f *filter) (all source, n int) {
	for s := range f.states {
		if f.states[s] {
			n += t.desired[s].Len()
		}
	}
	return func(yield func(*entry)) {
		for s := range f.states {
			if !f.states[s] {
				continue
			}
			for p := t.desired[s].First(); p.Valid(); p.Next() {
				yield(p.Item().e)
			}
		}
	}, n
}

// walk reads a tenant's entries in an order, beginning after a place.
type walk struct {
	tenant *tenant
	order  callback.OrderBy
	desc   bool
	after  *item
	end    *item // the walk ends before it
}

func (w *walk) compare(a, b item) int {
	if w.desc {
		return compareItems(b, a)
	}
	return compareItems(a, b)
}

// gather returns the first n matching entries of a source, sorted.
func (w *walk) gather(from source, f *filter, n int) []item {
	var found []item
	from(func(e *entry) {
		x := item{e.body.orderedBy(w.order), e}
		if (w.after == nil || w.compare(x, *w.after) > 0) && (w.end == nil || w.compare(x, *w.end) < 0) && f.matches(e) {
			found = append(found, x)
		}
	})
	slices.SortFunc(found, w.compare)
	return found[:min(n, len(found))]
}

// run walks the index of the order and returns the first n matching entries.
func (w *walk) run(f *filter, n int) []item {
	from, to := w.bounds(f)
	lanes := w.lanes(f, from)
	var found []item
	for len(found) < n {
		best := -1
		for i := range lanes {
			if lanes[i].Valid() && (best < 0 || w.compare(lanes[i].Item(), lanes[best].Item()) < 0) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		x := lanes[best].Item()
		if to != nil && w.compare(x, *to) > 0 {
			break
		}
		if w.desc {
			lanes[best].Prev()
		} else {
			lanes[best].Next()
		}
		if f.matches(x.e) {
			found = append(found, x)
		}
	}
	return found
}

// bounds returns the first and the last place of a walk that can match, or nil
// if it is unbounded. The ends of a time range are places before and after
// every ID.
func (w *walk) bounds(f *filter) (from, to *item) {
	var low, high instant
	switch w.order {
	case callback.ByDesired:
		low, high = f.desiredFrom, f.desiredTo
	case callback.ByCreated:
		low, high = f.createdFrom, f.createdTo
	case callback.ByQueue:
		high = f.before
	}
	if !low.IsZero() {
		from = &item{low, w.tenant.pivot("")}
	}
	if !high.IsZero() {
		high.nsec++ // after every entry with this time
		to = &item{high, w.tenant.pivot("")}
	}
	if w.desc {
		from, to = to, from
	}
	if w.after != nil && (from == nil || w.compare(*w.after, *from) > 0) {
		from = w.after
	}
	if w.end != nil && (to == nil || w.compare(*w.end, *to) < 0) {
		to = w.end
	}
	return from, to
}

// lanes returns where the walk begins in each index that it has to merge. It
// skips a place equal to from, which is that of the cursor, or of a pivot.
func (w *walk) lanes(f *filter, from *item) []position[item] {
	t := w.tenant
	var trees []*tree[item]
	switch w.order {
	case callback.ByCreated:
		trees = append(trees, &t.created)
	case callback.ByUpdated:
		trees = append(trees, &t.updated)
	case callback.ByQueue:
		trees = append(trees, &t.queued)
	default:
		for s := range t.desired {
			if f.states[s] && t.desired[s].Len() > 0 {
				trees = append(trees, &t.desired[s])
			}
		}
	}
	lanes := make([]position[item], len(trees))
	for i, tree := range trees {
		lanes[i] = w.start(tree, from)
	}
	return lanes
}

func (w *walk) start(order *tree[item], from *item) position[item] {
	switch {
	case from == nil && w.desc:
		return order.Last()
	case from == nil:
		return order.First()
	}
	p := order.Seek(*from)
	if w.desc {
		if !p.Valid() {
			return order.Last()
		}
		p.Prev()
		return p
	}
	if p.Valid() && compareItems(p.Item(), *from) == 0 {
		p.Next()
	}
	return p
}
