package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

func malformedClauses() []Clause {
	revision := func(n int64) callback.Change {
		c := Write(New("c1"))
		c.Record.Revision = n
		return c
	}
	state := func(s callback.State) callback.Change {
		return Write(New("c1", func(cb *callback.Callback) { cb.State = s }))
	}
	take := func(permit callback.Permit) callback.Change {
		permit.Key = seat(1)
		return takes(Write(New("c1")), callback.Permit{Key: seat(2), N: 1, Max: 9}, permit)
	}
	noEvent := Write(New("c1"))
	noEvent.Event = callback.Event{}
	later := copyOfSource(Write(New("c1")), "c0", 1)
	later.Record.Revision = 2
	returned := copyOfSource(Unclaim(New("c1"), Start()), "c0", 1)
	var all []Clause
	for _, bad := range []struct {
		name   string
		change callback.Change
	}{
		{"no record", callback.Change{Event: Write(New("c1")).Event}},
		{"the zero change", callback.Change{}},
		{"an unclaim without record", callback.Change{Unclaim: true}},
		{"no ID", Write(New(""))},
		{"revision 0", revision(0)},
		{"a negative revision", revision(-1)},
		{"a source of what is not new", later},
		{"a source of the return of a lease", returned},
		{"a source without an ID", copyOfSource(Write(New("c1")), "", 1)},
		{"a source without a revision", copyOfSource(Write(New("c1")), "c0", 0)},
		{"no state", state(0)},
		{"an unknown state", state(callback.Completed + 1)},
		{"an unknown priority", Write(New("c1", func(cb *callback.Callback) { cb.Priority = scheduler.Levels }))},
		{"no event", noEvent},
		{"taking 0 units", take(callback.Permit{N: 0, Max: 9})},
		{"taking negative units", take(callback.Permit{N: -1, Max: 9})},
		{"a window with both length and end", take(callback.Permit{N: 1, Max: 9, For: time.Minute, Until: At(time.Hour)})},
		{"a window with a negative length", take(callback.Permit{N: 1, Max: 9, For: -time.Minute})},
		{"a rolling window that has also a length", take(callback.Permit{N: 1, Max: 9, Span: time.Hour, For: time.Minute})},
		{"a rolling window that has also an end", take(callback.Permit{N: 1, Max: 9, Span: time.Hour, Until: At(time.Hour)})},
		{"a rolling window below an hour", take(callback.Permit{N: 1, Max: 9, Span: time.Minute})},
		{"a rolling window of a part of an hour", take(callback.Permit{N: 1, Max: 9, Span: time.Hour + time.Minute})},
		{"a rolling window above 31 days", take(callback.Permit{N: 1, Max: 9, Span: 31*24*time.Hour + time.Hour})},
		{"a negative rolling window", take(callback.Permit{N: 1, Max: 9, Span: -time.Hour})},
		{"giving 0 units", gives(Write(New("c1")), callback.Held{Key: seat(1), N: 0})},
		{"giving negative units", gives(Write(New("c1")), callback.Held{Key: seat(1), N: -1})},
	} {
		all = append(all, Clause{Name: bad.name, run: func(p *probe) {
			p.apply(takes(Write(New("c0")), callback.Permit{Key: seat(1), N: 1, Max: 9}))
			p.refused(bad.name, bad.change, callback.ErrInvalidParameter)
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
			p.uses("after "+bad.name, seat(1), 1)
			p.uses("after "+bad.name, seat(2), 0)
			got, _ := p.readFeed(callback.EventQuery{Tenant: Tenant})
			p.same("feed", got, []callback.Event{Write(New("c0")).Event})
		}})
	}
	return append(all,
		Clause{Name: "claims", run: func(p *probe) {
			p.create(New("c1", Queued(Start()), DueAt(Start())))
			queues := queueRequest(callback.QueueKey{Tenant: Tenant, Service: Service}, 1)
			short := queues
			short.Lease = time.Second - 1
			negative := queueRequest(queues.Queues[0].Queue, -1)
			for _, req := range []callback.ClaimRequest{
				{Owner: "n", Due: true, Limit: 1},
				{Owner: "n", Due: true, Limit: 1, Lease: -time.Hour},
				{Owner: "n", Due: true, Limit: -1, Lease: time.Minute},
				short, negative,
			} {
				got, err := p.store.Claim(p.ctx, At(time.Minute), req)
				p.is("a malformed claim", err, callback.ErrInvalidParameter)
				p.same("callbacks of a malformed claim", got.Callbacks, []*callback.Callback{})
			}
			p.same("lease", p.get("c1").Lease, callback.Lease{})
		}},
		Clause{Name: "limits of pages", run: func(p *probe) {
			for _, limit := range []int{-1, 1001} {
				_, err := p.store.Search(p.ctx, callback.Query{Tenant: Tenant, Limit: limit})
				p.is("a limit of a search", err, callback.ErrInvalidParameter)
			}
			for _, limit := range []int{-1, 10001} {
				_, err := p.store.Events(p.ctx, callback.EventQuery{Tenant: Tenant, Limit: limit})
				p.is("a limit of events", err, callback.ErrInvalidParameter)
			}
			_, err := p.store.Search(p.ctx, callback.Query{Tenant: Tenant, Limit: 1000})
			p.is("the largest limit of a search", err, nil)
			_, err = p.store.Events(p.ctx, callback.EventQuery{Tenant: Tenant, Limit: 10000})
			p.is("the largest limit of events", err, nil)
		}},
		Clause{Name: "cursors", run: func(p *probe) {
			p.create(New("c1"), New("c2"))
			for _, cursor := range []callback.Cursor{"nonsense", "\x00\xff", "-1", "'; drop table callbacks; --", "AAAA", "e30"} {
				_, err := p.store.Search(p.ctx, callback.Query{Tenant: Tenant, After: cursor})
				p.is("a cursor of a search", err, callback.ErrInvalidParameter)
				_, err = p.store.Events(p.ctx, callback.EventQuery{Tenant: Tenant, After: cursor})
				p.is("a cursor of events", err, callback.ErrInvalidParameter)
				_, err = p.store.Events(p.ctx, callback.EventQuery{Tenant: Tenant, Callback: "c1", After: cursor})
				p.is("a cursor of a history", err, callback.ErrInvalidParameter)
			}
		}},
		Clause{Name: "empty names match nothing", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 1, Max: 9}))
			p.is("erasing without an ID", p.tryErase(Tenant, callback.Precondition{}), callback.ErrNotFound)
			errs, err := p.store.Erase(p.ctx, Start(), callback.EraseRequest{Tenant: Tenant, Subjects: []string{""}})
			if err != nil {
				p.is("erasing the empty subject", err, callback.ErrInvalidParameter)
			} else if len(errs) > 0 {
				p.errorf("erasing no items: %v", errs)
			}
			p.uses("a counter without a subject", seat(1), 1)
		}},
		Clause{Name: "special characters are kept and found", run: func(p *probe) {
			odd := "a'b\"c\\d%e_f\n\t;--\u00e9\u4e2d\U0001f4de"
			cb := New(callback.ID(odd), In(odd, odd), keyed(odd), Queued(Start()), func(cb *callback.Callback) {
				cb.Customer.ID = odd
				cb.SearchValues = []callback.SearchValue{{Key: odd, Value: odd}}
				cb.UserData = callback.Values{odd: odd}
			})
			key := callback.PermitKey{Kind: callback.PermitParameter, Service: odd, Name: odd, Subject: odd}
			p.apply(takes(Write(cb), callback.Permit{Key: key, N: 1, Max: 1}))
			p.same("callback", p.getBy(callback.By{Tenant: odd, Key: odd}), cb)
			for _, q := range []callback.Query{
				{IDs: []callback.ID{cb.ID}}, {Services: []string{odd}}, {CustomerID: odd},
				{SearchValues: []callback.Match{{Key: odd, Value: odd}}}, {Properties: []callback.Match{{Key: odd, Value: odd}}},
			} {
				q.Tenant = odd
				p.same("search", ids(p.search(q).Callbacks), []callback.ID{cb.ID})
			}
			for _, q := range []callback.Query{{CustomerID: "%"}, {Services: []string{"%"}}, {SearchValues: []callback.Match{{Key: "%", Value: "_"}}}} {
				q.Tenant = odd
				p.same("search with wildcards", ids(p.search(q).Callbacks), []callback.ID{})
			}
			p.refused("a full counter", takes(Write(New("c2", In(odd, odd))), callback.Permit{Key: key, N: 1, Max: 1}), callback.ErrPermitRefused)
		}},
	)
}
