package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// together runs n functions concurrently and waits for them.
func (p *probe) together(n int, f func(i int)) {
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-ready
			p.guard(func(*probe) { f(i) })
		})
	}
	close(ready)
	all.Wait()
}

// allowed counts a nil error as won and requires any other error to be one of
// want.
func (p *probe) allowed(what string, won *atomic.Int64, err error, want ...error) {
	if err == nil {
		won.Add(1)
		return
	}
	for _, w := range want {
		if errors.Is(err, w) {
			return
		}
	}
	p.errorf("%s: %v", what, err)
}

func concurrencyClauses() []Clause {
	const workers = 8
	seats := func(p *probe, span time.Duration) {
		const seats, each = 5, 6
		var won atomic.Int64
		p.together(workers, func(i int) {
			for j := range each {
				c := takes(Write(New(numbered(i*each+j))), callback.Permit{Key: seat(1), N: 1, Max: seats, Span: span})
				p.allowed("taking a unit", &won, p.try(Start(), c), callback.ErrPermitRefused)
			}
		})
		p.same("units taken", won.Load(), int64(seats))
		p.uses("after the race", seat(1), seats)
		page := p.search(callback.Query{Tenant: Tenant, Limit: 1000})
		p.same("callbacks created", len(page.Callbacks), seats)
		events, _ := p.readFeed(callback.EventQuery{Tenant: Tenant})
		p.same("events", len(events), seats)
	}
	return []Clause{
		{Name: "exactly as many units are taken as there are", run: func(p *probe) { seats(p, 0) }},
		{Name: "exactly as many units of a rolling window are taken as there are", run: func(p *probe) { seats(p, 24*time.Hour) }},
		{Name: "one concurrent creation of an ID succeeds", run: func(p *probe) {
			var won atomic.Int64
			p.together(workers, func(i int) {
				cb := New("c1", func(cb *callback.Callback) { cb.Detail = fmt.Sprint(i) })
				p.allowed("creating", &won, p.try(Start(), takes(Write(cb), callback.Permit{Key: seat(1), N: 1, Max: -1})), callback.ErrConflict)
			})
			p.same("creations that succeeded", won.Load(), int64(1))
			p.uses("taken", seat(1), 1)
			p.same("events", len(p.history("c1")), 1)
		}},
		{Name: "one concurrent use of an idempotency key succeeds", run: func(p *probe) {
			var won atomic.Int64
			p.together(workers, func(i int) {
				p.allowed("creating", &won, p.try(Start(), Write(New(numbered(i), keyed("k1")))), callback.ErrConflict)
			})
			p.same("creations that succeeded", won.Load(), int64(1))
			p.same("callbacks", len(p.search(callback.Query{Tenant: Tenant}).Callbacks), 1)
			p.getBy(callback.By{Tenant: Tenant, Key: "k1"})
		}},
		{Name: "erasing a subject loses no unit that is held", run: func(p *probe) {
			const each = 6
			n := Number(1).Key()
			p.together(workers, func(i int) {
				for j := range each {
					if i%2 == 0 {
						if _, err := p.store.Erase(p.ctx, Start(), callback.EraseRequest{Tenant: Tenant, Subjects: []string{n}}); err != nil {
							p.errorf("Erase: %v", err)
						}
						continue
					}
					held := callback.Held{Key: person(n), N: 1}
					permit := callback.Permit{Key: held.Key, N: 1, Max: -1}
					cb := New(numbered(i*each+j), func(cb *callback.Callback) {
						cb.Customer.Number, cb.Held = Number(1), []callback.Held{held}
					})
					p.is("creating", p.try(Start(), takes(Write(cb), permit)), nil)
					if j%2 == 0 {
						p.is("completing", p.try(Start(), gives(Revise(cb, func(cb *callback.Callback) { cb.State, cb.Held = callback.Completed, nil }), held)), nil)
						p.is("erasing", p.tryErase(Tenant, callback.Precondition{ID: cb.ID, Revision: 2}, n), nil)
					}
				}
			})
			p.uses("held by what is left", person(n), workers/2*each/2)
		}},
		{Name: "no copy is made once its source is erased", run: func(p *probe) {
			const each = 10
			p.create(New("s1"))
			var made atomic.Int64
			var before []callback.ID
			p.together(workers, func(i int) {
				if i == 0 {
					p.erase(New("s1"))
					before = ids(p.search(callback.Query{Tenant: Tenant, Limit: 1000, Order: callback.ByCreated}).Callbacks)
					return
				}
				for j := range each {
					c := copyOfSource(Write(New(numbered(i*each+j))), "s1", 1)
					p.allowed("copying", &made, p.try(Start(), c), callback.ErrNotFound)
				}
			})
			p.same("copies found after the erasure", int64(len(before)), made.Load())
		}},
		{Name: "no change is lost", run: func(p *probe) {
			const each = 5
			p.create(New("c1", func(cb *callback.Callback) { cb.UserData = callback.Values{"n": 0.0} }))
			p.together(workers, func(int) {
				for done, tries := 0, 0; done < each; tries++ {
					if tries > 100*workers*each {
						p.fatalf("no change succeeds")
					}
					c := Revise(p.get("c1"), func(cb *callback.Callback) {
						number, _ := cb.UserData["n"].(json.Number)
						n, _ := number.Int64()
						cb.UserData["n"] = json.Number(strconv.FormatInt(n+1, 10))
					})
					err := p.try(Start(), takes(c, callback.Permit{Key: seat(1), N: 1, Max: -1}))
					switch {
					case err == nil:
						done++
					case !errors.Is(err, callback.ErrConflict):
						p.fatalf("changing: %v", err)
					}
				}
			})
			cb := p.get("c1")
			p.same("count in the record", cb.UserData["n"], any(json.Number(strconv.Itoa(workers*each))))
			p.same("revision", cb.Revision, int64(workers*each+1))
			p.uses("taken", seat(1), workers*each)
			h := p.events(callback.EventQuery{Tenant: Tenant, Callback: "c1", Limit: 1000}).Events
			for i, e := range h {
				if e.Seq != int64(i+1) {
					p.fatalf("event %d of the history has Seq %d", i, e.Seq)
				}
			}
			p.same("events", len(h), workers*each+1)
		}},
		{Name: "concurrent claims do not share a callback", run: func(p *probe) {
			const n = 60
			changes := make([]callback.Change, n)
			for i := range changes {
				changes[i] = Write(New(numbered(i), Queued(Start()), DueAt(At(time.Duration(i%3)*time.Second))))
			}
			p.apply(changes...)
			var mu sync.Mutex
			owner := make(map[callback.ID]int)
			p.together(workers, func(i int) {
				req := callback.ClaimRequest{Owner: fmt.Sprint("node-", i), Lease: lease, Due: true, Limit: 4}
				if i%2 == 1 {
					req = queueRequest(callback.QueueKey{Tenant: Tenant, Service: Service}, 4)
				}
				for range n {
					got := p.claim(At(time.Minute), req).Callbacks
					if len(got) == 0 {
						return
					}
					if len(got) > 4 {
						p.errorf("claimed %d callbacks, limit is 4", len(got))
					}
					mu.Lock()
					for _, cb := range got {
						owner[cb.ID]++
						if owner[cb.ID] > 1 || cb.Lease.Epoch != 1 {
							p.errorf("callback %s was claimed %d times, epoch %d", cb.ID, owner[cb.ID], cb.Lease.Epoch)
						}
					}
					mu.Unlock()
				}
			})
			p.same("callbacks claimed", len(owner), n)
		}},
		{Name: "one concurrent write under an epoch succeeds", run: func(p *probe) {
			p.create(New("c1", DueAt(Start())))
			held := p.claimOne(Start())
			var won atomic.Int64
			p.together(workers, func(i int) {
				c := Revise(held, func(cb *callback.Callback) { cb.Detail = fmt.Sprint(i) })
				c.Epoch = held.Lease.Epoch
				p.allowed("writing", &won, p.try(Start(), c), callback.ErrConflict)
			})
			p.same("writes that succeeded", won.Load(), int64(1))
		}},
		{Name: "units taken and given back are conserved", run: func(p *probe) {
			const seats, rounds = 3, 8
			var out, most atomic.Int64
			p.together(workers, func(i int) {
				cb := New(numbered(i))
				p.apply(Write(cb))
				for range rounds {
					cb = p.get(cb.ID)
					c := takes(Revise(cb), callback.Permit{Key: seat(1), N: 1, Max: seats})
					if err := p.try(Start(), c); err != nil {
						p.is("taking a unit", err, callback.ErrPermitRefused)
						continue
					}
					if now := out.Add(1); now > most.Load() {
						most.Store(now)
					}
					out.Add(-1)
					p.apply(gives(Revise(c.Record), callback.Held{Key: seat(1), N: 1}))
				}
			})
			if most.Load() > seats {
				p.errorf("%d units in use at once, want at most %d", most.Load(), seats)
			}
			p.uses("after giving back all", seat(1), 0)
		}},
		{Name: "either a concurrent erasure or a change succeeds", run: func(p *probe) {
			for i := range 10 {
				id := numbered(i)
				p.create(New(id))
				var won atomic.Int64
				p.together(2, func(j int) {
					if j == 0 {
						p.allowed("erasing", &won, p.tryErase(Tenant, callback.Precondition{ID: id, Revision: 1}), callback.ErrConflict)
					} else {
						p.allowed("changing", &won, p.try(Start(), Revise(New(id))), callback.ErrNotFound)
					}
				})
				p.same("operations that succeeded", won.Load(), int64(1))
			}
		}},
		{Name: "a reader of the feed misses no event", run: func(p *probe) {
			const each = 20
			var done atomic.Int64
			var seen []callback.Event
			p.together(workers+1, func(i int) {
				if i < workers {
					defer done.Add(1)
					for j := range each {
						p.apply(Write(New(numbered(i*each + j))))
					}
					return
				}
				var after callback.Cursor
				for pages := 0; ; pages++ {
					if pages > 1_000_000 || len(seen) > 2*workers*each {
						p.fatalf("no end of the feed: %d events in %d pages", len(seen), pages)
					}
					last := done.Load() == workers
					page := p.events(callback.EventQuery{Tenant: Tenant, After: after, Limit: 7})
					seen = append(seen, page.Events...)
					if after = page.Next; last && len(page.Events) == 0 {
						return
					}
				}
			})
			ids := make(map[callback.ID]bool)
			for _, e := range seen {
				ids[e.Callback] = true
			}
			p.same("events seen", len(seen), workers*each)
			p.same("callbacks seen", len(ids), workers*each)
		}},
	}
}
