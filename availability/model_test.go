package availability

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// model is an independent implementation of the rules of CalendarConfig, minute
// by minute. It resolves local times by trying offsets and compiles nothing.
type model struct {
	tb       testing.TB
	loc      *time.Location
	config   CalendarConfig
	resolved map[int64][2]int64
	alts     []*model
	includes []*model
}

func newModel(tb testing.TB, config CalendarConfig) *model {
	m := &model{tb: tb, config: config, loc: mustZone(tb, config.Zone), resolved: make(map[int64][2]int64)}
	for _, a := range config.Alternatives {
		m.alts = append(m.alts, newModel(tb, a.Calendar.config))
	}
	for _, in := range config.Includes {
		m.includes = append(m.includes, newModel(tb, in.config))
	}
	return m
}

func mustZone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loc, err := LoadZone(name)
	if err != nil {
		tb.Fatalf("zone %q: %v", name, err)
	}
	return loc
}

func mustCalendar(tb testing.TB, config CalendarConfig) *Calendar {
	tb.Helper()
	c, err := NewCalendar(config)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// officeConfig parses rules such as "regular Mon-Fri 9:00-17:00", "holiday
// 12-25", "extra 12-31 22:00-2:00" and "effective 2026-04-01 to 2026-10-31".
// The name of each rule is its text.
func officeConfig(tb testing.TB, zone string, rules ...string) CalendarConfig {
	tb.Helper()
	config := CalendarConfig{Zone: zone}
	for _, rule := range rules {
		kind, text, _ := strings.Cut(rule, " ")
		var err error
		switch kind {
		case "regular":
			var w WeeklyHours
			w, err = ParseWeeklyHours(text)
			w.Name = rule
			config.Regular = append(config.Regular, w)
		case "holiday":
			var d DateRule
			d, err = ParseDateRule(text)
			d.Name = rule
			config.Holidays = append(config.Holidays, d)
		case "extra":
			var x ExtraHours
			x, err = ParseExtraHours(text)
			x.Name = rule
			config.Extra = append(config.Extra, x)
		case "effective":
			var r DateRange
			r, err = ParseDateRange(text)
			r.Name = rule
			config.Effective = append(config.Effective, r)
		default:
			tb.Fatalf("rule %q has no kind", rule)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return config
}

func office(tb testing.TB, zone string, rules ...string) *Calendar {
	tb.Helper()
	return mustCalendar(tb, officeConfig(tb, zone, rules...))
}

func mustPlanner(tb testing.TB, config PlannerConfig) *Planner {
	tb.Helper()
	p, err := NewPlanner(config)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t.UTC()
}

func offsetAt(loc *time.Location, unix int64) int64 {
	_, off := time.Unix(unix, 0).In(loc).Zone()
	return int64(off)
}

// modelResolve returns the first and last instant of a local time by trying
// every offset of the zone within two days. In a gap both are the first minute
// with a later local time.
func modelResolve(loc *time.Location, wall int64) (first, last int64) {
	var found []int64
	tried := make(map[int64]bool)
	for at := wall - 48*3600; at <= wall+48*3600; at += 900 {
		off := offsetAt(loc, at)
		if !tried[off] {
			tried[off] = true
			if u := wall - off; offsetAt(loc, u) == off {
				found = append(found, u)
			}
		}
	}
	if len(found) == 0 {
		u := wall - 30*3600
		for u+offsetAt(loc, u) <= wall {
			u += 60
		}
		return u, u
	}
	return slices.Min(found), slices.Max(found)
}

func (m *model) resolve(wall int64) (first, last int64) {
	r, ok := m.resolved[wall]
	if !ok {
		r[0], r[1] = modelResolve(m.loc, wall)
		m.resolved[wall] = r
	}
	return r[0], r[1]
}

// date returns the day number of an instant.
func (m *model) date(unix int64) int64 {
	day := floorDiv(unix+offsetAt(m.loc, unix), 86400) + 2
	for {
		if begin, _ := m.resolve(day * 86400); begin <= unix {
			return day
		}
		day--
	}
}

func modelDate(day int64) (year int, month time.Month, dayOfMonth int) {
	return time.Unix(day*86400, 0).UTC().Date()
}

func (m *model) named(d DateRule, day int64) bool {
	year, month, dayOfMonth := modelDate(day)
	return (d.Year == 0 || d.Year == year) && d.Month == month && d.Day == dayOfMonth
}

func (m *model) inRanges(ranges []DateRange, day int64) bool {
	year, month, dayOfMonth := modelDate(day)
	for _, r := range ranges {
		number := func(d DateRule) int { return d.Year*10000 + int(d.Month)*100 + d.Day }
		at := DateRule{Month: month, Day: dayOfMonth}
		if r.From.Year != 0 {
			at.Year = year
		}
		from, to, now := number(r.From), number(r.To), number(at)
		if from <= to && from <= now && now <= to || from > to && (now >= from || now <= to) {
			return true
		}
	}
	return false
}

// hours reports whether an instant is in hours that begin on a date.
func (m *model) hours(unix, day int64, open, closing TimeOfDay) bool {
	end := int64(closing)
	if closing < open {
		end += 1440
	}
	from, _ := m.resolve(day*86400 + int64(open)*60)
	_, to := m.resolve(day*86400 + end*60)
	return from <= unix && unix < to
}

func (m *model) open(unix int64) bool {
	day := m.date(unix)
	if len(m.config.Effective) > 0 && !m.inRanges(m.config.Effective, day) {
		return false
	}
	for back := int64(-2); back <= 2; back++ {
		for _, x := range m.config.Extra {
			if m.named(x.Date, day+back) && m.hours(unix, day+back, x.Open, x.Close) {
				return true
			}
		}
	}
	for _, h := range m.config.Holidays {
		if m.named(h, day) {
			return false
		}
	}
	for _, in := range m.includes {
		if in.open(unix) {
			return true
		}
	}
	for i, a := range m.config.Alternatives {
		ranges, on := a.Dates, day
		if len(ranges) == 0 {
			if ranges = m.alts[i].config.Effective; len(ranges) > 0 {
				on = m.alts[i].date(unix)
			} else {
				ranges = m.config.Effective
			}
		}
		if m.inRanges(ranges, on) {
			return m.alts[i].open(unix)
		}
	}
	for back := int64(-2); back <= 2; back++ {
		weekday := time.Unix((day+back)*86400, 0).UTC().Weekday()
		for _, w := range m.config.Regular {
			for d := w.FromDay; ; d = (d + 1) % 7 {
				if d == weekday && m.hours(unix, day+back, w.Open, w.Close) {
					return true
				}
				if d == w.ToDay {
					break
				}
			}
		}
	}
	return false
}

// buckets returns the buckets that begin in [from, to): one begins at every
// minute whose local time is a multiple of the size, and at every change of the
// offset.
func (m *model) buckets(from, to, size int64) []interval {
	begins := func(u int64) bool {
		off := offsetAt(m.loc, u)
		return (u+off)%size == 0 || offsetAt(m.loc, u-1) != off
	}
	var list []interval
	for u := from; u < to; u += 60 {
		if !begins(u) {
			continue
		}
		end := u + 60
		for !begins(end) {
			end += 60
		}
		list = append(list, interval{u, end})
	}
	return list
}

// place is a zone and an instant near one of its clock changes.
type place struct{ zone, at string }

var places = []place{
	{"", "2026-02-28T00:00:00Z"},
	{"Europe/Berlin", "2026-03-29T01:00:00Z"},
	{"Europe/Berlin", "2026-10-25T01:00:00Z"},
	{"Australia/Lord_Howe", "2026-04-04T15:00:00Z"},
	{"Australia/Lord_Howe", "2026-10-03T15:30:00Z"},
	{"Asia/Kathmandu", "1985-12-31T18:30:00Z"},
	{"Asia/Kathmandu", "2026-06-01T00:00:00Z"},
	{"Pacific/Chatham", "2026-04-04T14:00:00Z"},
	{"Pacific/Chatham", "2026-09-26T14:00:00Z"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z"},
	{"Pacific/Kwajalein", "1993-08-21T12:00:00Z"},
	{"America/New_York", "2026-03-08T07:00:00Z"},
	{"America/New_York", "2026-11-01T06:00:00Z"},
	{"America/New_York", "2099-12-31T20:00:00Z"},
	{"Asia/Beirut", "2023-03-25T22:00:00Z"},
	{"Asia/Beirut", "2023-10-28T21:00:00Z"},
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},
	{"America/St_Johns", "2006-04-02T03:31:00Z"},
	{"America/St_Johns", "2006-10-29T02:31:00Z"},
	{"Africa/Casablanca", "2026-02-15T02:00:00Z"},
	{"Africa/Cairo", "2026-04-23T22:00:00Z"},
}

// randomCalendar returns random opening hours with dates around an instant.
func randomCalendar(rng *rand.Rand, zone string, around time.Time) CalendarConfig {
	config := CalendarConfig{Zone: zone}
	hours := func() (open, closing TimeOfDay) {
		open = TimeOfDay(rng.IntN(288) * 5)
		for closing = open; closing == open; {
			closing = TimeOfDay(rng.IntN(289) * 5)
		}
		if rng.IntN(8) == 0 {
			open, closing = 0, 1440
		}
		return open, closing
	}
	date := func() DateRule {
		year, month, day := around.AddDate(0, 0, rng.IntN(7)-3).Date()
		if rng.IntN(3) == 0 {
			year = 0
		}
		return DateRule{Year: year, Month: month, Day: day}
	}
	dates := func() DateRange {
		from := around.AddDate(0, 0, rng.IntN(5)-3)
		to := from.AddDate(0, 0, rng.IntN(4))
		r := DateRange{From: DateRule{"", from.Year(), from.Month(), from.Day()}, To: DateRule{"", to.Year(), to.Month(), to.Day()}}
		if rng.IntN(3) == 0 {
			r.From.Year, r.To.Year = 0, 0
		}
		return r
	}
	for range rng.IntN(4) {
		w := WeeklyHours{FromDay: time.Weekday(rng.IntN(7)), ToDay: time.Weekday(rng.IntN(7))}
		w.Open, w.Close = hours()
		config.Regular = append(config.Regular, w)
	}
	for range rng.IntN(3) {
		config.Holidays = append(config.Holidays, date())
	}
	for range rng.IntN(3) {
		x := ExtraHours{Date: date()}
		x.Open, x.Close = hours()
		config.Extra = append(config.Extra, x)
	}
	if rng.IntN(3) == 0 {
		config.Effective = append(config.Effective, dates())
	}
	return config
}

// randomOffice sometimes adds an alternative and an include in other zones.
func randomOffice(tb testing.TB, rng *rand.Rand, zone string, around time.Time) CalendarConfig {
	config := randomCalendar(rng, zone, around)
	other := func() *Calendar {
		return mustCalendar(tb, randomCalendar(rng, places[rng.IntN(len(places))].zone, around))
	}
	for range max(0, rng.IntN(6)-3) {
		a := Alternative{Name: "other", Calendar: other()}
		if len(a.Calendar.config.Effective) == 0 || rng.IntN(2) == 0 {
			year, month, day := around.AddDate(0, 0, rng.IntN(3)-1).Date()
			d := DateRule{Year: year, Month: month, Day: day}
			a.Dates = []DateRange{{From: d, To: d}}
		}
		config.Alternatives = append(config.Alternatives, a)
	}
	if rng.IntN(3) == 0 {
		config.Includes = append(config.Includes, other())
	}
	return config
}
