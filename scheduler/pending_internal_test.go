package scheduler

import (
	"math"
	"slices"
	"testing"
	"time"
)

// Running out of order numbers renumbers the entries without changing their
// order.
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
		t.Fatalf("order is %d: no renumbering happened", p.order)
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
