package storetest

import (
	"errors"
	"math"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func permitClauses() []Clause {
	one := func(key callback.PermitKey, most int64) callback.Permit {
		return callback.Permit{Key: key, N: 1, Max: most}
	}
	return []Clause{
		{Name: "units are taken up to the maximum only", run: func(p *probe) {
			for i := range 3 {
				p.apply(takes(Write(New(numbered(i))), one(seat(1), 3)))
			}
			p.refused("the fourth unit of three", takes(Write(New("late")), one(seat(1), 3)), callback.ErrPermitRefused)
			p.missing(callback.By{Tenant: Tenant, ID: "late"})
			p.same("history of the refused callback", p.history("late"), []callback.Event{})
			p.uses("after a refusal", seat(1), 3)
		}},
		{Name: "a refusal reports the permit and the units in use", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 2, Max: 3}))
			want := callback.Permit{Key: seat(1), N: 2, Max: 3}
			err := p.try(Start(), takes(Write(New("c2")), one(person("x"), 5), want))
			var refused *callback.PermitError
			if !errors.As(err, &refused) {
				p.fatalf("error is %v, want a PermitError", err)
			}
			p.same("refusal", *refused, callback.PermitError{Permit: want, Used: 2})
		}},
		{Name: "several units at once", run: func(p *probe) {
			p.refused("4 units of 3", takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 4, Max: 3}), callback.ErrPermitRefused)
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 3, Max: 3}))
			p.uses("3 units at once", seat(1), 3)
		}},
		{Name: "a maximum of 0 refuses, a negative one only counts", run: func(p *probe) {
			p.refused("a maximum of 0", takes(Write(New("c1")), one(seat(1), 0)), callback.ErrPermitRefused)
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 1000, Max: -1}))
			p.uses("without limit", seat(1), 1000)
		}},
		{Name: "counters near the largest integer do not overflow", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: math.MaxInt64 - 1, Max: -1}))
			p.refused("more than an integer can hold", takes(Write(New("c2")), callback.Permit{Key: seat(1), N: 5, Max: math.MaxInt64 - 1}), callback.ErrPermitRefused)
			p.uses("after a refusal", seat(1), math.MaxInt64-1)
		}},
		{Name: "a refused change has no effect", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), one(seat(1), 5), one(seat(2), 1)))
			p.unchanged(func() {
				c := gives(Revise(p.get("c1"), func(cb *callback.Callback) {
					cb.Detail, cb.Idempotency.Key = "changed", "k1"
				}), callback.Held{Key: seat(1), N: 1})
				p.refused("the last of three permits", takes(c, one(seat(3), 5), one(person("x"), 5), one(seat(2), 1)), callback.ErrPermitRefused)
			})
			p.uses("given by the refused change", seat(1), 1)
			p.uses("refused", seat(2), 1)
			p.uses("taken by the refused change", seat(3), 0)
			p.uses("taken by the refused change", person("x"), 0)
			p.missing(callback.By{Tenant: Tenant, Key: "k1"})
		}},
		{Name: "the first refusal is reported", run: func(p *probe) {
			err := p.try(Start(), takes(Write(New("c1")), one(seat(1), 1), one(seat(2), 0), one(seat(3), 0)))
			var refused *callback.PermitError
			if !errors.As(err, &refused) || refused.Permit.Key != seat(2) {
				p.errorf("error is %v, want the refusal of the second permit", err)
			}
		}},
		{Name: "a change sees the units it took itself", run: func(p *probe) {
			p.refused("two of one seat", takes(Write(New("c1")), one(seat(1), 1), one(seat(1), 1)), callback.ErrPermitRefused)
			p.uses("after a refusal", seat(1), 0)
			p.apply(takes(Write(New("c1")), one(seat(1), 2), one(seat(1), 2)))
			p.uses("two of two", seat(1), 2)
		}},
		{Name: "units are given back before others are taken", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), one(seat(1), 1)))
			p.apply(takes(gives(Revise(p.get("c1")), callback.Held{Key: seat(1), N: 1}), one(seat(1), 1)))
			p.uses("after exchanging a unit", seat(1), 1)
		}},
		{Name: "units given back can be taken by others", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), one(seat(1), 1)))
			p.refused("a full counter", takes(Write(New("c2")), one(seat(1), 1)), callback.ErrPermitRefused)
			p.apply(gives(Revise(p.get("c1")), callback.Held{Key: seat(1), N: 1}))
			p.uses("given back", seat(1), 0)
			p.apply(takes(Write(New("c2")), one(seat(1), 1)))
			p.uses("taken by the other", seat(1), 1)
		}},
		{Name: "units are given back exactly once", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), callback.Permit{Key: seat(1), N: 5, Max: 9}))
			p.apply(gives(Revise(p.get("c1")), callback.Held{Key: seat(1), N: 2}))
			p.uses("after giving 2 of 5", seat(1), 3)
		}},
		{Name: "a counter never goes below zero", run: func(p *probe) {
			p.apply(takes(Write(New("c1")), one(seat(1), 9)))
			p.apply(gives(Revise(p.get("c1")), callback.Held{Key: seat(1), N: 5}, callback.Held{Key: seat(2), N: 1}))
			for _, s := range []int64{1, 2} {
				p.same("load of an empty counter", p.load(Start(), seat(s)), []callback.Counter{})
				p.apply(takes(Write(New(numbered(int(s)))), one(seat(s), 1)))
				p.uses("taken after more was given back than taken", seat(s), 1)
			}
		}},
		{Name: "counters differ in every part of their key", run: func(p *probe) {
			base := callback.PermitKey{Kind: callback.PermitParameter, Service: Service, Name: "n", Subject: "s", Slot: 60}
			keys := []callback.PermitKey{base, base, base, base, base, base}
			keys[1].Kind = callback.PermitAttempt
			keys[2].Service = ""
			keys[3].Name = "m"
			keys[4].Subject = "ns"
			keys[5].Slot = -60
			for i, key := range keys {
				p.apply(takes(Write(New(numbered(i))), one(key, 1)))
			}
			for i, key := range keys {
				p.uses("one of several keys", key, 1)
				p.refused("each counter has its own maximum", takes(Write(New(numbered(10+i))), one(key, 1)), callback.ErrPermitRefused)
			}
		}},
		{Name: "Held in a record changes no counter", run: func(p *probe) {
			p.create(New("c1", func(cb *callback.Callback) { cb.Held = []callback.Held{{Key: seat(1), N: 1}} }))
			p.uses("held but not taken", seat(1), 0)
		}},
	}
}

func windowClauses() []Clause {
	const window = 5 * time.Minute
	key := callback.PermitKey{Kind: callback.PermitInterval, Service: Service, Name: "1"}
	byLength := callback.Permit{Key: key, N: 1, Max: 2, For: window}
	byEnd := callback.Permit{Key: key, N: 1, Max: 2, Until: At(window)}
	var all []Clause
	for _, kind := range []struct {
		name   string
		permit callback.Permit
	}{{"with a length", byLength}, {"with an end", byEnd}} {
		permit := kind.permit
		all = append(all, Clause{Name: "a window " + kind.name + " is full until it ends", run: func(p *probe) {
			p.applyAt(Start(), takes(Write(New("c1")), permit))
			p.applyAt(At(time.Minute), takes(Write(New("c2")), permit))
			for _, now := range []time.Time{At(time.Minute), At(window - time.Millisecond)} {
				err := p.try(now, takes(Write(New("c3")), permit))
				var refused *callback.PermitError
				if !errors.As(err, &refused) {
					p.fatalf("before the end: error is %v, want a PermitError", err)
				}
				if !refused.Ends.Equal(At(window)) || refused.Used != 2 {
					p.errorf("refusal: %d used until %v, want 2 until %v", refused.Used, refused.Ends, At(window))
				}
			}
			p.same("load before the end", p.load(At(window-time.Millisecond), key), []callback.Counter{{Key: key, Used: 2, Ends: At(window)}})
			p.same("load at the end", p.load(At(window), key), []callback.Counter{})
			next := permit
			if !next.Until.IsZero() {
				next.Until = At(2 * window)
			}
			p.applyAt(At(window), takes(Write(New("c3")), next))
			p.same("load of the second window", p.load(At(window), key), []callback.Counter{{Key: key, Used: 1, Ends: At(2 * window)}})
		}})
	}
	for _, back := range []time.Duration{time.Hour, 26 * time.Hour, 30 * 24 * time.Hour} {
		all = append(all, Clause{Name: "a window of a clock that was set back by " + back.String() + " is over", run: func(p *probe) {
			p.applyAt(At(back), takes(Write(New("c1")), callback.Permit{Key: key, N: 2, Max: 2, For: window}))
			p.applyAt(Start(), takes(Write(New("c2")), byLength))
			p.same("load", p.load(Start(), key), []callback.Counter{{Key: key, Used: 1, Ends: At(window)}})
			p.applyAt(At(time.Second), takes(Revise(p.get("c2")), byLength))
			p.is("a third unit", p.try(At(time.Second), takes(Write(New("c3")), byLength)), callback.ErrPermitRefused)
		}})
	}
	return append(all,
		Clause{Name: "a window that ends a second late is not over", run: func(p *probe) {
			p.applyAt(At(time.Second), takes(Write(New("c1")), callback.Permit{Key: key, N: 2, Max: 2, For: window}))
			p.is("a second late", p.try(Start(), takes(Write(New("c2")), byLength)), callback.ErrPermitRefused)
			p.is("more", p.try(At(-time.Microsecond), takes(Write(New("c2")), byLength)), nil)
		}},
		Clause{Name: "a window that ends a day after that of a new one is over", run: func(p *probe) {
			full := callback.Permit{Key: key, N: 2, Max: 2, Until: At(window + 24*time.Hour - time.Microsecond)}
			p.applyAt(Start(), takes(Write(New("c1")), full))
			p.is("less than a day", p.try(Start(), takes(Write(New("c2")), byEnd)), callback.ErrPermitRefused)
			later := byEnd
			later.Until = byEnd.Until.Add(-time.Microsecond)
			p.applyAt(Start(), takes(Write(New("c2")), later))
			p.same("load", p.load(Start(), key), []callback.Counter{{Key: key, Used: 1, Ends: later.Until}})
		}},
		Clause{Name: "a permit that is refused at once does not end a window", run: func(p *probe) {
			p.applyAt(At(time.Hour), takes(Write(New("c1")), byLength))
			p.is("never", p.try(Start(), takes(Write(New("c2")), callback.Permit{Key: key, N: 3, Max: 2, For: window})), callback.ErrPermitRefused)
			p.same("load", p.load(At(time.Hour), key), []callback.Counter{{Key: key, Used: 1, Ends: At(time.Hour + window)}})
		}},
		Clause{Name: "later units do not extend a window", run: func(p *probe) {
			p.applyAt(Start(), takes(Write(New("c1")), byLength))
			p.applyAt(At(4*time.Minute), takes(Write(New("c2")), byLength))
			p.same("load", p.load(At(4*time.Minute), key), []callback.Counter{{Key: key, Used: 2, Ends: At(window)}})
			p.same("load after the first window", p.load(At(6*time.Minute), key), []callback.Counter{})
		}},
		Clause{Name: "units given back after the end of a window do not affect the next", run: func(p *probe) {
			p.applyAt(Start(), takes(Write(New("c1")), byLength))
			p.applyAt(At(10*time.Minute), gives(Revise(New("c1")), callback.Held{Key: key, N: 1}))
			p.applyAt(At(11*time.Minute), takes(Write(New("c2")), byLength))
			p.same("load", p.load(At(11*time.Minute), key), []callback.Counter{{Key: key, Used: 1, Ends: At(16 * time.Minute)}})
		}},
		Clause{Name: "an emptied counter starts a new window", run: func(p *probe) {
			p.applyAt(Start(), takes(Write(New("c1")), byLength))
			p.applyAt(At(time.Minute), gives(Revise(New("c1")), callback.Held{Key: key, N: 1}))
			p.applyAt(At(2*time.Minute), takes(Write(New("c2")), byLength))
			p.same("load", p.load(At(2*time.Minute), key), []callback.Counter{{Key: key, Used: 1, Ends: At(7 * time.Minute)}})
		}},
		Clause{Name: "a refused first unit starts no window", run: func(p *probe) {
			none := byLength
			none.Max = 0
			p.is("a maximum of 0", p.try(Start(), takes(Write(New("c1")), none)), callback.ErrPermitRefused)
			p.applyAt(At(time.Minute), takes(Write(New("c1")), byLength))
			p.same("load", p.load(At(time.Minute), key), []callback.Counter{{Key: key, Used: 1, Ends: At(time.Minute + window)}})
		}},
	)
}
