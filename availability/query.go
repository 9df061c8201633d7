package availability

import (
	"fmt"
	"strconv"
	"time"
)

// Query asks for the slots of a range, with the parameters of the GMS
// availability requests. The zero value asks for the rest of today.
type Query struct {
	// Start is the parameter start (alias timestamp). Defaults to now.
	Start time.Time
	// StartMS is start-ms, in milliseconds since 1970-01-01T00:00Z. Only one of
	// Start and StartMS may be set.
	StartMS *int64
	// End, EndMS (end-ms) and Days (number-of-days, wall-clock days in the zone
	// of the calendar, from Start) end the range; only one of them may be set.
	// Defaults to the end of the day of Start in the zone of the calendar. An End
	// equal to Start asks for the one bucket that holds it.
	End   time.Time
	EndMS *int64
	Days  int
	// MaxSlots ends the list after that many slots with a seat left; busy ones do
	// not count (max-time-slots). Defaults to no limit; negative is refused.
	MaxSlots int
	// Zone is the IANA zone in which local times are reported (timezone).
	// Defaults to the zone of the calendar.
	Zone string
	// ReportBusy adds the open slots that have no seat left (report-busy); closed
	// ones never are.
	ReportBusy bool
}

// ParseQuery reads the parameters of a GMS availability request: start or its
// alias timestamp, start-ms, end, end-ms, number-of-days, max-time-slots,
// timezone, report-busy. An empty value is an absent parameter. Dates are
// yyyy-MM-ddTHH:mm:ss with an optional fraction and Z or an offset; without
// those they are read on the wall clock of timezone, by the rules of
// [LocalTime.In], or in UTC when there is no timezone. The error is a
// [*QueryError] that names the parameter; an unknown one is an error too.
func ParseQuery(parameters map[string]string) (Query, error) {
	var q Query
	values := make(map[string]string, len(parameters))
	for _, name := range sortedKeys(parameters) {
		switch name {
		case "start", "timestamp", "start-ms", "end", "end-ms", "number-of-days", "max-time-slots", "timezone", "report-busy":
		default:
			return Query{}, &QueryError{Parameter: shorten(name), Reason: "is not known"}
		}
		if parameters[name] != "" {
			values[name] = parameters[name]
		}
	}
	if values["timestamp"] != "" {
		if values["start"] != "" {
			return Query{}, &QueryError{Parameter: "timestamp", Reason: "is the same as start; set only one"}
		}
		values["start"] = values["timestamp"]
	}
	loc, err := LoadZone(values["timezone"])
	if err != nil {
		return Query{}, &QueryError{Parameter: "timezone", Reason: err.Error()}
	}
	q.Zone = values["timezone"]
	p := queryParser{values: values, loc: loc}
	q.Start, q.End = p.date("start"), p.date("end")
	q.StartMS, q.EndMS = p.milliseconds("start-ms"), p.milliseconds("end-ms")
	q.Days, q.MaxSlots = p.count("number-of-days"), p.count("max-time-slots")
	switch values["report-busy"] {
	case "true":
		q.ReportBusy = true
	case "", "false":
	default:
		p.fail("report-busy", "is not true or false")
	}
	if p.err != nil {
		return Query{}, p.err
	}
	return q, q.check()
}

// queryParser keeps the first error.
type queryParser struct {
	values map[string]string
	loc    *time.Location
	err    error
}

func (p *queryParser) fail(name, reason string) {
	if p.err == nil {
		p.err = &QueryError{Parameter: name, Reason: reason}
	}
}

func (p *queryParser) date(name string) time.Time {
	s := p.values[name]
	if s == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && inYears(t.Unix()) {
		return t.UTC()
	}
	for _, layout := range []string{localLayout, "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= minYear {
			instant, kind := LocalOf(t, time.UTC).In(p.loc)
			if kind != Gap {
				instant = instant.Add(time.Duration(t.Nanosecond()))
			}
			return instant
		}
	}
	p.fail(name, "is not a date like 2006-01-02T15:04:05.000Z")
	return time.Time{}
}

func (p *queryParser) milliseconds(name string) *int64 {
	s := p.values[name]
	if s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		p.fail(name, "is not a number of milliseconds")
		return nil
	}
	return &n
}

func (p *queryParser) count(name string) int {
	s := p.values[name]
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		p.fail(name, "is not a number from 1")
	}
	return n
}

// check finds combinations that no planner accepts.
func (q *Query) check() error {
	bad := func(parameter, format string, args ...any) error {
		return &QueryError{Parameter: parameter, Reason: fmt.Sprintf(format, args...)}
	}
	const once = "set only one of end, end-ms and number-of-days"
	switch {
	case !q.Start.IsZero() && q.StartMS != nil:
		return bad("start-ms", "set only one of start and start-ms")
	case !q.End.IsZero() && q.EndMS != nil:
		return bad("end-ms", once)
	case q.Days != 0 && (!q.End.IsZero() || q.EndMS != nil):
		return bad("number-of-days", once)
	case q.Days < 0:
		return bad("number-of-days", "is negative")
	case q.MaxSlots < 0:
		return bad("max-time-slots", "is negative")
	}
	return nil
}

// start is the beginning the query names; now when it names none.
func (q *Query) start(now time.Time) time.Time {
	switch {
	case q.StartMS != nil:
		return time.UnixMilli(*q.StartMS)
	case !q.Start.IsZero():
		return q.Start
	}
	return now
}

// ends finds the range the query names, in a calendar's zone. An instant stands
// for equal ends.
func (q *Query) ends(c *Calendar, now time.Time, maxDays int) (start, end time.Time, err error) {
	if err := q.check(); err != nil {
		return start, end, err
	}
	start = q.start(now)
	end, named := q.End, "end"
	if q.EndMS != nil {
		end, named = time.UnixMilli(*q.EndMS), "end-ms"
	}
	if !inYears(start.Unix()) || !inYears(end.Unix()) {
		return start, end, &RangeError{From: start, To: end}
	}
	tooLong := false
	switch {
	case q.Days > maxDays:
		tooLong = true
	case q.Days > 0:
		end = c.addDays(start, q.Days)
	case q.EndMS == nil && q.End.IsZero():
		end = c.endOfDay(start)
	case end.Before(start):
		return start, end, &QueryError{Parameter: named, Reason: "is before the start"}
	default:
		span := end.Unix() - start.Unix()
		tooLong = span > int64(maxDays+2)*daySeconds
		if !tooLong && span > int64(maxDays-2)*daySeconds { // near the bound the wall clock decides
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

// addDays moves n days on the wall clock; the time of day stays, except in a gap.
func (c *Calendar) addDays(t time.Time, n int) time.Time {
	first, _, kind := resolveIn(c.loc, wallAt(c.loc, t.Unix())+int64(n)*daySeconds)
	if kind == Gap {
		return utc(first)
	}
	return time.Unix(first, int64(t.Nanosecond())).UTC()
}

// endOfDay is the beginning of the next date.
func (c *Calendar) endOfDay(t time.Time) time.Time {
	var buf [8]segment
	d := daysAround(buf[:0], c.loc, t.Unix(), t.Unix()+1)
	return utc(d.start(d.dateOf(t.Unix()) + 1))
}

// Query answers the GMS calendar request with the open periods of a range. Start,
// StartMS, End, EndMS and Days are read as in a slot query, except that without
// an end the range is the instant of its start, so that an empty query asks
// whether the office is open now. An empty list means closed. The range may span
// [MaxSearchDays]; the errors are [*QueryError] and [*RangeError].
func (c *Calendar) Query(q Query, now time.Time) ([]Period, error) {
	c = c.orAlways()
	if q.End.IsZero() && q.EndMS == nil && q.Days == 0 {
		q.End = q.start(now)
	}
	start, end, err := q.ends(c, now, MaxSearchDays-1)
	if err != nil {
		return nil, err
	}
	return c.Periods(start, end)
}
