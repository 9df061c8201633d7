package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// counts requires the groups of a query, in any order.
func (p *probe) counts(what string, q callback.Query, want ...callback.Group) {
	got, err := p.store.Count(p.ctx, q)
	if err != nil {
		p.fatalf("Count %s: %v", what, err)
	}
	p.same("Count "+what, sortGroups(got), sortGroups(want))
}

func sortGroups(groups []callback.Group) []callback.Group {
	groups = slices.Clone(groups)
	slices.SortFunc(groups, func(a, b callback.Group) int {
		if c := strings.Compare(a.Queue.Tenant+"\x00"+a.Queue.Service, b.Queue.Tenant+"\x00"+b.Queue.Service); c != 0 {
			return c
		}
		if c := int(a.Queue.Priority) - int(b.Queue.Priority); c != 0 {
			return c
		}
		return int(a.State) - int(b.State)
	})
	return groups
}

func groupOf(tenant, service string, priority scheduler.Priority, s callback.State, n, ready int) callback.Group {
	return callback.Group{Queue: callback.QueueKey{Tenant: tenant, Service: service, Priority: priority}, State: s, N: n, Ready: ready}
}

func countClauses() []Clause {
	fill := func(p *probe) {
		p.create(New("c1"), New("c2"), New("c3", Queued(At(time.Second))), New("c4", Queued(At(2*time.Second))),
			New("c5", Queued(At(3*time.Second)), func(cb *callback.Callback) { cb.Ready = false }),
			New("c6", Queued(At(time.Second)), func(cb *callback.Callback) { cb.Priority = 3 }),
			New("c7", In(Tenant, "support")), New("d1", In("other", Service)), New("d2", In("other", Service), Queued(Start())))
	}
	return []Clause{
		{Name: "groups by service, priority and state", run: func(p *probe) {
			p.counts("of an empty store", callback.Query{Tenant: Tenant})
			fill(p)
			p.counts("of a tenant", callback.Query{Tenant: Tenant},
				groupOf(Tenant, Service, 0, callback.Scheduled, 2, 0), groupOf(Tenant, Service, 0, callback.Queued, 3, 2),
				groupOf(Tenant, Service, 3, callback.Queued, 1, 1), groupOf(Tenant, "support", 0, callback.Scheduled, 1, 0))
		}},
		{Name: "all tenants", run: func(p *probe) {
			fill(p)
			p.counts("of the queues of all tenants", callback.Query{Tenant: "ignored", AllTenants: true, States: []callback.State{callback.Queued}},
				groupOf(Tenant, Service, 0, callback.Queued, 3, 2), groupOf(Tenant, Service, 3, callback.Queued, 1, 1),
				groupOf("other", Service, 0, callback.Queued, 1, 1))
		}},
		{Name: "filter by services, states and priorities", run: func(p *probe) {
			fill(p)
			p.counts("of a service", callback.Query{Tenant: Tenant, Services: []string{"support", "x"}}, groupOf(Tenant, "support", 0, callback.Scheduled, 1, 0))
			p.counts("of a priority", callback.Query{Tenant: Tenant, Priorities: []scheduler.Priority{3}}, groupOf(Tenant, Service, 3, callback.Queued, 1, 1))
			p.counts("of other states", callback.Query{Tenant: Tenant, NotStates: []callback.State{callback.Scheduled}},
				groupOf(Tenant, Service, 0, callback.Queued, 3, 2), groupOf(Tenant, Service, 3, callback.Queued, 1, 1))
		}},
		{Name: "filter by any other condition", run: func(p *probe) {
			fill(p)
			p.counts("before a position", callback.Query{
				Tenant: Tenant, Services: []string{Service}, States: []callback.State{callback.Queued},
				QueuedBefore: &callback.Place{QueuedAt: At(3 * time.Second), ID: "c5"},
			}, groupOf(Tenant, Service, 0, callback.Queued, 2, 2), groupOf(Tenant, Service, 3, callback.Queued, 1, 1))
			p.counts("of IDs", callback.Query{Tenant: Tenant, IDs: []callback.ID{"c1", "c5", "d1"}},
				groupOf(Tenant, Service, 0, callback.Scheduled, 1, 0), groupOf(Tenant, Service, 0, callback.Queued, 1, 0))
			p.counts("of a time", callback.Query{AllTenants: true, DesiredFrom: At(time.Hour), DesiredTo: At(time.Hour), Services: []string{"support"}},
				groupOf(Tenant, "support", 0, callback.Scheduled, 1, 0))
		}},
		{Name: "order, limit and cursor are ignored", run: func(p *probe) {
			fill(p)
			p.counts("with a cursor", callback.Query{Tenant: Tenant, Services: []string{"support"}, Order: callback.ByQueue, Desc: true, Limit: -1, After: "nonsense"},
				groupOf(Tenant, "support", 0, callback.Scheduled, 1, 0))
		}},
		{Name: "reflects changes and erasure", run: func(p *probe) {
			fill(p)
			p.apply(Revise(p.get("c1"), Queued(Start())))
			p.apply(Revise(p.get("c3"), func(cb *callback.Callback) { cb.State = callback.Completed }))
			p.erase(p.get("c7"))
			p.erase(p.get("c4"))
			p.counts("after changes", callback.Query{Tenant: Tenant},
				groupOf(Tenant, Service, 0, callback.Scheduled, 1, 0), groupOf(Tenant, Service, 0, callback.Queued, 2, 1),
				groupOf(Tenant, Service, 0, callback.Completed, 1, 0), groupOf(Tenant, Service, 3, callback.Queued, 1, 1))
		}},
	}
}
