package interaction

import (
	"fmt"
	"log/slog"
	"mime"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/check"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Interaction is a Callback Interaction resource. The comment of each field
// names its JSON field; * marks mandatory ones. Zero values of optional fields
// are omitted from the JSON unless noted.
type Interaction struct {
	CallbackStatus CallbackStatus // callback_status; always written
	ResponseType   ResponseType   // desired_response_type *
	StartTime      time.Time      // start_time *: desired time of the call
	EndTime        time.Time      // end_time: latest time of the call
	CustomerNumber string         // customer_number *; empty if unknown
	Attempts       int            // attempts *
	DN             string         // dn
	Location       string         // location
	ServerID       string         // callback_server_id
	CallResult     *CallResult    // call_result; nil if absent, as 0 means OK
	CallbackType   CallbackType   // callback_type; always written

	CustomerID     string     // customer_id *; empty if unknown
	ID             string     // interaction_id *
	Status         Status     // status *
	EntityType     EntityType // entity_type *
	Type           string     // type *
	SubType        string     // sub_type
	MediaType      string     // media_type *
	ParentID       string     // parent_id
	ThreadID       string     // thread_id
	ExternalID     string     // external_id
	OwnerID        int64      // owner_id
	CreatorAppID   int64      // creator_app_id *
	StartDate      time.Time  // start_date *
	EndDate        time.Time  // end_date
	TimeShift      *int       // timeshift: minutes east of UTC, less than a day; nil if absent
	CategoryID     string     // category_id
	NoChildren     bool       // inverse of allow_children; always written
	Subject        string     // subject
	StoppedReason  string     // stopped_reason
	Text           string     // text
	StructuredText string     // structured_text: a URL
	StructuredMIME string     // structured_text_mime; mandatory with StructuredText
	BinaryContent  string     // binary_content: a URL
	BinaryMIME     string     // binary_content_mime; mandatory with BinaryContent
	BinarySize     int64      // binary_content_size in bytes; mandatory with BinaryContent
	UserData       callback.Values
}

// faultList collects the faults of a resource.
type faultList struct{ check.Faults }

func newFaults() *faultList { return &faultList{check.Faults{Kind: callback.ErrInvalidParameter}} }

// maxShift is the largest timeshift in minutes, in both directions.
const maxShift = 24*60 - 1

// Validate reports all missing mandatory fields, values out of range and fields
// without the field they depend on. Each fault is a [*callback.FieldError] that
// names the JSON field and matches [callback.ErrInvalidParameter].
func (i Interaction) Validate() error {
	l := newFaults()
	l.Check(i.CallbackStatus.Valid(), "callback_status", "%d is not between 0 and 14", i.CallbackStatus)
	l.Check(i.ResponseType.Valid(), "desired_response_type", "is not Voice, VoIP or Email")
	l.time("start_time", i.StartTime, true)
	l.time("end_time", i.EndTime, false)
	l.Check(i.Attempts >= 0, "attempts", "%d is negative", i.Attempts)
	l.Check(i.CallResult == nil || i.CallResult.Valid(), "call_result", "is not between 0 and 53")
	l.Check(i.CallbackType.Valid(), "callback_type", "%d is not between 0 and 2", i.CallbackType)
	l.Check(i.ID != "", "interaction_id", "is required")
	l.Check(i.Status.Valid(), "status", "%d is not between 0 and 3", i.Status)
	l.Check(i.EntityType.Valid(), "entity_type", "%d is not one of 0, 1, 2, 3, 5, 6, 7", i.EntityType)
	l.Check(i.Type != "", "type", "is required")
	l.Check(i.MediaType != "", "media_type", "is required")
	l.Check(i.OwnerID >= 0, "owner_id", "%d is negative", i.OwnerID)
	l.Check(i.CreatorAppID >= 0, "creator_app_id", "%d is negative", i.CreatorAppID)
	l.time("start_date", i.StartDate, true)
	l.time("end_date", i.EndDate, false)
	l.Check(i.TimeShift == nil || *i.TimeShift >= -maxShift && *i.TimeShift <= maxShift, "timeshift",
		"is not between %d and %d minutes", -maxShift, maxShift)
	l.content(i)
	l.texts(i)
	return l.Err()
}

func (l *faultList) time(field string, t time.Time, mandatory bool) {
	l.Check(!mandatory || !t.IsZero(), field, "is required")
	l.Check(t.IsZero() || t.UTC().Year() >= 0 && t.UTC().Year() <= 9999, field, "is not between the years 0 and 9999")
}

// content checks the fields that describe linked content.
func (l *faultList) content(i Interaction) {
	const structured, binary = "structured_text", "binary_content"
	l.Check(isURL(i.StructuredText), structured, "is not a URL")
	l.Check(isURL(i.BinaryContent), binary, "is not a URL")
	l.companion(structured+"_mime", structured, i.StructuredText != "", i.StructuredMIME != "")
	l.companion(binary+"_mime", binary, i.BinaryContent != "", i.BinaryMIME != "")
	l.Check(isMIME(i.StructuredMIME), structured+"_mime", "is not a media type")
	l.Check(isMIME(i.BinaryMIME), binary+"_mime", "is not a media type")
	l.Check(i.BinarySize >= 0, binary+"_size", "%d is negative", i.BinarySize)
	l.Check(i.BinaryContent != "" || i.BinarySize == 0, binary+"_size", "is given without %s", binary)
}

func (l *faultList) companion(field, of string, there, given bool) {
	l.Check(given || !there, field, "is required with %s", of)
	l.Check(there || !given, field, "is given without %s", of)
}

func (l *faultList) texts(i Interaction) {
	for _, t := range []struct{ field, value string }{
		{"customer_number", i.CustomerNumber}, {"dn", i.DN}, {"location", i.Location}, {"callback_server_id", i.ServerID},
		{"customer_id", i.CustomerID}, {"interaction_id", i.ID}, {"type", i.Type}, {"sub_type", i.SubType},
		{"media_type", i.MediaType}, {"parent_id", i.ParentID}, {"thread_id", i.ThreadID}, {"external_id", i.ExternalID},
		{"category_id", i.CategoryID}, {"subject", i.Subject}, {"stopped_reason", i.StoppedReason}, {"text", i.Text},
	} {
		l.Check(utf8.ValidString(t.value), t.field, "is not valid UTF-8")
	}
}

func isURL(s string) bool {
	_, err := url.Parse(s)
	return err == nil && utf8.ValidString(s)
}

func isMIME(s string) bool {
	_, _, err := mime.ParseMediaType(s)
	return s == "" || err == nil
}

// String returns a summary without personal data.
func (i Interaction) String() string {
	return fmt.Sprintf("interaction %s, %v, %v", i.ID, i.CallbackStatus, i.Status)
}

// Format prints String for every verb.
func (i Interaction) Format(f fmt.State, _ rune) { text.Write(f, i.String()) }

// LogValue returns the id and both states for slog.
func (i Interaction) LogValue() slog.Value {
	return slog.GroupValue(slog.String("id", i.ID), slog.String("callback_status", i.CallbackStatus.String()),
		slog.String("status", i.Status.String()))
}
