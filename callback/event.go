package callback

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// EventType says what happened.
type EventType string

// The events. Every accepted change of a callback is exactly one of them.
const (
	EventAccepted     EventType = "accepted"      // Start took it (GMS _cbe_on_callback_scheduled, _queued)
	EventReleased     EventType = "released"      // its time came: it entered its queue (GMS _cbe_on_callback_submitted)
	EventReady        EventType = "ready"         // the gap after an attempt is over
	EventPaused       EventType = "paused"        // its service was paused: it left its queue
	EventResumed      EventType = "resumed"       // the pause is over: it is back in its place
	EventRescheduled  EventType = "rescheduled"   // moved to another time (GMS _cbe_on_callback_rescheduled)
	EventUpdated      EventType = "updated"       // properties changed (GMS _cbe_on_callback_status_updated)
	EventReminded     EventType = "reminded"      // soon to be called (GMS _cbe_on_callback_reminder)
	EventOffered      EventType = "offered"       // somebody was asked (GMS _target_found, CallbackInvitationEvent)
	EventOfferEnded   EventType = "offer_ended"   // rejected, timed out: back to the queue
	EventDialing      EventType = "dialing"       // an attempt was committed (GMS _dial_init)
	EventPlaced       EventType = "placed"        // the platform took it
	EventProgress     EventType = "progress"      // the call got further (GMS _customer_queued, _route_to_agent)
	EventAttemptEnded EventType = "attempt_ended" // the attempt is over, another may follow (GMS _dial_done)
	EventUnresolved   EventType = "unresolved"    // nobody knows what became of the attempt
	EventLookedUp     EventType = "looked_up"     // the dialer was asked, and could not tell
	EventStateSet     EventType = "state_set"     // the execution side set the state
	EventRequeued     EventType = "requeued"      // a claim was lost before anything was dialled
	EventCompleted    EventType = "completed"     // over (GMS _cbe_on_callback_cancelled, _submit_failed, _processing_failed, _service_exit)
	EventMasked       EventType = "masked"        // its number, properties and texts were removed after Service.MaskAfter
	EventErased       EventType = "erased"        // forgotten or past its retention
)

// Event is one accepted change of one callback. Events of a callback have
// consecutive Seq from 1, and are delivered in that order. An event holds no
// number and no property value, as long as the texts that callers give for
// Detail hold none.
type Event struct {
	Tenant    string
	Callback  ID
	Service   string
	Seq       int64 // the revision this change made
	At        time.Time
	Type      EventType
	From, To  State // From is zero for the first event
	Reason    Reason
	Attempt   int        // the attempt concerned; 0 = none
	Stage     Stage      // EventProgress
	Result    CallResult // EventAttemptEnded, and EventCompleted after an attempt
	Certainty Certainty
	Next      time.Time // when the callback is looked at again; zero = never
	Epoch     int64     // of the lease under which an engine wrote it; 0 = a verb
	Actor     string    // who did it: the caller's name, or the Manager's node
	Detail    string    // why, in words
	// Cursor is the event's place in the feed, set by the store on reading.
	Cursor Cursor
}

// String returns the event in one line, with the time in UTC. Digits of Detail
// that may be a number are hidden.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s #%d %s: ", e.At.UTC().Format(time.RFC3339), e.Callback, e.Seq, e.Type)
	if e.From != e.To {
		fmt.Fprintf(&b, "%v -> ", e.From)
	}
	b.WriteString(e.To.String())
	if e.Reason != "" {
		fmt.Fprintf(&b, " %s", e.Reason)
	}
	if e.Attempt > 0 {
		fmt.Fprintf(&b, ", attempt %d", e.Attempt)
	}
	switch {
	case e.Type == EventProgress:
		fmt.Fprintf(&b, ", %v", e.Stage)
	case e.Type == EventAttemptEnded, e.Type == EventCompleted && e.Attempt > 0:
		fmt.Fprintf(&b, ", %v (%v)", e.Result, e.Certainty)
	}
	if e.Actor != "" {
		fmt.Fprintf(&b, ", by %s", e.Actor)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, " (%s)", text.Redact(e.Detail))
	}
	return b.String()
}

// Cursor is a place in the event feed or in a search. It is opaque; the empty
// cursor is the beginning.
type Cursor string
