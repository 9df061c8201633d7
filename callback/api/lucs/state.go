package lucs

import (
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// state is the state of a callback in LUCS.
type state uint8

const (
	pending state = iota + 1
	inQueue
	processing
	terminated
)

var stateNames = [...]string{pending: "Pending", inQueue: "InQueue", processing: "Processing", terminated: "Terminated"}

func (s state) String() string { return stateNames[s] }

// parseState parses the name of a state, ignoring case; "In Queue" is accepted.
func parseState(name string) (state, bool) {
	name = strings.ReplaceAll(name, " ", "")
	for s := pending; s <= terminated; s++ {
		if strings.EqualFold(name, stateNames[s]) {
			return s, true
		}
	}
	return 0, false
}

// stateOf returns the state of a callback. One that waits for a retry is
// Pending.
func stateOf(cb *callback.Callback) state {
	switch cb.State {
	case callback.Scheduled:
		return pending
	case callback.Queued:
		if !cb.Ready && len(cb.Attempts) > 0 {
			return pending
		}
		return inQueue
	case callback.Paused, callback.Offered:
		return inQueue
	case callback.Completed:
		return terminated
	}
	return processing
}

// states returns the states of package callback that s may stand for.
func (s state) states() []callback.State {
	switch s {
	case pending:
		return []callback.State{callback.Scheduled, callback.Queued}
	case inQueue:
		return []callback.State{callback.Queued, callback.Paused, callback.Offered}
	case processing:
		return []callback.State{callback.Dialing, callback.Routing, callback.Processing, callback.Unresolved}
	case terminated:
		return []callback.State{callback.Completed}
	}
	return nil
}

// left returns the time until a callback leaves its queue unserved, or the
// maximum time in the queue if it has not entered it.
func left(cb *callback.Callback, s callback.Service, now time.Time) time.Duration {
	switch stateOf(cb) {
	case processing, terminated:
		return 0
	}
	wait := s.Queueing.TTL
	if most := s.Queueing.MaxWait; most > 0 {
		wait = min(wait, most)
	}
	from := now
	begin := cb.QueuedAt
	if begin.IsZero() {
		from = later(now, cb.ReleaseAt)
		begin = from
	} else if early := s.Booking.ConnectThreshold; early >= 0 {
		// The time before an attempt may begin does not count.
		begin = later(begin, cb.Desired.Add(-early))
	}
	end := begin.Add(wait + cb.PausedFor)
	if !cb.PausedAt.IsZero() {
		end = end.Add(max(now.Sub(cb.PausedAt), 0))
	}
	for _, last := range []time.Time{cb.ExpiresAt, cb.Until} {
		if !last.IsZero() && last.Before(end) {
			end = last
		}
	}
	return max(end.Sub(from), 0)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
