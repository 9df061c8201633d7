package lucs

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// StateOf is a callback's state, and the states of the domain in which a search
// for it looks.
func StateOf(cb *callback.Callback) (string, []callback.State) {
	s := stateOf(cb)
	return s.String(), s.states()
}

// Left is how long until a callback leaves its queue.
func Left(cb *callback.Callback, s callback.Service, now time.Time) time.Duration {
	return left(cb, s, now)
}

// ParseDate reads a date.
func ParseDate(text string) (time.Time, bool) { return parseDate(text) }

// FormatDate writes a date.
func FormatDate(t time.Time) string { return wire.Time(t) }

// ReadCreate reads the body of a create.
func ReadCreate(body []byte) (manager.Request, error) {
	req, _, err := readCreate(body)
	return req, err
}

// ReadSearch reads the body of a search.
func ReadSearch(body []byte) (q callback.Query, limit, offset int64, err error) {
	s, err := readSearch(body)
	if err != nil {
		return callback.Query{}, 0, 0, err
	}
	return s.query, s.limit, s.offset, nil
}

// RefusalOf is how an error is answered.
func RefusalOf(err error) (status int, code, message string) {
	r := refusalOf(err)
	return r.status, r.code, r.message
}
