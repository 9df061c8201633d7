package callback

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// EventType is the kind of an [Event].
type EventType string

// The types of events. Every change of a callback has exactly one event.
const (
	EventAccepted     EventType = "accepted"      // Start accepted the callback
	EventReleased     EventType = "released"      // it entered its queue at its release time
	EventReady        EventType = "ready"         // the pause after an attempt, or the time in which its service was closed, ended
	EventHeld         EventType = "held"          // its service is closed, or its number was called often enough: it continues later
	EventExpiryMoved  EventType = "expiry_moved"  // its service was closed at its expiry, which is later now
	EventPaused       EventType = "paused"        // it left its queue because its service was paused
	EventResumed      EventType = "resumed"       // it returned to its place in the queue after a pause
	EventRescheduled  EventType = "rescheduled"   // its desired time changed
	EventUpdated      EventType = "updated"       // its properties changed
	EventReminded     EventType = "reminded"      // Service.Reminder before release
	EventOffered      EventType = "offered"       // an agent or the customer was asked
	EventOfferEnded   EventType = "offer_ended"   // the offer was rejected or timed out, and it returned to its queue
	EventDialing      EventType = "dialing"       // an attempt was committed
	EventPlaced       EventType = "placed"        // the platform accepted the call
	EventProgress     EventType = "progress"      // the call reached a later stage
	EventAttemptEnded EventType = "attempt_ended" // the attempt ended and another may follow, or its result came late; see EndsAttempt
	EventUnresolved   EventType = "unresolved"    // the outcome of the attempt is unknown
	EventLookedUp     EventType = "looked_up"     // the dialer was asked about the attempt and did not know
	EventOwed         EventType = "owed"          // what it owes changed; see Callback.Owed
	EventStateSet     EventType = "state_set"     // Manager.ReportState set the state
	EventRequeued     EventType = "requeued"      // it returned to its queue without an attempt: a claim expired, or an operator resolved it
	EventCompleted    EventType = "completed"     // it completed
	EventMasked       EventType = "masked"        // its number, properties and texts were removed after Service.MaskAfter
	EventErased       EventType = "erased"        // it was erased by Manager.Forget or after Service.Retention
)

// Event is one change of one callback. The events of a callback have consecutive
// values of Seq, beginning with 1, and are delivered in that order. An event
// contains no number and no property value, unless a caller passes one in a text
// for Detail.
type Event struct {
	Tenant   string
	Callback ID
	Service  string
	Seq      int64 // the revision after the change
	At       time.Time
	Type     EventType
	From, To State // From is zero for the first event
	Reason   Reason
	Attempt  int   // number of the attempt; 0 means none
	Stage    Stage // EventProgress
	// Result and Certainty are the outcome of the attempt that the change ended, see
	// EndsAttempt, or of a late result. Otherwise they are zero.
	Result    CallResult
	Certainty Certainty
	Next      time.Time // the callback's NextAt; zero means never
	Epoch     int64     // epoch of the lease of the engine that wrote it; 0 if a request did
	Actor     string    // name of the caller, or of the Manager's node
	Detail    string    // explanation
	// Cursor is the event's place in the feed. The store sets it on reading.
	Cursor Cursor
}

// EndsAttempt reports whether the change ended the attempt e.Attempt, with e.Result
// and e.Certainty. Exactly one event of each attempt does:
//
//   - EventAttemptEnded if the callback goes on;
//   - EventCompleted if it does not, because it succeeded, because no attempt is
//     left, or because it was cancelled or its time ended while a call was up. A
//     change has one event, so no EventAttemptEnded precedes it;
//   - EventStateSet if Manager.ReportState put the callback back into its queue.
//
// An attempt that was given up has ended with [MayHaveRung]. If its result comes
// later, an EventAttemptEnded of the completed callback tells it, for which
// EndsAttempt is false.
func (e Event) EndsAttempt() bool {
	return e.From != Completed && (e.Certainty != 0 || e.Type == EventAttemptEnded)
}

// String returns the event in one line, with the time in UTC. It hides digits in
// Detail that may belong to a phone number.
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
	case e.Certainty != 0:
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

// Cursor is an opaque place in the event feed or in a search. The empty cursor is
// the beginning.
type Cursor string
