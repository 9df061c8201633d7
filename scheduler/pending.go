package scheduler

import (
	"math"
	"slices"
	"time"
)

// MaxSlot is the largest slot a [Pending] takes.
const MaxSlot = math.MaxUint32 - 8

// Pending is an index of due times: which slot is due first. A slot is a number
// of the caller's, such as the place of a record in a table; it is in the index
// once or not at all. Slots may be any numbers up to [MaxSlot], and cost least
// when they are dense and used again.
//
// Slots that are due at the same instant come out in the order in which they
// were put in. Instants are kept to the nanosecond and nothing comes out early.
// What lies before 1678 is due as if it lay there; what lies after 2262-04-11
// stays at that day and does not come due.
//
// It holds no pointer for each entry: 16 bytes in a heap with four children a
// node, each family in one cache line, and 4 bytes to find a slot in it, plus
// what a growing slice has to spare. Set, Move, Cancel and taking one out cost
// the logarithm to base 4 of the number of entries. Memory goes down with the
// number of entries.
//
// The zero Pending is empty and ready. It is not safe for concurrent use, and
// must not be copied after first use.
type Pending struct {
	heap  []due // from root on; below it nothing
	slots places
	order uint32 // of the next entry put in
}

// due is one entry. Its order decides between entries of one instant.
type due struct {
	at    int64 // nanoseconds since 1970
	order uint32
	slot  uint32
}

func (d due) before(e due) bool {
	return d.at < e.at || d.at == e.at && d.order < e.order
}

// root is where the heap begins in its slice: from there the children of i are
// at 4*(i-2) to 4*(i-2)+3, so that each family begins at a multiple of 64 bytes
// and a step down the heap touches one cache line.
const root = 3

func parent(i int) int     { return i/4 + 2 }
func firstChild(i int) int { return 4 * (i - 2) }

// far is the instant that stands for all that lie beyond 2262.
const far = math.MaxInt64

// nanos is t in nanoseconds since 1970, saturating.
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

// Set puts a slot in at an instant, behind those that are already there. A slot
// that is in the index moves. It returns false, and does nothing, for a slot
// above [MaxSlot].
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

// Move puts a slot that is in the index at another instant, behind those that
// are already there. It returns false, and does nothing, for a slot that is not.
func (p *Pending) Move(slot uint32, at time.Time) bool {
	return p.slots.get(slot) != 0 && p.Set(slot, at)
}

// Cancel takes a slot out. It returns false for a slot that is not in the
// index.
func (p *Pending) Cancel(slot uint32) bool {
	i := p.slots.get(slot)
	if i == 0 {
		return false
	}
	p.remove(i)
	return true
}

// At returns when a slot is due, in UTC. It returns false for a slot that is
// not in the index.
func (p *Pending) At(slot uint32) (time.Time, bool) {
	i := p.slots.get(slot)
	if i == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, p.heap[i].at).UTC(), true
}

// Next returns the slot that is due first and when that is, in UTC, and leaves
// it in. It returns false when there is none.
func (p *Pending) Next() (slot uint32, at time.Time, ok bool) {
	if p.Len() == 0 {
		return 0, time.Time{}, false
	}
	e := p.heap[root]
	return e.slot, time.Unix(0, e.at).UTC(), true
}

// PopDue takes out the slots that are due at now, at most so many, and appends
// them to dst in the order in which they fell due. A limit of 0 or less takes
// none.
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

// remove takes the entry at i out and puts the last one in its place.
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

// shrink gives memory back when three quarters of it are unused. What is left
// has room to double, so that a heap that goes up and down does not copy itself
// again and again.
func (p *Pending) shrink() {
	const least = 1024
	if n := len(p.heap); cap(p.heap) > least && n < cap(p.heap)/4 {
		p.heap = append(make([]due, 0, 2*n), p.heap...)
	}
}

// settle puts e where it belongs, given that place i is free.
func (p *Pending) settle(i int, e due) {
	if i > root && e.before(p.heap[parent(i)]) {
		p.up(i, e)
	} else {
		p.down(i, e)
	}
}

// up moves the free place i towards the root until e may stand there.
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

// down moves the free place i away from the root until e may stand there.
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

// nextOrder numbers entries as they are put in. When the numbers run out, after
// four thousand million, the entries present are numbered anew in their order:
// sorted, they are a heap as well.
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
