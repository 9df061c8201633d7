package lcm

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

const (
	channelLCM  = "LCM"
	topicWeb    = "WebService"
	topicOut    = "Outbound"
	wsError     = "WS_Error"
	maxName     = 128  // bytes of an id or a name, as a Manager takes them
	maxComments = 1024 // bytes of AgentComments, likewise
)

// envelope is a message that has been read.
type envelope struct {
	topic, subtopic, source string
	data                    object
}

// reply is a message that is sent.
type reply struct {
	Channel  string `json:"channel"`
	Topic    string `json:"topic"`
	Subtopic string `json:"subtopic"`
	Message  any    `json:"message"`
}

func (r reply) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// read takes a message apart.
func read(message []byte) (*envelope, error) {
	if len(message) > api.MaxBody {
		return nil, api.NewFault(http.StatusRequestEntityTooLarge, "", "the message has more than "+strconv.Itoa(api.MaxBody)+" bytes")
	}
	var raw any
	if err := api.Decode(message, &raw); err != nil {
		return nil, err
	}
	o, err := newObject("", raw)
	if err != nil {
		return nil, err
	}
	channel, err := o.required("channel", maxName)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(channel, channelLCM) {
		return nil, invalid("channel", "is not "+channelLCM)
	}
	var env envelope
	if env.topic, err = o.required("topic", maxName); err != nil {
		return nil, err
	}
	if env.subtopic, err = o.required("subtopic", maxName); err != nil {
		return nil, err
	}
	if env.source, err = o.optional("source"); err != nil {
		return nil, err
	}
	if rule := checkText(env.source, maxName); rule != "" {
		return nil, invalid("source", rule)
	}
	env.data, err = newObject("data", o.value("data"))
	return &env, err
}

// object is a JSON object whose members are found without case.
type object struct {
	names  map[string]string // in lower case, as they were written
	values map[string]any    // by the name in lower case
}

// newObject reads a value that has to be an object; null is an empty one.
func newObject(field string, value any) (object, error) {
	members, ok := value.(map[string]any)
	if !ok && (value != nil || field == "") {
		if field == "" {
			return object{}, api.NewFault(http.StatusBadRequest, "", "the message is not a JSON object")
		}
		return object{}, invalid(field, "is not a JSON object")
	}
	o := object{names: make(map[string]string, len(members)), values: make(map[string]any, len(members))}
	for name, v := range members {
		lower := strings.ToLower(name)
		if _, taken := o.names[lower]; taken {
			return object{}, invalid(lower, "is there more than once")
		}
		o.names[lower], o.values[lower] = name, v
	}
	return o, nil
}

func (o object) value(name string) any { return o.values[strings.ToLower(name)] }

// optional reads a text; what is missing or null is empty. Blanks around it are
// not part of it.
func (o object) optional(name string) (string, error) {
	switch v := o.value(name).(type) {
	case nil:
		return "", nil
	case string:
		return strings.TrimSpace(v), nil
	}
	return "", invalid(name, "is not a text")
}

// required reads a text that is not empty.
func (o object) required(name string, most int) (string, error) {
	text, err := o.optional(name)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", invalid(name, "is required")
	}
	if rule := checkText(text, most); rule != "" {
		return "", invalid(name, rule)
	}
	return text, nil
}

// numeral reads the text of a number that may also be written as a text.
func (o object) numeral(name string) (string, error) {
	if n, ok := o.value(name).(json.Number); ok {
		return n.String(), nil
	}
	if _, ok := o.value(name).(string); !ok && o.value(name) != nil {
		return "", invalid(name, "is neither a number nor a text")
	}
	return o.required(name, maxName)
}

// integer reads a whole number within bounds.
func (o object) integer(name string, low, high int) (int, error) {
	text, err := o.numeral(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, invalid(name, "is not a whole number between "+strconv.Itoa(low)+" and "+strconv.Itoa(high))
	}
	return n, nil
}

// checkText says what is wrong with a text, and nothing when it is right.
func checkText(text string, most int) string {
	switch {
	case len(text) > most:
		return "has more than " + strconv.Itoa(most) + " bytes"
	case !utf8.ValidString(text):
		return "is not valid UTF-8"
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "has control characters"
	}
	return ""
}

func invalid(field, rule string) error {
	return callback.NewFieldError(callback.ErrInvalidParameter, field, rule)
}
