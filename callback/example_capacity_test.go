package callback_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
)

// Capacity that recurs by cron expressions, which scheduler.ParseRecurrence reads: two
// callbacks in each half hour, more after lunch on working days, and none
// during the meeting of the team, on the 13th of each month. A window of no seats
// closes bookings and leaves the opening hours as they are.
func ExampleBooking_recurrence() {
	var windows []availability.Window
	for _, w := range []struct {
		spec  string
		lasts time.Duration
		seats int
	}{
		{"0 14 13 * *", 30 * time.Minute, 0}, // the first window that applies counts
		{"0 13 * * MON-FRI", 2 * time.Hour, 5},
	} {
		recurrence, err := scheduler.ParseRecurrence(w.spec, "Europe/Zurich")
		if err != nil {
			fmt.Println(err)
			return
		}
		windows = append(windows, availability.Window{Recurrence: recurrence, Duration: w.lasts, Capacity: w.seats})
	}
	capacity, err := availability.NewRecurring("Europe/Zurich", 2, windows)
	if err != nil {
		fmt.Println(err)
		return
	}
	desk := managertest.Desk()
	desk.Booking.Bucket, desk.Booking.Capacity = 30*time.Minute, capacity
	rig := managertest.New(managertest.ForExample(), managertest.Config{Services: []callback.Service{desk}})
	noon := time.Date(2026, time.January, 13, 12, 0, 0, 0, time.FixedZone("", 3600))
	slots, err := rig.Manager.Availability(context.Background(), manager.AvailabilityRequest{
		Service: "desk", Query: availability.Query{Start: noon, End: noon.Add(4 * time.Hour)},
	})
	for _, slot := range slots.Slots {
		fmt.Println(slot.Start.In(noon.Location()).Format("15:04"), slot.Left)
	}
	fmt.Println(err)
	// Output:
	// 12:00 2
	// 12:30 2
	// 13:00 5
	// 13:30 5
	// 14:30 5
	// 15:00 2
	// 15:30 2
	// <nil>
}
