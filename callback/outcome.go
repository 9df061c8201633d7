package callback

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// CallResult is the result of a call in the numbering of the Genesys Callback
// Interaction resource (call_result), 0 to 53.
type CallResult uint8

// The call results. In practice ResultOK means that no result is set: dialers
// report ResultAnswer for a call that was answered and ResultBridged for one that
// reached an agent.
const (
	ResultOK CallResult = iota
	ResultTransferred
	ResultConferenced
	ResultGeneralError
	ResultSystemError
	ResultRemoteRelease
	ResultBusy
	ResultNoAnswer
	ResultSITDetected
	ResultAnsweringMachine
	ResultAllTrunksBusy
	ResultSITInvalidNumber
	ResultSITVacant
	ResultSITOperatorIntercept
	ResultSITUnknown
	ResultSITNoCircuit
	ResultSITReorder
	ResultFaxDetected
	ResultQueueFull
	ResultCleared
	ResultOverflowed
	ResultAbandoned
	ResultRedirected
	ResultForwarded
	ResultConsult
	ResultPickedUp
	ResultDropped
	ResultDroppedNoAnswer
	ResultUnknown
	ResultCovered
	ResultConverseOn
	ResultBridged
	ResultSilence
	ResultAnswer
	ResultNUTone
	ResultNoDialTone
	ResultNoProgress
	ResultNoRingBack
	ResultNoEstablished
	ResultPagerDetected
	ResultWrongParty
	ResultDialError
	ResultCallDropped
	ResultSwitchError
	ResultNoFreePort
	ResultTransferError
	ResultStale
	ResultAgentCallbackError
	ResultGroupCallbackError
	ResultDeafened
	ResultOnHold
	ResultDoNotCall
	ResultCancelRecord
	ResultWrongNumber
)

func resultNames() [ResultWrongNumber + 1]string {
	return [...]string{
		"OK", "TRANSFERRED", "CONFERENCED", "GENERAL_ERROR", "SYSTEM_ERROR", "REMOTE_RELEASE", "BUSY", "NO_ANSWER",
		"SIT_DETECTED", "ANSWERING_MACHINE", "ALL_TRUNKS_BUSY", "SIT_INVALID_NUM", "SIT_VACANT", "SIT_OPER_INTERCEPT",
		"SIT_UNKNOWN", "SIT_NO_CIRCUIT", "SIT_REORDER", "SIT_FAX_DETECTED", "QUEUE_FULL", "CLEARED", "OVERFLOWED",
		"ABANDONED", "REDIRECTED", "FORWARDED", "CONSULT", "PICKEDUP", "DROPPED", "DROPPED_NO_ANSWER", "UNKNOWN",
		"COVERED", "CONVERSE_ON", "BRIDGED", "SILENCE", "ANSWER", "NU_TONE", "NO_DIAL_TONE", "NO_PROGRESS",
		"NO_RING_BACK", "NO_ESTABLISHED", "PAGER_DETECTED", "WRONG_PARTY", "DIAL_ERROR", "CALL_DROPPED_ERROR",
		"SWITCH_ERROR", "NO_FREE_PORT_ERROR", "TRANSFER_ERROR", "STALE", "AGT_CALLBACK_ERROR", "GRP_CALLBACK_ERROR",
		"DEAFENED", "HELD", "DO_NOT_CALL", "CANCEL_RECORD", "WRONG_NUMBER",
	}
}

// Valid reports whether r is one of the 54 results.
func (r CallResult) Valid() bool { return r <= ResultWrongNumber }

// String returns the name of the result in the Callback Interaction resource.
func (r CallResult) String() string {
	if !r.Valid() {
		return fmt.Sprintf("CallResult(%d)", uint8(r))
	}
	return resultNames()[r]
}

// MarshalText returns the name, or an error if the result is not defined.
func (r CallResult) MarshalText() ([]byte, error) {
	if !r.Valid() {
		return nil, fmt.Errorf("call result %d is not defined", uint8(r))
	}
	return []byte(r.String()), nil
}

// UnmarshalText parses the name of a result, ignoring case. An unknown name is an
// [ErrInvalidParameter].
func (r *CallResult) UnmarshalText(name []byte) error {
	for result, known := range resultNames() {
		if strings.EqualFold(string(name), known) {
			*r = CallResult(result)
			return nil
		}
	}
	return invalid("call_result", fmt.Sprintf("%q is not a call result", text.Clip(string(name))))
}

// Certainty says how much is known about the end of an attempt. The zero value is
// not valid in a [Report].
type Certainty uint8

// The certainties.
const (
	Known       Certainty = iota + 1 // the result is what happened
	NotPlaced                        // the call did not leave for the network, and no phone rang
	MayHaveRung                      // the phone may have rung, and the end of the call is unknown
)

// Stage is how far an attempt got. Stages only move forward: a report of an
// earlier one is ignored.
type Stage uint8

// The stages of an attempt.
const (
	StageNone     Stage = iota // committed, and not known to be placed
	StagePlaced                // the platform accepted the call
	StageRinging               // the customer's phone rings
	StageCustomer              // the customer answered and, if required, confirmed
	StageAgent                 // the agent is being connected
	StageBridged               // customer and agent are talking
)

// Party is who ended a call.
type Party uint8

// The parties.
const (
	PartyUnknown Party = iota
	PartyCustomer
	PartyAgent
	PartySystem
	PartyNetwork
)

// Outcome is how an attempt ended.
type Outcome struct {
	Result CallResult
	// Certainty says how reliable Result is.
	Certainty Certainty
	// Confirmed is true if the customer pressed [Call.ConfirmDigit].
	Confirmed bool
	// Reached is the furthest stage. Zero stands for the furthest one reported.
	Reached Stage
	By      Party
	// SIP and Q850 are the codes of the end; [CallEnd] makes an Outcome of them.
	SIP  int // SIP status; 0 if there is none
	Q850 int // Q.850 cause; 0 if there is none
	// Raw is the platform's own description, for support. It must not contain a
	// number. At most 256 bytes are stored.
	Raw  string
	Ring time.Duration // how long the phone rang
	Talk time.Duration // how long customer and agent talked
	// RetryAfter asks the Manager to pause the calls of the service for this long,
	// at most for Config.MaxThrottle (SIP 503, HTTP 429). The retry rules of the
	// callback apply as well.
	RetryAfter time.Duration
}

// Ended returns the outcome of a call whose result is known, for a [DialerFunc]
// or a [Report].
func Ended(result CallResult) Outcome { return Outcome{Result: result, Certainty: Known} }
