package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// clock returns the time that decides about windows: the store's own, or now.
func (p *probe) clock(now time.Time) time.Time {
	clock, ok := p.store.(callback.ClockStore)
	if !ok {
		return now
	}
	t, err := clock.Now(p.ctx)
	if err != nil {
		p.fatalf("Now: %v", err)
	}
	return t
}

// A store with a clock of its own is asked a while before it decides: the windows
// of these clauses are open or shut by far more than that takes.
const far = time.Hour

// within returns the change with a window from and until a time after now.
func (p *probe) within(c callback.Change, from, until time.Duration) callback.Change {
	now := p.clock(Start())
	c.Window = callback.Window{From: now.Add(from), Until: now.Add(until)}
	return c
}

func (p *probe) early(c callback.Change) callback.Change { return p.within(c, far, 2*far) }

func (p *probe) late(c callback.Change) callback.Change { return p.within(c, -2*far, -far) }

func timelyClauses() []Clause {
	outside := []struct {
		name string
		set  func(p *probe, c callback.Change) callback.Change
		want error
	}{{"too early", (*probe).early, callback.ErrTooEarly}, {"too late", (*probe).late, callback.ErrTooLate}}
	one := callback.Permit{Key: seat(1), N: 1, Max: 9}
	return []Clause{
		{Name: "a change within its window is made", run: func(p *probe) {
			p.apply(p.within(Write(New("c1")), -far, far))
			p.apply(p.within(Revise(p.get("c1")), -far, far))
			c := Revise(p.get("c1"))
			c.Window.From = p.clock(Start()).Add(-far)
			p.apply(c)
			c = Revise(p.get("c1"))
			c.Window.Until = p.clock(Start()).Add(far)
			p.apply(c)
			p.same("revision", p.get("c1").Revision, int64(4))
		}},
		{Name: "the window of a change begins at From and ends before Until", run: func(p *probe) {
			if _, ok := p.store.(callback.ClockStore); ok {
				return // its clock cannot be set
			}
			p.create(New("c1"))
			at := func(now time.Time) error {
				c := Revise(p.get("c1"))
				c.Window = callback.Window{From: At(time.Minute), Until: At(time.Hour)}
				return p.try(now, c)
			}
			p.is("before From", at(At(time.Minute-time.Microsecond)), callback.ErrTooEarly)
			p.is("at From", at(At(time.Minute)), nil)
			p.is("before Until", at(At(time.Hour-time.Microsecond)), nil)
			p.is("at Until", at(At(time.Hour)), callback.ErrTooLate)
		}},
		{Name: "a change outside its window has no effect", run: func(p *probe) {
			p.apply(takes(Write(New("c1", DueAt(Start()))), one))
			held := p.claimOne(Start())
			for _, o := range outside {
				p.unchanged(func() {
					c := takes(gives(Revise(held, Queued(Start())), callback.Held{Key: seat(1), N: 1}), callback.Permit{Key: seat(2), N: 1, Max: 9})
					c.Epoch, c.MaskEvents = held.Lease.Epoch, true
					p.refused(o.name, o.set(p, c), o.want)
					p.refused(o.name+", unclaim", o.set(p, Unclaim(held, At(far))), o.want)
					c = takes(Write(New("c2", func(cb *callback.Callback) { cb.Idempotency.Key = "k2" })), callback.Permit{Key: seat(2), N: 1, Max: 9})
					p.refused(o.name+", new callback", o.set(p, c), o.want)
				})
				p.missing(callback.By{Tenant: Tenant, ID: "c2"})
				p.missing(callback.By{Tenant: Tenant, Key: "k2"})
			}
			p.uses("given by changes outside their windows", seat(1), 1)
			p.uses("taken by changes outside their windows", seat(2), 0)
			c := Revise(held)
			c.Epoch = held.Lease.Epoch
			p.apply(c)
		}},
		{Name: "changes outside their windows do not affect the others of a call", run: func(p *probe) {
			p.create(New("c1"), New("c2"))
			permit := callback.Permit{Key: seat(1), N: 1, Max: 1}
			p.applyErrs("batch", []error{callback.ErrTooEarly, nil, callback.ErrTooLate, nil},
				p.early(takes(Revise(p.get("c1")), permit)), takes(Write(New("c3")), permit),
				p.late(Revise(p.get("c2"))), Write(New("c4")))
			p.same("revisions", []int64{p.get("c1").Revision, p.get("c2").Revision, p.get("c3").Revision, p.get("c4").Revision}, []int64{1, 1, 1, 1})
			p.uses("after the batch", seat(1), 1)
		}},
		{Name: "a conflict comes before the window, the window before a permit", run: func(p *probe) {
			p.apply(takes(Write(New("c1", DueAt(Start()), func(cb *callback.Callback) { cb.Idempotency.Key = "k1" })), one))
			held := p.claimOne(Start())
			p.unchanged(func() {
				for _, o := range outside {
					stale := Revise(held, func(cb *callback.Callback) { cb.Revision = 7 })
					p.refused("revision, "+o.name, o.set(p, stale), callback.ErrConflict)
					fenced := Revise(held)
					fenced.Epoch = held.Lease.Epoch + 1
					p.refused("epoch, "+o.name, o.set(p, fenced), callback.ErrConflict)
					p.refused("ID, "+o.name, o.set(p, Write(New("c1"))), callback.ErrConflict)
					key := Write(New("c2", func(cb *callback.Callback) { cb.Idempotency.Key = "k1" }))
					p.refused("idempotency key, "+o.name, o.set(p, key), callback.ErrConflict)
					p.refused("source, "+o.name, o.set(p, copyOfSource(Write(New("c2")), "c1", 9)), callback.ErrConflict)
					p.refused("no source, "+o.name, o.set(p, copyOfSource(Write(New("c2")), "c9", 1)), callback.ErrNotFound)
					p.refused("missing, "+o.name, o.set(p, Revise(New("c9"))), callback.ErrNotFound)
					full := callback.Permit{Key: seat(1), N: 1, Max: 1}
					p.refused("permit, "+o.name, o.set(p, takes(Revise(held), full)), o.want)
					p.refused("permit of a new callback, "+o.name, o.set(p, takes(Write(New("c2")), full)), o.want)
				}
			})
		}},
		{Name: "a callback is erased within its window only", run: func(p *probe) {
			p.apply(takes(Write(New("c1", func(cb *callback.Callback) { cb.Held = []callback.Held{{Key: seat(1), N: 1}} })), one))
			for _, o := range outside {
				p.unchanged(func() {
					w := o.set(p, callback.Change{}).Window
					p.is(o.name, p.tryEraseWithin(w, Tenant, callback.Precondition{ID: "c1", Revision: 1}), o.want)
					p.is("revision, "+o.name, p.tryEraseWithin(w, Tenant, callback.Precondition{ID: "c1", Revision: 9}), callback.ErrConflict)
				})
			}
			p.uses("held by a callback that was not erased", seat(1), 1)
			w := p.within(callback.Change{}, -far, far).Window
			p.is("within", p.tryEraseWithin(w, Tenant, callback.Precondition{ID: "c1", Revision: 1}), nil)
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
		}},
	}
}
