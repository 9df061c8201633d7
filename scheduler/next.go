package scheduler

import (
	"math/bits"
	"time"
)

// Next returns the first instant of the recurrence after the given one, in the
// zone of the recurrence. It is strictly after. False means that there is none
// before the end of the year 9999, which for a recurrence from
// [ParseRecurrence] happens only near that end.
//
// A cron line names minutes on the wall clock. Where the clock is put forward,
// a minute in the gap fires at the first instant after it, so that nothing
// scheduled is lost: 02:30 at 03:00 where 02:00 becomes 03:00. All minutes of
// one gap, and the minute that begins after it, are one instant and fire once.
// Where the clock is put back, a minute that comes twice fires the first time
// only; a line that names every minute or hour is therefore silent while the
// clock repeats itself. What is to be evenly spaced on such days as well is
// written with @every.
//
// It looks at no more than nine years of days, which is enough for 29 February
// across 1900, 2100 and their like.
func (r Recurrence) Next(after time.Time) (time.Time, bool) {
	if r.zone == nil {
		return time.Time{}, false
	}
	local := after.In(r.zone)
	if local.Year() < 0 || local.Year() > 9999 {
		return time.Time{}, false
	}
	if r.every > 0 {
		return r.nextEvery(after)
	}
	// The wall clock of after is where to begin: minutes before it on the wall
	// clock have no instant after it, as minute order and instant order agree
	// (see instant).
	year, month, day := local.Date()
	minute := local.Hour()*60 + local.Minute()
	const most = 9*12 + 1
	for range most {
		if r.month&(1<<month) != 0 {
			if at, ok := r.nextInMonth(year, month, day, minute, after); ok {
				return at, at.Year() <= 9999
			}
		}
		day, minute = 1, 0
		if month++; month > time.December {
			year, month = year+1, time.January
		}
	}
	return time.Time{}, false
}

// nextEvery counts in whole seconds from the Unix epoch.
func (r Recurrence) nextEvery(after time.Time) (time.Time, bool) {
	period, now := int64(r.every/time.Second), after.Unix()
	into := now % period
	if into < 0 {
		into += period
	}
	at := time.Unix(now-into+period, 0).In(r.zone)
	return at, at.Year() <= 9999
}

// nextInMonth looks for the first instant after the given one, on the wall
// clock from that day and minute of the day on to the end of the month.
func (r Recurrence) nextInMonth(year int, month time.Month, day, minute int, after time.Time) (time.Time, bool) {
	first := int(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Weekday())
	for last := daysIn(year, month); day <= last; day, minute = day+1, 0 {
		if !r.onDay(day, (first+day-1)%7) {
			continue
		}
		midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
		for {
			var ok bool
			if minute, ok = r.nextMinute(minute); !ok {
				break
			}
			if at := instant(midnight+int64(minute)*60, r.zone); at.After(after) {
				return at, true
			}
			minute++
		}
	}
	return time.Time{}, false
}

// onDay tells whether the day fields allow a day.
func (r Recurrence) onDay(day, weekday int) bool {
	byDay, byWeekday := r.day&(1<<day) != 0, r.weekday&(1<<weekday) != 0
	if r.bothDays {
		return byDay && byWeekday
	}
	return byDay || byWeekday
}

// nextMinute returns the first minute of the day at or after the given one that
// the recurrence names.
func (r Recurrence) nextMinute(minute int) (int, bool) {
	hour, within := minute/60, minute%60
	if hour > 23 {
		return 0, false
	}
	if r.hour&(1<<hour) != 0 {
		if left := r.minute >> within; left != 0 {
			return minute + bits.TrailingZeros64(left), true
		}
	}
	left := r.hour >> (hour + 1)
	if left == 0 {
		return 0, false
	}
	hour += 1 + bits.TrailingZeros32(left)
	return hour*60 + bits.TrailingZeros64(r.minute), true
}

// daysIn returns the length of a month.
func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// instant returns when a wall clock shows a time that is given in seconds as
// if it were UTC: the first of two instants where the clock was put back, the
// first instant after the gap where it was put forward over it. A later wall
// clock time never has an earlier instant.
//
// time.Date is not used for this, because which of two offsets it takes in a
// gap or an overlap is not defined.
func instant(wall int64, zone *time.Location) time.Time {
	// No offset is or was more than 16 hours, so that a day and two hours back
	// the clock surely showed less than wall.
	const reach = 26 * 60 * 60
	t := time.Unix(wall-reach, 0).In(zone)
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		at := wall - int64(offset)
		if end.IsZero() || at < end.Unix() {
			// Before the beginning of this period the clock showed less, at
			// its beginning it shows more than wall: wall is in the gap.
			return time.Unix(max(at, t.Unix()), 0).In(zone)
		}
		t = end
	}
}
