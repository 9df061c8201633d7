package gms

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/manager"
)

// Query parameters of a time range.
const (
	paramFrom     = "start"
	paramFromMS   = "start-ms"
	paramFromOld  = "timestamp" // former name of start
	paramUntil    = "end"
	paramUntilMS  = "end-ms"
	paramDays     = "number-of-days"
	paramMaxSlots = "max-time-slots"
	paramZone     = "timezone"
	paramBusy     = "report-busy"
)

// availability1 responds with the start and the seats left of each slot (GMS
// 5.1).
func (h *Handler) availability1(c *call) error {
	slots, err := h.slots(c, paramFrom, paramFromOld, paramDays, paramUntil, paramMaxSlots)
	if err != nil {
		return err
	}
	return c.stream(func(flush flush) []byte { return appendV1(nil, slots.Slots, flush) })
}

// availability2 responds with slots in UTC and in local time (GMS 5.2).
func (h *Handler) availability2(c *call) error {
	slots, err := h.slots(c, paramFrom, paramFromOld, paramFromMS, paramDays, paramUntil, paramUntilMS, paramMaxSlots, paramZone, paramBusy)
	if err != nil {
		return err
	}
	return c.stream(func(flush flush) []byte { return appendV2(nil, slots, flush) })
}

func (h *Handler) slots(c *call, names ...string) (availability.Slots, error) {
	q, end, err := readRange(c, names)
	if err != nil {
		return availability.Slots{}, err
	}
	slots, err := h.manager.Tenant(c.caller.Tenant).Availability(c.r.Context(), manager.AvailabilityRequest{
		Service: c.name, Query: q,
	})
	return slots, rangeFault(err, end)
}

// readRange reads the query parameters of a time range and rejects those that
// are not in names. end is the parameter that sets the end of the range.
func readRange(c *call, names []string) (q availability.Query, end string, err error) {
	query, err := readQuery(c)
	if err != nil {
		return q, "", err
	}
	for _, name := range sortedNames(query) {
		if !slices.Contains(names, name) {
			return q, "", invalidParameter(clip(name), "is not known")
		}
		if _, ok := single(query, name); !ok {
			return q, "", invalidParameter(name, "is given more than once")
		}
	}
	q, err = parseQuery(query)
	return q, ending(query), err
}

// parseQuery parses the query parameters of a time range. An empty value is an
// absent parameter. For dates see [queryParser.date].
func parseQuery(query url.Values) (availability.Query, error) {
	p := queryParser{query: query}
	loc, err := availability.LoadZone(query.Get(paramZone))
	if err != nil {
		return availability.Query{}, invalidParameter(paramZone, err.Error())
	}
	from := paramFrom
	if p.has(paramFromOld) {
		if p.has(paramFrom) {
			return availability.Query{}, invalidParameter(paramFromOld, "is an alias of start; set only one")
		}
		from = paramFromOld
	}
	q := availability.Query{Zone: query.Get(paramZone), Start: p.date(from, loc), End: p.date(paramUntil, loc)}
	if p.has(paramFromMS) {
		p.check(q.Start.IsZero(), paramFromMS, "set only one of start and start-ms")
		q.Start = p.milliseconds(paramFromMS)
	}
	const once = "set only one of end, end-ms and number-of-days"
	if p.has(paramUntilMS) {
		p.check(q.End.IsZero(), paramUntilMS, once)
		q.End = p.milliseconds(paramUntilMS)
	}
	q.Days, q.MaxSlots = p.count(paramDays), p.count(paramMaxSlots)
	p.check(q.Days == 0 || q.End.IsZero(), paramDays, once)
	busy, ok := wire.ParseTruth(query.Get(paramBusy))
	q.ReportBusy = busy
	p.check(ok, paramBusy, ruleTruth)
	if p.err != nil {
		return availability.Query{}, p.err
	}
	return q, nil
}

// queryParser parses parameters and keeps the first error.
type queryParser struct {
	query url.Values
	err   error
}

func (p *queryParser) has(name string) bool { return p.query.Get(name) != "" }

func (p *queryParser) check(ok bool, name, rule string) {
	if !ok && p.err == nil {
		p.err = invalidParameter(name, rule)
	}
}

// date parses a date by [wire.ParseTime]. One without an offset is local time in loc.
func (p *queryParser) date(name string, loc *time.Location) time.Time {
	text := p.query.Get(name)
	if text == "" {
		return time.Time{}
	}
	t, ok := wire.ParseTime(text, loc)
	p.check(ok && t.Year() >= 1 && t.Year() <= 9999, name, ruleTime)
	return t
}

func (p *queryParser) milliseconds(name string) time.Time {
	n, err := strconv.ParseInt(p.query.Get(name), 10, 64)
	p.check(err == nil, name, "is not a number of milliseconds")
	return time.UnixMilli(n)
}

func (p *queryParser) count(name string) int {
	if !p.has(name) {
		return 0
	}
	n, err := strconv.Atoi(p.query.Get(name))
	p.check(err == nil && n >= 1, name, "is not an integer from 1")
	return n
}

// ending returns the parameter that sets the end of a range.
func ending(query url.Values) string {
	for _, name := range []string{paramDays, paramUntil, paramUntilMS} {
		if query.Get(name) != "" {
			return name
		}
	}
	return paramFrom
}

// rangeFault converts an error about a range to one about the responsible query
// parameter. end is the parameter that sets the end of the range.
func rangeFault(err error, end string) error {
	var field *availability.QueryError
	var wide *availability.RangeError
	switch {
	case errors.As(err, &wide):
		return invalidParameter(end, rangeRule(wide))
	case errors.As(err, &field) && field.Field == "Zone":
		return invalidParameter(paramZone, field.Reason)
	case errors.As(err, &field):
		return invalidParameter(end, field.Reason)
	}
	return err
}

// calendarBody is the response to a calendar query. An empty list means closed.
type calendarBody struct {
	Periods []periodBody `json:"periods"`
	Error   *string      `json:"error"`
}

type periodBody struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// calendar responds with the open periods of an office-hours service (GMS
// calendar query).
func (h *Handler) calendar(c *call) error {
	calendar, ok := h.viewOf(c.caller.Tenant).calendars[c.name]
	if !ok {
		return callback.UnknownService(c.name)
	}
	q, end, err := readRange(c, []string{paramFrom, paramDays, paramUntil})
	if err != nil {
		return err
	}
	now, err := h.manager.Now(c.r.Context())
	if err != nil {
		return err
	}
	periods, err := calendar.Query(q, now)
	if err != nil {
		return rangeFault(err, end)
	}
	body := calendarBody{Periods: make([]periodBody, len(periods))}
	for i, p := range periods {
		body.Periods[i] = periodBody{wire.Time(p.Start), wire.Time(p.End)}
	}
	return c.answer(http.StatusOK, body)
}
