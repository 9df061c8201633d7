package scheduler

import (
	"math/bits"
	"time"
)

// Next returns the first instant of the recurrence that is strictly after the
// given one, in the zone of the recurrence. It returns false if there is none
// before the end of the year 9999; for a recurrence from [ParseRecurrence] this
// happens only close to that end.
//
// A cron expression names minutes on the wall clock. If the clock is put
// forward, a minute in the gap fires at the first instant after the gap, so
// nothing is lost: where 02:00 becomes 03:00, 02:30 fires at 03:00. All minutes
// of one gap and the first minute after it are the same instant and fire once.
// If the clock is put back, a minute that occurs twice fires the first time
// only; an expression that names every minute or every hour is therefore silent
// during the repeated hour. Use @every for events that must stay evenly spaced
// on such days.
//
// Next examines at most nine years of days, enough to find 29 February across
// 1900 and 2100.
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
	// The search starts at the wall-clock time of after. An earlier wall-clock
	// time cannot name a later instant, because instant is monotonic.
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

// nextEvery counts periods of whole seconds from the Unix epoch.
func (r Recurrence) nextEvery(after time.Time) (time.Time, bool) {
	period, now := int64(r.every/time.Second), after.Unix()
	into := now % period
	if into < 0 {
		into += period
	}
	at := time.Unix(now-into+period, 0).In(r.zone)
	return at, at.Year() <= 9999
}

// nextInMonth returns the first instant after the given one among the
// wall-clock times from the given day and minute to the end of the month.
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

// onDay reports whether the day fields match a date.
func (r Recurrence) onDay(day, weekday int) bool {
	byDay, byWeekday := r.day&(1<<day) != 0, r.weekday&(1<<weekday) != 0
	if r.bothDays {
		return byDay && byWeekday
	}
	return byDay || byWeekday
}

// nextMinute returns the first matching minute of the day at or after the given
// one.
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

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// instant converts a wall-clock time, given in seconds as if it were UTC, to an
// instant: the first of the two if the clock was put back over it, the first
// instant after the gap if the clock was put forward over it. It is monotonic:
// a later wall-clock time never yields an earlier instant.
//
// time.Date would not do: which of two offsets it takes in a gap or an overlap
// is unspecified.
func instant(wall int64, zone *time.Location) time.Time {
	// No zone has ever been more than 16 hours away from UTC, so 26 hours
	// earlier the clock certainly showed less than wall.
	const reach = 26 * 60 * 60
	t := time.Unix(wall-reach, 0).In(zone)
	for {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		at := wall - int64(offset)
		if end.IsZero() || at < end.Unix() {
			// Before this period began the clock showed less than wall. If it
			// showed more at the beginning, wall is in the gap.
			return time.Unix(max(at, t.Unix()), 0).In(zone)
		}
		t = end
	}
}
