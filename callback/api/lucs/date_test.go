package lucs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback/api/lucs"
)

// The three layouts are accepted, near misses are refused.
func TestParseDate(t *testing.T) {
	at := func(nsec int) time.Time { return time.Date(2019, time.June, 24, 13, 0, 56, nsec, time.UTC) }
	for text, want := range map[string]time.Time{
		"2019-06-24T13:00:56Z":           at(0),
		"2019-06-24T13:00:56":            at(0),
		"2019-06-24T13:00:56.455Z":       at(455e6),
		"2019-06-24T13:00:56.2732376Z":   at(273237600),
		"2019-06-24T13:00:56.123456789Z": at(123456789),
		"2019-06-24T13:00:56.5":          at(5e8),
		"2019-06-24T15:00:56+02:00":      at(0),
		"2019-06-24T15:00:56+0200":       at(0),
		"2019-06-24T13:00":               at(0).Add(-56 * time.Second),
		"2019-06-24T13:00Z":              at(0).Add(-56 * time.Second),
		"2019-06-24T15:00+02:00":         at(0).Add(-56 * time.Second),
		"2019-06-24T07:30:56.1-05:30":    at(1e8),
		"2019-06-25T12:59:56+23:59":      at(0),
		"24.06.2019 13:00:56":            at(0),
		"24.06.2019 13:00:56Z":           at(0),
		"24.06.2019 13:00:56.2732376Z":   at(273237600),
		"24.06.2019 13:00:56.2732376":    at(273237600),
		"2020-02-29T00:00:00Z":           time.Date(2020, time.February, 29, 0, 0, 0, 0, time.UTC),
		"31.12.9999 23:59:59.9999999":    time.Date(9999, time.December, 31, 23, 59, 59, 999999900, time.UTC),
		"0001-01-01T00:00:00":            time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, ok := lucs.ParseDate(text); !ok || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s is read as %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", " ", "string", "2019", "2019-06-24", "2019-06-24T", "2019-06-24 13:00:56", "2019-06-24t13:00:56z",
		"2019-6-24T13:00:56Z", "2019-06-24T1:00:56Z", "2019-06-24T13:00:56.Z", "2019-06-24T13:00:56,5Z", "2019-06-24T13:00:56.1234567890Z",
		"2019-06-24T13:00:56Z ", " 2019-06-24T13:00:56Z", "2019-06-24T13:00:56ZZ", "2019-06-24T13:00:56+2:00",

		"2019-06-24T13:00:56+24:00", "2019-06-24T13:00:56+02:60", "2019-06-24T13:00:56+", "2019-06-24T13:00:56+02:00Z", "2019-06-24T24:00:00Z",
		"2019-06-24T13:60:56Z", "2019-06-24T13:00:60Z", "2019-13-24T13:00:56Z", "2019-00-24T13:00:56Z", "2019-06-00T13:00:56Z",
		"2019-06-31T13:00:56Z", "2019-02-29T13:00:56Z", "0000-01-01T00:00:00Z", "-019-06-24T13:00:56Z", "+2019-06-24T13:00:56Z",
		"06/24/2019 13:00:56", "24.06.19 13:00:56", "24.6.2019 13:00:56", "24.06.2019T13:00:56", "24.06.2019  13:00:56", "24.06.2019",
		"24.06.2019 13:00", "24.06.2019 13:00:56+02:00", "06.24.2019 13:00:56", "31.04.2019 13:00:56", "24.06.2019 13:00:56 Z",
		"24.06.2019 13:00:56.", "24.06.2019 1:00:56 PM", "２４.06.2019 13:00:56", "1561381256",
	} {
		if got, ok := lucs.ParseDate(text); ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	if got := lucs.FormatDate(at(999999999).In(time.FixedZone("x", 3600))); got != "2019-06-24T13:00:56.999Z" {
		t.Errorf("written as %s", got)
	}
}

// parseDate agrees with the standard library on the same layouts, and every
// formatted date parses again.
func FuzzDate(f *testing.F) {
	for _, seed := range []string{
		"2019-06-14T10:02:07.455Z", "24.06.2019 13:00:56", "24.06.2019 13:00:56.2732376Z", "2019-06-14T12:02:07+02:00", "2019-06-14T10:02:07",
		"31.02.2019 00:00:00", "2019-06-14T24:00:00Z", "9999-12-31T23:59:59.9999999-23:59", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := lucs.ParseDate(text)
		if !ok {
			// parseDate accepts everything that strict RFC 3339 parsing
			// accepts.
			var want time.Time
			_, fraction, _ := strings.Cut(text, ".")
			digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
			// The standard library also accepts an hour of one digit, a decimal
			// comma and offsets out of range.
			strict := len(text) > 13 && text[13] == ':' && !strings.Contains(text, ",") && strings.HasSuffix(text, "Z")
			if err := want.UnmarshalText([]byte(text)); strict && err == nil && !strings.HasPrefix(text, "0000") && digits <= 9 {
				t.Fatalf("%q is refused, and is %v", text, want)
			}
			return
		}
		agreed := false
		for _, layout := range []string{
			"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "02.01.2006 15:04:05.999999999", "02.01.2006 15:04:05.999999999Z",
		} {
			if want, err := time.Parse(layout, text); err == nil {
				agreed = true
				if !want.Equal(got) {
					t.Fatalf("%q is read as %v, and is %v", text, got, want)
				}
			}
		}
		if !agreed {
			t.Fatalf("%q is read as %v, and is none of the three forms", text, got)
		}
		written := lucs.FormatDate(got)
		if got.Year() < 1 || got.Year() > 9999 {
			return // the offset moves the date out of the four-digit years
		}
		if again, ok := lucs.ParseDate(written); !ok || !again.Equal(got.Truncate(time.Millisecond)) {
			t.Fatalf("%v is written as %s and read as %v, %v", got, written, again, ok)
		}
	})
}
