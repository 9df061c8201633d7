package config

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// lookup returns the calendar of another office-hours service.
type lookup func(name string) (*availability.Calendar, error)

// parseCalendar builds the calendar of an office-hours service from its options:
//
//	_timezone             IANA id; default UTC
//	_bh_regular<n>        DDD-DDD HH:mm-HH:mm, or DDD HH:mm-HH:mm
//	_holiday<n>           YYYY-MM-dd, or MM-dd for every year
//	_bh_add<n>            a date as in _holiday, then HH:mm-HH:mm
//	_effective_dates<n>   a date, or "date to date"
//	_use_alternative<n>   name of a service in force during its effective dates
//	_include_r...<n>      name of a service whose open time is added
//
// The number is optional. Rules apply in the order of their numbers. _ttl,
// _service and _type are ignored, and an empty value is an absent option. The
// error joins an [availability.ConfigError] per fault, whose Field is the option.
func parseCalendar(name string, options map[string]string, find lookup) (*availability.Calendar, error) {
	p := calendarParser{config: availability.CalendarConfig{Name: name}, find: find, options: make(map[string]string)}
	for _, name := range numbered(options) {
		if value := strings.TrimSpace(plainText(options[name])); value != "" {
			p.faults.add(name, value, p.option(name, value))
		}
	}
	if err := errors.Join(p.faults...); err != nil {
		return nil, err
	}
	c, err := availability.NewCalendar(p.config)
	return c, p.rename(err)
}

type calendarParser struct {
	config  availability.CalendarConfig
	find    lookup
	options map[string]string // option that set a field of config
	faults  valueFaults
}

// valueFaults collects the faults of a calendar or a capacity table.
type valueFaults []error

func (f *valueFaults) add(option, value string, err error) {
	if err != nil {
		*f = append(*f, &availability.ConfigError{Field: option, Value: text.Shorten(value, maxShown), Reason: err.Error()})
	}
}

func (p *calendarParser) option(name, value string) (err error) {
	c := &p.config
	switch stem := strings.TrimRight(name, "0123456789"); {
	case name == "_timezone":
		c.Zone = value
		_, err = availability.LoadZone(value)
	case name == "_ttl" || name == "_service" || name == "_type":
	case stem == "_bh_regular":
		var w availability.WeeklyHours
		w, err = availability.ParseWeeklyHours(value)
		w.Name = name
		c.Regular = append(c.Regular, w)
	case stem == "_holiday":
		var d availability.DateRule
		d, err = availability.ParseDateRule(value)
		d.Name = name
		c.Holidays = append(c.Holidays, d)
	case stem == "_bh_add":
		var x availability.ExtraHours
		x, err = availability.ParseExtraHours(value)
		x.Name = name
		c.Extra = append(c.Extra, x)
	case stem == "_effective_dates":
		var r availability.DateRange
		r, err = availability.ParseDateRange(value)
		r.Name = name
		c.Effective = append(c.Effective, r)
	case stem == "_use_alternative":
		var other *availability.Calendar
		other, err = p.find(value)
		p.options["Alternatives["+strconv.Itoa(len(c.Alternatives))+"]"] = name
		c.Alternatives = append(c.Alternatives, availability.Alternative{Name: value, Calendar: other})
	case isInclude(stem):
		var other *availability.Calendar
		other, err = p.find(value)
		p.options["Includes["+strconv.Itoa(len(c.Includes))+"]"] = name
		c.Includes = append(c.Includes, other)
	default:
		err = errors.New("is not an option of an office-hours service")
	}
	return err
}

// isInclude reports whether an option, without its number, includes a calendar.
// Any name that begins with _include_r does.
func isInclude(stem string) bool {
	return strings.HasPrefix(stem, "_include_r") && strings.Trim(stem, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// rename replaces the fields in the error of [availability.NewCalendar] by the
// options that set them.
func (p *calendarParser) rename(err error) error {
	for _, fault := range configErrors(err) {
		if option, ok := p.options[fault.Field]; ok {
			fault.Field = option
		}
	}
	return err
}

// configErrors returns the faults joined in an error of package availability.
func configErrors(err error) []*availability.ConfigError {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var list []*availability.ConfigError
	for _, one := range joined.Unwrap() {
		if fault, ok := errors.AsType[*availability.ConfigError](one); ok {
			list = append(list, fault)
		}
	}
	return list
}

// numbered sorts option names by their text and then by the number they end
// with, so that _holiday2 comes before _holiday10.
func numbered(options map[string]string) []string {
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
