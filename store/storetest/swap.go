package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

func swapClauses() []Clause {
	return []Clause{
		{Name: "the next revision replaces the record", run: func(p *probe) {
			p.create(New("c1"))
			c := Revise(p.get("c1"), Queued(At(time.Hour)))
			p.apply(c)
			p.same("callback", p.get("c1"), c.Record)
		}},
		{Name: "a revision other than the next is a conflict", run: func(p *probe) {
			p.create(New("c1"))
			p.apply(Revise(p.get("c1")))
			p.apply(Revise(p.get("c1")))
			for _, revision := range []int64{1, 2, 3, 5, 6} {
				p.unchanged(func() {
					c := Revise(p.get("c1"), func(cb *callback.Callback) { cb.Revision, cb.Detail = revision, "stale" })
					p.refused("a revision other than the next", c, callback.ErrConflict)
				})
			}
		}},
		{Name: "a repeated change is a conflict", run: func(p *probe) {
			p.create(New("c1"))
			c := Revise(p.get("c1"))
			p.apply(c)
			p.unchanged(func() { p.refused("the same change again", c, callback.ErrConflict) })
		}},
		{Name: "a conflict changes no counter and writes no event", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 2, Max: 5}))
			p.unchanged(func() {
				c := gives(Revise(p.get("c1"), func(cb *callback.Callback) { cb.Revision = 7 }), callback.Held{Key: seat(1), N: 1})
				p.refused("a stale change", takes(c, callback.Permit{Key: seat(2), N: 1, Max: 5}), callback.ErrConflict)
			})
			p.uses("given by the stale change", seat(1), 2)
			p.uses("taken by the stale change", seat(2), 0)
		}},
		{Name: "the service and the priority may change", run: func(p *probe) {
			p.create(New("c1", Queued(Start())))
			p.apply(Revise(p.get("c1"), In(Tenant, "support"), func(cb *callback.Callback) { cb.Priority++ }))
			p.finds("new service", callback.Query{Services: []string{"support"}}, "c1")
			p.finds("old service", callback.Query{Services: []string{Service}})
			p.same("claim of the old queue", ids(p.claimQueue(Start(), 1)), []callback.ID{})
			key := callback.QueueKey{Tenant: Tenant, Service: "support", Priority: p.get("c1").Priority}
			p.same("claim of the new queue", ids(p.claim(Start(), queueRequest(key, 1)).Callbacks), []callback.ID{"c1"})
		}},
	}
}

func batchClauses() []Clause {
	return []Clause{
		{Name: "applying no changes succeeds", run: func(p *probe) {
			errs, err := p.store.Apply(p.ctx, Start(), nil)
			if err != nil || len(errs) > 0 {
				p.errorf("Apply of nothing: %v, %v", errs, err)
			}
		}},
		{Name: "without failures the slice of errors is nil", run: func(p *probe) {
			errs, err := p.store.Apply(p.ctx, Start(), []callback.Change{Write(New("c1")), Write(New("c2"))})
			if errs != nil || err != nil {
				p.errorf("Apply of two good changes: %v, %v", errs, err)
			}
		}},
		{Name: "changes are independent, with one error each in order", run: func(p *probe) {
			p.create(New("c2"))
			changes := []callback.Change{
				Write(New("c1")), Write(New("c2")), Write(New("c3")), {}, Revise(New("c9")), Write(New("c4")),
			}
			errs, err := p.store.Apply(p.ctx, Start(), changes)
			if err != nil || len(errs) != len(changes) {
				p.fatalf("Apply of %d changes, some bad: %d errors, %v", len(changes), len(errs), err)
			}
			for i, want := range []error{nil, callback.ErrConflict, nil, callback.ErrInvalidParameter, callback.ErrNotFound, nil} {
				p.is("change of a batch", errs[i], want)
			}
			for _, id := range []callback.ID{"c1", "c3", "c4"} {
				p.same("callback", p.get(id), New(id))
			}
		}},
		{Name: "later changes see earlier ones", run: func(p *probe) {
			one := Write(New("c1"))
			two := Revise(one.Record, func(cb *callback.Callback) { cb.Detail = "two" })
			three := Revise(two.Record, func(cb *callback.Callback) { cb.Detail = "three" })
			last := callback.Permit{Key: seat(1), N: 1, Max: 1}
			errs, err := p.store.Apply(p.ctx, Start(), []callback.Change{
				takes(one, last), takes(Write(New("c2")), last), gives(two, callback.Held{Key: seat(1), N: 1}), takes(three, last),
			})
			if err != nil || len(errs) != 4 {
				p.fatalf("Apply: %v, %v", errs, err)
			}
			for i, want := range []error{nil, callback.ErrPermitRefused, nil, nil} {
				p.is("change of a batch", errs[i], want)
			}
			p.same("callback", p.get("c1"), three.Record)
			p.uses("after the batch", seat(1), 1)
			p.missing(callback.By{Tenant: Tenant, ID: "c2"})
		}},
		{Name: "a large batch", run: func(p *probe) {
			const n = 250
			changes := make([]callback.Change, n)
			for i := range changes {
				changes[i] = takes(Write(New(numbered(i))), callback.Permit{Key: seat(1), N: 1, Max: n - 10})
			}
			errs, err := p.store.Apply(p.ctx, Start(), changes)
			if err != nil || len(errs) != n {
				p.fatalf("Apply: %d errors, %v", len(errs), err)
			}
			for i, err := range errs {
				if i < n-10 {
					p.is("a change with a seat left", err, nil)
				} else {
					p.is("a change without a seat left", err, callback.ErrPermitRefused)
				}
			}
			p.uses("after the batch", seat(1), n-10)
		}},
	}
}
