package callback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Outside the opening hours the error names the rule that closed the time.
func ExampleAvailabilityError() {
	ctx := context.Background()
	hours, err := availability.NewCalendar(availability.CalendarConfig{
		Zone: "Europe/Zurich",
		Regular: []availability.WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(8, 0), Close: availability.Clock(18, 0)},
		},
		Holidays: []availability.DateRule{{Name: "Good Friday", Year: 2026, Month: time.April, Day: 3}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	service := support()
	service.Booking = callback.Booking{Hours: hours, Proposals: 2, Horizon: callback.Span{Months: 2}}
	m, _ := simulate(service)

	_, err = m.Start(ctx, manager.Request{
		Service: "support",
		Number:  "044 668 18 00",
		Desired: time.Date(2026, time.April, 3, 15, 58, 0, 0, time.UTC),
	})
	var closed *callback.AvailabilityError
	if !errors.As(err, &closed) {
		fmt.Println(err)
		return
	}
	zurich := hours.Location()
	fmt.Println(err)
	fmt.Println(closed.Explanation)
	for _, slot := range closed.Alternatives {
		fmt.Println(slot.Start.In(zurich).Format("Mon 2 Jan 15:04"))
	}
	fmt.Println(errors.Is(err, callback.ErrClosed), callback.Code(err))
	// Output:
	// closed at the desired time: service "support", 2026-04-03T15:55:00.000Z to 2026-04-03T16:00:00.000Z, 2 alternatives
	// closed by holiday Good Friday (2026-04-03) at 2026-04-03T17:58:00 Europe/Zurich
	// Thu 2 Apr 17:50
	// Thu 2 Apr 17:55
	// true 40050
}

// A limit says how much of it is used up, and when it can be tried again where
// it has a window.
func ExampleLimitError() {
	ctx := context.Background()
	service := support()
	service.Limits.SameNumber = 1
	service.Limits.Throttles = []callback.Throttle{{Max: 2, Every: 5 * time.Minute}}
	m, sim := simulate(service)
	for _, number := range []string{"044 668 18 00", "044 668 18 00", "+44 20 7946 0101", "+44 20 7946 0102"} {
		_, err := m.Start(ctx, manager.Request{Service: "support", Number: number})
		var limit *callback.LimitError
		switch {
		case errors.As(err, &limit) && limit.RetryAt.IsZero():
			fmt.Println(callback.Code(err), err)
		case errors.As(err, &limit):
			fmt.Println(callback.Code(err), err)
			fmt.Println("try again in", limit.RetryAt.Sub(sim.Clock.Now()))
		case err == nil:
			fmt.Println("taken")
		}
		sim.Clock.Advance(time.Minute)
	}
	// Output:
	// taken
	// 40001 number already has callbacks waiting: service "support" allows 1
	// taken
	// 40003 too many callbacks in the interval: service "support" allows 2 in 5m0s
	// try again in 2m0s
}

// A number is refused by name of the rule; the error never shows the number.
func ExampleNumberError() {
	ctx := context.Background()
	service := support()
	service.Numbers.Countries = []string{"CH", "DE"}
	m, _ := simulate(service)
	for _, number := range []string{"please call me", "044 668", "117", "+44 20 7946 0123", "+49 30 23125 101"} {
		cb, err := m.Start(ctx, manager.Request{Service: "support", Number: number})
		var refused *callback.NumberError
		if errors.As(err, &refused) {
			fmt.Println(callback.Code(err), refused.Field, refused.Rule)
			continue
		}
		fmt.Println(cb.State, cb.Customer.Number)
	}
	// Output:
	// 40040 _customer_number impossible
	// 40040 _customer_number invalid
	// 40040 _customer_number emergency
	// 40040 _customer_number country
	// QUEUED +49••••••5101
}

// What is wrong with a request is named by its field.
func ExampleFieldError() {
	ctx := context.Background()
	m, _ := simulate(support())
	for _, req := range []manager.Request{
		{},
		{Service: "sales", Number: "044 668 18 00"},
		{Service: "support"},
		{Service: "support", Number: "044 668 18 00", Desired: opening().AddDate(0, 6, 0)},
		{Service: "support", Number: "044 668 18 00", Properties: callback.Values{"cart": struct{}{}}},
	} {
		_, err := m.Start(ctx, req)
		var field *callback.FieldError
		if errors.As(err, &field) {
			fmt.Printf("%s | %s\n", field.Field, field.Rule)
		}
	}
	// Output:
	// service | is required
	// service | "sales" is not known
	// _customer_number | is required
	// _desired_time | lies beyond the service's horizon
	// properties.cart | is a struct {}, not a JSON value
}

// A state that does not allow an operation is named, and whether a call is the
// reason.
func ExampleStateError() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		_, err = m.Reschedule(ctx, manager.RescheduleRequest{ID: cb.ID, Desired: opening().Add(time.Hour)})
		var state *callback.StateError
		if errors.As(err, &state) {
			fmt.Println(err)
			fmt.Println(state.State, callback.Code(err), "in flight:", errors.Is(err, callback.ErrInFlight))
		}
		sim.Tick()
	}
	// Output:
	// cannot reschedule callback cb000001: it is QUEUED
	// QUEUED 40020 in flight: false
	// cannot reschedule callback cb000001: it is DIALING
	// DIALING 40020 in flight: true
}

// Code gives errors the numbers that GMS clients know.
func ExampleCode() {
	ctx := context.Background()
	m, _ := simulate(support())
	_, unknown := m.Get(ctx, "cb000009")
	_, field := m.Start(ctx, manager.Request{})
	_, number := m.Start(ctx, manager.Request{Service: "support", Number: "117"})
	for _, err := range []error{nil, unknown, field, number, callback.ErrInFlight, errors.New("disk is full")} {
		fmt.Println(callback.Code(err))
	}
	// Output:
	// 0
	// 40030
	// 40010
	// 40040
	// 40020
	// 50050
}

// A handler of the host answers with the status that fits.
func ExampleHTTPStatus() {
	ctx := context.Background()
	m, _ := simulate(support())
	_, unknown := m.Get(ctx, "cb000009")
	_, field := m.Start(ctx, manager.Request{})
	for _, err := range []error{nil, unknown, field, callback.ErrConflict, callback.ErrQueueLimit, callback.ErrConfiguration} {
		fmt.Println(callback.HTTPStatus(err))
	}
	// Output:
	// 200
	// 404
	// 400
	// 409
	// 429
	// 500
}
