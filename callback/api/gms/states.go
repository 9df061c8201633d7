package gms

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// statesNamed returns the states that GMS has one name for, in any case; nil
// when the name is not one of GMS.
func statesNamed(name string) []callback.State {
	var states []callback.State
	for _, s := range callback.States() {
		if strings.EqualFold(wire.GMSState(s), name) {
			states = append(states, s)
		}
	}
	return states
}

// stateFilter is a condition on the state: one of them, or none of the others.
type stateFilter struct{ states, not []callback.State }

// parseState reads STATE or !STATE.
func parseState(text string) (f stateFilter, ok bool) {
	name, negated := strings.CutPrefix(text, "!")
	states := statesNamed(name)
	if negated {
		return stateFilter{not: states}, states != nil
	}
	return stateFilter{states: states}, states != nil
}

// parseStates reads a list of states that are separated by commas; blanks do not
// matter.
func parseStates(text string) (states []callback.State, ok bool) {
	for name := range strings.SplitSeq(text, ",") {
		named := statesNamed(strings.TrimSpace(name))
		if named == nil {
			return nil, false
		}
		states = append(states, named...)
	}
	slices.Sort(states)
	return slices.Compact(states), true
}

// forced returns the state that a request names for a callback: the first of
// those that GMS has the name for.
func forced(name string) (callback.State, bool) {
	states := statesNamed(name)
	if states == nil {
		return 0, false
	}
	return states[0], true
}

// reasonOf reads a completion reason, the older spelling of one as well.
func reasonOf(text string) callback.Reason {
	if callback.Reason(text) == callback.ReasonUserUnreachable {
		return callback.ReasonCallToCustomer
	}
	return callback.Reason(text)
}
