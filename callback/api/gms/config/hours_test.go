package config_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
)

func optionInstant(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Every kind of rule of office hours, with an instant that it opens or closes.
func TestHoursOfConfiguration(t *testing.T) {
	o := readOptions(t, `
[service.office]
_service = office-hours
_type = builtin
_timezone = Europe/Zurich
_ttl = 30
_bh_regular1 = Mon-Fri 9:00-17:00
_bh_regular2 = Sat-Mon 20:00-7:00
_bh_add1 = 2026-12-25 10:00-12:00
_holiday1 = 12-25
_holiday2 = 2026-08-03
_effective_dates1 = 2026-01-01 to 2026-12-31
_include_regular1 = early
_use_alternative1 = summer
[service.early]
_service = office-hours
_timezone = Europe/Zurich
_bh_regular1 = Wed 6:00-6:30
[service.summer]
_service = office-hours
_timezone = Europe/Zurich
_bh_regular1 = Mon-Fri 12:00-13:00
_effective_dates1 = 07-01 to 07-31
`)
	wantProblems(t, o)
	office := o.Calendars["office"]
	for _, c := range []struct {
		utc  string
		open bool
		why  string
	}{
		{"2026-03-04 08:00", true, "regular hours begin at 9 in Zurich"},
		{"2026-03-04 07:59", false, "before the regular hours"},
		{"2026-03-09 03:00", true, "Sunday night runs into Monday"},
		{"2026-03-10 03:00", true, "Monday night runs into Tuesday"},
		{"2026-03-11 03:00", false, "Tuesday night does not"},
		{"2026-03-04 05:15", true, "the included calendar"},
		{"2026-08-03 10:00", false, "a holiday"},
		{"2026-12-25 09:30", true, "extra hours on a holiday"},
		{"2026-12-25 12:00", false, "after them"},
		{"2027-03-03 10:00", false, "outside the effective dates"},
		{"2026-07-06 08:00", false, "the alternative replaces the regular hours"},
		{"2026-07-06 10:30", true, "the alternative's own"},
	} {
		if got := office.Open(optionInstant(t, c.utc)); got != c.open {
			t.Errorf("%s: open is %v, want %v: %s", c.utc, got, c.open, c.why)
		}
	}
}

// Hours until 23:59 lose the last slot of the day, which is told.
func TestHoursUntilAMinuteBeforeMidnight(t *testing.T) {
	o := readOptions(t, "[service.h]\n_service=office-hours\n_bh_regular1=Mon 00:00-23:59\n_bh_regular2=Tue 00:00-24:00")
	wantPrefixes(t, linesOf(o.Problems), []string{`line 3: note: [service.h] _bh_regular1 closes a minute before midnight`})
}

func TestFaultyHours(t *testing.T) {
	for _, c := range []struct {
		name, text string
		calendars  int
		problems   []string
	}{
		{"values", "[service.h]\n_service=office-hours\n_bh_regular1=Foo 9:00-17:00\n_holiday1=2026-13-01\n_timezone=Mars/Olympus\n_bh_regular2=Mon 9:00-9:00", 0, []string{
			`line 3: error: [service.h] _bh_regular1 "Foo 9:00-17:00" weekday "Foo" is not Mon to Sun: the calendar and services that use it are left out`,
			`line 4: error: [service.h] _holiday1 "2026-13-01" `,
			`line 5: error: [service.h] _timezone "Mars/Olympus" `,
			`line 6: error: [service.h] _bh_regular2 "Mon 9:00-9:00" `,
		}},
		{"a misspelled option may restrict", "[service.h]\n_service=office-hours\n_bh_regular1=Mon 9:00-17:00\n_bh_reglar2=Tue 9:00-17:00\n_redirect=x\nusername=a\npassword=b", 0, []string{
			`line 4: error: [service.h] _bh_reglar2 is not an option of a service with _service = office-hours (did you mean _bh_regular?): the section and services that use it are left out`,
			`line 5: note: [service.h] _redirect has no effect: only callback services are redirected`,
		}},
		{"references", "[service.h]\n_service=office-hours\n_include_r1=gone\n[service.i]\n_service=office-hours\n_include_r1=c\n[service.c]\n_service=capacity\n_capacity_1={\"1\":{\"0900\":1}}", 0, []string{
			`line 3: error: [service.h] _include_r1 "gone" no such service: `,
			`line 6: error: [service.i] _include_r1 "c" the service is not an office-hours service: `,
		}},
		{"cycle", "[service.a]\n_service=office-hours\n_include_r1=b\n[service.b]\n_service=office-hours\n_include_r1=a", 0, []string{
			`line 3: error: [service.a] _include_r1 "b" the service is faulty: `,
			`line 6: error: [service.b] _include_r1 "a" the service refers to itself: a, b, a: `,
		}},
		{"itself", "[service.a]\n_service=office-hours\n_include_r1=a", 0, []string{
			`line 3: error: [service.a] _include_r1 "a" the service refers to itself: a, a: `,
		}},
		{"a circle of three", "[service.a]\n_service=office-hours\n_include_r1=b\n[service.b]\n_service=office-hours\n_include_r1=c\n[service.c]\n_service=office-hours\n_include_r1=a", 0, []string{
			`line 3: error: [service.a] _include_r1 "b" the service is faulty: `,
			`line 6: error: [service.b] _include_r1 "c" the service is faulty: `,
			`line 9: error: [service.c] _include_r1 "a" the service refers to itself: a, b, c, a: `,
		}},
		{"a fault is reported once", "[service.a]\n_service=office-hours\n_holiday1=x\n[service.b]\n_service=office-hours\n_include_r1=a\n[service.c]\n_service=office-hours\n_include_r1=a", 0, []string{
			`line 3: error: [service.a] _holiday1 "x" date "x" is not YYYY-MM-dd or MM-dd: `,
			`line 6: error: [service.b] _include_r1 "a" the service is faulty: `,
			`line 9: error: [service.c] _include_r1 "a" the service is faulty: `,
		}},
		{"never opens", "[service.h]\n_service=office-hours\n_timezone=Europe/London", 1, []string{
			`line 1: warning: [service.h] never opens: services that use it reject every request`,
		}},
		{"never opens in its dates", "[service.h]\n_service=office-hours\n_bh_regular1=Mon 9:00-17:00\n_effective_dates1=2031-03-04 to 2031-03-07", 1, []string{
			`line 1: warning: [service.h] never opens: services that use it reject every request`,
		}},
		{"opens once, long ago", "[service.h]\n_service=office-hours\n_bh_regular1=Mon 9:00-17:00\n_effective_dates1=2001-03-05", 1, nil},
		{"opens once, far off", "[service.h]\n_service=office-hours\n_bh_add1=2055-03-05 9:00-10:00", 1, nil},
		{"opens on leap days", "[service.h]\n_service=office-hours\n_bh_add1=02-29 9:00-10:00", 1, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := readOptions(t, c.text)
			if len(o.Calendars) != c.calendars {
				t.Errorf("%d calendars, want %d", len(o.Calendars), c.calendars)
			}
			wantPrefixes(t, linesOf(o.Problems), c.problems)
		})
	}
}

// wantPrefixes compares the prefixes of lines.
func wantPrefixes(t *testing.T, got, want []string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		ok = strings.HasPrefix(got[i], want[i])
	}
	if !ok {
		t.Errorf("problems are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A service is left out if its calendar or capacity cannot be used, because it
// would call at the wrong times.
func TestServicesOfFaultyHours(t *testing.T) {
	const rest = `
[service.bad]
_service = office-hours
_holiday = someday
[service.full]
_service = capacity
_capacity_1 = {"1":{"0930":4}}
[service.other]
_service = match-interaction
`
	for _, c := range []struct{ line, problem string }{
		{"_business_hours_service=gone", `[service.x] _business_hours_service names "gone", which does not exist: the service is left out`},
		{"_business_hours_service=bad", `[service.x] _business_hours_service names "bad", which is faulty: the service is left out`},
		{"_business_hours_service=full", `[service.x] _business_hours_service names "full", which is not of the kind office-hours: the service is left out`},
		{"_business_hours_service=other", `[service.x] _business_hours_service names "other", which is not of the kind office-hours: the service is left out`},
		{"_capacity_service=gone", `[service.x] _capacity_service names "gone", which does not exist: the service is left out`},
		{"_capacity_service=full", `[service.x] _capacity_service names "full", which is faulty: the service is left out`},
		{"_capacity_service=bad", `[service.x] _capacity_service names "bad", which is not of the kind capacity: the service is left out`},
	} {
		o := optionsOf(t, c.line+rest)
		if len(o.Services) != 0 {
			t.Errorf("%s gives a service", c.line)
		}
		if got := linesOf(o.Problems); !hasLine(got, "line 4: error: "+c.problem) {
			t.Errorf("%s is reported as\n%s", c.line, strings.Join(got, "\n"))
		}
	}
	o := readOptions(t, "[callback]\n_business_hours_service=gone\n[service.x]\n_service=callback\n_call_direction=USERTERMINATED")
	wantProblems(t, o, `line 2: error: [callback] _business_hours_service names "gone", which does not exist: service "x" is left out`)
}

// The number of an hour applies to each bucket in it; an absent hour has no
// seats.
func TestCapacityOfConfiguration(t *testing.T) {
	o := optionsOf(t, `_capacity_service=seats
_request_time_bucket=5
[service.seats]
_service = capacity
_timezone = Europe/London
_capacity = [Mon, Tue, Wed, Thu, Fri, Sat, Sun]
_capacity_1 = {"1":{"0900":10,"1100":2}}
_capacity_add = {"2026-07-13":{"0900":1}}`)
	wantProblems(t, o)
	capacity := serviceOf(t, o, "x").Booking.Capacity
	for _, c := range []struct {
		utc  string
		want int
	}{
		{"2026-07-06 08:00", 10}, {"2026-07-06 08:55", 10}, {"2026-07-06 09:00", 0}, {"2026-07-06 10:05", 2},
		{"2026-07-07 08:00", 0}, {"2026-07-13 08:00", 1}, {"2026-01-05 09:00", 10},
	} {
		if got := capacity.At(optionInstant(t, c.utc)); got != c.want {
			t.Errorf("%s has %d places, want %d", c.utc, got, c.want)
		}
	}
	if _, ok := capacity.(availability.StepCapacity); !ok {
		t.Error("the planner must ask for every bucket")
	}

	o = readOptions(t, "[service.c]\n_service=capacity\n_capacity_1={\"1\":{\"0900\":-1}}\n_capacity_8={}\n_capacity_2={\"3\":{}}\n_capcity_3={}")
	wantPrefixes(t, linesOf(o.Problems), []string{
		`line 3: error: [service.c] _capacity_1 "{\"1\":{\"0900\":-1}}" hour 0900: not a number of seats from 0 to 1000000: the capacity service and services`,
		`line 4: error: [service.c] _capacity_8 is not an option of a service with _service = capacity (did you mean _capacity?)`,
		`line 5: error: [service.c] _capacity_2 "{\"3\":{}}" key "3" is not the day "2" of the option`,
		`line 6: error: [service.c] _capcity_3 is not an option of a service with _service = capacity (did you mean _capacity_3?)`,
	})
	o = readOptions(t, "[service.c]\n_service=capacity\n_capacity_1={\"1\":{\"0900\":0}}")
	wantProblems(t, o, "line 1: warning: [service.c] has no seats at any time: services that use it reject every scheduled request")
}

// References may be 32 deep. Of a longer chain only the last service is left,
// which has no reference.
func TestDeepHours(t *testing.T) {
	for n, want := range map[int]int{32: 32, 33: 1} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "[service.s%03d]\n_service=office-hours\n_bh_regular1=Mon 9:00-17:00\n", i)
			if i < n-1 {
				fmt.Fprintf(&b, "_include_r1=s%03d\n", i+1)
			}
		}
		o := readOptions(t, b.String())
		if len(o.Calendars) != want {
			t.Errorf("%d services give %d calendars, want %d: %v", n, len(o.Calendars), want, o.Problems)
		}
		if told := strings.Contains(strings.Join(linesOf(o.Problems), "\n"), "services refer to each other more than 32 deep"); told != (want < n) {
			t.Errorf("%d services: problems %v", n, o.Problems)
		}
	}
}

// Many references between office-hours services are rejected quickly.
func TestManyHours(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "[service.h%d]\n_service=office-hours\n", i)
		for n := range 20 {
			fmt.Fprintf(&b, "_include_r%d=h%d\n", n, i+1)
		}
	}
	b.WriteString("[service.h30]\n_service=office-hours\n_bh_regular1=Mon 9:00-10:00\n")
	begin := time.Now()
	o := readOptions(t, b.String())
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it takes %v", took)
	}
	if c := o.Calendars["h29"]; c == nil || !c.Open(optionInstant(t, "2026-07-06 09:30")) {
		t.Error("the last but one does not have the hours of the last")
	}
	if c := o.Calendars["h0"]; c != nil || !strings.Contains(strings.Join(linesOf(o.Problems), "\n"), "rules with the included calendars: the calendar and services") {
		t.Error("the first is not refused for its 20^30 rules")
	}
}

// The search for calendars that never open is bounded.
func TestNeverOpensIsBounded(t *testing.T) {
	var b strings.Builder
	for _, name := range []string{"a", "b", "c"} {
		b.WriteString("[service." + name + "]\n_service=office-hours\n")
		for day := range 1000 {
			date := time.Date(2030, 1, 1+day, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
			b.WriteString("_effective_dates" + date[:4] + date[5:7] + date[8:] + "=" + date + "\n")
		}
	}
	o := readOptions(t, b.String())
	if len(o.Calendars) != 3 {
		t.Fatalf("%d calendars: %v", len(o.Calendars), o.Problems)
	}
	// 1001 days are tried per calendar: the limit is reached in the second.
	wantProblems(t, o, "line 1: warning: [service.a] never opens: services that use it reject every request")
}

// As in GMS the hours bind requests only, unless the service asks for more. Times
// to live then count every hour.
func TestDialInOfficeHours(t *testing.T) {
	hours := "\n[service.h]\n_service=office-hours\n_bh_regular1=Mon-Fri 9:00-17:00"
	night := time.Date(2026, 3, 7, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		lines string
		open  bool
	}{
		{"_business_hours_service=h", true},
		{"_business_hours_service=h\n_dial_in_office_hours=false", true},
		{"_business_hours_service=h\n_dial_in_office_hours=true", false},
		{"_dial_in_office_hours=true", true}, // there are no hours
	} {
		p, err := callback.NewPolicy(serviceOf(t, optionsOf(t, c.lines+hours), "x"))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Window().Open(night); got != c.open {
			t.Errorf("%q: attempts at night: %v, want %v", c.lines, got, c.open)
		}
	}
}
