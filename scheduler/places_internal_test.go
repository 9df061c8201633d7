package scheduler

import (
	"testing"
	"time"
)

// Pages are allocated on first use and freed when they become empty.
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
		t.Errorf("capacity %d for one entry", cap(p.heap))
	}
}
