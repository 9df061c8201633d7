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

// readCalendars parses all office-hours services.
func (b *builder) readCalendars() {
	b.calendars = make(map[string]*availability.Calendar)
	r := &calendarReader{b: b, failed: make(map[string]bool)}
	names := b.servicesOf(kindHours)
	for _, name := range names {
		_, _ = r.calendar(name) // faults have been reported
	}
	for _, name := range names {
		for _, e := range b.doc.sections[serviceSection(name)].entries {
			if strings.HasPrefix(e.name, "_bh_") && strings.HasSuffix(plainText(e.value), "23:59") {
				b.report(SeverityNote, e, shownValue(e.value), "closes a minute before midnight, and the last slot of the day does not fit: 24:00 is the end of the day")
			}
		}
	}
	anchors, tries := r.anchors(names), maxTries
	for _, name := range slices.Sorted(maps.Keys(b.calendars)) {
		if neverOpens(b.calendars[name], anchors, &tries) {
			b.report(SeverityWarning, b.doc.sections[serviceSection(name)].head(), "",
				"never opens: services that use it reject every request")
		}
	}
}

// calendarReader parses calendars that refer to each other.
type calendarReader struct {
	b      *builder
	failed map[string]bool
	path   []string
}

// maxNamed is the maximum depth of references between office-hours services.
const maxNamed = 32

// calendar parses a calendar and the ones it refers to, and reports faults at
// their options.
func (r *calendarReader) calendar(name string) (*availability.Calendar, error) {
	if c, ok := r.b.calendars[name]; ok {
		return c, nil
	}
	switch kind, ok := r.b.kinds[name]; {
	case !ok:
		return nil, errors.New("no such service")
	case kind != kindHours:
		return nil, errors.New("the service is not an office-hours service")
	case slices.Contains(r.path, name):
		return nil, errors.New("the service refers to itself: " + strings.Join(append(r.path, name), ", "))
	case len(r.path) == maxNamed:
		return nil, fmt.Errorf("services refer to each other more than %d deep", maxNamed)
	case r.failed[name]:
		return nil, errors.New("the service is faulty")
	}
	section := r.b.doc.sections[serviceSection(name)]
	options, readable := r.b.ownOptions(section, isHoursOption, kindHours)
	r.path = append(r.path, name)
	c, err := parseCalendar(name, options, r.calendar)
	r.path = r.path[:len(r.path)-1]
	if err != nil {
		r.b.reportConfig(section, err, "the calendar and services that use it are left out")
	}
	if err != nil || !readable {
		r.failed[name] = true
		return nil, errors.New("the service is faulty")
	}
	r.b.calendars[name] = c
	return c, nil
}

// anchors returns days near which every calendar that opens at all is open: a
// year with all dates, and each date at which an option opens something.
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
				// Dates begin up to 14 hours before UTC in some zones.
				list = append(list, time.Date(date.Year, date.Month, date.Day-1, 0, 0, 0, 0, time.UTC))
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.Compact(list)
}

// maxTries is the maximum number of days to try for all calendars.
const maxTries = 2000

// neverOpens reports whether a calendar is always closed. It returns false if
// there are too many days to try.
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

// reportConfig reports the faults of a calendar or capacity at their options.
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
// reports the others. All of them restrict: the section is not readable if one of
// them may be in a line that cannot be read, or misspelled.
func (b *builder) ownOptions(section *section, own func(string) bool, kind string) (options map[string]string, readable bool) {
	options, readable = make(map[string]string, len(section.entries)), true
	for _, e := range section.damaged {
		if own(e.name) || b.suggest(e.name, kind) != "" {
			readable = false
			b.report(SeverityError, e, "", "may restrict and cannot be read: the section and services that use it are left out")
		}
	}
	for _, e := range section.entries {
		switch {
		case own(e.name):
			options[e.name] = e.value
		case isCredential(e.name):
		case e.name == "_redirect":
			b.report(SeverityNote, e, "", "has no effect: only callback services are redirected")
		case e.value != "" && b.suggest(e.name, kind) != "":
			readable = false
			b.report(SeverityError, e, "", "is not an option of a service with _service = %s%s: the section and services that use it are left out", kind, b.suggest(e.name, kind))
		default:
			b.report(SeverityWarning, e, "", "is not an option of a service with _service = %s%s: ignored", kind, b.suggest(e.name, kind))
		}
	}
	return options, readable
}

// isHoursOption reports whether name is an option of office-hours services.
func isHoursOption(name string) bool {
	if name == "_timezone" || name == "_ttl" || name == "_service" || name == "_type" {
		return true
	}
	stem := strings.TrimRight(name, "0123456789")
	return isInclude(stem) || slices.Contains(hoursStems(), stem)
}

// hoursStems are the options of office-hours services that may end with a
// number.
func hoursStems() []string {
	return []string{"_bh_regular", "_bh_add", "_holiday", "_effective_dates", "_use_alternative", "_include_r"}
}
