package availability_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// newPlanner has buckets of half an hour with two seats during the hours of
// branch.
func newPlanner() *availability.Planner {
	planner, err := availability.NewPlanner(availability.PlannerConfig{
		Calendar: branch(),
		Capacity: availability.Flat(2),
		Bucket:   30 * time.Minute,
	})
	if err != nil {
		panic(err)
	}
	return planner
}

func ExamplePlanner_Slots() {
	planner := newPlanner()
	now := at("2026-06-01T12:50:00Z")
	load := availability.LoadMap{
		at("2026-06-01T13:30:00Z").Unix(): 1,
		at("2026-06-01T14:00:00Z").Unix(): 2,
	}
	slots, err := planner.Slots(availability.Query{}, load, now) // the rest of today
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range slots.Slots {
		fmt.Printf("%s-%s %d of %d\n", s.Start.Format("15:04"), s.End.Format("15:04"), s.Left, s.Total)
	}
	// Output:
	// 13:00-13:30 2 of 2
	// 13:30-14:00 1 of 2
	// 14:30-15:00 2 of 2
}

func ExamplePlanner_Range() {
	from, to, err := newPlanner().Range(availability.Query{Days: 1}, at("2026-06-01T12:50:00Z"))
	fmt.Println(from.Format(time.RFC3339), to.Format(time.RFC3339), err)

	_, _, err = newPlanner().Range(availability.Query{Days: 60}, at("2026-06-01T12:50:00Z"))
	fmt.Println(errors.Is(err, availability.ErrRange), err)
	// Output:
	// 2026-06-01T13:00:00Z 2026-06-02T12:50:00Z <nil>
	// true availability: range spans more than 31 days
}

func ExamplePlanner_AppendSlots() {
	planner := newPlanner()
	buffer := make([]availability.Slot, 0, 1000) // kept from query to query
	buffer, err := planner.AppendSlots(buffer[:0], availability.Query{Days: 5}, nil, at("2026-06-01T00:00:00Z"))
	fmt.Println(len(buffer), err)
	// Output: 80 <nil>
}

func ExamplePlanner_NewLoad() {
	planner := newPlanner()
	query, now := availability.Query{}, at("2026-06-01T13:50:00Z")
	from, to, err := planner.Range(query, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	load, err := planner.NewLoad(from, to)
	if err != nil {
		fmt.Println(err)
		return
	}
	load.Add(at("2026-06-01T14:30:00Z"), 1) // for each booking in [from, to)
	slots, err := planner.Slots(query, load, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range slots.Slots {
		fmt.Println(s.Start.Format("15:04"), s.Left)
	}
	// Output:
	// 14:00 2
	// 14:30 1
}

func ExamplePlanner_Check() {
	planner := newPlanner()
	now := at("2026-06-01T12:00:00Z")
	load := availability.LoadMap{at("2026-06-01T14:00:00Z").Unix(): 2}
	for _, wanted := range []string{"2026-06-01T13:40:00Z", "2026-06-01T14:10:00Z", "2026-06-01T20:00:00Z"} {
		err := planner.Check(at(wanted), load, now)
		var full *availability.FullError
		var closed *availability.ClosedError
		switch {
		case errors.As(err, &full):
			fmt.Println("full:", full.Taken, "of", full.Seats)
		case errors.As(err, &closed):
			fmt.Println(closed.Why)
		default:
			fmt.Println("fine")
		}
	}
	// Output:
	// fine
	// full: 2 of 2
	// closed because no rule opens at 2026-06-01T22:00:00 Europe/Berlin
}

func ExamplePlanner_Near() {
	planner := newPlanner()
	wanted, now := at("2026-06-01T14:30:00Z"), at("2026-06-01T13:10:00Z")
	load := availability.LoadMap{wanted.Unix(): 2}
	from, to := planner.NearRange(wanted, now)
	fmt.Println("load wanted from", from.Format(time.DateOnly), "to", to.Format(time.DateOnly))
	for _, s := range planner.Near(wanted, 3, load, now) {
		fmt.Println(s.Start.Format(time.RFC3339), s.Left)
	}
	// Output:
	// load wanted from 2026-06-01 to 2026-07-02
	// 2026-06-01T13:30:00Z 2
	// 2026-06-01T14:00:00Z 2
	// 2026-06-02T07:00:00Z 2
}

func ExamplePlanner_BucketOf() {
	calendar, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/Berlin"})
	if err != nil {
		fmt.Println(err)
		return
	}
	planner, err := availability.NewPlanner(availability.PlannerConfig{Calendar: calendar, Bucket: 2 * time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The night of 25 October, in which 03:00 becomes 02:00.
	for at := at("2026-10-24T22:00:00Z"); at.Before(time.Date(2026, 10, 25, 4, 0, 0, 0, time.UTC)); {
		b := planner.BucketOf(at)
		fmt.Println(availability.LocalOf(b.Start, calendar.Location()), b.End.Sub(b.Start))
		at = b.End
	}
	// Output:
	// 2026-10-25T00:00:00 2h0m0s
	// 2026-10-25T02:00:00 1h0m0s
	// 2026-10-25T02:00:00 2h0m0s
	// 2026-10-25T04:00:00 2h0m0s
}

func ExamplePlanner_Seats() {
	planner := newPlanner()
	fmt.Println(planner.Seats(planner.BucketOf(at("2026-06-01T13:40:00Z"))), planner.Seats(planner.BucketOf(at("2026-06-06T13:40:00Z"))))
	// Output: 2 0
}

// Local times are in the zone of the query.
func ExampleSlots() {
	query := availability.Query{Start: at("2026-06-01T14:30:00Z"), Zone: "America/Toronto", MaxSlots: 1}
	slots, err := newPlanner().Slots(query, nil, at("2026-06-01T14:00:00Z"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(slots.Slots[0].Start.In(slots.Location).Format("15:04"), slots.Zone)
	// Output: 10:30 America/Toronto
}

func ExampleQueryError() {
	_, err := newPlanner().Slots(availability.Query{End: at("2026-06-01T10:30:00Z"), Days: 2}, nil, at("2026-06-01T08:00:00Z"))
	var bad *availability.QueryError
	fmt.Println(errors.As(err, &bad), bad.Field)
	fmt.Println(err)
	// Output:
	// true Days
	// availability: Days: is set together with End
}

func ExampleNewWeekly() {
	capacity, err := availability.NewWeekly(availability.WeeklyConfig{
		Zone: "Europe/Berlin",
		Days: map[time.Weekday]availability.Hours{time.Monday: {9: 10, 10: 12}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(capacity.At(at("2026-06-01T07:55:00Z")), capacity.At(at("2026-06-01T08:00:00Z")))
	// Output: 10 12
}

// workdays fires at 17:00 on working days, on the wall clock of the argument's
// zone, as a cron expression can.
type workdays struct{}

func (workdays) Next(after time.Time) (time.Time, bool) {
	year, month, day := after.Date()
	for ; ; day++ {
		t := time.Date(year, month, day, 17, 0, 0, 0, after.Location())
		if t.After(after) && t.Weekday() != time.Saturday && t.Weekday() != time.Sunday {
			return t, true
		}
	}
}

func ExampleNewRecurring() {
	capacity, err := availability.NewRecurring("Europe/Berlin", 5, []availability.Window{
		{Recurrence: workdays{}, Duration: 2 * time.Hour, Capacity: 30},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(capacity.At(at("2026-06-01T14:55:00Z")), capacity.At(at("2026-06-01T15:00:00Z")), capacity.At(at("2026-06-06T15:00:00Z")))
	// Output: 5 30 5
}
