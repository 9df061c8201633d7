package gms

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// availability1 answers with a map of slots and the seats left in them (GMS
// 5.1).
func (h *Handler) availability1(c *call) error {
	slots, _, err := h.slots(c, "start", "timestamp", "number-of-days", "end", "max-time-slots")
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, jsonV1(slots.Slots))
}

// availability2 answers with a list of slots in UTC and in a time zone (GMS
// 5.2).
func (h *Handler) availability2(c *call) error {
	slots, q, err := h.slots(c, "start", "timestamp", "start-ms", "number-of-days", "end", "end-ms", "max-time-slots", "timezone", "report-busy")
	if err != nil {
		return err
	}
	loc, err := h.zone(c, q.Zone)
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, jsonV2(slots, loc))
}

func (h *Handler) slots(c *call, names ...string) (availability.Slots, availability.Query, error) {
	q, given, err := readRange(c, names)
	if err != nil {
		return availability.Slots{}, q, err
	}
	slots, err := h.manager.Availability(c.r.Context(), manager.AvailabilityRequest{
		Tenant: c.caller.Tenant, Service: c.name, Query: q,
	})
	return slots, q, rangeFault(err, given)
}

// zone returns the zone of local times: one that is asked for, which the Manager
// has found to exist, or that of the service. Zones are kept, because reading
// one costs more than the slots of a day.
func (h *Handler) zone(c *call, name string) (*time.Location, error) {
	if name == "" {
		policy, err := h.manager.Policy(c.r.Context(), c.caller.Tenant, c.name)
		if err != nil {
			return nil, err
		}
		return policy.Planner().Calendar().Location(), nil
	}
	return h.zones.load(name)
}

// zones keeps the zones that were asked for; what has more names than there are
// zones is not kept.
type zones struct {
	mu    sync.RWMutex
	known map[string]*time.Location
}

const maxZones = 1000

func (z *zones) load(name string) (*time.Location, error) {
	z.mu.RLock()
	loc := z.known[name]
	z.mu.RUnlock()
	if loc != nil {
		return loc, nil
	}
	loc, err := availability.LoadZone(name)
	if err != nil {
		return nil, invalidParameter("timezone", err.Error())
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if len(z.known) < maxZones {
		if z.known == nil {
			z.known = make(map[string]*time.Location)
		}
		z.known[name] = loc
	}
	return loc, nil
}

// readRange reads the parameters of a range of time. Given tells which of them
// ends it.
func readRange(c *call, names []string) (q availability.Query, given string, err error) {
	query, err := readQuery(c)
	if err != nil {
		return q, "", err
	}
	parameters := make(map[string]string, len(query))
	for name := range query {
		text, ok := single(query, name)
		switch {
		case !slices.Contains(names, name):
			return q, "", invalidParameter(clip(name), "is not known")
		case !ok:
			return q, "", invalidParameter(name, "is there more than once")
		}
		parameters[name] = zoned(name, text)
	}
	if q, err = availability.ParseQuery(parameters); err != nil {
		var fault *availability.QueryError
		if errors.As(err, &fault) {
			return q, "", invalidParameter(fault.Parameter, fault.Reason)
		}
		return q, "", err
	}
	return q, ending(query), nil
}

// zoned writes a time with an offset that has no colon, as Java writes it, in a
// form that is read everywhere.
func zoned(name, text string) string {
	if name == "start" || name == "timestamp" || name == "end" {
		if t, err := time.Parse("2006-01-02T15:04:05Z0700", text); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

// ending returns the parameter that ends a range.
func ending(query url.Values) string {
	for _, name := range []string{"number-of-days", "end", "end-ms"} {
		if query.Get(name) != "" {
			return name
		}
	}
	return "start"
}

// rangeFault names the parameter of a range that is too long.
func rangeFault(err error, given string) error {
	var wide *availability.RangeError
	if errors.As(err, &wide) {
		return invalidParameter(given, rangeRule(wide))
	}
	return err
}

// calendarBody is the answer to a calendar query. An empty list means that the
// office is closed.
type calendarBody struct {
	Periods []periodBody `json:"periods"`
	Error   *string      `json:"error"`
}

type periodBody struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// calendar answers with the opening hours of an office-hours service (GMS
// calendar query).
func (h *Handler) calendar(c *call) error {
	calendar, ok := h.viewOf(c.caller.Tenant).calendars[c.name]
	if !ok {
		return callback.UnknownService(c.name)
	}
	q, given, err := readRange(c, []string{"start", "number-of-days", "end"})
	if err != nil {
		return err
	}
	now, err := h.manager.Now(c.r.Context())
	if err != nil {
		return err
	}
	periods, err := calendar.Query(q, now)
	if err != nil {
		return calendarFault(err, given)
	}
	body := calendarBody{Periods: make([]periodBody, len(periods))}
	for i, p := range periods {
		body.Periods[i] = periodBody{writeTime(p.Start), writeTime(p.End)}
	}
	return c.answer(http.StatusOK, body)
}

func calendarFault(err error, given string) error {
	var fault *availability.QueryError
	if errors.As(err, &fault) {
		return invalidParameter(fault.Parameter, fault.Reason)
	}
	return rangeFault(err, given)
}
