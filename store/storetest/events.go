package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// readFeed reads all pages of a feed and returns the events and the final
// cursor.
func (p *probe) readFeed(q callback.EventQuery) ([]callback.Event, callback.Cursor) {
	var all []callback.Event
	for range 500 {
		page := p.events(q)
		if q.Limit > 0 && len(page.Events) > q.Limit {
			p.fatalf("page has %d events, limit is %d", len(page.Events), q.Limit)
		}
		all = append(all, page.Events...)
		if len(page.Events) == 0 {
			return all, page.Next
		}
		if page.Next == "" {
			p.fatalf("events without a next cursor")
		}
		q.After = page.Next
	}
	p.fatalf("no end after 500 pages")
	return nil, ""
}

func eventClauses() []Clause {
	event := func(c callback.Change) callback.Event { return c.Event }
	return []Clause{
		{Name: "every field is kept", run: func(p *probe) {
			c := Write(New("c1"))
			c.Event = callback.Event{
				Tenant: Tenant, Callback: "c1", Service: "another", Seq: 1, At: At(time.Minute), Type: "something_new",
				From: callback.Queued, To: callback.Dialing, Reason: callback.ReasonError, Attempt: 3,
				Stage: callback.StageRinging, Result: callback.ResultFaxDetected, Certainty: callback.Known,
				Next: At(time.Hour), Epoch: 12, Actor: "who", Detail: "why",
			}
			p.apply(c)
			p.same("history", p.history("c1"), []callback.Event{c.Event})
			all, _ := p.readFeed(callback.EventQuery{Tenant: Tenant})
			p.same("feed", all, []callback.Event{c.Event})
		}},
		{Name: "Seq of an event is the revision it wrote", run: func(p *probe) {
			c := Write(New("c1"))
			c.Event.Seq = 99
			p.apply(c)
			next := Revise(p.get("c1"))
			next.Event.Seq = 0
			p.apply(next)
			h := p.history("c1")
			if len(h) != 2 || h[0].Seq != 1 || h[1].Seq != 2 {
				p.errorf("history: %+v", h)
			}
		}},
		{Name: "End begins behind the last event", run: func(p *probe) {
			empty := p.events(callback.EventQuery{Tenant: Tenant, End: true})
			p.apply(Write(New("c1")))
			page := p.events(callback.EventQuery{Tenant: Tenant, End: true})
			if len(page.Events) != 0 || page.Next == "" {
				p.fatalf("End returned %d events and the place %q", len(page.Events), page.Next)
			}
			second := Write(New("c2"))
			p.apply(second)
			after, _ := p.readFeed(callback.EventQuery{Tenant: Tenant, After: page.Next})
			if len(after) != 1 || after[0].Callback != "c2" {
				p.errorf("behind the end: %+v", after)
			}
			all, _ := p.readFeed(callback.EventQuery{Tenant: Tenant, After: empty.Next})
			if len(all) != 2 {
				p.errorf("behind the end of the empty feed are %d events, want 2", len(all))
			}
		}},
		{Name: "history of one callback, in order", run: func(p *probe) {
			one, two := Write(New("c1")), Write(New("c2"))
			p.apply(one, two)
			three := Revise(one.Record)
			p.apply(three)
			p.same("history", p.history("c1"), []callback.Event{event(one), event(three)})
			p.same("history of a missing callback", p.history("c9"), []callback.Event{})
		}},
		{Name: "masking removes the texts of earlier events", run: func(p *probe) {
			said := func(c callback.Change, detail string) callback.Change {
				c.Event.Detail, c.Event.Reason, c.Event.Actor = detail, callback.ReasonCancelled, "ann"
				return c
			}
			one, other := said(Write(New("c1")), "first"), said(Write(New("c2")), "of another")
			p.apply(one, other)
			two := said(Revise(one.Record), "second")
			p.apply(two)
			silent := Revise(two.Record)
			p.apply(silent)
			mask := said(Revise(silent.Record), "masked")
			mask.MaskEvents = true
			stale := mask
			stale.Record = New("c2", func(cb *callback.Callback) { cb.Revision = 3 })
			p.refused("a mask of another revision", stale, callback.ErrConflict)
			p.same("history after a mask that failed", p.history("c2"), []callback.Event{other.Event})
			p.apply(mask)
			one.Event.Detail, two.Event.Detail = "", ""
			p.same("history", p.history("c1"), []callback.Event{one.Event, two.Event, silent.Event, mask.Event})
			all, _ := p.readFeed(callback.EventQuery{Tenant: Tenant})
			p.same("feed", all, []callback.Event{one.Event, other.Event, two.Event, silent.Event, mask.Event})
			later := said(Revise(mask.Record), "later")
			p.apply(later)
			p.same("history after the next change", p.history("c1"), []callback.Event{one.Event, two.Event, silent.Event, mask.Event, later.Event})
		}},
		{Name: "masking in one batch with other changes", run: func(p *probe) {
			var first, masks []callback.Change
			for _, id := range []callback.ID{"c1", "c2", "c3"} {
				c := Write(New(id))
				c.Event.Detail = "text of " + string(id)
				first = append(first, c)
			}
			p.apply(first...)
			for i, c := range first {
				next := Revise(c.Record)
				next.MaskEvents = i != 1
				masks = append(masks, next)
			}
			p.apply(masks...)
			for i, c := range first {
				if i != 1 {
					c.Event.Detail = ""
				}
				p.same("history", p.history(c.Record.ID), []callback.Event{c.Event, masks[i].Event})
			}
		}},
		{Name: "history after a cursor, with a limit", run: func(p *probe) {
			c := Write(New("c1"))
			p.apply(c)
			var want []callback.Event
			for range 7 {
				c = Revise(c.Record)
				p.apply(c)
				want = append(want, c.Event)
			}
			first := p.events(callback.EventQuery{Tenant: Tenant, Callback: "c1", Limit: 1})
			rest, _ := p.readFeed(callback.EventQuery{Tenant: Tenant, Callback: "c1", Limit: 3, After: first.Next})
			p.same("rest of the history", rest, want)
		}},
		{Name: "the feed continues at the cursor", run: func(p *probe) {
			one := Write(New("c1"))
			p.apply(one)
			got, next := p.readFeed(callback.EventQuery{Tenant: Tenant, Limit: 2})
			p.same("feed", got, []callback.Event{one.Event})
			if next == "" {
				p.fatalf("no cursor at the end of a feed with events")
			}
			page := p.events(callback.EventQuery{Tenant: Tenant, After: next})
			if len(page.Events) != 0 || page.Next == "" {
				p.errorf("without new events: %d events, next cursor %q", len(page.Events), page.Next)
			}
			two, three := Write(New("c2")), Revise(one.Record)
			p.apply(two)
			p.apply(three)
			got, _ = p.readFeed(callback.EventQuery{Tenant: Tenant, After: page.Next, Limit: 1})
			p.same("feed", got, []callback.Event{two.Event, three.Event})
		}},
		{Name: "each event has its own cursor", run: func(p *probe) {
			c := Write(New("c1"))
			p.apply(c)
			for range 4 {
				c = Revise(c.Record)
				p.apply(c)
			}
			page, err := p.store.Events(p.ctx, callback.EventQuery{Tenant: Tenant})
			if err != nil || len(page.Events) != 5 {
				p.fatalf("Events: %d, %v", len(page.Events), err)
			}
			for i, e := range page.Events {
				if e.Cursor == "" {
					p.fatalf("event %d has no cursor", i)
				}
				rest, _ := p.readFeed(callback.EventQuery{Tenant: Tenant, After: e.Cursor})
				if len(rest) != 4-i {
					p.errorf("%d events after the cursor of event %d, want %d", len(rest), i, 4-i)
				}
			}
		}},
		{Name: "the feed of all tenants", run: func(p *probe) {
			one, two := Write(New("c1")), Write(New("c1", In("other", Service)))
			p.apply(one, two)
			got, _ := p.readFeed(callback.EventQuery{AllTenants: true, Limit: 1})
			p.same("feed of all", got, []callback.Event{one.Event, two.Event})
			got, _ = p.readFeed(callback.EventQuery{Tenant: "other", Limit: 1})
			p.same("feed of one", got, []callback.Event{two.Event})
		}},
		{Name: "the default limit is 100", run: func(p *probe) {
			changes := make([]callback.Change, 101)
			for i := range changes {
				changes[i] = Write(New(numbered(i)))
			}
			p.apply(changes...)
			page := p.events(callback.EventQuery{Tenant: Tenant})
			p.same("page", len(page.Events), 100)
			page = p.events(callback.EventQuery{Tenant: Tenant, After: page.Next})
			p.same("next page", len(page.Events), 1)
		}},
		{Name: "a failed change has no event", run: func(p *probe) {
			one := takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 1, Max: 1})
			p.apply(one)
			p.refused("a refused creation", takes(Write(New("c2")), callback.Permit{Key: seat(1), N: 1, Max: 1}), callback.ErrPermitRefused)
			p.refused("a conflict", Write(New("c1")), callback.ErrConflict)
			p.refused("an unknown callback", Revise(New("c3")), callback.ErrNotFound)
			got, _ := p.readFeed(callback.EventQuery{Tenant: Tenant})
			p.same("feed", got, []callback.Event{one.Event})
		}},
	}
}
