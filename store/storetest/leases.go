package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

func leaseClauses() []Clause {
	return []Clause{
		{Name: "no two leases overlap", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			first := p.claimOne(Start())
			p.same("claim under a lease", ids(p.claimDue(At(lease-time.Millisecond), 5)), []callback.ID{})
			second := p.claimOne(At(lease))
			p.same("epochs", []int64{first.Lease.Epoch, second.Lease.Epoch}, []int64{1, 2})
		}},
		{Name: "the holder writes and the lease is over", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			c := Revise(p.claimOne(Start()), DueAt(At(time.Hour)))
			c.Epoch = 1
			p.apply(c)
			p.same("callback", p.get("c1"), stored(c.Record, 1))
			p.same("claim", ids(p.claimDue(At(time.Hour), 5)), []callback.ID{"c1"})
		}},
		{Name: "whoever lost the lease cannot write", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			old := p.claimOne(Start())
			p.claimOne(At(lease))
			p.unchanged("c1", func() {
				c := Revise(old)
				c.Epoch = old.Lease.Epoch
				p.refused("the late writer", c, callback.ErrConflict)
				p.refused("the late return", Unclaim(old, Start()), callback.ErrConflict)
				c.Epoch = 3
				p.refused("an epoch to come", c, callback.ErrConflict)
			})
		}},
		{Name: "the epoch decides, not the clock", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			c := Revise(p.claimOne(Start()))
			c.Epoch = 1
			p.applyAt(At(24*time.Hour), c)
		}},
		{Name: "a write without epoch takes the lease away", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			held := p.claimOne(Start())
			p.apply(Revise(p.get("c1"), DueAt(At(time.Second))))
			p.same("lease", p.get("c1").Lease, callback.Lease{Epoch: 1})
			c := Revise(held)
			c.Epoch = 1
			p.refused("the former holder", c, callback.ErrConflict)
			p.same("claim", ids(p.claimDue(At(time.Second), 5)), []callback.ID{"c1"})
		}},
		{Name: "a write cannot set lease or epoch", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			p.claimOne(Start())
			p.apply(Revise(p.get("c1"), func(cb *callback.Callback) {
				cb.Lease = callback.Lease{Owner: "forged", Epoch: 99, Until: At(time.Hour)}
			}))
			p.same("lease", p.get("c1").Lease, callback.Lease{Epoch: 1})
		}},
		{Name: "the epoch grows through writes and returns", run: func(p *probe) {
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
		{Name: "giving back a lease changes nothing but the next moment", run: func(p *probe) {
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
			p.same("claim before", ids(p.claimDue(At(time.Minute-time.Millisecond), 5)), []callback.ID{})
			p.same("claim after", ids(p.claimDue(At(time.Minute), 5)), []callback.ID{"c1"})
		}},
		{Name: "giving back a lease puts the callback back into its queue", run: func(p *probe) {
			p.create(New("c1", Queued(Start())), New("c2", Queued(At(time.Second))))
			held := p.claimQueue(Start(), 1)
			p.apply(Unclaim(held[0], At(time.Hour)))
			p.same("claim", ids(p.claimQueue(Start(), 2)), []callback.ID{"c1", "c2"})
		}},
		{Name: "giving back a lease needs the current revision", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			p.apply(Revise(p.get("c1")))
			held := p.claimOne(Start())
			for _, revision := range []int64{1, 3} {
				p.unchanged("c1", func() {
					c := Unclaim(held, At(time.Minute))
					c.Record.Revision = revision
					p.refused("another revision", c, callback.ErrConflict)
				})
			}
		}},
	}
}
