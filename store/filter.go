package store

import (
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// Filter checks the conditions of a query on callbacks, for stores whose
// database cannot check all of them, with the same result as [Memory]. It is
// safe for concurrent use.
type Filter struct {
	filter *filter
}

// NewFilter returns a filter with a copy of q, which need not be valid: see
// [CheckQuery].
func NewFilter(q *Query) *Filter {
	own := *q
	own.IDs, own.Services, own.Reasons = slices.Clone(q.IDs), slices.Clone(q.Services), slices.Clone(q.Reasons)
	own.States, own.NotStates = slices.Clone(q.States), slices.Clone(q.NotStates)
	own.Priorities = slices.Clone(q.Priorities)
	own.SearchValues, own.Properties = slices.Clone(q.SearchValues), slices.Clone(q.Properties)
	if q.QueuedBefore != nil {
		own.QueuedBefore = new(*q.QueuedBefore)
	}
	return &Filter{filter: newFilter(&own)}
}

// Grouped reports whether the query has no conditions except on tenant, service,
// priority and state. Count groups by these, so that MatchGroup can answer the
// query without reading a callback.
func (f *Filter) Grouped() bool { return f.filter.grouped() }

// MatchGroup reports whether the callbacks of a group match a query for which
// Grouped is true. It ignores the tenant.
func (f *Filter) MatchGroup(g *Group) bool {
	return g.State.Valid() && f.filter.matchesGroup(g.Queue.Service, g.Queue.Priority, g.State)
}

// Match reports whether c meets all conditions of the query. It ignores tenant,
// order, limit and cursor. It is false for nil and for a callback in an
// undefined state.
func (f *Filter) Match(c *callback.Callback) bool {
	if c == nil || !c.State.Valid() {
		return false
	}
	// A temporary body with the fields that matches reads. It shares memory
	// with c.
	b := body{
		state: c.State, priority: c.Priority, number: c.Customer.Number, others: &c.Customer, origin: &c.Origin, agent: &c.Agent,
		seldom: &seldom{reason: c.Reason, endedAt: instantOf(c.EndedAt)}, lookups: c.SearchValues,
		desired: instantOf(c.Desired), created: instantOf(c.Created),
		queuedAt: instantOf(c.QueuedAt),
	}
	if len(f.filter.q.Properties) > 0 {
		b.properties, b.userData = packValues(c.Properties, c.UserData)
	}
	return f.filter.matches(&entry{id: c.ID, service: &service{name: c.Service}, body: &b})
}
