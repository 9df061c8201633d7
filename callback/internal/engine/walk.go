package engine

import (
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Limits on the heads of queues that are passed over because they cannot be
// dialed now, such as personal callbacks of an absent agent.
const (
	// passMost is how many a service passes over in one visit, passTime about how
	// long that takes, and passChunk how many are claimed at once. frontMost of
	// them are at the front of the queue.
	passMost  = 500
	frontMost = 100
	passTime  = 5 * time.Millisecond
	passChunk = 25
	// passAgain is when a service goes on that has passed over as many. It is at
	// least passShare times as long as the visit took, and at most restMost.
	passAgain = 40 * time.Millisecond
	passShare = 3
	restMost  = 200 * time.Millisecond
	// declineFor is how long the heads that were passed over are not asked about
	// again, unless an agent or a number becomes free. Without a router that
	// says so, it is Config.Poll.
	declineFor = 30 * time.Second
)

// walks remembers which heads of queues could not be served, so that the
// callbacks behind them get their turn however many these are. It keeps three
// places for a queue, not the heads.
//
// After each restart at most frontMost heads at the front are asked again, then
// the callbacks that have come since the last walk, and then the walk goes on from
// where it was to the end of the queue.
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

// part is a part of a queue that a visit walks over.
type part uint8

const (
	atFront part = iota // the first heads
	atTail              // the callbacks behind all that were asked
	between             // those that are walked over once after each restart
	nowhere             // all were asked
)

type walk struct {
	restarted time.Time
	freed     int64          // walks.freed at the restart
	front     callback.Place // the last head passed at the front since the restart
	fronted   int            // how many these are
	tail      callback.Place // the last head passed when a walk came to the end; zero if none has
	deep      callback.Place // the last head passed between
	end       bool           // the walk has come to the end since the restart
	again     time.Time      // when a head that the router failed for is asked again; zero for none
	failed    callback.Place // the first such head
}

// begin returns the part in which a visit of a queue begins. It restarts the walk
// if that is due.
func (w *walks) begin(key callback.QueueKey, now time.Time) part {
	q := w.of[key]
	if q == nil {
		return atFront
	}
	if freed := w.freed.Load(); q.freed != freed || now.Before(q.restarted) || now.Sub(q.restarted) >= w.every {
		q.restarted, q.freed = now, freed
		q.front, q.fronted = callback.Place{}, 0
		if q.end {
			q.deep, q.end = callback.Place{}, false
		}
	}
	if !q.again.IsZero() && !q.again.After(now) {
		q.again = time.Time{}
		q.ask(q.failed)
	}
	if q.fronted < frontMost {
		return atFront
	}
	return atTail
}

// in returns behind which place the walk of a queue goes on in a part, and how
// many heads it may pass over there. If that is none, the next part follows.
func (w *walks) in(key callback.QueueKey, p part) (after callback.Place, most int) {
	q := w.of[key]
	if q == nil {
		q = new(walk)
	}
	switch {
	case p == atFront:
		return q.front, frontMost - q.fronted
	case p == atTail && q.tail != (callback.Place{}):
		return q.tail, frontMost
	case p == between && !q.end:
		if before(q.deep, q.front) {
			return q.front, passMost
		}
		return q.deep, passMost
	}
	return callback.Place{}, 0
}

// pass records that n heads were passed over in a part, the last of them at last.
func (w *walks) pass(key callback.QueueKey, now time.Time, p part, last callback.Place, n int) {
	q := w.of[key]
	if q == nil {
		if w.of == nil {
			w.of = make(map[callback.QueueKey]*walk)
		}
		q = &walk{restarted: now, freed: w.freed.Load()}
		w.of[key] = q
	}
	switch p {
	case atFront:
		q.front = last
		q.fronted += n
	case atTail:
		q.tail = last
	case between:
		q.deep = last
	}
}

// finish records that a walk found the end of the queue.
func (w *walks) finish(key callback.QueueKey) {
	if q := w.of[key]; q != nil {
		q.end = true
		for _, at := range []callback.Place{q.front, q.deep} {
			if before(q.tail, at) {
				q.tail = at
			}
		}
	}
}

// arrive makes the walk of a queue ask the callback at a place again, because it
// has come or changed.
func (w *walks) arrive(key callback.QueueKey, at callback.Place) {
	if q := w.of[key]; q != nil {
		q.ask(at)
	}
}

// fail makes the walk of a queue ask a head again soon, because the router failed.
func (w *walks) fail(key callback.QueueKey, at callback.Place, now time.Time) {
	q := w.of[key]
	if q == nil {
		return
	}
	if q.again.IsZero() || before(at, q.failed) {
		q.failed = at
	}
	q.again = now.Add(decide.DueAgain)
}

// askedAgain returns when a head that the router failed for is asked again; zero if
// there is none.
func (w *walks) askedAgain(key callback.QueueKey) time.Time {
	if q := w.of[key]; q != nil {
		return q.again
	}
	return time.Time{}
}

func (q *walk) ask(at callback.Place) {
	switch {
	case !before(q.front, at):
		q.front, q.fronted = callback.Place{}, 0
	case q.tail != (callback.Place{}) && before(q.tail, at):
	case q.end || !before(q.deep, at):
		// Just before it; '~' comes after each character of an identifier.
		q.deep, q.end = callback.Place{QueuedAt: at.QueuedAt.Add(-time.Microsecond), ID: "~"}, false
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
