package store

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// Place is a position in the order of a search: the time that orders it and the
// ID of the last callback of a page. Pages that begin after a place skip and
// repeat nothing when callbacks are added or removed between them.
type Place = callback.Place

const (
	cursorVersion = 's'
	cursorHead    = 2 + 8 + 4 // version, order and direction, seconds, nanoseconds
	maxCursor     = 1024
)

// FormatCursor returns the cursor of a place in a search of the given order.
func FormatCursor(order callback.OrderBy, desc bool, last Place) callback.Cursor {
	at := instantOf(last.QueuedAt)
	raw := make([]byte, 0, cursorHead+len(last.ID))
	raw = append(raw, cursorVersion, direction(order, desc))
	raw = binary.BigEndian.AppendUint64(raw, uint64(at.sec))
	raw = binary.BigEndian.AppendUint32(raw, uint32(at.nsec))
	raw = append(raw, last.ID...)
	return callback.Cursor(base64.RawURLEncoding.EncodeToString(raw))
}

// ParseCursor parses a cursor from FormatCursor for the same order and
// direction. ok is false for the empty cursor, which is the beginning. Any
// other text gives a [callback.FieldError].
func ParseCursor(c callback.Cursor, order callback.OrderBy, desc bool) (last Place, ok bool, err error) {
	if c == "" {
		return Place{}, false, nil
	}
	if len(c) > maxCursor {
		return Place{}, false, invalid("After", "is too long for a cursor")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(c))
	if err != nil || len(raw) <= cursorHead || raw[0] != cursorVersion {
		return Place{}, false, invalid("After", "is not a cursor of a search")
	}
	if raw[1] != direction(order, desc) {
		return Place{}, false, invalid("After", "is of a search in another order")
	}
	at := instant{sec: int64(binary.BigEndian.Uint64(raw[2:])), nsec: int32(binary.BigEndian.Uint32(raw[10:]))}
	if at.nsec < 0 || at.nsec > 999_999_999 {
		return Place{}, false, invalid("After", "is not a cursor of a search")
	}
	return Place{QueuedAt: at.Time(), ID: callback.ID(raw[cursorHead:])}, true, nil
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
