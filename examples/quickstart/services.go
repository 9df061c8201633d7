package main

import (
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// services configures the three services of the day. Fields that are not set
// have the defaults that their comments document.
func services() (*callback.Services, error) {
	office, err := hours("Europe/Berlin", 9, 17,
		availability.DateRule{Name: "Good Friday", Year: 2026, Month: time.April, Day: 3},
		availability.DateRule{Name: "New Year", Month: time.January, Day: 1})
	if err != nil {
		return nil, err
	}
	always, err := hours("Europe/Berlin", 0, 24)
	if err != nil {
		return nil, err
	}
	coast, err := hours("America/New_York", 9, 18)
	if err != nil {
		return nil, err
	}
	retry := scheduler.DefaultRetryPolicy()
	retry.Rules[scheduler.Busy] = scheduler.Rule{Max: -1, Delay: time.Minute}
	return callback.NewServices(
		// billing has two seats in each five minutes. Its callbacks are found by
		// number and by contract, and neither may be missing.
		callback.Service{
			Name:         "billing",
			Numbers:      callback.Numbers{Country: "DE", Countries: []string{phonenum.Anywhere}},
			Booking:      callback.Booking{Hours: office, PerBucket: 2, Past: time.Hour},
			SearchKeys:   []string{"_customer_number", "contract"},
			RequiredKeys: []string{"_customer_number", "contract"},
			MaskAfter:    callback.Off, // the report at the end names the customers
		},
		// support has one line, so that priorities decide who is called first. It
		// gives a callback up after three attempts that the dialer did not place.
		callback.Service{
			Name:      "support",
			Numbers:   callback.Numbers{Country: "DE", Countries: []string{phonenum.Anywhere}, SIPHosts: []string{"example.com"}},
			Booking:   callback.Booking{Hours: always, Bucket: 30 * time.Minute, PerBucket: 4},
			Queueing:  callback.Queueing{Lines: 1, MaxSubmits: 3},
			Dialing:   callback.DialOptions{Retry: retry},
			MaskAfter: callback.Off,
		},
		// us-sales calls North America only, and limits how much it accepts.
		callback.Service{
			Name:      "us-sales",
			Numbers:   callback.Numbers{Country: "US", Countries: []string{"CA"}},
			Booking:   callback.Booking{Hours: coast, Bucket: 15 * time.Minute, PerBucket: 5},
			Limits:    callback.Limits{Queued: 3, Throttles: []callback.Throttle{{Max: 5, Every: 5 * time.Minute}}, PerParameter: 2},
			MaskAfter: callback.Off,
		},
	)
}

// hours opens from one hour to another: every day around the clock, otherwise
// from Monday to Friday.
func hours(zone string, from, to int, holidays ...availability.DateRule) (*availability.Calendar, error) {
	last := time.Friday
	if to-from == 24 {
		last = time.Sunday
	}
	return availability.NewCalendar(availability.CalendarConfig{
		Zone:     zone,
		Regular:  []availability.WeeklyHours{{FromDay: time.Monday, ToDay: last, Open: availability.Clock(from, 0), Close: availability.Clock(to, 0)}},
		Holidays: holidays,
	})
}
