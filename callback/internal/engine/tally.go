package engine

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// tally is how many callbacks of each queue are ready, as the store counted them
// and as this process has changed them since. A store counts in time proportional
// to what waits; a tick that counted a hundred thousand callbacks each time would
// keep the one that has just come waiting for its agent.
//
// The tally is not exact: other nodes change the queues, too. A claim of too many
// gets fewer, and too few are corrected by the next count.
type tally struct {
	mu      sync.Mutex
	of      map[callback.QueueKey]int // nil before the first count and while the store counts
	gaps    map[ServiceKey]bool       // services that had queued callbacks which were not ready
	added   map[callback.QueueKey]int // since the count began
	counted time.Time                 // when the last count ended, by Config.Now
	tick    time.Time                 // the time of the tick that counted
	took    time.Duration
	arrived map[callback.QueueKey][]callback.Place // of the callbacks that came or changed since arrivals was called
	told    bool                                   // the store tells when other nodes change the queues
	news    bool                                   // the queues may have changed otherwise since the count began
}

// countShare is the part of the time that counting may take: one in countShare,
// or one in newsShare while other nodes change the queues.
const (
	countShare = 200
	newsShare  = 20
	// toldPolls is how many times Config.Poll a count may be old if the store tells
	// of the changes of other nodes.
	toldPolls = 10
)

// tell says whether the store tells when other nodes change the queues.
func (y *tally) tell(told bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.told = told
}

// stale is called when the queues may have changed other than by settle.
func (y *tally) stale() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.news = true
}

// settle takes a written draft into account.
func (y *tally) settle(d *decide.Draft) {
	was, wasReady := readyIn(d.Old)
	is, isReady := readyIn(d.Callback)
	y.mu.Lock()
	defer y.mu.Unlock()
	if isReady {
		y.arrive(is, placeOf(d.Callback))
	}
	if wasReady == isReady && was == is {
		return
	}
	if y.of == nil {
		// The store may count it or not. Too many do no harm.
		if isReady && y.added != nil {
			y.added[is]++
		}
		return
	}
	if wasReady && y.of[was] > 0 {
		y.of[was]--
	}
	if isReady {
		y.of[is]++
	}
}

// arriveMost bounds the arrivals of a queue that are kept apart.
const arriveMost = 64

func (y *tally) arrive(key callback.QueueKey, at callback.Place) {
	if y.arrived == nil {
		y.arrived = make(map[callback.QueueKey][]callback.Place)
	}
	list := y.arrived[key]
	if len(list) < arriveMost {
		y.arrived[key] = append(list, at)
		return
	}
	for i := range list {
		if before(at, list[i]) {
			list[i] = at
			return
		}
	}
}

// arrivals returns the places of the callbacks that came or changed since the last
// call.
func (y *tally) arrivals() map[callback.QueueKey][]callback.Place {
	y.mu.Lock()
	defer y.mu.Unlock()
	arrived := y.arrived
	y.arrived = nil
	return arrived
}

// newcomers reports whether callbacks of other services than key came or changed
// since the last call of arrivals.
func (y *tally) newcomers(key ServiceKey) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	for queue := range y.arrived {
		if key != (ServiceKey{queue.Tenant, queue.Service}) {
			return true
		}
	}
	return false
}

// readyIn returns the queue in which a callback is ready.
func readyIn(cb *callback.Callback) (key callback.QueueKey, ready bool) {
	if cb == nil || cb.State != callback.Queued || !cb.Ready || !cb.Priority.Valid() {
		return callback.QueueKey{}, false
	}
	return callback.QueueKey{Tenant: cb.Tenant, Service: cb.Service, Priority: cb.Priority}, true
}

// read returns a copy of the tally. ok is false if it has to be counted; at is
// when, if it is not yet but soon. now is by Config.Now, tick the time of the tick.
func (y *tally) read(now, tick time.Time, poll time.Duration) (of map[callback.QueueKey]int, at time.Time, ok bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	share := time.Duration(countShare)
	most := poll
	if y.told {
		most *= toldPolls
	}
	if y.news {
		share = newsShare
	}
	rest := min(share*y.took, most)
	if age := now.Sub(y.counted); y.of == nil || age < 0 || age >= rest || tick.Sub(y.tick).Abs() >= most {
		return nil, time.Time{}, false
	}
	if y.news {
		at = y.counted.Add(rest)
	}
	return y.copy(), at, true
}

// begin is called before the store counts.
func (y *tally) begin() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.news = false
	y.of, y.added = nil, make(map[callback.QueueKey]int)
}

// end takes over what the store has counted.
func (y *tally) end(groups []callback.Group, now, tick time.Time, took time.Duration) (ready map[callback.QueueKey]int) {
	of, gaps := make(map[callback.QueueKey]int, len(groups)), make(map[ServiceKey]bool)
	for _, g := range groups {
		if g.N > g.Ready {
			gaps[ServiceKey{g.Queue.Tenant, g.Queue.Service}] = true
		}
		if g.Ready > 0 && g.Queue.Priority.Valid() { // a damaged record must not stop the others
			of[g.Queue] += g.Ready
		}
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	for key, n := range y.added {
		of[key] += n
	}
	y.of, y.gaps, y.counted, y.tick, y.took = of, gaps, now, tick, took
	return y.copy()
}

// inGaps returns the services that have queued callbacks which are not ready, as
// far as the last count tells, in no order.
func (y *tally) inGaps() []ServiceKey {
	y.mu.Lock()
	defer y.mu.Unlock()
	return slices.Collect(maps.Keys(y.gaps))
}

// hasGap reports whether a service is among those of inGaps.
func (y *tally) hasGap(key ServiceKey) bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.gaps[key]
}

// noGap forgets until the next count that a service has queued callbacks which are
// not ready.
func (y *tally) noGap(key ServiceKey) {
	y.mu.Lock()
	defer y.mu.Unlock()
	delete(y.gaps, key)
}

func (y *tally) copy() map[callback.QueueKey]int {
	of := make(map[callback.QueueKey]int, len(y.of))
	for key, n := range y.of {
		if n > 0 {
			of[key] = n
		}
	}
	return of
}
