package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// clinic is a service with opening hours in London and two seats in each half
// hour.
func clinic() (callback.Service, error) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/London", Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(12, 0)},
		{FromDay: time.Monday, ToDay: time.Thursday, Open: availability.Clock(13, 0), Close: availability.Clock(16, 0)},
	}})
	return callback.Service{
		Name:    "clinic",
		Numbers: callback.Numbers{Country: "GB"},
		Booking: callback.Booking{Hours: hours, Bucket: 30 * time.Minute, PerBucket: 2},
	}, err
}

// The times of a range that are open and have seats left, in the zone of the
// customer.
func ExampleManager_Availability() {
	ctx := context.Background()
	service, err := clinic()
	if err != nil {
		fmt.Println(err)
		return
	}
	m, _ := simulate(service)
	at := time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)
	for _, number := range []string{"020 7946 0123", "020 7946 0124"} {
		if _, err := m.Start(ctx, manager.Request{Service: "clinic", Number: number, Desired: at}); err != nil {
			fmt.Println(err)
			return
		}
	}

	slots, err := m.Availability(ctx, manager.AvailabilityRequest{
		Service: "clinic",
		Query: availability.Query{
			Start:      time.Date(2026, time.March, 2, 10, 30, 0, 0, time.UTC),
			MaxSlots:   4,
			Zone:       "Europe/Zurich",
			ReportBusy: true, // show what is full, too
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	zurich, err := availability.LoadZone(slots.Zone)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, slot := range slots.Slots {
		fmt.Printf("%s-%s %d of %d left\n",
			slot.Start.In(zurich).Format("15:04"), slot.End.In(zurich).Format("15:04"), slot.Left, slot.Total)
	}
	// Output:
	// 11:30-12:00 2 of 2 left
	// 12:00-12:30 0 of 2 left
	// 12:30-13:00 2 of 2 left
	// 14:00-14:30 2 of 2 left
	// 14:30-15:00 2 of 2 left
}

// A range that is too long is refused before anything is computed, and so are
// parameters that contradict each other.
func ExampleManager_Availability_refused() {
	ctx := context.Background()
	m, _ := simulate(support())
	for _, query := range []availability.Query{
		{Days: 4000},
		{End: opening(), Days: 2},
		{Zone: "Mars/Olympus"},
	} {
		_, err := m.Availability(ctx, manager.AvailabilityRequest{Service: "support", Query: query})
		fmt.Println(callback.Code(err), errors.Is(err, callback.ErrInvalidParameter))
		var parameter *availability.QueryError
		if errors.As(err, &parameter) {
			fmt.Println("  ", parameter.Field, parameter.Reason)
		}
	}
	// Output:
	// 40010 true
	// 40010 true
	//    Days is set together with End
	// 40010 true
	//    Zone zone is not in the IANA time zone database
}
