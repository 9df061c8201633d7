package availability_test

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
)

func ExampleParseDateRule() {
	christmas, err := availability.ParseDateRule("12-25")
	fmt.Println(christmas.Year, christmas.Month, christmas.Day, err)
	_, err = availability.ParseDateRule("02-30")
	fmt.Println(err != nil)
	// Output:
	// 0 December 25 <nil>
	// true
}

func ExampleParseDateRange() {
	r, err := availability.ParseDateRange("2026-07-01 to 2026-08-31")
	fmt.Println(r.From.Month, r.From.Day, r.To.Month, r.To.Day, err)
	// Output:
	// July 1 August 31 <nil>
}

func ExampleParseTimeOfDay() {
	t, err := availability.ParseTimeOfDay("24:00")
	fmt.Println(int(t), err)
	// Output:
	// 1440 <nil>
}

func ExampleLocalTime_Validate() {
	fmt.Println(availability.LocalTime{Year: 2026, Month: time.February, Day: 30}.Validate() != nil)
	// Output:
	// true
}

func ExampleDenseLoad_Set() {
	planner, err := availability.NewPlanner(availability.PlannerConfig{Capacity: availability.Flat(2), Bucket: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	from := time.Date(2026, 1, 12, 9, 0, 0, 0, time.UTC)
	load, err := planner.NewLoad(from, from.Add(3*time.Hour))
	if err != nil {
		fmt.Println(err)
		return
	}
	load.Set(from.Add(time.Hour), 2)
	fmt.Println(planner.BucketSize(), load.Taken(from), load.Taken(from.Add(time.Hour)))
	fmt.Println(planner.Check(from.Add(time.Hour), load, from))
	// Output:
	// 1h0m0s 0 2
	// availability: 2 of 2 seats taken in [2026-01-12T10:00:00Z, 2026-01-12T11:00:00Z)
}
