package config

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// defaultCountry is the region of numbers without a country code where
// _default_country is absent.
const defaultCountry = "US"

// defaults returns a service with the values that GMS uses where an option is
// absent. Retries, the throttles and the reminder are added by finishTimes,
// because several options make one field of them.
func defaults(name string) callback.Service {
	return callback.Service{
		Name:    name,
		Numbers: callback.Numbers{Country: defaultCountry, Countries: []string{phonenum.Anywhere}},
		Limits:  callback.Limits{SameNumber: 2, Queued: 1000, PerParameter: 6, BookingsPerDay: callback.NoLimit},
		Booking: callback.Booking{
			Bucket: 5 * time.Minute, PerBucket: 100, Buffer: 120 * time.Second, ConnectThreshold: 180 * time.Second,
			Horizon: callback.Span{Months: 1},
		},
		Queueing: callback.Queueing{TTL: 4 * time.Hour, MaxSubmits: 3},
		Dialing: callback.DialOptions{
			Retry: scheduler.DefaultRetryPolicy(), PlaceTimeout: 32 * time.Second, AgentWait: time.Hour, MaxCall: time.Hour,
		},
		Preview:   callback.Preview{Timeout: 30 * time.Second, ReasonKey: "ReasonCode"},
		Inbound:   callback.Inbound{Timeout: 30 * time.Second},
		Confirm:   callback.Confirm{Timeout: 30 * time.Second},
		MediaType: "voice",
		TTL:       24 * time.Hour,
		// GMS keeps a callback for a day after its end and masks nothing.
		Retention: 24 * time.Hour,
		MaskAfter: callback.Off,
	}
}

// defaultThrottles returns the two throttles of GMS.
func defaultThrottles() [2]callback.Throttle {
	return [...]callback.Throttle{{Max: 500, Every: 300 * time.Second}, {Max: 1000, Every: 3600 * time.Second}}
}
