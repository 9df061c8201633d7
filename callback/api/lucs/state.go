package lucs

import (
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// state is where a callback stands, in the words of LUCS.
type state uint8

const (
	pending state = iota + 1
	inQueue
	processing
	terminated
)

var stateNames = [...]string{pending: "Pending", inQueue: "InQueue", processing: "Processing", terminated: "Terminated"}

func (s state) String() string { return stateNames[s] }

// parseState reads the name of a state in any case, "In Queue" included.
func parseState(name string) (state, bool) {
	name = strings.ReplaceAll(name, " ", "")
	for s := pending; s <= terminated; s++ {
		if strings.EqualFold(name, stateNames[s]) {
			return s, true
		}
	}
	return 0, false
}

// stateOf translates. A callback that waits out the gap after a failed dial is
// Pending again.
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

// states are the states of the domain in which a callback may be in s.
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

// left is how long until a callback leaves its queue unserved; before it has
// entered it, how long it will have.
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
	end := begin.Add(wait)
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
