package lucs

import (
	"context"
	"net/http"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// StateOf returns the LUCS state of a callback and the domain states that a
// search for it covers.
func StateOf(cb *callback.Callback) (string, []callback.State) {
	s := stateOf(cb)
	return s.String(), s.states()
}

// Left returns the time until a callback leaves its queue.
func Left(cb *callback.Callback, s callback.Service, now time.Time) time.Duration {
	return left(cb, s, now)
}

// ParseDate exports parseDate.
func ParseDate(text string) (time.Time, bool) { return parseDate(text) }

// FormatDate formats a date as answers contain it.
func FormatDate(t time.Time) string { return wire.Time(t) }

// ReadCreate parses the body of a create.
func ReadCreate(body []byte) (manager.Request, error) {
	req, _, err := readCreate(body, nil)
	return req, err
}

// ReadSearch parses the body of a search.
func ReadSearch(body []byte) (q callback.Query, limit, offset int64, err error) {
	s, err := readSearch(body)
	if err != nil {
		return callback.Query{}, 0, 0, err
	}
	return s.query, s.limit, s.offset, nil
}

// RefusalOf returns the status, code and message that answer err.
func RefusalOf(err error) (status int, code, message string) {
	r := refusalOf(err)
	return r.status, r.code, r.message
}

// Hold takes the turn of a tenant for large searches until done is called.
func (h *Handler) Hold(ctx context.Context, tenant string) (done func(), err error) {
	return h.turns.Take(ctx, make(http.Header), tenant)
}
