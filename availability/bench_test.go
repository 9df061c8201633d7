package availability

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The office of the benchmarks: 14 days of 5-minute buckets in Berlin across
// the end of summer time, with a lunch break, a short Saturday and two
// holidays, 4 seats per bucket, and every seventh open bucket full.
var (
	benchFrom = time.Date(2026, time.October, 18, 22, 0, 0, 0, time.UTC)    // Monday 00:00 in Berlin
	benchNow  = time.Date(2026, time.October, 18, 12, 0, 0, 0, time.UTC)    // the day before
	benchTo   = time.Date(2026, time.November, 1, 23, 0, 0, 0, time.UTC)    // Monday 00:00, 14 days on
	benchSize = 14*288 + 12                                                 // 14 days and one hour
	benchDays = []string{"2026-10-21", "2026-10-31", "2026-12-25", "12-26"} // two of them in the range
)

const benchSeats = 4

func benchConfig(tb testing.TB) CalendarConfig {
	config := CalendarConfig{
		Zone: "Europe/Berlin",
		Regular: []WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Friday, Open: Clock(9, 0), Close: Clock(12, 0)},
			{FromDay: time.Monday, ToDay: time.Friday, Open: Clock(13, 0), Close: Clock(17, 0)},
			{FromDay: time.Saturday, ToDay: time.Saturday, Open: Clock(10, 0), Close: Clock(14, 0)},
		},
	}
	for _, s := range benchDays {
		d, err := ParseDateRule(s)
		if err != nil {
			tb.Fatal(err)
		}
		config.Holidays = append(config.Holidays, d)
	}
	return config
}

func benchPlanner(tb testing.TB) *Planner {
	calendar, err := NewCalendar(benchConfig(tb))
	if err != nil {
		tb.Fatal(err)
	}
	planner, err := NewPlanner(PlannerConfig{Calendar: calendar, Capacity: Flat(benchSeats)})
	if err != nil {
		tb.Fatal(err)
	}
	return planner
}

// naiveOffice is the straightforward implementation with package time: for each
// bucket it looks up the date among the holidays, builds the opening hours of
// that day and of the day before, whose shift may extend past midnight, and
// compares.
type naiveOffice struct {
	loc      *time.Location
	regular  []WeeklyHours
	holidays map[string]bool
	taken    map[time.Time]int
}

func (o *naiveOffice) open(start, end time.Time) bool {
	local := start.In(o.loc)
	date := local.Format("2006-01-02")
	if o.holidays[date] || o.holidays[date[5:]] {
		return false
	}
	for _, day := range []time.Time{local, local.AddDate(0, 0, -1)} {
		year, month, dayOfMonth := day.Date()
		for _, w := range o.regular {
			if (day.Weekday()-w.FromDay+7)%7 > (w.ToDay-w.FromDay+7)%7 {
				continue
			}
			opens := time.Date(year, month, dayOfMonth, 0, int(w.Open), 0, 0, o.loc)
			closes := time.Date(year, month, dayOfMonth, 0, int(w.Close), 0, 0, o.loc)
			if w.Close < w.Open {
				closes = time.Date(year, month, dayOfMonth+1, 0, int(w.Close), 0, 0, o.loc)
			}
			if !start.Before(opens) && !end.After(closes) {
				return true
			}
		}
	}
	return false
}

func (o *naiveOffice) slots(dst []Slot) []Slot {
	for t := benchFrom; t.Before(benchTo); t = t.Add(5 * time.Minute) {
		end := t.Add(5 * time.Minute)
		if !o.open(t, end) {
			continue
		}
		if left := benchSeats - o.taken[t]; left > 0 {
			dst = append(dst, Slot{Start: t, End: end, Left: left, Total: benchSeats})
		}
	}
	return dst
}

// benchLoads returns the same load in two forms: every seventh open bucket is
// full, the others are partly taken.
func benchLoads(tb testing.TB, p *Planner) (map[time.Time]int, *DenseLoad) {
	slots, err := p.Slots(Query{Start: benchFrom, End: benchTo}, nil, benchNow)
	if err != nil {
		tb.Fatal(err)
	}
	taken := make(map[time.Time]int)
	dense, err := p.NewLoad(benchFrom, benchTo)
	if err != nil {
		tb.Fatal(err)
	}
	for i, s := range slots.Slots {
		n := i % 4
		if i%7 == 0 {
			n = benchSeats
		}
		taken[s.Start] = n
		dense.Set(s.Start, n)
	}
	return taken, dense
}

// sameSlots fails unless the planner and the naive implementation agree.
func sameSlots(tb testing.TB) (*Planner, *naiveOffice, *DenseLoad, []Slot) {
	p := benchPlanner(tb)
	taken, dense := benchLoads(tb, p)
	office := &naiveOffice{loc: p.calendar.loc, regular: benchConfig(tb).Regular, holidays: make(map[string]bool), taken: taken}
	for _, date := range benchDays {
		office.holidays[date] = true
	}
	want := office.slots(nil)
	if len(want) == 0 || int(benchTo.Sub(benchFrom)/(5*time.Minute)) != benchSize {
		tb.Fatalf("naive code finds %d slots in %s", len(want), benchTo.Sub(benchFrom))
	}
	got, err := p.Slots(Query{Start: benchFrom, End: benchTo}, dense, benchNow)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Slots); diff != "" {
		tb.Fatalf("slots differ from the naive ones (-naive +planner):\n%s", diff)
	}
	return p, office, dense, want
}

func TestBenchmarkVariantsAgree(t *testing.T) {
	_, _, _, slots := sameSlots(t)
	t.Logf("%d buckets, %d slots", benchSize, len(slots))
}

func TestWarmSlotsAllocateNothing(t *testing.T) {
	p, _, dense, want := sameSlots(t)
	query := Query{Start: benchFrom, End: benchTo}
	dst := make([]Slot, 0, 2*len(want))
	allocs := testing.AllocsPerRun(50, func() {
		var err error
		if dst, err = p.AppendSlots(dst[:0], query, dense, benchNow); err != nil || len(dst) != len(want) {
			t.Fatal(len(dst), err)
		}
	})
	if allocs != 0 {
		t.Errorf("a warm query allocates %v times", allocs)
	}
}

// BenchmarkAvailability compares three ways to compute the same 14 days of
// slots. ns/slot counts every 5-minute bucket of the range, open or closed. All
// variants start with a loaded location and append to a slice with enough
// capacity. cold creates and compiles the calendar and the planner for each
// answer; warm uses a planner that has answered before. ratio is the time of
// naive, measured first, divided by that of the variant.
func BenchmarkAvailability(b *testing.B) {
	p, office, dense, want := sameSlots(b)
	query := Query{Start: benchFrom, End: benchTo}
	config := benchConfig(b)
	config.Location = p.calendar.loc
	var naive float64
	for _, variant := range []struct {
		name  string
		slots func(dst []Slot) ([]Slot, error)
	}{
		{"naive", func(dst []Slot) ([]Slot, error) { return office.slots(dst), nil }},
		{"cold", func(dst []Slot) ([]Slot, error) {
			calendar, err := NewCalendar(config)
			if err != nil {
				return nil, err
			}
			planner, err := NewPlanner(PlannerConfig{Calendar: calendar, Capacity: Flat(benchSeats)})
			if err != nil {
				return nil, err
			}
			return planner.AppendSlots(dst, query, dense, benchNow)
		}},
		{"warm", func(dst []Slot) ([]Slot, error) { return p.AppendSlots(dst, query, dense, benchNow) }},
	} {
		b.Run(variant.name, func(b *testing.B) {
			dst := make([]Slot, 0, benchSize)
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if dst, err = variant.slots(dst[:0]); err != nil || len(dst) != len(want) {
					b.Fatalf("%d slots, want %d: %v", len(dst), len(want), err)
				}
			}
			took := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			if variant.name == "naive" {
				naive = took
			}
			b.ReportMetric(took/float64(benchSize), "ns/slot")
			if naive > 0 {
				b.ReportMetric(naive/took, "ratio")
			}
		})
	}
}

// BenchmarkOneInstant measures the calls of one booking, on a compiled planner.
func BenchmarkOneInstant(b *testing.B) {
	p, _, dense, slots := sameSlots(b)
	at := slots[len(slots)/2].Start.Add(time.Minute)
	for _, question := range []struct {
		name string
		ask  func() bool
	}{
		{"open", func() bool { return p.Calendar().Open(at) }},
		{"explain", func() bool { return p.Calendar().Explain(at).Open }},
		{"bucket", func() bool { return p.BucketOf(at).Start.Before(at) }},
		{"check", func() bool { return p.Check(at, dense, benchNow) == nil }},
		{"near", func() bool { return len(p.Near(at, 6, dense, benchNow)) == 6 }},
		{"local", func() bool { _, kind := LocalOf(at, p.calendar.loc).In(p.calendar.loc); return kind == Exact }},
	} {
		b.Run(question.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !question.ask() {
					b.Fatal("no")
				}
			}
		})
	}
}
