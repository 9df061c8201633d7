package availability

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	c := office(t, "UTC", "regular Mon-Fri 09:00-17:02", "holiday 2026-06-03")
	p := mustPlanner(t, PlannerConfig{Calendar: c, Capacity: Flat(3)})
	now := instant(t, "2026-06-02T12:03:00Z")
	load := LoadFunc(func(start time.Time) int {
		switch start.Hour() {
		case 13:
			return 3
		case 14:
			return -1
		case 15:
			return 2
		}
		return 0
	})
	for _, test := range []struct {
		at    string
		full  bool
		kind  RuleKind // of a ClosedError
		fine  bool
		taken int
	}{
		{at: "2026-06-02T12:03:00Z", fine: true},
		{at: "2026-06-02T12:01:00Z", fine: true}, // before now, in the bucket of now
		{at: "2026-06-02T11:59:59Z", kind: KindPast},
		{at: "2026-06-01T09:00:00Z", kind: KindPast},
		{at: "2026-06-02T13:00:00Z", full: true, taken: 3},
		{at: "2026-06-02T14:00:00Z", fine: true},
		{at: "2026-06-02T15:59:59Z", fine: true},
		{at: "2026-06-02T16:59:59Z", fine: true},
		{at: "2026-06-02T17:01:00Z", kind: KindPartial},
		{at: "2026-06-02T17:02:00Z", kind: KindNone},
		{at: "2026-06-03T10:00:00Z", kind: KindHoliday},
		{at: "2026-06-06T10:00:00Z", kind: KindNone},
	} {
		err := p.Check(instant(t, test.at), load, now)
		var closed *ClosedError
		var full *FullError
		switch {
		case test.fine:
			if err != nil {
				t.Errorf("%s: %v", test.at, err)
			}
		case test.full:
			if !errors.As(err, &full) || !errors.Is(err, ErrFull) || full.Taken != test.taken || full.Seats != 3 {
				t.Errorf("%s: %v", test.at, err)
			}
		default:
			if !errors.As(err, &closed) || !errors.Is(err, ErrClosed) || closed.Why.Kind != test.kind || closed.Why.Open {
				t.Errorf("%s: %v, want closed by %s", test.at, err, test.kind)
			}
		}
	}
	if err := p.Check(instant(t, "2026-06-01T09:00:00Z"), nil, time.Time{}); err != nil {
		t.Errorf("without now: %v", err)
	}
	none := mustPlanner(t, PlannerConfig{Calendar: c, Capacity: Flat(0)})
	if err := none.Check(instant(t, "2026-06-02T12:03:00Z"), nil, now); !errors.Is(err, ErrFull) {
		t.Errorf("no seats at all: %v", err)
	}
}

func TestLoads(t *testing.T) {
	c := office(t, "Australia/Lord_Howe", "regular Mon-Sun 00:00-24:00")
	p := mustPlanner(t, PlannerConfig{Calendar: c, Bucket: 2 * time.Hour})
	from, to := instant(t, "2026-04-03T13:00:00Z"), instant(t, "2026-04-05T13:30:00Z") // 48.5 hours
	dense, err := p.NewLoad(from, to)
	if err != nil {
		t.Fatal(err)
	}
	starts := LoadMap{}
	for at, n := from, 1; at.Before(to); n++ {
		b := p.BucketOf(at)
		dense.Add(b.Start, n)
		dense.Add(b.Start, 1)
		starts[b.Start.Unix()] = n + 1
		at = b.End
	}
	if len(dense.others) != 0 || len(starts) != 25 {
		t.Errorf("%d starts, %d outside the table", len(starts), len(dense.others))
	}
	outside := from.Add(-24*time.Hour - time.Second)
	dense.Set(outside, 7)
	starts[outside.Unix()] = 7
	for unix, n := range starts {
		if got := dense.Taken(utc(unix)); got != n {
			t.Errorf("%s: %d taken, want %d", utc(unix), got, n)
		}
	}
	dense.Set(outside, -5)
	if dense.Taken(outside) != 0 {
		t.Error("a negative count is kept")
	}
	if got := new(DenseLoad); got.Taken(from) != 0 {
		t.Error("the zero DenseLoad is not empty")
	}
	q := Query{Start: from, End: to}
	var none *DenseLoad
	free, err := p.Slots(q, none, from)
	if err != nil || len(free.Slots) != 25 || free.Slots[3].Left != 100 {
		t.Errorf("nil *DenseLoad: %v, %v", free, err)
	}
	if _, err := p.NewLoad(from, from.AddDate(10, 0, 0)); !errors.Is(err, ErrRange) {
		t.Errorf("ten years of load: %v", err)
	}
	if l, err := p.NewLoad(to, from); err != nil || l.Taken(from) != 0 {
		t.Errorf("empty range: %v", err)
	}
}

// TestReadySlotsEqualMadeOnes queries overlapping ranges, so that some answers
// come from the cache, and compares them with those of a planner without a
// cache.
func TestReadySlotsEqualMadeOnes(t *testing.T) {
	c := mustCalendar(t, benchConfig(t))
	keeps := mustPlanner(t, PlannerConfig{Calendar: c, Capacity: Flat(benchSeats)})
	plain := mustPlanner(t, PlannerConfig{Calendar: c, Capacity: Flat(benchSeats), KeepSlots: -1})
	_, dense := benchLoads(t, plain)
	answered := 0
	for i := range 200 {
		start := benchFrom.Add(time.Duration(i*53%97) * 30 * time.Minute)
		q := Query{Start: start, End: start.Add(time.Duration(i*31%11) * 20 * time.Hour), ReportBusy: i%5 == 0, MaxSlots: i % 3 * 40}
		want, err := plain.Slots(q, dense, benchNow)
		if err != nil {
			t.Fatal(err)
		}
		got, err := keeps.Slots(q, dense, benchNow)
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffSlots(want.Slots, got.Slots); diff != "" {
			t.Fatalf("query %d %+v (-made +ready):\n%s", i, q, diff)
		}
		if r := keeps.ready.Load(); r != nil && r.slots != nil {
			answered++
		}
	}
	if answered < 100 || plain.ready.Load() != nil {
		t.Errorf("%d answers had ready slots", answered)
	}
}

// TestConcurrentUse queries one calendar and one planner from many goroutines
// about different years, so that they evict each other's chunks. Run it with
// -race.
func TestConcurrentUse(t *testing.T) {
	c := mustCalendar(t, benchConfig(t))
	p := mustPlanner(t, PlannerConfig{Calendar: c, Capacity: Flat(2)})
	ask := func(p *Planner, year int) (answer []any) {
		for week := range 20 {
			at := time.Date(year, time.January, 1+7*week, 8, 0, 0, 0, time.UTC)
			slots, err := p.Slots(Query{Start: at, Days: 3}, nil, at)
			next, ok := p.Calendar().NextOpen(at)
			periods, err2 := p.Calendar().Periods(at, at.AddDate(0, 0, 3))
			answer = append(answer, slots.Slots, err, next, ok, periods, err2, p.Near(at, 4, nil, at))
		}
		return answer
	}
	var group sync.WaitGroup
	for year := range 8 {
		group.Go(func() {
			fresh := mustPlanner(t, PlannerConfig{Calendar: mustCalendar(t, benchConfig(t)), Capacity: Flat(2)})
			want := ask(fresh, 2020+year)
			for range 3 {
				if diff := cmp.Diff(want, ask(p, 2020+year)); diff != "" {
					t.Errorf("year %d:\n%s", 2020+year, diff)
				}
			}
		})
	}
	group.Wait()
}

func TestErrorTexts(t *testing.T) {
	at := instant(t, "2026-06-01T09:00:00Z")
	b := Bucket{at, at.Add(5 * time.Minute)}
	c := mustCalendar(t, CalendarConfig{Holidays: []DateRule{{Name: "founders", Month: 6, Day: 1}}})
	for _, test := range []struct {
		err  error
		want string
	}{
		{&ConfigError{Field: "Zone", Reason: "is odd"}, "availability: Zone: is odd"},
		{&ConfigError{Field: "Zone", Value: "x", Reason: "is odd"}, `availability: Zone "x": is odd`},
		{&QueryError{Field: "End", Reason: "is before the start"}, "availability: End: is before the start"},
		{&RangeError{MaxDays: 31}, "availability: range spans more than 31 days"},
		{&RangeError{MaxBuckets: 10}, "availability: range holds more than 10 buckets"},
		{&RangeError{}, "availability: range reaches outside the years 1 to 9999"},
		{&FullError{Bucket: b, Seats: 3, Taken: 4}, "availability: 4 of 3 seats taken in [2026-06-01T09:00:00Z, 2026-06-01T09:05:00Z)"},
		{&ClosedError{At: at, Bucket: b, Why: c.Explain(at)}, "availability: closed at 2026-06-01T09:00:00Z: closed by holiday founders (06-01) at 2026-06-01T09:00:00 UTC"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
	if got := RuleKind(99).String(); got != "RuleKind(99)" {
		t.Error(got)
	}
}
