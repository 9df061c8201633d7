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

// The call results. Ok is "unset" in practice: a dialer reports Answer for a
// call that was answered and Bridged for one that reached an agent.
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

// CallResults lists all 54 results in order.
func CallResults() []CallResult {
	all := make([]CallResult, 0, ResultWrongNumber+1)
	for r := ResultOK; r <= ResultWrongNumber; r++ {
		all = append(all, r)
	}
	return all
}

// Valid reports whether r is one of the 54 results.
func (r CallResult) Valid() bool { return r <= ResultWrongNumber }

// String returns the name in the Callback Interaction resource.
func (r CallResult) String() string {
	if !r.Valid() {
		return fmt.Sprintf("CallResult(%d)", uint8(r))
	}
	return resultNames()[r]
}

// MarshalText writes the name; an undefined result is an error.
func (r CallResult) MarshalText() ([]byte, error) {
	if !r.Valid() {
		return nil, fmt.Errorf("call result %d is not defined", uint8(r))
	}
	return []byte(r.String()), nil
}

// UnmarshalText reads a name in any case.
func (r *CallResult) UnmarshalText(text []byte) error {
	parsed, err := ParseCallResult(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

// ParseCallResult reads the name of a result in any case.
func ParseCallResult(name string) (CallResult, error) {
	for r, known := range resultNames() {
		if strings.EqualFold(name, known) {
			return CallResult(r), nil
		}
	}
	return 0, invalid("call_result", fmt.Sprintf("%q is not a call result", text.Clip(name)))
}

// Certainty says how much is known about the end of an attempt. The zero value
// says nothing: a [Report] has to name one of the others.
type Certainty uint8

const (
	// Known means that the result is what happened.
	Known Certainty = iota + 1
	// NotPlaced means that the call did not leave for the network: no phone rang.
	NotPlaced
	// MayHaveRung means that the customer's phone may have rung and the end of
	// the call is not known. The customer is never dialled again because of it.
	MayHaveRung
)

// Stage is how far an attempt got. Stages only move forward; a report of an
// earlier one is ignored.
type Stage uint8

const (
	StageNone     Stage = iota // committed, not known to have left
	StagePlaced                // the platform took it
	StageRinging               // the customer's phone rings
	StageCustomer              // the customer answered (and, where asked for, confirmed)
	StageAgent                 // the agent is being connected
	StageBridged               // customer and agent are talking
)

// Party is who ended a call.
type Party uint8

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
	// Certainty says whether Result is known to be true.
	Certainty Certainty
	// Confirmed says that the customer pressed [Call.ConfirmDigit].
	Confirmed bool
	Reached   Stage // the furthest stage, where the platform tells; zero means the stages reported so far
	By        Party
	SIP       int // SIP status, 0 when there is none
	Q850      int // Q.850 cause, 0 when there is none
	// Raw is the platform's own word for it, for support. It must not hold a
	// number; at most 256 bytes are kept.
	Raw string
	// Ring and Talk are how long it rang and how long the parties talked.
	Ring, Talk time.Duration
	// RetryAfter asks for a pause of the service's dialling (SIP 503, HTTP
	// 429): it cools the trunk down, not the customer's attempt.
	RetryAfter time.Duration
}

// Ended returns the outcome of a call whose result is known, for a [DialerFunc]
// or a [Report].
func Ended(result CallResult) Outcome { return Outcome{Result: result, Certainty: Known} }
