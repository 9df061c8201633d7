package sqlkit

import (
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store/record"
)

// OrderColumn returns the name of the column that a search is ordered by.
func OrderColumn(order callback.OrderBy) string {
	switch order {
	case callback.ByCreated:
		return "created"
	case callback.ByUpdated:
		return "updated"
	case callback.ByQueue:
		return "queued_at"
	}
	return "desired"
}

// Priority converts a column. If n is not a priority, ok is false and p is the
// lowest.
func Priority[N int16 | int64](n N) (p scheduler.Priority, ok bool) {
	if n < 0 || n >= scheduler.Levels {
		return 0, false
	}
	return scheduler.Priority(n), true
}

// DecodeEvent decodes a body into e, whose other columns are set. If the body is
// damaged, e has only these and a Detail that says so, because one event must
// not end a feed.
func DecodeEvent(body []byte, e *callback.Event) {
	if err := record.DecodeEvent(body, e); err != nil {
		e.Detail = "the event cannot be decoded: " + err.Error()
	}
}
