package scheduler_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// changes lists clock changes of every kind: by an hour at night, by half an
// hour, by two hours, at midnight, by a whole day, in both hemispheres, and one
// day without a change.
var changes = []struct {
	zone string
	day  time.Time
}{
	{"America/New_York", time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)},
	{"America/New_York", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
	{"Europe/Berlin", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"Europe/Berlin", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},
	{"Europe/London", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"Europe/Dublin", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)},
	{"Australia/Lord_Howe", time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)},
	{"Australia/Sydney", time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC)},
	{"America/Sao_Paulo", time.Date(2018, 11, 4, 0, 0, 0, 0, time.UTC)},
	{"America/Sao_Paulo", time.Date(2019, 2, 17, 0, 0, 0, 0, time.UTC)},
	{"Asia/Beirut", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"Africa/Cairo", time.Date(2026, 4, 24, 0, 0, 0, 0, time.UTC)},
	{"Africa/Cairo", time.Date(2026, 10, 30, 0, 0, 0, 0, time.UTC)},
	{"America/Havana", time.Date(2026, 3, 8, 0, 0, 0, 0, time.UTC)},
	{"Antarctica/Troll", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
	{"Antarctica/Troll", time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)},
	{"Pacific/Chatham", time.Date(2026, 9, 26, 0, 0, 0, 0, time.UTC)},
	{"Pacific/Apia", time.Date(2011, 12, 30, 0, 0, 0, 0, time.UTC)},
	{"Pacific/Kwajalein", time.Date(1993, 8, 21, 0, 0, 0, 0, time.UTC)},
	{"Asia/Kathmandu", time.Date(1986, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"Asia/Pyongyang", time.Date(2018, 5, 4, 0, 0, 0, 0, time.UTC)},
	{"America/Caracas", time.Date(2007, 12, 9, 0, 0, 0, 0, time.UTC)},
	{"Asia/Kolkata", time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)},
}

// TestNextMatchesWallClock compares Next with a wall clock that is read minute by
// minute: a matching minute fires when the clock first shows it or a later one.
func TestNextMatchesWallClock(t *testing.T) {
	for _, c := range changes {
		t.Run(fmt.Sprintf("%s %s", c.zone, c.day.Format(time.DateOnly)), func(t *testing.T) {
			loc := zone(t, c.zone)
			from, to := c.day.Add(-2*24*time.Hour), c.day.Add(3*24*time.Hour)
			minutes := watch(loc, from, to)
			for _, spec := range []string{
				"* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *", "30 1 * * *", "0 0 * * *", "15 0 * * *", "45 23 * * *",
				"10,40 0-3,23 * * *", "0 12 30 12 *", "5 2 * * 0", "59 1,2 28-31 3,10 0,6", "@daily", "@hourly",
			} {
				r := recurrence(t, spec, c.zone)
				want := firings(spec, minutes)
				at := from
				for _, w := range want {
					next, ok := r.Next(at)
					if at = next; !ok || !at.Equal(w) {
						t.Fatalf("%s: %v, want %v", spec, at, w.In(loc))
					}
				}
				if extra, ok := r.Next(at); ok && !extra.After(to) {
					t.Fatalf("%s: extra %v", spec, extra)
				}
				// Starting from any instant in between gives the same result.
				for after, i := from, 0; after.Before(to); after = after.Add(41*time.Minute + 1) {
					for i < len(want) && !want[i].After(after) {
						i++
					}
					if at, _ := r.Next(after); i < len(want) && !at.Equal(want[i]) {
						t.Fatalf("%s after %v: %v, want %v", spec, after.In(loc), at, want[i].In(loc))
					}
				}
			}
		})
	}
}

// minute is a minute of the wall clock, as if it were UTC, and the instant at
// which the clock first shows it or a later one.
type minute struct{ wall, at time.Time }

// watch returns the minutes of loc whose instants are after from and up to to.
func watch(loc *time.Location, from, to time.Time) (all []minute) {
	// Start two days early, when the clock showed less than any time that can
	// fire.
	t := from.Add(-48 * time.Hour)
	wall := func(t time.Time) time.Time {
		t = t.In(loc)
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC)
	}
	for w := wall(t).Add(time.Minute); ; w = w.Add(time.Minute) {
		for wall(t).Before(w) {
			t = t.Add(time.Minute)
		}
		if t.After(to) {
			return all
		}
		if t.After(from) {
			all = append(all, minute{w, t})
		}
	}
}

// firings returns the distinct instants at which a spec matches a minute. It
// parses the few field forms these tests use, without the cron package.
func firings(spec string, minutes []minute) (all []time.Time) {
	fields := strings.Fields(strings.NewReplacer("@daily", "0 0 * * *", "@hourly", "0 * * * *").Replace(spec))
	var in [5][60]bool
	for i, field := range fields {
		for v := range in[i] {
			in[i][v] = holds(field, v)
		}
	}
	eitherDay := fields[2] != "*" && fields[4] != "*"
	for _, m := range minutes {
		w := m.wall
		day, weekday := in[2][w.Day()], in[4][w.Weekday()]
		onDay := day && weekday || eitherDay && (day || weekday)
		if onDay && in[0][w.Minute()] && in[1][w.Hour()] && in[3][w.Month()] && (len(all) == 0 || !all[len(all)-1].Equal(m.at)) {
			all = append(all, m.at)
		}
	}
	return all
}

// holds reports whether a cron field contains a value.
func holds(field string, v int) bool {
	for item := range strings.SplitSeq(field, ",") {
		if step, ok := strings.CutPrefix(item, "*/"); ok {
			if n, _ := strconv.Atoi(step); v%n == 0 {
				return true
			}
			continue
		}
		low, high, ranged := strings.Cut(item, "-")
		if !ranged {
			high = low
		}
		a, _ := strconv.Atoi(low)
		b, _ := strconv.Atoi(high)
		if item == "*" || a <= v && v <= b {
			return true
		}
	}
	return false
}

func TestNextPolicy(t *testing.T) {
	for _, c := range []struct{ name, spec, zone, after, want string }{
		{"gap: first instant after it", "30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"gap: all its minutes fire once", "*/10 2 * * *", "Europe/Berlin", "2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"},
		{"gap: the minute after it is the same instant", "30 2,3 * * *", "Europe/Berlin", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"},
		{"overlap: fires the first time", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"overlap: not the second time", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"overlap: from within the repeated hour", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:15:00+01:00", "2026-10-26T02:30:00+01:00"},
		{"overlap: hourly is silent in the repeated hour", "@hourly", "Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00"},
		{"overlap: @every fires in the repeated hour", "@every 1h", "Europe/Berlin", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"},
		{"a midnight that does not exist", "@daily", "America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		{"a day that does not exist", "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"gap of half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"an offset with seconds", "0 0 7 1 *", "Africa/Monrovia", "1972-01-06T00:00:00Z", "1972-01-07T00:44:30Z"},
		{"strictly after", "0 9 * * *", "UTC", "2026-03-20T09:00:00Z", "2026-03-21T09:00:00Z"},
		{"a nanosecond before", "0 9 * * *", "UTC", "2026-03-20T08:59:59.999999999Z", "2026-03-20T09:00:00Z"},
		{"end of the year", "59 23 31 12 *", "UTC", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"},
		{"Friday or the 13th", "0 0 13 * 5", "UTC", "2026-03-07T00:00:00Z", "2026-03-13T00:00:00Z"},
		{"Friday or the 13th, the 13th", "0 0 13 * 5", "UTC", "2026-04-11T00:00:00Z", "2026-04-13T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			after, err := time.Parse(time.RFC3339Nano, c.after)
			if err != nil {
				t.Fatal(err)
			}
			want, err := time.Parse(time.RFC3339Nano, c.want)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := recurrence(t, c.spec, c.zone).Next(after)
			if !ok || !got.Equal(want) {
				t.Errorf("%v, %v, want %v", got, ok, want)
			}
			if got.Location().String() != c.zone {
				t.Errorf("in %v", got.Location())
			}
		})
	}
}

func TestNextAtYearLimits(t *testing.T) {
	daily, every := recurrence(t, "@daily", "Pacific/Auckland"), recurrence(t, "@every 24h", "")
	for _, c := range []struct {
		after time.Time
		want  bool
	}{
		{time.Unix(-1<<62, 0), false},
		{time.Unix(1<<62, 0), false},
		{time.Date(10000, 1, 2, 0, 0, 0, 0, time.UTC), false},
		{time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC), false},
		{time.Date(9999, 12, 29, 0, 0, 0, 0, time.UTC), true},
		{time.Time{}, true},
	} {
		for _, r := range []scheduler.Recurrence{daily, every} {
			if at, ok := r.Next(c.after); ok != c.want || ok && !at.After(c.after) {
				t.Errorf("%v after %v: %v, %v", r, c.after, at, ok)
			}
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, spec := range []string{"0 9 * * 1-5", "*/5 * * * *", "0 0 29 2 *"} {
		r := recurrence(b, spec, "Europe/Berlin")
		b.Run(spec, func(b *testing.B) {
			for b.Loop() {
				r.Next(noon())
			}
		})
	}
}
