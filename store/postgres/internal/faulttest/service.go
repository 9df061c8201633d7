package faulttest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// Services of a node.
const (
	// Desk dials at once, with time-outs as short as possible.
	Desk = "desk"
	// Booked takes callbacks for later, [Seats] per bucket.
	Booked = "booked"
)

// Seats is the capacity of a bucket of [Booked].
const Seats = 5

// Lease and poll interval of a node.
const (
	Lease = time.Second
	Poll  = 50 * time.Millisecond
)

// services returns the services that every node is configured with.
func services() (*callback.Services, error) {
	retry, err := scheduler.SimpleRetry(2, 50*time.Millisecond)
	if err != nil {
		return nil, err
	}
	unlimited := callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit, Attempts: []callback.Throttle{}, Queued: 1 << 20, Parameters: []string{}}
	desk := callback.Service{Name: Desk, Limits: unlimited, Retention: retention,
		Numbers:  callback.Numbers{Country: "CH"},
		Queueing: callback.Queueing{Lines: 1 << 20},
		// A call may be placed for longer than a lease lasts: only the store
		// stops a node that has lost its lease.
		Dialing: callback.DialOptions{Retry: retry, PlaceTimeout: 2 * Lease, RingTimeout: 5 * time.Second, Grace: time.Millisecond,
			AgentWait: time.Second, MaxCall: time.Second}}
	booked := desk
	booked.Name = Booked
	booked.Booking.PerBucket = Seats
	return callback.NewServices(desk, booked)
}

const retention = 400 * 24 * time.Hour
