package availability

import "sync/atomic"

const (
	// A chunk is what is compiled at once: sixteen days from a multiple of
	// sixteen days after 1970-01-01T00:00Z. Short enough that a query of two
	// weeks compiles little that it does not use, long enough to amortise the
	// zone look-ups.
	chunkSeconds = 16 * daySeconds
	// cacheSlots chunks are kept, 512 days, so that the longest search (400 days)
	// never evicts what it is about to read.
	cacheSlots = 32
)

// cache holds the most recent compiled chunks, at most one for each slot. The
// values are immutable; two goroutines that miss at once both compile, and one
// result stays. The zero value is empty and ready, and safe for concurrent use.
type cache[T any] struct {
	slots [cacheSlots]atomic.Pointer[chunk[T]]
}

type chunk[T any] struct {
	index int64
	items []T
}

func chunkOf(unix int64) int64 { return floorDiv(unix, chunkSeconds) }

func (c *cache[T]) get(index int64) ([]T, bool) {
	if e := c.slots[index&(cacheSlots-1)].Load(); e != nil && e.index == index {
		return e.items, true
	}
	return nil, false
}

func (c *cache[T]) put(index int64, items []T) {
	c.slots[index&(cacheSlots-1)].Store(&chunk[T]{index: index, items: items})
}
