package availability

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSampleProposedSlots(t *testing.T) {
	// 16:45 is full and the office closes at 17:00: four slots before it and
	// two after it are proposed.
	p := mustPlanner(t, PlannerConfig{Calendar: office(t, "UTC", "regular Mon-Fri 08:00-17:00"), Capacity: Flat(5)})
	want := instant(t, "2013-05-27T16:45:00Z")
	now := instant(t, "2013-05-27T12:00:00Z")
	load := LoadMap{want.Unix(): 5, instant(t, "2013-05-27T16:55:00Z").Unix(): 2}
	var full *FullError
	if err := p.Check(want, load, now); !errors.As(err, &full) || full.Seats != 5 || full.Taken != 5 ||
		!full.Bucket.Start.Equal(want) || !full.Bucket.End.Equal(instant(t, "2013-05-27T16:50:00Z")) {
		t.Errorf("Check: %v", err)
	}
	var proposed []string
	for _, s := range p.Near(want, 6, load, now) {
		proposed = append(proposed, fmt.Sprint(s.Start.Format("15:04"), " ", s.Left))
	}
	if diff := cmp.Diff([]string{"16:25 5", "16:30 5", "16:35 5", "16:40 5", "16:50 5", "16:55 3"}, proposed); diff != "" {
		t.Errorf("proposed (-want +got):\n%s", diff)
	}
	// Late in the day no slot before now is proposed; slots of the next day
	// are.
	late := p.Near(want, 6, load, instant(t, "2013-05-27T16:41:00Z"))
	for _, s := range late {
		if s.Start.Before(instant(t, "2013-05-27T16:41:00Z")) {
			t.Errorf("%s is before now", s.Start)
		}
	}
	if len(late) != 6 || !late[2].Start.Equal(instant(t, "2013-05-28T08:00:00Z")) {
		t.Errorf("late in the day: %v", late)
	}
	for _, n := range []int{0, -1} {
		if got := p.Near(want, n, load, now); got != nil {
			t.Errorf("Near with n = %d gives %v", n, got)
		}
	}
	if got := p.Near(want, 1, nil, now); len(got) != 1 || !got[0].Start.Equal(want) {
		t.Errorf("with a seat left the wanted bucket itself is nearest, got %v", got)
	}
}

func TestRange(t *testing.T) {
	now := instant(t, "2026-06-01T12:02:00Z") // 14:02 in Berlin
	p := mustPlanner(t, PlannerConfig{Calendar: office(t, "Europe/Berlin", "regular Mon-Sun 00:00-24:00"), Bucket: 10 * time.Minute})
	for _, test := range []struct {
		name     string
		q        Query
		from, to string
	}{
		{"rest of today", Query{}, "2026-06-01T12:10:00Z", "2026-06-01T22:00:00Z"},
		{"bucket that holds the start", Query{Start: instant(t, "2026-06-02T09:07:00Z")}, "2026-06-02T09:00:00Z", "2026-06-02T22:00:00Z"},
		{"start after now in the bucket of now", Query{Start: instant(t, "2026-06-01T12:05:00Z")}, "2026-06-01T12:10:00Z", "2026-06-01T22:00:00Z"},
		{"start before now", Query{Start: instant(t, "2026-05-30T00:00:00Z"), End: instant(t, "2026-06-02T00:00:00Z")}, "2026-06-01T12:10:00Z", "2026-06-02T00:00:00Z"},
		{"end before now", Query{Start: instant(t, "2026-05-30T00:00:00Z"), End: instant(t, "2026-05-30T01:00:00Z")}, "2026-06-01T12:10:00Z", "2026-06-01T12:10:00Z"},
		{"an instant", Query{Start: instant(t, "2026-06-02T09:07:00Z"), End: instant(t, "2026-06-02T09:07:00Z")}, "2026-06-02T09:00:00Z", "2026-06-02T09:10:00Z"},
		{"to the minute", Query{Start: instant(t, "2026-06-02T09:00:00Z"), End: instant(t, "2026-06-02T09:31:00Z")}, "2026-06-02T09:00:00Z", "2026-06-02T09:31:00Z"},
		{"days", Query{Start: instant(t, "2026-06-02T09:00:00Z"), Days: 2}, "2026-06-02T09:00:00Z", "2026-06-04T09:00:00Z"},
		{"days over the end of summer time", Query{Start: instant(t, "2026-10-24T09:00:00Z"), Days: 1}, "2026-10-24T09:00:00Z", "2026-10-25T10:00:00Z"},
		{"days into a gap", Query{Start: instant(t, "2027-03-27T01:30:00Z"), Days: 1}, "2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z"},
		{"31 days with 25 hours", Query{Start: instant(t, "2026-10-01T22:00:00Z"), Days: 31}, "2026-10-01T22:00:00Z", "2026-11-01T23:00:00Z"},
		{"31 days to an end", Query{Start: instant(t, "2026-10-01T22:00:00Z"), End: instant(t, "2026-11-01T23:00:00Z")}, "2026-10-01T22:00:00Z", "2026-11-01T23:00:00Z"},
		{"a nanosecond", Query{Start: now.Add(8*time.Minute + 1), End: now.Add(18*time.Minute + 1)}, "2026-06-01T12:10:00Z", "2026-06-01T12:20:01Z"},
		{"from the epoch", Query{Start: time.Unix(0, 0), End: time.Unix(0, 0)}, "2026-06-01T12:10:00Z", "2026-06-01T12:10:00Z"},
	} {
		from, to, err := p.Range(test.q, now)
		if err != nil || !from.Equal(instant(t, test.from)) || !to.Equal(instant(t, test.to)) {
			t.Errorf("%s: [%s, %s) %v, want [%s, %s)", test.name, from, to, err, test.from, test.to)
		}
	}
	if from, _, err := p.Range(Query{}, instant(t, "2026-06-01T12:10:00Z").Add(1)); err != nil || !from.Equal(instant(t, "2026-06-01T12:20:00Z")) {
		t.Errorf("a bucket that began a nanosecond before now: %s, %v", from, err)
	}
	for _, test := range []struct {
		name  string
		q     Query
		field string // of a QueryError; "" for a RangeError
	}{
		{"end and days", Query{End: now, Days: 1}, "Days"},
		{"negative days", Query{Days: -1}, "Days"},
		{"negative slots", Query{MaxSlots: -1}, "MaxSlots"},
		{"end before start", Query{Start: now, End: now.Add(-1)}, "End"},
		{"end before now", Query{End: now.Add(-1)}, "End"},
		{"no such zone", Query{Zone: "Nowhere/Land"}, "Zone"},
		{"32 days", Query{Days: 32}, ""},
		{"a second more than 31 days", Query{Start: instant(t, "2026-10-01T22:00:00Z"), End: instant(t, "2026-11-01T23:00:01Z")}, ""},
		{"to the end of time", Query{Start: instant(t, "0001-01-02T00:00:00Z"), End: instant(t, "9999-12-31T23:59:59Z")}, ""},
		{"past the end of time", Query{End: time.UnixMilli(math.MaxInt64)}, ""},
		{"before time", Query{Start: time.UnixMilli(math.MinInt64)}, ""},
	} {
		_, _, err := p.Range(test.q, now)
		var bad *QueryError
		if test.field != "" && (!errors.As(err, &bad) || bad.Field != test.field || !errors.Is(err, ErrQuery)) || test.field == "" && !errors.Is(err, ErrRange) {
			t.Errorf("%s: %v", test.name, err)
		}
		if _, slotsErr := p.Slots(test.q, nil, now); slotsErr == nil || slotsErr.Error() != err.Error() {
			t.Errorf("%s: Slots says %v", test.name, slotsErr)
		}
		kept := []Slot{{Left: 1}}
		if dst, appendErr := p.AppendSlots(kept, test.q, nil, now); len(dst) != 1 || appendErr == nil {
			t.Errorf("%s: AppendSlots gives %v, %v", test.name, dst, appendErr)
		}
	}
}

// TestHugeRangesAreRefusedFirst queries the years 1 to 9999: the rejection
// takes no more time or memory than any other.
func TestHugeRangesAreRefusedFirst(t *testing.T) {
	p := mustPlanner(t, PlannerConfig{MaxBuckets: 100})
	now := instant(t, "2026-06-01T00:00:00Z")
	huge := Query{Start: instant(t, "0001-01-02T00:00:00Z"), End: instant(t, "9999-12-31T23:59:59Z")}
	var wide *RangeError
	if _, err := p.Slots(huge, nil, now); !errors.As(err, &wide) || wide.MaxDays != 31 {
		t.Fatal(err)
	}
	if _, err := p.Slots(Query{Start: now, End: now.Add(501 * time.Minute)}, nil, now); !errors.As(err, &wide) || wide.MaxBuckets != 100 {
		t.Fatal(err)
	}
	if slots, err := p.Slots(Query{Start: now, End: now.Add(500 * time.Minute)}, nil, now); err != nil || len(slots.Slots) != 100 {
		t.Fatal(len(slots.Slots), err)
	}
	if _, err := p.Calendar().Periods(huge.Start, huge.End); !errors.As(err, &wide) || wide.MaxDays != MaxSearchDays {
		t.Fatal(err)
	}
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Slots(huge, nil, now); err == nil {
				b.Fatal("accepted")
			}
		}
	})
	if took := time.Duration(result.NsPerOp()); took > time.Millisecond || result.AllocedBytesPerOp() > 4096 {
		t.Errorf("refusal takes %s and %d bytes", took, result.AllocedBytesPerOp())
	}
}

func TestMaxSlotsAndReportBusy(t *testing.T) {
	p := mustPlanner(t, PlannerConfig{Calendar: office(t, "UTC", "regular Mon-Fri 09:00-10:00"), Capacity: Flat(2), Bucket: 10 * time.Minute})
	now := instant(t, "2026-06-01T00:00:00Z")
	nine := instant(t, "2026-06-01T09:00:00Z")
	load := LoadMap{nine.Unix(): 2, nine.Unix() + 600: 1, nine.Unix() + 1200: 5, nine.Unix() + 1800: -3}
	for _, test := range []struct {
		most int
		busy bool
		left []int
	}{
		{0, false, []int{1, 2, 2, 2}},
		{2, false, []int{1, 2}},
		{0, true, []int{0, 1, 0, 2, 2, 2}},
		{2, true, []int{0, 1, 0, 2}}, // full slots do not count
		{99, false, []int{1, 2, 2, 2}},
	} {
		slots, err := p.Slots(Query{MaxSlots: test.most, ReportBusy: test.busy}, load, now)
		if err != nil {
			t.Fatal(err)
		}
		var left []int
		for _, s := range slots.Slots {
			left = append(left, s.Left)
			if s.Total != 2 {
				t.Errorf("total %d", s.Total)
			}
		}
		if len(left) != len(test.left) {
			t.Errorf("most %d busy %v: %v, want %v", test.most, test.busy, left, test.left)
			continue
		}
		for i := range left {
			if left[i] != test.left[i] {
				t.Errorf("most %d busy %v: %v, want %v", test.most, test.busy, left, test.left)
			}
		}
	}
	slots, err := p.Slots(Query{ReportBusy: true}, LoadFunc(func(time.Time) int { return 2 }), now)
	if err != nil || len(slots.Slots) != 6 || slots.Zone != "UTC" || slots.Location != time.UTC {
		t.Errorf("%v, %v", slots, err)
	}
}

func TestCalendarQuery(t *testing.T) {
	c := office(t, "Europe/Berlin", "regular Mon-Fri 09:00-17:00")
	now := instant(t, "2026-06-01T08:30:00Z")
	for _, test := range []struct {
		name string
		q    Query
		now  time.Time
		want []string
	}{
		{"open now", Query{}, now, []string{"2026-06-01T08:30:00Z/2026-06-01T08:30:00Z"}},
		{"closed now", Query{}, now.Add(12 * time.Hour), nil},
		{"closed at a start", Query{Start: now.Add(-2 * time.Hour)}, now, nil},
		{"two days", Query{Days: 2}, now, []string{
			"2026-06-01T08:30:00Z/2026-06-01T15:00:00Z", "2026-06-02T07:00:00Z/2026-06-02T15:00:00Z", "2026-06-03T07:00:00Z/2026-06-03T08:30:00Z"}},
	} {
		periods, err := c.Query(test.q, test.now)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range periods {
			got = append(got, p.Start.Format(time.RFC3339)+"/"+p.End.Format(time.RFC3339))
		}
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
			continue
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
			}
		}
	}
	if _, err := c.Query(Query{Days: 400}, now); !errors.Is(err, ErrRange) {
		t.Errorf("400 days: %v", err)
	}
	if _, err := c.Query(Query{Days: 1, End: now}, now); !errors.Is(err, ErrQuery) {
		t.Errorf("two ends: %v", err)
	}
	if _, err := c.Periods(now, now.Add(-1)); !errors.Is(err, ErrQuery) {
		t.Errorf("backwards: %v", err)
	}
}
