package decide

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/scheduler"
)

// CheckNote checks the actor, reason and text that a caller adds to the
// history.
func CheckNote(actor, detail string, reason callback.Reason) error {
	if err := CheckText("actor", actor, text.MaxName); err != nil {
		return err
	}
	if err := CheckText("detail", detail, MaxText); err != nil {
		return err
	}
	return CheckText("reason", string(reason), text.MaxName)
}

// Start is a request and its tenant.
type Start struct {
	Tenant string
	StartInput
}

// StartInput is the input of Manager.Start.
type StartInput struct {
	Service     string
	Number      string
	Alternative string
	Desired     time.Time
	Local       *availability.LocalTime
	Zone        string
	Until       time.Time
	State       callback.State
	Key         string
	CopyFrom    callback.ID
	Priority    scheduler.Priority
	Retry       *callback.RetryLimits
	CustomerID  string
	Account     string
	ModeID      string
	CampaignID  string `json:",omitempty"`
	ContactID   string `json:",omitempty"`
	Agent       callback.Agent
	Origin      callback.Origin
	Interaction callback.Interaction
	SessionID   string
	Properties  callback.Values
	Parameters  map[string]string
	Overrides   map[string]string
	Trace       callback.Trace  `json:"-"`
	Source      callback.Source `json:"-"`
	Actor       string
}

// Check returns an error if a field of the request is too long, malformed or
// contradicts another.
func (r *Start) Check() error {
	names := []struct{ field, value string }{
		{"tenant", r.Tenant}, {"service", r.Service}, {"key", r.Key}, {"copy_from", string(r.CopyFrom)},
		{"zone", r.Zone}, {"customer_id", r.CustomerID}, {"account", r.Account}, {"mode_id", r.ModeID},
		{"campaign_id", r.CampaignID}, {"contact_id", r.ContactID}, {"session_id", r.SessionID},
		{"actor", r.Actor}, {"agent.personal", r.Agent.Personal}, {"origin.caller_id", r.Origin.CallerID},
		{"origin.external_id", r.Origin.ExternalID}, {"origin.app_pool", r.Origin.AppPool}, {"origin.creator", r.Origin.Creator},
		{"origin.initiator", r.Origin.Initiator}, {"origin.supervisor", r.Origin.Supervisor},
		{"origin.session_id", r.Origin.SessionID}, {"origin.interaction_id", r.Origin.InteractionID},
		{"origin.retry_type", r.Origin.RetryType},
		{"source.address", r.Source.Address}, {"source.key", r.Source.Key}, {"source.session", r.Source.Session},
	}
	for _, n := range names {
		if n.value == "" {
			continue
		}
		if err := CheckText(n.field, n.value, text.MaxName); err != nil {
			return err
		}
	}
	i := r.Interaction
	texts := []struct{ field, value string }{
		{"interaction.media_type", i.MediaType}, {"interaction.type", i.Type}, {"interaction.sub_type", i.SubType},
		{"interaction.parent_id", i.ParentID}, {"interaction.thread_id", i.ThreadID}, {"interaction.category_id", i.CategoryID},
		{"interaction.structured_text_mime", i.StructuredMIME}, {"interaction.binary_content_mime", i.BinaryMIME},
		{"interaction.dn", i.DN}, {"interaction.location", i.Location}, {"interaction.server_id", i.ServerID},
		{"agent.target", r.Agent.Target}, {"agent.queue", r.Agent.Queue}, {"agent.comments", r.Agent.Comments},
		{"origin.incoming_uri", r.Origin.IncomingURI}, {"origin.context_url", r.Origin.ContextURL},
		{"interaction.subject", r.Interaction.Subject}, {"interaction.structured_text", r.Interaction.StructuredText},
		{"interaction.binary_content", r.Interaction.BinaryContent},
	}
	for _, t := range texts {
		if t.value == "" {
			continue
		}
		if err := CheckText(t.field, t.value, MaxText); err != nil {
			return err
		}
	}
	if len(i.Text) > maxValues || !utf8.ValidString(i.Text) {
		return Invalid("interaction.text", fmt.Sprintf("is not valid UTF-8 of at most %d bytes", maxValues))
	}
	if err := checkPairs("parameters", r.Parameters, text.MaxName); err != nil {
		return err
	}
	if err := checkPairs("overrides", r.Overrides, MaxText); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(r.Agent.Description); n > 150 {
		return Invalid("agent.description", fmt.Sprintf("has %d characters, at most 150 are allowed", n))
	}
	if err := CheckText("trace", r.Trace.Parent+r.Trace.State, MaxText); err != nil {
		return err
	}
	if r.Service == "" {
		return Invalid("service", "is required")
	}
	return r.checkRelations()
}

func (r *StartInput) checkRelations() error {
	switch {
	case r.Priority > scheduler.NothingElse:
		return Invalid("priority", fmt.Sprintf("%d is not defined", r.Priority))
	case r.State != 0 && (!r.State.Valid() || !callback.CanMove(0, r.State) || r.State == callback.Offered):
		return Invalid("_callback_state", fmt.Sprintf("%v cannot be forced", r.State))
	case r.Local != nil && !r.Desired.IsZero():
		return Invalid("_desired_time", "is given both as an instant and as a local time")
	case r.Local != nil && r.Zone == "":
		return Invalid("zone", "is required with a local time")
	case r.Retry != nil && (r.Retry.MaxAttempts < 1 || r.Retry.MaxAttempts > 100):
		return Invalid("retry.max_attempts", fmt.Sprintf("%d is not between 1 and 100", r.Retry.MaxAttempts))
	case r.Retry != nil && (r.Retry.Delay < 0 || r.Retry.Delay > 30*24*time.Hour):
		return Invalid("retry.delay", fmt.Sprintf("%v is not between 0 and 720h", r.Retry.Delay))
	case math.IsNaN(r.Agent.LeadScore) || math.IsInf(r.Agent.LeadScore, 0):
		return Invalid("agent.lead_score", "is not a number")
	case math.IsNaN(r.Agent.TargetAmount) || math.IsInf(r.Agent.TargetAmount, 0):
		return Invalid("agent.target_amount", "is not a number")
	}
	switch i := r.Interaction; {
	case i.StructuredText != "" && i.StructuredMIME == "":
		return Invalid("interaction.structured_text_mime", "is required with structured_text")
	case !slices.Contains([]string{"", "Voice", "VoIP", "Email"}, i.ResponseType):
		return Invalid("interaction.desired_response_type", "is none of Voice, VoIP and Email")
	case i.BinarySize < 0:
		return Invalid("interaction.binary_content_size", fmt.Sprintf("%d is negative", i.BinarySize))
	case i.BinaryContent != "" && (i.BinaryMIME == "" || i.BinarySize <= 0):
		return Invalid("interaction.binary_content_mime", "and binary_content_size are required with binary_content")
	}
	if !InYears(r.Desired) {
		return Invalid("_desired_time", "is not between the years 1970 and 9999")
	}
	if !InYears(r.Until) {
		return Invalid("until", "is not between the years 1970 and 9999")
	}
	return nil
}

// checkPairs checks the number and lengths of names and texts in a map.
func checkPairs(field string, pairs map[string]string, most int) error {
	if len(pairs) == 0 {
		return nil
	}
	if len(pairs) > maxKeys {
		return Invalid(field, fmt.Sprintf("has %d entries, at most %d are allowed", len(pairs), maxKeys))
	}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		if err := CheckText(field, name, text.MaxName); err != nil {
			return err
		}
		if err := CheckText(field+"."+text.Clip(name), pairs[name], most); err != nil {
			return err
		}
	}
	return nil
}

// InYears reports whether t is zero or in a year that all clients can express.
func InYears(t time.Time) bool {
	return t.IsZero() || t.Year() >= 1970 && t.Year() <= 9999
}

// CheckText returns an error if value has more than most bytes or is malformed.
func CheckText(field, value string, most int) error {
	switch {
	case len(value) > most:
		return Invalid(field, fmt.Sprintf("has %d bytes, at most %d are allowed", len(value), most))
	case !utf8.ValidString(value):
		return Invalid(field, "is not valid UTF-8")
	case text.HasControl(value):
		return Invalid(field, "has control characters")
	}
	return nil
}

// Split checks and deeply copies values, and separates properties from user
// data.
func Split(values callback.Values) (properties, userData callback.Values, err error) {
	if len(values) > maxKeys {
		return nil, nil, Invalid("properties", fmt.Sprintf("has %d keys, at most %d are allowed", len(values), maxKeys))
	}
	if len(values) == 0 {
		return nil, nil, nil
	}
	left := maxValues
	for _, key := range sortedKeys(values) {
		if key == "" {
			return nil, nil, Invalid("properties", "has an empty key")
		}
		if err := CheckText("properties", key, text.MaxName); err != nil {
			return nil, nil, err
		}
		left -= len(key)
		value, err := copyJSON(values[key], maxDepth, &left)
		if err != nil {
			return nil, nil, Invalid("properties."+text.Clip(key), err.Error())
		}
		target := &userData
		if strings.HasPrefix(key, "_") {
			target = &properties
		}
		if *target == nil {
			*target = make(callback.Values, len(values))
		}
		(*target)[key] = value
	}
	return properties, userData, nil
}

// sortedKeys returns the keys in order, so that the same input gives the same
// error.
func sortedKeys(values callback.Values) []string {
	return slices.Sorted(maps.Keys(values))
}

// copyJSON returns a deep copy of a JSON value and subtracts its size from
// left, in bytes.
func copyJSON(value any, depth int, left *int) (any, error) {
	if depth == 0 {
		return nil, fmt.Errorf("is nested deeper than %d", maxDepth)
	}
	*left -= 2
	switch v := value.(type) {
	case nil, bool:
		return v, roomLeft(*left)
	case string:
		*left -= len(v)
		if !utf8.ValidString(v) {
			return nil, fmt.Errorf("is not valid UTF-8")
		}
		return v, roomLeft(*left)
	case json.Number:
		*left -= len(v)
		if !isNumber(v) {
			return nil, fmt.Errorf("is not a JSON number")
		}
		return v, roomLeft(*left)
	case int, int64, float64:
		// Every store returns numbers in this type.
		n, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("is not a JSON number")
		}
		*left -= len(n)
		return json.Number(n), roomLeft(*left)
	case []any:
		out := make([]any, 0, min(len(v), maxValues))
		for _, item := range v {
			c, err := copyJSON(item, depth-1, left)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		return out, nil
	case map[string]any:
		return copyObject(v, depth, left)
	case callback.Values:
		return copyObject(v, depth, left)
	default:
		return nil, fmt.Errorf("is a %T, not a JSON value", value)
	}
}

// isNumber reports whether JSON has a number of this text that a float64 can hold.
func isNumber(n json.Number) bool {
	_, err := n.Float64()
	return err == nil && strings.Trim(string(n), "+-.0123456789eE") == "" && json.Valid([]byte(n))
}

func copyObject(v map[string]any, depth int, left *int) (any, error) {
	out := make(map[string]any, len(v))
	for key, item := range v {
		*left -= len(key)
		c, err := copyJSON(item, depth-1, left)
		if err != nil {
			return nil, err
		}
		out[key] = c
	}
	return out, nil
}

func roomLeft(left int) error {
	if left < 0 {
		return fmt.Errorf("properties and user data have more than %d bytes", maxValues)
	}
	return nil
}

// CancelInput is the input of Manager.Cancel.
type CancelInput struct {
	ID     callback.ID
	Reason callback.Reason
	Force  bool
	Actor  string
	Detail string
}

// AnswerInput is the input of Manager.Answer.
type AnswerInput struct {
	ID     callback.ID
	Answer callback.OfferAnswer
	Code   string
	Kind   callback.OfferKind
	Actor  string
}

// UpdateInput is the input of Manager.Update.
type UpdateInput struct {
	ID       callback.ID
	Set      callback.Values
	Revision int64
	Actor    string
	Detail   string
}

// RescheduleInput is the input of Manager.Reschedule.
type RescheduleInput struct {
	ID       callback.ID
	Desired  time.Time
	Local    *availability.LocalTime
	Zone     string
	Revision int64
	Set      callback.Values
	Actor    string
	Detail   string
}

// StateInput is the input of Manager.ReportState.
type StateInput struct {
	ID     callback.ID
	State  callback.State
	Reason callback.Reason
	Set    callback.Values
	Actor  string
	Detail string
}

// ResolutionInput is the input of Manager.Resolve.
type ResolutionInput struct {
	ID      callback.ID
	Outcome callback.Outcome
	Redial  bool
	Actor   string
	Detail  string
}

// Invalid returns the error of a field of a request.
func Invalid(field, rule string) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, field, rule)
}

// Misconfigured returns the error of a field of a configuration.
func Misconfigured(field, rule string) error {
	return callback.NewFieldError(callback.ErrConfiguration, field, rule)
}

// Limits on the input.
const (
	MaxText   = 1024     // bytes of one text field
	maxValues = 64 << 10 // bytes of properties and user data together, as JSON
	maxKeys   = 256      // properties and user data together
	maxDepth  = 16       // nesting of one value
)
