package scheduler

import (
	"math"
	"slices"
	"testing"
	"time"
)

// When the numbers that keep equal times in order run out, the entries are
// numbered anew: nothing changes its place.
func TestPendingRenumbers(t *testing.T) {
	var p Pending
	p.order = math.MaxUint32 - 50
	at := time.Unix(1_774_008_000, 0)
	var want []uint32
	for i := range uint32(100) {
		slot := (i * 37) % 100
		p.Set(slot, at)
		want = append(want, slot)
	}
	if p.order > 200 {
		t.Fatalf("order is %d: the numbers did not run out", p.order)
	}
	p.Cancel(want[3])
	p.Move(want[5], at)
	moved := want[5]
	want = append(slices.Delete(slices.Delete(want, 5, 6), 3, 4), moved)
	if got := p.PopDue(at, 1000, nil); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	p.order = math.MaxUint32
	if !p.Set(1, at) || p.Len() != 1 || p.order != 1 {
		t.Errorf("empty: %d entries, order %d", p.Len(), p.order)
	}
}

// The pages of slots come and go with what is on them.
func TestPlacesGiveBackPages(t *testing.T) {
	var p Pending
	at := time.Unix(0, 0)
	pages := func() (n int) {
		for _, on := range p.slots.pages {
			if on != nil {
				n++
			}
		}
		return n
	}
	for slot := range uint32(10 * pageSlots) {
		p.Set(slot, at)
	}
	if n := pages(); n != 10 {
		t.Errorf("%d pages, want 10", n)
	}
	for slot := range uint32(10 * pageSlots) {
		if slot != 5*pageSlots {
			p.Cancel(slot)
		}
	}
	if n := pages(); n != 1 || p.Len() != 1 {
		t.Errorf("%d pages for %d entries", n, p.Len())
	}
	if cap(p.heap) > 4096 {
		t.Errorf("room for %d entries is kept for one", cap(p.heap))
	}
}
