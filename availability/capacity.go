package availability

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Capacity returns the number of seats of a bucket. A negative number counts as
// 0. At must be a pure function of its argument, because planners cache its
// results, and safe for concurrent use. It panics if it cannot tell the number: a
// Manager refuses the request with ErrCapacity of package callback.
type Capacity interface {
	// At returns the seats of the bucket that begins at bucketStart.
	At(bucketStart time.Time) int
}

// StepCapacity is a [Capacity] that also returns how long a value is valid, so
// that a planner need not ask for every bucket. All capacities of this package
// implement it.
type StepCapacity interface {
	Capacity
	// Step returns the value of At and an instant before which every bucket
	// that begins has the same value. until must be after bucketStart.
	Step(bucketStart time.Time) (seats int, until time.Time)
}

// MaxSeats is the maximum number of seats of a bucket.
const MaxSeats = 1_000_000

type flat int

// Flat returns a capacity of n seats for every bucket; n is clamped to the
// range 0 to [MaxSeats]. GMS: _max_request_by_time_bucket
func Flat(n int) Capacity { return flat(min(max(n, 0), MaxSeats)) }

func (f flat) At(time.Time) int { return int(f) }

func (f flat) Step(time.Time) (int, time.Time) { return int(f), utc(maxUnix + 1) }

// Hours maps the hour of a day, 0 to 23, to the seats of each bucket that
// begins in it. An absent hour has no seats.
type Hours map[int]int

// DateHours replaces the hours of one date, or of that date in every year.
type DateHours struct {
	Date  DateRule
	Hours Hours
}

// WeeklyConfig describes a capacity by weekday and hour.
type WeeklyConfig struct {
	// Zone is the IANA zone of the hours. Defaults to UTC. "Local" is an error.
	// GMS: _timezone
	Zone string
	// Location is the loaded zone; see [CalendarConfig].
	Location *time.Location
	// Days maps weekdays to their hours. An absent weekday has no seats. GMS:
	// _capacity_1 to _capacity_7
	Days map[time.Weekday]Hours
	// Dates are exceptions. A date with a year takes precedence over one
	// without; of two equal dates the last one applies. GMS: _capacity_add
	Dates []DateHours
}

type hourTable [24]int

// Weekly is a [Capacity] by weekday and hour on the wall clock of one zone,
// with exceptions for dates. The number applies to each bucket that begins in
// the hour: 10 seats in buckets of 5 minutes are 120 per hour, and a bucket of
// two hours has the seats of its first hour. It is immutable and safe for
// concurrent use.
type Weekly struct {
	loc    *time.Location
	week   [7]hourTable
	dated  map[int64]*hourTable // by day number
	yearly map[int]*hourTable   // by DateRule.key
}

// NewWeekly validates a configuration. The error joins a [*ConfigError] per
// fault.
func NewWeekly(config WeeklyConfig) (*Weekly, error) {
	w := &Weekly{dated: make(map[int64]*hourTable), yearly: make(map[int]*hourTable)}
	var f faults
	w.loc = loadConfigured(&f, config.Zone, config.Location)
	for _, d := range slices.Sorted(maps.Keys(config.Days)) {
		field := fmt.Sprintf("Days[%s]", d)
		if d < time.Sunday || d > time.Saturday {
			f.add(field, "", "weekday is not 0 (Sunday) to 6 (Saturday)")
			continue
		}
		w.week[d] = config.Days[d].table(&f, field)
	}
	if len(config.Dates) > maxRules {
		f.add("Dates", fmt.Sprint(len(config.Dates)), "more than %d rules", maxRules)
		config.Dates = nil
	}
	for i, d := range config.Dates {
		field := at("Dates", i)
		if why := d.Date.fault(); why != "" {
			f.add(field, d.Date.String(), "%s", why)
			continue
		}
		table := d.Hours.table(&f, field)
		if d.Date.Year == 0 {
			w.yearly[d.Date.key()] = &table
		} else {
			w.dated[d.Date.day()] = &table
		}
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return w, nil
}

func (h Hours) table(f *faults, field string) (table hourTable) {
	for _, hour := range slices.Sorted(maps.Keys(h)) {
		n := h[hour]
		switch {
		case hour < 0 || hour > 23:
			f.add(field, fmt.Sprint(hour), "hour is not 0 to 23")
		case n < 0 || n > MaxSeats:
			f.add(fmt.Sprintf("%s[%d]", field, hour), fmt.Sprint(n), "not 0 to %d seats", MaxSeats)
		default:
			table[hour] = n
		}
	}
	return table
}

// Location returns the zone of the hours.
func (w *Weekly) Location() *time.Location { return w.loc }

// At implements [Capacity].
func (w *Weekly) At(bucketStart time.Time) int {
	wall := wallAt(w.loc, bucketStart.Unix())
	return w.table(floorDiv(wall, daySeconds))[floorMod(wall, daySeconds)/hourSeconds]
}

// Step implements [StepCapacity]. The value is valid until the seats change,
// the day ends or the UTC offset of the zone changes.
func (w *Weekly) Step(bucketStart time.Time) (seats int, until time.Time) {
	unix := bucketStart.Unix()
	var buf [4]segment
	seg := segments(buf[:0], w.loc, unix, unix+1)[0]
	wall := unix + seg.off
	day := floorDiv(wall, daySeconds)
	table := w.table(day)
	hour := floorMod(wall, daySeconds) / hourSeconds
	seats = table[hour]
	for hour++; hour < 24 && table[hour] == seats; hour++ {
	}
	return seats, utc(min(day*daySeconds+hour*hourSeconds-seg.off, seg.end))
}

// table returns the hours of a date.
func (w *Weekly) table(day int64) *hourTable {
	if t, ok := w.dated[day]; ok {
		return t
	}
	if len(w.yearly) > 0 {
		_, m, d := civilDate(day)
		if t, ok := w.yearly[DateRule{Month: m, Day: d}.key()]; ok {
			return t
		}
	}
	return &w.week[weekday(day)]
}

// Recurrence is a sequence of instants, such as the firings of a cron
// expression, which package scheduler reads (ParseRecurrence). Next returns the first instant later than after, false if there
// is none. It must be a pure function and safe for concurrent use.
type Recurrence interface {
	Next(after time.Time) (time.Time, bool)
}

// Window sets the capacity for a duration after each instant of a recurrence,
// such as 30 seats for two hours after 17:00 on weekdays.
type Window struct {
	Recurrence Recurrence
	Duration   time.Duration // elapsed time, one second to MaxWindow
	Capacity   int           // seats of each bucket that begins in the window, 0 to MaxSeats
}

// MaxWindow is the maximum duration of a [Window].
const MaxWindow = 31 * 24 * time.Hour

// Recurring is a [Capacity] with a base value and recurring windows. It is
// immutable and safe for concurrent use.
type Recurring struct {
	loc     *time.Location
	base    int
	windows []Window
}

// NewRecurring returns a capacity of base seats outside the windows. A bucket
// that begins in several windows has the seats of the first in the list.
// Recurrences are called with instants in zone ("" is UTC), so that they can
// follow its wall clock. The error joins a [*ConfigError] per fault.
func NewRecurring(zone string, base int, windows []Window) (*Recurring, error) {
	r := &Recurring{base: base, windows: slices.Clone(windows)}
	var f faults
	r.loc = loadConfigured(&f, zone, nil)
	if base < 0 || base > MaxSeats {
		f.add("base", fmt.Sprint(base), "not 0 to %d seats", MaxSeats)
	}
	for i, w := range windows {
		field := at("windows", i)
		if w.Recurrence == nil {
			f.add(field+".Recurrence", "", "is missing")
		}
		if w.Duration < time.Second || w.Duration > MaxWindow {
			f.add(field+".Duration", w.Duration.String(), "not 1s to %s", MaxWindow)
		}
		if w.Capacity < 0 || w.Capacity > MaxSeats {
			f.add(field+".Capacity", fmt.Sprint(w.Capacity), "not 0 to %d seats", MaxSeats)
		}
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return r, nil
}

// At implements [Capacity].
func (r *Recurring) At(bucketStart time.Time) int {
	seats, _ := r.Step(bucketStart)
	return seats
}

// Step implements [StepCapacity].
func (r *Recurring) Step(bucketStart time.Time) (seats int, until time.Time) {
	at := bucketStart.In(r.loc)
	until = utc(maxUnix + 1)
	for _, w := range r.windows {
		// The first firing after at-Duration is the only one whose window can
		// include at or begin next.
		fired, ok := w.Recurrence.Next(at.Add(-w.Duration))
		switch end := fired.Add(w.Duration); {
		case !ok || !end.After(at):
			// No firing, or a recurrence that returned an instant it must not.
		case fired.After(at):
			until = earliest(until, fired)
		default:
			return w.Capacity, earliest(until, end).UTC()
		}
	}
	return r.base, until.UTC()
}
