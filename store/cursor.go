package store

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Place is a position in the order of a search: the time that orders it and the
// ID of the last callback of a page. Pages that begin after a place skip and
// repeat nothing when callbacks are added or removed between them.
type Place = callback.Place

// Mark is where a search goes on.
type Mark struct {
	// Last is the place of the last callback of the page before.
	Last Place
	// End is the time, in the order of an ascending search, of the callback that was
	// the last when the search began; zero if it had none. The search ends there, so
	// that it ends although callbacks move behind it all the time. A descending
	// search has no such end.
	End time.Time
}

const (
	cursorVersion = 't'
	cursorTime    = 8 + 4            // seconds, nanoseconds
	cursorHead    = 2 + 2*cursorTime // version, order and direction, end, time
	maxCursor     = 1024
)

// FormatCursor returns the cursor of a mark in a search of the given order. An End
// before Last is set to the time of Last.
func FormatCursor(order callback.OrderBy, desc bool, m Mark) callback.Cursor {
	if !desc && m.End.Before(m.Last.QueuedAt) {
		m.End = m.Last.QueuedAt
	}
	raw := make([]byte, 0, cursorHead+len(m.Last.ID))
	raw = append(raw, cursorVersion, direction(order, desc))
	for _, t := range []time.Time{m.End, m.Last.QueuedAt} {
		at := instantOf(t)
		raw = binary.BigEndian.AppendUint64(raw, uint64(at.sec))
		raw = binary.BigEndian.AppendUint32(raw, uint32(at.nsec))
	}
	raw = append(raw, m.Last.ID...)
	return callback.Cursor(base64.RawURLEncoding.EncodeToString(raw))
}

// ParseCursor parses a cursor from FormatCursor for the same order and
// direction. ok is false for the empty cursor, which is the beginning. Any
// other text gives a [callback.FieldError].
func ParseCursor(c callback.Cursor, order callback.OrderBy, desc bool) (m Mark, ok bool, err error) {
	if c == "" {
		return Mark{}, false, nil
	}
	if len(c) > maxCursor {
		return Mark{}, false, invalid("After", "is too long for a cursor")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(raw) <= cursorHead || raw[0] != cursorVersion {
		return Mark{}, false, invalid("After", "is not a cursor of a search")
	}
	if raw[1] != direction(order, desc) {
		return Mark{}, false, invalid("After", "is of a search in another order")
	}
	var times [2]time.Time
	for i := range times {
		part := raw[2+i*cursorTime:]
		at := instant{sec: int64(binary.BigEndian.Uint64(part)), nsec: int32(binary.BigEndian.Uint32(part[8:]))}
		if at.nsec < 0 || at.nsec > 999_999_999 {
			return Mark{}, false, invalid("After", "is not a cursor of a search")
		}
		times[i] = at.Time()
	}
	if !desc && times[0].Before(times[1]) {
		return Mark{}, false, invalid("After", "is not a cursor of a search")
	}
	return Mark{Last: Place{QueuedAt: times[1], ID: callback.ID(raw[cursorHead:])}, End: times[0]}, true, nil
}

// EndOf returns the End of a search that begins with q: the time of the last
// callback that search, a store's own, finds in the order of q. It is zero for a
// descending search.
func EndOf(ctx context.Context, q Query, search func(context.Context, Query) (Page, error)) (time.Time, error) {
	if q.Desc {
		return time.Time{}, nil
	}
	q.Desc, q.Limit, q.After = true, 1, ""
	page, err := search(ctx, q)
	if err != nil || len(page.Callbacks) == 0 {
		return time.Time{}, err
	}
	return orderTime(page.Callbacks[0], q.Order), nil
}

func orderTime(cb *callback.Callback, order callback.OrderBy) time.Time {
	switch order {
	case callback.ByCreated:
		return cb.Created
	case callback.ByUpdated:
		return cb.Updated
	case callback.ByQueue:
		return cb.QueuedAt
	}
	return cb.Desired
}

func direction(order callback.OrderBy, desc bool) byte {
	d := byte(order) << 1
	if desc {
		d |= 1
	}
	return d
}

const feedPrefix = "f"

// FormatFeed returns the cursor of a position in a feed of events. The position
// must not be negative.
func FormatFeed(position int64) callback.Cursor {
	return callback.Cursor(feedPrefix + strconv.FormatInt(position, 36))
}

// ParseFeed parses a cursor from FormatFeed. The empty cursor is position 0,
// the beginning. Any other text, and a position after end, gives a
// [callback.FieldError].
func ParseFeed(c callback.Cursor, end int64) (int64, error) {
	if c == "" {
		return 0, nil
	}
	digits, ok := strings.CutPrefix(string(c), feedPrefix)
	position, err := strconv.ParseInt(digits, 36, 64)
	switch {
	case !ok || err != nil || position < 0 || FormatFeed(position) != c:
		return 0, invalid("After", "is not a cursor of an event feed")
	case position > end:
		return 0, invalid("After", "is after the end of this feed")
	}
	return position, nil
}
