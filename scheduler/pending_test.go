package scheduler_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/scheduler"
)

// naive is the simplest correct Pending.
type naive []naiveDue

type naiveDue struct {
	slot uint32
	at   time.Time
}

func (n *naive) cancel(slot uint32) bool {
	before := len(*n)
	*n = slices.DeleteFunc(*n, func(d naiveDue) bool { return d.slot == slot })
	return len(*n) < before
}

func (n *naive) set(slot uint32, at time.Time) {
	n.cancel(slot)
	*n = append(*n, naiveDue{slot, at})
	slices.SortStableFunc(*n, func(a, b naiveDue) int { return a.at.Compare(b.at) })
}

func (n *naive) at(slot uint32) (time.Time, bool) {
	for _, d := range *n {
		if d.slot == slot {
			return d.at, true
		}
	}
	return time.Time{}, false
}

func (n *naive) popDue(now time.Time, limit int) (slots []uint32) {
	for limit > 0 && len(*n) > 0 && !(*n)[0].at.After(now) {
		slots, limit = append(slots, (*n)[0].slot), limit-1
		*n = (*n)[1:]
	}
	return slots
}

// Any sequence of operations gives the same results on Pending and on naive.
func TestPendingAgainstNaive(t *testing.T) {
	for seed := range uint64(rounds(40)) {
		random := rand.New(rand.NewPCG(seed, 1))
		var p scheduler.Pending
		var n naive
		now := noon()
		slots := 1 + random.Uint32N(200)
		spread := []int64{1, 20, int64(time.Second), int64(14 * 24 * time.Hour)}[seed%4]
		for step := range 2500 {
			slot := random.Uint32N(slots)
			if seed%5 == 0 {
				slot *= 5000 // one page per slot
			}
			at := now.Add(time.Duration(random.Int64N(spread)))
			switch random.IntN(8) {
			case 0, 1, 2:
				n.set(slot, at)
				if !p.Set(slot, at) {
					t.Fatalf("seed %d step %d: slot %d refused", seed, step, slot)
				}
			case 3:
				_, in := n.at(slot)
				if in {
					n.set(slot, at)
				}
				if p.Move(slot, at) != in {
					t.Fatalf("seed %d step %d: Move of slot %d, in %v", seed, step, slot, in)
				}
			case 4, 5:
				if want := n.cancel(slot); p.Cancel(slot) != want {
					t.Fatalf("seed %d step %d: Cancel of slot %d, want %v", seed, step, slot, want)
				}
			case 6:
				want, in := n.at(slot)
				if got, ok := p.At(slot); ok != in || !got.Equal(want) && in {
					t.Fatalf("seed %d step %d: slot %d at %v, %v, want %v, %v", seed, step, slot, got, ok, want, in)
				}
			case 7:
				now = now.Add(time.Duration(random.Int64N(1 + spread/10)))
				limit := random.IntN(6) - 1
				if diff := cmp.Diff(n.popDue(now, limit), p.PopDue(now, limit, nil)); diff != "" {
					t.Fatalf("seed %d step %d: %s", seed, step, diff)
				}
			}
			slot, at, ok := p.Next()
			if p.Len() != len(n) || ok != (len(n) > 0) || ok && (slot != n[0].slot || !at.Equal(n[0].at)) {
				t.Fatalf("seed %d step %d: %d entries, next %d at %v; want %d, %v", seed, step, p.Len(), slot, at, len(n), n[:min(len(n), 1)])
			}
		}
		if diff := cmp.Diff(n.popDue(now.Add(time.Duration(spread)), math.MaxInt), p.PopDue(now.Add(time.Duration(spread)), math.MaxInt, nil)); diff != "" || p.Len() != 0 {
			t.Fatalf("seed %d at the end: %d left, %s", seed, p.Len(), diff)
		}
	}
}

func TestPendingIsStableAndNeverEarly(t *testing.T) {
	var p scheduler.Pending
	at := noon().Add(123456789)
	var want []uint32
	for i := range uint32(1000) {
		p.Set((i*7919)%1000, at)
		want = append(want, (i*7919)%1000)
	}
	if got := p.PopDue(at.Add(-1), 1000, nil); len(got) != 0 {
		t.Errorf("%d entries due a nanosecond early", len(got))
	}
	p.Set(want[0], at) // moves behind the others
	want = append(want[1:], want[0])
	got := p.PopDue(at, 10, []uint32{42})
	got = p.PopDue(at, 5000, got)
	if diff := cmp.Diff(append([]uint32{42}, want...), got); diff != "" {
		t.Error(diff)
	}
}

func TestPendingBadSlots(t *testing.T) {
	var p scheduler.Pending
	if slot, at, ok := p.Next(); ok || p.Len() != 0 || p.Cancel(3) || p.Move(3, noon()) || p.Len() != 0 {
		t.Errorf("empty index: slot %d at %v", slot, at)
	}
	if got := p.PopDue(noon(), 10, nil); got != nil {
		t.Errorf("empty index: %v", got)
	}
	for _, slot := range []uint32{math.MaxUint32, scheduler.MaxSlot + 1} {
		if p.Set(slot, noon()) || p.Move(slot, noon()) || p.Cancel(slot) || p.Len() != 0 {
			t.Errorf("slot %d was accepted", slot)
		}
		if _, ok := p.At(slot); ok {
			t.Errorf("slot %d is present", slot)
		}
	}
	if !p.Set(scheduler.MaxSlot, noon()) || p.Len() != 1 || p.Cancel(scheduler.MaxSlot-1) || !p.Cancel(scheduler.MaxSlot) || p.Cancel(scheduler.MaxSlot) {
		t.Error("the largest slot was not accepted exactly once")
	}
	p.Set(0, noon())
	for _, limit := range []int{0, -1, math.MinInt} {
		if got := p.PopDue(noon(), limit, nil); got != nil {
			t.Errorf("limit %d: %v", limit, got)
		}
	}
}

func TestPendingFarTimes(t *testing.T) {
	edge := time.Unix(0, math.MaxInt64)
	var p scheduler.Pending
	for slot, at := range []time.Time{
		time.Unix(1<<60, 0), edge, edge.Add(1), edge.Add(-time.Second), {}, time.Unix(-1<<60, 0), time.Unix(0, math.MinInt64), noon(),
	} {
		p.Set(uint32(slot), at)
	}
	if got, want := p.PopDue(noon(), 100, nil), []uint32{4, 5, 6, 7}; !slices.Equal(got, want) {
		t.Errorf("due at noon: %v, want %v", got, want)
	}
	if got, want := p.PopDue(time.Unix(1<<61, 0), 100, nil), []uint32{3}; !slices.Equal(got, want) {
		t.Errorf("due at the last instant: %v, want %v", got, want)
	}
	if slot, at, ok := p.Next(); !ok || slot != 0 || !at.Equal(edge) || p.Len() != 3 {
		t.Errorf("%d at %v, %v, of %d", slot, at, ok, p.Len())
	}
}

// With hundreds of thousands of entries, an entry takes less than 32 bytes, and
// the memory is freed when they are removed.
func TestPendingMemory(t *testing.T) {
	const entries = 200_000
	random := rand.New(rand.NewPCG(13, 14))
	p := new(scheduler.Pending)
	before := retained()
	for slot := range uint32(entries) {
		p.Set(slot, noon().Add(time.Duration(random.Int64N(int64(14*24*time.Hour)))))
	}
	if per := float64(retained()-before) / entries; per > 32 {
		t.Errorf("%.1f bytes per entry, want at most 32", per)
	}
	p.PopDue(noon().Add(15*24*time.Hour), entries-10, nil)
	if left := int64(retained()) - int64(before); left > 400_000 {
		t.Errorf("%d bytes in use for 10 entries", left)
	}
	if p.Len() != 10 {
		t.Errorf("%d entries are left", p.Len())
	}
	runtime.KeepAlive(p)
}

func TestPendingAllocatesOnlyToGrow(t *testing.T) {
	var p scheduler.Pending
	for slot := range uint32(5000) {
		p.Set(slot, noon())
	}
	at := noon()
	dst := make([]uint32, 0, 8)
	if n := testing.AllocsPerRun(1000, func() {
		at = at.Add(time.Second)
		p.Cancel(4999)
		p.Set(4999, at)
		p.Move(17, at)
		dst = p.PopDue(at, 1, dst[:0])
		p.Set(dst[0], at)
		p.Next()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
