package availability

import (
	"slices"
	"sync/atomic"
)

// defaultKeep is the default of KeepSlots: two weeks of 5-minute buckets, ten
// hours a day, in 128 KiB.
const defaultKeep = 2048

// ready caches the open slots of adjacent chunks, without load, for a range
// that is queried repeatedly. Copying a slot is more than twice as fast as
// computing one.
type ready struct {
	first, last int64  // chunks
	slots       []Slot // nil until the chunks are queried for the second time
}

type readyCache struct{ atomic.Pointer[ready] }

// slotsFrom returns the cached slots from the start of a span on, nil if it is
// not cached. The second query for the same chunks fills the cache if they have
// at most KeepSlots slots.
func (p *Planner) slotsFrom(span interval) []Slot {
	first, last := chunkOf(span.start), chunkOf(span.end-1)
	r := p.ready.Load()
	if r == nil || first < r.first || last > r.last {
		if p.config.KeepSlots > 0 {
			p.ready.Store(&ready{first: first, last: last})
		}
		return nil
	}
	if r.slots == nil {
		whole := interval{r.first * chunkSeconds, (r.last + 1) * chunkSeconds}
		n := 0
		for index := r.first; index <= r.last; index++ {
			for _, run := range p.compiled(index) {
				n += run.n
			}
		}
		if n == 0 || n > p.config.KeepSlots {
			return nil
		}
		f := newFiller(make([]Slot, 0, n), nil, n, true)
		p.each(whole, &f, nil)
		r = &ready{first: r.first, last: r.last, slots: f.slots}
		p.ready.Store(r)
	}
	i, _ := slices.BinarySearchFunc(r.slots, span.start, func(s Slot, at int64) int {
		if s.Start.Unix() < at {
			return -1
		}
		return 1
	})
	return r.slots[i:]
}

// copyFree copies the cached slots of a run that have a seat left, for a dense
// load with a count per bucket.
func copyFree(out, made []Slot, counts []int32, seats int) int {
	k := 0
	made = made[:len(counts)]
	for i, taken := range counts {
		if left := seats - int(taken); left > 0 && k < len(out) {
			s := &out[k]
			*s = made[i]
			s.Left = left
			k++
		}
	}
	return k
}
