package scheduler_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/robfig/cron/v3"

	"github.com/ringback-go/ringback/scheduler"
)

func recurrence(t testing.TB, spec, zone string) scheduler.Recurrence {
	t.Helper()
	r, err := scheduler.ParseRecurrence(spec, zone)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// raw parses a spec with the cron package alone.
func raw(spec string) (s cron.Schedule, panicked bool, err error) {
	defer func() {
		if recover() != nil {
			panicked = true
		}
	}()
	s, err = cron.ParseStandard(spec)
	return s, false, err
}

// The cron package slices out of range on a zone prefix without fields.
func TestTrapPanicOnZoneWithoutFields(t *testing.T) {
	for _, spec := range []string{"CRON_TZ=UTC", "TZ=UTC", "TZ=", "CRON_TZ=", "CRON_TZ=UTC\t0\t9\t*\t*\t*"} {
		if _, panicked, _ := raw(spec); !panicked {
			t.Errorf("%q: the cron package does not panic", spec)
		}
	}
	for _, spec := range []string{"CRON_TZ=UTC", "TZ=UTC", "TZ=", "CRON_TZ=", "CRON_TZ= * * * * *"} {
		if _, err := scheduler.ParseRecurrence(spec, ""); !errors.Is(err, scheduler.ErrRecurrence) {
			t.Errorf("%q: %v", spec, err)
		}
	}
	if r := recurrence(t, "CRON_TZ=UTC\t0\t9\t*\t*\t*", ""); r.String() != "CRON_TZ=UTC 0 9 * * *" {
		t.Errorf("with tabs: %v", r)
	}
}

// The cron package accepts dates that do not exist and then returns the zero
// time, which a caller would take for long overdue.
func TestTrapNeverFires(t *testing.T) {
	for _, spec := range []string{"0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 31 feb ?", "0 0 30,31 2 */1", "CRON_TZ=Asia/Tokyo 0 0 30 2 *"} {
		s, _, err := raw(spec)
		if err != nil || !s.Next(noon()).IsZero() {
			t.Errorf("%q: the cron package returns %v", spec, err)
		}
		_, err = scheduler.ParseRecurrence(spec, "")
		if !errors.Is(err, scheduler.ErrNeverFires) || !errors.Is(err, scheduler.ErrRecurrence) {
			t.Errorf("%q: %v", spec, err)
		}
	}
	for _, spec := range []string{"0 0 29 2 *", "0 0 30 1,2 *", "0 0 31 12 *", "0 0 30 2 1", "0 0 30 2 0-6"} {
		if _, ok := recurrence(t, spec, "").Next(noon()); !ok {
			t.Errorf("%q never fires", spec)
		}
	}
}

// The cron package looks only five years ahead.
func TestTrapLeapDayAcrossACentury(t *testing.T) {
	after := time.Date(2096, 3, 1, 0, 0, 0, 0, time.UTC)
	s, _, err := raw("0 0 29 2 *")
	if err != nil || !s.Next(after).IsZero() {
		t.Errorf("the cron package returns %v, %v", s.Next(after), err)
	}
	want := time.Date(2104, 2, 29, 0, 0, 0, 0, time.UTC)
	if got, ok := recurrence(t, "0 0 29 2 *", "").Next(after); !ok || !got.Equal(want) {
		t.Errorf("%v, %v, want %v", got, ok, want)
	}
}

// The cron package skips times within the hour that daylight saving time skips.
func TestTrapGap(t *testing.T) {
	ny := zone(t, "America/New_York")
	after := time.Date(2026, 3, 7, 12, 0, 0, 0, ny)
	s, _, _ := raw("CRON_TZ=America/New_York 30 2 * * *")
	if got, skipped := s.Next(after), time.Date(2026, 3, 9, 2, 30, 0, 0, ny); !got.Equal(skipped) {
		t.Errorf("the cron package returns %v, not %v", got, skipped)
	}
	want := time.Date(2026, 3, 8, 3, 0, 0, 0, ny)
	r := recurrence(t, "30 2 * * *", "America/New_York")
	if got, ok := r.Next(after); !ok || !got.Equal(want) {
		t.Errorf("%v, %v, want %v", got, ok, want)
	}
	if got, _ := r.Next(want); !got.Equal(time.Date(2026, 3, 9, 2, 30, 0, 0, ny)) {
		t.Errorf("after that %v", got)
	}
}

// The cron package fires twice in the hour that daylight saving time repeats.
func TestTrapOverlap(t *testing.T) {
	ny := zone(t, "America/New_York")
	s, _, _ := raw("CRON_TZ=America/New_York 30 1 * * *")
	first := time.Date(2026, 11, 1, 5, 30, 0, 0, time.UTC)
	second := first.Add(time.Hour)
	if got := s.Next(first); !got.Equal(second) {
		t.Errorf("the cron package returns %v, not %v", got, second)
	}
	r := recurrence(t, "30 1 * * *", "America/New_York")
	if got, ok := r.Next(first.Add(-1)); !ok || !got.Equal(first) {
		t.Errorf("%v, %v, want %v", got, ok, first)
	}
	next := time.Date(2026, 11, 2, 1, 30, 0, 0, ny)
	for _, after := range []time.Time{first, first.Add(30 * time.Minute), second.Add(-1), second, second.Add(time.Hour)} {
		if got, ok := r.Next(after); !ok || !got.Equal(next) {
			t.Errorf("after %v: %v, %v, want %v", after, got, ok, next)
		}
	}
}

// Without a zone the cron package uses the zone of its argument.
func TestTrapZoneOfTheArgument(t *testing.T) {
	s, _, _ := raw("0 9 * * *")
	tokyo := zone(t, "Asia/Tokyo")
	if a, b := s.Next(noon()), s.Next(noon().In(tokyo)); a.Equal(b) {
		t.Error("the cron package does not depend on the zone of its argument")
	}
	r := recurrence(t, "0 9 * * *", "")
	a, _ := r.Next(noon())
	b, _ := r.Next(noon().In(tokyo))
	if want := time.Date(2026, 3, 21, 9, 0, 0, 0, time.UTC); !a.Equal(want) || !b.Equal(want) {
		t.Errorf("%v and %v, want %v", a, b, want)
	}
	if _, _, err := raw("TZ=Local 0 9 * * *"); err != nil {
		t.Errorf("the cron package refuses Local: %v", err)
	}
	for _, local := range []string{"Local", "local", "LOCAL"} {
		if _, err := scheduler.ParseRecurrence("0 9 * * *", local); !errors.Is(err, scheduler.ErrZone) {
			t.Errorf("%s: %v", local, err)
		}
	}
}

// The cron package gives malformed fields an unintended meaning.
func TestTrapLenientFields(t *testing.T) {
	for _, spec := range []string{
		"0,,, 0 * * *", // drops empty list items
		", , , , ,",    // accepts fields of commas only, which never fire
		"* * * * *,",   // accepts a trailing comma
		"*-5 * * * *",  // reads a range from a star as a star
		"+5 0 * * *",   // takes a sign for part of the number
		"?-3 * * * *",
	} {
		if _, panicked, err := raw(spec); panicked || err != nil {
			t.Errorf("%q: the cron package refuses: %v", spec, err)
		}
		if r, err := scheduler.ParseRecurrence(spec, ""); !errors.Is(err, scheduler.ErrRecurrence) {
			t.Errorf("%q: %v, %v", spec, r, err)
		}
	}
}

// The cron package rounds a negative period to one second and counts from the
// time of the call, so two nodes never agree.
func TestTrapEvery(t *testing.T) {
	s, _, err := raw("@every -5s")
	if err != nil || s.Next(noon()).Sub(noon()) != time.Second {
		t.Errorf("the cron package returns %v, %v", s, err)
	}
	s, _, _ = raw("@every 1h")
	if a, b := s.Next(noon()), s.Next(noon().Add(7*time.Minute)); a.Equal(b) {
		t.Error("the cron package counts from a fixed instant")
	}
	r := recurrence(t, "@every 1h", "Europe/Berlin")
	for _, after := range []time.Duration{0, time.Nanosecond, 7 * time.Minute, time.Hour - 1} {
		if got, ok := r.Next(noon().Add(after)); !ok || !got.Equal(noon().Add(time.Hour)) {
			t.Errorf("%v after noon: %v, %v", after, got, ok)
		}
	}
	before := time.Unix(-5400, 1)
	if got, ok := r.Next(before); !ok || got.Unix() != -3600 {
		t.Errorf("before 1970: %v, %v", got, ok)
	}
	if got, _ := recurrence(t, "@every  8784h", "").Next(time.Unix(0, 0)); got.Unix() != 8784*3600 {
		t.Errorf("%v", got)
	}
	for _, spec := range []string{"@every", "@every -5s", "@every 0s", "@every 999ms", "@every 1.5s", "@every 8784h1s", "@every 1 fortnight", "@every 99999999999h"} {
		if _, err := scheduler.ParseRecurrence(spec, ""); !errors.Is(err, scheduler.ErrRecurrence) {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

func TestParseRecurrence(t *testing.T) {
	for _, c := range []struct{ spec, zone, want string }{
		{"0 9 * * 1-5", "Europe/Berlin", "CRON_TZ=Europe/Berlin 0 9 * * 1-5"},
		{"  0   9 * *\tmon-FRI ", "", "CRON_TZ=UTC 0 9 * * mon-FRI"},
		{"CRON_TZ=Asia/Kathmandu */15 0,12 ? jan,Jul *", "Europe/Berlin", "CRON_TZ=Asia/Kathmandu */15 0,12 ? jan,Jul *"},
		{"TZ=America/New_York @daily", "", "CRON_TZ=America/New_York @daily"},
		{"@every 1h30m", "Europe/Berlin", "CRON_TZ=Europe/Berlin @every 1h30m"},
		{"5-59/7 8-18/2 1 1 0", "UTC", "CRON_TZ=UTC 5-59/7 8-18/2 1 1 0"},
	} {
		r := recurrence(t, c.spec, c.zone)
		if r.String() != c.want {
			t.Errorf("%q: %v, want %s", c.spec, r, c.want)
		}
		if name, _, _ := strings.Cut(strings.TrimPrefix(c.want, "CRON_TZ="), " "); r.Zone() != name {
			t.Errorf("%q: zone %s", c.spec, r.Zone())
		}
		text, err := json.Marshal(r)
		var back scheduler.Recurrence
		if err == nil {
			err = json.Unmarshal(text, &back)
		}
		if err != nil || back.String() != r.String() {
			t.Errorf("%q reads back as %v: %v", c.spec, back, err)
		}
	}
	for _, c := range []struct {
		spec, zone string
		fact       error
		says       string
	}{
		{"", "", scheduler.ErrRecurrence, "must not be empty"},
		{" \t ", "", scheduler.ErrRecurrence, "must not be empty"},
		{"* * * *", "", scheduler.ErrRecurrence, "4 fields must have 5 fields"},
		{"0 * * * * *", "", scheduler.ErrRecurrence, "6 fields must have 5 fields"},
		{"60 * * * *", "", scheduler.ErrRecurrence, "above maximum"},
		{"* 24 * * *", "", scheduler.ErrRecurrence, "above maximum"},
		{"* * 0 * *", "", scheduler.ErrRecurrence, "below minimum"},
		{"* * * 13 *", "", scheduler.ErrRecurrence, "above maximum"},
		{"* * * * 7", "", scheduler.ErrRecurrence, "above maximum"},
		{"*/0 * * * *", "", scheduler.ErrRecurrence, "step"},
		{"*/ * * * *", "", scheduler.ErrRecurrence, `minute "*/" must not have an empty list item or step`},
		{"5-1 * * * *", "", scheduler.ErrRecurrence, "beyond end"},
		{"* -5 * * *", "", scheduler.ErrRecurrence, "spec"},
		{"* * 1\u00002 * *", "", scheduler.ErrRecurrence, "day of month"},
		{"* * * * ☎", "", scheduler.ErrRecurrence, "day of week"},
		{"99999999999999999999 * * * *", "", scheduler.ErrRecurrence, "spec"},
		{"@reboot", "", scheduler.ErrRecurrence, "unrecognized"},
		{"@daily 5", "", scheduler.ErrRecurrence, "unrecognized"},
		{"* * * * *", "Mars/Olympus", scheduler.ErrZone, `zone "Mars/Olympus"`},
		{"* * * * *", "../../etc/passwd", scheduler.ErrZone, "zone"},
		{"* * * * *", strings.Repeat("A", 65), scheduler.ErrZone, "zone"},
		{"TZ=Nowhere * * * * *", "UTC", scheduler.ErrZone, `zone "Nowhere"`},
		{strings.Repeat(" ", scheduler.MaxSpec+1), "", scheduler.ErrRecurrence, "257 bytes must be at most 256"},
	} {
		r, err := scheduler.ParseRecurrence(c.spec, c.zone)
		var field *scheduler.FieldError
		if !errors.Is(err, c.fact) || !errors.Is(err, scheduler.ErrRecurrence) || !errors.As(err, &field) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q in %q: %v, want %q", c.spec, c.zone, err, c.says)
		}
		if r != (scheduler.Recurrence{}) {
			t.Errorf("%q: %v along with an error", c.spec, r)
		}
	}
	if recurrence(t, strings.Repeat(" ", scheduler.MaxSpec-9)+"* * * * *", "").Zone() != "UTC" {
		t.Error("the longest spec has the wrong zone")
	}
}

func TestZeroRecurrence(t *testing.T) {
	var r scheduler.Recurrence
	if at, ok := r.Next(noon()); ok || r.String() != "" || r.Zone() != "" {
		t.Errorf("%v, %v, %q, %q", at, ok, r, r.Zone())
	}
	other := recurrence(t, "@daily", "")
	kept := other
	if err := other.UnmarshalText([]byte("nonsense")); err == nil || other != kept {
		t.Errorf("%v, %v", other, err)
	}
	if err := other.UnmarshalText(nil); err != nil || other != r {
		t.Errorf("%v, %v", other, err)
	}
}

func FuzzParseRecurrence(f *testing.F) {
	for _, spec := range []string{
		"", "CRON_TZ=UTC", "TZ=", "TZ=UTC", "* * * * *", "0 0 30 2 *", "0 0 29 2 *", "@every 1h30m", "@every -5s", "@daily",
		"CRON_TZ=Europe/Berlin 0 9 * * 1-5", "TZ=Local * * * * *", ", , , , ,", "*/15 0-23/3 1,15 jan-dec sun", "5/0 * * * *",
		"* * * * *\x00", "0 0 31 4,6 */2", strings.Repeat("1,", 200), "59 23 31 12 6",
	} {
		f.Add(spec, "", int64(1774008000))
		f.Add(spec, "America/New_York", int64(-62135596800))
	}
	f.Fuzz(func(t *testing.T, spec, zone string, seconds int64) {
		r, err := scheduler.ParseRecurrence(spec, zone)
		if err != nil {
			var field *scheduler.FieldError
			if r != (scheduler.Recurrence{}) || !errors.Is(err, scheduler.ErrRecurrence) || !errors.As(err, &field) {
				t.Errorf("%q in %q: %v", spec, zone, err)
			}
			return
		}
		back, err := scheduler.ParseRecurrence(r.String(), "")
		if err != nil || back.String() != r.String() {
			t.Fatalf("%q is written as %q, which reads as %v, %v", spec, r, back, err)
		}
		after := time.Unix(seconds, 0)
		at, ok := r.Next(after)
		if year := after.UTC().Year(); !ok && year > 0 && year < 9990 {
			t.Errorf("%v never fires after %v", r, after)
		}
		if !ok {
			return
		}
		if !at.After(after) {
			t.Errorf("%v fires at %v, not after %v", r, at, after)
		}
		// No instant lies in between.
		if again, _ := r.Next(at.Add(-1)); !again.Equal(at) {
			t.Errorf("%v fires at %v after %v, but also at %v", r, at, after, again)
		}
	})
}
