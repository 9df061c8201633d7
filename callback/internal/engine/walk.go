package engine

import (
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Limits on the heads of queues that are passed over because they cannot be
// dialed now, such as personal callbacks of an absent agent.
const (
	// passMost is how many a service passes over in one visit, passTime about how
	// long that takes, and passChunk how many are claimed at once.
	passMost  = 200
	passTime  = 5 * time.Millisecond
	passChunk = 25
	// passAgain is when a service goes on that has passed over as many. It is at
	// least passShare times as long as the visit took, and at most restMost.
	passAgain = 20 * time.Millisecond
	passShare = 3
	restMost  = 200 * time.Millisecond
	// declineFor is how long the heads that were passed over are not asked about
	// again, unless an agent or a number becomes free. Without a router that
	// says so, it is Config.Poll.
	declineFor = 30 * time.Second
)

// walks remembers which heads of queues could not be served, so that the
// callbacks behind them get their turn however many these are. It keeps two
// places for a queue, not the heads.
//
// From each restart on, at most passMost heads at the front are asked again.
// The walk behind them goes on from where it was, to the end of the queue.
type walks struct {
	freed *atomic.Int64 // agents and numbers that became free
	every time.Duration // how long heads that were passed over are not asked again
	of    map[callback.QueueKey]*walk
	rests map[ServiceKey]rest
}

// rest is the time in which a service is not visited.
type rest struct {
	until time.Time
	freed int64 // walks.freed at the beginning
}

// tire lets a service rest until then, or until an agent or a number is freed.
func (w *walks) tire(key ServiceKey, until time.Time) {
	if w.rests == nil {
		w.rests = make(map[ServiceKey]rest)
	}
	w.rests[key] = rest{until, w.freed.Load()}
}

// rest returns until when a service rests; a time in the past if it does not.
func (w *walks) rest(key ServiceKey, now time.Time) time.Time {
	r, ok := w.rests[key]
	if !ok {
		return time.Time{}
	}
	if w.freed.Load() != r.freed || !r.until.After(now) || r.until.Sub(now) > restMost {
		delete(w.rests, key)
		return time.Time{}
	}
	return r.until
}

type walk struct {
	restarted time.Time
	freed     int64          // walks.freed at the restart
	front     callback.Place // the last head passed at the front since the restart
	fronted   int            // how many these are
	deep      callback.Place // the last head passed at all; zero at the front
	end       bool           // all heads were passed since the restart
}

// begin returns where the next claim from a queue begins. ok is false if none of
// its heads can be served before the next restart.
func (w *walks) begin(key callback.QueueKey, now time.Time) (after callback.Place, ok bool) {
	q := w.of[key]
	if q == nil {
		return callback.Place{}, true
	}
	if freed := w.freed.Load(); q.freed != freed || now.Before(q.restarted) || now.Sub(q.restarted) >= w.every {
		*q = walk{restarted: now, freed: freed, deep: q.deep}
	}
	if q.fronted < passMost {
		return q.front, !q.end
	}
	return q.deep, !q.end
}

// pass records that n heads behind after were passed over, the last of them at
// last.
func (w *walks) pass(key callback.QueueKey, now time.Time, after, last callback.Place, n int) {
	q := w.of[key]
	if q == nil {
		if w.of == nil {
			w.of = make(map[callback.QueueKey]*walk)
		}
		q = &walk{restarted: now, freed: w.freed.Load()}
		w.of[key] = q
	}
	if q.fronted < passMost && after == q.front {
		q.front = last
		q.fronted += n
	}
	if before(q.deep, last) {
		q.deep = last
	}
}

// finish records that a claim behind after found the end of the queue.
func (w *walks) finish(key callback.QueueKey) {
	if q := w.of[key]; q != nil {
		q.deep, q.end = callback.Place{}, true
	}
}

// retry asks the front of a queue again, where a callback has become ready.
func (w *walks) retry(key callback.QueueKey) {
	if q := w.of[key]; q != nil {
		q.front, q.fronted, q.end = callback.Place{}, 0, false
	}
}

// forget drops the walks of queues that are not in use any more.
func (w *walks) forget(busy func(callback.QueueKey) bool) {
	for key := range w.of {
		if !busy(key) {
			delete(w.of, key)
		}
	}
}

func before(a, b callback.Place) bool {
	return a.QueuedAt.Before(b.QueuedAt) || a.QueuedAt.Equal(b.QueuedAt) && a.ID < b.ID
}
