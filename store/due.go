package store

import (
	"strings"

	"github.com/ringback-go/ringback/scheduler"
)

// dueIndex orders entries by NextAt, ties by ID. Callbacks come in crowds that
// share an instant - the start of a bucket, the end of one claim's lease - so
// that the pending index holds one slot per instant and each slot its crowd in
// order; a claim then takes any part of a crowd without touching the rest.
type dueIndex struct {
	pending scheduler.Pending
	slots   map[instant]uint32
	crowds  []crowd
	free    []uint32
}

// crowd is the entries of one instant: one, or an ordered set.
type crowd struct {
	at   instant
	one  *entry
	more *tree[*entry]
}

func (d *dueIndex) init() { d.slots = make(map[instant]uint32) }

func compareEntries(a, b *entry) int {
	if c := strings.Compare(string(a.id), string(b.id)); c != 0 || a == b {
		return c
	}
	return strings.Compare(a.service.tenant.name, b.service.tenant.name)
}

// set moves an entry to the instant at, from its present NextAt.
func (d *dueIndex) set(e *entry, at instant) {
	if e.nextAt == at {
		return
	}
	d.remove(e)
	e.nextAt = at
	if !at.IsZero() {
		d.add(e)
	}
}

func (d *dueIndex) add(e *entry) {
	slot, ok := d.slots[e.nextAt]
	if !ok {
		slot = d.slot()
		d.slots[e.nextAt] = slot
		d.crowds[slot] = crowd{at: e.nextAt, one: e}
		d.pending.Set(slot, e.nextAt.Time())
		return
	}
	c := &d.crowds[slot]
	if c.more == nil {
		c.more = &tree[*entry]{compare: compareEntries}
		c.more.Insert(c.one)
		c.one = nil
	}
	c.more.Insert(e)
}

func (d *dueIndex) slot() uint32 {
	if n := len(d.free); n > 0 {
		slot := d.free[n-1]
		d.free = d.free[:n-1]
		return slot
	}
	d.crowds = append(d.crowds, crowd{})
	return uint32(len(d.crowds) - 1)
}

// remove takes an entry out.
func (d *dueIndex) remove(e *entry) {
	slot, ok := d.slots[e.nextAt]
	if !ok || e.nextAt.IsZero() {
		return
	}
	c := &d.crowds[slot]
	if c.more != nil {
		c.more.Delete(e)
		if c.more.Len() > 0 {
			return
		}
	}
	d.pending.Cancel(slot)
	delete(d.slots, c.at)
	*c = crowd{}
	d.free = append(d.free, slot)
}

// next is the entry that is due first, or nil.
func (d *dueIndex) next() *entry {
	slot, _, ok := d.pending.Next()
	if !ok {
		return nil
	}
	c := &d.crowds[slot]
	if c.more == nil {
		return c.one
	}
	p := c.more.First()
	return p.Item()
}
