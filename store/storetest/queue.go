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
	return append(placeClauses(), []Clause{
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
	}...)
}

func placeClauses() []Clause {
	at := func(d time.Duration, id callback.ID) callback.Place { return callback.Place{QueuedAt: At(d), ID: id} }
	return []Clause{
		{Name: "behind a place, ties by ID", run: func(p *probe) {
			p.create(New("c4", Queued(At(1*time.Second))), New("c1", Queued(At(2*time.Second))), New("c3", Queued(At(1*time.Second))),
				New("c2", Queued(At(2*time.Second))), New("c5", Queued(Start())))
			now := At(time.Minute)
			p.same("behind the last", ids(p.claimBehind(now, at(2*time.Second, "c2"), 9)), []callback.ID{})
			p.same("2 behind c3", ids(p.claimBehind(now, at(time.Second, "c3"), 2)), []callback.ID{"c4", "c1"})
			p.same("behind c1", ids(p.claimBehind(now, at(2*time.Second, "c1"), 9)), []callback.ID{"c2"})
			p.same("behind the zero place", ids(p.claimBehind(now, callback.Place{}, 9)), []callback.ID{"c5", "c3"})
		}},
		{Name: "no callback needs to stand at the place", run: func(p *probe) {
			for _, place := range []struct {
				name string
				callback.Place
				want []callback.ID
			}{
				{"before the first", at(-time.Hour, "c9"), []callback.ID{"c1", "c3", "c5", "c7"}},
				{"between IDs", at(time.Second, "c2"), []callback.ID{"c3", "c5", "c7"}},
				{"at a time without an ID", at(time.Second, ""), []callback.ID{"c1", "c3", "c5", "c7"}},
				{"a microsecond before a time", at(2*time.Second-time.Microsecond, "c9"), []callback.ID{"c5", "c7"}},
				{"a microsecond after a time", at(time.Second+time.Microsecond, ""), []callback.ID{"c5", "c7"}},
				{"behind the last", at(time.Hour, ""), []callback.ID{}},
			} {
				tenant := place.name
				for i, d := range []time.Duration{time.Second, time.Second, 2 * time.Second, 2 * time.Second} {
					p.create(New(callback.ID("c"+string(rune('1'+2*i))), Queued(At(d)), In(tenant, Service)))
				}
				req := queueRequest(callback.QueueKey{Tenant: tenant, Service: Service}, 9)
				req.Queues[0].After = place.Place
				p.same(place.name, ids(p.claim(At(time.Minute), req).Callbacks), place.want)
			}
		}},
		{Name: "the place of a callback that has left the queue", run: func(p *probe) {
			for i := range 5 {
				p.create(New(numbered(i), Queued(At(time.Duration(i)*time.Second))))
			}
			now := At(time.Minute)
			p.apply(Revise(p.get("n0001"), func(cb *callback.Callback) { cb.State = callback.Paused }))
			p.same("behind a paused one", ids(p.claimBehind(now, at(time.Second, "n0001"), 1)), []callback.ID{"n0002"})
			p.apply(Revise(p.get("n0002"), Queued(At(time.Hour))))
			p.same("behind one that has moved", ids(p.claimBehind(now, at(2*time.Second, "n0002"), 1)), []callback.ID{"n0003"})
			p.is("erase", p.tryErase(Tenant, callback.Precondition{ID: "n0003", Revision: 1}), nil)
			p.same("behind an erased one", ids(p.claimBehind(now, at(3*time.Second, "n0003"), 9)), []callback.ID{"n0004", "n0002"})
		}},
		{Name: "each queue of a claim has its place", run: func(p *probe) {
			req := callback.ClaimRequest{Owner: "n", Lease: lease}
			for i, after := range []callback.Place{at(time.Second, "n0001"), {}, at(0, "n0020"), at(time.Hour, "")} {
				for j := range 3 {
					p.create(New(numbered(10*i+j), Queued(At(time.Duration(j)*time.Second)), func(cb *callback.Callback) { cb.Priority = scheduler.Priority(i) }))
				}
				queue := callback.QueueKey{Tenant: Tenant, Service: Service, Priority: scheduler.Priority(i)}
				req.Queues = append(req.Queues, callback.QueueClaim{Queue: queue, N: 2, After: after})
			}
			p.same("claim", ids(p.claim(At(time.Minute), req).Callbacks), []callback.ID{"n0002", "n0010", "n0011", "n0021", "n0022"})
		}},
		{Name: "leased callbacks behind a place are passed over", run: func(p *probe) {
			for i := range 4 {
				p.create(New(numbered(i), Queued(At(time.Duration(i)*time.Second))))
			}
			first := at(0, "n0000")
			p.same("first claim", ids(p.claimBehind(Start(), first, 2)), []callback.ID{"n0001", "n0002"})
			p.same("second claim", ids(p.claimBehind(At(lease-time.Millisecond), first, 2)), []callback.ID{"n0003"})
			p.same("behind a leased one", ids(p.claimBehind(At(lease-time.Millisecond), at(time.Second, "n0001"), 2)), []callback.ID{})
			p.same("after the first lease", ids(p.claimBehind(At(lease), first, 9)), []callback.ID{"n0001", "n0002"})
			p.same("the front", ids(p.claimQueue(At(lease), 9)), []callback.ID{"n0000"})
		}},
		{Name: "callbacks without a time are first, behind a place as well", run: func(p *probe) {
			p.create(New("c1", Queued(time.Time{})), New("c2", Queued(time.Time{})), New("c3", Queued(time.Time{})),
				New("c0", Queued(Start())))
			p.same("behind a place with a time", ids(p.claimBehind(Start(), at(-time.Hour, "c9"), 9)), []callback.ID{"c0"})
			p.same("behind a place without", ids(p.claimBehind(At(lease), callback.Place{ID: "c1"}, 2)), []callback.ID{"c2", "c3"})
			p.same("the zero place", ids(p.claimBehind(At(lease), callback.Place{}, 9)), []callback.ID{"c1", "c0"})
		}},
	}
}
