package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

func timeClauses() []Clause {
	return []Clause{
		{Name: "microseconds are kept", run: func(p *probe) {
			odd := At(123456 * time.Microsecond)
			p.create(New("c1", DueAt(odd), func(cb *callback.Callback) { cb.Desired, cb.QueuedAt = odd, odd }))
			p.same("callback", p.get("c1"), New("c1", DueAt(odd), func(cb *callback.Callback) { cb.Desired, cb.QueuedAt = odd, odd }))
			p.same("claim a microsecond before", ids(p.claimDue(odd.Add(-time.Microsecond), 1)), []callback.ID{})
			p.same("claim at the time", ids(p.claimDue(odd, 1)), []callback.ID{"c1"})
			p.finds("a bound a microsecond later", callback.Query{DesiredFrom: odd.Add(time.Microsecond)})
		}},
		{Name: "the zero time is kept", run: func(p *probe) {
			p.create(&callback.Callback{Tenant: Tenant, ID: "c1", Revision: 1, State: callback.Paused})
			cb := p.get("c1")
			for i, at := range []time.Time{
				cb.Desired, cb.Until, cb.Bucket, cb.Created, cb.Updated, cb.ReleaseAt, cb.QueuedAt, cb.ReadyAt,
				cb.ExpiresAt, cb.RemindAt, cb.DeadlineAt, cb.EndedAt, cb.NextAt, cb.Lease.Until,
			} {
				if !at.IsZero() {
					p.errorf("time %d of a callback without times is %v", i, at)
				}
			}
		}},
		{Name: "callbacks without the time come first", run: func(p *probe) {
			p.create(New("c2"), New("c1", Queued(At(-time.Hour*24*365*60))), New("c3"))
			p.finds("place in the queue", callback.Query{Order: callback.ByQueue}, "c2", "c3", "c1")
			p.finds("place in the queue, descending", callback.Query{Order: callback.ByQueue, Desc: true}, "c1", "c3", "c2")
			q := callback.Query{Tenant: Tenant, Order: callback.ByQueue, Limit: 1}
			p.same("pages", p.pages(q, nil), []callback.ID{"c2", "c3", "c1"})
		}},
		{Name: "the zone of a time does not matter", run: func(p *probe) {
			east := time.FixedZone("east", 5*3600+45*60)
			west := time.FixedZone("west", -10*3600)
			p.create(New("c1", DueAt(At(2*time.Second).In(east)), func(cb *callback.Callback) { cb.Desired = At(2 * time.Hour).In(east) }),
				New("c2", DueAt(At(time.Second).In(west)), func(cb *callback.Callback) { cb.Desired = At(time.Hour).In(west) }))
			p.finds("a time in another zone", callback.Query{DesiredFrom: At(90 * time.Minute).In(west)}, "c1")
			p.finds("order", callback.Query{}, "c2", "c1")
			p.same("claim", ids(p.claimDue(At(time.Second).In(east), 5)), []callback.ID{"c2"})
			p.same("claim", ids(p.claimDue(At(2*time.Second).In(west), 5)), []callback.ID{"c1"})
		}},
		{Name: "the clock of the process does not matter", run: func(p *probe) {
			for _, start := range []time.Time{time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC)} {
				id := callback.ID(start.Format("2006"))
				c := takes(Write(New(id, DueAt(start))), callback.Permit{
					Key: person(string(id)), N: 1, Max: 1, For: time.Hour,
				})
				p.applyAt(start, c)
				again := takes(Write(New("x"+id, DueAt(time.Time{}))), c.Take[0])
				p.is("within the window", p.try(start.Add(time.Hour-time.Second), again), callback.ErrPermitRefused)
				p.is("after the window", p.try(start.Add(time.Hour), again), nil)
				p.same("claim", ids(p.claimDue(start, 5)), []callback.ID{id})
				p.same("claim under the lease", ids(p.claimDue(start.Add(lease-time.Second), 5)), []callback.ID{})
				p.same("claim after the lease", ids(p.claimDue(start.Add(lease), 5)), []callback.ID{id})
				p.apply(Revise(p.get(id), DueAt(time.Time{})))
			}
		}},
	}
}
