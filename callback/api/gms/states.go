package gms

import (
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// statesNamed returns the states that have a name in GMS, ignoring case; nil if
// the name is unknown.
func statesNamed(name string) []callback.State {
	var states []callback.State
	for _, s := range callback.States() {
		if strings.EqualFold(wire.GMSState(s), name) {
			states = append(states, s)
		}
	}
	return states
}

// stateFilter is a condition on the state: one of states, or none of not.
type stateFilter struct{ states, not []callback.State }

// parseState parses STATE or !STATE.
func parseState(text string) (f stateFilter, ok bool) {
	name, negated := strings.CutPrefix(text, "!")
	states := statesNamed(name)
	if negated {
		return stateFilter{not: states}, states != nil
	}
	return stateFilter{states: states}, states != nil
}

// parseStates parses a comma-separated list of states.
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

// forced returns the state that a request sets by its GMS name, the first that
// has the name.
func forced(name string) (callback.State, bool) {
	states := statesNamed(name)
	if states == nil {
		return 0, false
	}
	return states[0], true
}

// reasonOf parses a completion reason, including a former spelling.
func reasonOf(text string) callback.Reason {
	if callback.Reason(text) == callback.ReasonUserUnreachable {
		return callback.ReasonCallToCustomer
	}
	return callback.Reason(text)
}
