package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// spread creates n callbacks that each of the four orders sorts differently,
// with ties in all of them.
func (p *probe) spread(n int) []*callback.Callback {
	all := make([]*callback.Callback, n)
	changes := make([]callback.Change, n)
	for i := range all {
		all[i] = New(numbered(i), func(cb *callback.Callback) {
			cb.Desired = At(time.Duration(i*7%10) * time.Hour)
			cb.Created = At(time.Duration(i*3%11) * time.Minute)
			cb.Updated = At(time.Duration(i*5%13) * time.Second)
			cb.QueuedAt = At(time.Duration(i*11%8) * time.Millisecond)
			cb.State = callback.States()[i%9]
		})
		changes[i] = Write(all[i])
	}
	p.apply(changes...)
	return all
}

// pages reads all pages of a search, calling between after each.
func (p *probe) pages(q callback.Query, between func()) []callback.ID {
	var got []callback.ID
	for range 200 {
		page := p.search(q)
		if len(page.Callbacks) > q.Limit {
			p.fatalf("page has %d callbacks, limit is %d", len(page.Callbacks), q.Limit)
		}
		got = append(got, ids(page.Callbacks)...)
		if page.Next == "" {
			return got
		}
		if len(page.Callbacks) == 0 {
			p.fatalf("empty page with a cursor")
		}
		q.After = page.Next
		if between != nil {
			between()
		}
	}
	p.fatalf("no end after 200 pages")
	return nil
}

// endless reads a search while each callback that was read moves to a time behind
// the end, as a loop that works on them does.
func (p *probe) endless(q callback.Query, all []*callback.Callback, later time.Time) {
	want := 0
	for _, cb := range all {
		if !slices.Contains(q.NotStates, cb.State) {
			want++
		}
	}
	for range 40 {
		page := p.search(q)
		want -= len(page.Callbacks)
		if page.Next == "" {
			p.same("callbacks that were not read", want, 0)
			return
		}
		for _, cb := range page.Callbacks {
			p.apply(Revise(p.get(cb.ID), func(cb *callback.Callback) {
				cb.Desired, cb.Created, cb.Updated, cb.QueuedAt = later, later, later, later
			}))
		}
		q.After = page.Next
	}
	p.fatalf("no end after 40 pages of 30 callbacks")
}

func pageClauses() []Clause {
	var all []Clause
	for order, name := range []string{"desired", "created", "updated", "queued"} {
		for _, desc := range []bool{false, true} {
			q := callback.Query{Tenant: Tenant, Order: callback.OrderBy(order), Desc: desc}
			all = append(all, Clause{Name: fmt.Sprintf("order by %s time, descending %v, ties by ID", name, desc), run: func(p *probe) {
				var want []placed
				for _, cb := range p.spread(30) {
					want = append(want, placeOf(cb, q.Order))
				}
				slices.SortFunc(want, func(a, b placed) int {
					c := a.At.Compare(b.At)
					if c == 0 {
						c = slices.Compare([]byte(a.ID), []byte(b.ID))
					}
					if desc {
						return -c
					}
					return c
				})
				var wantIDs []callback.ID
				for _, w := range want {
					wantIDs = append(wantIDs, w.ID)
				}
				for _, limit := range []int{1, 7, 10, 29, 30, 31, 1000} {
					q.Limit = limit
					p.same(fmt.Sprintf("pages of %d", limit), p.pages(q, nil), wantIDs)
				}
				some := q
				some.Limit, some.States = 4, []callback.State{callback.Queued, callback.Completed}
				wantIDs = slices.DeleteFunc(wantIDs, func(id callback.ID) bool {
					s := p.get(id).State
					return s != callback.Queued && s != callback.Completed
				})
				p.same("pages of two states", p.pages(some, nil), wantIDs)
			}})
		}
	}
	for order, name := range []string{"desired", "created", "updated", "queued"} {
		q := callback.Query{Tenant: Tenant, Order: callback.OrderBy(order), Limit: 5}
		all = append(all, Clause{Name: "an ascending search by " + name + " time ends although callbacks move behind it", run: func(p *probe) {
			all := p.spread(30)
			p.endless(q, all, At(1000*time.Hour))
			q := q
			q.NotStates = []callback.State{callback.Completed}
			p.endless(q, all, At(2000*time.Hour))
		}})
	}
	return append(all,
		Clause{Name: "an ascending search ends before callbacks that get the time of its order", run: func(p *probe) {
			none := func(cb *callback.Callback) { cb.QueuedAt = time.Time{} }
			for i := range 12 {
				p.create(New(numbered(i), none))
			}
			read := 0
			got := p.pages(callback.Query{Tenant: Tenant, Order: callback.ByQueue, Limit: 5}, func() {
				for range 2 {
					p.apply(Revise(p.get(numbered(read)), Queued(At(time.Hour))))
					read++
				}
			})
			p.same("number of callbacks", len(got), 12)
		}},
		Clause{Name: "the last page has no cursor", run: func(p *probe) {
			p.spread(10)
			for limit, more := range map[int]bool{9: true, 10: false, 11: false} {
				page := p.search(callback.Query{Tenant: Tenant, Limit: limit})
				if (page.Next != "") != more {
					p.errorf("10 callbacks, limit %d: next cursor %q, want a cursor: %v", limit, page.Next, more)
				}
			}
			page := p.search(callback.Query{Tenant: Tenant, Number: "unknown"})
			if page.Next != "" || len(page.Callbacks) > 0 {
				p.errorf("search without a match: %+v", page)
			}
		}},
		Clause{Name: "the default limit is 100", run: func(p *probe) {
			p.spread(101)
			page := p.search(callback.Query{Tenant: Tenant})
			if len(page.Callbacks) != 100 || page.Next == "" {
				p.errorf("page has %d callbacks, next cursor %q", len(page.Callbacks), page.Next)
			}
		}},
		Clause{Name: "concurrent changes do not shift pages", run: func(p *probe) {
			all := p.spread(40)
			round := 0
			got := p.pages(callback.Query{Tenant: Tenant, Limit: 5, Order: callback.ByCreated}, func() {
				round++
				// Create one before all pages already read and remove one that
				// was read.
				p.create(New(callback.ID(fmt.Sprintf("a%04d", round)), func(cb *callback.Callback) { cb.Created = At(-time.Hour) }))
			})
			var want []callback.ID
			slices.SortFunc(all, func(a, b *callback.Callback) int {
				if c := a.Created.Compare(b.Created); c != 0 {
					return c
				}
				return slices.Compare([]byte(a.ID), []byte(b.ID))
			})
			want = ids(all)
			p.same("pages with callbacks created before them", got, want)

			q := callback.Query{Tenant: Tenant, Limit: 5, Order: callback.ByCreated, CreatedFrom: Start()}
			first := p.search(q)
			for _, cb := range first.Callbacks {
				p.erase(cb)
			}
			q.After = first.Next
			p.same("pages after erasing the ones read", p.pages(q, nil), want[5:])
		}},
		Clause{Name: "a cursor works with an exact-value condition", run: func(p *probe) {
			for i := range 12 {
				p.create(New(numbered(i), func(cb *callback.Callback) {
					cb.Customer.ID, cb.Desired = "cust", At(time.Duration(i%3)*time.Hour)
				}))
			}
			want := []callback.ID{"n0000", "n0003", "n0006", "n0009", "n0001", "n0004", "n0007", "n0010", "n0002", "n0005", "n0008", "n0011"}
			p.same("pages", p.pages(callback.Query{Tenant: Tenant, CustomerID: "cust", Limit: 5}, nil), want)
		}},
	)
}
