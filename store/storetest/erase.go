package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

func eraseClauses() []Clause {
	item := func(id callback.ID, revision int64) callback.Precondition {
		return callback.Precondition{ID: id, Revision: revision}
	}
	gone := func(id callback.ID, seq int64) callback.Event {
		return callback.Event{
			Tenant: Tenant, Callback: id, Service: Service, Seq: seq, At: At(time.Minute),
			Type: callback.EventErased, Actor: "clerk", Detail: "asked to",
		}
	}
	return []Clause{
		{Name: "an erased callback is not found", run: func(p *probe) {
			p.create(full(), New("c2"))
			due := p.get("c1").NextAt
			p.erase(p.get("c1"))
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
			p.missing(callback.By{Tenant: Tenant, Key: "key-c1"})
			p.finds("tenant", callback.Query{}, "c2")
			for _, q := range []callback.Query{
				{Number: Number(1).Key()}, {Number: Number(2).Key()}, {CustomerID: "customer-1"}, {ExternalID: "ext-1"}, {IDs: []callback.ID{"c1"}},
				{SearchValues: []callback.Match{{Key: "_one", Value: "1"}}},
				{States: []callback.State{callback.Queued}}, {Order: callback.ByQueue, States: []callback.State{callback.Queued}},
			} {
				p.finds("the erased values", q)
			}
			key := callback.QueueKey{Tenant: Tenant, Service: Service, Priority: full().Priority}
			p.same("queue claim", ids(p.claim(due, queueRequest(key, 5)).Callbacks), []callback.ID{})
			p.same("due claim", ids(p.claimDue(due, 5)), []callback.ID{"c2"})
		}},
		{Name: "one event remains, without personal data", run: func(p *probe) {
			p.create(New("c1"))
			p.apply(Revise(p.get("c1")))
			p.create(New("c2"))
			p.erase(p.get("c1"))
			p.same("history", p.history("c1"), []callback.Event{gone("c1", 3)})
			all, _ := p.readFeed(callback.EventQuery{Tenant: Tenant, Limit: 1})
			p.same("feed", all, []callback.Event{Write(New("c2")).Event, gone("c1", 3)})
		}},
		{Name: "a reader of the feed continues across erasures", run: func(p *probe) {
			for i := range 6 {
				p.create(New(numbered(i)))
			}
			start := p.events(callback.EventQuery{Tenant: Tenant, Limit: 3})
			for i := range 5 {
				p.erase(p.get(numbered(i)))
			}
			rest, _ := p.readFeed(callback.EventQuery{Tenant: Tenant, After: start.Next, Limit: 2})
			want := []callback.Event{Write(New(numbered(5))).Event}
			for i := range 5 {
				want = append(want, gone(numbered(i), 2))
			}
			p.same("feed after the cursor", rest, want)
		}},
		{Name: "a late write does not restore it", run: func(p *probe) {
			p.create(New("c1", keyed("k1"), DueAt(Start())))
			held := p.claimOne(Start())
			p.erase(p.get("c1"))
			late := Revise(held)
			late.Epoch = held.Lease.Epoch
			late = takes(late, callback.Permit{Key: seat(1), N: 1, Max: 9})
			p.refused("a write by the holder of the lease", late, callback.ErrNotFound)
			p.refused("creating it again", Write(New("c1", keyed("k1"))), callback.ErrNotFound)
			p.refused("an unclaim", Unclaim(held, Start()), callback.ErrNotFound)
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
			p.uses("taken by a late write", seat(1), 0)
			p.same("history", p.history("c1"), []callback.Event{gone("c1", 2)})
			p.is("erasing again", p.tryErase(Tenant, item("c1", 1)), callback.ErrNotFound)
		}},
		{Name: "the idempotency key becomes free", run: func(p *probe) {
			p.create(New("c1", keyed("k1")))
			p.erase(p.get("c1"))
			p.create(New("c2", keyed("k1")))
			p.same("owner of the key", p.getBy(callback.By{Tenant: Tenant, Key: "k1"}).ID, callback.ID("c2"))
		}},
		{Name: "held units are given back, consumed ones are not", run: func(p *probe) {
			used := callback.PermitKey{Kind: callback.PermitInterval, Service: Service, Name: "1"}
			cb := New("c1", func(cb *callback.Callback) { cb.Held = []callback.Held{{Key: seat(1), N: 2}} })
			p.apply(takes(Write(cb), callback.Permit{Key: seat(1), N: 2, Max: 9}, callback.Permit{Key: used, N: 1, Max: 9}))
			p.apply(takes(Write(New("c2")), callback.Permit{Key: seat(1), N: 1, Max: 9}))
			p.erase(p.get("c1"))
			p.uses("held", seat(1), 1)
			p.uses("consumed", used, 1)
		}},
		{Name: "a wrong revision is a conflict, a missing callback is not found", run: func(p *probe) {
			p.create(New("c1"))
			p.apply(Revise(p.get("c1")))
			p.unchanged(func() {
				p.is("an old revision", p.tryErase(Tenant, item("c1", 1)), callback.ErrConflict)
				p.is("a future revision", p.tryErase(Tenant, item("c1", 3)), callback.ErrConflict)
			})
			p.is("a missing callback", p.tryErase(Tenant, item("c9", 1)), callback.ErrNotFound)
			p.same("history", p.history("c9"), []callback.Event{})
		}},
		{Name: "items are independent, with one error each in order", run: func(p *probe) {
			p.create(New("c1"), New("c2"), New("c3"))
			errs, err := p.store.Erase(p.ctx, At(time.Minute), callback.EraseRequest{
				Tenant: Tenant, Items: []callback.Precondition{item("c1", 1), item("c2", 9), item("c9", 1), item("c3", 1), item("c3", 1)},
			})
			if err != nil || len(errs) != 5 {
				p.fatalf("Erase of 5 items: %d errors, %v", len(errs), err)
			}
			for i, want := range []error{nil, callback.ErrConflict, callback.ErrNotFound, nil, callback.ErrNotFound} {
				p.is("item", errs[i], want)
			}
			p.finds("tenant", callback.Query{}, "c2")
		}},
		{Name: "counters of the subjects are removed, others are kept", run: func(p *probe) {
			attempts := callback.PermitKey{Kind: callback.PermitAttempt, Subject: "x", Slot: 60}
			parameter := callback.PermitKey{Kind: callback.PermitParameter, Service: "support", Name: "x", Subject: "y"}
			c := Write(New("c1"))
			for _, key := range []callback.PermitKey{person("x"), person("xx"), attempts, parameter, seat(1)} {
				c = takes(c, callback.Permit{Key: key, N: 3, Max: 9})
			}
			p.apply(c)
			errs, err := p.store.Erase(p.ctx, Start(), callback.EraseRequest{Tenant: Tenant, Subjects: []string{"x", "unknown"}})
			if err != nil || len(errs) > 0 {
				p.fatalf("Erase of subjects: %v, %v", errs, err)
			}
			p.uses("of the subject", person("x"), 0)
			p.uses("of the subject, without a service", attempts, 0)
			p.uses("of another subject", person("xx"), 3)
			p.uses("with the subject as name", parameter, 3)
			p.uses("without a subject", seat(1), 3)
			p.apply(takes(Write(New("c2")), callback.Permit{Key: person("x"), N: 1, Max: 1}))
			p.uses("taken again", person("x"), 1)
		}},
		{Name: "subjects are removed even if items fail", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: person("x"), N: 1, Max: 9}))
			p.is("an old revision", p.tryErase(Tenant, item("c1", 9), "x"), callback.ErrConflict)
			p.uses("of the subject", person("x"), 0)
		}},
		{Name: "counters of a number stay while a callback has it", run: func(p *probe) {
			n := Number(1).Key()
			attempts := callback.PermitKey{Kind: callback.PermitAttempt, Subject: n}
			for _, cb := range []*callback.Callback{
				New("c1", func(cb *callback.Callback) { cb.Customer.Number = Number(1) }),
				New("c2", func(cb *callback.Callback) { cb.Customer.Number, cb.Customer.Alternative = Number(2), Number(1) }),
				New("c3", In("other", Service), func(cb *callback.Callback) { cb.Customer.Number = Number(1) }),
			} {
				cb.Held = []callback.Held{{Key: person(n), N: 1}}
				p.apply(takes(Write(cb), callback.Permit{Key: person(n), N: 1, Max: -1}, callback.Permit{Key: attempts, N: 1, Max: -1, Until: At(time.Hour)}))
			}
			p.is("erasing one", p.tryErase(Tenant, item("c1", 1), n), nil)
			p.uses("held by the other", person(n), 1)
			p.uses("used up by both", attempts, 2)
			p.is("an item that fails", p.tryErase(Tenant, item("c2", 9), n), callback.ErrConflict)
			p.uses("held by what was not erased", person(n), 1)
			p.uses("used up, with a callback left", attempts, 2)
			p.is("erasing the last", p.tryErase(Tenant, item("c2", 1), n), nil)
			p.uses("held by nothing", person(n), 0)
			p.uses("used up by what is gone", attempts, 0)
		}},
		{Name: "counters of a value stay while a callback has it under a key", run: func(p *probe) {
			city := callback.PermitKey{Kind: callback.PermitParameter, Service: "support", Name: "street", Subject: "x"}
			cb := New("c1", func(cb *callback.Callback) {
				cb.SearchValues = []callback.SearchValue{{Key: "city", Value: "x", Former: true}, {Key: "x", Value: "city"}}
			})
			p.apply(takes(Write(cb), callback.Permit{Key: city, N: 2, Max: 9, Until: At(time.Hour)}))
			forget := func(keys ...string) {
				req := callback.EraseRequest{Tenant: Tenant, Subjects: []string{"y", "x"}, SearchKeys: keys}
				if errs, err := p.store.Erase(p.ctx, Start(), req); err != nil || len(errs) > 0 {
					p.fatalf("Erase of subjects: %v, %v", errs, err)
				}
			}
			forget("town", "city")
			p.uses("of a value that is left", city, 2)
			p.apply(Revise(p.get("c1"), func(cb *callback.Callback) { cb.SearchValues = cb.SearchValues[1:] }))
			p.apply(takes(Write(New("c2", func(cb *callback.Callback) {
				cb.SearchValues = []callback.SearchValue{{Key: "city", Value: "y"}}
			})), callback.Permit{Key: person("y"), N: 1, Max: 9}))
			forget("city")
			p.uses("of a value that is gone", city, 0)
			p.uses("of another value", person("y"), 1)
			forget("street")
			p.uses("under another key", person("y"), 0)
		}},
	}
}
