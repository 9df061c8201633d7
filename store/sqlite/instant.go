package sqlite

import (
	"math"
	"time"
)

// instant is a time in microseconds since 1970, as columns have it. none comes
// first.
type instant int64

// none is the zero time, NULL in a column.
const none instant = math.MinInt64

// farthest is the largest number of seconds whose microseconds fit into an
// instant.
const farthest = math.MaxInt64/1_000_000 - 1

// inReach reports whether a column can represent t.
func inReach(t time.Time) bool {
	s := t.Unix()
	return t.IsZero() || -farthest <= s && s <= farthest
}

// floor rounds t down. It is for the current time, and for times that only
// order. Times out of reach become the nearest in reach.
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

// ceil rounds t up. It is for times that something waits for, so that it does
// not happen early.
func ceil(t time.Time) instant {
	at := floor(t)
	if at != none && t.Nanosecond()%1000 != 0 {
		at++
	}
	return at
}

// Time returns the time in UTC.
func (i instant) Time() time.Time {
	if i == none {
		return time.Time{}
	}
	return time.UnixMicro(int64(i)).UTC()
}

// value returns the column value.
func (i instant) value() any {
	if i == none {
		return nil
	}
	return int64(i)
}
