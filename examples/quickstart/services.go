package main

import (
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// keep is how long completed callbacks stay readable here, so that the account
// at the end can tell of all of them. The library's default is a day.
const keep = 30 * 24 * time.Hour

// services makes the three services of the day. Everything that is not set has
// the default that its field documents.
func services() (*callback.Services, error) {
	billing, err := billing()
	if err != nil {
		return nil, err
	}
	support, err := support()
	if err != nil {
		return nil, err
	}
	sales, err := sales()
	if err != nil {
		return nil, err
	}
	return callback.NewServices(billing, support, sales)
}

// billing is an office: hours, holidays, and few seats in each five minutes.
func billing() (callback.Service, error) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{
		Zone: "Europe/Berlin",
		Regular: []availability.WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(17, 0)},
		},
		Holidays: []availability.DateRule{
			{Name: "Good Friday", Year: 2026, Month: time.April, Day: 3},
			{Name: "Easter Monday", Year: 2026, Month: time.April, Day: 6},
			{Name: "New Year", Month: time.January, Day: 1},
		},
	})
	if err != nil {
		return callback.Service{}, err
	}
	return callback.Service{
		Name:      "billing",
		Numbers:   callback.Numbers{Country: "DE"},
		Booking:   callback.Booking{Hours: hours, PerBucket: 2, Past: time.Hour},
		Retention: keep,
		// A callback is found by its number and by the contract, and is not
		// taken without either.
		SearchKeys:   []string{"_customer_number", "contract"},
		RequiredKeys: []string{"_customer_number", "contract"},
	}, nil
}

// support never closes, has one line, and so shows the order of priorities. Its
// retries are its own.
func support() (callback.Service, error) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{
		Zone: "Europe/Berlin",
		Regular: []availability.WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Sunday, Open: availability.Clock(0, 0), Close: availability.Clock(24, 0)},
		},
	})
	if err != nil {
		return callback.Service{}, err
	}
	retry := scheduler.DefaultRetryPolicy()
	retry.MaxAttempts = 4
	retry.Rules[scheduler.Busy] = scheduler.Rule{Max: -1, Delay: time.Minute}
	retry.Rules[scheduler.NoAnswer] = scheduler.Rule{Max: 2, Delay: 10 * time.Minute, Factor: 2}
	return callback.Service{
		Name:      "support",
		Numbers:   callback.Numbers{Country: "DE"},
		Booking:   callback.Booking{Hours: hours, Bucket: 30 * time.Minute, PerBucket: 4},
		Queueing:  callback.Queueing{Lines: 1},
		Dialing:   callback.DialOptions{Retry: retry},
		Retention: keep,
	}, nil
}

// sales calls North America only, and lets nobody flood it.
func sales() (callback.Service, error) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{
		Zone: "America/New_York",
		Regular: []availability.WeeklyHours{
			{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(9, 0), Close: availability.Clock(18, 0)},
		},
	})
	if err != nil {
		return callback.Service{}, err
	}
	return callback.Service{
		Name:    "us-sales",
		Numbers: callback.Numbers{Country: "US", Countries: []string{"US", "CA"}},
		Booking: callback.Booking{Hours: hours, Bucket: 15 * time.Minute, PerBucket: 5},
		Limits: callback.Limits{
			Queued:       3,
			First:        callback.Throttle{Max: 5, Every: 5 * time.Minute},
			PerParameter: 2,
		},
		Retention: keep,
	}, nil
}
