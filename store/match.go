package store

import (
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// filter checks the conditions of a query on entries.
type filter struct {
	q      *Query
	states [callback.Completed + 1]bool

	desiredFrom, desiredTo instant
	createdFrom, createdTo instant
	endedFrom, endedTo     instant
	before                 instant
	ids                    map[callback.ID]struct{} // set only for long lists
}

const shortList = 8

func newFilter(q *Query) *filter {
	f := &filter{
		q:           q,
		desiredFrom: instantOf(q.DesiredFrom), desiredTo: instantOf(q.DesiredTo),
		createdFrom: instantOf(q.CreatedFrom), createdTo: instantOf(q.CreatedTo),
		endedFrom: instantOf(q.EndedFrom), endedTo: instantOf(q.EndedTo),
	}
	for _, s := range callback.States() {
		f.states[s] = anyOf(q.States, s) && !slices.Contains(q.NotStates, s)
	}
	if q.QueuedBefore != nil {
		f.before = instantOf(q.QueuedBefore.QueuedAt)
	}
	if len(q.IDs) > shortList {
		f.ids = make(map[callback.ID]struct{}, len(q.IDs))
		for _, id := range q.IDs {
			f.ids[id] = struct{}{}
		}
	}
	return f
}

// matches reports whether e meets all conditions. It checks the cheap ones
// first.
func (f *filter) matches(e *entry) bool {
	q, b := f.q, e.body
	return f.matchesGroup(e.service.name, b.priority, b.state) &&
		within(b.desired, f.desiredFrom, f.desiredTo) &&
		within(b.created, f.createdFrom, f.createdTo) &&
		within(b.endedAt(), f.endedFrom, f.endedTo) &&
		f.inFront(e) &&
		f.listed(e.id) &&
		(len(q.Reasons) == 0 || slices.Contains(q.Reasons, b.reason())) &&
		f.isOf(b) &&
		f.from(b.origin) &&
		(q.Personal == "" || b.agent != nil && b.agent.Personal == q.Personal) &&
		f.looksUp(b) &&
		f.hasProperties(b)
}

func (f *filter) matchesGroup(service string, p scheduler.Priority, s callback.State) bool {
	return f.states[s] && anyOf(f.q.Services, service) && anyOf(f.q.Priorities, p)
}

func anyOf[T comparable](list []T, value T) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// within reports whether a time is within inclusive bounds. The zero time is
// within no bounds.
func within(at, from, to instant) bool {
	if from.IsZero() && to.IsZero() {
		return true
	}
	return !at.IsZero() && (from.IsZero() || !at.Before(from)) && (to.IsZero() || !at.After(to))
}

// inFront reports whether e precedes the query's place in its queue. An entry
// that was never queued does not.
func (f *filter) inFront(e *entry) bool {
	if f.q.QueuedBefore == nil {
		return true
	}
	at := e.body.queuedAt
	if at.IsZero() {
		return false
	}
	c := at.Compare(f.before)
	return c < 0 || c == 0 && e.id < f.q.QueuedBefore.ID
}

func (f *filter) listed(id callback.ID) bool {
	if f.ids != nil {
		_, ok := f.ids[id]
		return ok
	}
	return anyOf(f.q.IDs, id)
}

// isOf reports whether b is of the query's number and customer.
func (f *filter) isOf(b *body) bool {
	q := f.q
	if q.Number == "" && q.CustomerID == "" {
		return true
	}
	c := b.customer()
	return (q.Number == "" || c.Number.HasKey(q.Number) || c.Alternative.HasKey(q.Number)) &&
		(q.CustomerID == "" || c.ID == q.CustomerID)
}

func (f *filter) from(o *callback.Origin) bool {
	q := f.q
	if q.ExternalID == "" && q.CallerID == "" && q.AppPool == "" {
		return true
	}
	return o != nil &&
		(q.ExternalID == "" || o.ExternalID == q.ExternalID) &&
		(q.CallerID == "" || o.CallerID == q.CallerID) &&
		(q.AppPool == "" || o.AppPool == q.AppPool)
}

// looksUp reports whether b has the lookup properties of the query, present or
// former.
func (f *filter) looksUp(b *body) bool {
	if len(f.q.SearchValues) == 0 {
		return true
	}
	for _, m := range f.q.SearchValues {
		found := slices.ContainsFunc(b.lookups, func(l callback.SearchValue) bool { return l.Key == m.Key && l.Value == m.Value })
		if found == f.q.AnySearchValue {
			return found
		}
	}
	return !f.q.AnySearchValue
}

func (f *filter) hasProperties(b *body) bool {
	for _, m := range f.q.Properties {
		if !hasText(b.properties, m) && !hasText(b.userData, m) {
			return false
		}
	}
	return true
}

func hasText(list []property, m callback.Match) bool {
	value, ok := valueOf(list, m.Key)
	if !ok {
		return false
	}
	text, ok := callback.TextOf(value)
	return ok && text == m.Value
}

func (b *body) endedAt() instant {
	if b.seldom == nil {
		return instant{}
	}
	return b.seldom.endedAt
}

func (b *body) reason() callback.Reason {
	if b.seldom == nil {
		return ""
	}
	return b.seldom.reason
}
