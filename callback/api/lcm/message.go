package lcm

import (
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/object"
	"github.com/ringback-go/ringback/callback/internal/text"
)

const (
	channelLCM  = "LCM"
	topicWeb    = "WebService"
	topicOut    = "Outbound"
	wsError     = "WS_Error"
	maxName     = 128  // bytes of an id or a name, the limit of the Manager
	maxComments = 1024 // bytes of AgentComments, the limit of the Manager
)

// envelope is a parsed message.
type envelope struct {
	topic, subtopic, source string
	data                    members
}

// reply is the reply to a message.
type reply struct {
	Channel  string `json:"channel"`
	Topic    string `json:"topic"`
	Subtopic string `json:"subtopic"`
	Message  any    `json:"message"`
}

// read parses a message.
func read(message []byte) (*envelope, error) {
	if len(message) > api.MaxBody {
		return nil, api.NewFault(http.StatusRequestEntityTooLarge, "", "the message has more than "+strconv.Itoa(api.MaxBody)+" bytes")
	}
	var raw any
	if err := api.Decode(message, &raw); err != nil {
		return nil, err
	}
	top, ok := raw.(map[string]any)
	if !ok {
		return nil, api.NewFault(http.StatusBadRequest, "", "the message is not a JSON object")
	}
	o := newMembers(top)
	if !strings.EqualFold(o.required("channel"), channelLCM) {
		o.Refuse("channel", "is not "+channelLCM)
	}
	env := &envelope{topic: o.required("topic"), subtopic: o.required("subtopic"), source: o.text("source")}
	if rule := text.Rule(env.source, maxName); rule != "" {
		o.Refuse("source", rule)
	}
	value := o.Take("data")
	data, ok := value.(map[string]any)
	if !ok && value != nil {
		o.Refuse("data", "is not a JSON object")
	}
	env.data = newMembers(data)
	return env, cmp.Or(o.Err(), env.data.Err())
}

// members are the members of a message or of its data.
type members struct{ *object.Object }

func newMembers(values map[string]any) members { return members{object.New(values, invalid)} }

// text takes a string without surrounding spaces; empty if it is absent or
// null.
func (o members) text(name string) string { return strings.TrimSpace(o.Text(name)) }

// required takes a string of 1 to maxName bytes.
func (o members) required(name string) string {
	value := o.text(name)
	if value == "" {
		o.Refuse(name, "is required")
	}
	if rule := text.Rule(value, maxName); rule != "" {
		o.Refuse(name, rule)
	}
	return value
}

// numeral takes a number that is written in digits alone, or a string, as text.
func (o members) numeral(name string) string {
	value := o.Take(name)
	if !text.Whole(value) {
		o.Refuse(name, text.RuleWhole)
	}
	return o.spelling(name, value)
}

// spelling returns a number as it is written, or a string.
func (o members) spelling(name string, value any) string {
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case string:
		value := strings.TrimSpace(v)
		if rule := text.Rule(value, maxName); rule != "" {
			o.Refuse(name, rule)
		}
		if value != "" {
			return value
		}
		o.Refuse(name, "is required")
	case nil:
		o.Refuse(name, "is required")
	default:
		o.Refuse(name, "is neither a number nor a string")
	}
	return ""
}

// integer takes an integer from low to high.
func (o members) integer(name string, low, high int) int {
	n, err := strconv.Atoi(o.numeral(name))
	if err != nil || n < low || n > high {
		o.Refuse(name, "is not an integer between "+strconv.Itoa(low)+" and "+strconv.Itoa(high))
	}
	return n
}

// amount takes a number.
func (o members) amount(name string) float64 {
	v, err := strconv.ParseFloat(o.spelling(name, o.Take(name)), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		o.Refuse(name, "is not a number")
	}
	return v
}

func invalid(field, rule string) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, field, rule)
}
