package availability

import "time"

// NextClose returns the first closed instant at or after t in UTC, false if
// there is none within [MaxSearchDays].
func (c *Calendar) NextClose(t time.Time) (time.Time, bool) {
	c = c.orAlways()
	if !c.Open(t) {
		return t.UTC(), true
	}
	if c.always {
		return time.Time{}, false
	}
	for at, limit := t.Unix(), t.Unix()+searchSeconds; at < limit; {
		end, open := c.openUntil(at)
		if !open {
			return utc(at), true
		}
		at = end
	}
	return time.Time{}, false
}

// LastOpen returns t in UTC if the office is open at t. Otherwise it returns when
// the office last closed before t. That instant is closed, because hours do not
// include their end. It returns false if the office was not open within
// [MaxSearchDays] before t.
func (c *Calendar) LastOpen(t time.Time) (time.Time, bool) {
	c = c.orAlways()
	if c.Open(t) {
		return t.UTC(), true
	}
	unix := t.Unix()
	if c.always || !inYears(unix) {
		return time.Time{}, false
	}
	for index := chunkOf(unix); (index+1)*chunkSeconds > unix-searchSeconds; index-- {
		list := c.compiled(index)
		if i := after(list, unix); i > 0 {
			end := list[i-1].end
			return utc(end), end >= unix-searchSeconds
		}
	}
	return time.Time{}, false
}

// OpenTime returns how much of [from, to) is open. Unless the calendar is always
// open it counts no more than the first [MaxSearchDays].
func (c *Calendar) OpenTime(from, to time.Time) time.Duration {
	c = c.orAlways()
	if !to.After(from) {
		return 0
	}
	if c.always {
		return to.Sub(from)
	}
	var open time.Duration
	start := from.Unix()
	c.scan(start, min(ceilUnix(to), start+searchSeconds), func(iv interval) bool {
		open += earliest(utc(iv.end), to).Sub(latest(utc(iv.start), from))
		return true
	})
	return open
}

// AddOpen returns the first instant at or after t at which d of open time has
// passed since t. It may be the end of an open time, which is itself closed. It
// returns false if less than d is open within [MaxSearchDays].
func (c *Calendar) AddOpen(t time.Time, d time.Duration) (time.Time, bool) {
	c = c.orAlways()
	if c.always || d <= 0 {
		return t.Add(max(d, 0)), true
	}
	var end time.Time
	start := t.Unix()
	c.scan(start, start+searchSeconds, func(iv interval) bool {
		from := latest(utc(iv.start), t)
		open := utc(iv.end).Sub(from)
		if open < d {
			d -= open
			return true
		}
		end = from.Add(d)
		return false
	})
	return end, !end.IsZero()
}
