package availability

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestRulesOfOfficeHours tests each kind of rule with local times in Berlin
// that are open and closed, and the kind of rule that decides.
func TestRulesOfOfficeHours(t *testing.T) {
	type at struct {
		local string
		kind  RuleKind
	}
	for _, test := range []struct {
		name         string
		rules        []string
		open, closed []at
	}{
		{
			"week days", []string{"regular Mon-Fri 9:00-17:00"},
			[]at{{"2026-06-01T09:00", KindRegular}, {"2026-06-05T16:59:59", KindRegular}},
			[]at{{"2026-06-01T08:59:59", KindNone}, {"2026-06-05T17:00", KindNone}, {"2026-06-06T12:00", KindNone}},
		},
		{
			"days wrap the week", []string{"regular Sat-Mon 10:00-14:00"},
			[]at{{"2026-06-06T10:00", KindRegular}, {"2026-06-07T13:00", KindRegular}, {"2026-06-08T13:59", KindRegular}},
			[]at{{"2026-06-05T12:00", KindNone}, {"2026-06-09T12:00", KindNone}},
		},
		{
			"hours wrap midnight", []string{"regular Fri-Fri 19:00-7:00"},
			[]at{{"2026-06-05T19:00", KindRegular}, {"2026-06-06T06:59", KindRegular}},
			[]at{{"2026-06-05T06:00", KindNone}, {"2026-06-06T07:00", KindNone}, {"2026-06-06T19:00", KindNone}},
		},
		{
			"midnight as the end", []string{"regular Mon-Mon 18:00-00:00", "regular Wed 18:00-24:00"},
			[]at{{"2026-06-01T23:59:59", KindRegular}, {"2026-06-03T23:59:59", KindRegular}},
			[]at{{"2026-06-02T00:00", KindNone}, {"2026-06-04T00:00", KindNone}},
		},
		{
			"always", []string{"regular Mon-Sun 00:00-24:00"},
			[]at{{"2026-06-01T00:00", KindRegular}, {"2026-06-07T23:59:59", KindRegular}, {"2026-03-29T03:30", KindRegular}}, nil,
		},
		{
			"holiday", []string{"regular Mon-Fri 08:00-20:00", "regular Mon-Fri 22:00-02:00", "holiday 2020-07-15", "holiday 12-25"},
			[]at{{"2020-07-14T19:00", KindRegular}, {"2020-07-14T23:00", KindRegular}, {"2020-07-16T08:00", KindRegular}, {"2020-07-16T01:00", KindRegular}, {"2021-07-15T09:00", KindRegular}},
			[]at{{"2020-07-15T08:00", KindHoliday}, {"2020-07-15T01:00", KindHoliday}, {"2020-07-15T23:59", KindHoliday}, {"2026-12-25T09:00", KindHoliday}, {"2028-12-25T09:00", KindHoliday}},
		},
		{
			"extra hours open a holiday", []string{"regular Mon-Fri 9:00-17:00", "holiday 11-30", "extra 2026-11-30 10:00-14:00", "extra 12-31 22:00-2:00"},
			[]at{{"2026-11-30T10:00", KindExtra}, {"2026-11-30T13:59", KindExtra}, {"2025-12-31T22:00", KindExtra}, {"2026-01-01T01:59", KindExtra}},
			[]at{{"2026-11-30T09:30", KindHoliday}, {"2026-11-30T14:00", KindHoliday}, {"2027-11-30T11:00", KindHoliday}, {"2026-01-01T02:00", KindNone}},
		},
		{
			"effective dates", []string{"regular Mon-Sun 9:00-17:00", "extra 2026-11-01 18:00-19:00", "effective 2016-04-01", "effective 2026-04-01 to 2026-10-31"},
			[]at{{"2016-04-01T09:00", KindRegular}, {"2026-04-01T09:00", KindRegular}, {"2026-10-31T16:59", KindRegular}},
			[]at{{"2016-04-02T10:00", KindEffective}, {"2026-03-31T10:00", KindEffective}, {"2026-11-01T10:00", KindEffective}, {"2026-11-01T18:30", KindEffective}, {"2026-06-01T08:00", KindNone}},
		},
		{
			"effective dates over New Year", []string{"regular Mon-Sun 9:00-17:00", "effective 12-20 to 01-06"},
			[]at{{"2026-12-20T09:00", KindRegular}, {"2027-01-06T09:00", KindRegular}},
			[]at{{"2026-12-19T10:00", KindEffective}, {"2027-01-07T10:00", KindEffective}},
		},
		{
			"leap day", []string{"regular Mon-Sun 9:00-17:00", "holiday 02-29"},
			[]at{{"2026-02-28T10:00", KindRegular}, {"2026-03-01T10:00", KindRegular}, {"2028-03-01T10:00", KindRegular}},
			[]at{{"2028-02-29T10:00", KindHoliday}},
		},
		{
			"opening and closing in the overlap", []string{"regular Sun 02:30-05:00", "regular Sun 00:30-02:15"},
			[]at{{"2026-10-25T02:30", KindRegular}, {"2026-10-25T03:00", KindRegular}, {"2026-10-25T02:14", KindRegular}}, nil,
		},
		{
			"opening and closing in the gap", []string{"regular Sun 02:30-05:00", "extra 2026-03-29 01:00-02:30"},
			[]at{{"2026-03-29T03:00", KindRegular}, {"2026-03-29T01:59", KindExtra}}, []at{{"2026-03-29T05:00", KindNone}},
		},
		{"no rule", nil, nil, []at{{"2026-06-01T12:00", KindNone}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := office(t, "Europe/Berlin", test.rules...)
			check := func(cases []at, open bool) {
				for _, a := range cases {
					local, err := ParseLocal(a.local)
					if err != nil {
						t.Fatal(err)
					}
					when, _ := local.In(c.Location())
					e := c.Explain(when)
					if c.Open(when) != open || e.Open != open || e.Kind != a.kind || e.Zone != "Europe/Berlin" {
						t.Errorf("%s: open %v, %s; want open %v by %s", a.local, c.Open(when), e, open, a.kind)
					}
					if e.Kind != KindNone && e.Rule == "" {
						t.Errorf("%s: no rule in %+v", a.local, e)
					}
				}
			}
			check(test.open, true)
			check(test.closed, false)
		})
	}
}

// Hours that end where an overlap begins end before it, and those that begin where it
// or a gap ends begin after it, in zones that go back by an hour and by half of one.
func TestHoursThatTouchAChange(t *testing.T) {
	for _, test := range []struct {
		zone, hours string
		at          string
		want        bool
	}{
		{"Europe/Berlin", "regular Sun 00:00-02:00", "2026-10-24T23:59:59Z", true},
		{"Europe/Berlin", "regular Sun 00:00-02:00", "2026-10-25T00:00:00Z", false}, // 02:00, first occurrence
		{"Europe/Berlin", "regular Sun 00:00-02:00", "2026-10-25T00:59:59Z", false},
		{"Europe/Berlin", "regular Sun 00:00-03:00", "2026-10-25T01:59:59Z", true},
		{"Europe/Berlin", "regular Sun 00:00-03:00", "2026-10-25T02:00:00Z", false},
		{"Europe/Berlin", "regular Sun 03:00-05:00", "2026-10-25T01:59:59Z", false},
		{"Europe/Berlin", "regular Sun 03:00-05:00", "2026-10-25T02:00:00Z", true},
		{"Europe/Berlin", "regular Sun 00:00-02:00", "2026-03-29T00:59:59Z", true},
		{"Europe/Berlin", "regular Sun 00:00-02:00", "2026-03-29T01:00:00Z", false},
		{"Europe/Berlin", "regular Sun 03:00-05:00", "2026-03-29T00:59:59Z", false},
		{"Europe/Berlin", "regular Sun 03:00-05:00", "2026-03-29T01:00:00Z", true},
		{"America/New_York", "regular Sun 00:00-01:00", "2026-11-01T04:59:59Z", true},
		{"America/New_York", "regular Sun 00:00-01:00", "2026-11-01T05:00:00Z", false},
		{"America/New_York", "regular Sun 00:00-02:00", "2026-11-01T06:59:59Z", true},
		{"Australia/Lord_Howe", "regular Sun 00:00-01:30", "2026-04-04T14:29:59Z", true},
		{"Australia/Lord_Howe", "regular Sun 00:00-01:30", "2026-04-04T14:30:00Z", false},
		{"Australia/Lord_Howe", "regular Sun 00:00-01:45", "2026-04-04T15:14:59Z", true},
	} {
		if got := office(t, test.zone, test.hours).Open(instant(t, test.at)); got != test.want {
			t.Errorf("%s, %s at %s: open %v", test.zone, test.hours, test.at, got)
		}
	}
}

// TestEdgesOfOverlap tests the night in which the clock goes back: 02:30 opens
// at its first occurrence, 02:15 closes at its second.
func TestEdgesOfOverlap(t *testing.T) {
	open := office(t, "Europe/Berlin", "regular Sun 02:30-05:00")
	closing := office(t, "Europe/Berlin", "regular Sun 00:30-02:15")
	for _, test := range []struct {
		c    *Calendar
		at   string
		want bool
	}{
		{open, "2026-10-25T00:29:59Z", false}, {open, "2026-10-25T00:30:00Z", true},
		{open, "2026-10-25T01:15:00Z", true}, // 02:15, second occurrence
		{open, "2026-10-25T03:59:59Z", true}, {open, "2026-10-25T04:00:00Z", false},
		{closing, "2026-10-25T00:15:00Z", true}, // 02:15, first occurrence
		{closing, "2026-10-25T00:45:00Z", true},
		{closing, "2026-10-25T01:14:59Z", true}, {closing, "2026-10-25T01:15:00Z", false},
	} {
		if got := test.c.Open(instant(t, test.at)); got != test.want {
			t.Errorf("%s: open %v", test.at, got)
		}
	}
}

func TestAlternativesAndIncludes(t *testing.T) {
	summer := office(t, "Europe/Berlin", "regular Mon-Fri 8:00-13:00", "effective 2026-07-01 to 2026-08-31", "holiday 2026-07-20")
	config := officeConfig(t, "Europe/London", "regular Sat 9:00-12:00")
	config.Name = "branch"
	branch := mustCalendar(t, config)
	head := officeConfig(t, "Europe/Berlin", "regular Mon-Fri 9:00-17:00", "holiday 2026-06-06")
	head.Alternatives = []Alternative{{Name: "summer", Calendar: summer}}
	head.Includes = []*Calendar{branch}
	// The alternative has no effective dates: those of the calendar apply.
	season := officeConfig(t, "", "effective 2026-06-01 to 2026-06-30", "regular Mon-Fri 9:00-17:00")
	season.Alternatives = []Alternative{{Name: "branch", Calendar: branch}}
	calendars := map[string]*Calendar{"head": mustCalendar(t, head), "season": mustCalendar(t, season)}
	for _, test := range []struct {
		service, at string
		open        bool
		kind        RuleKind
		name        string
	}{
		{"head", "2026-06-01T08:00:00Z", true, KindRegular, "regular Mon-Fri 9:00-17:00"},
		{"head", "2026-07-01T06:30:00Z", true, KindAlternative, "summer"},
		{"head", "2026-07-01T12:00:00Z", false, KindAlternative, "summer"},
		{"head", "2026-07-20T08:00:00Z", false, KindAlternative, "summer"},
		{"head", "2026-09-01T12:00:00Z", true, KindRegular, "regular Mon-Fri 9:00-17:00"},
		{"head", "2026-06-13T08:30:00Z", true, KindInclude, "branch"},
		{"head", "2026-07-04T08:30:00Z", true, KindInclude, "branch"},
		{"head", "2026-06-06T08:30:00Z", false, KindHoliday, "holiday 2026-06-06"},
		{"season", "2026-06-06T08:30:00Z", true, KindAlternative, "branch"},
		{"season", "2026-06-01T10:00:00Z", false, KindAlternative, "branch"},
		{"season", "2026-07-04T08:30:00Z", false, KindEffective, ""},
	} {
		at := instant(t, test.at)
		e := calendars[test.service].Explain(at)
		if e.Open != test.open || e.Kind != test.kind || e.Name != test.name || calendars[test.service].Open(at) != test.open {
			t.Errorf("%s at %s: %s", test.service, test.at, e)
		}
		if inner := e.Kind == KindAlternative || e.Kind == KindInclude; inner != (e.Inner != nil) {
			t.Errorf("%s at %s: inner %v", test.service, test.at, e.Inner)
		}
	}
}

func TestFirstAlternativeDecides(t *testing.T) {
	june := []DateRange{{From: DateRule{Month: 6, Day: 1}, To: DateRule{Month: 6, Day: 30}}}
	early := mustCalendar(t, CalendarConfig{Name: "early", Regular: []WeeklyHours{{FromDay: 1, ToDay: 0, Open: Clock(6, 0), Close: Clock(9, 0)}}})
	late := mustCalendar(t, CalendarConfig{Regular: []WeeklyHours{{FromDay: 1, ToDay: 0, Open: Clock(18, 0), Close: Clock(20, 0)}}})
	c := mustCalendar(t, CalendarConfig{Alternatives: []Alternative{{Calendar: early, Dates: june}, {Calendar: late, Dates: june}}})
	if !c.Open(instant(t, "2026-06-05T07:00:00Z")) || c.Open(instant(t, "2026-06-05T19:00:00Z")) {
		t.Error("the first alternative does not decide")
	}
	with := mustCalendar(t, CalendarConfig{Includes: []*Calendar{late, early}})
	if e := with.Explain(instant(t, "2026-06-05T07:00:00Z")); e.Kind != KindInclude || e.Name != "early" || e.Rule != "" {
		t.Errorf("%s", e)
	}
}

func TestAlwaysOpen(t *testing.T) {
	far := instant(t, "9000-01-01T00:00:00Z")
	for _, c := range []*Calendar{AlwaysOpen(), nil, mustCalendar(t, CalendarConfig{Regular: []WeeklyHours{{FromDay: 1, ToDay: 0, Close: 1440}}})} {
		if !c.Open(far) || !c.OpenDuring(instant(t, "0002-01-01T00:00:00Z"), far) {
			t.Error("closed")
		}
		if at, ok := c.NextOpen(far); !ok || !at.Equal(far) {
			t.Errorf("NextOpen = %s, %v", at, ok)
		}
		if periods, err := c.Periods(far, far.AddDate(1, 0, 0)); err != nil || len(periods) != 1 || !periods[0].End.Equal(far.AddDate(1, 0, 0)) {
			t.Errorf("Periods = %v, %v", periods, err)
		}
		if e := c.Explain(far); !e.Open || e.Kind != KindAlways && e.Kind != KindRegular {
			t.Errorf("Explain = %s", e)
		}
	}
}

func TestOpenDuring(t *testing.T) {
	c := office(t, "UTC", "regular Mon-Fri 09:00-17:00")
	nine := instant(t, "2026-06-01T09:00:00Z")
	for _, test := range []struct {
		from, to time.Duration
		want     bool
	}{
		{0, 8 * time.Hour, true},
		{0, 8*time.Hour + 1, false},
		{-1, time.Hour, false},
		{0, 0, true},
		{8 * time.Hour, 8 * time.Hour, false},
		{time.Hour, 0, false},
		{0, 24 * time.Hour, false},
		{0, 401 * 24 * time.Hour, false},
	} {
		if got := c.OpenDuring(nine.Add(test.from), nine.Add(test.to)); got != test.want {
			t.Errorf("[%s, %s): %v", test.from, test.to, got)
		}
	}
}

func TestNextOpen(t *testing.T) {
	once := mustCalendar(t, CalendarConfig{Extra: []ExtraHours{{Date: DateRule{Month: time.December, Day: 24}, Open: Clock(9, 0), Close: Clock(12, 0)}}})
	if at, ok := once.NextOpen(instant(t, "2026-12-24T12:00:00Z")); !ok || !at.Equal(instant(t, "2027-12-24T09:00:00Z")) {
		t.Errorf("once a year: %s, %v", at, ok)
	}
	past := mustCalendar(t, CalendarConfig{Extra: []ExtraHours{{Date: DateRule{Year: 2020, Month: time.December, Day: 24}, Close: 60}}})
	if at, ok := past.NextOpen(instant(t, "2026-01-01T00:00:00Z")); ok {
		t.Errorf("never again: %s", at)
	}
	if at, ok := once.NextOpen(time.Unix(minUnix-86400, 0)); !ok || at.Year() != 1 {
		t.Errorf("before the first year: %s, %v", at, ok)
	}
}

func TestCalendarConfigFaults(t *testing.T) {
	berlin := mustZone(t, "Europe/Berlin")
	_, err := NewCalendar(CalendarConfig{
		Zone:         "Mars/Olympus",
		Regular:      []WeeklyHours{{Open: 60, Close: 60}, {FromDay: 7, Open: 1440, Close: 5}, {ToDay: -1, Close: 1441}},
		Holidays:     []DateRule{{Month: 2, Day: 30}, {Year: 2027, Month: 2, Day: 29}, {Year: 10000, Month: 1, Day: 1}, {Month: 13, Day: 1}},
		Extra:        []ExtraHours{{Date: DateRule{Month: 1}, Open: -1, Close: 10}},
		Effective:    []DateRange{{From: DateRule{Year: 2026, Month: 2, Day: 2}, To: DateRule{Year: 2026, Month: 2, Day: 1}}, {From: DateRule{Year: 2026, Month: 1, Day: 1}, To: DateRule{Month: 2, Day: 1}}},
		Alternatives: []Alternative{{Name: "none"}, {Name: "undated", Calendar: AlwaysOpen(), Dates: []DateRange{{}}}},
		Includes:     []*Calendar{nil},
	})
	want := []string{
		"Zone", "Regular[0]", "Regular[1]", "Regular[1]", "Regular[2]", "Regular[2]", "Holidays[0]", "Holidays[1]", "Holidays[2]", "Holidays[3]",
		"Extra[0]", "Extra[0]", "Effective[0]", "Effective[1]", "Alternatives[0]", "Alternatives[1].Dates[0]", "Includes[0]",
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || !errors.Is(err, ErrConfig) {
		t.Fatalf("faults not joined: %v", err)
	}
	var got []string
	for _, e := range joined.Unwrap() {
		var fault *ConfigError
		if !errors.As(e, &fault) {
			t.Fatalf("%T: %v", e, e)
		}
		got = append(got, fault.Field)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("faults %v\nwant   %v\n%v", got, want, err)
	}
	for name, config := range map[string]CalendarConfig{
		"Local by name":       {Zone: "Local"},
		"Local by location":   {Location: time.Local},
		"two zones":           {Zone: "UTC", Location: berlin},
		"too many rules":      {Holidays: make([]DateRule, maxRules+1)},
		"alternative undated": {Alternatives: []Alternative{{Calendar: AlwaysOpen()}}},
	} {
		if _, err := NewCalendar(config); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := NewCalendar(CalendarConfig{Zone: "Europe/Berlin", Location: berlin}); err != nil || c.Location().String() != "Europe/Berlin" {
		t.Errorf("equal zones: %v", err)
	}
}

// TestIncludesAreBounded creates calendars that each include the previous one
// twice. Their cost would double with every step, so they are rejected.
func TestIncludesAreBounded(t *testing.T) {
	c, err := mustCalendar(t, CalendarConfig{Regular: []WeeklyHours{{Close: 60}}}), error(nil)
	steps := 0
	for ; err == nil && steps < 64; steps++ {
		c, err = NewCalendar(CalendarConfig{Includes: []*Calendar{c, c}})
	}
	if !errors.Is(err, ErrConfig) || steps > 16 {
		t.Errorf("after %d steps: %v", steps, err)
	}
}

func TestConfigIsCopied(t *testing.T) {
	config := CalendarConfig{Regular: []WeeklyHours{{FromDay: 1, ToDay: 5, Open: Clock(9, 0), Close: Clock(17, 0)}}}
	c := mustCalendar(t, config)
	config.Regular[0].Open = Clock(12, 0)
	if e := c.Explain(instant(t, "2026-06-01T10:00:00Z")); !e.Open || e.Rule != "Mon-Fri 09:00-17:00" {
		t.Errorf("%s", e)
	}
}
