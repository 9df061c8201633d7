package callback

import (
	"fmt"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// State is the state of a callback. The package comment lists the transitions.
type State uint8

const (
	// Scheduled is a callback whose release time is in the future. Only in this
	// state can it be moved to another time.
	Scheduled State = iota + 1
	// Queued is a callback in the queue of its service, where it waits for an agent
	// or for the end of the pause after an attempt.
	Queued
	// Paused is a callback that was removed from its queue. It returns to the same
	// place.
	Paused
	// Offered is a callback with an open [Offer]: an agent previews it, or the
	// customer is to confirm or to call in.
	Offered
	// Dialing is a callback with a committed attempt that the dialer has, or is
	// about to get.
	Dialing
	// Routing is a callback whose customer is on the line and waits for the agent.
	Routing
	// Processing is a callback whose customer and agent are talking.
	Processing
	// Unresolved is a callback with an attempt whose outcome is unknown. It is not
	// dialed again until the dialer's look-up, a late report or an operator says
	// what happened. It completes at the end of its time to live.
	Unresolved
	// Completed is a callback that has ended, for the reason in Callback.Reason.
	// After it only masking ([Service.MaskAfter]), the late result of an
	// unresolved attempt and changes of Callback.Owed are written.
	Completed
)

// States returns all states, in the order in which a callback can pass them.
func States() []State {
	return []State{Scheduled, Queued, Paused, Offered, Dialing, Routing, Processing, Unresolved, Completed}
}

func stateNames() [Completed + 1]string {
	return [...]string{"", "SCHEDULED", "QUEUED", "PAUSED", "OFFERED", "DIALING", "ROUTING", "PROCESSING", "UNRESOLVED", "COMPLETED"}
}

// Valid reports whether s is one of the defined states.
func (s State) Valid() bool { return s >= Scheduled && s <= Completed }

// Final reports whether s is Completed.
func (s State) Final() bool { return s == Completed }

// String returns the name in capitals, and NEW for the zero State.
func (s State) String() string {
	if s == 0 {
		return "NEW"
	}
	if !s.Valid() {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return stateNames()[s]
}

// MarshalText returns the name, empty text for the zero State, or an error if the
// state is not defined.
func (s State) MarshalText() ([]byte, error) {
	if s == 0 {
		return nil, nil
	}
	if !s.Valid() {
		return nil, fmt.Errorf("state %d is not defined", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText parses a state name, ignoring case. Empty text is the zero State.
// An unknown name is an [ErrInvalidParameter].
func (s *State) UnmarshalText(name []byte) error {
	if len(name) == 0 {
		*s = 0
		return nil
	}
	for state, known := range stateNames() {
		if state != 0 && strings.EqualFold(string(name), known) {
			*s = State(state)
			return nil
		}
	}
	return invalid("_callback_state", fmt.Sprintf("%q is not a state", text.Clip(string(name))))
}

// Reason says why a callback is Completed. The values are the completion reasons of
// GMS; other values are stored unchanged.
type Reason string

// The completion reasons. Those marked (inferred) are not in the published list of
// GMS. A callback that agents rejected n times, the most that Preview.Rejects
// allows, has the reason AGENT_PREVIEW_CANCEL_AFTER_<n>REJECTS.
const (
	ReasonAbandonedInQueue Reason = "ABANDONED_IN_QUEUE"          // the customer hung up before an agent was connected (inferred)
	ReasonAgentConnected   Reason = "AGENT_CONNECTED"             // customer and agent talked
	ReasonPreviewCancel    Reason = "AGENT_PREVIEW_CANCEL"        // the agent cancelled the preview (inferred)
	ReasonMachineConnected Reason = "ANSWERING_MACHINE_CONNECTED" // answered by a machine (inferred)
	ReasonCancelled        Reason = "CANCELLED"                   // cancelled by request
	ReasonCancelledByAdmin Reason = "CANCELLED_BY_ADMIN"          // cancelled by an operator
	ReasonAgentConnect     Reason = "FAIL_AGENT_CONNECT"          // no agent could be connected to the waiting customer
	ReasonCallToCustomer   Reason = "FAIL_CALL_TO_CUSTOMER"       // the customer could not be reached, or may not be called any more
	ReasonError            Reason = "FAIL_ERROR"                  // any other error
	ReasonFaxReached       Reason = "FAIL_FAX_REACHED"            // answered by a fax machine (inferred)
	ReasonInboundTimeout   Reason = "FAIL_INBOUND_TIMEOUT"        // the customer did not call in time (inferred)
	ReasonMediaType        Reason = "FAIL_INCORRECT_MEDIA_TYPE"   // the media type is neither voice nor chat (inferred)
	ReasonInteractionGone  Reason = "FAIL_INTERACTION_DELETED"    // the interaction ended before it was routed
	ReasonUnknownMedia     Reason = "FAIL_IXN_UNKNOWN_MEDIA_TYPE" // unsupported media of the interaction
	ReasonMessageFile      Reason = "FAIL_LOAD_MESSAGE_FILE"      // notification texts could not be read
	ReasonNoNumber         Reason = "FAIL_NO_CUSTOMER_NUMBER"     // there is nothing to dial
	ReasonQueueing         Reason = "FAIL_QUEUEING"               // the router failed; set only by Manager.ReportState
	ReasonTargetNotFound   Reason = "FAIL_TARGET_NOT_FOUND"       // no agent within Queueing.TTL
	ReasonTimeout          Reason = "FAIL_TIMEOUT_TTL"            // not handled within TTL
	ReasonNoConfirm        Reason = "FAIL_USER_NO_CONFIRM"        // the customer did not confirm
	ReasonUserUnreachable  Reason = "FAIL_USER_UNREACHABLE"       // former name of FAIL_CALL_TO_CUSTOMER; read but not written (inferred)
	ReasonNotAvailable     Reason = "NOT_AVAILABLE"               // ended without a reason
	ReasonSubmitFailed     Reason = "SUBMIT_FAILED"               // the dialer did not place Queueing.MaxSubmits attempts in a row
)

// Succeeded reports whether customer and agent talked.
func (r Reason) Succeeded() bool { return r == ReasonAgentConnected }
