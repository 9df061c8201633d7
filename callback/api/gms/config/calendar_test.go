package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
)

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParseCalendarFaults(t *testing.T) {
	lookup := func(name string) (*availability.Calendar, error) {
		if name == "undated" {
			return availability.AlwaysOpen(), nil
		}
		return nil, errors.New("no such service")
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
		_, err := parseCalendar("x", map[string]string{test.option: test.value, "_ttl": "30", "_holiday9": " "}, lookup)
		var fault *availability.ConfigError
		if !errors.As(err, &fault) || fault.Field != test.option {
			t.Errorf("%s=%s: %v", test.option, test.value, err)
		}
	}
	_, err := parseCalendar("x", map[string]string{"_holiday1": "x", "_holiday2": "y", "_bh_regular": "z", "what": "ever"}, nil)
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 4 {
		t.Errorf("not all four faults reported: %v", err)
	}
	_, err = parseCalendar("x", map[string]string{"_holiday1": strings.Repeat("9", 5000)}, nil)
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("%d bytes of error", len(err.Error()))
	}
}

func TestParseCalendarOrder(t *testing.T) {
	c, err := parseCalendar("x", map[string]string{
		"_bh_regular10": "Mon 9:00-12:00", "_bh_regular9": "monday-Tuesday 10:00-12:00", "_timezone": "Asia/Kathmandu",
		"_service": "office-hours", "_type": "builtin", "_ttl": "3", "_bh_add1": "",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	eleven, _, err := availability.ResolveLocal(2026, time.June, 1, 11, 0, c.Location())
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Explain(eleven); e.Name != "_bh_regular9" || e.Rule != "Mon-Tue 10:00-12:00" || e.Local.Hour != 11 || e.Zone != "Asia/Kathmandu" {
		t.Errorf("%+v", e)
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
	other, err := parseCalendar("other", map[string]string{"_timezone": "Europe/Berlin", "_bh_regular1": "Mon-Fri 09:00-17:00"}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, option, value string, at int64) {
		lookup := func(string) (*availability.Calendar, error) { return other, nil }
		c, err := parseCalendar("x", map[string]string{option: value, "_bh_regular99": "Tue 8:00-9:00"}, lookup)
		if err != nil {
			if !errors.Is(err, availability.ErrConfig) || c != nil {
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
