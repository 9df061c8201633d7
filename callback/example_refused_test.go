package callback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// Outside the opening hours the error names the rule that closed the time.
func ExampleAvailabilityError() {
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
	service := managertest.Desk()
	service.Booking = callback.Booking{Hours: hours, Proposals: 2, Horizon: callback.Span{Months: 3}}
	rig := managertest.New(managertest.ForExample(), managertest.Config{Services: []callback.Service{service}})

	_, err = rig.Manager.Start(context.Background(), manager.Request{
		Service: "desk",
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
	// closed at the desired time: service "desk", 2026-04-03T15:55:00.000Z to 2026-04-03T16:00:00.000Z, 2 alternatives
	// closed by holiday Good Friday (2026-04-03) at 2026-04-03T17:58:00 Europe/Zurich
	// Thu 2 Apr 17:50
	// Thu 2 Apr 17:55
	// true 40050
}

// A limit with a window says when the request can be repeated.
func ExampleLimitError() {
	service := managertest.Desk()
	service.Limits.SameNumber = 1
	service.Limits.Throttles = []callback.Throttle{{Max: 2, Every: 5 * time.Minute}}
	rig := managertest.New(managertest.ForExample(), managertest.Config{Services: []callback.Service{service}})
	for _, number := range []string{"044 668 18 00", "044 668 18 00", "+44 20 7946 0101", "+44 20 7946 0102"} {
		_, err := rig.Manager.Start(context.Background(), manager.Request{Service: "desk", Number: number})
		var limit *callback.LimitError
		switch {
		case errors.As(err, &limit) && limit.RetryAt.IsZero():
			fmt.Println(callback.Code(err), err)
		case errors.As(err, &limit):
			fmt.Println(callback.Code(err), err)
			fmt.Println("try again in", limit.RetryAt.Sub(rig.Clock.Now()))
		case err == nil:
			fmt.Println("accepted")
		}
		rig.Clock.Advance(time.Minute)
	}
	// Output:
	// accepted
	// 40001 number already has callbacks waiting: service "desk" allows 1
	// accepted
	// 40003 too many callbacks in the interval: service "desk" allows 2 in 5m0s
	// try again in 2m0s
}

// The error names the rule that refused the number, but not the number.
func ExampleNumberError() {
	service := managertest.Desk()
	service.Numbers.Countries = []string{"CH", "DE"}
	rig := managertest.New(managertest.ForExample(), managertest.Config{Services: []callback.Service{service}})
	for _, number := range []string{"please call me", "044 668", "117", "+44 20 7946 0123", "+49 30 23125 101"} {
		cb, err := rig.Manager.Start(context.Background(), manager.Request{Service: "desk", Number: number})
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

// The error names the field that breaks a rule.
func ExampleFieldError() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{})
	for _, req := range []manager.Request{
		{},
		{Service: "sales", Number: "044 668 18 00"},
		{Service: "desk"},
		{Service: "desk", Number: "044 668 18 00", Desired: managertest.Monday().AddDate(0, 6, 0)},
		{Service: "desk", Number: "044 668 18 00", Properties: callback.Values{"cart": struct{}{}}},
	} {
		_, err := rig.Manager.Start(context.Background(), req)
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

// The error says whether a call in flight forbids the operation.
func ExampleStateError() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{})
	cb := rig.Start(manager.Request{})
	for range 2 {
		_, err := rig.Manager.Reschedule(context.Background(), manager.RescheduleRequest{ID: cb.ID, Desired: managertest.Monday().Add(time.Hour)})
		var state *callback.StateError
		if errors.As(err, &state) {
			fmt.Println(err)
			fmt.Println(state.State, callback.Code(err), "in flight:", errors.Is(err, callback.ErrInFlight))
		}
		rig.Tick()
	}
	// Output:
	// cannot reschedule callback cb000001: it is QUEUED
	// QUEUED 40020 in flight: false
	// cannot reschedule callback cb000001: it is DIALING
	// DIALING 40020 in flight: true
}
