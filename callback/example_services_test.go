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

// The zero value of every field of a Service is the documented default.
func ExampleNewServices() {
	services, err := callback.NewServices(
		callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}},
		callback.Service{
			Name:    "sales",
			Numbers: callback.Numbers{Country: "GB", Countries: []string{"GB", "IE"}},
			Booking: callback.Booking{Bucket: 15 * time.Minute, PerBucket: 4},
			TTL:     8 * time.Hour,
		},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := services.Policy(context.Background(), "", "sales")
	if err != nil {
		fmt.Println(err)
		return
	}
	sales := policy.Service() // with every default in place
	fmt.Println(sales.Booking.Bucket, sales.Booking.PerBucket, sales.TTL)
	fmt.Println(sales.Booking.Buffer, sales.Limits.Queued, sales.Dialing.Retry.MaxAttempts)
	// Output:
	// 15m0s 4 8h0m0s
	// 2m0s 1000 3
}

// Set changes a service while Managers use it. A service with faults is refused.
func ExampleServices_Set() {
	ctx := context.Background()
	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "US"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	seats := func() {
		policy, err := services.Policy(ctx, "", "support")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("seats per bucket:", policy.Service().Booking.PerBucket)
	}
	seats()

	service := callback.Service{Name: "support", Numbers: callback.Numbers{Country: "US"}, Booking: callback.Booking{PerBucket: 8}}
	if err := services.Set("", service); err != nil {
		fmt.Println(err)
	}
	seats()

	service.Booking = callback.Booking{PerBucket: 2, Bucket: 7 * time.Minute}
	fmt.Println("refused:", errors.Is(services.Set("", service), callback.ErrConfiguration))
	seats()
	// Output:
	// seats per bucket: 100
	// seats per bucket: 8
	// refused: true
	// seats per bucket: 8
}

// Each tenant, including the empty one, has its own services.
func ExampleServices_Names() {
	ctx := context.Background()
	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "US"}}, callback.Service{Name: "sales", Numbers: callback.Numbers{Country: "US"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := services.Set("acme", callback.Service{Name: "orders", Numbers: callback.Numbers{Country: "US"}}); err != nil {
		fmt.Println(err)
		return
	}
	for _, tenant := range []string{"", "acme", "unknown"} {
		names, err := services.Names(ctx, tenant)
		fmt.Printf("%q: %q %v\n", tenant, names, err)
	}
	// Output:
	// "": ["sales" "support"] <nil>
	// "acme": ["orders"] <nil>
	// "unknown": [] <nil>
}

// A service that was removed accepts no requests. Its callbacks stay in the store
// and are dialed after the service is set again.
func ExampleServices_Remove() {
	rig := managertest.New(managertest.ForExample(), managertest.Config{})
	cb := rig.Start(manager.Request{})

	rig.Services.Remove("", "desk")
	_, err := rig.Manager.Start(context.Background(), manager.Request{Service: "desk", Number: "044 668 18 00"})
	fmt.Println(err)
	rig.Run(time.Minute)
	fmt.Println(rig.Get(cb.ID).State)

	if err := rig.Services.Set("", managertest.Desk()); err != nil {
		fmt.Println(err)
	}
	rig.Run(time.Hour)
	fmt.Println(rig.Get(cb.ID).State)
	// Output:
	// service: "desk" is not known
	// QUEUED
	// COMPLETED
}

// The error joins all faults of a service.
func ExampleNewPolicy() {
	_, err := callback.NewPolicy(callback.Service{
		Name:         "support",
		TTL:          time.Second,
		RequiredKeys: []string{"_account"},
		Numbers:      callback.Numbers{Country: "XX"},
		Booking:      callback.Booking{Buffer: 5 * time.Minute, ConnectThreshold: time.Minute},
		Preview:      callback.Preview{On: true, Rejects: -1},
		Inbound:      callback.Inbound{On: true},
	})
	var faults interface{ Unwrap() []error }
	if !errors.As(err, &faults) {
		fmt.Println("no faults")
		return
	}
	for _, fault := range faults.Unwrap() {
		var field *callback.FieldError
		if errors.As(fault, &field) {
			fmt.Printf("%-24s %s\n", field.Field, field.Rule)
		}
	}
	// Output:
	// TTL                      1s is not between 1m0s and 9600h0m0s
	// RequiredKeys             "_account" is not among SearchKeys
	// Numbers.Country          "XX" is not a region
	// Booking.ConnectThreshold 1m0s is below Buffer 5m0s: a released callback could not be dialed
	// Preview.Rejects          -1 is negative
	// Inbound.AccessNumbers    is required when customers call in
	// Preview.On               has no meaning when customers call in
}

// The planner of a policy answers questions about times without a store.
func ExamplePolicy_Planner() {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/Zurich", Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(8, 0), Close: availability.Clock(18, 0)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := callback.NewPolicy(callback.Service{
		Name:    "support",
		Numbers: callback.Numbers{Country: "CH"},
		Booking: callback.Booking{Hours: hours, Bucket: 30 * time.Minute},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	bucket := policy.Planner().BucketOf(time.Date(2026, time.March, 2, 9, 41, 7, 0, time.UTC))
	fmt.Println(bucket.Start.Format("15:04"), bucket.End.Format("15:04"), policy.Planner().Seats(bucket))
	// Output:
	// 09:30 10:00 100
}

// Attempts begin within the opening hours unless the service has another window.
func ExamplePolicy_Window() {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Zone: "Europe/Zurich", Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(8, 0), Close: availability.Clock(18, 0)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	saturday := time.Date(2026, time.March, 7, 9, 0, 0, 0, time.UTC)
	for _, window := range []*availability.Calendar{nil, availability.AlwaysOpen()} {
		policy, err := callback.NewPolicy(callback.Service{
			Name:    "support",
			Numbers: callback.Numbers{Country: "CH"},
			Booking: callback.Booking{Hours: hours},
			Dialing: callback.DialOptions{Window: window},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("attempts on Saturday:", policy.Window().Open(saturday))
	}
	// Output:
	// attempts on Saturday: false
	// attempts on Saturday: true
}

// catalog is a ServiceSource of a host with the services of several tenants.
type catalog map[string]map[string]*callback.Policy

// Policy reads from memory because a Manager calls it often.
func (c catalog) Policy(_ context.Context, tenant, name string) (*callback.Policy, error) {
	if p := c[tenant][name]; p != nil {
		return p, nil
	}
	return nil, callback.UnknownService(name)
}

// A ServiceSource returns UnknownService for a service that it does not have, as
// Services does.
func ExampleUnknownService() {
	policy, err := callback.NewPolicy(callback.Service{Name: "orders", Numbers: callback.Numbers{Country: "US"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var source callback.ServiceSource = catalog{"acme": {"orders": policy}}

	_, err = source.Policy(context.Background(), "acme", "orders")
	fmt.Println(err)
	_, err = source.Policy(context.Background(), "acme", "returns")
	fmt.Println(err)
	fmt.Println(callback.Code(err), errors.Is(err, callback.ErrInvalidParameter), errors.Is(err, callback.ErrConfiguration))
	// Output:
	// <nil>
	// service: "returns" is not known
	// 40010 true true
}

// The zero value of a limit or duration is its documented default.
func ExampleLimit() {
	policy, err := callback.NewPolicy(callback.Service{
		Name:    "orders",
		Numbers: callback.Numbers{Country: "CH"},
		Limits: callback.Limits{
			Queued:         callback.NoLimit,
			AttemptsPerDay: 3,
			Throttles:      []callback.Throttle{{Max: 20, Every: time.Minute}},
		},
		Booking:   callback.Booking{Proposals: callback.None},
		MaskAfter: callback.Off,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	s := policy.Service()
	fmt.Println(s.Limits.Queued, s.Limits.AttemptsPerDay, s.Booking.Proposals, s.Booking.PerBucket)
	_, err = callback.NewPolicy(callback.Service{Name: "orders", Limits: callback.Limits{Queued: -5}})
	fmt.Println(err)
	// Output:
	// no limit 3 none 100
	// service "orders": Numbers.Country: is required unless Numbers.Countries is set
	// service "orders": Limits.Queued: -5 is neither NoLimit (-1), None (-2) nor a number from 0
}
