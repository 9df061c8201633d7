package sqlite

import (
	"math"
	"time"
)

// instant is a time as a column keeps it: microseconds since 1970. Its order is
// that of the columns, none first.
type instant int64

// none is no time, NULL in a column.
const none instant = math.MinInt64

// The seconds whose microseconds an int64 holds.
const farthest = math.MaxInt64/1_000_000 - 1

// inReach reports whether a column can keep t.
func inReach(t time.Time) bool {
	s := t.Unix()
	return t.IsZero() || -farthest <= s && s <= farthest
}

// floor is the last microsecond that t has reached; for now, and for times that
// only order. What is out of reach is the end of what is in reach.
func floor(t time.Time) instant {
	switch {
	case t.IsZero():
		return none
	case t.Unix() > farthest:
		return farthest * 1_000_000
	case t.Unix() < -farthest:
		return -farthest * 1_000_000
	}
	return instant(t.UnixMicro())
}

// ceil is the first microsecond at which t has come; for times that something
// waits for, so that nothing comes early.
func ceil(t time.Time) instant {
	at := floor(t)
	if at != none && t.Nanosecond()%1000 != 0 {
		at++
	}
	return at
}

// Time is the instant in UTC, or the zero time.
func (i instant) Time() time.Time {
	if i == none {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// value is what a column gets.
func (i instant) value() any {
	if i == none {
		return nil
	}
	return int64(i)
}
