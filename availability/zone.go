package availability

import (
	"errors"
	"math"
	"time"
)

// resolveMargin is how far around a local time the zone is examined. No zone is
// more than 26 hours from UTC or changes by more than a day.
const resolveMargin = 3 * daySeconds

// LoadZone returns the location of an IANA zone id; "" is UTC. Ids of Java are
// accepted if the IANA database has them as links ("EST5EDT", "US/Pacific").
// "Local" is an error, because it would make a calendar differ between
// machines.
func LoadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New(`zone "Local" depends on the machine; name an IANA zone`)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, errors.New("zone is not in the IANA time zone database")
	}
	return loc, nil
}

// segment is a maximal interval [start, end) with one UTC offset.
type segment struct {
	start, end int64 // unix seconds
	off        int64 // seconds east of UTC
}

const (
	beginning = math.MinInt64 / 4
	forever   = math.MaxInt64 / 4
)

// segments appends the segments that overlap [from, to) in order. It merges
// neighbours with equal offsets, because package time also reports bounds at
// which only the abbreviation or the year changes. The outer bounds of the
// first and last segment may be anywhere outside (from, to).
func segments(dst []segment, loc *time.Location, from, to int64) []segment {
	at := from
	for {
		t := time.Unix(at, 0).In(loc)
		_, off := t.Zone()
		s := segment{start: beginning, end: forever, off: int64(off)}
		start, end := t.ZoneBounds()
		if !start.IsZero() {
			s.start = start.Unix()
		}
		if !end.IsZero() {
			s.end = end.Unix()
		}
		if n := len(dst); n > 0 && dst[n-1].off == s.off {
			dst[n-1].end = s.end
		} else {
			if n > 0 {
				s.start = dst[n-1].end
			}
			dst = append(dst, s)
		}
		if s.end >= to || s.end <= at {
			return dst
		}
		at = s.end
	}
}

// resolve returns the first and last instant at which a clock shows wall, in
// seconds since 1970-01-01T00:00 local time. In a gap both are the instant of
// the jump, the first valid one after it.
func resolve(segs []segment, wall int64) (first, last int64, kind LocalKind) {
	jump, found := int64(forever), 0
	for i := range segs {
		s := &segs[i]
		u := wall - s.off
		switch {
		case u >= s.end:
		case u >= s.start:
			if found == 0 {
				first = u
			}
			last = u
			found++
		case jump == forever:
			jump = s.start
		}
	}
	switch {
	case found > 1:
		return first, last, Overlap
	case found == 1:
		return first, last, Exact
	}
	return jump, jump, Gap
}

// resolveIn resolves a local time in a location.
func resolveIn(loc *time.Location, wall int64) (first, last int64, kind LocalKind) {
	var buf [8]segment
	return resolve(segments(buf[:0], loc, wall-resolveMargin, wall+resolveMargin), wall)
}

// wallAt returns the local time of an instant in seconds since 1970-01-01T00:00
// local time.
func wallAt(loc *time.Location, unix int64) int64 {
	_, off := time.Unix(unix, 0).In(loc).Zone()
	return unix + int64(off)
}

// zoneName returns the name by which locations are compared and reported. Two
// loads of one zone return different pointers.
func zoneName(loc *time.Location) string { return loc.String() }
