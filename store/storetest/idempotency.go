package storetest

import "github.com/ringback-go/ringback/callback"

func keyed(key string) func(*callback.Callback) {
	return func(cb *callback.Callback) { cb.Idempotency = callback.Idempotency{Key: key, Hash: "h-" + key} }
}

func idempotencyClauses() []Clause {
	by := func(key string) callback.By { return callback.By{Tenant: Tenant, Key: key} }
	return []Clause{
		{Name: "a callback is found by its key", run: func(p *probe) {
			p.create(New("c1", keyed("k1")), New("c2", keyed("k2")), New("c3"))
			p.same("callback by key", p.getBy(by("k2")), New("c2", keyed("k2")))
			p.missing(by("k3"))
		}},
		{Name: "the ID takes precedence over the key", run: func(p *probe) {
			p.create(New("c1", keyed("k1")), New("c2", keyed("k2")))
			p.same("callback by both", p.getBy(callback.By{Tenant: Tenant, ID: "c1", Key: "k2"}).ID, callback.ID("c1"))
			p.missing(callback.By{Tenant: Tenant, ID: "c9", Key: "k2"})
		}},
		{Name: "a key in use is a conflict", run: func(p *probe) {
			p.create(New("c1", keyed("k1")))
			p.refused("creating with a key in use", Write(New("c2", keyed("k1"))), callback.ErrConflict)
			p.missing(callback.By{Tenant: Tenant, ID: "c2"})
			p.same("history of the refused callback", p.history("c2"), []callback.Event{})
			p.same("owner of the key", p.getBy(by("k1")).ID, callback.ID("c1"))
		}},
		{Name: "a key in use takes precedence over a refused permit", run: func(p *probe) {
			last := callback.Permit{Key: seat(1), N: 1, Max: 1}
			p.apply(takes(Write(New("c1", keyed("k1"))), last))
			p.refused("a repeated request", takes(Write(New("c2", keyed("k1"))), last), callback.ErrConflict)
		}},
		{Name: "a conflict of keys changes no counter", run: func(p *probe) {
			p.create(New("c1", keyed("k1")))
			c := takes(Write(New("c2", keyed("k1"))), callback.Permit{Key: seat(1), N: 1, Max: 9})
			p.refused("creating with a key in use", c, callback.ErrConflict)
			p.uses("after a conflict", seat(1), 0)
		}},
		{Name: "the empty key is no key", run: func(p *probe) {
			p.create(New("c1"), New("c2"))
			p.missing(by(""))
		}},
		{Name: "a key is kept by later changes", run: func(p *probe) {
			p.create(New("c1", keyed("k1")))
			p.apply(Revise(p.get("c1"), Queued(Start())))
			p.apply(Revise(p.get("c1"), func(cb *callback.Callback) { cb.State = callback.Completed }))
			p.same("revision by key", p.getBy(by("k1")).Revision, int64(3))
			p.refused("the key of a completed callback", Write(New("c2", keyed("k1"))), callback.ErrConflict)
		}},
		{Name: "a later change may set or change a key", run: func(p *probe) {
			p.create(New("c1"), New("c2", keyed("k2")))
			p.apply(Revise(p.get("c1"), keyed("k1")))
			p.same("callback by its later key", p.getBy(by("k1")).ID, callback.ID("c1"))
			p.unchanged(func() {
				p.refused("changing to a key in use", Revise(p.get("c1"), keyed("k2")), callback.ErrConflict)
			})
			p.apply(Revise(p.get("c1"), keyed("k3")))
			p.missing(by("k1"))
			p.same("callback by its last key", p.getBy(by("k3")).ID, callback.ID("c1"))
			p.create(New("c4", keyed("k1")))
		}},
		{Name: "a key that a change gives up is free for the next of one call", run: func(p *probe) {
			p.create(New("c1", keyed("k1")), New("c2"))
			p.apply(Revise(p.get("c1"), keyed("k2")), Revise(p.get("c2"), keyed("k1")))
			p.same("owner of the key", p.getBy(by("k1")).ID, callback.ID("c2"))
			p.same("owner of the other key", p.getBy(by("k2")).ID, callback.ID("c1"))
		}},
	}
}
