package availability

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

func TestWeekly(t *testing.T) {
	monday := map[time.Weekday]Hours{time.Monday: {0: 1, 1: 3, 9: 4}}
	june3 := DateRule{Month: 6, Day: 3}
	june3Of2026 := DateRule{Year: 2026, Month: 6, Day: 3}
	for _, test := range []struct {
		name   string
		config WeeklyConfig
		at     string
		want   int
	}{
		{"Monday", WeeklyConfig{Days: monday}, "2026-06-01T00:59:59Z", 1},
		{"Monday, next hour", WeeklyConfig{Days: monday}, "2026-06-01T01:00:00Z", 3},
		{"an absent hour", WeeklyConfig{Days: monday}, "2026-06-01T02:00:00Z", 0},
		{"an absent day", WeeklyConfig{Days: monday}, "2026-06-05T01:00:00Z", 0},
		{"a date", WeeklyConfig{Dates: []DateHours{{june3Of2026, Hours{10: 1}}}}, "2026-06-03T10:00:00Z", 1},
		{"a date replaces the day", WeeklyConfig{
			Days: map[time.Weekday]Hours{time.Wednesday: {11: 6}}, Dates: []DateHours{{june3Of2026, Hours{10: 1}}}}, "2026-06-03T11:00:00Z", 0},
		{"every year", WeeklyConfig{Dates: []DateHours{{DateRule{Month: 12, Day: 25}, nil}, {june3, Hours{10: 2}}}}, "2026-06-03T10:00:00Z", 2},
		{"a date goes before every year", WeeklyConfig{Dates: []DateHours{{june3Of2026, Hours{10: 9}}, {june3, Hours{10: 2}}}}, "2026-06-03T10:00:00Z", 9},
		{"in its zone", WeeklyConfig{Zone: "Asia/Kathmandu", Days: monday}, "2026-06-01T03:15:00Z", 4},
		{"before it in its zone", WeeklyConfig{Zone: "Asia/Kathmandu", Days: monday}, "2026-06-01T03:14:59Z", 0},
		{"nothing", WeeklyConfig{}, "2026-06-01T09:00:00Z", 0},
	} {
		w, err := NewWeekly(test.config)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := w.At(instant(t, test.at)); got != test.want {
			t.Errorf("%s: %d seats at %s, want %d", test.name, got, test.at, test.want)
		}
	}
}

func TestNewWeeklyFaults(t *testing.T) {
	_, err := NewWeekly(WeeklyConfig{
		Zone:  "Local",
		Days:  map[time.Weekday]Hours{7: nil, time.Monday: {24: 1, -1: 1, 3: -1, 4: MaxSeats + 1}},
		Dates: []DateHours{{}, {Date: DateRule{Month: 1, Day: 1}, Hours: Hours{99: 1}}},
	})
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 8 {
		t.Errorf("want 8 faults: %v", err)
	}
	if _, err := NewWeekly(WeeklyConfig{Dates: make([]DateHours, maxRules+1)}); !errors.Is(err, ErrConfig) {
		t.Errorf("too many dates: %v", err)
	}
	if Flat(-1).At(time.Time{}) != 0 || Flat(MaxSeats+1).At(time.Time{}) != MaxSeats {
		t.Error("Flat is not bounded")
	}
}

// TestWeeklyCapacityPerBucket: ten seats in buckets of five minutes are 120 per
// hour.
func TestWeeklyCapacityPerBucket(t *testing.T) {
	w, err := NewWeekly(WeeklyConfig{Days: map[time.Weekday]Hours{time.Monday: {9: 10}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		size  time.Duration
		n     int
		seats int
	}{{5, 12, 120}, {30, 2, 20}, {60, 1, 10}} {
		p := mustPlanner(t, PlannerConfig{Capacity: w, Bucket: test.size * time.Minute})
		slots, err := p.Slots(Query{Start: instant(t, "2026-06-01T00:00:00Z")}, nil, instant(t, "2026-06-01T00:00:00Z"))
		sum := 0
		for _, s := range slots.Slots {
			sum += s.Left
		}
		if err != nil || len(slots.Slots) != test.n || sum != test.seats {
			t.Errorf("%d minutes: %d slots, %d seats, %v", test.size, len(slots.Slots), sum, err)
		}
	}
	// A bucket of two hours has the seats of its first hour.
	p := mustPlanner(t, PlannerConfig{Capacity: w, Bucket: 2 * time.Hour})
	if seats := p.Seats(p.BucketOf(instant(t, "2026-06-01T09:30:00Z"))); seats != 0 {
		t.Errorf("08:00-10:00 has %d seats", seats)
	}
}

// fires is a recurrence at fixed instants.
type fires []time.Time

func (f fires) Next(after time.Time) (time.Time, bool) {
	for _, t := range f {
		if t.After(after) {
			return t, true
		}
	}
	return time.Time{}, false
}

// stuck violates the contract of Recurrence: it returns its argument.
type stuck struct{}

func (stuck) Next(after time.Time) (time.Time, bool) { return after, true }

// daily fires at an hour of every day on the wall clock of the argument's zone.
type daily int

func (d daily) Next(after time.Time) (time.Time, bool) {
	year, month, day := after.Date()
	for ; ; day++ {
		if at := time.Date(year, month, day, int(d), 0, 0, 0, after.Location()); at.After(after) {
			return at, true
		}
	}
}

func TestRecurring(t *testing.T) {
	at := func(s string) time.Time { return instant(t, "2026-06-01T"+s+":00Z") }
	r, err := NewRecurring("Europe/Berlin", 5, []Window{
		{Recurrence: daily(17), Duration: 2 * time.Hour, Capacity: 30},
		{Recurrence: fires{at("10:00"), at("14:30"), at("15:00")}, Duration: time.Hour, Capacity: 1},
		{Recurrence: stuck{}, Duration: time.Hour, Capacity: 99},
	})
	if err != nil {
		t.Fatal(err)
	}
	for clock, want := range map[string]int{
		"09:55": 5, "10:00": 1, "10:55": 1, "11:00": 5,
		"14:25": 5, "14:30": 1, "15:00": 30, "16:55": 30, "17:00": 5, "17:05": 5,
	} {
		if got := r.At(at(clock)); got != want {
			t.Errorf("%s: %d seats, want %d", clock, got, want)
		}
	}
	for name, windows := range map[string][]Window{
		"no recurrence": {{Duration: time.Hour}},
		"no duration":   {{Recurrence: daily(1)}},
		"too long":      {{Recurrence: daily(1), Duration: MaxWindow + 1}},
		"negative":      {{Recurrence: daily(1), Duration: time.Hour, Capacity: -1}},
	} {
		if _, err := NewRecurring("", 0, windows); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewRecurring("Mars", -1, nil); !errors.Is(err, ErrConfig) {
		t.Errorf("bad zone and base: %v", err)
	}
}

// TestStepsAgreeWithAt iterates over the steps of capacities around clock
// changes: At returns the same seats for every bucket within a step, and so
// does a planner.
func TestStepsAgreeWithAt(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, place := range places {
		around := instant(t, place.at)
		config := WeeklyConfig{Zone: place.zone, Days: make(map[time.Weekday]Hours)}
		for d := range time.Weekday(7) {
			config.Days[d] = make(Hours)
			for h := range 24 {
				config.Days[d][h] = rng.IntN(3)
			}
		}
		config.Dates = []DateHours{{Date: DateRule{Year: around.Year(), Month: around.Month(), Day: around.Day()}, Hours: Hours{3: 8}}}
		weekly, err := NewWeekly(config)
		if err != nil {
			t.Fatal(err)
		}
		recurring, err := NewRecurring(place.zone, 3, []Window{{daily(2), 90 * time.Minute, 7}, {daily(1), 3 * time.Hour, 4}})
		if err != nil {
			t.Fatal(err)
		}
		for _, capacity := range []StepCapacity{weekly, recurring} {
			for at := around.Add(-36 * time.Hour); at.Before(around.Add(36 * time.Hour)); {
				seats, until := capacity.Step(at)
				if !until.After(at) {
					t.Fatalf("%s: step at %s ends at %s", place.zone, at, until)
				}
				for ; at.Before(until) && at.Before(around.Add(36*time.Hour)); at = at.Add(5 * time.Minute) {
					if got := capacity.At(at); got != seats {
						t.Fatalf("%s: At(%s) = %d in a step of %d", place.zone, at, got, seats)
					}
				}
			}
			// The calendar is in another zone; the planner still reports what
			// At returns.
			p := mustPlanner(t, PlannerConfig{Calendar: office(t, "Asia/Kathmandu", "regular Mon-Sun 00:00-24:00"), Capacity: capacity})
			slots, err := p.Slots(Query{Start: around.Add(-36 * time.Hour), End: around.Add(36 * time.Hour), ReportBusy: true}, nil, time.Time{})
			if err != nil || len(slots.Slots) == 0 {
				t.Fatal(err)
			}
			for _, s := range slots.Slots {
				if want := capacity.At(s.Start); s.Total != want {
					t.Fatalf("%s: slot at %s has %d seats, want %d", place.zone, s.Start, s.Total, want)
				}
			}
		}
	}
}
