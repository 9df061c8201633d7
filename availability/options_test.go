package availability

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestParseCalendarFaults(t *testing.T) {
	lookup := func(name string) (*Calendar, error) {
		switch name {
		case "undated":
			return AlwaysOpen(), nil
		case "missing":
			return nil, nil
		}
		return nil, errors.New("unreachable")
	}
	for _, test := range []struct{ option, value string }{
		{"_timezone", "Local"}, {"_timezone", "Mitteleuropa"},
		{"_bh_regular1", "Mon-Fri"}, {"_bh_regular1", "Mon-Fri 9-17"}, {"_bh_regular1", "Mo-Fr 9:00-17:00"}, {"_bh_regular1", "Mon-Fri 9:00-24:01"},
		{"_bh_regular1", "Mon-Fri 24:00-5:00"}, {"_bh_regular1", "Mon-Fri 9:00-9:00"}, {"_bh_regular1", "Mon-Fri 9:60-17:00"}, {"_bh_regular1", "Mon-Fri 9:00"},
		{"_bh_regular1", "Mon-Fri -1:00-17:00"}, {"_bh_regularx", "Mon-Fri 9:00-17:00"}, {"_bh_regular1", "Mon-Fri 009:00-17:00"},
		{"_holiday1", "15.07.2020"}, {"_holiday1", "2020-13-01"}, {"_holiday1", "2021-02-29"}, {"_holiday1", "0000-01-01"}, {"_holiday1", "20-07-15"},
		{"_bh_add1", "2026-11-30"}, {"_bh_add1", "2026-11-31 10:00-14:00"}, {"_bh_add1", "11-30 10:00"}, {"_bh_add1", "11-30 1000-1400"},
		{"_effective_dates1", "2026-04-01 until 2026-10-31"}, {"_effective_dates1", "2026-10-31 to 2026-04-01"}, {"_effective_dates1", "2026-04-01 to 10-31"}, {"_effective_dates1", "2026-04-01 to x"},
		{"_use_alternative1", "missing"}, {"_use_alternative1", "other"}, {"_use_alternative7", "undated"},
		{"_include_regular2", "missing"}, {"_include_r2", "other"}, {"_include_R2", "undated"}, {"_include_x", "undated"},
		{"_bh", "x"}, {"timezone", "UTC"}, {"", "x"},
	} {
		_, err := ParseCalendar(map[string]string{test.option: test.value, "_ttl": "30", "_holiday9": " "}, lookup)
		var fault *ConfigError
		if !errors.As(err, &fault) || fault.Field != test.option {
			t.Errorf("%s=%s: %v", test.option, test.value, err)
		}
	}
	_, err := ParseCalendar(map[string]string{"_include_r1": "anything"}, nil)
	if !errors.Is(err, ErrConfig) {
		t.Errorf("no lookup: %v", err)
	}
	_, err = ParseCalendar(map[string]string{"_holiday1": "x", "_holiday2": "y", "_bh_regular": "z", "what": "ever"}, nil)
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 4 {
		t.Errorf("not all four faults reported: %v", err)
	}
	_, err = ParseCalendar(map[string]string{"_holiday1": strings.Repeat("9", 5000)}, nil)
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("%d bytes of error", len(err.Error()))
	}
}

func TestParseCalendarOrder(t *testing.T) {
	c, err := ParseCalendar(map[string]string{
		"_bh_regular10": "Mon 9:00-12:00", "_bh_regular9": "monday-Tuesday 10:00-12:00", "_timezone": "Asia/Kathmandu",
		"_service": "office-hours", "_type": "builtin", "_ttl": "3", "_bh_add1": "",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	eleven, _, err := ResolveLocal(2026, time.June, 1, 11, 0, c.Location())
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Explain(eleven); e.Name != "_bh_regular9" || e.Rule != "Mon-Tue 10:00-12:00" || e.Local.Hour != 11 || e.Zone != "Asia/Kathmandu" {
		t.Errorf("%+v", e)
	}
}

func TestParseCalendarsFaults(t *testing.T) {
	for name, test := range map[string]struct {
		services map[string]map[string]string
		want     []string
	}{
		"itself":  {map[string]map[string]string{"a": {"_include_r1": "a"}}, []string{"service a", "_include_r1", "needs itself"}},
		"circle":  {map[string]map[string]string{"a": {"_include_r1": "b"}, "b": {"_include_r1": "c"}, "c": {"_include_r1": "a"}}, []string{"a, b, c, a"}},
		"missing": {map[string]map[string]string{"a": {"_include_r1": "b"}}, []string{"there is no such service"}},
		"once":    {map[string]map[string]string{"a": {"_holiday1": "x"}, "b": {"_include_r1": "a"}, "c": {"_include_r1": "a"}}, []string{"_holiday1", "service b", "service c", "faults of its own"}},
	} {
		_, err := ParseCalendars(test.services)
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", name, want, err)
			}
		}
		if n := strings.Count(err.Error(), "_holiday1"); n > 1 {
			t.Errorf("%s: the same fault %d times: %v", name, n, err)
		}
	}
	deep := map[string]map[string]string{}
	for i := range maxDepth + 2 {
		deep[fmt.Sprintf("s%03d", i)] = map[string]string{"_include_r1": fmt.Sprintf("s%03d", i+1)}
	}
	deep[fmt.Sprintf("s%03d", maxDepth+2)] = nil
	if _, err := ParseCalendars(deep); err == nil || !strings.Contains(err.Error(), "deep") {
		t.Errorf("deep: %v", err)
	}
	if calendars, err := ParseCalendars(nil); err != nil || len(calendars) != 0 {
		t.Errorf("none: %v, %v", calendars, err)
	}
}

func FuzzParseCalendar(f *testing.F) {
	for _, seed := range [][2]string{
		{"_bh_regular1", "Mon-Fri 9:00-17:00"}, {"_bh_regular2", "Sat-Mon 19:00-7:00"}, {"_bh_add1", "11-30 10:00-14:00"},
		{"_bh_add1", "2014-11-30 10:00-14:00"}, {"_holiday1", "2020-07-15"}, {"_effective_dates1", "2016-04-01 to 2016-10-31"},
		{"_use_alternative1", "x"}, {"_include_r1", "x"}, {"_timezone", "Asia/Kathmandu"}, {"_ttl", "30"}, {"_bh_regular1", "Mon-Sun 00:00-24:00"},
	} {
		f.Add(seed[0], seed[1], int64(1774746000))
	}
	other := officeHours(f, "Europe/Berlin", "Mon-Fri 09:00-17:00")
	f.Fuzz(func(t *testing.T, option, value string, at int64) {
		lookup := func(string) (*Calendar, error) { return other, nil }
		c, err := ParseCalendar(map[string]string{option: value, "_bh_regular99": "Tue 8:00-9:00"}, lookup)
		if err != nil {
			if !errors.Is(err, ErrConfig) || c != nil {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		when := time.Unix(at, 0)
		if e := c.Explain(when); e.Open != c.Open(when) {
			t.Fatalf("%s=%q at %s: %s, open %v", option, value, when, e, c.Open(when))
		}
		if c.Open(when) {
			if next, ok := c.NextOpen(when); !ok || !next.Equal(when) {
				t.Fatalf("NextOpen(%s) = %s", when, next)
			}
		}
	})
}

func FuzzParseCapacity(f *testing.F) {
	for option, value := range sampleCapacity {
		f.Add(option, value, int64(1774746000))
	}
	f.Add("_capacity_add", `[{"2026-12-24":{"0900":5}},{"12-31":{}}]`, int64(1766566800))
	f.Fuzz(func(t *testing.T, option, value string, at int64) {
		w, err := ParseCapacity(map[string]string{option: value})
		if err != nil {
			if !errors.Is(err, ErrConfig) || w != nil {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if at < minUnix || at > maxUnix {
			return
		}
		seats, until := w.Step(time.Unix(at, 0))
		if got := w.At(time.Unix(at, 0)); got != seats || got < 0 || got > MaxSeats || until.Unix() <= at {
			t.Fatalf("%s=%q: At %d, Step %d until %s", option, value, got, seats, until)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range [][2]string{
		{"start", "2014-12-03T15:00:00.000Z"}, {"end", "2016-04-13T16:00:00.000"}, {"start-ms", "1460552400000"}, {"number-of-days", "3"},
		{"max-time-slots", "9"}, {"timezone", "America/Toronto"}, {"report-busy", "true"}, {"timestamp", "2026-03-29T02:30:00"},
	} {
		f.Add(seed[0], seed[1])
	}
	p, err := NewPlanner(PlannerConfig{Bucket: time.Hour, MaxBuckets: 1000})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, parameter, value string) {
		now := time.Unix(1460552400, 0)
		q, err := ParseQuery(map[string]string{parameter: value})
		if err != nil {
			if !errors.Is(err, ErrQuery) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		slots, err := p.Slots(q, nil, now)
		if err != nil && !errors.Is(err, ErrRange) && !errors.Is(err, ErrQuery) {
			t.Fatalf("%T: %v", err, err)
		}
		for _, s := range slots.Slots {
			if s.Start.Before(now) || !s.End.After(s.Start) {
				t.Fatalf("slot %v", s)
			}
		}
	})
}
