package availability

import (
	"fmt"
	"time"
)

// LocalKind is how often a wall clock shows a local time.
type LocalKind int

const (
	// Exact means once.
	Exact LocalKind = iota
	// Gap means never, because the clock jumps over it.
	Gap
	// Overlap means more than once, because the clock is set back.
	Overlap
)

// String returns exact, gap or overlap.
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

// LocalTime is a date and time without a zone, such as "29 March, 02:30" from a
// customer. A host that stores it with the zone can compute the instant again
// if the rules of the zone change. The zero value is not valid; use
// [NewLocalTime], [ParseLocal] or [LocalOf].
type LocalTime struct {
	Year   int
	Month  time.Month
	Day    int
	Hour   int
	Minute int
	Second int
}

// NewLocalTime returns a local time with zero seconds. The year must be 1 to
// 9999 and the day must exist. The error is that of [LocalTime.Validate].
func NewLocalTime(year int, month time.Month, day, hour, minute int) (LocalTime, error) {
	l := LocalTime{Year: year, Month: month, Day: day, Hour: hour, Minute: minute}
	return l, l.Validate()
}

// Validate returns a [*ConfigError] per field that is out of range, joined.
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

// LocalOf returns the local time that a clock in loc shows at t. A nil loc is
// UTC.
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

// ParseLocal parses yyyy-MM-ddTHH:mm or yyyy-MM-ddTHH:mm:ss.
func ParseLocal(s string) (LocalTime, error) {
	for _, layout := range []string{localLayout, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil && t.Nanosecond() == 0 && t.Year() >= minYear {
			return LocalOf(t, time.UTC), nil
		}
	}
	return LocalTime{}, &ConfigError{Field: "local time", Value: shorten(s), Reason: "not yyyy-MM-ddTHH:mm:ss"}
}

// String formats the local time as yyyy-MM-ddTHH:mm:ss.
func (l LocalTime) String() string {
	return fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d", l.Year, int(l.Month), l.Day, l.Hour, l.Minute, l.Second)
}

// MarshalText implements [encoding.TextMarshaler]; the text is that of String.
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

// Resolution is the result of converting a local time to instants.
type Resolution struct {
	// First is the instant of a booking at the local time: the first occurrence
	// in an overlap, and the first valid instant after a gap.
	First time.Time
	// Last is the last occurrence. It differs from First only in an overlap.
	Last time.Time
	Kind LocalKind
}

// Resolve returns the instants of the local time in loc; a nil loc is UTC. It
// reads the zone itself because [time.Date] does not specify which side of a
// transition it uses. Fields out of range carry over as in time.Date, and the
// year is clamped to 1 to 9999.
func (l LocalTime) Resolve(loc *time.Location) Resolution {
	if loc == nil {
		loc = time.UTC
	}
	first, last, kind := resolveIn(loc, l.wall())
	return Resolution{First: utc(first), Last: utc(last), Kind: kind}
}

// In returns the instant of a booking at the local time in loc, in UTC: the
// first occurrence in an overlap, and the first valid instant after a gap.
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

// wall returns the local time in seconds since 1970-01-01T00:00 local time.
func (l LocalTime) wall() int64 {
	t := time.Date(min(max(l.Year, minYear), maxYear), l.Month, l.Day, l.Hour, l.Minute, l.Second, 0, time.UTC)
	return min(max(t.Unix(), minUnix), maxUnix)
}
