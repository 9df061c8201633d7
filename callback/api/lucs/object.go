package lucs

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/object"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// members are the members of a body.
type members struct{ *object.Object }

// readObject parses a body. Its error, and that of the members, is an
// [*api.Fault].
func readObject(body []byte) (members, error) {
	var raw map[string]any
	if err := api.Decode(body, &raw); err != nil {
		return members{}, err
	}
	if raw == nil {
		return members{}, api.NewFault(http.StatusBadRequest, "", "the body is not a JSON object")
	}
	o := object.New(raw, func(name, rule string) error { return api.NewFault(http.StatusBadRequest, name, rule) })
	return members{o}, o.Err()
}

// name takes a string that must be valid as a name, because stores cannot
// search for others.
func (o members) name(name string, limit int) string {
	value := o.Text(name)
	if rule := text.Rule(value, limit); rule != "" {
		o.Refuse(name, rule)
	}
	return value
}

// required takes a string that is not empty.
func (o members) required(name string) string {
	text := o.Text(name)
	if text == "" {
		o.Refuse(name, "is required")
	}
	return text
}

// integer takes an integer from 0 to most; ok is false if it is absent.
func (o members) integer(name string, most int64) (n int64, ok bool) {
	switch v := o.Take(name).(type) {
	case nil:
		return 0, false
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err == nil && n >= 0 && n <= most {
			return n, true
		}
		o.Refuse(name, "must be an integer from 0 to "+strconv.FormatInt(most, 10))
	default:
		o.Refuse(name, "must be a number")
	}
	return 0, false
}

// date takes a date; zero if it is absent or the default of .NET.
func (o members) date(name string) time.Time {
	text := o.Text(name)
	if text == "" {
		return time.Time{}
	}
	t, ok := parseDate(text)
	if !ok {
		o.Refuse(name, "is not a date, such as 2019-06-14T10:02:07.455Z or 14.06.2019 10:02:07")
	}
	if t.Year() <= 1 {
		return time.Time{}
	}
	return t
}
