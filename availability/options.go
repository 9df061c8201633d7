package availability

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseCalendar builds a calendar from the options of a GMS office-hours service:
//
//	_timezone             IANA id; default UTC
//	_bh_regular<n>        DDD-DDD HH:mm-HH:mm, or DDD HH:mm-HH:mm
//	_holiday<n>           YYYY-MM-dd, or MM-dd for every year
//	_bh_add<n>            the same date, then HH:mm-HH:mm
//	_effective_dates<n>   a date, or "date to date"
//	_use_alternative<n>   name of a service in force during its effective dates
//	_include_r...<n>      name of a service whose open time is added
//
// The number may be missing. _ttl, _service and _type are ignored, an empty value
// is an absent option, and rules are taken in the order of their numbers. The
// services named by the last two are asked of lookup, which may be nil when there
// are none. The error joins a [*ConfigError] naming the option for every fault:
// an unknown option is one.
func ParseCalendar(options map[string]string, lookup func(name string) (*Calendar, error)) (*Calendar, error) {
	p := calendarParser{lookup: lookup}
	for _, name := range sortedKeys(options) {
		if value := strings.TrimSpace(options[name]); value != "" {
			p.option(name, value)
		}
	}
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	c, err := NewCalendar(p.config)
	return c, p.rename(err)
}

type calendarParser struct {
	config CalendarConfig
	faults faults
	lookup func(name string) (*Calendar, error)
	fields map[string]string // config field to option name
}

func (p *calendarParser) option(name, value string) {
	stem := strings.TrimRight(name, "0123456789")
	var err error
	switch {
	case name == "_timezone":
		_, err = LoadZone(value)
		p.config.Zone = value
	case name == "_ttl" || name == "_service" || name == "_type":
	case stem == "_bh_regular":
		var w WeeklyHours
		w, err = parseWeekly(value)
		w.Name = name
		p.config.Regular = append(p.config.Regular, w)
	case stem == "_holiday":
		var d DateRule
		d, err = ParseDateRule(value)
		d.Name = name
		p.config.Holidays = append(p.config.Holidays, d)
	case stem == "_bh_add":
		var x ExtraHours
		x, err = parseExtra(value)
		x.Name = name
		p.config.Extra = append(p.config.Extra, x)
	case stem == "_effective_dates":
		var r DateRange
		r, err = ParseDateRange(value)
		r.Name = name
		p.config.Effective = append(p.config.Effective, r)
	case stem == "_use_alternative":
		var c *Calendar
		c, err = p.find(value)
		p.mention(at("Alternatives", len(p.config.Alternatives)), name)
		p.config.Alternatives = append(p.config.Alternatives, Alternative{Name: value, Calendar: c})
	case strings.HasPrefix(stem, "_include_r") && strings.Trim(stem, "abcdefghijklmnopqrstuvwxyz_") == "":
		var c *Calendar
		c, err = p.find(value)
		p.mention(at("Includes", len(p.config.Includes)), name)
		p.config.Includes = append(p.config.Includes, c)
		p.config.includeNames = append(p.config.includeNames, value)
	default:
		err = errors.New("is not an option of an office-hours service")
	}
	if err != nil {
		p.faults.add(shorten(name), value, "%s", err)
	}
}

func (p *calendarParser) find(service string) (*Calendar, error) {
	if p.lookup == nil {
		return nil, errors.New("no other services can be named here")
	}
	c, err := p.lookup(service)
	if err == nil && c == nil {
		err = errors.New("there is no such service")
	}
	return c, err
}

func (p *calendarParser) mention(field, option string) {
	if p.fields == nil {
		p.fields = make(map[string]string)
	}
	p.fields[field] = option
}

// rename lets the faults NewCalendar found speak of options.
func (p *calendarParser) rename(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	for _, one := range joined.Unwrap() {
		if fault, ok := errors.AsType[*ConfigError](one); ok {
			if option, ok := p.fields[fault.Field]; ok {
				fault.Field = option
			}
		}
	}
	return err
}

func parseWeekly(s string) (WeeklyHours, error) {
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
	w.FromDay, errs[0] = parseWeekday(from)
	w.ToDay, errs[1] = parseWeekday(to)
	w.Open, w.Close, errs[2] = parseHours(hours)
	return w, cmp.Or(errs[:]...)
}

func parseExtra(s string) (ExtraHours, error) {
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

// parseWeekday reads an English weekday, in full or its first three letters.
func parseWeekday(s string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if full := d.String(); strings.EqualFold(s, full) || strings.EqualFold(s, full[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("weekday %q is not Mon to Sun", shorten(s))
}

// sortedKeys orders option names by the text and then by the number they end
// with, so that _holiday2 comes before _holiday10.
func sortedKeys(options map[string]string) []string {
	split := func(name string) (string, int) {
		stem := strings.TrimRight(name, "0123456789")
		n, _ := strconv.Atoi(name[len(stem):])
		return stem, n
	}
	return slices.SortedFunc(maps.Keys(options), func(a, b string) int {
		stemA, nA := split(a)
		stemB, nB := split(b)
		return cmp.Or(cmp.Compare(stemA, stemB), cmp.Compare(nA, nB), cmp.Compare(a, b))
	})
}

// ParseCalendars builds the calendars of several office-hours services that name
// each other by their keys. Services that need themselves are faults. The error
// joins those of all services, each under the name of its service.
func ParseCalendars(services map[string]map[string]string) (map[string]*Calendar, error) {
	r := resolver{services: services, done: make(map[string]*Calendar), failed: make(map[string]bool)}
	names := slices.Sorted(maps.Keys(services))
	for _, name := range names {
		if _, err := r.calendar(name); err != nil && !r.failed[name] {
			r.errs = append(r.errs, err)
		}
	}
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return r.done, nil
}

// maxDepth bounds how far services may name one another in a row.
const maxDepth = 64

type resolver struct {
	services map[string]map[string]string
	done     map[string]*Calendar
	failed   map[string]bool // its own error is in errs
	path     []string
	errs     []error
}

func (r *resolver) calendar(name string) (*Calendar, error) {
	if c, ok := r.done[name]; ok {
		return c, nil
	}
	options, ok := r.services[name]
	switch {
	case !ok:
		return nil, errors.New("there is no such service")
	case slices.Contains(r.path, name):
		return nil, errors.New("the service needs itself: " + strings.Join(append(r.path, name), ", "))
	case len(r.path) == maxDepth:
		return nil, fmt.Errorf("services name one another more than %d deep", maxDepth)
	case r.failed[name]:
		return nil, errors.New("the service has faults of its own")
	}
	r.path = append(r.path, name)
	c, err := ParseCalendar(options, r.calendar)
	r.path = r.path[:len(r.path)-1]
	if err != nil {
		r.failed[name] = true
		r.errs = append(r.errs, fmt.Errorf("service %s: %w", shorten(name), err))
		return nil, errors.New("the service has faults of its own")
	}
	r.done[name] = c
	return c, nil
}
