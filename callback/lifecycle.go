package callback

import (
	"slices"
)

// moves is the one table of legal transitions: for each state, the states it
// may go to. A state that lists itself may be written again (another time,
// another attempt gap, another offer).
func moves(from State) []State {
	switch from {
	case 0: // creation
		return []State{Scheduled, Queued, Paused, Offered, Routing, Processing, Completed}
	case Scheduled:
		return []State{Scheduled, Queued, Paused, Routing, Processing, Completed}
	case Queued:
		return []State{Scheduled, Queued, Paused, Offered, Dialing, Routing, Processing, Unresolved, Completed}
	case Paused:
		return []State{Scheduled, Queued, Paused, Completed}
	case Offered:
		return []State{Queued, Offered, Dialing, Routing, Processing, Completed}
	case Dialing:
		return []State{Queued, Dialing, Routing, Processing, Unresolved, Completed}
	case Routing:
		return []State{Queued, Routing, Processing, Unresolved, Completed}
	case Processing:
		return []State{Queued, Processing, Unresolved, Completed}
	case Unresolved:
		return []State{Queued, Dialing, Routing, Processing, Unresolved, Completed}
	case Completed: // masking, and nothing else
		return []State{Completed}
	default:
		return nil
	}
}

// CanMove reports whether the life cycle allows from to be followed by to.
// From zero means creation.
func CanMove(from, to State) bool { return slices.Contains(moves(from), to) }

// Keeps reports whether a callback in state s goes on holding permits of kind
// k. A transition gives back every held permit whose kind the new state does
// not keep, in the same write.
func (s State) Keeps(k PermitKind) bool {
	switch k {
	case PermitNumber, PermitBucket:
		return s != Completed
	case PermitQueued:
		switch s {
		case Queued, Paused, Offered, Dialing:
			return true
		}
		return false
	case PermitLine, PermitCall:
		// Unresolved keeps them while the dialer may still say that the call is
		// up; what waits for an operator alone drops them.
		return s == Dialing || s == Routing || s == Processing || s == Unresolved
	case PermitAccess:
		return s == Offered
	default:
		return false
	}
}

// Reserved reports whether a callback in state s keeps the agent that the
// router reserved for it.
func (s State) Reserved() bool {
	switch s {
	case Offered, Dialing, Routing, Processing:
		return true
	}
	return false
}
