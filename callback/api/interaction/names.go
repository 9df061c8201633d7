package interaction

import (
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// Name is the GMS name of a status notification.
type Name string

// Notifications of the callback service.
const (
	OnScheduled        Name = "_cbe_on_callback_scheduled"         // accepted for a later time
	OnQueued           Name = "_cbe_on_callback_queued"            // accepted for immediate processing
	OnSubmitted        Name = "_cbe_on_callback_submitted"         // due: processing began
	OnRescheduled      Name = "_cbe_on_callback_rescheduled"       // moved to another time
	OnStatusUpdated    Name = "_cbe_on_callback_status_updated"    // other state or properties
	OnCancelled        Name = "_cbe_on_callback_cancelled"         // ended by request
	OnSubmitFailed     Name = "_cbe_on_callback_submit_failed"     // never accepted by the dialer
	OnProcessingFailed Name = "_cbe_on_callback_processing_failed" // ended without success
	OnReminder         Name = "_cbe_on_callback_reminder"          // due soon
)

// Notifications of the call processing.
const (
	OnServiceCreate  Name = "_cbe_on_service_create"  // processing began
	OnTargetFound    Name = "_cbe_on_target_found"    // an agent or line is available
	OnDialInit       Name = "_cbe_on_dial_init"       // a call is about to be placed
	OnDialDone       Name = "_cbe_on_dial_done"       // the customer answered or the call failed
	OnCustomerQueued Name = "_cbe_on_customer_queued" // the customer waits for an agent
	OnRouteToAgent   Name = "_cbe_on_route_to_agent"  // customer and agent are connected
	OnServiceExit    Name = "_cbe_on_service_exit"    // processing ended
)

// Names returns all notification names. It omits _cbe_on_virtual_ixn_create and
// _cbe_on_connect_treatment_start of GMS, which no event corresponds to.
func Names() []Name {
	return []Name{
		OnScheduled, OnQueued, OnSubmitted, OnRescheduled, OnStatusUpdated, OnCancelled, OnSubmitFailed, OnProcessingFailed, OnReminder,
		OnServiceCreate, OnTargetFound, OnDialInit, OnDialDone, OnCustomerQueued, OnRouteToAgent, OnServiceExit,
	}
}

// NamesOf returns the notifications that an event causes, in order; there may
// be none. In addition to the meaning of each [callback.EventType]:
//
//   - a callback that is accepted for or moved to the current time is submitted at
//     once
//   - [OnDialDone] is sent when the customer answers, or when the attempt ends
//     before that
//   - [OnStatusUpdated] is sent for each change of the GMS state that has no other
//     notification of the same group
//   - a completed callback is cancelled if its reason is
//     [callback.ReasonCancelled], [callback.ReasonCancelledByAdmin] or not one of
//     the engine's; success is [OnStatusUpdated]
//   - [OnServiceExit] follows the end of every submitted callback
//
// These rules are inferred where the products differ.
func NamesOf(e callback.Event) []Name {
	switch e.Type {
	case callback.EventAccepted:
		if e.To == callback.Scheduled {
			return []Name{OnScheduled}
		}
		return []Name{OnQueued, OnSubmitted, OnServiceCreate}
	case callback.EventReleased:
		return []Name{OnSubmitted, OnServiceCreate}
	case callback.EventRescheduled:
		if e.To == callback.Scheduled {
			return []Name{OnRescheduled}
		}
		return []Name{OnRescheduled, OnSubmitted, OnServiceCreate}
	case callback.EventReminded:
		return []Name{OnReminder}
	case callback.EventUpdated, callback.EventStateSet:
		return []Name{OnStatusUpdated}
	case callback.EventOffered:
		return []Name{OnTargetFound}
	case callback.EventDialing:
		if e.From == callback.Offered {
			return []Name{OnDialInit}
		}
		return []Name{OnTargetFound, OnDialInit}
	case callback.EventCompleted:
		return ofEnd(e)
	}
	return ofProgress(e)
}

// ofProgress derives the notifications of a call event from the two states.
func ofProgress(e callback.Event) []Name {
	var names []Name
	ended := e.EndsAttempt()
	answered := e.To == callback.Routing || e.To == callback.Processing
	if dialled(e) && (ended || answered) {
		names = append(names, OnDialDone)
	}
	if e.From != e.To && !ended {
		switch e.To {
		case callback.Routing:
			names = append(names, OnCustomerQueued)
		case callback.Processing:
			names = append(names, OnRouteToAgent)
		}
	}
	if e.To.Valid() && e.From.Valid() && wire.GMSState(e.From) != wire.GMSState(e.To) {
		names = append(names, OnStatusUpdated)
	}
	return names
}

// dialled reports whether the event ends the unanswered phase of a call.
func dialled(e callback.Event) bool {
	return e.Attempt > 0 && (e.From == callback.Dialing || e.From == callback.Unresolved)
}

// ofEnd derives the notifications of a completed callback from its reason.
func ofEnd(e callback.Event) []Name {
	var names []Name
	if dialled(e) {
		names = append(names, OnDialDone)
	}
	switch {
	case e.Reason == callback.ReasonAgentConnected, e.Reason == callback.ReasonMachineConnected:
		names = append(names, OnStatusUpdated)
	case e.Reason == callback.ReasonSubmitFailed:
		names = append(names, OnSubmitFailed)
	case failed(e.Reason):
		names = append(names, OnProcessingFailed)
	default:
		names = append(names, OnCancelled)
	}
	if e.From != 0 && e.From != callback.Scheduled {
		names = append(names, OnServiceExit)
	}
	return names
}

// failed reports whether r is a reason for which the engine itself ends
// callbacks.
func failed(r callback.Reason) bool {
	return strings.HasPrefix(string(r), "FAIL_") || strings.HasPrefix(string(r), string(callback.ReasonPreviewCancel)) ||
		r == callback.ReasonAbandonedInQueue || r == callback.ReasonNotAvailable
}
