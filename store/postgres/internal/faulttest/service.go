package faulttest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// The services of a node.
const (
	// Desk calls at once, and as fast as the shortest time-outs allow.
	Desk = "desk"
	// Booked takes callbacks for later, [Seats] a bucket.
	Booked = "booked"
)

// Seats is how many callbacks a bucket of [Booked] takes.
const Seats = 5

// Lease and Poll are those of a node.
const (
	Lease = time.Second
	Poll  = 50 * time.Millisecond
)

// services are what every node is configured with.
func services() (*callback.Services, error) {
	retry, err := scheduler.SimpleRetry(2, 50*time.Millisecond)
	if err != nil {
		return nil, err
	}
	unlimited := callback.Limits{SameNumber: callback.CheckNone, Queued: 1 << 20, First: callback.Throttle{Every: -1},
		Second: callback.Throttle{Every: -1}, Parameters: []string{}}
	desk := callback.Service{Name: Desk, Limits: unlimited, Retention: retention,
		Numbers:  callback.Numbers{Country: "CH"},
		Queueing: callback.Queueing{Lines: 1 << 20},
		// A call may be placed for longer than a lease lasts: whoever lost its lease is stopped by nothing but the store.
		Dialing: callback.DialOptions{Retry: retry, PlaceTimeout: 2 * Lease, RingTimeout: 5 * time.Second, Grace: time.Millisecond,
			AgentWait: time.Second, MaxCall: time.Second}}
	booked := desk
	booked.Name = Booked
	booked.Booking.PerBucket = Seats
	return callback.NewServices(desk, booked)
}

const retention = 400 * 24 * time.Hour
