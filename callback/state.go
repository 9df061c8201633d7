package callback

import (
	"fmt"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// State says where a callback is in its life. The legal moves between states
// are the table in lifecycle.go, drawn in the package comment.
type State uint8

const (
	// Scheduled: booked for a time that has not come yet. The only state in
	// which a callback can be moved to another time (GMS SCHEDULED, LUCS
	// Pending).
	Scheduled State = iota + 1
	// Queued: its time has come; it stands in its service's queue, or waits
	// out the gap before another attempt (GMS QUEUED, LUCS InQueue).
	Queued
	// Paused: taken out of its queue; it keeps its place until it is put back
	// (GMS PAUSED).
	Paused
	// Offered: somebody has been asked and has not answered yet: an agent
	// previews it, the customer is to confirm, or the customer is to call in.
	Offered
	// Dialing: an attempt is committed and handed, or about to be handed, to
	// the dialer.
	Dialing
	// Routing: the customer is on the line and waits for the agent (GMS
	// ROUTING).
	Routing
	// Processing: customer and agent are talking (GMS PROCESSING).
	Processing
	// Unresolved: an attempt may or may not have rung and nobody knows its
	// end. It is never dialled again until the dialer's look-up, a late result
	// carrying the attempt's key, or an operator says what happened.
	Unresolved
	// Completed: over, for the reason in Callback.Reason. The only change after
	// it is the removal of number and properties ([Service.MaskAfter]).
	Completed
)

// States lists every state in the order of a callback's life.
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

// String returns the name in capitals, as GMS writes it; NEW for zero, the state
// before the first.
func (s State) String() string {
	if s == 0 {
		return "NEW"
	}
	if !s.Valid() {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return stateNames()[s]
}

// MarshalText writes the name, and nothing for zero; an undefined state is an
// error.
func (s State) MarshalText() ([]byte, error) {
	if s == 0 {
		return nil, nil
	}
	if !s.Valid() {
		return nil, fmt.Errorf("state %d is not defined", uint8(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads a name in any case; no text is zero.
func (s *State) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = 0
		return nil
	}
	parsed, err := ParseState(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// ParseState reads the name of a state in any case. An unknown name is an
// [ErrInvalidParameter].
func ParseState(name string) (State, error) {
	for s, known := range stateNames() {
		if s != 0 && strings.EqualFold(name, known) {
			return State(s), nil
		}
	}
	return 0, invalid("_callback_state", fmt.Sprintf("%q is not a state", text.Clip(name)))
}

// Reason says why a callback is Completed. The values are the completion
// reasons of GMS; a value this version does not know is kept as it is.
type Reason string

// The completion reasons. Names marked (inferred) have no published original.
const (
	ReasonAbandonedInQueue  Reason = "ABANDONED_IN_QUEUE"          // the customer hung up before an agent was there (inferred)
	ReasonAgentConnected    Reason = "AGENT_CONNECTED"             // customer and agent talked: success
	ReasonPreviewCancel     Reason = "AGENT_PREVIEW_CANCEL"        // the agent cancelled the preview (inferred)
	ReasonMachineConnected  Reason = "ANSWERING_MACHINE_CONNECTED" // answered by a machine (inferred)
	ReasonCancelled         Reason = "CANCELLED"                   // cancelled by request
	ReasonCancelledByAdmin  Reason = "CANCELLED_BY_ADMIN"          // cancelled by an operator
	ReasonAgentConnect      Reason = "FAIL_AGENT_CONNECT"          // no agent could be connected to the waiting customer
	ReasonCallToCustomer    Reason = "FAIL_CALL_TO_CUSTOMER"       // the customer could not be reached
	ReasonError             Reason = "FAIL_ERROR"                  // an error with no better name
	ReasonFaxReached        Reason = "FAIL_FAX_REACHED"            // answered by a fax machine (inferred)
	ReasonInboundTimeout    Reason = "FAIL_INBOUND_TIMEOUT"        // the customer did not call in time (inferred)
	ReasonMediaType         Reason = "FAIL_INCORRECT_MEDIA_TYPE"   // the media type is neither voice nor chat (inferred)
	ReasonInteractionGone   Reason = "FAIL_INTERACTION_DELETED"    // the interaction ended before it was routed
	ReasonUnknownMedia      Reason = "FAIL_IXN_UNKNOWN_MEDIA_TYPE" // unsupported media of the interaction
	ReasonMessageFile       Reason = "FAIL_LOAD_MESSAGE_FILE"      // notification texts could not be read
	ReasonNoNumber          Reason = "FAIL_NO_CUSTOMER_NUMBER"     // there is nothing to dial
	ReasonQueueing          Reason = "FAIL_QUEUEING"               // the router failed; for whoever reports states
	ReasonTargetNotFound    Reason = "FAIL_TARGET_NOT_FOUND"       // no agent within Queueing.TTL
	ReasonTimeout           Reason = "FAIL_TIMEOUT_TTL"            // not handled within TTL
	ReasonNoConfirm         Reason = "FAIL_USER_NO_CONFIRM"        // the customer did not confirm
	ReasonUserUnreachable   Reason = "FAIL_USER_UNREACHABLE"       // older spelling of FAIL_CALL_TO_CUSTOMER (inferred); read, never written
	ReasonNotAvailable      Reason = "NOT_AVAILABLE"               // ended without a reason
	ReasonSubmitFailed      Reason = "SUBMIT_FAILED"               // the dialer never took it
	reasonPreviewRejectedAt        = "AGENT_PREVIEW_CANCEL_AFTER_%dREJECTS"
)

// ReasonAfterRejects is the reason of a callback that agents rejected n times
// in the preview (GMS AGENT_PREVIEW_CANCEL_AFTER_<n>REJECTS).
func ReasonAfterRejects(n int) Reason { return Reason(fmt.Sprintf(reasonPreviewRejectedAt, n)) }

// Succeeded reports whether the reason means that the promise was kept.
func (r Reason) Succeeded() bool { return r == ReasonAgentConnected }
