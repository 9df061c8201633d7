package availability

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxRules limits each list of a CalendarConfig.
	maxRules = 4096
	// maxWeight limits the rules of a calendar plus those of the calendars it
	// refers to, counted once per reference.
	maxWeight = 20000
)

// Alternative replaces the regular hours of a calendar on some dates by the
// open time of another calendar. GMS: _use_alternative<n>
type Alternative struct {
	Name     string // optional; reported by [Calendar.Explain]
	Calendar *Calendar
	// Dates are the dates on which the alternative applies, in the zone of the
	// calendar that refers to it. If empty, the effective dates of Calendar
	// apply, in its own zone, or else those of the calendar that refers to it.
	// An alternative without any of these is an error.
	Dates []DateRange
}

// CalendarConfig describes opening hours. [NewCalendar] copies it.
//
// An instant is open if it is in the regular hours, in an alternative that
// replaces them or in an included calendar, and not on a holiday; or if it is
// in extra hours. If there are effective dates it must also be on one of them.
// A calendar without rules is always closed.
type CalendarConfig struct {
	// Name is the name of this calendar in the explanations of a calendar that
	// includes it. Optional.
	Name string
	// Zone is the IANA zone of all dates and times in the configuration.
	// Defaults to UTC. "Local" is an error. GMS: _timezone
	Zone string
	// Location is the loaded zone, for a host with its own time zone data.
	// Defaults to the result of [LoadZone] for Zone. If both are set their
	// names must be equal.
	Location *time.Location
	// Regular lists the regular hours. Overlapping rules are merged.
	Regular []WeeklyHours
	// Holidays close whole dates in the zone, including the part of a shift
	// that began on the date before. GMS: _holiday<n>
	Holidays []DateRule
	// Extra lists hours that are open even on holidays.
	Extra []ExtraHours
	// Effective dates close everything on other dates, including extra hours
	// and included calendars. If there are none, all dates are effective. GMS:
	// _effective_dates<n>
	Effective []DateRange
	// Alternatives replace Regular. If two apply on one date the first in the
	// list is used.
	Alternatives []Alternative
	// Includes add the whole open time of other calendars to the regular hours.
	// The holidays and effective dates of this calendar apply to it. GMS:
	// _include_r<n>
	Includes []*Calendar
}

// Calendar holds opening hours in one time zone. Create one with [NewCalendar].
// A nil *Calendar is always open, in UTC. It is immutable and safe for
// concurrent use.
type Calendar struct {
	loc    *time.Location
	config CalendarConfig

	always   bool          // open at every instant
	week     [7][]interval // merged regular hours by weekday, in minutes after midnight
	holidays daySet
	weekly   int // number of intervals in week
	weight   int

	open cache[interval]
}

// AlwaysOpen returns a calendar in UTC that is open at every instant of the
// years 1 to 9999.
func AlwaysOpen() *Calendar { return &Calendar{loc: time.UTC, always: true, weight: 1} }

func (c *Calendar) orAlways() *Calendar {
	if c == nil {
		return AlwaysOpen()
	}
	return c
}

// NewCalendar validates and compiles a configuration. The error joins a
// [*ConfigError] per fault.
func NewCalendar(config CalendarConfig) (*Calendar, error) {
	c := &Calendar{config: config.clone(), weight: 1}
	var f faults
	c.loc = loadConfigured(&f, config.Zone, config.Location)
	c.checkRules(&f)
	c.checkCalendars(&f)
	if err := f.err(); err != nil {
		return nil, err
	}
	c.compileWeek()
	c.holidays = newDaySet(c.config.Holidays)
	return c, nil
}

func (config CalendarConfig) clone() CalendarConfig {
	config.Regular = slices.Clone(config.Regular)
	config.Holidays = slices.Clone(config.Holidays)
	config.Extra = slices.Clone(config.Extra)
	config.Effective = slices.Clone(config.Effective)
	config.Includes = slices.Clone(config.Includes)
	config.Alternatives = slices.Clone(config.Alternatives)
	for i := range config.Alternatives {
		config.Alternatives[i].Dates = slices.Clone(config.Alternatives[i].Dates)
	}
	return config
}

// loadConfigured returns the location that Zone and Location of a configuration
// stand for.
func loadConfigured(f *faults, zone string, loc *time.Location) *time.Location {
	if loc != nil {
		switch name := zoneName(loc); {
		case loc == time.Local || name == "Local":
			f.add("Location", name, "depends on the machine; use an IANA zone")
		case zone != "" && zone != name:
			f.add("Zone", zone, "differs from the name of Location, %q", name)
		}
		return loc
	}
	loaded, err := LoadZone(zone)
	if err != nil {
		f.add("Zone", zone, "%s", err)
	}
	return loaded
}

func (c *Calendar) checkRules(f *faults) {
	config := &c.config
	for _, list := range []struct {
		name string
		n    int
	}{
		{"Regular", len(config.Regular)}, {"Holidays", len(config.Holidays)}, {"Extra", len(config.Extra)},
		{"Effective", len(config.Effective)}, {"Alternatives", len(config.Alternatives)}, {"Includes", len(config.Includes)},
	} {
		c.weight += list.n
		if list.n > maxRules {
			f.add(list.name, fmt.Sprint(list.n), "more than %d rules", maxRules)
			return
		}
	}
	for i, w := range config.Regular {
		if w.FromDay < time.Sunday || w.FromDay > time.Saturday || w.ToDay < time.Sunday || w.ToDay > time.Saturday {
			f.add(at("Regular", i), fmt.Sprintf("%d-%d", w.FromDay, w.ToDay), "weekday is not 0 (Sunday) to 6 (Saturday)")
		}
		if why := hoursFault(w.Open, w.Close); why != "" {
			f.add(at("Regular", i), hoursText(w.Open, w.Close), "%s", why)
		}
	}
	for i, d := range config.Holidays {
		if why := d.fault(); why != "" {
			f.add(at("Holidays", i), d.String(), "%s", why)
		}
	}
	for i, x := range config.Extra {
		if why := x.Date.fault(); why != "" {
			f.add(at("Extra", i), x.Date.String(), "%s", why)
		}
		if why := hoursFault(x.Open, x.Close); why != "" {
			f.add(at("Extra", i), hoursText(x.Open, x.Close), "%s", why)
		}
	}
	checkRanges(f, "Effective", config.Effective)
}

func (c *Calendar) checkCalendars(f *faults) {
	for i := range c.config.Alternatives {
		a, field := &c.config.Alternatives[i], at("Alternatives", i)
		checkRanges(f, field+".Dates", a.Dates)
		if a.Calendar == nil {
			f.add(field, a.Name, "has no calendar")
			continue
		}
		c.weight += a.Calendar.weight
		if len(a.Dates) == 0 && len(a.Calendar.config.Effective) == 0 && len(c.config.Effective) == 0 {
			f.add(field, a.Name, "needs effective dates")
		}
	}
	for i, in := range c.config.Includes {
		if in == nil {
			f.add(at("Includes", i), "", "has no calendar")
			continue
		}
		c.weight += in.weight
	}
	if c.weight > maxWeight {
		f.add("Includes", fmt.Sprint(c.weight), "more than %d rules with the included calendars", maxWeight)
	}
}

// at returns the name of a list element in a configuration.
func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

func checkRanges(f *faults, field string, ranges []DateRange) {
	for i, r := range ranges {
		if why := r.fault(); why != "" {
			f.add(at(field, i), r.String(), "%s", why)
		}
	}
}

func (c *Calendar) compileWeek() {
	for _, w := range c.config.Regular {
		s := shift(w.Open, w.Close)
		for d := w.FromDay; ; d = (d + 1) % 7 {
			c.week[d] = append(c.week[d], s)
			if d == w.ToDay {
				break
			}
		}
	}
	config, whole := &c.config, 0
	for d := range c.week {
		c.week[d] = normalize(c.week[d])
		c.weekly += len(c.week[d])
		if w := c.week[d]; len(w) == 1 && w[0].start == 0 && w[0].end >= 24*60 {
			whole++
		}
	}
	c.always = whole == 7 && len(config.Holidays) == 0 && len(config.Effective) == 0 && len(config.Alternatives) == 0
}

// Location returns the zone of the calendar.
func (c *Calendar) Location() *time.Location { return c.orAlways().loc }
