package storetest

import (
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// rollingClauses are the clauses of Permit.Span. Start is a full hour.
func rollingClauses() []Clause {
	const day = 24 * time.Hour
	key := callback.PermitKey{Kind: callback.PermitBooking, Name: "24h0m0s", Subject: "x"}
	units := func(n, most int64) callback.Permit { return callback.Permit{Key: key, N: n, Max: most, Span: day} }
	// state requires what counts at a time, and when the first of it becomes free.
	state := func(p *probe, after time.Duration, used int64, first time.Duration) {
		want := []callback.Counter{{Key: key, Used: used, Ends: At(first)}}
		if used == 0 {
			want = nil
		}
		p.same("load after "+after.String(), p.load(At(after), key), want)
	}
	refused := func(p *probe, after time.Duration, c callback.Change, used int64, first time.Duration) {
		err := p.try(At(after), c)
		var e *callback.PermitError
		if !errors.As(err, &e) {
			p.fatalf("after %v: error is %v, want a PermitError", after, err)
		}
		want := callback.PermitError{Permit: c.Take[len(c.Take)-1], Used: used}
		if used > 0 {
			want.Ends = At(first)
		}
		p.same("refusal after "+after.String(), *e, want)
	}
	// fill takes 1 unit in the first hour, 2 in the third, 3 in the last of a day.
	fill := func(p *probe) {
		p.applyAt(At(10*time.Minute), takes(Write(New("c1")), units(1, 6)))
		p.applyAt(At(2*time.Hour), takes(Write(New("c2")), units(2, 6)))
		p.applyAt(At(day-time.Minute), takes(Write(New("c3")), units(3, 6)))
	}
	return []Clause{
		{Name: "units of several hours add up", run: func(p *probe) {
			fill(p)
			state(p, day-time.Minute, 6, day+time.Hour)
			refused(p, day, takes(Write(New("c4")), units(1, 6)), 6, day+time.Hour)
		}},
		{Name: "units become free hour by hour, at the end of their hour and the span", run: func(p *probe) {
			fill(p)
			const first, second, third = day + time.Hour, day + 3*time.Hour, 2 * day
			refused(p, first-time.Microsecond, takes(Write(New("c4")), units(1, 6)), 6, first)
			state(p, first, 5, second)
			refused(p, first, takes(Write(New("c4")), units(2, 6)), 5, second)
			state(p, second-time.Microsecond, 5, second)
			state(p, second, 3, third)
			state(p, third-time.Microsecond, 3, third)
			state(p, third, 0, 0)
			p.applyAt(At(second), takes(Write(New("c4")), units(3, 6)))
			state(p, second, 6, third)
			state(p, third, 3, second+day+time.Hour)
		}},
		{Name: "the last instant of an hour belongs to it, the next does not", run: func(p *probe) {
			p.applyAt(At(time.Hour-time.Microsecond), takes(Write(New("c1")), units(1, 9)))
			p.applyAt(At(time.Hour), takes(Write(New("c2")), units(1, 9)))
			state(p, time.Hour, 2, day+time.Hour)
			state(p, day+time.Hour, 1, day+2*time.Hour)
		}},
		{Name: "the shortest and the longest span", run: func(p *probe) {
			for i, span := range []time.Duration{time.Hour, 7 * day, 31 * day} {
				permit := callback.Permit{Key: key, N: 1, Max: 1, Span: span}
				permit.Key.Name = span.String()
				p.applyAt(At(time.Minute), takes(Write(New(numbered(i))), permit))
				again := takes(Write(New(numbered(10+i))), permit)
				refused(p, span+time.Hour-time.Microsecond, again, 1, span+time.Hour)
				p.applyAt(At(span+time.Hour), again)
			}
		}},
		{Name: "a refused change leaves no units", run: func(p *probe) {
			fill(p)
			full := callback.Permit{Key: seat(1), N: 1, Max: 0}
			p.is("the second permit", p.try(At(day), takes(Write(New("c4")), units(1, 9), full)), callback.ErrPermitRefused)
			refused(p, day, takes(gives(Revise(p.get("c3")), callback.Held{Key: key, N: 3}), units(4, 6)), 3, day+time.Hour)
			state(p, day, 6, day+time.Hour)
			empty := units(1, 0)
			empty.Key.Subject = "y"
			refused(p, 0, takes(Write(New("c4")), empty), 0, 0)
			p.same("load of a refused first unit", p.used(Start(), empty.Key), int64(0))
		}},
		{Name: "a change and a batch see the units they took themselves", run: func(p *probe) {
			refused(p, 0, takes(Write(New("c1")), units(2, 3), units(2, 3)), 2, day+time.Hour)
			p.applyAt(Start(), takes(Write(New("c1")), units(1, 3), units(1, 3)))
			p.applyErrs("batch", []error{nil, callback.ErrPermitRefused, nil},
				takes(Write(New("c2")), units(1, 3)), takes(Write(New("c3")), units(1, 3)), Write(New("c4")))
			state(p, 0, 3, day+time.Hour)
		}},
		{Name: "without a limit, units only count", run: func(p *probe) {
			p.applyAt(Start(), takes(Write(New("c1")), units(1000, -1)))
			refused(p, 0, takes(Write(New("c2")), units(1, 1000)), 1000, day+time.Hour)
		}},
		{Name: "units given back are those taken last", run: func(p *probe) {
			fill(p)
			p.applyAt(At(day), gives(Revise(p.get("c3")), callback.Held{Key: key, N: 4}))
			state(p, day, 2, day+time.Hour)
			state(p, day+time.Hour, 1, day+3*time.Hour)
			p.applyAt(At(day+time.Hour), gives(Revise(p.get("c3")), callback.Held{Key: key, N: 9}))
			state(p, day+time.Hour, 0, 0)
			p.applyAt(At(day+time.Hour), takes(Write(New("c4")), units(6, 6)))
			state(p, day+time.Hour, 6, 2*day+2*time.Hour)
		}},
		{Name: "units given back and taken in one change", run: func(p *probe) {
			fill(p)
			p.applyAt(At(day), takes(gives(Revise(p.get("c3")), callback.Held{Key: key, N: 3}), units(2, 6)))
			state(p, day, 5, day+time.Hour)
			state(p, day+3*time.Hour, 2, 2*day+time.Hour)
		}},
		{Name: "an erased callback returns the units it holds", run: func(p *probe) {
			c := takes(Write(New("c1", func(cb *callback.Callback) { cb.Held = []callback.Held{{Key: key, N: 2}} })), units(3, 3))
			p.applyAt(Start(), c)
			p.is("erase", p.tryErase(Tenant, callback.Precondition{ID: "c1", Revision: 1}), nil)
			state(p, time.Minute, 1, day+time.Hour)
		}},
		{Name: "units of a subject are erased with it", run: func(p *probe) {
			fill(p)
			p.is("erase", p.tryErase(Tenant, callback.Precondition{ID: "c1", Revision: 1}, "x"), nil)
			state(p, day-time.Minute, 0, 0)
			p.applyAt(At(day), takes(Write(New("c4")), units(6, 6)))
			state(p, day, 6, 2*day+time.Hour)
		}},
		{Name: "units of a clock that was set back do not count", run: func(p *probe) {
			// A take also drops what has ended by its time.
			for i, back := range []struct {
				by   time.Duration
				left int64
			}{{2 * time.Hour, 1}, {day, 1}, {26 * time.Hour, 0}, {30 * day, 0}} {
				permit, all := units(1, 2), units(2-back.left, 2)
				permit.Key.Subject = string(numbered(i))
				all.Key = permit.Key
				p.applyAt(Start(), takes(Write(New(numbered(i))), permit))
				p.applyAt(At(back.by), takes(Write(New(numbered(10+i))), permit))
				p.applyAt(At(time.Minute), takes(Write(New(numbered(20+i))), all))
				p.is("one too many", p.try(At(time.Minute), takes(Write(New(numbered(30+i))), permit)), callback.ErrPermitRefused)
			}
		}},
		{Name: "units of a clock that is a second ahead count", run: func(p *probe) {
			p.applyAt(At(time.Hour), takes(Write(New("c1")), units(2, 2)))
			p.is("a second late", p.try(At(time.Hour-time.Second), takes(Write(New("c2")), units(1, 2))), callback.ErrPermitRefused)
			p.is("more", p.try(At(time.Hour-time.Second-time.Microsecond), takes(Write(New("c2")), units(1, 2))), nil)
		}},
		{Name: "a counter taken from in another way starts from zero", run: func(p *probe) {
			plain := callback.Permit{Key: key, N: 1, Max: 2}
			p.applyAt(Start(), takes(Write(New("c1")), units(2, 2)))
			p.applyAt(Start(), takes(Write(New("c2")), plain))
			p.same("load", p.load(At(100*day), key), []callback.Counter{{Key: key, Used: 1}})
			p.applyAt(Start(), takes(Write(New("c3")), units(2, 2)))
			state(p, 0, 2, day+time.Hour)
		}},
	}
}
