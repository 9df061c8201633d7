package availability

import (
	"fmt"
	"slices"
	"time"
)

const (
	// maxRules bounds each list of a CalendarConfig.
	maxRules = 4096
	// maxWeight bounds the rules a calendar holds together with those of the
	// calendars it includes, counted once for each mention.
	maxWeight = 20000
)

// Alternative replaces the regular hours of a calendar during some dates by the
// open time of another calendar (GMS _use_alternative<n>).
type Alternative struct {
	Name     string // optional, reported by [Calendar.Explain]
	Calendar *Calendar
	// Dates are when the alternative is in force, in the zone of the calendar
	// that uses it. Defaults to the effective dates of the alternative, in its
	// own zone; when it has none, to the effective dates of the calendar that
	// uses it. One of the three must be there.
	Dates []DateRange
}

// CalendarConfig describes opening hours. [NewCalendar] copies it.
//
// An instant is open when it lies in the regular hours (or in an alternative
// that replaces them, or in an included calendar) and not on a holiday, or when
// it lies in extra hours; and, in either case, inside the effective dates if
// there are any. With no rule that opens, the office is always closed.
type CalendarConfig struct {
	// Name is what an explanation calls this calendar where another one includes
	// it. Optional.
	Name string
	// Zone is the IANA zone of every date and time below (GMS _timezone).
	// Defaults to UTC. "Local" is refused.
	Zone string
	// Location is the zone already loaded, for a host that brings its own time
	// zone data. Defaults to Zone looked up with [LoadZone]; when both are set
	// their names must be equal.
	Location *time.Location
	// Regular hours; overlapping rules are joined.
	Regular []WeeklyHours
	// Holidays close their date, from its beginning to its end in the zone,
	// whichever shift the hours belong to (GMS _holiday<n>).
	Holidays []DateRule
	// Extra hours open whatever the holidays say.
	Extra []ExtraHours
	// Effective dates, when there are any, close everything outside them, extra
	// hours and included calendars too (GMS _effective_dates<n>).
	Effective []DateRange
	// Alternatives replace Regular. Where two are in force on one date the first
	// listed decides.
	Alternatives []Alternative
	// Includes add the whole open time of other calendars to the regular hours;
	// the holidays and effective dates of this calendar apply to it (GMS
	// _include_r<n>).
	Includes []*Calendar
}

// Calendar says when an office is open, in one time zone. It is immutable and
// safe for concurrent use; make one with [NewCalendar]. A nil
// *Calendar is always open, in UTC.
type Calendar struct {
	loc    *time.Location
	config CalendarConfig

	always   bool          // open at every instant
	week     [7][]interval // joined regular hours by weekday, minutes from its midnight
	holidays daySet
	weekly   int // hours in week
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

// NewCalendar checks the configuration and compiles it. The error joins a
// [*ConfigError] for every fault there is.
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

// loadConfigured resolves the Zone and Location fields of a configuration.
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

// at names an element of a list in a configuration.
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

// Location is the zone of the calendar.
func (c *Calendar) Location() *time.Location { return c.orAlways().loc }
