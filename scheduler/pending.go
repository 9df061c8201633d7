package scheduler

import (
	"math"
	"slices"
	"time"
)

// MaxSlot is the largest slot number a [Pending] accepts.
const MaxSlot = math.MaxUint32 - 8

// Pending is an index of due times: which slot is due first. A slot is a number
// chosen by the caller, such as the index of a record in a table, from 0 to
// [MaxSlot]; it is in the index at most once. Dense numbers that are reused
// cost the least memory.
//
// Slots that are due at the same instant come out in the order in which they
// were put in. Instants are kept to the nanosecond, and no slot comes out
// early. An instant before 1678 is treated as the first of that range, so it is
// due at once; an instant after 2262-04-11 is kept as that day and never comes
// due.
//
// An entry takes 16 bytes in a heap with four children per node, aligned so
// that siblings share a cache line, and 4 bytes to find the slot in it, plus
// the spare capacity of a growing slice. Set, Move, Cancel and PopDue cost
// O(log4 n) per entry. Memory shrinks as entries are removed.
//
// The zero Pending is empty and ready to use. It is not safe for concurrent use
// and must not be copied after first use.
type Pending struct {
	heap  []due // entries from index root on; the elements before root are unused
	slots places
	order uint32 // order of the next entry
}

// due is an entry. order breaks ties between entries due at the same instant.
type due struct {
	at    int64 // nanoseconds since 1970
	order uint32
	slot  uint32
}

func (d due) before(e due) bool {
	return d.at < e.at || d.at == e.at && d.order < e.order
}

// root is the index of the heap's first entry. Starting there, the children of
// i are 4*(i-2) to 4*(i-2)+3: every group of siblings starts at a multiple of
// 64 bytes, so that a step down the heap touches one cache line.
const root = 3

func parent(i int) int     { return i/4 + 2 }
func firstChild(i int) int { return 4 * (i - 2) }

// far stands for every instant after 2262-04-11.
const far = math.MaxInt64

// nanos returns t in nanoseconds since 1970, saturating.
func nanos(t time.Time) int64 {
	const limit = math.MaxInt64 / int64(time.Second)
	switch seconds := t.Unix(); {
	case seconds >= limit:
		return far
	case seconds <= -limit:
		return math.MinInt64
	default:
		return seconds*int64(time.Second) + int64(t.Nanosecond())
	}
}

// Len returns the number of entries.
func (p *Pending) Len() int { return max(len(p.heap)-root, 0) }

// Set adds a slot, or moves it if it is present, behind the entries that are
// due at the same instant. It returns false and does nothing for a slot above
// [MaxSlot].
func (p *Pending) Set(slot uint32, at time.Time) bool {
	if slot > MaxSlot {
		return false
	}
	e := due{at: nanos(at), slot: slot, order: p.nextOrder()}
	if i := p.slots.get(slot); i != 0 {
		p.settle(i, e)
		return true
	}
	if len(p.heap) == 0 {
		p.heap = make([]due, root, 64)
	}
	p.heap = append(p.heap, e)
	p.up(len(p.heap)-1, e)
	return true
}

// Move moves a slot to another instant, behind the entries that are due then.
// It returns false and does nothing if the slot is not in the index.
func (p *Pending) Move(slot uint32, at time.Time) bool {
	return p.slots.get(slot) != 0 && p.Set(slot, at)
}

// Cancel removes a slot. It returns false if the slot is not in the index.
func (p *Pending) Cancel(slot uint32) bool {
	i := p.slots.get(slot)
	if i == 0 {
		return false
	}
	p.remove(i)
	return true
}

// At returns when a slot is due, in UTC. It returns false if the slot is not in
// the index.
func (p *Pending) At(slot uint32) (time.Time, bool) {
	i := p.slots.get(slot)
	if i == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, p.heap[i].at).UTC(), true
}

// Next returns the slot that is due first and its due time in UTC, without
// removing it. It returns false if the index is empty.
func (p *Pending) Next() (slot uint32, at time.Time, ok bool) {
	if p.Len() == 0 {
		return 0, time.Time{}, false
	}
	e := p.heap[root]
	return e.slot, time.Unix(0, e.at).UTC(), true
}

// PopDue removes up to limit slots that are due at now and appends them to dst
// in the order in which they came due. It removes none if limit is 0 or less.
func (p *Pending) PopDue(now time.Time, limit int, dst []uint32) []uint32 {
	until := nanos(now)
	for ; limit > 0 && p.Len() > 0; limit-- {
		e := p.heap[root]
		if e.at > until || e.at == far {
			break
		}
		dst = append(dst, e.slot)
		p.remove(root)
	}
	return dst
}

// remove deletes the entry at index i and moves the last entry into its place.
func (p *Pending) remove(i int) {
	p.slots.clear(p.heap[i].slot)
	last := len(p.heap) - 1
	e := p.heap[last]
	p.heap = p.heap[:last]
	if i != last {
		p.settle(i, e)
	}
	p.shrink()
}

// shrink frees memory once three quarters of it are unused. The new slice has
// room to double, so that a heap that grows and shrinks is not copied again and
// again.
func (p *Pending) shrink() {
	const least = 1024
	if n := len(p.heap); cap(p.heap) > least && n < cap(p.heap)/4 {
		p.heap = append(make([]due, 0, 2*n), p.heap...)
	}
}

// settle stores e at or around the free index i, wherever the heap order wants
// it.
func (p *Pending) settle(i int, e due) {
	if i > root && e.before(p.heap[parent(i)]) {
		p.up(i, e)
	} else {
		p.down(i, e)
	}
}

// up moves the free index i towards the root until e fits there.
func (p *Pending) up(i int, e due) {
	for i > root {
		above := parent(i)
		if !e.before(p.heap[above]) {
			break
		}
		p.put(i, p.heap[above])
		i = above
	}
	p.put(i, e)
}

// down moves the free index i away from the root until e fits there.
func (p *Pending) down(i int, e due) {
	for {
		first := firstChild(i)
		if first >= len(p.heap) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(p.heap)); c++ {
			if p.heap[c].before(p.heap[least]) {
				least = c
			}
		}
		if !p.heap[least].before(e) {
			break
		}
		p.put(i, p.heap[least])
		i = least
	}
	p.put(i, e)
}

func (p *Pending) put(i int, e due) {
	p.heap[i] = e
	p.slots.set(e.slot, uint32(i))
}

// nextOrder numbers entries in insertion order. When the 32-bit numbers run
// out, it renumbers the present entries in due order; a sorted slice is a valid
// heap.
func (p *Pending) nextOrder() uint32 {
	if p.order == math.MaxUint32 {
		entries := p.heap[min(root, len(p.heap)):]
		slices.SortFunc(entries, func(a, b due) int {
			switch {
			case a.before(b):
				return -1
			case b.before(a):
				return 1
			default:
				return 0
			}
		})
		p.order = 0
		for i := range entries {
			entries[i].order = p.order
			p.slots.set(entries[i].slot, uint32(root+i))
			p.order++
		}
	}
	p.order++
	return p.order - 1
}
