package interaction

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// TimeFormat is the layout of times in the resource. Times are in UTC.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// fields is the JSON form of an Interaction. Integers are wide enough to check
// their range after decoding; a nil pointer is an absent field.
type fields struct {
	CallbackStatus *int64          `json:"callback_status,omitempty"`
	ResponseType   *ResponseType   `json:"desired_response_type,omitempty"`
	StartTime      *string         `json:"start_time,omitempty"`
	EndTime        *string         `json:"end_time,omitempty"`
	CustomerNumber *string         `json:"customer_number,omitempty"`
	Attempts       *int64          `json:"attempts,omitempty"`
	DN             string          `json:"dn,omitempty"`
	Location       string          `json:"location,omitempty"`
	ServerID       string          `json:"callback_server_id,omitempty"`
	CallResult     *int64          `json:"call_result,omitempty"`
	CallbackType   *int64          `json:"callback_type,omitempty"`
	CustomerID     *string         `json:"customer_id,omitempty"`
	ID             *string         `json:"interaction_id,omitempty"`
	Status         *int64          `json:"status,omitempty"`
	EntityType     *int64          `json:"entity_type,omitempty"`
	Type           *string         `json:"type,omitempty"`
	SubType        string          `json:"sub_type,omitempty"`
	MediaType      *string         `json:"media_type,omitempty"`
	ParentID       string          `json:"parent_id,omitempty"`
	ThreadID       string          `json:"thread_id,omitempty"`
	ExternalID     string          `json:"external_id,omitempty"`
	OwnerID        int64           `json:"owner_id,omitempty"`
	CreatorAppID   *int64          `json:"creator_app_id,omitempty"`
	StartDate      *string         `json:"start_date,omitempty"`
	EndDate        *string         `json:"end_date,omitempty"`
	TimeShift      *int            `json:"timeshift,omitempty"`
	CategoryID     string          `json:"category_id,omitempty"`
	AllowChildren  *bool           `json:"allow_children,omitempty"`
	Subject        string          `json:"subject,omitempty"`
	StoppedReason  string          `json:"stopped_reason,omitempty"`
	Text           string          `json:"text,omitempty"`
	StructuredText string          `json:"structured_text,omitempty"`
	StructuredMIME string          `json:"structured_text_mime,omitempty"`
	BinaryContent  string          `json:"binary_content,omitempty"`
	BinaryMIME     string          `json:"binary_content_mime,omitempty"`
	BinarySize     *int64          `json:"binary_content_size,omitempty"`
	UserData       *map[string]any `json:"udata,omitempty"`
}

// MarshalJSON writes the fields in the order of their definition. Times are in
// UTC, truncated to milliseconds. An invalid resource yields the error of
// [Interaction.Validate].
func (i Interaction) MarshalJSON() ([]byte, error) {
	if err := i.Validate(); err != nil {
		return nil, err
	}
	children := !i.NoChildren
	w := fields{
		CallbackStatus: number(i.CallbackStatus), ResponseType: &i.ResponseType, StartTime: instant(i.StartTime),
		EndTime: instant(i.EndTime), CustomerNumber: &i.CustomerNumber, Attempts: number(i.Attempts), DN: i.DN,
		Location: i.Location, ServerID: i.ServerID, CallbackType: number(i.CallbackType), CustomerID: &i.CustomerID,
		ID: &i.ID, Status: number(i.Status), EntityType: number(i.EntityType), Type: &i.Type, SubType: i.SubType,
		MediaType: &i.MediaType, ParentID: i.ParentID, ThreadID: i.ThreadID, ExternalID: i.ExternalID, OwnerID: i.OwnerID,
		CreatorAppID: &i.CreatorAppID, StartDate: instant(i.StartDate), EndDate: instant(i.EndDate), TimeShift: i.TimeShift,
		CategoryID: i.CategoryID, AllowChildren: &children, Subject: i.Subject, StoppedReason: i.StoppedReason, Text: i.Text,
		StructuredText: i.StructuredText, StructuredMIME: i.StructuredMIME, BinaryContent: i.BinaryContent, BinaryMIME: i.BinaryMIME,
	}
	if i.CallResult != nil {
		w.CallResult = number(*i.CallResult)
	}
	if i.BinaryContent != "" {
		w.BinarySize = &i.BinarySize
	}
	if len(i.UserData) > 0 {
		values := i.UserData.Reveal()
		w.UserData = &values
	}
	return json.Marshal(w)
}

func number[T ~uint8 | ~int](v T) *int64 {
	n := int64(v)
	return &n
}

func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format(TimeFormat)
	return &text
}

// UnmarshalJSON parses and validates a resource. It ignores undefined fields.
// It reports missing mandatory fields, values out of range and fields without
// the field they depend on, all at once, each as a [*callback.FieldError].
// Malformed JSON and values of the wrong type are an [*api.Fault]. Both match
// [callback.ErrInvalidParameter].
func (i *Interaction) UnmarshalJSON(body []byte) error {
	var w fields
	if err := api.Decode(body, &w); err != nil {
		return err
	}
	l := newFaults()
	read := Interaction{
		CallbackStatus: enum[CallbackStatus](l, "callback_status", w.CallbackStatus, false),
		ResponseType:   *required(l, "desired_response_type", w.ResponseType),
		StartTime:      l.parse("start_time", required(l, "start_time", w.StartTime)),
		EndTime:        l.parse("end_time", w.EndTime),
		CustomerNumber: *required(l, "customer_number", w.CustomerNumber),
		Attempts:       l.count("attempts", required(l, "attempts", w.Attempts)),
		DN:             w.DN, Location: w.Location, ServerID: w.ServerID,
		CallbackType: enum[CallbackType](l, "callback_type", w.CallbackType, false),
		CustomerID:   *required(l, "customer_id", w.CustomerID),
		ID:           *required(l, "interaction_id", w.ID),
		Status:       enum[Status](l, "status", w.Status, true),
		EntityType:   enum[EntityType](l, "entity_type", w.EntityType, true),
		Type:         *required(l, "type", w.Type), SubType: w.SubType,
		MediaType: *required(l, "media_type", w.MediaType), ParentID: w.ParentID, ThreadID: w.ThreadID, ExternalID: w.ExternalID,
		OwnerID: w.OwnerID, CreatorAppID: *required(l, "creator_app_id", w.CreatorAppID),
		StartDate: l.parse("start_date", required(l, "start_date", w.StartDate)),
		EndDate:   l.parse("end_date", w.EndDate),
		TimeShift: w.TimeShift, CategoryID: w.CategoryID, NoChildren: w.AllowChildren != nil && !*w.AllowChildren,
		Subject: w.Subject, StoppedReason: w.StoppedReason, Text: w.Text,
		StructuredText: w.StructuredText, StructuredMIME: w.StructuredMIME,
		BinaryContent: w.BinaryContent, BinaryMIME: w.BinaryMIME,
	}
	if w.CallResult != nil {
		result := enum[CallResult](l, "call_result", w.CallResult, false)
		read.CallResult = &result
	}
	l.companion("binary_content_size", "binary_content", w.BinaryContent != "", w.BinarySize != nil)
	if w.BinarySize != nil && w.BinaryContent != "" {
		read.BinarySize = *w.BinarySize
	}
	if w.UserData != nil && len(*w.UserData) > 0 {
		read.UserData = *w.UserData
	}
	if err := l.merge(read.Validate()); err != nil {
		return err
	}
	*i = read
	return nil
}

// merge returns the faults of parsing joined with those of validation, at most
// one source per field.
func (l *faultList) merge(checked error) error {
	seen := make(map[string]bool, len(l.List))
	for _, err := range l.List {
		seen[fieldOf(err)] = true
	}
	if joined, ok := checked.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if !seen[fieldOf(err)] {
				l.List = append(l.List, err)
			}
		}
	}
	return l.Err()
}

func fieldOf(err error) string {
	var field *callback.FieldError
	if errors.As(err, &field) {
		return field.Field
	}
	return ""
}

// required returns v, or a zero value and a fault if v is nil.
func required[T any](l *faultList, field string, v *T) *T {
	l.Check(v != nil, field, "is required")
	if v == nil {
		return new(T)
	}
	return v
}

// enum converts the number of an enumeration.
func enum[T interface {
	~uint8
	Valid() bool
}](l *faultList, field string, v *int64, mandatory bool) T {
	if v == nil {
		l.Check(!mandatory, field, "is required")
		return 0
	}
	if *v < 0 || *v > 255 || !T(*v).Valid() {
		l.Check(false, field, "%d is not defined", *v)
		return 0
	}
	return T(*v)
}

// count converts a number that must fit 32 bits.
func (l *faultList) count(field string, v *int64) int {
	const most = 1<<31 - 1
	if *v > most {
		l.Check(false, field, "%d exceeds %d", *v, most)
		return 0
	}
	return int(*v)
}

// parse parses a time by [wire.ParseTime]. The default is UTC.
func (l *faultList) parse(field string, text *string) time.Time {
	if text == nil || *text == "" {
		return time.Time{}
	}
	t, ok := wire.ParseTime(*text, time.UTC)
	if !ok || t.IsZero() {
		l.Check(false, field, "is not a time of the form %s", TimeFormat)
		return time.Time{}
	}
	return t
}
