package callback

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/scheduler"
)

// Request asks for a callback. Service and, unless the service's mandatory
// lookup keys say otherwise, Number are required.
type Request struct {
	Tenant  string
	Service string

	// Number is whom to call: a number in any common spelling, a tel: or a
	// sip: URI. The property _customer_number is read when it is empty.
	Number string
	// Alternative is called instead of Number when set (LUCS
	// AlternativeTarget). A service that requires consent takes only the number
	// of the contact mode.
	Alternative string

	// Desired is when the customer wants to be called (GMS _desired_time).
	// Zero means now.
	Desired time.Time
	// Local names the time on the wall clock of Zone instead of by an instant.
	// A time that does not exist becomes the first instant after the gap; one
	// that exists twice is the first of the two.
	Local *availability.LocalTime
	Zone  string
	// Until is the latest instant at which an attempt may begin. Zero means
	// none but the service's TTL.
	Until time.Time
	// State forces the state instead of deciding between Scheduled and Queued,
	// for life cycles kept outside (GMS _callback_state).
	State State

	// Key makes the request safe to repeat: the same key with the same request
	// returns the callback it made the first time, whatever the contact directory
	// says meanwhile. At most 128 bytes.
	Key string
	// CopyFrom redials a completed callback: its properties, user data and
	// number are taken where the request has none of its own, a contact mode
	// standing for a number; its Account, and within the same account its ModeID,
	// CampaignID and ContactID; its Priority, Agent and Interaction where the
	// request's are zero as a whole.
	CopyFrom ID

	Priority   scheduler.Priority
	Retry      *RetryLimits
	CustomerID string
	// Account is the customer's account in the contact directory (LCM
	// AccountNumber). ModeID names one of its modes: without a Number that
	// mode's is called; see [ContactModes].
	Account string
	ModeID  string
	// CampaignID and ContactID are LCM's. They default to those of the mode that
	// the number came from. Left out of the digest of a request that has none.
	CampaignID  string `json:",omitempty"`
	ContactID   string `json:",omitempty"`
	Agent       Agent
	Origin      Origin
	Interaction Interaction
	SessionID   string

	// Properties are any keys and JSON values: those without a leading
	// underscore are user data.
	Properties Values
	// Parameters are values beside the properties that the daily limit may
	// count, such as HTTP headers; they win over a property of the same name.
	Parameters map[string]string
	// Overrides replace options of the service that it lists as overwritable:
	// _redirect, _target.
	Overrides map[string]string

	Actor string // who asks, for the history
}

// check refuses what is too long, malformed or contradictory, before anything
// else is looked at.
func (r *Request) check() error {
	names := []struct{ field, value string }{
		{"tenant", r.Tenant}, {"service", r.Service}, {"key", r.Key}, {"copy_from", string(r.CopyFrom)},
		{"zone", r.Zone}, {"customer_id", r.CustomerID}, {"account", r.Account}, {"mode_id", r.ModeID},
		{"campaign_id", r.CampaignID}, {"contact_id", r.ContactID}, {"session_id", r.SessionID},
		{"actor", r.Actor}, {"agent.personal", r.Agent.Personal}, {"origin.caller_id", r.Origin.CallerID},
		{"origin.external_id", r.Origin.ExternalID}, {"origin.app_pool", r.Origin.AppPool}, {"origin.creator", r.Origin.Creator},
		{"origin.initiator", r.Origin.Initiator}, {"origin.supervisor", r.Origin.Supervisor},
		{"origin.session_id", r.Origin.SessionID}, {"origin.interaction_id", r.Origin.InteractionID},
		{"origin.retry_type", r.Origin.RetryType},
	}
	for _, n := range names {
		if n.value == "" {
			continue
		}
		if err := checkText(n.field, n.value, maxName); err != nil {
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
		if err := checkText(t.field, t.value, maxText); err != nil {
			return err
		}
	}
	if len(i.Text) > maxValues || !utf8.ValidString(i.Text) {
		return invalid("interaction.text", fmt.Sprintf("is not valid UTF-8 of at most %d bytes", maxValues))
	}
	if err := checkPairs("parameters", r.Parameters, maxName); err != nil {
		return err
	}
	if err := checkPairs("overrides", r.Overrides, maxText); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(r.Agent.Description); n > 150 {
		return invalid("agent.description", fmt.Sprintf("has %d characters, at most 150 are allowed", n))
	}
	if r.Service == "" {
		return invalid("service", "is required")
	}
	return r.checkRelations()
}

func (r *Request) checkRelations() error {
	switch {
	case r.Priority > scheduler.NothingElse:
		return invalid("priority", fmt.Sprintf("%d is not defined", r.Priority))
	case r.State != 0 && (!r.State.Valid() || !CanMove(0, r.State) || r.State == Offered):
		return invalid("_callback_state", fmt.Sprintf("%v cannot be forced", r.State))
	case r.Local != nil && !r.Desired.IsZero():
		return invalid("_desired_time", "is given both as an instant and as a local time")
	case r.Local != nil && r.Zone == "":
		return invalid("zone", "is required with a local time")
	case r.Retry != nil && (r.Retry.MaxAttempts < 1 || r.Retry.MaxAttempts > 100):
		return invalid("retry.max_attempts", fmt.Sprintf("%d is not between 1 and 100", r.Retry.MaxAttempts))
	case r.Retry != nil && (r.Retry.Delay < 0 || r.Retry.Delay > 30*24*time.Hour):
		return invalid("retry.delay", fmt.Sprintf("%v is not between 0 and 720h", r.Retry.Delay))
	case math.IsNaN(r.Agent.LeadScore) || math.IsInf(r.Agent.LeadScore, 0):
		return invalid("agent.lead_score", "is not a number")
	case math.IsNaN(r.Agent.TargetAmount) || math.IsInf(r.Agent.TargetAmount, 0):
		return invalid("agent.target_amount", "is not a number")
	}
	if i := r.Interaction; i.StructuredText != "" && i.StructuredMIME == "" {
		return invalid("interaction.structured_text_mime", "is required with structured_text")
	} else if !slices.Contains([]string{"", "Voice", "VoIP", "Email"}, i.ResponseType) {
		return invalid("interaction.desired_response_type", "is none of Voice, VoIP and Email")
	} else if i.BinarySize < 0 {
		return invalid("interaction.binary_content_size", fmt.Sprintf("%d is negative", i.BinarySize))
	} else if i.BinaryContent != "" && (i.BinaryMIME == "" || i.BinarySize <= 0) {
		return invalid("interaction.binary_content_mime", "and binary_content_size are required with binary_content")
	}
	if !inYears(r.Desired) {
		return invalid("_desired_time", "is not between the years 1970 and 9999")
	}
	if !inYears(r.Until) {
		return invalid("until", "is not between the years 1970 and 9999")
	}
	return nil
}

// checkPairs bounds a map of names and texts.
func checkPairs(field string, pairs map[string]string, most int) error {
	if len(pairs) == 0 {
		return nil
	}
	if len(pairs) > maxKeys {
		return invalid(field, fmt.Sprintf("has %d entries, at most %d are allowed", len(pairs), maxKeys))
	}
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		if err := checkText(field, name, maxName); err != nil {
			return err
		}
		if err := checkText(field+"."+clip(name), pairs[name], most); err != nil {
			return err
		}
	}
	return nil
}

// inYears reports whether t is unset or a time that clients can mean.
func inYears(t time.Time) bool {
	return t.IsZero() || t.Year() >= 1970 && t.Year() <= 9999
}

func checkText(field, value string, most int) error {
	switch {
	case len(value) > most:
		return invalid(field, fmt.Sprintf("has %d bytes, at most %d are allowed", len(value), most))
	case !utf8.ValidString(value):
		return invalid(field, "is not valid UTF-8")
	case hasControl(value):
		return invalid(field, "has control characters")
	}
	return nil
}

// split checks properties, copies them deeply and separates properties from
// user data.
func split(values Values) (properties, userData Values, err error) {
	if len(values) > maxKeys {
		return nil, nil, invalid("properties", fmt.Sprintf("has %d keys, at most %d are allowed", len(values), maxKeys))
	}
	if len(values) == 0 {
		return nil, nil, nil
	}
	left := maxValues
	for _, key := range sortedKeys(values) {
		if key == "" {
			return nil, nil, invalid("properties", "has an empty key")
		}
		if err := checkText("properties", key, maxName); err != nil {
			return nil, nil, err
		}
		left -= len(key)
		value, err := copyJSON(values[key], maxDepth, &left)
		if err != nil {
			return nil, nil, invalid("properties."+clip(key), err.Error())
		}
		target := &userData
		if strings.HasPrefix(key, "_") {
			target = &properties
		}
		if *target == nil {
			*target = make(Values, len(values))
		}
		(*target)[key] = value
	}
	return properties, userData, nil
}

// sortedKeys makes the first error the same for the same input.
func sortedKeys(values Values) []string {
	return slices.Sorted(maps.Keys(values))
}

// copyJSON copies a JSON value deeply; left is the room for it in bytes.
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
		if _, err := v.Float64(); err != nil {
			return nil, fmt.Errorf("is not a JSON number")
		}
		return v, roomLeft(*left)
	case float64:
		*left -= 8
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("is not a JSON number")
		}
		return v, roomLeft(*left)
	case int:
		*left -= 8
		return v, roomLeft(*left)
	case int64:
		*left -= 8
		return v, roomLeft(*left)
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
	case Values:
		return copyObject(v, depth, left)
	default:
		return nil, fmt.Errorf("is a %T, not a JSON value", value)
	}
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

// TextOf gives the text under which a property is looked up, counted and
// compared: a string as it is, a number or truth value as JSON writes it. Null,
// empty, compound and unwritable values have none.
func TextOf(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", false
	case string:
		return v, v != ""
	case map[string]any, []any, Values:
		return "", false
	}
	text, err := json.Marshal(value)
	return string(text), err == nil
}

// digest identifies what a request asks for, whoever asks.
func (r *Request) digest() (string, error) {
	plain := *r
	plain.Key, plain.Actor = "", ""
	text, err := json.Marshal(plain)
	if err != nil {
		return "", invalid("properties", "cannot be written as JSON")
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
