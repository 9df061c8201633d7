package engine

import (
	"cmp"
	"container/heap"
	"hash/fnv"
	"io"
	"math"
)

// fairLine orders those who share something scarce. Each has turns on a common
// line, 1/share apart per unit served; the earliest turn is next. Who begins to
// compete, or could not be served for a while, continues at the current point of
// the line and has saved nothing.
//
// While all compete and can be served, the units that two of them got, divided
// by their shares, differ by at most one turn of each. This is start-time fair
// queueing, which has the shares of deficit round robin and serves them
// interleaved.
type fairLine[K comparable] struct {
	at   float64       // the turn that was served last
	next map[K]float64 // the next turn of those who were served; absent if not after at
}

// turn returns the next turn of k.
func (l *fairLine[K]) turn(k K) float64 { return max(l.next[k], l.at) }

// serve records that k got n units, while the next turn of the others that wait
// was least. The line is then at the last of these units, or at least if that comes
// before: what was served while it could not be shared is no debt.
func (l *fairLine[K]) serve(k K, n, share int, least float64) {
	if n == 0 {
		return
	}
	if l.next == nil {
		l.next = make(map[K]float64)
	}
	turn := l.turn(k)
	l.at = max(turn, min(turn+float64(n-1)/float64(share), least))
	l.next[k] = turn + float64(n)/float64(share)
}

// prune drops the turns that say nothing any more.
func (l *fairLine[K]) prune() {
	for k, turn := range l.next {
		if turn <= l.at {
			delete(l.next, k)
		}
	}
}

// fairness is the order in which tenants, and within each its services, get what
// is scarce. It is kept from tick to tick.
type fairness struct {
	node     string
	tenants  fairLine[string]
	services map[string]*fairLine[string] // by tenant
}

// serve records that a service of a tenant dispatched n callbacks, while others
// wait in the sweep.
func (f *fairness) serve(key ServiceKey, n, share int, s *sweep, p *party) {
	f.tenants.serve(key.Tenant, n, 1, s.order.least())
	least := math.Inf(1)
	for level := range p.queues {
		least = min(least, p.queues[level].least())
	}
	f.of(key.Tenant).serve(key.Name, n, share, least)
}

func (f *fairness) of(tenant string) *fairLine[string] {
	l := f.services[tenant]
	if l == nil {
		if f.services == nil {
			f.services = make(map[string]*fairLine[string])
		}
		l = new(fairLine[string])
		f.services[tenant] = l
	}
	return l
}

// prune drops what says nothing any more. busy has the tenants with ready
// callbacks.
func (f *fairness) prune(busy map[string]*party) {
	f.tenants.prune()
	for tenant, l := range f.services {
		if l.prune(); len(l.next) == 0 || busy[tenant] == nil {
			delete(f.services, tenant)
		}
	}
}

// tie orders those who have the same turn. It differs from node to node, so that
// nodes that start together do not all serve the same one first.
func (f *fairness) tie(name string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, f.node+"\x00"+name)
	return h.Sum64()
}

// party is a tenant in a sweep, with the services that may still be served.
type party struct {
	tenant string
	turn   float64
	tie    uint64
	// queues has the services by level: those with StrictPriority callbacks go
	// before the others of their tenant, and those that have nothing but
	// NothingElse callbacks left go after them.
	queues [levels]turns[*backlog]
}

// first returns the level that is served next; ok is false if nothing is left.
func (p *party) first() (level int, ok bool) {
	for level := range levels {
		if p.queues[level].Len() > 0 {
			return level, true
		}
	}
	return 0, false
}

func (p *party) place() (float64, uint64, string) { return p.turn, p.tie, p.tenant }

// turns is a heap by turn.
type turns[T interface {
	place() (turn float64, tie uint64, name string)
}] []T

// least returns the earliest turn, or infinity if there is none.
func (h turns[T]) least() float64 {
	if len(h) == 0 {
		return math.Inf(1)
	}
	turn, _, _ := h[0].place()
	return turn
}

func (h turns[T]) Len() int { return len(h) }

func (h turns[T]) Less(i, j int) bool {
	turnI, tieI, nameI := h[i].place()
	turnJ, tieJ, nameJ := h[j].place()
	return cmp.Or(cmp.Compare(turnI, turnJ), cmp.Compare(tieI, tieJ), cmp.Compare(nameI, nameJ)) < 0
}

func (h turns[T]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is part of heap.Interface.
func (h *turns[T]) Push(x any) { *h = append(*h, x.(T)) }

// Pop is part of heap.Interface.
func (h *turns[T]) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// add puts x into the heap.
func (h *turns[T]) add(x T) { heap.Push(h, x) }

// take removes the one whose turn is next.
func (h *turns[T]) take() T { return heap.Pop(h).(T) }
