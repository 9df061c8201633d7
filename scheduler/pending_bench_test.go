package scheduler_test

import (
	"container/heap"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// shelf is a container of due times by slot.
type shelf interface {
	add(slot uint32, at time.Time)
	cancel(slot uint32)
}

// pendingShelf is the index of this package.
type pendingShelf struct{ scheduler.Pending }

func (s *pendingShelf) add(slot uint32, at time.Time) { s.Set(slot, at) }
func (s *pendingShelf) cancel(slot uint32)            { s.Cancel(slot) }

// heapShelf is container/heap over pointers, as in its documentation. handles
// stands for the pointers that every user of such a heap keeps.
type heapShelf struct {
	items   pointers
	handles []*item
}

type item struct {
	at    int64
	index int
}

type pointers []*item

func (h pointers) Len() int           { return len(h) }
func (h pointers) Less(i, j int) bool { return h[i].at < h[j].at }
func (h pointers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *pointers) Push(x any) {
	it := x.(*item)
	it.index = len(*h)
	*h = append(*h, it)
}

func (h *pointers) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return it
}

func (s *heapShelf) add(slot uint32, at time.Time) {
	it := &item{at: at.UnixNano()}
	s.handles[slot] = it
	heap.Push(&s.items, it)
}

func (s *heapShelf) cancel(slot uint32) {
	heap.Remove(&s.items, s.handles[slot].index)
	s.handles[slot] = nil
}

// timerShelf uses one runtime timer per entry.
type timerShelf struct {
	from   time.Time
	timers []*time.Timer
	fired  chan uint32
}

func (s *timerShelf) add(slot uint32, at time.Time) {
	s.timers[slot] = time.AfterFunc(at.Sub(s.from), func() { s.fired <- slot })
}

func (s *timerShelf) cancel(slot uint32) {
	s.timers[slot].Stop()
	s.timers[slot] = nil
}

// BenchmarkPending measures each shelf with 1,000,000 entries spread at random
// over 14 days: adding an entry, cancelling a random one, and the bytes per
// entry, without the caller's handles.
func BenchmarkPending(b *testing.B) {
	const (
		entries = 1_000_000
		batch   = 50_000
	)
	random := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	at := make([]time.Time, entries+batch)
	for i := range at {
		// Not within the first hour: no timer may fire during the run.
		at[i] = from.Add(time.Hour + time.Duration(random.Int64N(int64(14*24*time.Hour))))
	}
	picked := random.Perm(entries)

	for _, kind := range []struct {
		name string
		open func() shelf
	}{
		{"ringback", func() shelf { return new(pendingShelf) }},
		{"heap", func() shelf { return &heapShelf{handles: make([]*item, entries+batch)} }},
		{"afterfunc", func() shelf {
			return &timerShelf{from: from, timers: make([]*time.Timer, entries+batch), fired: make(chan uint32)}
		}},
	} {
		b.Run(kind.name, func(b *testing.B) {
			s := kind.open()
			before := retained()
			for i := range entries {
				s.add(uint32(i), at[i])
			}
			perEntry := float64(retained()-before) / entries
			b.Run("add", func(b *testing.B) {
				n := 0
				for b.Loop() {
					s.add(uint32(entries+n), at[entries+n])
					if n++; n == batch {
						b.StopTimer()
						drop(s, entries, n)
						n = 0
						b.StartTimer()
					}
				}
				drop(s, entries, n)
				b.ReportMetric(perEntry, "B/entry")
			})
			b.Run("cancel", func(b *testing.B) {
				n, done := 0, 0
				restore := func() {
					for _, slot := range picked[done : done+n] {
						s.add(uint32(slot), at[slot])
					}
					if done += n; done+batch > entries {
						done = 0
					}
					n = 0
				}
				for b.Loop() {
					s.cancel(uint32(picked[done+n]))
					if n++; n == batch {
						b.StopTimer()
						restore()
						b.StartTimer()
					}
				}
				restore()
				b.ReportMetric(perEntry, "B/entry")
			})
			drop(s, 0, entries)
		})
	}
}

// drop cancels n slots, beginning with first.
func drop(s shelf, first, n int) {
	for i := range n {
		s.cancel(uint32(first + i))
	}
}

// retained returns the memory in use after garbage collection.
func retained() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
