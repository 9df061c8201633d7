package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// readCalendars makes the calendars of all office-hours services.
func (b *builder) readCalendars() {
	b.calendars = make(map[string]*availability.Calendar)
	r := &calendarReader{b: b, failed: make(map[string]bool)}
	names := b.servicesOf(kindHours)
	for _, name := range names {
		_, _ = r.calendar(name) // every fault has been reported
	}
	anchors, tries := r.anchors(names), maxTries
	for _, name := range slices.Sorted(maps.Keys(b.calendars)) {
		if neverOpens(b.calendars[name], anchors, &tries) {
			b.report(SeverityWarning, b.doc.sections[serviceSection(name)].head(), "",
				"never opens: services that name it refuse every request")
		}
	}
}

// calendarReader makes calendars that name one another.
type calendarReader struct {
	b      *builder
	failed map[string]bool
	path   []string
}

// maxNamed bounds how far office-hours services may name one another in a row.
const maxNamed = 32

// calendar makes one calendar and reports its faults, each at its option. It is
// asked for others by parseCalendar.
func (r *calendarReader) calendar(name string) (*availability.Calendar, error) {
	if c, ok := r.b.calendars[name]; ok {
		return c, nil
	}
	switch kind, ok := r.b.kinds[name]; {
	case !ok:
		return nil, errors.New("there is no such service")
	case kind != kindHours:
		return nil, errors.New("the service is no office-hours service")
	case slices.Contains(r.path, name):
		return nil, errors.New("the service needs itself: " + strings.Join(append(r.path, name), ", "))
	case len(r.path) == maxNamed:
		return nil, fmt.Errorf("services name one another more than %d deep", maxNamed)
	case r.failed[name]:
		return nil, errors.New("the service has faults of its own")
	}
	section := r.b.doc.sections[serviceSection(name)]
	options := r.b.ownOptions(section, isHoursOption, kindHours)
	r.path = append(r.path, name)
	c, err := parseCalendar(name, options, r.calendar)
	r.path = r.path[:len(r.path)-1]
	if err != nil {
		r.failed[name] = true
		r.b.reportConfig(section, err, "the calendar is left out, and services that name it")
		return nil, errors.New("the service has faults of its own")
	}
	r.b.calendars[name] = c
	return c, nil
}

// anchors are days near which calendars open if they ever do: a year that has
// every date, and the beginning of each date at which an option opens something.
func (r *calendarReader) anchors(names []string) []time.Time {
	list := []time.Time{time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, name := range names {
		for _, e := range r.b.doc.sections[serviceSection(name)].entries {
			if !strings.HasPrefix(e.name, "_bh_add") && !strings.HasPrefix(e.name, "_effective_dates") {
				continue
			}
			text, _, _ := strings.Cut(e.value, " ")
			date, err := availability.ParseDateRule(text)
			if err == nil && date.Year > 0 {
				// Zones begin their days up to 14 hours before UTC does.
				list = append(list, time.Date(date.Year, date.Month, date.Day-1, 0, 0, 0, 0, time.UTC))
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.Compact(list)
}

// maxTries bounds how many days are tried for all calendars together.
const maxTries = 2000

// neverOpens reports whether a calendar is closed for ever. When there are too
// many days to try it is not said.
func neverOpens(c *availability.Calendar, anchors []time.Time, tries *int) bool {
	for _, t := range anchors {
		if *tries--; *tries < 0 {
			return false
		}
		if _, ok := c.NextOpen(t); ok {
			return false
		}
	}
	return true
}

// reportConfig reports the faults of a calendar or a table, each at its option.
func (b *builder) reportConfig(section *section, err error, consequence string) {
	for _, fault := range configErrors(err) {
		at, rule := section.head(), fault.Reason
		if i, ok := section.index[fault.Field]; ok {
			at = section.entries[i]
		} else {
			rule = fault.Field + ": " + rule
		}
		b.report(SeverityError, at, fault.Value, "%s: %s", rule, consequence)
	}
}

// ownOptions returns the options of a section that its kind of service has, and
// reports the others.
func (b *builder) ownOptions(section *section, own func(string) bool, kind string) map[string]string {
	options := make(map[string]string, len(section.entries))
	for _, e := range section.entries {
		switch {
		case own(e.name):
			options[e.name] = e.value
		case isCredential(e.name):
		case e.name == "_redirect":
			b.report(SeverityNote, e, "", "has no effect: only callback services are redirected")
		default:
			b.report(SeverityWarning, e, "", "is no option of a service with _service = %s%s: it is not read", kind, b.suggest(e.name, kind))
		}
	}
	return options
}

// isHoursOption tells the options of office-hours services.
func isHoursOption(name string) bool {
	if name == "_timezone" || name == "_ttl" || name == "_service" || name == "_type" {
		return true
	}
	stem := strings.TrimRight(name, "0123456789")
	return isInclude(stem) || slices.Contains(hoursStems(), stem)
}

// hoursStems are the options of office-hours services that a number may follow.
func hoursStems() []string {
	return []string{"_bh_regular", "_bh_add", "_holiday", "_effective_dates", "_use_alternative", "_include_r"}
}
