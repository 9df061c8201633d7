package main

import (
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
	"github.com/ringback-go/ringback/scheduler"
)

// account prints aligned tables. Every row ends without blanks.
type account struct {
	out  io.Writer
	zone *time.Location
	rows *tabwriter.Writer
	text strings.Builder
	err  error
}

// print writes the account of the day.
func (p *play) print(ctx context.Context, out io.Writer) error {
	zone, err := availability.LoadZone("Europe/Berlin")
	if err != nil {
		return err
	}
	a := &account{out: out, zone: zone}
	first := p.notes[0].line.At.In(zone)
	a.line("%s: %d lines, times of Berlin, numbers masked", first.Format("Monday, 2 January 2006"), len(p.notes))
	a.accepted(p)
	a.refused(p)
	a.changed(p)
	a.availability(p)
	if err := a.timeline(ctx, p); err != nil {
		return err
	}
	if err := a.searches(ctx, p); err != nil {
		return err
	}
	if err := a.history(ctx, p, "Nora Krause"); err != nil {
		return err
	}
	if err := a.totals(ctx, p); err != nil {
		return err
	}
	return a.err
}

func (a *account) line(format string, args ...any) {
	if a.err == nil {
		_, a.err = fmt.Fprintf(a.out, format+"\n", args...)
	}
}

func (a *account) title(format string, args ...any) {
	a.line("")
	a.line(format, args...)
}

// row adds one row of cells to the table that flush ends.
func (a *account) row(cells ...any) {
	if a.rows == nil {
		a.rows = tabwriter.NewWriter(&a.text, 0, 8, 2, ' ', 0)
	}
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = fmt.Sprint(cell)
	}
	fmt.Fprintln(a.rows, "  "+strings.Join(texts, "\t"))
}

func (a *account) flush() {
	if a.rows == nil {
		return
	}
	_ = a.rows.Flush() // a strings.Builder takes everything
	for row := range strings.Lines(a.text.String()) {
		a.line("%s", strings.TrimRight(row, " \n"))
	}
	a.rows = nil
	a.text.Reset()
}

func (a *account) clock(t time.Time) string { return t.In(a.zone).Format("15:04:05") }
func (a *account) stamp(t time.Time) string { return t.In(a.zone).Format("Mon 02 Jan 15:04") }

// accepted tells what Start took.
func (a *account) accepted(p *play) {
	a.title("ACCEPTED")
	a.row("at", "id", "service", "state", "for", "number", "who")
	for _, n := range p.notes {
		if n.line.Do != "start" || n.err != nil {
			continue
		}
		when := "now"
		if !n.cb.Immediate {
			when = a.stamp(n.cb.Desired)
		}
		a.row(a.clock(n.line.At), n.cb.ID, n.cb.Service, n.cb.State, when, n.cb.Customer.Target(), n.line.Who, remark(n))
	}
	a.flush()
}

// remark says what is special about an accepted request.
func remark(n note) string {
	cb := n.cb
	switch {
	case n.same:
		return "key used again"
	case cb.CopiedFrom != "":
		return "redials " + string(cb.CopiedFrom)
	case cb.Local != "":
		return wallClock(cb)
	case cb.Priority != scheduler.Normal:
		return cb.Priority.String()
	case !cb.Until.IsZero():
		return "until " + cb.Until.UTC().Format("15:04Z")
	}
	return ""
}

// wallClock says what became of a time that was named on the clock on a wall.
func wallClock(cb *callback.Callback) string {
	local, err := availability.ParseLocal(cb.Local)
	zone, zoneErr := availability.LoadZone(cb.Zone)
	if err != nil || zoneErr != nil {
		return ""
	}
	said := fmt.Sprintf("%02d:%02d", local.Hour, local.Minute)
	switch local.Resolve(zone).Kind {
	case availability.Gap:
		return said + " skipped"
	case availability.Overlap:
		return said + " twice"
	}
	return said
}

// refused tells what Start did not take, and what it proposed instead.
func (a *account) refused(p *play) {
	a.title("REFUSED")
	a.row("at", "who", "service", "code", "why")
	for _, n := range p.notes {
		if n.line.Do == "start" && n.err != nil {
			a.row(a.clock(n.line.At), n.line.Who, n.line.Service, callback.Code(n.err), a.why(n.err))
			if free := a.alternatives(n.err); free != "" {
				a.row("", "", "", "", free)
			}
		}
	}
	a.flush()
}

// why puts an error into words. What a program does by errors.As, to answer in
// its own language, is done here.
func (a *account) why(err error) string {
	var place *callback.AvailabilityError
	var limit *callback.LimitError
	var number *callback.NumberError
	switch {
	case errors.As(err, &number):
		return numberRule(number.Rule)
	case errors.As(err, &limit) && !limit.RetryAt.IsZero():
		return fmt.Sprintf("%d of %d %s, again at %s", limit.Used, limit.Max, limitName(limit), a.stamp(limit.RetryAt))
	case errors.As(err, &limit):
		return fmt.Sprintf("%d of %d %s", limit.Used, limit.Max, limitName(limit))
	case errors.Is(err, callback.ErrFull) && errors.As(err, &place):
		return "full: " + a.span(place.Bucket)
	case errors.As(err, &place):
		return "closed: " + closedBy(place.Explanation)
	}
	return err.Error()
}

func numberRule(rule string) string {
	switch rule {
	case "impossible":
		return "not a telephone number"
	case "invalid":
		return "no such number can exist"
	case "country":
		return "not in a country that is called"
	}
	return rule + " numbers are not called"
}

func limitName(l *callback.LimitError) string {
	switch {
	case errors.Is(l, callback.ErrNumberLimit):
		return "callbacks waiting for this number"
	case errors.Is(l, callback.ErrQueueLimit):
		return "places in the queue taken"
	case errors.Is(l, callback.ErrIntervalLimit):
		return fmt.Sprintf("taken within %v", l.Interval)
	}
	return "today for this " + strings.TrimPrefix(l.Parameter, "_customer_")
}

func closedBy(why availability.Explanation) string {
	at := fmt.Sprintf("%s %s", why.Local.String()[:16], why.Zone)
	switch why.Kind {
	case availability.KindHoliday:
		return why.Name + ", " + at
	case availability.KindNone:
		return "no opening hours at " + at
	}
	return why.Kind.String() + ", " + at
}

func (a *account) span(b availability.Bucket) string {
	return a.stamp(b.Start) + "-" + b.End.In(a.zone).Format("15:04")
}

// alternatives lists the times that a refusal proposes.
func (a *account) alternatives(err error) string {
	var place *callback.AvailabilityError
	if !errors.As(err, &place) || len(place.Alternatives) == 0 {
		return ""
	}
	day := ""
	var free []string
	for _, slot := range place.Alternatives {
		at := slot.Start.In(a.zone)
		if d := at.Format("Mon 02 Jan "); d != day {
			day = d
			free = append(free, d+at.Format("15:04"))
			continue
		}
		free = append(free, at.Format("15:04"))
	}
	return "free: " + strings.Join(free, ", ")
}

// changed tells of everything but Start.
func (a *account) changed(p *play) {
	a.title("CHANGED AFTERWARDS")
	a.row("at", "order", "id", "who", "answer")
	for _, n := range p.notes {
		if n.line.Do == "start" {
			continue
		}
		if n.err != nil {
			a.row(a.clock(n.line.At), n.line.Do, n.id, n.line.Who, fmt.Sprint(callback.Code(n.err), " ", a.why(n.err)))
			if free := a.alternatives(n.err); free != "" {
				a.row("", "", "", "", free)
			}
			continue
		}
		a.row(a.clock(n.line.At), n.line.Do, n.id, n.line.Who, a.change(n))
	}
	a.flush()
}

func (a *account) change(n note) string {
	switch n.line.Do {
	case "reschedule":
		return "now " + a.stamp(n.cb.Desired)
	case "update":
		var did []string
		for _, key := range slices.Sorted(maps.Keys(n.line.Set)) {
			switch {
			case key == "_customer_number":
				did = append(did, fmt.Sprintf("number = %v", n.cb.Customer.Number))
			case n.line.Set[key] == "":
				did = append(did, key+" deleted")
			default:
				did = append(did, fmt.Sprintf("%s = %v", key, n.line.Set[key]))
			}
		}
		return strings.Join(did, ", ")
	}
	return strings.TrimRight(fmt.Sprintf("%v %v", n.cb.State, n.cb.Reason), " ")
}

// availability compares the free seats at the beginning and at the end of the
// day.
func (a *account) availability(p *play) {
	if len(p.before.Slots) == 0 {
		return
	}
	a.title("FREE SEATS OF billing, %s", p.before.Slots[0].Start.In(a.zone).Format("Monday 2 January"))
	left := make(map[time.Time]string)
	seats := func(s availability.Slot) string { return fmt.Sprintf("%d of %d", s.Left, s.Total) }
	for _, slot := range p.after.Slots {
		left[slot.Start] = seats(slot)
	}
	header, before, after := []any{""}, []any{"in the morning"}, []any{"in the evening"}
	for _, slot := range p.before.Slots {
		header = append(header, slot.Start.In(a.zone).Format("15:04"))
		before = append(before, seats(slot))
		after = append(after, left[slot.Start])
	}
	a.row(header...)
	a.row(before...)
	a.row(after...)
	a.flush()
}
