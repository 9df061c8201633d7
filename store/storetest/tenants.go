package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// twins creates callbacks with the same ID in three tenants, including the
// empty one. They differ only in Detail.
func (p *probe) twins() []string {
	tenants := []string{Tenant, "other", ""}
	for _, tenant := range tenants {
		cb := full()
		cb.Tenant, cb.Detail = tenant, "of "+tenant
		p.apply(takes(Write(cb), callback.Permit{Key: seat(1), N: 2, Max: 2}, callback.Permit{Key: person("x"), N: 1, Max: 1}))
	}
	return tenants
}

func tenantClauses() []Clause {
	return []Clause{
		{Name: "IDs and keys are per tenant", run: func(p *probe) {
			for _, tenant := range p.twins() {
				p.same("by ID", p.getBy(callback.By{Tenant: tenant, ID: "c1"}).Detail, "of "+tenant)
				p.same("by key", p.getBy(callback.By{Tenant: tenant, Key: "key-c1"}).Detail, "of "+tenant)
			}
			p.missing(callback.By{Tenant: "fourth", ID: "c1"})
			p.missing(callback.By{Tenant: "fourth", Key: "key-c1"})
		}},
		{Name: "every search stays within the tenant", run: func(p *probe) {
			for _, tenant := range p.twins() {
				for _, q := range []callback.Query{
					{}, {IDs: []callback.ID{"c1"}}, {Number: Number(1).Key()}, {CustomerID: "customer-1"}, {ExternalID: "ext-1"},
					{SearchValues: []callback.Match{{Key: "_one", Value: "1"}}},
					{SearchValues: []callback.Match{{Key: "_one", Value: "1"}, {Key: "a", Value: "b"}}, AnySearchValue: true},
					{Order: callback.ByCreated}, {Order: callback.ByUpdated}, {Order: callback.ByQueue},
				} {
					q.Tenant = tenant
					page := p.search(q)
					if len(page.Callbacks) != 1 || page.Callbacks[0].Tenant != tenant || page.Callbacks[0].Detail != "of "+tenant {
						p.errorf("tenant %q, query %+v: found %d callbacks, want its own", tenant, q, len(page.Callbacks))
					}
				}
			}
			p.same("search of an unknown tenant", p.search(callback.Query{Tenant: "fourth"}), callback.Page{})
		}},
		{Name: "a search does not cover all tenants", run: func(p *probe) {
			p.twins()
			page, err := p.store.Search(p.ctx, callback.Query{Tenant: Tenant, AllTenants: true})
			if err != nil {
				p.is("a search of all tenants", err, callback.ErrInvalidParameter)
			}
			for _, cb := range page.Callbacks {
				p.same("tenant of a result", cb.Tenant, Tenant)
			}
		}},
		{Name: "counters are per tenant", run: func(p *probe) {
			for _, tenant := range p.twins() {
				cb := New("c2", In(tenant, Service))
				p.refused("a unit of a full counter", takes(Write(cb), callback.Permit{Key: seat(1), N: 1, Max: 2}), callback.ErrPermitRefused)
			}
			cb := p.getBy(callback.By{Tenant: "other", ID: "c1"})
			p.apply(gives(Revise(cb), callback.Held{Key: seat(1), N: 2}))
			p.uses("after another tenant gave back", seat(1), 2)
			if errs, err := p.store.Erase(p.ctx, Start(), callback.EraseRequest{Tenant: "", Subjects: []string{"x"}}); err != nil || len(errs) > 0 {
				p.fatalf("Erase of a subject: %v, %v", errs, err)
			}
			p.uses("after another tenant erased the subject", person("x"), 1)
		}},
		{Name: "queues, counts and events are per tenant", run: func(p *probe) {
			for _, tenant := range p.twins() {
				key := callback.QueueKey{Tenant: tenant, Service: Service, Priority: full().Priority}
				p.counts("of a tenant", callback.Query{Tenant: tenant}, callback.Group{Queue: key, State: callback.Queued, N: 1, Ready: 1})
				for _, q := range []callback.EventQuery{{Tenant: tenant, Callback: "c1"}, {Tenant: tenant}} {
					events, _ := p.readFeed(q)
					if len(events) != 1 || events[0].Tenant != tenant {
						p.errorf("tenant %q: %d events, want its own", tenant, len(events))
					}
				}
				got := p.claim(Start(), queueRequest(key, 5)).Callbacks
				if len(got) != 1 || got[0].Tenant != tenant {
					p.errorf("tenant %q: claimed %d callbacks, want its own", tenant, len(got))
				}
			}
		}},
		{Name: "changes and erasure stay within the tenant", run: func(p *probe) {
			p.twins()
			p.apply(Revise(p.getBy(callback.By{Tenant: "", ID: "c1"})))
			p.is("erasing", p.tryErase("other", callback.Precondition{ID: "c1", Revision: 1}), nil)
			p.missing(callback.By{Tenant: "other", ID: "c1"})
			p.same("revision in another tenant", p.get("c1").Revision, int64(1))
			p.same("revision in the changed tenant", p.getBy(callback.By{Tenant: "", ID: "c1"}).Revision, int64(2))
			p.applyAt(At(time.Hour), Revise(p.get("c1")))
		}},
	}
}
