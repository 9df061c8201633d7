package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// moment is one row of the timeline: an attempt, or an end without one.
type moment struct {
	at   time.Time
	cb   *callback.Callback
	call *callback.Attempt
	next string // what followed
}

// timeline tells of every attempt in the order of dialling.
func (a *account) timeline(ctx context.Context, p *play) error {
	a.title("DIALLED, RETRIED, COMPLETED")
	var moments []moment
	for cb, err := range p.m.Search(ctx, callback.Query{}) {
		if err != nil {
			return err
		}
		events, err := p.m.History(ctx, cb.ID)
		if err != nil {
			return err
		}
		moments = append(moments, a.moments(cb, events)...)
	}
	slices.SortFunc(moments, func(x, y moment) int {
		return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.cb.ID, y.cb.ID))
	})
	a.row("", "at", "id", "service", "priority", "try", "result", "then")
	last := ""
	for _, m := range moments {
		day := m.at.In(a.zone).Format("02 Jan")
		if day == last {
			day = ""
		} else {
			last = day
		}
		a.row(append([]any{day}, m.cells(a)...)...)
	}
	a.flush()
	return nil
}

func (m moment) cells(a *account) []any {
	priority := ""
	if m.cb.Priority != scheduler.Normal {
		priority = m.cb.Priority.String()
	}
	if m.call == nil {
		return []any{a.clock(m.at), m.cb.ID, m.cb.Service, priority, "-", "not dialled", m.next}
	}
	return []any{a.clock(m.at), m.cb.ID, m.cb.Service, priority, m.call.N, result(m.call), m.next}
}

// result is the outcome of an attempt in words.
func result(call *callback.Attempt) string {
	o := call.Outcome
	if o.Certainty == callback.NotPlaced {
		return "not placed"
	}
	name := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(o.Result.String(), "SIT_"), "_", " "))
	if o.Talk > 0 {
		name += ", " + o.Talk.String()
	}
	return name
}

// moments makes the rows of one callback from its record and its history.
func (a *account) moments(cb *callback.Callback, events []callback.Event) []moment {
	var moments []moment
	for i := range cb.Attempts {
		call := &cb.Attempts[i]
		m := moment{at: call.Began, cb: cb, call: call, next: string(cb.Reason)}
		if i+1 < len(cb.Attempts) {
			m.next = "again " + a.clock(cb.Attempts[i+1].Began)
		}
		if by := resolvedBy(events, call.N); by != "" {
			m.next += " (" + by + ")"
		}
		moments = append(moments, m)
	}
	if len(cb.Attempts) == 0 && cb.State == callback.Completed {
		moments = append(moments, moment{at: cb.EndedAt, cb: cb, next: string(cb.Reason)})
	}
	return moments
}

// resolvedBy says who told what had become of an attempt that nobody knew of:
// the Manager, which asked the dialer, or somebody else.
func resolvedBy(events []callback.Event, attempt int) string {
	unresolved := false
	for _, e := range events {
		switch {
		case e.Attempt != attempt || e.Type == callback.EventLookedUp:
		case e.Type == callback.EventUnresolved:
			unresolved = true
		case unresolved && e.Actor == "quickstart":
			return "looked up"
		case unresolved:
			return e.Actor
		}
	}
	return ""
}

// searches shows how callbacks are found again.
func (a *account) searches(ctx context.Context, p *play) error {
	a.title("FOUND")
	billing := []string{"billing"}
	contract := func(value string) []callback.Match { return []callback.Match{{Key: "contract", Value: value}} }
	for _, s := range []struct {
		what  string
		query callback.Query
	}{
		{"a number, written in another way", callback.Query{Services: billing, Number: "+49 (0) 30 / 23125 - 108"}},
		{"a number that was given up since", callback.Query{Services: billing,
			SearchValues: []callback.Match{{Key: "_customer_number", Value: "0176 04069012"}}}},
		{"a contract", callback.Query{SearchValues: contract("C-2029")}},
		{"a contract the callback had once", callback.Query{SearchValues: contract("C-1029")}},
		{"either of two contracts", callback.Query{AnySearchValue: true, SearchValues: append(contract("C-1002"), contract("C-1003")...)}},
		{"a ticket of another system", callback.Query{ExternalID: "CRM-4711"}},
		{"support, called and never reached", callback.Query{Services: []string{"support"},
			Reasons: []callback.Reason{callback.ReasonCallToCustomer, callback.ReasonSubmitFailed}}},
		{"called on the weekend", callback.Query{
			EndedFrom: p.began.AddDate(0, 0, 1), EndedTo: p.began.AddDate(0, 0, 2)}},
	} {
		var found []string
		for cb, err := range p.m.Search(ctx, s.query) {
			if err != nil {
				return fmt.Errorf("searching %s: %w", s.what, err)
			}
			found = append(found, fmt.Sprintf("%s %s", cb.ID, p.names[cb.ID]))
		}
		if found == nil {
			found = []string{"none"}
		}
		a.row(s.what, strings.Join(found, ", "))
	}
	a.flush()
	return nil
}

// history tells the whole life of one callback.
func (a *account) history(ctx context.Context, p *play, who string) error {
	id, ok := p.latest[who]
	if !ok {
		return nil
	}
	events, err := p.m.History(ctx, id)
	if err != nil {
		return err
	}
	a.title("HISTORY OF %s (%s)", id, who)
	a.row("at", "seq", "event", "state", "by", "detail")
	for _, e := range events {
		what := string(e.Type)
		if e.Type == callback.EventProgress {
			what += ": " + e.Stage.String()
		}
		detail := strings.TrimLeft(string(e.Reason)+" "+e.Detail, " ")
		a.row(a.clock(e.At), e.Seq, what, e.To, reporter(e), detail)
	}
	a.flush()
	return nil
}

// totals counts what the day came to.
func (a *account) totals(ctx context.Context, p *play) error {
	a.title("TOTALS")
	codes := map[string]int{}
	var names []string
	count := func(name string) {
		if codes[name] == 0 {
			names = append(names, name)
		}
		codes[name]++
	}
	for _, n := range p.notes {
		if n.err != nil {
			count(fmt.Sprint("refused with ", callback.Code(n.err)))
		}
	}
	for cb, err := range p.m.Search(ctx, callback.Query{}) {
		if err != nil {
			return err
		}
		name := cb.State.String()
		if cb.State == callback.Completed {
			name = string(cb.Reason)
		}
		count(name)
	}
	slices.Sort(names)
	for _, name := range names {
		a.row(fmt.Sprintf("%3d", codes[name]), name)
	}
	a.row(fmt.Sprintf("%3d", len(p.dialer.Calls())), "calls left for the network")
	a.row(fmt.Sprintf("%3d", p.reps), "reports came back from the dialer")
	a.row(fmt.Sprintf("%3d", len(p.dialer.Doubles())), "times a customer's phone was called twice at once")
	a.flush()
	return nil
}

// reporter is who caused an event: a person, the Manager, or the dialer, which
// reports without a name.
func reporter(e callback.Event) string {
	switch e.Actor {
	case "":
		return "dialer"
	case "quickstart":
		return "engine"
	}
	return e.Actor
}
