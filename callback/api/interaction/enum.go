package interaction

import (
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// CallbackStatus is the value of callback_status.
type CallbackStatus uint8

// The values of callback_status.
const (
	CallbackUnknown CallbackStatus = iota
	CallbackReceived
	CallbackTimer
	CallbackQueued
	CallbackDistributed
	CallbackSubmitted // SUBMITTED_TO_AGT
	CallbackRejected  // REJECTED_BY_AGT
	CallbackCancelled // CANCELED_BY_AGT
	CallbackProcessed // PROCESSED_BY_AGT
	CallbackFinal
	CallbackNotQueued
	CallbackError
	CallbackReplaced
	CallbackTransferred // AGT_TRANSFER
	CallbackExpired     // ENDTIME_EXPIRED
)

func callbackStatusNames() []string {
	return []string{
		"UNKNOWN", "RECEIVED", "TIMER", "QUEUED", "DISTRIBUTED", "SUBMITTED_TO_AGT", "REJECTED_BY_AGT", "CANCELED_BY_AGT",
		"PROCESSED_BY_AGT", "FINAL", "NOT_QUEUED", "ERROR", "REPLACED", "AGT_TRANSFER", "ENDTIME_EXPIRED",
	}
}

// Valid reports whether s is one of the 15 defined values.
func (s CallbackStatus) Valid() bool { return s <= CallbackExpired }

// String returns the name that Context Services uses, such as "TIMER".
func (s CallbackStatus) String() string { return nameOf(s, "CallbackStatus", callbackStatusNames()) }

// CallbackType is the value of callback_type.
type CallbackType uint8

// The values of callback_type.
const (
	TypeUnknown CallbackType = iota
	TypeASAP
	TypeScheduled
)

func callbackTypeNames() []string { return []string{"UNKNOWN", "ASAP", "SCHEDULED"} }

// Valid reports whether t is one of the three defined values.
func (t CallbackType) Valid() bool { return t <= TypeScheduled }

// String returns the name that Context Services uses, such as "ASAP".
func (t CallbackType) String() string { return nameOf(t, "CallbackType", callbackTypeNames()) }

// CallResult is the value of call_result: the number of a
// [callback.CallResult].
type CallResult uint8

// Valid reports whether r is one of the 54 defined values.
func (r CallResult) Valid() bool { return callback.CallResult(r).Valid() }

// String returns the name of the result.
func (r CallResult) String() string { return callback.CallResult(r).String() }

// Status is the value of status.
type Status uint8

// The values of status.
const (
	StatusNew Status = iota
	StatusPending
	StatusInProcess
	StatusStopped
)

func statusNames() []string { return []string{"NEW", "PENDING", "IN_PROCESS", "STOPPED"} }

// Valid reports whether s is one of the four defined values.
func (s Status) Valid() bool { return s <= StatusStopped }

// String returns the name that Context Services uses, such as "PENDING".
func (s Status) String() string { return nameOf(s, "Status", statusNames()) }

// EntityType is the value of entity_type.
type EntityType uint8

// The values of entity_type; 4 is not defined.
const (
	EntityEmailIn     EntityType = 0
	EntityEmailOut    EntityType = 1
	EntityChat        EntityType = 2
	EntityPhoneCall   EntityType = 3
	EntityCallback    EntityType = 5
	EntityCobrowse    EntityType = 6
	EntityInteraction EntityType = 7 // open media
)

func entityTypeNames() []string {
	return []string{"EMAIL_IN", "EMAIL_OUT", "CHAT", "PHONE_CALL", "", "CALLBACK", "COBROWSE", "INTERACTION"}
}

// Valid reports whether t is one of the seven defined values.
func (t EntityType) Valid() bool { return t <= EntityInteraction && t != 4 }

// String returns the name that Context Services uses, such as "CALLBACK".
func (t EntityType) String() string { return nameOf(t, "EntityType", entityTypeNames()) }

func nameOf[T ~uint8](v T, kind string, names []string) string {
	if int(v) < len(names) && names[v] != "" {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, uint8(v))
}

// ResponseType is the value of desired_response_type.
type ResponseType string

// The values of desired_response_type.
const (
	Voice ResponseType = "Voice"
	VoIP  ResponseType = "VoIP"
	Email ResponseType = "Email"
)

// Valid reports whether t is one of the three defined values.
func (t ResponseType) Valid() bool { return t == Voice || t == VoIP || t == Email }
