package availability

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Capacity tells how many seats a bucket has. At must be a pure function of the
// start and safe for concurrent use: a planner remembers its answers. A negative
// answer counts as 0.
type Capacity interface {
	// At returns the seats of the bucket that begins at an instant.
	At(bucketStart time.Time) int
}

// StepCapacity is a [Capacity] that knows how long its answer holds, so that a
// planner need not ask for every bucket. The capacities of this package are of
// this kind.
type StepCapacity interface {
	Capacity
	// Step returns what At returns, and an instant up to which every bucket that
	// begins there has the same seats; it must be later than bucketStart.
	Step(bucketStart time.Time) (seats int, until time.Time)
}

// MaxSeats is the largest number of seats a bucket may have.
const MaxSeats = 1_000_000

type flat int

// Flat gives every bucket n seats (GMS _max_request_by_time_bucket), at least 0
// and at most [MaxSeats].
func Flat(n int) Capacity { return flat(min(max(n, 0), MaxSeats)) }

func (f flat) At(time.Time) int { return int(f) }

func (f flat) Step(time.Time) (int, time.Time) { return int(f), utc(maxUnix + 1) }

// Hours is the capacity table of a day: the hour, 0 to 23, and the seats of each
// bucket that begins in that hour. An absent hour has none.
type Hours map[int]int

// DateHours replaces the whole table of a day on one date, or on that date of
// every year.
type DateHours struct {
	Date  DateRule
	Hours Hours
}

// WeeklyConfig describes a capacity table by weekday and hour.
type WeeklyConfig struct {
	// Zone is the IANA zone of the table (GMS _timezone of the capacity
	// service). Defaults to UTC. "Local" is refused.
	Zone string
	// Location is the zone already loaded; see [CalendarConfig].
	Location *time.Location
	// Days holds the tables of the weekdays (GMS _capacity_1 to _capacity_7). An
	// absent weekday has no seats.
	Days map[time.Weekday]Hours
	// Dates are exceptions (GMS _capacity_add). A date with a year goes before
	// one without, and of two equal ones the last listed counts.
	Dates []DateHours
}

type hourTable [24]int

// Weekly is a capacity by weekday and hour on the wall clock of one zone, with
// exceptions for dates. The number of an hour applies to each bucket that begins
// in it: 10 seats and buckets of 5 minutes are 120 in the hour. A bucket of two
// hours has the seats of the hour it begins in. Weekly is immutable and safe for
// concurrent use.
type Weekly struct {
	loc    *time.Location
	week   [7]hourTable
	dated  map[int64]*hourTable // by day number
	yearly map[int]*hourTable   // by DateRule.key
}

// NewWeekly checks the configuration. The error joins a [*ConfigError] for every
// fault there is.
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

// Location is the zone of the table.
func (w *Weekly) Location() *time.Location { return w.loc }

// At implements [Capacity].
func (w *Weekly) At(bucketStart time.Time) int {
	wall := wallAt(w.loc, bucketStart.Unix())
	return w.table(floorDiv(wall, daySeconds))[floorMod(wall, daySeconds)/hourSeconds]
}

// Step implements [StepCapacity]: the answer holds to the end of the equal hours
// of the day, and not over a change of the clock.
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

// table is the table of a date.
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

// Recurrence enumerates instants, such as the firings of a cron expression. Next
// returns the first one later than after, and false when there is none. It must
// be a pure function and safe for concurrent use.
type Recurrence interface {
	Next(after time.Time) (time.Time, bool)
}

// Window changes the capacity for a time after each instant of a recurrence:
// "every weekday at 17:00, for two hours, 30 seats".
type Window struct {
	Recurrence Recurrence
	Duration   time.Duration // elapsed time, a second to MaxWindow
	Capacity   int           // seats of each bucket that begins in the window, 0 to MaxSeats
}

// MaxWindow is the longest a [Window] may last.
const MaxWindow = 31 * 24 * time.Hour

// Recurring is a capacity that is a base number except in recurring windows. It
// is immutable and safe for concurrent use.
type Recurring struct {
	loc     *time.Location
	base    int
	windows []Window
}

// NewRecurring checks its arguments; the error joins a [*ConfigError] for every
// fault. Recurrences are asked with instants in zone, "" for UTC, so that a cron
// expression is read on the wall clock there. A bucket that begins in several
// windows has the seats of the first listed.
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
		// The first firing later than at-Duration is the one whose window may
		// still run at this instant.
		fired, ok := w.Recurrence.Next(at.Add(-w.Duration))
		switch end := fired.Add(w.Duration); {
		case !ok || !end.After(at):
			// No firing, or an answer that is not later than asked: no window.
		case fired.After(at):
			until = earliest(until, fired)
		default:
			return w.Capacity, earliest(until, end).UTC()
		}
	}
	return r.base, until.UTC()
}
