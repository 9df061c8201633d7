package scheduler

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Bounds of what [ParseRecurrence] accepts.
const (
	// MaxSpec is the maximum length of a recurrence in bytes, including a zone
	// prefix.
	MaxSpec = 256
	// MaxEvery is the longest period of @every.
	MaxEvery = 366 * 24 * time.Hour
	// maxZone is the maximum length of a time zone name in bytes.
	maxZone = 64
)

// Recurrence is a set of instants, written as a cron expression in a time zone.
// It is an immutable value and safe for concurrent use. The zero Recurrence
// never fires.
type Recurrence struct {
	spec  string // canonical, without the zone
	zone  *time.Location
	every time.Duration // period of @every, otherwise 0

	minute  uint64 // bit n is minute n; likewise below
	hour    uint32
	day     uint32
	month   uint16
	weekday uint8
	// bothDays means that a date must match both day fields, because one of
	// them is a star. Otherwise matching either is enough.
	bothDays bool
}

// ParseRecurrence parses a recurrence: the five cron fields minute, hour, day
// of month, month and day of week; or one of @yearly, @annually, @monthly,
// @weekly, @daily, @midnight and @hourly; or @every followed by a duration such
// as 1h30m. A field is a comma-separated list of numbers, names (jan, mon),
// ranges, stars and steps; "?" means the same as a star. Sunday is 0. If both
// day fields are restricted, a date matches if either field does, as in every
// cron; a step such as */2 is a restriction.
//
// zone is an IANA name; empty means UTC. A prefix CRON_TZ=zone or TZ=zone in
// spec overrides it. The zone Local is refused: a recurrence must mean the same
// on every machine.
//
// @every fires at whole multiples of its period since 1970-01-01T00:00:00Z,
// whatever the zone, so that all nodes agree. The period must be a whole number
// of seconds from 1 s to [MaxEvery].
//
// An error is an [ErrRecurrence] and a [*FieldError], and also an [ErrZone] for
// an unknown zone or an [ErrNeverFires] for a spec that names no existing date.
// ParseRecurrence does not panic on any input and reads at most [MaxSpec]
// bytes.
func ParseRecurrence(spec, zone string) (Recurrence, error) {
	if len(spec) > MaxSpec {
		return Recurrence{}, fault("spec", strconv.Itoa(len(spec))+" bytes", fmt.Sprintf("must be at most %d bytes", MaxSpec), ErrRecurrence)
	}
	words := strings.Fields(spec)
	if len(words) > 0 {
		for _, prefix := range []string{"CRON_TZ=", "TZ="} {
			name, found := strings.CutPrefix(words[0], prefix)
			if !found {
				continue
			}
			if name == "" {
				return Recurrence{}, fault("zone", strconv.Quote(words[0]), "must name a zone", ErrRecurrence, ErrZone)
			}
			zone, words = name, words[1:]
			break
		}
	}
	if len(words) == 0 {
		return Recurrence{}, fault("spec", "", "must not be empty", ErrRecurrence)
	}
	r := Recurrence{spec: strings.Join(words, " ")}
	var err error
	if r.zone, err = loadZone(zone); err != nil {
		return Recurrence{}, err
	}
	if words[0] == "@every" {
		r.every, err = parseEvery(words[1:])
	} else {
		err = r.parseCron(words)
	}
	if err != nil {
		return Recurrence{}, err
	}
	return r, nil
}

// loadZone loads a zone by name, refusing names that depend on the machine.
func loadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	if len(name) <= maxZone && !strings.EqualFold(name, "local") {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, fault("zone", strconv.Quote(cut(name)), "must be an IANA time zone of this system", ErrRecurrence, ErrZone)
}

// parseEvery parses the period of @every. The cron package is not used: it
// rounds negative and short periods up to a second and counts from the time of
// the call.
func parseEvery(words []string) (time.Duration, error) {
	text := strings.Join(words, " ")
	period, err := time.ParseDuration(text)
	if err != nil || period < time.Second || period > MaxEvery || period%time.Second != 0 {
		return 0, fault("@every", strconv.Quote(text), "must be a duration of whole seconds, 1s to 8784h", ErrRecurrence)
	}
	return period, nil
}

// parseCron parses five fields or a descriptor with the cron package, after
// refusing the input that package misreads.
func (r *Recurrence) parseCron(words []string) error {
	fields := []string{"minute", "hour", "day of month", "month", "day of week"}
	if !strings.HasPrefix(words[0], "@") {
		if len(words) != len(fields) {
			return fault("spec", strconv.Itoa(len(words))+" fields", "must have 5 fields: minute, hour, day of month, month, day of week", ErrRecurrence)
		}
		for i, word := range words {
			if rule := checkField(word); rule != "" {
				return fault(fields[i], strconv.Quote(word), rule, ErrRecurrence)
			}
		}
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	schedule, err := parser.Parse(r.spec)
	if err != nil {
		return fault("spec", strconv.Quote(r.spec), "cannot be read: "+err.Error(), ErrRecurrence)
	}
	bits, ok := schedule.(*cron.SpecSchedule)
	if !ok {
		return fault("spec", strconv.Quote(r.spec), "must have 5 fields or be a descriptor", ErrRecurrence)
	}
	const star = 1 << 63 // bit with which the cron package marks a star
	r.minute = bits.Minute &^ star
	r.hour, r.day = uint32(bits.Hour), uint32(bits.Dom)
	r.month, r.weekday = uint16(bits.Month), uint8(bits.Dow)
	r.bothDays = bits.Dom&star != 0 || bits.Dow&star != 0
	if !r.fires() {
		return fault("spec", strconv.Quote(r.spec), "names no day that any year has", ErrRecurrence, ErrNeverFires)
	}
	return nil
}

// checkField returns the rule that a field breaks, or "". It refuses fields to
// which the cron package gives an unintended meaning: it drops empty list
// items, takes a sign for part of a number, and reads a range from a star as a
// star.
func checkField(field string) string {
	for i := range len(field) {
		c := field[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && !('0' <= c && c <= '9') && !strings.ContainsRune("*?,-/", rune(c)) {
			return "must hold digits, letters and * ? , - / only"
		}
	}
	for item := range strings.SplitSeq(field, ",") {
		values, step, stepped := strings.Cut(item, "/")
		switch {
		case values == "" || stepped && step == "":
			return "must not have an empty list item or step"
		case strings.ContainsAny(values, "*?") && len(values) > 1:
			return "must not join a star with anything but a step"
		}
	}
	return ""
}

// fires reports whether any year has a date that matches. The time fields need
// no check, because no field is empty.
func (r *Recurrence) fires() bool {
	const everyWeekday = 1<<7 - 1
	if !r.bothDays || r.weekday != everyWeekday {
		return true // every month has all weekdays
	}
	for month := time.January; month <= time.December; month++ {
		// The days of a leap year, so that 29 February counts.
		days := uint32(1)<<(daysIn(2000, month)+1) - 1
		if r.month&(1<<month) != 0 && r.day&days != 0 {
			return true
		}
	}
	return false
}

// Zone returns the IANA name of the zone, or "" for the zero Recurrence.
func (r Recurrence) Zone() string {
	if r.zone == nil {
		return ""
	}
	return r.zone.String()
}

// String returns the canonical form, such as "CRON_TZ=Europe/Berlin 0 9 * *
// 1-5", which [ParseRecurrence] parses to an equal Recurrence. It returns ""
// for the zero Recurrence.
func (r Recurrence) String() string {
	if r.zone == nil {
		return ""
	}
	return "CRON_TZ=" + r.zone.String() + " " + r.spec
}

// MarshalText returns the text of [Recurrence.String].
func (r Recurrence) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText parses text as [ParseRecurrence] does with an empty zone; empty
// text is the zero Recurrence. It leaves r unchanged on error.
func (r *Recurrence) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = Recurrence{}
		return nil
	}
	parsed, err := ParseRecurrence(string(text[:min(len(text), MaxSpec+1)]), "")
	if err == nil {
		*r = parsed
	}
	return err
}
