package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

func queueClauses() []Clause {
	priority := func(n scheduler.Priority) func(*callback.Callback) {
		return func(cb *callback.Callback) { cb.Priority = n }
	}
	return []Clause{
		{Name: "the oldest is claimed first, ties by ID", run: func(p *probe) {
			p.create(New("c4", Queued(At(1*time.Second))), New("c1", Queued(At(2*time.Second))), New("c3", Queued(At(1*time.Second))),
				New("c2", Queued(At(2*time.Second))), New("c5", Queued(Start())))
			p.same("claim of 4", ids(p.claimQueue(At(time.Minute), 4)), []callback.ID{"c5", "c3", "c4", "c1"})
			p.same("claim of the remaining", ids(p.claimQueue(At(time.Minute), 4)), []callback.ID{"c2"})
			p.same("claim of an empty queue", ids(p.claimQueue(At(time.Minute), 4)), []callback.ID{})
		}},
		{Name: "only queued and ready callbacks", run: func(p *probe) {
			for i, s := range callback.States() {
				for j, ready := range []bool{false, true} {
					p.create(New(numbered(10*i+j), Queued(Start()), func(cb *callback.Callback) { cb.State, cb.Ready = s, ready }))
				}
			}
			p.same("claim", ids(p.claimQueue(At(time.Minute), 100)), []callback.ID{"n0011"})
		}},
		{Name: "only the named queue", run: func(p *probe) {
			p.create(New("c1", Queued(Start())), New("c2", Queued(Start()), priority(3)), New("c3", Queued(Start()), In(Tenant, "support")),
				New("c4", Queued(Start()), In("other", Service)))
			for _, want := range []struct {
				key callback.QueueKey
				id  callback.ID
			}{
				{callback.QueueKey{Tenant: "other", Service: Service}, "c4"},
				{callback.QueueKey{Tenant: Tenant, Service: "support"}, "c3"},
				{callback.QueueKey{Tenant: Tenant, Service: Service, Priority: 3}, "c2"},
				{callback.QueueKey{Tenant: Tenant, Service: Service}, "c1"},
			} {
				p.same("claim", ids(p.claim(Start(), queueRequest(want.key, 10)).Callbacks), []callback.ID{want.id})
			}
		}},
		{Name: "queues are served in the given order, each up to N", run: func(p *probe) {
			for i := range 3 {
				p.create(New(numbered(i), Queued(At(time.Duration(i)*time.Second)), priority(1)),
					New(numbered(10+i), Queued(At(time.Duration(i)*time.Second)), priority(2)),
					New(numbered(20+i), Queued(At(time.Duration(i)*time.Second)), priority(3)))
			}
			key := callback.QueueKey{Tenant: Tenant, Service: Service}
			req := callback.ClaimRequest{Owner: "n", Lease: lease}
			for _, q := range []struct {
				priority scheduler.Priority
				n        int
			}{{3, 1}, {1, 2}, {5, 9}, {3, 1}} {
				key.Priority = q.priority
				req.Queues = append(req.Queues, callback.QueueClaim{Queue: key, N: q.n})
			}
			p.same("claim", ids(p.claim(At(time.Minute), req).Callbacks), []callback.ID{"n0020", "n0000", "n0001", "n0021"})
		}},
		{Name: "the lease is in the store and in the result", run: func(p *probe) {
			p.create(New("c1", Queued(Start())))
			want := p.get("c1")
			want.Lease = callback.Lease{Owner: "node-1", Epoch: 1, Until: At(lease)}
			want.NextAt = At(lease)
			p.same("claimed", p.claimQueue(Start(), 1), []*callback.Callback{want})
			p.same("stored", p.get("c1"), want)
		}},
		{Name: "a leased callback is not in the queue until the lease ends", run: func(p *probe) {
			p.create(New("c1", Queued(Start())), New("c2", Queued(At(time.Second))))
			p.same("first claim", ids(p.claimQueue(Start(), 1)), []callback.ID{"c1"})
			p.same("second claim", ids(p.claimQueue(At(lease-time.Millisecond), 1)), []callback.ID{"c2"})
			got := p.claimQueue(At(lease), 10)
			p.same("claim at the end of the first lease", ids(got), []callback.ID{"c1"})
			p.same("epoch", got[0].Lease.Epoch, int64(2))
		}},
		{Name: "a lease of due work applies to the queue as well", run: func(p *probe) {
			p.create(New("c1", Queued(Start()), DueAt(Start())))
			p.same("due", ids(p.claimDue(Start(), 1)), []callback.ID{"c1"})
			p.same("queue", ids(p.claimQueue(Start(), 1)), []callback.ID{})
			p.same("queue after the lease", ids(p.claimQueue(At(lease), 1)), []callback.ID{"c1"})
			p.same("due", ids(p.claimDue(At(lease), 1)), []callback.ID{})
		}},
		{Name: "a callback claimed from a queue is due when the lease ends", run: func(p *probe) {
			p.create(New("c1", Queued(Start())))
			p.claimQueue(Start(), 1)
			p.same("due before the end", ids(p.claimDue(At(lease-time.Millisecond), 1)), []callback.ID{})
			p.same("due at the end", ids(p.claimDue(At(lease), 1)), []callback.ID{"c1"})
		}},
		{Name: "changes add to the queue and remove from it", run: func(p *probe) {
			p.create(New("c1"), New("c2", Queued(At(time.Minute))))
			p.apply(Revise(p.get("c1"), Queued(Start())))
			p.apply(Revise(p.get("c2"), func(cb *callback.Callback) { cb.Ready = false }))
			p.same("claim", ids(p.claimQueue(At(time.Hour), 5)), []callback.ID{"c1"})
			p.apply(Revise(p.get("c1"), func(cb *callback.Callback) { cb.State = callback.Paused }))
			p.apply(Revise(p.get("c2"), func(cb *callback.Callback) { cb.Ready = true }))
			p.same("claim", ids(p.claimQueue(At(time.Hour), 5)), []callback.ID{"c2"})
		}},
		{Name: "a change sets the position in the queue", run: func(p *probe) {
			p.create(New("c1", Queued(At(time.Minute))), New("c2", Queued(At(2*time.Minute))))
			p.apply(Revise(p.get("c1"), Queued(At(3*time.Minute))))
			p.same("claim", ids(p.claimQueue(At(time.Hour), 5)), []callback.ID{"c2", "c1"})
		}},
	}
}
