package storetest

import (
	"encoding/json"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// searchCase is a query and the callbacks of the crowd that match it.
type searchCase struct {
	name  string
	query callback.Query
	want  []callback.ID
}

// crowd returns the callbacks that queries are tested on, in the order of their
// desired times.
func crowd() []*callback.Callback {
	desired := func(d time.Duration) func(*callback.Callback) {
		return func(cb *callback.Callback) { cb.Desired = At(d) }
	}
	return []*callback.Callback{
		New("a", desired(time.Hour), func(cb *callback.Callback) {
			cb.Customer.Number, cb.Customer.ID = Number(1), "cust-1"
			cb.Origin = callback.Origin{ExternalID: "ext-1", CallerID: "crm", AppPool: "pool-1"}
			cb.SearchValues = []callback.SearchValue{{Key: "city", Value: "Bern"}, {Key: "city", Value: "Basel", Former: true}, {Key: "vip", Value: "yes"}}
			cb.Properties, cb.UserData = callback.Values{"_lang": "de"}, callback.Values{"score": json.Number("5"), "vip": true}
		}),
		New("b", desired(2*time.Hour), Queued(At(time.Minute)), func(cb *callback.Callback) {
			cb.Customer.Number, cb.Customer.Alternative, cb.Customer.ID = Number(2), Number(1), "cust-2"
			cb.Origin = callback.Origin{ExternalID: "ext-2", CallerID: "crm", AppPool: "pool-2"}
			cb.SearchValues = []callback.SearchValue{{Key: "city", Value: "Basel"}, {Key: "vip", Value: "yes"}}
			cb.Properties, cb.UserData = callback.Values{"_lang": "fr"}, callback.Values{"score": "5", "vip": false}
			cb.Priority = scheduler.Priority(2)
			cb.Created = At(time.Minute)
		}),
		New("c", desired(3*time.Hour), In(Tenant, "support"), func(cb *callback.Callback) {
			cb.State, cb.Reason, cb.EndedAt = callback.Completed, callback.ReasonAgentConnected, At(3*time.Hour)
			cb.Customer.Number, cb.Customer.ID = Number(3), "cust-1"
			cb.Agent.Personal = "hans"
			cb.SearchValues = []callback.SearchValue{{Key: "vip", Value: "Basel"}}
			cb.Created = At(2 * time.Minute)
		}),
		New("d", desired(4*time.Hour), func(cb *callback.Callback) {
			cb.State, cb.Reason, cb.EndedAt = callback.Completed, callback.ReasonCancelled, At(4*time.Hour)
			cb.Customer.Alternative = Number(1)
			cb.Agent.Personal = "eva"
			cb.Priority = scheduler.Priority(5)
			cb.Created = At(3 * time.Minute)
		}),
	}
}

func searchCases() []searchCase {
	match := func(pairs ...string) (out []callback.Match) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, callback.Match{Key: pairs[i], Value: pairs[i+1]})
		}
		return out
	}
	type list = []callback.ID
	return []searchCase{
		{"tenant only", callback.Query{}, list{"a", "b", "c", "d"}},
		{"IDs", callback.Query{IDs: list{"d", "x", "a", "d"}}, list{"a", "d"}},
		{"many IDs", callback.Query{IDs: list{"1", "2", "3", "4", "5", "6", "7", "8", "9", "d", "b"}}, list{"b", "d"}},
		{"services", callback.Query{Services: []string{"support", "none"}}, list{"c"}},
		{"states", callback.Query{States: []callback.State{callback.Queued, callback.Completed}}, list{"b", "c", "d"}},
		{"not-states", callback.Query{NotStates: []callback.State{callback.Queued, callback.Completed}}, list{"a"}},
		{"states and not-states", callback.Query{States: []callback.State{callback.Queued, callback.Completed}, NotStates: []callback.State{callback.Completed}}, list{"b"}},
		{"reasons", callback.Query{Reasons: []callback.Reason{callback.ReasonCancelled, callback.ReasonError}}, list{"d"}},
		{"priorities", callback.Query{Priorities: []scheduler.Priority{2, 5}}, list{"b", "d"}},
		{"the zero priority", callback.Query{Priorities: []scheduler.Priority{0}}, list{"a", "c"}},
		{"one lookup, present or former", callback.Query{SearchValues: match("city", "Basel")}, list{"a", "b"}},
		{"a lookup's key counts", callback.Query{SearchValues: match("vip", "Basel")}, list{"c"}},
		{"a lookup's case counts", callback.Query{SearchValues: match("city", "basel")}, nil},
		{"all lookups", callback.Query{SearchValues: match("city", "Basel", "city", "Bern")}, list{"a"}},
		{"all lookups, one unknown", callback.Query{SearchValues: match("city", "Basel", "city", "Rom")}, nil},
		{"any lookup", callback.Query{SearchValues: match("city", "Bern", "vip", "Basel", "x", "y"), AnySearchValue: true}, list{"a", "c"}},
		{"any of no lookups is no condition", callback.Query{AnySearchValue: true}, list{"a", "b", "c", "d"}},
		{"a property", callback.Query{Properties: match("_lang", "de")}, list{"a"}},
		{"user data, as text", callback.Query{Properties: match("score", "5")}, list{"a", "b"}},
		{"a boolean, as text", callback.Query{Properties: match("vip", "true")}, list{"a"}},
		{"all properties", callback.Query{Properties: match("_lang", "fr", "vip", "false")}, list{"b"}},
		{"a number, also as alternative", callback.Query{Number: Number(1).Key()}, list{"a", "b", "d"}},
		{"a number that has an alternative", callback.Query{Number: Number(2).Key()}, list{"b"}},
		{"an unknown number", callback.Query{Number: Number(9).Key()}, nil},
		{"customer", callback.Query{CustomerID: "cust-1"}, list{"a", "c"}},
		{"external id", callback.Query{ExternalID: "ext-2"}, list{"b"}},
		{"caller id", callback.Query{CallerID: "crm"}, list{"a", "b"}},
		{"pool", callback.Query{AppPool: "pool-1"}, list{"a"}},
		{"personal agent", callback.Query{Personal: "hans"}, list{"c"}},
		{"desired time", callback.Query{DesiredFrom: At(2 * time.Hour), DesiredTo: At(3 * time.Hour)}, list{"b", "c"}},
		{"desired time from", callback.Query{DesiredFrom: At(3 * time.Hour)}, list{"c", "d"}},
		{"desired time to", callback.Query{DesiredTo: At(2*time.Hour - time.Millisecond)}, list{"a"}},
		{"creation", callback.Query{CreatedFrom: At(time.Minute), CreatedTo: At(2 * time.Minute)}, list{"b", "c"}},
		{"end", callback.Query{EndedFrom: At(3 * time.Hour), EndedTo: At(3 * time.Hour)}, list{"c"}},
		{"end to, which excludes unfinished callbacks", callback.Query{EndedTo: At(4 * time.Hour)}, list{"c", "d"}},
		{"an inverted range", callback.Query{DesiredFrom: At(3 * time.Hour), DesiredTo: At(2 * time.Hour)}, nil},
		{"several conditions at once", callback.Query{Number: Number(1).Key(), NotStates: []callback.State{callback.Completed}, CallerID: "crm", SearchValues: match("city", "Basel"), DesiredFrom: At(time.Hour + time.Millisecond)}, list{"b"}},
	}
}

func searchClauses() []Clause {
	var all []Clause
	for _, c := range searchCases() {
		all = append(all, Clause{Name: "by " + c.name, run: func(p *probe) {
			p.create(crowd()...)
			p.finds(c.name, c.query, c.want...)
			c.query.Desc = true
			var reversed []callback.ID
			for i := len(c.want) - 1; i >= 0; i-- {
				reversed = append(reversed, c.want[i])
			}
			p.finds(c.name+", descending", c.query, reversed...)
		}})
	}
	return append(all,
		Clause{Name: "whole callbacks, including leases", run: func(p *probe) {
			p.create(full())
			p.claimDue(At(100*time.Hour), 1)
			got := p.search(callback.Query{Tenant: Tenant})
			p.same("page", got, callback.Page{Callbacks: []*callback.Callback{p.get("c1")}})
		}},
		Clause{Name: "changes affect which queries match", run: func(p *probe) {
			p.create(crowd()...)
			p.apply(Revise(p.get("a"), Queued(Start()), func(cb *callback.Callback) {
				cb.Customer.Number, cb.Customer.ID, cb.Origin.ExternalID = Number(7), "cust-7", "ext-7"
				cb.SearchValues = []callback.SearchValue{{Key: "city", Value: "Rom"}}
				cb.Desired = At(9 * time.Hour)
			}))
			p.finds("old state", callback.Query{States: []callback.State{callback.Scheduled}})
			p.finds("old number", callback.Query{Number: Number(1).Key()}, "b", "d")
			p.finds("old customer", callback.Query{CustomerID: "cust-1"}, "c")
			p.finds("old external id", callback.Query{ExternalID: "ext-1"})
			p.finds("old lookup", callback.Query{SearchValues: []callback.Match{{Key: "city", Value: "Bern"}}})
			p.finds("new number", callback.Query{Number: Number(7).Key()}, "a")
			p.finds("new customer", callback.Query{CustomerID: "cust-7"}, "a")
			p.finds("new external id", callback.Query{ExternalID: "ext-7"}, "a")
			p.finds("new lookup", callback.Query{SearchValues: []callback.Match{{Key: "city", Value: "Rom"}}}, "a")
			p.finds("new time", callback.Query{}, "b", "c", "d", "a")
		}},
		Clause{Name: "by position in the queue", run: func(p *probe) {
			p.create(New("c3", Queued(At(time.Second))), New("c1", Queued(At(2*time.Second))), New("c2", Queued(At(2*time.Second))),
				New("c4", Queued(At(3*time.Second))), New("c5"))
			q := callback.Query{Order: callback.ByQueue, QueuedBefore: &callback.Place{QueuedAt: At(2 * time.Second), ID: "c2"}}
			p.finds("position", q, "c3", "c1")
			q.QueuedBefore.ID = "c1"
			p.finds("position", q, "c3")
			q.QueuedBefore.QueuedAt = At(time.Hour)
			p.finds("a position after all", q, "c3", "c1", "c2", "c4")
		}},
	)
}
