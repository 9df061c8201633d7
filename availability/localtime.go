package availability

import (
	"fmt"
	"time"
)

// LocalKind says how often a wall clock shows a reading.
type LocalKind int

const (
	// Exact readings are shown once.
	Exact LocalKind = iota
	// Gap readings are never shown: the clock jumps over them.
	Gap
	// Overlap readings are shown more than once: the clock is set back.
	Overlap
)

// String names the kind: exact, gap or overlap.
func (k LocalKind) String() string {
	switch k {
	case Exact:
		return "exact"
	case Gap:
		return "gap"
	case Overlap:
		return "overlap"
	}
	return fmt.Sprintf("LocalKind(%d)", int(k))
}

// LocalTime is a wall-clock reading without a zone, such as a customer gives: "
// 29 March at 02:30". A host that keeps it beside the zone can derive the
// instant again when the rules of the zone change. The zero value is not a date;
// make one with [NewLocalTime], [ParseLocal] or [LocalOf].
type LocalTime struct {
	Year   int
	Month  time.Month
	Day    int
	Hour   int
	Minute int
	Second int
}

// NewLocalTime checks the fields: year 1 to 9999, a day the month has, 00:00 to
// 23:59. The error is a [*ConfigError] that names the field.
func NewLocalTime(year int, month time.Month, day, hour, minute int) (LocalTime, error) {
	l := LocalTime{Year: year, Month: month, Day: day, Hour: hour, Minute: minute}
	return l, l.Validate()
}

// Validate reports every field that is out of range.
func (l LocalTime) Validate() error {
	var f faults
	if l.Year < minYear || l.Year > maxYear {
		f.add("Year", fmt.Sprint(l.Year), "not 1 to 9999")
	} else if why := (DateRule{Year: l.Year, Month: l.Month, Day: l.Day}).fault(); why != "" {
		f.add("Day", fmt.Sprintf("%d-%d", int(l.Month), l.Day), "%s", why)
	}
	if l.Hour < 0 || l.Hour > 23 {
		f.add("Hour", fmt.Sprint(l.Hour), "not 0 to 23")
	}
	if l.Minute < 0 || l.Minute > 59 {
		f.add("Minute", fmt.Sprint(l.Minute), "not 0 to 59")
	}
	if l.Second < 0 || l.Second > 59 {
		f.add("Second", fmt.Sprint(l.Second), "not 0 to 59")
	}
	return f.err()
}

// LocalOf returns what the wall clock of loc shows at t. A nil loc is UTC.
func LocalOf(t time.Time, loc *time.Location) LocalTime {
	if loc == nil {
		loc = time.UTC
	}
	t = t.In(loc)
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	return LocalTime{Year: year, Month: month, Day: day, Hour: hour, Minute: minute, Second: second}
}

const localLayout = "2006-01-02T15:04:05"

// ParseLocal reads yyyy-MM-ddTHH:mm or yyyy-MM-ddTHH:mm:ss without a zone.
func ParseLocal(s string) (LocalTime, error) {
	for _, layout := range []string{localLayout, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil && t.Nanosecond() == 0 && t.Year() >= minYear {
			return LocalOf(t, time.UTC), nil
		}
	}
	return LocalTime{}, &ConfigError{Field: "local time", Value: shorten(s), Reason: "not yyyy-MM-ddTHH:mm:ss"}
}

// String formats the reading as yyyy-MM-ddTHH:mm:ss.
func (l LocalTime) String() string {
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", l.Year, int(l.Month), l.Day, l.Hour, l.Minute, l.Second)
}

// MarshalText implements [encoding.TextMarshaler] with the form of String.
func (l LocalTime) MarshalText() ([]byte, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	return []byte(l.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; see [ParseLocal].
func (l *LocalTime) UnmarshalText(text []byte) error {
	parsed, err := ParseLocal(string(text))
	if err == nil {
		*l = parsed
	}
	return err
}

// Resolution is what a wall-clock reading means in a zone.
type Resolution struct {
	// First is the instant of a booking made for the reading: the only one it
	// names, in an overlap the first, in a gap the instant at which the clock
	// jumps, which is the first valid one after.
	First time.Time
	// Last differs from First in an overlap only: the last occurrence.
	Last time.Time
	Kind LocalKind
}

// Resolve finds the instants the reading names in loc; a nil loc is UTC. It
// examines the zone itself, because [time.Date] leaves open which side of a
// transition it chooses. Fields outside their ranges carry over as in
// time.Date, and a year outside 1 to 9999 is taken as the nearer bound.
func (l LocalTime) Resolve(loc *time.Location) Resolution {
	if loc == nil {
		loc = time.UTC
	}
	first, last, kind := resolveIn(loc, l.wall())
	return Resolution{First: utc(first), Last: utc(last), Kind: kind}
}

// In returns the instant at which a booking for this wall-clock reading takes
// place in loc, in UTC, and how often the clock there shows it: a reading in a
// gap becomes the first valid instant after it, one in an overlap the first
// occurrence.
func (l LocalTime) In(loc *time.Location) (instant time.Time, kind LocalKind) {
	r := l.Resolve(loc)
	return r.First, r.Kind
}

// ResolveLocal is [NewLocalTime] followed by [LocalTime.In].
func ResolveLocal(year int, month time.Month, day, hour, minute int, loc *time.Location) (time.Time, LocalKind, error) {
	l, err := NewLocalTime(year, month, day, hour, minute)
	if err != nil {
		return time.Time{}, Exact, err
	}
	instant, kind := l.In(loc)
	return instant, kind, nil
}

// wall is the reading in seconds since 1970-01-01T00:00 on the wall.
func (l LocalTime) wall() int64 {
	t := time.Date(min(max(l.Year, minYear), maxYear), l.Month, l.Day, l.Hour, l.Minute, l.Second, 0, time.UTC)
	return min(max(t.Unix(), minUnix), maxUnix)
}
