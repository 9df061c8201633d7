package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

func leaseClauses() []Clause {
	return []Clause{
		{Name: "leases do not overlap", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			first := p.claimOne(Start())
			p.same("claim during a lease", ids(p.claimDue(At(lease-time.Millisecond), 5)), []callback.ID{})
			second := p.claimOne(At(lease))
			p.same("epochs", []int64{first.Lease.Epoch, second.Lease.Epoch}, []int64{1, 2})
		}},
		{Name: "a write by the holder ends the lease", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			c := Revise(p.claimOne(Start()), DueAt(At(time.Hour)))
			c.Epoch = 1
			p.apply(c)
			p.same("callback", p.get("c1"), stored(c.Record, 1))
			p.same("claim", ids(p.claimDue(At(time.Hour), 5)), []callback.ID{"c1"})
		}},
		{Name: "a former holder cannot write", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			old := p.claimOne(Start())
			p.claimOne(At(lease))
			p.unchanged(func() {
				c := Revise(old)
				c.Epoch = old.Lease.Epoch
				p.refused("a late write", c, callback.ErrConflict)
				p.refused("a late unclaim", Unclaim(old, Start()), callback.ErrConflict)
				c.Epoch = 3
				p.refused("a future epoch", c, callback.ErrConflict)
			})
		}},
		{Name: "the epoch decides, not the time", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			c := Revise(p.claimOne(Start()))
			c.Epoch = 1
			p.applyAt(At(24*time.Hour), c)
		}},
		{Name: "a write without an epoch ends the lease", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			held := p.claimOne(Start())
			p.apply(Revise(p.get("c1"), DueAt(At(time.Second))))
			p.same("lease", p.get("c1").Lease, callback.Lease{Epoch: 1})
			c := Revise(held)
			c.Epoch = 1
			p.refused("a write by the former holder", c, callback.ErrConflict)
			p.same("claim", ids(p.claimDue(At(time.Second), 5)), []callback.ID{"c1"})
		}},
		{Name: "a write cannot set the lease or the epoch", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			p.claimOne(Start())
			p.apply(Revise(p.get("c1"), func(cb *callback.Callback) {
				cb.Lease = callback.Lease{Owner: "forged", Epoch: 99, Until: At(time.Hour)}
			}))
			p.same("lease", p.get("c1").Lease, callback.Lease{Epoch: 1})
		}},
		{Name: "the epoch keeps increasing after writes and unclaims", run: func(p *probe) {
			p.create(New("c1", Queued(Start()), DueAt(Start())))
			for want := int64(1); want < 6; want++ {
				got := p.claimOne(Start())
				p.same("epoch", got.Lease.Epoch, want)
				if want%2 == 0 {
					p.apply(Revise(got, DueAt(Start())))
				} else {
					p.apply(Unclaim(got, Start()))
				}
			}
		}},
		{Name: "a lease of a clock that was set back ends at most one length from now", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())), New("c2", Queued(Start()), DueAt(Start())), New("c3", DueAt(At(72*time.Hour))), New("c4", DueAt(Start())))
			const ahead = 26 * time.Hour
			held := p.claimDue(At(ahead), 5)
			p.same("claim ahead", ids(held), []callback.ID{"c1", "c2", "c4"})
			p.apply(Unclaim(p.get("c4"), At(48*time.Hour)))
			p.same("first claim", ids(p.claimDue(Start(), 5)), []callback.ID{})
			p.same("end of the lease", p.get("c1").Lease, callback.Lease{Owner: held[0].Lease.Owner, Epoch: 1, Until: At(lease)})
			p.same("times of others", []time.Time{p.get("c1").NextAt, p.get("c3").NextAt, p.get("c4").NextAt}, []time.Time{At(lease), At(72 * time.Hour), At(48 * time.Hour)})
			c := Revise(p.get("c1"), DueAt(At(lease)))
			c.Epoch = 1
			p.apply(c)
			p.same("claim within the lease", ids(p.claimDue(At(lease-time.Millisecond), 5)), []callback.ID{})
			p.same("claim of the queue within the lease", ids(p.claimQueue(At(lease-time.Millisecond), 5)), []callback.ID{})
			p.same("claim of the queue after it", ids(p.claimQueue(At(lease), 5)), []callback.ID{"c2"})
			p.same("claim after the lease", ids(p.claimDue(At(lease), 5)), []callback.ID{"c1"})
		}},
		{Name: "a lease that ends a second late is not shortened", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			p.claimDue(At(time.Second), 5)
			p.claimDue(Start(), 5)
			p.same("end of the lease", p.get("c1").Lease.Until, At(time.Second+lease))
			p.claimDue(At(-time.Microsecond), 5)
			p.same("end of a later lease", p.get("c1").Lease.Until, At(lease-time.Microsecond))
		}},
		{Name: "an unclaim changes nothing but NextAt", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			before, events := p.get("c1"), p.history("c1")
			held := p.claimOne(Start())
			c := Unclaim(held, At(time.Minute))
			c.Record.Detail, c.Record.State, c.Record.Service = "not to be stored", callback.Completed, "other"
			p.apply(c)
			want := stored(before, 1)
			want.NextAt = At(time.Minute)
			p.same("callback", p.get("c1"), want)
			p.same("history", p.history("c1"), events)
			p.same("claim before NextAt", ids(p.claimDue(At(time.Minute-time.Millisecond), 5)), []callback.ID{})
			p.same("claim at NextAt", ids(p.claimDue(At(time.Minute), 5)), []callback.ID{"c1"})
		}},
		{Name: "an unclaim returns the callback to its queue", run: func(p *probe) {
			p.create(New("c1", Queued(Start())), New("c2", Queued(At(time.Second))))
			held := p.claimQueue(Start(), 1)
			p.apply(Unclaim(held[0], At(time.Hour)))
			p.same("claim", ids(p.claimQueue(Start(), 2)), []callback.ID{"c1", "c2"})
		}},
		{Name: "an unclaim requires the current revision", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			p.apply(Revise(p.get("c1")))
			held := p.claimOne(Start())
			for _, revision := range []int64{1, 3} {
				p.unchanged(func() {
					c := Unclaim(held, At(time.Minute))
					c.Record.Revision = revision
					p.refused("another revision", c, callback.ErrConflict)
				})
			}
		}},
	}
}
