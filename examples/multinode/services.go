package main

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// plan is how much happens, and when, counted from the first request.
type plan struct {
	bookings int           // requests for a later time, in each service
	seats    int           // of them, how many a service's time bucket holds
	now      int           // requests to be called at once, in each service
	burst    int           // requests thrown at the node that is killed
	lines    int           // calls of a service that may be up at once, over all nodes
	release  time.Duration // when the first booked callback is released
	spread   time.Duration // how long the releases go on
	asking   time.Duration // how long the requests to be called at once go on
	kill     time.Duration // when a node is killed
	back     time.Duration // when it is started again
	limit    time.Duration // when the show gives up waiting
}

func fullPlan() plan {
	return plan{
		bookings: 80, seats: 60, now: 90, burst: 30, lines: 12,
		release: 3 * time.Second, spread: 5 * time.Second, asking: 7 * time.Second,
		kill: 4 * time.Second, back: 8 * time.Second, limit: 90 * time.Second,
	}
}

// serviceNames are the services that all nodes have.
func serviceNames() []string { return []string{"billing", "sales", "support"} }

// bucket is the length of a time bucket.
const bucket = 5 * time.Minute

// ahead returns how long before its time a booked callback is released: six to
// eleven minutes, chosen so that all times that are booked from now on lie in
// one time bucket.
func ahead(now time.Time) time.Duration {
	return now.Truncate(bucket).Add(2*bucket + time.Minute).Sub(now)
}

// services returns the services, which release booked callbacks that long ahead
// of their time.
//
// The times of the platform are short, so that a silent one is doubted after
// placing + ringing + grace = 6.5 s and not after a minute.
func services(p plan, ahead time.Duration) (*callback.Services, error) {
	var list []callback.Service
	for _, name := range serviceNames() {
		list = append(list, callback.Service{
			Name:     name,
			Numbers:  callback.Numbers{Country: "DE"},
			Booking:  callback.Booking{Bucket: bucket, PerBucket: callback.Limit(p.seats), Buffer: ahead, ConnectThreshold: ahead},
			Queueing: callback.Queueing{Lines: callback.Limit(p.lines)},
			Dialing: callback.DialOptions{
				PlaceTimeout: time.Second, RingTimeout: 5 * time.Second, Grace: 500 * time.Millisecond,
				Retry: scheduler.RetryPolicy{MaxAttempts: 3, Default: scheduler.Rule{Max: -1, Delay: time.Second}},
			},
		})
	}
	return callback.NewServices(list...)
}
