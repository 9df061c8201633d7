package lucs

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback/api"
)

// object is a JSON object whose members are found in any case, each once. It
// keeps the first fault it meets, so that a body is read without a check at each
// member.
type object struct {
	values map[string]any // those nobody has asked for, by name in lower case
	fault  *api.Fault
}

// readObject reads a body. The error is a [*api.Fault].
func readObject(body []byte) (*object, error) {
	var members map[string]any
	if err := api.Decode(body, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, api.NewFault(http.StatusBadRequest, "", "the body is not a JSON object")
	}
	o := &object{values: make(map[string]any, len(members))}
	for name, value := range members {
		lower := strings.ToLower(name)
		if _, twice := o.values[lower]; twice {
			return nil, api.NewFault(http.StatusBadRequest, "", "a member is there more than once, in different cases")
		}
		o.values[lower] = value
	}
	return o, nil
}

func (o *object) refuse(name, rule string) {
	if o.fault == nil {
		o.fault = api.NewFault(http.StatusBadRequest, name, rule)
	}
}

// err returns the first fault.
func (o *object) err() error {
	if o.fault == nil {
		return nil
	}
	return o.fault
}

func (o *object) take(name string) any {
	lower := strings.ToLower(name)
	value := o.values[lower]
	delete(o.values, lower)
	return value
}

// text returns a text; "" when it is absent.
func (o *object) text(name string) string {
	switch v := o.take(name).(type) {
	case nil:
		return ""
	case string:
		return v
	}
	o.refuse(name, "has to be a text")
	return ""
}

// name returns a text that something can be called by: what no callback can
// have is refused, because a store might not even be able to ask for it.
func (o *object) name(name string, most int) string {
	text := o.text(name)
	if len(text) > most {
		o.refuse(name, "has more than "+strconv.Itoa(most)+" bytes")
	}
	if strings.ContainsFunc(text, isControl) {
		o.refuse(name, "has control characters")
	}
	return text
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// required returns a text that has to be there.
func (o *object) required(name string) string {
	text := o.text(name)
	if text == "" {
		o.refuse(name, "is required")
	}
	return text
}

// integer returns a whole number from low to high; ok is false when it is
// absent.
func (o *object) integer(name string, low, high int64) (n int64, ok bool) {
	switch v := o.take(name).(type) {
	case nil:
		return 0, false
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err == nil && n >= low && n <= high {
			return n, true
		}
		o.refuse(name, "has to be a whole number from "+strconv.FormatInt(low, 10)+" to "+strconv.FormatInt(high, 10))
	default:
		o.refuse(name, "has to be a number")
	}
	return 0, false
}

// date returns a date; zero when it is absent, or one of .NET's for none.
func (o *object) date(name string) time.Time {
	text := o.text(name)
	if text == "" {
		return time.Time{}
	}
	t, ok := parseDate(text)
	if !ok {
		o.refuse(name, "is not a date, such as 2019-06-14T10:02:07.455Z or 14.06.2019 10:02:07")
	}
	if t.Year() <= 1 {
		return time.Time{}
	}
	return t
}

// unknown reports whether there is a member, other than null, that nobody has
// asked for.
func (o *object) unknown() bool {
	for _, value := range o.values {
		if value != nil {
			return true
		}
	}
	return false
}
