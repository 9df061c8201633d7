package availability

import "sync/atomic"

const (
	// chunkSeconds is the span that is compiled at once: sixteen days, counted
	// from 1970-01-01T00:00Z. It is short enough that a query of two weeks
	// compiles little more than it needs and long enough to amortise the zone
	// lookups.
	chunkSeconds = 16 * daySeconds
	// cacheSlots is the number of chunks that are kept, 512 days, so that the
	// longest search (400 days) does not evict chunks that it will read again.
	cacheSlots = 32
)

// cache holds compiled chunks, at most one per slot. Its values are immutable:
// two goroutines that miss at the same time both compile, and one result is
// kept. The zero value is an empty cache. It is safe for concurrent use.
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
