package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func cancelledClauses() []Clause {
	// over makes a call with a cancelled context; it must fail.
	over := func(p *probe, what string, call func(ctx context.Context) error) {
		ctx, cancel := context.WithCancel(p.ctx)
		cancel()
		if err := call(ctx); err == nil {
			p.errorf("%s with a cancelled context: no error", what)
		}
	}
	return []Clause{
		{Name: "a change is atomic", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 1, Max: 9}))
			c := takes(gives(Revise(p.get("c1"), func(cb *callback.Callback) { cb.Detail = "changed" }), callback.Held{Key: seat(1), N: 1}),
				callback.Permit{Key: seat(2), N: 1, Max: 9})
			var failure error
			over(p, "Apply", func(ctx context.Context) error {
				errs, err := p.store.Apply(ctx, Start(), []callback.Change{c})
				failure = errors.Join(append(errs, err)...)
				return failure
			})
			happened := p.get("c1").Revision == 2
			if happened && !errors.Is(failure, callback.ErrOutcomeUnknown) {
				p.errorf("the change happened despite the error %v", failure)
			}
			for key, want := range map[callback.PermitKey]bool{seat(1): !happened, seat(2): happened} {
				if got := p.used(Start(), key) == 1; got != want {
					p.errorf("partial change: record %v, counter %+v taken %v", happened, key, got)
				}
			}
			if got := len(p.history("c1")) == 2; got != happened {
				p.errorf("partial change: record %v, event %v", happened, got)
			}
			if !happened {
				p.apply(c)
			}
			p.same("callback", p.get("c1"), c.Record)
		}},
		{Name: "every call fails", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			over(p, "Get", func(ctx context.Context) error {
				_, err := p.store.Get(ctx, callback.By{Tenant: Tenant, ID: "c1"})
				return err
			})
			over(p, "Search", func(ctx context.Context) error {
				_, err := p.store.Search(ctx, callback.Query{Tenant: Tenant})
				return err
			})
			over(p, "Count", func(ctx context.Context) error {
				_, err := p.store.Count(ctx, callback.Query{Tenant: Tenant})
				return err
			})
			over(p, "Load", func(ctx context.Context) error {
				_, err := p.store.Load(ctx, Start(), callback.LoadRequest{Tenant: Tenant, Kind: callback.PermitBucket, Service: Service})
				return err
			})
			over(p, "Events", func(ctx context.Context) error {
				_, err := p.store.Events(ctx, callback.EventQuery{Tenant: Tenant})
				return err
			})
		}},
		{Name: "a failed claim can be repeated", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			over(p, "Claim", func(ctx context.Context) error {
				_, err := p.store.Claim(ctx, Start(), callback.ClaimRequest{Owner: "n", Lease: lease, Due: true, Limit: 5})
				return err
			})
			// If the lease was granted nevertheless, it ends by itself.
			p.same("claim", ids(p.claimDue(At(lease), 5)), []callback.ID{"c1"})
		}},
		{Name: "a failed erasure can be repeated", run: func(p *probe) {
			p.create(New("c1"))
			over(p, "Erase", func(ctx context.Context) error {
				errs, err := p.store.Erase(ctx, At(time.Minute), callback.EraseRequest{Tenant: Tenant, Items: []callback.Precondition{{ID: "c1", Revision: 1}}})
				return errors.Join(append(errs, err)...)
			})
			if err := p.tryErase(Tenant, callback.Precondition{ID: "c1", Revision: 1}); err != nil {
				p.is("erasing again", err, callback.ErrNotFound)
			}
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
			p.same("events", len(p.history("c1")), 1)
		}},
	}
}
