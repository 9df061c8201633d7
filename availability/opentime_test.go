package availability

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The arithmetic of open time agrees with counting minute by minute.
func TestOpenTimeEqualsModel(t *testing.T) {
	eachOffice(t, func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time) {
		c, m := mustCalendar(t, config), newModel(t, config)
		from := around.Add(time.Duration(rng.IntN(4*24*60)-2*24*60) * time.Minute)
		within := time.Duration(rng.IntN(60000)) * time.Millisecond
		from = from.Add(within)
		to := from.Add(time.Duration(rng.IntN(60*60)) * time.Minute)
		d := time.Duration(rng.IntN(12*60)) * time.Minute

		var open time.Duration
		added, closing, last := time.Time{}, time.Time{}, time.Time{}
		left := d
		if d == 0 {
			added = from
		}
		for minute := from.Add(-within); minute.Before(from.Add(3 * 24 * time.Hour)); minute = minute.Add(time.Minute) {
			start, end := latest(minute, from), minute.Add(time.Minute)
			if !m.open(minute.Unix()) {
				if closing.IsZero() {
					closing = start
				}
				continue
			}
			if d > 0 && added.IsZero() {
				if passed := end.Sub(start); passed < left {
					left -= passed
				} else {
					added = start.Add(left)
				}
			}
			if start.Before(to) {
				open += earliest(end, to).Sub(start)
			}
		}
		for minute := from.Add(-within); minute.After(from.Add(-2 * 24 * time.Hour)); minute = minute.Add(-time.Minute) {
			if m.open(minute.Unix()) {
				last = earliest(minute.Add(time.Minute), from)
				break
			}
		}
		if got := c.OpenTime(from, to); got != open {
			t.Errorf("OpenTime(%s, %s) = %v, want %v\n%+v", from, to, got, open, config)
		}
		if got, ok := c.AddOpen(from, d); !added.IsZero() && (!ok || !got.Equal(added)) {
			t.Errorf("AddOpen(%s, %v) = %s %v, want %s\n%+v", from, d, got, ok, added, config)
		}
		if got, ok := c.NextClose(from); !closing.IsZero() && (!ok || !got.Equal(closing)) {
			t.Errorf("NextClose(%s) = %s %v, want %s\n%+v", from, got, ok, closing, config)
		}
		if got, ok := c.LastOpen(from); !last.IsZero() && (!ok || !got.Equal(last)) {
			t.Errorf("LastOpen(%s) = %s %v, want %s\n%+v", from, got, ok, last, config)
		}
	})
}

// AddOpen is the inverse of OpenTime.
func TestAddOpenThenOpenTime(t *testing.T) {
	eachOffice(t, func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time) {
		c := mustCalendar(t, config)
		d := time.Duration(rng.Int64N(int64(200 * time.Hour)))
		if end, ok := c.AddOpen(around, d); ok && c.OpenTime(around, end) != d {
			t.Errorf("%v of open time after %s end at %s, of which %v are open\n%+v", d, around, end, c.OpenTime(around, end), config)
		}
	})
}

func TestOpenTimeAtBoundaries(t *testing.T) {
	c := mustCalendar(t, officeConfig(t, "Europe/Zurich", "regular Mon-Fri 9:00-17:00", "holiday 2026-01-13"))
	at := func(text string) time.Time { return instant(t, text) }
	for _, x := range []struct {
		from string
		d    time.Duration
		want string
	}{
		{"2026-01-12T15:00:00+01:00", 2 * time.Hour, "2026-01-12T17:00:00+01:00"},                           // all of the day: its close
		{"2026-01-12T15:00:00+01:00", 2*time.Hour + 1, "2026-01-14T09:00:00.000000001+01:00"},               // and a little more
		{"2026-01-12T17:00:00+01:00", time.Minute, "2026-01-14T09:01:00+01:00"},                             // from a close
		{"2026-01-12T09:00:00+01:00", time.Minute, "2026-01-12T09:01:00+01:00"},                             // from an opening
		{"2026-01-12T03:00:00+01:00", 0, "2026-01-12T03:00:00+01:00"},                                       // nothing
		{"2026-01-16T16:59:59.5+01:00", time.Second, "2026-01-19T09:00:00.5+01:00"},                         // over a weekend
		{"2026-03-27T16:00:00+01:00", 2 * time.Hour, "2026-03-30T10:00:00+02:00"},                           // over the change to summer time
		{"2026-01-12T09:00:00+01:00", 5 * 8 * time.Hour, "2026-01-19T17:00:00+01:00"},                       // five working days
		{"2026-01-13T10:00:00+01:00", 8*time.Hour + time.Nanosecond, "2026-01-15T09:00:00.000000001+01:00"}, // from a holiday
	} {
		if got, ok := c.AddOpen(at(x.from), x.d); !ok || !got.Equal(at(x.want)) {
			t.Errorf("AddOpen(%s, %v) = %s %v, want %s", x.from, x.d, got, ok, x.want)
		}
	}
	if got := c.OpenTime(at("2026-01-12T17:00:00+01:00"), at("2026-01-14T09:00:00+01:00")); got != 0 {
		t.Errorf("a closed stretch has %v of open time", got)
	}
	if got := c.OpenTime(at("2026-01-14T09:00:00+01:00"), at("2026-01-12T09:00:00+01:00")); got != 0 {
		t.Errorf("a range that ends before it begins has %v of open time", got)
	}
	if got, ok := c.LastOpen(at("2026-01-14T08:59:59+01:00")); !ok || !got.Equal(at("2026-01-12T17:00:00+01:00")) {
		t.Errorf("LastOpen = %s %v, want the close before the holiday", got, ok)
	}
}

// The nights of a change of the clock have an hour less or more.
func TestOpenTimeOfNightsWithAClockChange(t *testing.T) {
	c := mustCalendar(t, officeConfig(t, "Europe/Zurich", "regular Mon-Sun 1:00-4:00"))
	for _, x := range []struct {
		day  string
		want time.Duration
	}{{"2026-03-28", 3 * time.Hour}, {"2026-03-29", 2 * time.Hour}, {"2026-10-24", 3 * time.Hour}, {"2026-10-25", 4 * time.Hour}} {
		from := instant(t, x.day+"T00:00:00Z").Add(-4 * time.Hour)
		if got := c.OpenTime(from, from.Add(14*time.Hour)); got != x.want {
			t.Errorf("the night of %s has %v of open time, want %v", x.day, got, x.want)
		}
		if end, ok := c.AddOpen(from, x.want); !ok || c.Open(end) || end.Sub(from) > 14*time.Hour {
			t.Errorf("%v of open time in the night of %s end at %s, not at its close", x.want, x.day, end)
		}
	}
}

// Searches end, also in calendars that never open or never close again.
func TestOpenTimeIsBounded(t *testing.T) {
	now := instant(t, "2026-01-12T10:00:00Z")
	closed := mustCalendar(t, CalendarConfig{})
	if _, ok := closed.AddOpen(now, time.Second); ok {
		t.Error("a closed calendar has an instant after a second of open time")
	}
	if _, ok := closed.LastOpen(now); ok {
		t.Error("a closed calendar was open")
	}
	if got, ok := closed.NextClose(now); !ok || !got.Equal(now) {
		t.Errorf("a closed calendar closes at %s %v", got, ok)
	}
	if got := closed.OpenTime(now, now.AddDate(5000, 0, 0)); got != 0 {
		t.Errorf("a closed calendar has %v of open time", got)
	}
	over := mustCalendar(t, officeConfig(t, "UTC", "regular Mon-Sun 0:00-24:00", "effective 2020-01-01 to 2025-12-31"))
	if _, ok := over.AddOpen(now, time.Second); ok {
		t.Error("a calendar whose dates are over has an instant after a second of open time")
	}
	if got, ok := over.LastOpen(now); !ok || !got.Equal(instant(t, "2026-01-01T00:00:00Z")) {
		t.Errorf("a calendar whose dates are over was last open at %s %v", got, ok)
	}
	if _, ok := over.NextClose(instant(t, "2021-01-01T00:00:00Z")); ok {
		t.Error("NextClose searches further than MaxSearchDays")
	}
	if _, ok := over.LastOpen(instant(t, "2030-01-01T00:00:00Z")); ok {
		t.Error("LastOpen searches further than MaxSearchDays")
	}
	for _, c := range []*Calendar{nil, AlwaysOpen()} {
		if got, ok := c.AddOpen(now, 24000*time.Hour); !ok || !got.Equal(now.Add(24000*time.Hour)) {
			t.Errorf("24000 hours after %s is %s %v in a calendar that is always open", now, got, ok)
		}
		if got := c.OpenTime(now, now.Add(24000*time.Hour)); got != 24000*time.Hour {
			t.Errorf("an always open calendar has %v of open time in 24000 hours", got)
		}
		if _, ok := c.NextClose(now); ok {
			t.Error("an always open calendar closes")
		}
		if got, ok := c.LastOpen(now); !ok || !got.Equal(now) {
			t.Errorf("an always open calendar was last open at %s %v", got, ok)
		}
	}
	for _, year := range []int{-1000, 1, 9999, 20000} {
		far := time.Date(year, 12, 31, 23, 59, 0, 0, time.UTC)
		for _, c := range []*Calendar{closed, over} {
			c.AddOpen(far, time.Hour)
			c.LastOpen(far)
			c.NextClose(far)
			c.OpenTime(far, far.AddDate(1, 0, 0))
		}
	}
}
