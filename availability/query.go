package availability

import "time"

// Query asks for the slots of a range. The zero value asks for the rest of
// today.
type Query struct {
	// Start is the beginning of the range. Defaults to now.
	Start time.Time
	// End is the end of the range, Days its length in wall-clock days in the zone
	// of the calendar; only one may be set. Defaults to the end of the day of
	// Start in the zone of the calendar. An End equal to Start asks for the one
	// bucket that contains it.
	End  time.Time
	Days int
	// MaxSlots limits the slots with a seat left; full ones do not count.
	// Defaults to no limit; a negative number is an error.
	MaxSlots int
	// Zone is the IANA zone of [Slots].Location. Defaults to the zone of the
	// calendar.
	Zone string
	// ReportBusy includes open slots without a seat left. Closed slots are never
	// listed.
	ReportBusy bool
}

// check rejects combinations that no planner accepts.
func (q *Query) check() error {
	switch {
	case q.Days != 0 && !q.End.IsZero():
		return &QueryError{Field: "Days", Reason: "is set together with End"}
	case q.Days < 0:
		return &QueryError{Field: "Days", Reason: "is negative"}
	case q.MaxSlots < 0:
		return &QueryError{Field: "MaxSlots", Reason: "is negative"}
	}
	return nil
}

// start returns the beginning of the range, now by default.
func (q *Query) start(now time.Time) time.Time {
	if q.Start.IsZero() {
		return now
	}
	return q.Start
}

// ends returns the range of a query in the zone of a calendar. Equal ends stand
// for an instant.
func (q *Query) ends(c *Calendar, now time.Time, maxDays int) (start, end time.Time, err error) {
	if err := q.check(); err != nil {
		return start, end, err
	}
	start, end = q.start(now), q.End
	if !inYears(start.Unix()) || !inYears(end.Unix()) {
		return start, end, &RangeError{From: start, To: end}
	}
	tooLong := false
	switch {
	case q.Days > maxDays:
		tooLong = true
	case q.Days > 0:
		end = c.addDays(start, q.Days)
	case end.IsZero():
		end = c.endOfDay(start)
	case end.Before(start):
		return start, end, &QueryError{Field: "End", Reason: "is before the start"}
	default:
		span := end.Unix() - start.Unix()
		tooLong = span > int64(maxDays+2)*daySeconds
		if !tooLong && span > int64(maxDays-2)*daySeconds { // near the limit the wall clock decides
			tooLong = end.After(c.addDays(start, maxDays))
		}
	}
	if tooLong {
		return start, end, &RangeError{From: start, To: end, MaxDays: maxDays}
	}
	if !inYears(end.Unix()) {
		return start, end, &RangeError{From: start, To: end}
	}
	return start, end, nil
}

// addDays adds n days on the wall clock. The time of day stays the same unless
// it falls into a gap.
func (c *Calendar) addDays(t time.Time, n int) time.Time {
	first, _, kind := resolveIn(c.loc, wallAt(c.loc, t.Unix())+int64(n)*daySeconds)
	if kind == Gap {
		return utc(first)
	}
	return time.Unix(first, int64(t.Nanosecond())).UTC()
}

// endOfDay returns the beginning of the next date.
func (c *Calendar) endOfDay(t time.Time) time.Time {
	var buf [8]segment
	d := daysAround(buf[:0], c.loc, t.Unix(), t.Unix()+1)
	return utc(d.start(d.dateOf(t.Unix()) + 1))
}

// Query returns the open periods of a range; an empty list means closed. It
// reads Start, End and Days like a slot query, except that a range without an
// end is the instant of its start: the zero Query asks whether the office is
// open now. The range may span [MaxSearchDays]. The errors are [*QueryError]
// and [*RangeError].
func (c *Calendar) Query(q Query, now time.Time) ([]Period, error) {
	c = c.orAlways()
	if q.End.IsZero() && q.Days == 0 {
		q.End = q.start(now)
	}
	start, end, err := q.ends(c, now, MaxSearchDays-1)
	if err != nil {
		return nil, err
	}
	return c.Periods(start, end)
}
