package callback

import (
	"slices"
)

// moves returns the states that may follow a state. A state that follows itself
// may be written again, for example with another time or offer.
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
	case Completed: // masking, a late result, or a change of what it owes
		return []State{Completed}
	default:
		return nil
	}
}

// CanMove reports whether state to may follow state from. The zero State stands
// for a callback that is being created.
func CanMove(from, to State) bool { return slices.Contains(moves(from), to) }

// Keeps reports whether a callback in state s holds permits of kind k. The write
// of a transition to s returns all held permits of other kinds.
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
		// An unresolved callback returns them, and PermitNumber, once no call can
		// be up.
		return s == Dialing || s == Routing || s == Processing || s == Unresolved
	case PermitAccess, PermitCode:
		return s == Offered
	default:
		return false
	}
}

// Reserved reports whether a callback in state s keeps the reservation of its
// agent.
func (s State) Reserved() bool {
	switch s {
	case Offered, Dialing, Routing, Processing:
		return true
	}
	return false
}
