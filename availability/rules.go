package availability

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// WeeklyHours opens the office every week on a range of days. GMS:
// _bh_regular<n>
type WeeklyHours struct {
	Name string // optional; reported by [Calendar.Explain]
	// FromDay and ToDay are inclusive. The range may wrap: Saturday to Monday
	// is three days.
	FromDay, ToDay time.Weekday
	// Open is 0 to 1439 and Close 0 to 1440 minutes after midnight. If Close is
	// before Open it is on the next day: 19:00 to 07:00 is one shift, which
	// belongs to the day it begins on. Equal times are an error; the whole day
	// is 00:00 to 24:00.
	Open, Close TimeOfDay
}

// ParseWeeklyHours parses "Mon-Fri 9:00-17:00" or, for one day, "Sat 9:00-12:00".
// Weekdays are English, in full or abbreviated to three letters.
func ParseWeeklyHours(s string) (WeeklyHours, error) {
	var w WeeklyHours
	days, hours, ok := strings.Cut(s, " ")
	if !ok {
		return w, errors.New("is not DDD-DDD HH:mm-HH:mm")
	}
	from, to, isRange := strings.Cut(days, "-")
	if !isRange {
		to = from
	}
	var errs [3]error
	w.FromDay, errs[0] = ParseWeekday(from)
	w.ToDay, errs[1] = ParseWeekday(to)
	w.Open, w.Close, errs[2] = parseHours(hours)
	return w, cmp.Or(errs[:]...)
}

// String formats the rule as "Mon-Fri 09:00-17:00".
func (w WeeklyHours) String() string {
	return fmt.Sprintf("%s-%s %s-%s", w.FromDay.String()[:3], w.ToDay.String()[:3], w.Open, w.Close)
}

// ExtraHours opens the office on a date, or on that date in every year, even on
// holidays. Open and Close are as in [WeeklyHours]. GMS: _bh_add<n>
type ExtraHours struct {
	Name        string // optional; reported by [Calendar.Explain]
	Date        DateRule
	Open, Close TimeOfDay
}

// ParseExtraHours parses "2026-11-30 10:00-14:00" or, for every year,
// "11-30 10:00-14:00".
func ParseExtraHours(s string) (ExtraHours, error) {
	var x ExtraHours
	date, hours, ok := strings.Cut(s, " ")
	if !ok {
		return x, errors.New("is not YYYY-MM-dd HH:mm-HH:mm or MM-dd HH:mm-HH:mm")
	}
	var errs [2]error
	x.Date, errs[0] = ParseDateRule(date)
	x.Open, x.Close, errs[1] = parseHours(hours)
	return x, cmp.Or(errs[:]...)
}

// String formats the rule as "2026-11-30 10:00-14:00".
func (x ExtraHours) String() string { return fmt.Sprintf("%s %s-%s", x.Date, x.Open, x.Close) }

func parseHours(s string) (open, closing TimeOfDay, err error) {
	from, to, ok := strings.Cut(strings.TrimSpace(s), "-")
	if !ok {
		return 0, 0, errors.New("hours are not HH:mm-HH:mm")
	}
	if open, err = ParseTimeOfDay(from); err != nil {
		return 0, 0, err
	}
	if closing, err = ParseTimeOfDay(to); err != nil {
		return 0, 0, err
	}
	if why := hoursFault(open, closing); why != "" {
		err = errors.New(why)
	}
	return open, closing, err
}

// ParseWeekday parses an English weekday, in full or abbreviated to three
// letters, ignoring case.
func ParseWeekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if full := d.String(); strings.EqualFold(s, full) || strings.EqualFold(s, full[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("weekday %q is not Mon to Sun", shorten(s))
}

func hoursText(open, closing TimeOfDay) string { return fmt.Sprintf("%s-%s", open, closing) }

// hoursFault returns the rule that opening hours break, "" if they are valid.
func hoursFault(open, closing TimeOfDay) string {
	switch {
	case open < 0 || open >= 24*60:
		return "opening time is not 00:00 to 23:59"
	case closing < 0 || closing > 24*60:
		return "closing time is not 00:00 to 24:00"
	case open == closing:
		return "opens and closes at the same time; the whole day is 00:00-24:00"
	}
	return ""
}

// shift returns opening hours in minutes after the midnight of the day they
// begin on. The end of hours that wrap is on the next day.
func shift(open, closing TimeOfDay) interval {
	if closing < open {
		closing += 24 * 60
	}
	return interval{int64(open), int64(closing)}
}
