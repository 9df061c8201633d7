package store

import (
	"slices"

	"github.com/ringback-go/ringback/callback"
)

// Filter is a query made ready to be asked of many callbacks, for stores whose
// database cannot check every condition itself. It has the rules of [Memory].
// It keeps a copy of the query and is safe for concurrent use.
type Filter struct {
	filter *filter
}

// NewFilter makes a query ready. It takes any query: what is malformed about
// one is [CheckQuery]'s business.
func NewFilter(q *Query) *Filter {
	own := *q
	own.IDs, own.Services, own.Reasons = slices.Clone(q.IDs), slices.Clone(q.Services), slices.Clone(q.Reasons)
	own.States, own.NotStates = slices.Clone(q.States), slices.Clone(q.NotStates)
	own.Priorities = slices.Clone(q.Priorities)
	own.Lookups, own.Properties = slices.Clone(q.Lookups), slices.Clone(q.Properties)
	if q.QueuedBefore != nil {
		own.QueuedBefore = new(*q.QueuedBefore)
	}
	return &Filter{filter: newFilter(&own)}
}

// Grouped reports whether the query has no conditions but those on tenant,
// service, priority and state, by which Count groups. Then MatchGroup decides.
func (f *Filter) Grouped() bool { return f.filter.grouped() }

// MatchGroup reports whether the callbacks of a group match a query for which
// Grouped is true. The tenant is not looked at.
func (f *Filter) MatchGroup(g *Group) bool {
	return g.State.Valid() && f.filter.matchesGroup(g.Queue.Service, g.Queue.Priority, g.State)
}

// Match reports whether all conditions of the query hold for c. Tenant, order,
// limit and cursor are no conditions and are not looked at. No callback in an
// undefined state matches, nor does nil.
func (f *Filter) Match(c *callback.Callback) bool {
	if c == nil || !c.State.Valid() {
		return false
	}
	// A body for as long as this takes: it has the fields that conditions are
	// about, and shares with c what is behind them.
	b := body{
		state: c.State, priority: c.Priority, customer: c.Customer, origin: &c.Origin, agent: &c.Agent,
		seldom: &seldom{reason: c.Reason}, lookups: c.Lookups,
		desired: instantOf(c.Desired), created: instantOf(c.Created),
		queuedAt: instantOf(c.QueuedAt), endedAt: instantOf(c.EndedAt),
	}
	if len(f.filter.q.Properties) > 0 {
		b.properties, b.userData = packValues(c.Properties, c.UserData)
	}
	return f.filter.matches(&entry{id: c.ID, service: &service{name: c.Service}, body: &b})
}
