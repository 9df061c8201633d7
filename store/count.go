package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// Count returns the number of matching callbacks by tenant, service, priority
// and state, in this order. Ready counts queued callbacks that are ready,
// whether leased or not. A query with conditions on tenant, service, state and
// priority only costs the number of groups; any other costs as much as a search
// for all matches.
func (m *Memory) Count(ctx context.Context, q Query) ([]Group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := newFilter(&q)
	m.mu.RLock()
	defer m.mu.RUnlock()
	names := []string{q.Tenant}
	if q.AllTenants {
		names = slices.Sorted(maps.Keys(m.tenants))
	}
	var groups []Group
	for _, name := range names {
		if t := m.tenants[name]; t != nil {
			groups = t.count(groups, f)
		}
	}
	return groups, nil
}

func (t *tenant) count(groups []Group, f *filter) []Group {
	from := len(groups)
	if f.grouped() {
		groups = t.sums(groups, f)
	} else {
		groups = t.sumsOfMatches(groups, f)
	}
	slices.SortFunc(groups[from:], func(a, b Group) int {
		return cmp.Or(strings.Compare(a.Queue.Service, b.Queue.Service),
			cmp.Compare(a.Queue.Priority, b.Queue.Priority), cmp.Compare(a.State, b.State))
	})
	return groups
}

// grouped implements [Filter.Grouped].
func (f *filter) grouped() bool {
	q := f.q
	return len(q.IDs) == 0 && len(q.Reasons) == 0 && len(q.SearchValues) == 0 && len(q.Properties) == 0 &&
		q.Number == "" && q.CustomerID == "" && q.ExternalID == "" && q.CallerID == "" && q.AppPool == "" && q.Personal == "" &&
		f.desiredFrom.IsZero() && f.desiredTo.IsZero() && f.createdFrom.IsZero() && f.createdTo.IsZero() &&
		f.endedFrom.IsZero() && f.endedTo.IsZero() && q.QueuedBefore == nil
}

func (t *tenant) sums(groups []Group, f *filter) []Group {
	for name, s := range t.services {
		for priority, all := range s.counts {
			for state, of := range all {
				if of.n > 0 && f.matchesGroup(name, priority, callback.State(state)) {
					key := callback.QueueKey{Tenant: t.name, Service: name, Priority: priority}
					groups = append(groups, Group{Queue: key, State: callback.State(state), N: of.n, Ready: of.ready})
				}
			}
		}
	}
	return groups
}

func (t *tenant) sumsOfMatches(groups []Group, f *filter) []Group {
	from, n := t.named(f)
	if states, m := t.inStates(f); from == nil || m < n {
		from = states
	}
	at := make(map[Group]int)
	from(func(e *entry) {
		if !f.matches(e) {
			return
		}
		b := e.body
		key := Group{Queue: callback.QueueKey{Tenant: t.name, Service: e.service.name, Priority: b.priority}, State: b.state}
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, key)
		}
		groups[i].N++
		if b.claimable() {
			groups[i].Ready++
		}
	})
	return groups
}
