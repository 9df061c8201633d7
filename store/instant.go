package store

import (
	"cmp"
	"time"
)

// yearOne is the Unix time of the zero time.Time.
const yearOne = -62135596800

// instant is a time.Time without location and monotonic reading. It contains no
// pointer, and its zero value is the zero time.
type instant struct {
	sec  int64 // since the zero time
	nsec int32
}

func instantOf(t time.Time) instant {
	return instant{sec: t.Unix() - yearOne, nsec: int32(t.Nanosecond())}
}

// Time returns the instant in UTC.
func (i instant) Time() time.Time {
	if i == (instant{}) {
		return time.Time{}
	}
	return time.Unix(i.sec+yearOne, int64(i.nsec)).UTC()
}

func (i instant) IsZero() bool { return i == instant{} }

func (i instant) Compare(j instant) int {
	if c := cmp.Compare(i.sec, j.sec); c != 0 {
		return c
	}
	return cmp.Compare(i.nsec, j.nsec)
}

func (i instant) Before(j instant) bool { return i.Compare(j) < 0 }

func (i instant) After(j instant) bool { return i.Compare(j) > 0 }

// plain returns t in UTC and without monotonic reading, as every reader gets
// it.
func plain(t time.Time) time.Time { return t.Round(0).UTC() }
