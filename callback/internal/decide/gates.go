package decide

import (
	"math"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Gate names a condition of dialing a callback now. Dispatch, the write that
// commits an attempt and Position ask the same list of gates.
type Gate uint8

// The gates, in the order in which they are asked.
const (
	GateNone     Gate = iota // none is shut
	GateState                // the callback is not waiting in its queue
	GateExpiry               // its time is over, or what is left of it is too short
	GateGap                  // the gap before its next attempt
	GatePause                // its service is paused
	GateHours                // its service is closed, by Dialing.Window
	GateDialer               // the dialer's breaker, slots, rate and pauses
	GateLines                // the lines of its service
	GateRate                 // the calls per second of its service
	GateNumber               // the customer's number is in a call
	GateCap                  // the customer's number was called often enough (Limits.Attempts, AttemptsPerDay)
	GateAgents               // no agent is free
	GatePosition             // others go first
)

// Shut is a gate that keeps a callback from being dialed.
type Shut struct {
	Gate  Gate
	Until time.Time // when it opens by itself; zero if that is not known
}

// Allowance is what is left of something limited.
type Allowance struct {
	N     int       // how many more calls it takes; Unlimited for any number
	Until time.Time // when it takes more at the latest; zero if that is not known
}

// Unlimited is the N of an Allowance without a limit.
const Unlimited = math.MaxInt

// Scene is what the gates of one service are asked about.
type Scene struct {
	Now     time.Time
	Policy  *Policy
	Paused  bool      // a pause of the service is in force
	Cool    time.Time // until then the dialer's platform takes no calls of the service
	Slots   int       // calls that this node's dialer can make now
	Breaker Allowance // what the dialer's breaker leaves
	Pace    Allowance // the dialer's calls per second
	Lines   Allowance
	Rate    Allowance
	Agents  Allowance
}

// NewScene returns a scene without limits.
func NewScene(now time.Time, policy *Policy) *Scene {
	free := Allowance{N: Unlimited}
	return &Scene{Now: now, Policy: policy, Slots: Unlimited, Breaker: free, Pace: free, Lines: free, Rate: free, Agents: free}
}

// Capacity returns how many callbacks of the service may be dialed now. shut is
// the gate that bounds the number first.
func (s *Scene) Capacity() (n int, shut Shut) {
	if s.Paused {
		return 0, Shut{Gate: GatePause}
	}
	if open, next := s.Policy.Window(s.Now); !open {
		return 0, Shut{GateHours, next}
	}
	if s.Cool.After(s.Now) {
		return 0, Shut{GateDialer, s.Cool}
	}
	n = Unlimited
	for _, left := range []struct {
		gate Gate
		Allowance
	}{
		{GateDialer, s.Breaker}, {GateDialer, Allowance{N: s.Slots}}, {GateDialer, s.Pace}, {GateLines, s.Lines}, {GateRate, s.Rate}, {GateAgents, s.Agents},
	} {
		if left.N < n {
			n, shut = max(left.N, 0), Shut{left.gate, left.Until}
		}
	}
	return n, shut
}

// Own returns the first gate of the callback's own that is shut. The write that
// commits an attempt asks GateNumber and GateCap as permits.
func (s *Scene) Own(cb *callback.Callback) Shut {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(s.Now) }
	switch {
	case cb.State != callback.Queued && cb.State != callback.Offered:
		return Shut{Gate: GateState}
	case s.Policy.TooLate(cb, s.Now), cb.State == callback.Queued && past(cb.DeadlineAt) && past(s.Policy.queueEnd(cb)), s.Policy.tooLateToDial(cb, s.Now):
		return Shut{Gate: GateExpiry}
	case cb.State == callback.Queued && !cb.Ready && !cb.ClosedFrom.IsZero():
		return Shut{GateHours, cb.ReadyAt}
	case cb.State == callback.Queued && !cb.Ready:
		return Shut{GateGap, cb.ReadyAt}
	}
	return Shut{}
}

// Ask returns the first gate that is shut for a callback that is the turn-th of
// its queue to be dialed, from 1. Until is when all of its own gates and the first
// of the service have opened.
func (s *Scene) Ask(cb *callback.Callback, turn int) Shut {
	own := s.Own(cb)
	n, shut := s.Capacity()
	switch {
	case n > 0 && own.Gate != GateNone:
		return own
	case n == 0 && own.Gate != GateNone:
		return Shut{min(own.Gate, shut.Gate), Latest(own.Until, shut.Until)}
	case n == 0:
		return shut
	case turn > n:
		return Shut{Gate: GatePosition}
	}
	return Shut{}
}
