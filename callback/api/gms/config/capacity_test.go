package config

import (
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// sampleCapacity are the options of the sample capacity service of GMS.
var sampleCapacity = map[string]string{
	"_capacity":     "[Mon, Tue, Wed, Thu, Fri, Sat, Sun]",
	"_capacity_1":   `{"1":{"0000":1,"0100":3}}`,
	"_capacity_2":   `{"2":{"0100":3}}`,
	"_capacity_3":   `{"3":{"1000":6,"1100":6,"1200":6,"0900":6}}`,
	"_capacity_4":   `{"4":{"1100":3,"0100":3}}`,
	"_capacity_7":   `{"7":{"0000":1,"0100":3}}`,
	"_capacity_add": "{}",
	"_service":      "capacity",
	"_timezone":     "UTC",
	"_type":         "builtin",
}

func TestParseCapacity(t *testing.T) {
	with := func(more map[string]string) map[string]string {
		options := make(map[string]string)
		for k, v := range sampleCapacity {
			options[k] = v
		}
		for k, v := range more {
			options[k] = v
		}
		return options
	}
	for _, test := range []struct {
		name    string
		options map[string]string
		at      string
		want    int
	}{
		{"Monday", sampleCapacity, "2026-06-01T00:59:59Z", 1},
		{"Monday, next hour", sampleCapacity, "2026-06-01T01:00:00Z", 3},
		{"an absent hour", sampleCapacity, "2026-06-01T02:00:00Z", 0},
		{"Wednesday", sampleCapacity, "2026-06-03T12:55:00Z", 6},
		{"an absent day", sampleCapacity, "2026-06-05T01:00:00Z", 0},
		{"Sunday", sampleCapacity, "2026-06-07T01:00:00Z", 3},
		{"no exceptions", with(map[string]string{"_capacity_add": "[]"}), "2026-06-07T01:00:00Z", 3},
		{"a date", with(map[string]string{"_capacity_add": `{"2026-06-03":{"1000":1}}`}), "2026-06-03T10:00:00Z", 1},
		{"a date replaces the day", with(map[string]string{"_capacity_add": `{"2026-06-03":{"1000":1}}`}), "2026-06-03T11:00:00Z", 0},
		{"every year", with(map[string]string{"_capacity_add": `[{"12-25":{}},{"06-03":{"1000":2}}]`}), "2026-06-03T10:00:00Z", 2},
		{"a date goes before every year", with(map[string]string{"_capacity_add": `[{"2026-06-03":{"1000":9}},{"06-03":{"1000":2}}]`}), "2026-06-03T10:00:00Z", 9},
		{"Sunday first", map[string]string{"_capacity": `["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]`, "_capacity_1": `{"1":{"0900":4}}`}, "2026-06-07T09:00:00Z", 4},
		{"in its zone", map[string]string{"_timezone": "Asia/Kathmandu", "_capacity_1": `{"1":{"0900":4}}`}, "2026-06-01T03:15:00Z", 4},
		{"before it in its zone", map[string]string{"_timezone": "Asia/Kathmandu", "_capacity_1": `{"1":{"0900":4}}`}, "2026-06-01T03:14:59Z", 0},
		{"nothing", nil, "2026-06-01T09:00:00Z", 0},
	} {
		w, err := parseCapacity(test.options)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := w.At(instant(t, test.at)); got != test.want {
			t.Errorf("%s: %d seats at %s, want %d", test.name, got, test.at, test.want)
		}
	}
}

func TestParseCapacityFaults(t *testing.T) {
	for _, test := range []struct{ option, value string }{
		{"_capacity", "Mon"}, {"_capacity", "[Mon, Tue]"}, {"_capacity", "[Mon, Mon, Wed, Thu, Fri, Sat, Sun]"}, {"_capacity", "[1,2,3,4,5,6,7]"},
		{"_capacity_1", "10"}, {"_capacity_1", `{"2":{"0900":1}}`}, {"_capacity_1", `{"1":{"0930":1}}`}, {"_capacity_1", `{"1":{"2400":1}}`},
		{"_capacity_1", `{"1":{"900":1}}`}, {"_capacity_1", `{"1":{"0900":-1}}`}, {"_capacity_1", `{"1":{"0900":1.5}}`}, {"_capacity_1", `{"1":{"0900":"7"}}`},
		{"_capacity_1", `{"1":{"0900":1000001}}`}, {"_capacity_1", `{"1":{"0900":1,"0900":2}}`}, {"_capacity_1", `{"1":{}} x`}, {"_capacity_1", `{"1":{}`},
		{"_capacity_1", `{"1":null}`}, {"_capacity_8", `{"8":{}}`}, {"_capacity_0", `{"0":{}}`}, {"_capacity_11", `{"11":{}}`}, {"_capacity_x", "{}"},
		{"_capacity_add", "{"}, {"_capacity_add", "[1]"}, {"_capacity_add", `{"2026-02-30":{}}`}, {"_capacity_add", `{"2026-01-01":5}`}, {"_capacity_add", `[{}`},
		{"_timezone", "Local"}, {"_timezone", "Mars"}, {"_max", "1"}, {"capacity", "1"},
	} {
		_, err := parseCapacity(map[string]string{test.option: test.value, "_ttl": ""})
		var fault *availability.ConfigError
		if !errors.As(err, &fault) || fault.Field != test.option || !errors.Is(err, availability.ErrConfig) {
			t.Errorf("%s=%s: %v", test.option, test.value, err)
		}
	}
	_, err := parseCapacity(map[string]string{"_capacity_1": "x", "_capacity_2": "x", "_timezone": "x"})
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 3 {
		t.Errorf("not all three faults reported: %v", err)
	}
}

func FuzzParseCapacity(f *testing.F) {
	for option, value := range sampleCapacity {
		f.Add(option, value, int64(1774746000))
	}
	f.Add("_capacity_add", `[{"2026-12-24":{"0900":5}},{"12-31":{}}]`, int64(1766566800))
	f.Fuzz(func(t *testing.T, option, value string, at int64) {
		w, err := parseCapacity(map[string]string{option: value})
		if err != nil {
			if !errors.Is(err, availability.ErrConfig) || w != nil {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if at < -62135596800 || at > 253402300799 {
			return
		}
		seats, until := w.Step(time.Unix(at, 0))
		if got := w.At(time.Unix(at, 0)); got != seats || got < 0 || got > availability.MaxSeats || until.Unix() <= at {
			t.Fatalf("%s=%q: At %d, Step %d until %s", option, value, got, seats, until)
		}
	})
}
