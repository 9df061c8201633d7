package availability

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// officesPerPlace is the number of random offices per place.
const officesPerPlace = 25

func eachOffice(t *testing.T, check func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time)) {
	for i, p := range places {
		t.Run(fmt.Sprintf("%s@%s", p.zone, p.at[:10]), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(i), 20260329))
			around := instant(t, p.at)
			for range officesPerPlace {
				check(t, rng, randomOffice(t, rng, p.zone, around), around)
			}
		})
	}
}

func TestOpenAndExplainEqualModel(t *testing.T) {
	eachOffice(t, func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time) {
		c, m := mustCalendar(t, config), newModel(t, config)
		for range 150 {
			at := around.Add(time.Duration(rng.IntN(4*24*60)-2*24*60) * time.Minute)
			want := m.open(at.Unix())
			if got := c.Open(at); got != want {
				t.Fatalf("Open(%s) = %v, model says %v\n%+v", at, got, want, config)
			}
			if got := c.Explain(at); got.Open != want {
				t.Fatalf("Explain(%s) = %s, model says %v\n%+v", at, got, want, config)
			}
		}
	})
}

func TestPeriodsEqualModel(t *testing.T) {
	eachOffice(t, func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time) {
		c, m := mustCalendar(t, config), newModel(t, config)
		from := around.Add(time.Duration(-rng.IntN(36*60)) * time.Minute)
		to := from.Add(time.Duration(rng.IntN(60*60)) * time.Minute)
		var want []interval
		for u := from.Unix(); u < to.Unix(); u += 60 {
			if m.open(u) {
				want, _ = push(want, u, u+60)
			}
		}
		periods, err := c.Periods(from, to)
		if err != nil {
			t.Fatal(err)
		}
		var got []interval
		for _, p := range periods {
			got = append(got, interval{p.Start.Unix(), p.End.Unix()})
		}
		if !slices.Equal(got, want) {
			t.Fatalf("Periods(%s, %s) = %v, want %v\n%+v", from, to, periods, want, config)
		}
		if got, want := c.OpenDuring(from, to), len(want) == 1 && want[0] == (interval{from.Unix(), to.Unix()}); got != want && to.After(from) {
			t.Fatalf("OpenDuring(%s, %s) = %v", from, to, got)
		}
		first, ok := c.NextOpen(from)
		switch {
		case len(want) > 0 && (!ok || first.Unix() != want[0].start):
			t.Fatalf("NextOpen(%s) = %s %v, want %s", from, first, ok, utc(want[0].start))
		case len(want) == 0 && ok && first.Before(to):
			t.Fatalf("NextOpen(%s) = %s in a closed range", from, first)
		case ok && (!c.Open(first) || first.After(from) && c.Open(first.Add(-time.Second))):
			t.Fatalf("NextOpen(%s) = %s is not where the office opens", from, first)
		}
	})
}

func TestSlotsEqualModel(t *testing.T) {
	sizes := []int{5, 10, 15, 20, 30, 60, 120}
	eachOffice(t, func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time) {
		size := sizes[rng.IntN(len(sizes))]
		c, m := mustCalendar(t, config), newModel(t, config)
		seats := func(start time.Time) int { return int(start.Unix()/60) % 5 }
		p := mustPlanner(t, PlannerConfig{Calendar: c, Bucket: time.Duration(size) * time.Minute, Capacity: capacityFunc(seats)})
		now := around.Add(time.Duration(-rng.IntN(30*60)) * time.Minute)
		q := Query{
			Start:      now.Add(time.Duration(rng.IntN(600)-300) * time.Minute),
			ReportBusy: rng.IntN(2) == 0,
		}
		q.End = q.Start.Add(time.Duration(1+rng.IntN(50*60)) * time.Minute)
		load := LoadMap{}
		var want []Slot
		for _, b := range m.buckets(q.Start.Unix()-int64(size)*60, q.End.Unix(), int64(size)*60) {
			taken := rng.IntN(4)
			load[b.start] = taken
			open := true
			for u := b.start; u < b.end; u += 60 {
				open = open && m.open(u)
			}
			total := seats(utc(b.start))
			left := max(0, total-taken)
			if open && b.end > q.Start.Unix() && b.start >= now.Unix() && (left > 0 || q.ReportBusy) {
				want = append(want, Slot{utc(b.start), utc(b.end), left, total})
			}
		}
		got, err := p.Slots(q, load, now)
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffSlots(want, got.Slots); diff != "" {
			t.Fatalf("Slots of %+v at %s (-model +planner):\n%s\n%+v", q, now, diff, config)
		}
		// The same with the other forms of load, and again once compiled.
		from, to, err := p.Range(q, now)
		if err != nil {
			t.Fatal(err)
		}
		dense, err := p.NewLoad(from, to)
		if err != nil {
			t.Fatal(err)
		}
		for start, n := range load {
			dense.Set(utc(start), n)
		}
		for _, l := range []Load{dense, LoadFunc(load.Taken), dense} {
			again, err := p.AppendSlots(nil, q, l, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := diffSlots(want, again); diff != "" {
				t.Fatalf("load %T (-model +planner):\n%s", l, diff)
			}
		}
		for _, s := range got.Slots {
			b := Bucket{s.Start, s.End}
			if s.Start.Before(from) || !s.Start.Before(to) || p.BucketOf(s.Start) != b || p.Seats(b) != s.Total {
				t.Fatalf("slot %v: Range [%s, %s), bucket %v, %d seats", s, from, to, p.BucketOf(s.Start), p.Seats(b))
			}
			if err := p.Check(s.Start.Add(time.Second), load, now); (err == nil) != (s.Left > 0) {
				t.Fatalf("Check of slot %v: %v", s, err)
			}
		}
	})
}

// diffSlots compares lists; an empty one equals nil.
func diffSlots(want, got []Slot) string {
	if len(want) == 0 && len(got) == 0 {
		return ""
	}
	return cmp.Diff(want, got)
}

type capacityFunc func(time.Time) int

func (f capacityFunc) At(t time.Time) int { return f(t) }

func TestNearEqualsSearchOverAllSlots(t *testing.T) {
	eachOffice(t, func(t *testing.T, rng *rand.Rand, config CalendarConfig, around time.Time) {
		p := mustPlanner(t, PlannerConfig{
			Calendar: mustCalendar(t, config), Bucket: 30 * time.Minute, MaxDays: 1 + rng.IntN(6), MaxBuckets: 50 + rng.IntN(200),
		})
		want := around.Add(time.Duration(rng.IntN(48*60)-24*60) * time.Minute)
		now := want.Add(time.Duration(-rng.IntN(72*60)) * time.Minute)
		load := LoadFunc(func(start time.Time) int { return 98 + int(start.Unix()/1800)%4 })
		n := 1 + rng.IntN(9)
		from, to := p.NearRange(want, now)
		own := p.BucketOf(want).Start
		var all []Slot
		for at := from; at.Before(to); at = p.BucketOf(at).End {
			b := p.BucketOf(at)
			if left := p.Seats(b) - load(b.Start); left > 0 && p.Seats(b) > 0 {
				all = append(all, Slot{b.Start, b.End, left, 100})
			}
		}
		slices.SortStableFunc(all, func(a, b Slot) int {
			return int(a.Start.Sub(own).Abs()/time.Second) - int(b.Start.Sub(own).Abs()/time.Second)
		})
		all = all[:min(n, len(all))]
		slices.SortFunc(all, func(a, b Slot) int { return a.Start.Compare(b.Start) })
		got := p.Near(want, n, load, now)
		if diff := diffSlots(all, got); diff != "" {
			t.Fatalf("Near(%s, %d) at %s (-search +planner):\n%s", want, n, now, diff)
		}
		for _, s := range got {
			if s.Start.Before(now) {
				t.Fatalf("Near proposes %s, before now %s", s.Start, now)
			}
		}
	})
}
