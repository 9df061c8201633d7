package storetest

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func dueClauses() []Clause {
	return []Clause{
		{Name: "callbacks are claimed at their time, not before", run: func(p *probe) {
			p.create(New("c1", DueAt(At(time.Minute))))
			p.same("claim just before", ids(p.claimDue(At(time.Minute-time.Millisecond), 10)), []callback.ID{})
			p.same("claim at the time", ids(p.claimDue(At(time.Minute), 10)), []callback.ID{"c1"})
		}},
		{Name: "the earliest is claimed first, ties by ID", run: func(p *probe) {
			p.create(New("c4", DueAt(At(time.Second))), New("c1", DueAt(At(2*time.Second))), New("c3", DueAt(At(time.Second))),
				New("c2", DueAt(At(2*time.Second))), New("c5", DueAt(Start())))
			p.same("claim", ids(p.claimDue(At(time.Minute), 10)), []callback.ID{"c5", "c3", "c4", "c1", "c2"})
		}},
		{Name: "at most limit callbacks, the rest later", run: func(p *probe) {
			for i := range 7 {
				p.create(New(numbered(6-i), DueAt(Start())))
			}
			p.same("a limit of 0", ids(p.claimDueLoosely(At(time.Minute), 0)), []callback.ID{})
			var all []callback.ID
			for _, want := range []int{3, 3, 1} {
				got := ids(p.claimDue(At(time.Minute), 3))
				p.same("callbacks of a claim", len(got), want)
				p.ordered(got, "callbacks that are due at one time are not in the order of their IDs")
				all = append(all, got...)
			}
			slices.Sort(all)
			p.same("all claims", all, []callback.ID{"n0000", "n0001", "n0002", "n0003", "n0004", "n0005", "n0006"})
			p.same("fourth claim", ids(p.claimDue(At(time.Minute), 3)), []callback.ID{})
		}},
		{Name: "a callback without NextAt is never due", run: func(p *probe) {
			p.create(New("c1", DueAt(time.Time{})))
			got := p.claim(At(1000*time.Hour), callback.ClaimRequest{Owner: "n", Lease: lease, Due: true, Limit: 10})
			p.same("claim", got, callback.Claimed{})
		}},
		{Name: "callbacks of every state can be due", run: func(p *probe) {
			var want []callback.ID
			for i, s := range callback.States() {
				id := numbered(i)
				p.create(New(id, DueAt(Start()), func(cb *callback.Callback) { cb.State = s }))
				want = append(want, id)
			}
			p.same("claim", ids(p.claimDue(Start(), 100)), want)
		}},
		{Name: "due work of all tenants is claimed", run: func(p *probe) {
			p.create(New("c1", DueAt(At(2*time.Second))), New("c2", DueAt(At(time.Second)), In("other", Service)), New("c3", DueAt(At(3*time.Second)), In("", Service)))
			got := p.claimDue(At(time.Minute), 10)
			p.same("claim", ids(got), []callback.ID{"c2", "c1", "c3"})
			p.same("tenant", got[0].Tenant, "other")
		}},
		{Name: "the lease is in the store and in the result", run: func(p *probe) {
			p.create(full())
			due := p.get("c1").NextAt
			got := p.claim(due, callback.ClaimRequest{Owner: "node-7", Lease: time.Minute, Due: true, Limit: 1}).Callbacks
			want := full()
			want.Lease = callback.Lease{Owner: "node-7", Epoch: 1, Until: due.Add(time.Minute)}
			want.NextAt = due.Add(time.Minute)
			p.same("claimed", got, []*callback.Callback{want})
			p.same("stored", p.get("c1"), want)
		}},
		{Name: "a claim writes no event", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			before := p.history("c1")
			p.claimOne(Start())
			p.same("history", p.history("c1"), before)
		}},
		{Name: "NextAt of the remaining work is returned", run: func(p *probe) {
			req := callback.ClaimRequest{Owner: "n", Lease: time.Hour, Due: true, Limit: 1}
			p.same("empty store", p.claim(Start(), req).NextAt, time.Time{})
			p.create(New("c1", DueAt(At(time.Second))), New("c2", DueAt(At(2*time.Second))), New("c3", DueAt(At(time.Minute))))
			p.same("nothing due", p.claim(Start(), req).NextAt, At(time.Second))
			p.same("cut short by the limit", p.claim(At(5*time.Second), req).NextAt, At(2*time.Second))
			p.same("the rest is not due", p.claim(At(5*time.Second), req).NextAt, At(time.Minute))
			p.same("the earliest is the end of another lease", p.claim(At(2*time.Minute), req).NextAt, At(5*time.Second+time.Hour))
		}},
		{Name: "without remaining work NextAt is zero", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			got := p.claim(Start(), callback.ClaimRequest{Owner: "n", Lease: lease, Due: true, Limit: 5})
			p.same("claim", ids(got.Callbacks), []callback.ID{"c1"})
			p.same("next moment", got.NextAt, time.Time{})
		}},
		{Name: "a change moves NextAt", run: func(p *probe) {
			p.create(New("c1", DueAt(At(time.Minute))), New("c2", DueAt(At(time.Hour))))
			p.apply(Revise(p.get("c1"), DueAt(At(time.Hour))), Revise(p.get("c2"), DueAt(At(time.Minute))))
			p.same("claim", ids(p.claimDue(At(time.Minute), 10)), []callback.ID{"c2"})
			p.apply(Revise(p.get("c1"), DueAt(time.Time{})))
			p.same("claim", ids(p.claimDue(At(2*time.Hour), 10)), []callback.ID{"c2"})
		}},
		{Name: "many callbacks due at one instant are all claimed, each claim in order", run: func(p *probe) {
			const n = 300
			changes := make([]callback.Change, n)
			for i := range changes {
				changes[i] = Write(New(numbered((i*7+3)%n), DueAt(Start())))
			}
			p.apply(changes...)
			claimed := make(map[callback.ID]bool)
			for range 5 {
				got := ids(p.claimDue(Start(), 60))
				p.ordered(got, "a claim is not in the order of the IDs")
				for _, id := range got {
					claimed[id] = true
				}
			}
			p.same("callbacks claimed", len(claimed), n)
		}},
	}
}

// claimDueLoosely claims with a limit that a store may refuse as malformed.
func (p *probe) claimDueLoosely(now time.Time, limit int) []*callback.Callback {
	c, err := p.store.Claim(p.ctx, now, callback.ClaimRequest{Owner: "node-1", Lease: lease, Due: true, Limit: limit})
	if err != nil {
		p.is("a claim with limit 0", err, callback.ErrInvalidParameter)
		return nil
	}
	return c.Callbacks
}

// ordered fails unless IDs are in their order.
func (p *probe) ordered(ids []callback.ID, complaint string) {
	if !slices.IsSorted(ids) {
		p.errorf("%s: %v", complaint, ids)
	}
}
