package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
)

// frontDesk makes a Manager for two services, of which one has three callbacks.
func frontDesk(ctx context.Context) (*manager.Manager, *managertest.Rig, error) {
	services, err := callback.NewServices(support(), callback.Service{Name: "sales", Numbers: callback.Numbers{Country: "US", Countries: []string{"CH", "DE", "GB"}}})
	if err != nil {
		return nil, nil, err
	}
	m, sim := simulate(support(), func(c *manager.Config) { c.Services = services })
	for i, number := range []string{"044 668 18 00", "+1 212 555 0100", "+44 20 7946 0123"} {
		_, err := m.Start(ctx, manager.Request{Service: "support", Number: number, Desired: opening().Add(time.Duration(3-i) * time.Hour)})
		if err != nil {
			return nil, nil, err
		}
	}
	return m, sim, nil
}

// Queues lists the callbacks of every service by their desired time.
func ExampleManager_Queues() {
	ctx := context.Background()
	m, _, err := frontDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	queues, err := m.Queues(ctx, manager.QueuesRequest{Max: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, q := range queues {
		fmt.Println(q.Service, len(q.Callbacks), q.More)
		for _, cb := range q.Callbacks {
			fmt.Println(" ", cb.Desired.Format("15:04"), cb.ID, cb.State)
		}
	}
	_, err = m.Queues(ctx, manager.QueuesRequest{From: opening(), To: opening().AddDate(1, 0, 0)})
	var wide *manager.RangeError
	fmt.Println(errors.As(err, &wide), callback.Code(err), err)
	// Output:
	// sales 0 false
	// support 2 true
	//   10:00 cb000003 SCHEDULED
	//   11:00 cb000002 SCHEDULED
	// true 40020 time range of 8760h0m0s is wider than 1080h0m0s
}

// Watermarks counts what is at work: neither booked for later nor over.
func ExampleManager_Watermarks() {
	ctx := context.Background()
	m, sim, err := frontDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
	for range 2 {
		marks, err := m.Watermarks(ctx, manager.WatermarksRequest{})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(marks.Total, marks.Services)
		sim.Run(70 * time.Minute)
	}
	// Output:
	// 0 map[sales:0 support:0]
	// 1 map[sales:0 support:1]
}

// Position tells a waiting customer where they stand and how long it may take.
func ExampleManager_Position() {
	ctx := context.Background()
	service := support()
	service.Booking.Estimator = scheduler.EstimatorFunc(func(position int, _ time.Time) (time.Duration, bool) {
		return time.Duration(position) * 4 * time.Minute, true
	})
	m, _ := simulate(service, func(c *manager.Config) { c.Router = callbacktest.NewRouter(1) })
	for i, number := range []string{"044 668 18 00", "+1 212 555 0100", "+44 20 7946 0123"} {
		priority := []scheduler.Priority{scheduler.Normal, scheduler.Normal, scheduler.StrictPriority}[i]
		if _, err := m.Start(ctx, manager.Request{Service: "support", Number: number, Priority: priority}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, id := range []callback.ID{"cb000001", "cb000002", "cb000003"} {
		p, err := m.Position(ctx, id)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %d of %d, %v to wait, soon: %v\n", id, p.Place, p.Waiting, p.Wait, p.Ready)
	}
	// Output:
	// cb000001: 2 of 3, 8m0s to wait, soon: false
	// cb000002: 3 of 3, 12m0s to wait, soon: false
	// cb000003: 1 of 3, 4m0s to wait, soon: true
}

// Policies returns the services of a tenant with every default in place.
func ExampleManager_Policies() {
	ctx := context.Background()
	m, _, err := frontDesk(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	policies, err := m.Policies(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range policies {
		fmt.Println(p.Service().Name, p.Service().Numbers.Country, p.Service().TTL)
	}
	// Output:
	// sales US 24h0m0s
	// support CH 24h0m0s
}

// Policy returns one service as it is configured now.
func ExampleManager_Policy() {
	m, _ := simulate(support())
	p, err := m.Policy(context.Background(), "support")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Service().Name, p.Service().Queueing.TTL)
	_, err = m.Policy(context.Background(), "billing")
	fmt.Println(callback.Code(err), err)
	// Output:
	// support 4h0m0s
	// 40010 service: "billing" is not known
}

// Now is the time of the store or of Config.Now, here that of the simulation.
func ExampleManager_Now() {
	m, sim := simulate(support())
	sim.Run(90 * time.Minute)
	now, err := m.Now(context.Background())
	fmt.Println(now.Format(time.TimeOnly), err)
	// Output: 10:30:00 <nil>
}
