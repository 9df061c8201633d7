package interaction

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/phonenum"
)

// Options supply what a callback does not contain. The zero value supplies
// nothing.
type Options struct {
	// Policy is the service of the callback. It determines media type and
	// direction of the call. Without it they are "voice" and "Outbound".
	Policy *callback.Policy
	// Base resolves relative URLs in structured_text and binary_content.
	Base *url.URL
	// CreatorAppID and ServerID are used if the callback sets none.
	CreatorAppID int64
	ServerID     string
	// Replaced marks a completed callback as redialled by a copy, which only
	// the copy records.
	Replaced bool
}

// FromCallback converts a callback to an interaction. The result is valid for
// every callback that a Manager returns: invalid content (no URL or no media
// type) and negative owner or application ids are omitted. Use
// [Interaction.Validate] on the result for callbacks from other sources.
//
// customer_number is the number that the next attempt calls. end_time is
// Callback.Until, else the expiry. attempts counts attempts that may have
// reached the network; call_result is the result of the last one after it has
// ended. stopped_reason is Callback.Reason.
//
// Three fields have a fallback if the request did not set them: parent_id is
// the interaction in which the customer asked for the callback, else the
// callback that this one redials; customer_id is the account; timeshift is the
// offset of the callback's time zone at its creation.
func FromCallback(cb *callback.Callback, o Options) Interaction {
	var given callback.Interaction
	if cb.Interaction != nil {
		given = *cb.Interaction
	}
	media, kind := "voice", "Outbound"
	if o.Policy != nil {
		media = o.Policy.Service().MediaType
		if o.Policy.Service().Inbound.On {
			kind = "Inbound"
		}
	}
	out := Interaction{
		CallbackStatus: statusOf(cb, o.Replaced),
		ResponseType:   responseOf(cb, given),
		StartTime:      cb.Desired.UTC(),
		EndTime:        utc(cmpTime(cb.Until, cb.ExpiresAt)),
		CustomerNumber: cb.Customer.Target().Reveal(),
		DN:             given.DN, Location: given.Location, ServerID: cmp.Or(given.ServerID, o.ServerID),
		CallbackType: TypeScheduled,
		CustomerID:   cmp.Or(cb.Customer.ID, cb.Customer.Account),
		ID:           string(cb.ID), Status: progressOf(cb.State), EntityType: EntityCallback,
		Type: cmp.Or(given.Type, kind), SubType: given.SubType, MediaType: cmp.Or(given.MediaType, media),
		ParentID: cmp.Or(given.ParentID, cb.Origin.InteractionID, string(cb.CopiedFrom)),
		ThreadID: given.ThreadID, ExternalID: cb.Origin.ExternalID,
		OwnerID: given.OwnerID, CreatorAppID: cmp.Or(given.CreatorAppID, o.CreatorAppID),
		StartDate: cb.Created.UTC(), EndDate: utc(cb.EndedAt), TimeShift: shiftOf(cb, given),
		CategoryID: given.CategoryID, NoChildren: given.NoChildren, Subject: given.Subject,
		StoppedReason: string(cb.Reason), Text: given.Text,
		StructuredText: resolve(o.Base, given.StructuredText), StructuredMIME: given.StructuredMIME,
		BinaryContent: resolve(o.Base, given.BinaryContent), BinaryMIME: given.BinaryMIME, BinarySize: given.BinarySize,
		Attempts: wire.Dials(cb),
		UserData: cb.UserData,
	}
	if out.DN == "" && cb.Reservation != nil {
		out.DN = cb.Reservation.Address
	}
	if cb.Immediate {
		out.CallbackType = TypeASAP
	}
	if last := cb.Current(); last != nil && !last.Live() {
		result := CallResult(last.Outcome.Result)
		out.CallResult = &result
	}
	out.dropInvalid()
	return out
}

// dropInvalid removes values that a Manager accepts and the resource does not:
// content without a URL or media type, companions without content, negative
// ids.
func (i *Interaction) dropInvalid() {
	if i.StructuredText == "" || i.StructuredMIME == "" || !isURL(i.StructuredText) || !isMIME(i.StructuredMIME) {
		i.StructuredText, i.StructuredMIME = "", ""
	}
	if i.BinaryContent == "" || i.BinaryMIME == "" || i.BinarySize < 0 || !isURL(i.BinaryContent) || !isMIME(i.BinaryMIME) {
		i.BinaryContent, i.BinaryMIME, i.BinarySize = "", "", 0
	}
	i.OwnerID, i.CreatorAppID = max(i.OwnerID, 0), max(i.CreatorAppID, 0)
	if i.EndTime.Year() > 9999 {
		i.EndTime = time.Time{}
	}
}

// statusOf maps a callback to its callback_status; see the package comment.
func statusOf(cb *callback.Callback, replaced bool) CallbackStatus {
	switch cb.State {
	case callback.Scheduled:
		return CallbackTimer
	case callback.Queued:
		return CallbackQueued
	case callback.Paused:
		return CallbackNotQueued
	case callback.Offered:
		if cb.Offer != nil && cb.Offer.Kind == callback.OfferPreview {
			return CallbackSubmitted
		}
		return CallbackDistributed
	case callback.Dialing, callback.Routing:
		return CallbackDistributed
	case callback.Processing:
		return CallbackSubmitted
	case callback.Completed:
		if replaced {
			return CallbackReplaced
		}
		return endOf(cb.Reason)
	}
	return CallbackUnknown
}

// endOf maps the reason of a completed callback.
func endOf(reason callback.Reason) CallbackStatus {
	rejected := string(callback.ReasonPreviewCancel) + "_AFTER_"
	switch {
	case reason == callback.ReasonAgentConnected:
		return CallbackProcessed
	case reason == callback.ReasonPreviewCancel:
		return CallbackCancelled
	case strings.HasPrefix(string(reason), rejected):
		return CallbackRejected
	case reason == callback.ReasonTimeout:
		return CallbackExpired
	case strings.HasPrefix(string(reason), "FAIL_"), reason == callback.ReasonSubmitFailed:
		return CallbackError
	}
	return CallbackFinal
}

func progressOf(s callback.State) Status {
	switch s {
	case callback.Scheduled, callback.Queued, callback.Paused, callback.Offered:
		return StatusPending
	case callback.Completed:
		return StatusStopped
	}
	return StatusInProcess
}

// responseOf returns how to reach the customer: as requested, else by the kind
// of the number.
func responseOf(cb *callback.Callback, given callback.Interaction) ResponseType {
	types := []ResponseType{Voice, VoIP, Email}
	if i := slices.Index(types, ResponseType(given.ResponseType)); i >= 0 {
		return types[i]
	}
	if cb.Customer.Target().Kind() == phonenum.SIP {
		return VoIP
	}
	return Voice
}

func shiftOf(cb *callback.Callback, given callback.Interaction) *int {
	if given.TimeShift != 0 && given.TimeShift >= -maxShift && given.TimeShift <= maxShift {
		return &given.TimeShift
	}
	if cb.Zone == "" {
		return nil
	}
	loc, err := availability.LoadZone(cb.Zone)
	if err != nil {
		return nil
	}
	_, seconds := cb.Created.In(loc).Zone()
	minutes := seconds / 60
	return &minutes
}

// resolve completes a relative URL. It returns an unparsable one unchanged.
func resolve(base *url.URL, ref string) string {
	if base == nil || ref == "" {
		return ref
	}
	u, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return base.ResolveReference(u).String()
}

func cmpTime(first, second time.Time) time.Time {
	if first.IsZero() {
		return second
	}
	return first
}

// utc converts t to UTC but returns the zero Time unchanged.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}
