package interaction

import (
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// Name is the name of a status notification, as GMS spells it.
type Name string

// The notifications of the side that keeps callbacks.
const (
	OnScheduled        Name = "_cbe_on_callback_scheduled"         // taken for a later time
	OnQueued           Name = "_cbe_on_callback_queued"            // taken for now
	OnSubmitted        Name = "_cbe_on_callback_submitted"         // its time came: it is worked on
	OnRescheduled      Name = "_cbe_on_callback_rescheduled"       // moved to another time
	OnStatusUpdated    Name = "_cbe_on_callback_status_updated"    // another state, or other properties
	OnCancelled        Name = "_cbe_on_callback_cancelled"         // ended by request
	OnSubmitFailed     Name = "_cbe_on_callback_submit_failed"     // the dialer never took it
	OnProcessingFailed Name = "_cbe_on_callback_processing_failed" // ended without success
	OnReminder         Name = "_cbe_on_callback_reminder"          // soon to be called
)

// The notifications of the side that makes the calls.
const (
	OnServiceCreate  Name = "_cbe_on_service_create"  // work on it began
	OnTargetFound    Name = "_cbe_on_target_found"    // an agent, or a line, is there for it
	OnDialInit       Name = "_cbe_on_dial_init"       // a call is about to be placed
	OnDialDone       Name = "_cbe_on_dial_done"       // the customer answered, or the call failed
	OnCustomerQueued Name = "_cbe_on_customer_queued" // the customer waits for the agent
	OnRouteToAgent   Name = "_cbe_on_route_to_agent"  // customer and agent are connected
	OnServiceExit    Name = "_cbe_on_service_exit"    // work on it is over
)

// Names lists all notifications there are. GMS has two more,
// _cbe_on_virtual_ixn_create and _cbe_on_connect_treatment_start: nothing here
// corresponds to them.
func Names() []Name {
	return []Name{
		OnScheduled, OnQueued, OnSubmitted, OnRescheduled, OnStatusUpdated, OnCancelled, OnSubmitFailed, OnProcessingFailed, OnReminder,
		OnServiceCreate, OnTargetFound, OnDialInit, OnDialDone, OnCustomerQueued, OnRouteToAgent, OnServiceExit,
	}
}

// NamesOf returns the notifications that an event gives rise to, in order;
// there may be none. Beyond what [callback.EventType] says:
//
//   - a callback that is taken for now, or moved to now, is submitted at once
//   - [OnDialDone] comes when the customer answers, or when the attempt ends
//     before that
//   - [OnStatusUpdated] comes with every change of the state as GMS knows it
//     that has no notification of its own among those of the same side
//   - a completed callback was cancelled when its reason is
//     [callback.ReasonCancelled], [callback.ReasonCancelledByAdmin] or one that
//     the engine does not use; success is [OnStatusUpdated]
//   - [OnServiceExit] follows the end of every callback that was submitted
//
// Where the two products differ this is inferred.
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

// ofProgress reads what an event of a call means from the states around it.
func ofProgress(e callback.Event) []Name {
	var names []Name
	ended := e.Type == callback.EventAttemptEnded
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

// dialled reports whether a call was on its way that nobody had answered, as far
// as is known.
func dialled(e callback.Event) bool {
	return e.Attempt > 0 && (e.From == callback.Dialing || e.From == callback.Unresolved)
}

// ofEnd reads why a callback is completed.
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

// failed reports whether the engine ends callbacks for the reason, not because
// somebody asked for it.
func failed(r callback.Reason) bool {
	return strings.HasPrefix(string(r), "FAIL_") || strings.HasPrefix(string(r), string(callback.ReasonPreviewCancel)) ||
		r == callback.ReasonAbandonedInQueue || r == callback.ReasonNotAvailable
}
