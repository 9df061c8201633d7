package wire_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

func TestParseTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	utc := func(text string) time.Time {
		at, err := time.Parse("2006-01-02T15:04:05.999999999", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for text, want := range map[string]string{
		"2026-03-30T09:00":               "2026-03-30T07:00:00",
		"2026-03-30T09:00:00":            "2026-03-30T07:00:00",
		"2026-03-30T09:00:00.5":          "2026-03-30T07:00:00.5",
		"2026-03-30T09:00Z":              "2026-03-30T09:00:00",
		"2026-03-30T09:00:00Z":           "2026-03-30T09:00:00",
		"2026-03-30T09:00:00.000Z":       "2026-03-30T09:00:00",
		"2026-03-30T09:00:00.123456789Z": "2026-03-30T09:00:00.123456789",
		"2026-03-30T09:00+01:00":         "2026-03-30T08:00:00",
		"2026-03-30T09:00-0530":          "2026-03-30T14:30:00",
		"2026-03-30T09:00:00+0100":       "2026-03-30T08:00:00",
		"2026-03-29T02:30":               "2026-03-29T01:00:00", // in a gap
		"2026-10-25T02:30":               "2026-10-25T00:30:00", // the first of two
		"2028-02-29T00:00Z":              "2028-02-29T00:00:00",
		"0001-01-01T00:00Z":              "0001-01-01T00:00:00",
		"9999-12-31T23:59:59Z":           "9999-12-31T23:59:59",
	} {
		if got, ok := wire.ParseTime(text, berlin); !ok || !got.Equal(utc(want)) || got.Location() != time.UTC {
			t.Errorf("%s is %v, %v; want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "2026-03-30", "2026-03-30T", "2026-03-30T09", "2026-03-30T9:00", "2026-03-30 09:00", "2026-03-30T09:00:", "2026-03-30T09:00.5", "2026-03-30T09:00:00,5",
		"2026-03-30T09:00:00.", "2026-03-30T09:00:00.Z", "2026-03-30T09:00z", "2026-03-30T09:00+1", "2026-03-30T09:00+01", "2026-03-30T09:00+01:0", "2026-03-30T09:00+24:00",
		"2026-03-30T09:00+01:60", "2026-02-29T09:00", "2026-13-01T09:00", "2026-00-01T09:00", "2026-01-00T09:00", "2026-03-30T24:00", "2026-03-30T09:60", "2026-03-30T09:00:60",
		"0000-01-01T00:00Z", "10000-01-01T00:00Z", "-001-01-01T00:00Z", "2026-03-30T09:00Z ", " 2026-03-30T09:00", "2026-03-30T09:00ZZ", "２026-03-30T09:00",
	} {
		if got, ok := wire.ParseTime(text, berlin); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseTruth(t *testing.T) {
	for text, want := range map[string]bool{"true": true, "True": true, "TRUE": true, "false": false, "False": false, "": false} {
		if got, ok := wire.ParseTruth(text); !ok || got != want {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"yes", "1", "0", " true", "tru", "t"} {
		if got, ok := wire.ParseTruth(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}
