package availability

import (
	"errors"
	"testing"
	"time"
)

var bucketSizes = []time.Duration{5, 10, 15, 20, 30, 60, 120}

// TestBucketsCoverTheDay iterates over the buckets of days of unusual length:
// each begins where the previous one ends and contains no clock change, and
// they cover the day.
func TestBucketsCoverTheDay(t *testing.T) {
	for _, test := range []struct {
		zone, date string
		minutes    int
		count      map[time.Duration]int // buckets by size, where relevant
	}{
		{"Europe/Berlin", "2026-07-01", 1440, map[time.Duration]int{5: 288, 120: 12}},
		{"Europe/Berlin", "2026-03-29", 1380, map[time.Duration]int{5: 276, 60: 23, 120: 12}},
		{"Europe/Berlin", "2026-10-25", 1500, map[time.Duration]int{5: 300, 60: 25, 120: 13}},
		{"America/New_York", "2026-03-08", 1380, map[time.Duration]int{30: 46}},
		{"America/New_York", "2026-11-01", 1500, map[time.Duration]int{30: 50}},
		{"Australia/Lord_Howe", "2026-10-04", 1410, map[time.Duration]int{30: 47, 60: 24}},
		{"Australia/Lord_Howe", "2026-04-05", 1470, map[time.Duration]int{30: 49, 60: 25}},
		{"Pacific/Chatham", "2026-04-05", 1500, map[time.Duration]int{5: 300, 60: 26}},
		{"Asia/Kathmandu", "2026-06-01", 1440, map[time.Duration]int{60: 24}},
		{"Asia/Kathmandu", "1986-01-01", 1425, map[time.Duration]int{15: 95, 60: 24}},
		{"Asia/Beirut", "2023-03-26", 1380, map[time.Duration]int{60: 23, 120: 12}},
		{"Pacific/Apia", "2011-12-29", 1440, nil},
		{"Pacific/Apia", "2011-12-31", 1440, nil},
		{"America/St_Johns", "2006-10-29", 1500, nil},
	} {
		loc := mustZone(t, test.zone)
		c := mustCalendar(t, CalendarConfig{Zone: test.zone, Regular: []WeeklyHours{{FromDay: 1, ToDay: 0, Close: 1440}}})
		for _, size := range bucketSizes {
			p := mustPlanner(t, PlannerConfig{Calendar: c, Bucket: size * time.Minute})
			date, err := time.Parse(time.DateOnly, test.date)
			if err != nil {
				t.Fatal(err)
			}
			start, _ := LocalOf(date, time.UTC).In(loc)
			end, _ := LocalOf(date.AddDate(0, 0, 1), time.UTC).In(loc)
			if got := int(end.Sub(start) / time.Minute); got != test.minutes {
				t.Fatalf("%s %s has %d minutes, want %d", test.zone, test.date, got, test.minutes)
			}
			n := 0
			for at := start; at.Before(end); n++ {
				b := p.BucketOf(at)
				if !b.Start.Equal(at) || !b.End.After(at) || b.End.Sub(at) > size*time.Minute {
					t.Fatalf("%s %s: bucket [%s, %s) at %s", test.zone, test.date, b.Start, b.End, at)
				}
				for _, inside := range []time.Time{at.Add(1), b.End.Add(-1)} {
					if p.BucketOf(inside) != b {
						t.Fatalf("%s is in %v, not in %v", inside, p.BucketOf(inside), b)
					}
				}
				if offsetAt(loc, at.Unix()) != offsetAt(loc, b.End.Unix()-1) {
					t.Fatalf("%s: the clock changes inside [%s, %s)", test.zone, b.Start, b.End)
				}
				if local := at.In(loc); (local.Hour()*60+local.Minute())%int(size) != 0 && offsetAt(loc, at.Unix()-1) == offsetAt(loc, at.Unix()) {
					t.Fatalf("%s: bucket begins at %s", test.zone, local)
				}
				if p.Seats(b) != 100 {
					t.Fatalf("%s: %d seats at %s", test.zone, p.Seats(b), at)
				}
				at = b.End
			}
			if want, ok := test.count[size]; ok && n != want {
				t.Errorf("%s %s: %d buckets of %d minutes, want %d", test.zone, test.date, n, size, want)
			}
			slots, err := p.Slots(Query{Start: start, End: end}, nil, start)
			if err != nil || len(slots.Slots) != n {
				t.Errorf("%s %s: %d slots of %d minutes, want %d: %v", test.zone, test.date, len(slots.Slots), size, n, err)
			}
		}
	}
}

func TestBucketAlignment(t *testing.T) {
	for _, test := range []struct {
		zone       string
		size       time.Duration
		at         string
		start, end string
	}{
		{"", 5, "2013-05-27T16:45:00Z", "2013-05-27T16:45:00Z", "2013-05-27T16:50:00Z"},
		{"", 5, "2013-05-27T16:49:59Z", "2013-05-27T16:45:00Z", "2013-05-27T16:50:00Z"},
		{"", 5, "2013-05-27T16:50:00Z", "2013-05-27T16:50:00Z", "2013-05-27T16:55:00Z"},
		{"Asia/Kolkata", 60, "2026-01-01T10:00:00Z", "2026-01-01T09:30:00Z", "2026-01-01T10:30:00Z"},
		{"Asia/Kathmandu", 60, "2026-01-01T10:20:00Z", "2026-01-01T10:15:00Z", "2026-01-01T11:15:00Z"},
		{"Asia/Kathmandu", 15, "2026-01-01T10:20:00Z", "2026-01-01T10:15:00Z", "2026-01-01T10:30:00Z"},
		{"Europe/Berlin", 120, "2026-01-01T10:20:00Z", "2026-01-01T09:00:00Z", "2026-01-01T11:00:00Z"},
		{"Europe/Berlin", 120, "2026-07-01T10:20:00Z", "2026-07-01T10:00:00Z", "2026-07-01T12:00:00Z"},
		// The clock goes back: 02:00-03:00 summer time, then 02:00-04:00.
		{"Europe/Berlin", 120, "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"Europe/Berlin", 120, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T03:00:00Z"},
		// The clock goes forward: 03:00-04:00 is the rest of 02:00-04:00.
		{"Europe/Berlin", 120, "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		// Half an hour back at 02:00: 01:30-02:00 occurs twice.
		{"Australia/Lord_Howe", 60, "2026-04-04T15:10:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"},
		// The end of a year is not a clock change.
		{"America/New_York", 120, "2100-01-01T00:30:00Z", "2099-12-31T23:00:00Z", "2100-01-01T01:00:00Z"},
	} {
		c := mustCalendar(t, CalendarConfig{Zone: test.zone})
		p := mustPlanner(t, PlannerConfig{Calendar: c, Bucket: test.size * time.Minute})
		b := p.BucketOf(instant(t, test.at))
		if !b.Start.Equal(instant(t, test.start)) || !b.End.Equal(instant(t, test.end)) {
			t.Errorf("%s, %d minutes: bucket of %s is [%s, %s), want [%s, %s)", test.zone, test.size, test.at, b.Start, b.End, test.start, test.end)
		}
	}
}

func TestSeats(t *testing.T) {
	c := mustCalendar(t, CalendarConfig{Regular: []WeeklyHours{{FromDay: 1, ToDay: 5, Open: Clock(9, 0), Close: Clock(17, 2)}}})
	p := mustPlanner(t, PlannerConfig{Calendar: c, Capacity: Flat(7)})
	bucket := func(s string) Bucket { return p.BucketOf(instant(t, s)) }
	for _, test := range []struct {
		name string
		b    Bucket
		want int
	}{
		{"first", bucket("2026-06-01T09:00:00Z"), 7},
		{"last whole one", bucket("2026-06-01T16:55:00Z"), 7},
		{"half open", bucket("2026-06-01T17:00:00Z"), 0},
		{"closed", bucket("2026-06-06T09:00:00Z"), 0},
		{"not on a boundary", Bucket{instant(t, "2026-06-01T09:01:00Z"), instant(t, "2026-06-01T09:06:00Z")}, 0},
		{"too long", Bucket{instant(t, "2026-06-01T09:00:00Z"), instant(t, "2026-06-01T09:10:00Z")}, 0},
		{"a nanosecond late", Bucket{instant(t, "2026-06-01T09:00:00Z").Add(1), instant(t, "2026-06-01T09:05:00Z")}, 0},
		{"zero", Bucket{}, 0},
		{"far away", Bucket{time.Unix(1<<62, 0), time.Unix(1<<62, 0)}, 0},
	} {
		if got := p.Seats(test.b); got != test.want {
			t.Errorf("%s: %d seats, want %d", test.name, got, test.want)
		}
	}
}

func TestPlannerConfig(t *testing.T) {
	p := mustPlanner(t, PlannerConfig{})
	if p.BucketSize() != 5*time.Minute || p.Calendar().Location() != time.UTC {
		t.Errorf("default planner: %s in %s", p.BucketSize(), p.Calendar().Location())
	}
	if b := p.BucketOf(instant(t, "2026-06-01T09:00:00Z")); p.Seats(b) != 100 {
		t.Errorf("default capacity %d, want 100", p.Seats(b))
	}
	for _, bad := range []PlannerConfig{
		{Bucket: 7 * time.Minute}, {Bucket: -5 * time.Minute}, {Bucket: 5*time.Minute + 1}, {Bucket: 24 * time.Hour},
		{MaxDays: -1}, {MaxDays: 401}, {MaxBuckets: -1}, {MaxBuckets: 1_000_001}, {KeepSlots: 1_000_001},
	} {
		if _, err := NewPlanner(bad); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	_, err := NewPlanner(PlannerConfig{Bucket: time.Hour + time.Minute, MaxDays: -1, MaxBuckets: -1})
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 3 {
		t.Errorf("not all three faults reported: %v", err)
	}
}

// TestFarInstants calls every method with instants outside the years 1 to 9999.
func TestFarInstants(t *testing.T) {
	c := mustCalendar(t, benchConfig(t))
	p := benchPlanner(t)
	for _, unix := range []int64{-1 << 63, -1 << 62, minUnix - 1, minUnix, maxUnix, maxUnix + 1, 1 << 62, 1<<63 - 1} {
		at := time.Unix(unix, 0)
		for _, calendar := range []*Calendar{c, nil} {
			if in := inYears(unix); calendar.Open(at) != (in && calendar == nil) {
				t.Errorf("Open(%d) = %v", unix, calendar.Open(at))
			}
			calendar.NextOpen(at)
			calendar.OpenDuring(at, at)
			if e := calendar.Explain(at); !inYears(unix) && e.Kind != KindOutOfRange {
				t.Errorf("Explain(%d) = %s", unix, e)
			}
			if _, err := calendar.Periods(at, at); (err == nil) != inYears(unix) {
				t.Errorf("Periods(%d): %v", unix, err)
			}
		}
		if b := p.BucketOf(at); inYears(unix) != (b != Bucket{}) {
			t.Errorf("BucketOf(%d) = %v", unix, b)
		}
		if err := p.Check(at, nil, benchNow); !errors.Is(err, ErrClosed) {
			t.Errorf("Check(%d): %v", unix, err)
		}
		p.NearRange(at, at)
		p.Near(at, 3, nil, at)
		p.Near(benchFrom, 3, nil, at)
		if _, err := p.Slots(Query{Start: at}, nil, benchNow); !inYears(unix) && !errors.Is(err, ErrRange) {
			t.Errorf("Slots(%d): %v", unix, err)
		}
		if _, err := p.Slots(Query{Start: benchFrom, End: benchTo}, nil, at); err != nil {
			t.Errorf("Slots at now %d: %v", unix, err)
		}
		if _, err := p.NewLoad(at, at); !inYears(unix) && !errors.Is(err, ErrRange) {
			t.Errorf("NewLoad(%d): %v", unix, err)
		}
	}
}
