package availability

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	minuteSeconds = 60
	hourSeconds   = 60 * minuteSeconds
	daySeconds    = 24 * hourSeconds

	minYear, maxYear = 1, 9999
	// minUnix and maxUnix bound the instants of this package, in Unix seconds:
	// the years 1 to 9999 in UTC. Calendars are closed outside, so that sums of
	// instants and offsets cannot overflow.
	minUnix = -62135596800
	maxUnix = 253402300799
)

// TimeOfDay is a wall-clock time in minutes after midnight, 0 to 1440. 1440 is
// 24:00, valid only as a closing time.
type TimeOfDay int

// Clock returns the time of day hour:minute.
func Clock(hour, minute int) TimeOfDay { return TimeOfDay(hour*60 + minute) }

// String formats the time as HH:mm.
func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// ParseTimeOfDay parses H:mm or HH:mm, 0:00 to 24:00.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	h, m, ok := strings.Cut(s, ":")
	hour, okH := digits(h, 1, 2)
	minute, okM := digits(m, 2, 2)
	if !ok || !okH || !okM || minute > 59 || hour*60+minute > 24*60 {
		return 0, fmt.Errorf("time %q is not HH:mm from 00:00 to 24:00", shorten(s))
	}
	return Clock(hour, minute), nil
}

// DateRule is a date or, if Year is 0, that day of every year. 29 February of
// every year exists in leap years only.
type DateRule struct {
	Name  string // optional; reported by [Calendar.Explain]
	Year  int    // 1 to 9999; 0 is every year
	Month time.Month
	Day   int
}

// String formats the rule as YYYY-MM-dd or MM-dd.
func (d DateRule) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", int(d.Month), d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// ParseDateRule parses YYYY-MM-dd or, for every year, MM-dd.
func ParseDateRule(s string) (DateRule, error) {
	parts := strings.Split(s, "-")
	var d DateRule
	ok := len(parts) == 2 || len(parts) == 3
	if len(parts) == 3 {
		var okY bool
		d.Year, okY = digits(parts[0], 4, 4)
		ok = ok && okY && d.Year >= minYear
		parts = parts[1:]
	}
	if ok {
		month, okM := digits(parts[0], 2, 2)
		day, okD := digits(parts[1], 2, 2)
		d.Month, d.Day = time.Month(month), day
		ok = okM && okD
	}
	if !ok {
		return DateRule{}, fmt.Errorf("date %q is not YYYY-MM-dd or MM-dd", shorten(s))
	}
	if why := d.fault(); why != "" {
		return DateRule{}, fmt.Errorf("date %q: %s", s, why)
	}
	return d, nil
}

// fault returns the rule that the date breaks, "" if it is valid.
func (d DateRule) fault() string {
	if d.Year < 0 || d.Year > maxYear {
		return "year is not 1 to 9999, or 0 for every year"
	}
	if d.Month < time.January || d.Month > time.December {
		return "month is not 1 to 12"
	}
	year := d.Year
	if year == 0 {
		year = 2000 // a leap year, so that 02-29 is valid
	}
	if d.Day < 1 || d.Day > daysIn(year, d.Month) {
		return "the month has no such day"
	}
	return ""
}

// key identifies a day within a year; keys are in date order.
func (d DateRule) key() int { return int(d.Month)*32 + d.Day }

// matches reports whether the rule includes day.
func (d DateRule) matches(day int64) bool {
	if d.Year != 0 {
		return civilDay(d.Year, d.Month, d.Day) == day
	}
	_, m, dd := civilDate(day)
	return d.Month == m && d.Day == dd
}

// DateRange is a range of dates, including both ends. Either both ends have a
// year or neither has: such a range recurs every year and may span New Year.
type DateRange struct {
	Name     string // optional; reported by [Calendar.Explain]
	From, To DateRule
}

// String formats the range as "date to date", or as one date if both ends are
// equal.
func (r DateRange) String() string {
	if r.From.String() == r.To.String() {
		return r.From.String()
	}
	return r.From.String() + " to " + r.To.String()
}

// ParseDateRange parses a date or "date to date".
func ParseDateRange(s string) (DateRange, error) {
	from, to, isRange := strings.Cut(s, " to ")
	var r DateRange
	var err error
	if r.From, err = ParseDateRule(strings.TrimSpace(from)); err != nil {
		return DateRange{}, err
	}
	r.To = r.From
	if isRange {
		if r.To, err = ParseDateRule(strings.TrimSpace(to)); err != nil {
			return DateRange{}, err
		}
	}
	if why := r.fault(); why != "" {
		return DateRange{}, fmt.Errorf("range %q: %s", s, why)
	}
	return r, nil
}

func (r DateRange) fault() string {
	if why := r.From.fault(); why != "" {
		return "first date: " + why
	}
	if why := r.To.fault(); why != "" {
		return "last date: " + why
	}
	if (r.From.Year == 0) != (r.To.Year == 0) {
		return "one date has a year and the other has none"
	}
	if r.From.Year != 0 && r.From.day() > r.To.day() {
		return "the last date is before the first"
	}
	return ""
}

// day returns the day number of a rule that has a year.
func (d DateRule) day() int64 { return civilDay(d.Year, d.Month, d.Day) }

// contains reports whether day is in the range.
func (r DateRange) contains(day int64) bool {
	if r.From.Year != 0 {
		return r.From.day() <= day && day <= r.To.day()
	}
	_, m, d := civilDate(day)
	key := DateRule{Month: m, Day: d}.key()
	from, to := r.From.key(), r.To.key()
	if from <= to {
		return from <= key && key <= to
	}
	return key >= from || key <= to
}

// daySet is the set of days that a list of date rules includes.
type daySet struct {
	fixed  []int64    // day numbers, ascending
	yearly [13]uint32 // a bit per day, by month
	every  bool       // whether any bit of yearly is set
}

func newDaySet(rules []DateRule) daySet {
	var s daySet
	for _, r := range rules {
		if r.Year == 0 {
			s.yearly[r.Month] |= 1 << r.Day
			s.every = true
			continue
		}
		s.fixed = append(s.fixed, r.day())
	}
	slices.Sort(s.fixed)
	return s
}

func (s *daySet) empty() bool { return len(s.fixed) == 0 && !s.every }

// contains reports whether day is in the set.
func (s *daySet) contains(day int64) bool {
	if s.every {
		_, m, d := civilDate(day)
		if s.yearly[m]&(1<<d) != 0 {
			return true
		}
	}
	_, ok := slices.BinarySearch(s.fixed, day)
	return ok
}

// any reports whether a day of [first, last] may be in the set; false is
// certain.
func (s *daySet) any(first, last int64) bool {
	if s.every {
		return true
	}
	i, _ := slices.BinarySearch(s.fixed, first)
	return i < len(s.fixed) && s.fixed[i] <= last
}

// civilDay returns the number of days from 1970-01-01 to a date of the
// proleptic Gregorian calendar.
func civilDay(year int, month time.Month, day int) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
	}
	era := floorDiv(y, 400)
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + int64(day) - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return era*146097 + doe - 719468
}

// civilDate is the inverse of civilDay.
func civilDate(day int64) (year int, month time.Month, dayOfMonth int) {
	z := day + 719468
	era := floorDiv(z, 146097)
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	m := (mp+2)%12 + 1
	y := yoe + era*400
	if m <= 2 {
		y++
	}
	return int(y), time.Month(m), int(doy - (153*mp+2)/5 + 1)
}

// weekday returns the weekday of a day number. 1970-01-01 was a Thursday.
func weekday(day int64) time.Weekday { return time.Weekday(floorMod(day+4, 7)) }

func daysIn(year int, month time.Month) int {
	if month == time.December {
		return 31
	}
	return int(civilDay(year, month+1, 1) - civilDay(year, month, 1))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// ceilUnix returns the first whole second at or after t. Every boundary in this
// package is a whole second, so comparing with the result is exact.
func ceilUnix(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

func inYears(unix int64) bool { return minUnix <= unix && unix <= maxUnix }

func utc(unix int64) time.Time { return time.Unix(unix, 0).UTC() }

// digits parses an unsigned decimal of shortest to longest digits.
func digits(s string, shortest, longest int) (int, bool) {
	if len(s) < shortest || len(s) > longest {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// shorten limits input text in an error message.
func shorten(s string) string { return s[:min(len(s), 40)] }
