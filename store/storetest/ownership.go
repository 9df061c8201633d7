package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// scribble changes everything in a callback that can be changed in place.
func scribble(cb *callback.Callback) {
	cb.Detail, cb.State, cb.Revision, cb.NextAt = "scribbled", callback.Completed, 99, At(999*time.Hour)
	cb.Idempotency.Key, cb.Lease.Epoch = "scribbled", 99
	for _, values := range []callback.Values{cb.Properties, cb.UserData} {
		if values != nil {
			clear(values)
			values["scribbled"] = true
		}
	}
	for i := range cb.SearchValues {
		cb.SearchValues[i].Value = "scribbled"
	}
	for i := range cb.Held {
		cb.Held[i].N = 99
	}
	for i := range cb.Attempts {
		cb.Attempts[i].Agent = "scribbled"
	}
	if cb.Retry != nil {
		cb.Retry.MaxAttempts = 99
	}
	if cb.Offer != nil {
		cb.Offer.CanReject = !cb.Offer.CanReject
	}
	if cb.Reservation != nil {
		cb.Reservation.Agent = "scribbled"
	}
	for _, o := range cb.Owed {
		if o.Release != nil {
			o.Release.Reservation.ID = "scribbled"
		}
		if o.Hangup != nil {
			o.Hangup.Key = "scribbled"
		}
	}
}

func ownershipClauses() []Clause {
	untouched := func(p *probe, epoch int64, nextAt time.Time) {
		want := stored(full(), epoch)
		want.NextAt = nextAt
		got := p.get("c1")
		got.Lease = callback.Lease{Epoch: got.Lease.Epoch}
		p.same("callback", got, want)
		p.finds("lookup", callback.Query{SearchValues: []callback.Match{{Key: "_one", Value: "1"}}}, "c1")
	}
	return []Clause{
		{Name: "arguments may be changed afterwards", run: func(p *probe) {
			c := takes(Write(full()), callback.Permit{Key: seat(1), N: 1, Max: 2})
			p.apply(c)
			scribble(c.Record)
			c.Take[0].Key.Slot = 2
			c.Event.Detail = "scribbled"
			untouched(p, 0, full().NextAt)
			p.uses("taken", seat(1), 1)
			next := Revise(full())
			next.Record.Revision = 2
			p.apply(next)
			scribble(next.Record)
			want := full()
			want.Revision, want.Updated = 2, want.Updated.Add(time.Second)
			p.same("callback", p.get("c1"), want)
		}},
		{Name: "a store does not change its arguments", run: func(p *probe) {
			c := takes(gives(Write(full()), callback.Held{Key: seat(2), N: 1}), callback.Permit{Key: seat(1), N: 1, Max: 2})
			c.Record.Lease = callback.Lease{Owner: "unchanged", Epoch: 3}
			p.apply(c)
			want := full()
			want.Lease = callback.Lease{Owner: "unchanged", Epoch: 3}
			p.same("record", c.Record, want)
			p.same("event", c.Event, Write(full()).Event)
			p.same("permits", c.Take, []callback.Permit{{Key: seat(1), N: 1, Max: 2}})
		}},
		{Name: "Get returns a copy", run: func(p *probe) {
			p.create(full())
			scribble(p.get("c1"))
			scribble(p.getBy(callback.By{Tenant: Tenant, Key: "key-c1"}))
			untouched(p, 0, full().NextAt)
		}},
		{Name: "Search returns copies", run: func(p *probe) {
			p.create(full())
			for _, q := range []callback.Query{{Tenant: Tenant}, {Tenant: Tenant, CustomerID: "customer-1"}} {
				for _, cb := range p.search(q).Callbacks {
					scribble(cb)
				}
			}
			untouched(p, 0, full().NextAt)
		}},
		{Name: "Claim returns copies", run: func(p *probe) {
			p.create(full())
			now := full().NextAt
			scribble(p.claimOne(now))
			untouched(p, 1, now.Add(lease))
			key := callback.QueueKey{Tenant: Tenant, Service: Service, Priority: full().Priority}
			for _, cb := range p.claim(now.Add(lease), queueRequest(key, 1)).Callbacks {
				scribble(cb)
			}
			untouched(p, 2, now.Add(2*lease))
		}},
		{Name: "Events, Load and Count return copies", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 1, Max: 2}))
			for range 2 {
				page := p.events(callback.EventQuery{Tenant: Tenant, Callback: "c1"})
				p.same("history", page.Events, []callback.Event{Write(New("c1")).Event})
				page.Events[0].Detail = "scribbled"
				counters := p.load(Start(), seat(1))
				p.same("load", counters, []callback.Counter{{Key: seat(1), Used: 1}})
				counters[0].Used = 99
				groups, err := p.store.Count(p.ctx, callback.Query{Tenant: Tenant})
				if err != nil || len(groups) != 1 || groups[0].N != 1 {
					p.fatalf("Count: %+v, %v", groups, err)
				}
				groups[0].N = 99
			}
		}},
	}
}
