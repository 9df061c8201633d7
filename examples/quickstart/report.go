package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
)

// report prints the answers, every attempt, what is found by searching, the
// history of one callback, and totals.
func (d *day) report(ctx context.Context, out io.Writer) error {
	if len(d.answers) == 0 {
		return errors.New("the day has no lines")
	}
	zone, err := availability.LoadZone("Europe/Berlin")
	if err != nil {
		return err
	}
	clock := func(t time.Time) string { return t.In(zone).Format("02 Jan 15:04:05") }
	fmt.Fprintf(out, "%s: %d lines, times of Berlin, numbers masked\n", d.answers[0].At.In(zone).Format("Monday, 2 January 2006"), len(d.answers))

	table(out, "REQUESTS AND ANSWERS", func(row func(...any)) {
		for _, a := range d.answers {
			what := a.Do
			if what == "start" {
				what = a.Request.Service
			}
			text := ""
			switch {
			case a.err != nil:
				text = fmt.Sprintf("%d %s", callback.Code(a.err), why(a.err, zone))
			case a.cb.State == callback.Scheduled:
				text = fmt.Sprintf("%v for %s, %v", a.cb.State, clock(a.cb.Desired), a.cb.Customer.Target())
			default:
				text = fmt.Sprintf("%v %v %v", a.cb.State, a.cb.Reason, a.cb.Customer.Target())
			}
			row(a.At.In(zone).Format(time.TimeOnly), a.Who, what, a.id, text)
		}
	})
	table(out, "FREE SEATS OF billing ON MONDAY, IN THE MORNING AND IN THE EVENING", func(row func(...any)) {
		for i, slot := range d.before.Slots {
			row(clock(slot.Start), fmt.Sprintf("%d of %d", slot.Left, slot.Total), fmt.Sprintf("%d of %d", d.after.Slots[i].Left, slot.Total))
		}
	})

	var all []*callback.Callback
	for cb, err := range d.m.Search(ctx, callback.Query{}) {
		if err != nil {
			return err
		}
		all = append(all, cb)
	}
	type attempt struct {
		callback.Attempt
		cb   *callback.Callback
		next string
	}
	var attempts []attempt
	for _, cb := range all {
		for i, a := range cb.Attempts {
			next := string(cb.Reason)
			if i+1 < len(cb.Attempts) {
				next = "again " + clock(cb.Attempts[i+1].Began)
			}
			attempts = append(attempts, attempt{a, cb, next})
		}
	}
	slices.SortFunc(attempts, func(x, y attempt) int { return cmp.Or(x.Began.Compare(y.Began), cmp.Compare(x.Key, y.Key)) })
	table(out, "ATTEMPTS, IN THE ORDER OF DIALLING", func(row func(...any)) {
		for _, a := range attempts {
			row(clock(a.Began), a.cb.ID, a.cb.Service, a.cb.Priority, a.N, a.Outcome.Result, a.Outcome.Talk, a.next)
		}
	})
	if err := d.searches(ctx, out); err != nil {
		return err
	}
	const who = "Nora Krause"
	if id, ok := d.latest[who]; ok {
		events, err := d.m.History(ctx, id)
		if err != nil {
			return err
		}
		table(out, fmt.Sprintf("HISTORY OF %s (%s)", id, who), func(row func(...any)) {
			for _, e := range events {
				row(clock(e.At), e.Seq, e.Type, e.Stage, e.To, cmp.Or(e.Actor, "dialer"), strings.TrimSpace(string(e.Reason)+" "+e.Detail))
			}
		})
	}

	totals := make(map[string]int)
	for _, a := range d.answers {
		if a.err != nil {
			totals[fmt.Sprint("refused with ", callback.Code(a.err))]++
		}
	}
	for _, cb := range all {
		totals[strings.TrimSpace(fmt.Sprintf("%v %v", cb.State, cb.Reason))]++
	}
	totals["calls left for the network"] = len(d.dialer.Calls())
	totals["times a customer's phone was called twice at once"] = len(d.dialer.Doubles())
	table(out, "TOTALS", func(row func(...any)) {
		for _, name := range slices.Sorted(maps.Keys(totals)) {
			row(totals[name], name)
		}
	})
	return nil
}

// why tells a refusal as a host would tell its customer: by the kind of error,
// and with other times where the time was the reason.
func why(err error, zone *time.Location) string {
	var place *callback.AvailabilityError
	var limit *callback.LimitError
	var number *callback.NumberError
	var pending *callback.PendingError
	switch {
	case errors.As(err, &number):
		return number.Rule + " number"
	case errors.As(err, &pending):
		return fmt.Sprintf("%v, becomes %v when the call ends", pending.State, pending.Reason)
	case errors.As(err, &limit):
		return limit.Fact.Error()
	case errors.Is(err, callback.ErrKeyReuse):
		return callback.ErrKeyReuse.Error()
	case errors.As(err, &place):
		text := "closed, free:"
		if errors.Is(err, callback.ErrFull) {
			text = "full, free:"
		}
		for _, slot := range place.Alternatives[:min(3, len(place.Alternatives))] {
			text += slot.Start.In(zone).Format(" 02 Jan 15:04")
		}
		return text
	}
	return err.Error()
}

// searches shows how callbacks are found again.
func (d *day) searches(ctx context.Context, out io.Writer) error {
	contract := func(value string) []callback.Match { return []callback.Match{{Key: "contract", Value: value}} }
	var failed error
	table(out, "FOUND", func(row func(...any)) {
		for _, s := range []struct {
			what  string
			query callback.Query
		}{
			{"a number, written in another way", callback.Query{Services: []string{"billing"}, Number: "+49 (0) 30 / 23125 - 108"}},
			{"a contract", callback.Query{SearchValues: contract("C-2029")}},
			{"a contract the callback had once", callback.Query{SearchValues: contract("C-1029")}},
			{"either of two contracts", callback.Query{AnySearchValue: true, SearchValues: append(contract("C-1002"), contract("C-1003")...)}},
			{"a ticket of another system", callback.Query{ExternalID: "CRM-4711"}},
			{"support, never reached", callback.Query{Services: []string{"support"},
				Reasons: []callback.Reason{callback.ReasonCallToCustomer, callback.ReasonSubmitFailed}}},
		} {
			var found []string
			for cb, err := range d.m.Search(ctx, s.query) {
				if err != nil {
					failed = fmt.Errorf("searching %s: %w", s.what, err)
					return
				}
				found = append(found, string(cb.ID))
			}
			row(s.what, cmp.Or(strings.Join(found, ", "), "none"))
		}
	})
	return failed
}

// table prints a title and the rows that fill adds, in columns, without
// trailing blanks.
func table(out io.Writer, title string, fill func(row func(cells ...any))) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fill(func(cells ...any) {
		for _, cell := range cells {
			fmt.Fprintf(w, "\t%v", cell)
		}
		fmt.Fprintln(w)
	})
	_ = w.Flush() // a strings.Builder takes everything
	fmt.Fprintf(out, "\n%s\n", title)
	for row := range strings.Lines(text.String()) {
		fmt.Fprintln(out, strings.TrimRight(row, " \n"))
	}
}
