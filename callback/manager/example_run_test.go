package manager_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// A whole program: a Manager that runs in the background makes the calls with a
// plain function, and stops in good order.
func Example() {
	ctx := context.Background()
	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := manager.New(manager.Config{
		Store:    store.NewMemory(store.Config{}),
		Services: services,
		Dialer: callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			fmt.Println("calling", call.To, "for", call.UserData["topic"])
			// call.To.Reveal() gives the telephone system the digits.
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known, Talk: 3 * time.Minute}, nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()

	cb, err := m.Start(ctx, manager.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Properties: callback.Values{"topic": "an invoice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range m.Events(ctx, manager.Subscription{Oldest: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if e.Callback == cb.ID && e.Type == callback.EventCompleted {
			fmt.Println(e.To, e.Reason)
			break
		}
	}

	if err := m.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("Run returned", <-stopped)
	// Output:
	// calling +41•••••1800 for an invoice
	// COMPLETED AGENT_CONNECTED
	// Run returned <nil>
}

// Run works until its context ends or Shutdown is called.
func ExampleManager_Run() {
	m, sim := simulate(support())
	cb, err := m.Start(context.Background(), manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()

	for e, err := range m.Events(ctx, manager.Subscription{Oldest: true, Types: []callback.EventType{callback.EventPlaced}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Callback == cb.ID, e.Type)
		break
	}
	stop()
	fmt.Println(<-stopped)
	fmt.Println("calls that go on:", len(sim.Dialer.Live()))
	// Output:
	// true placed
	// <nil>
	// calls that go on: 1
}

// switchboard is a Router that says when it was asked for agents.
type switchboard struct {
	*callbacktest.Router
	asked chan struct{}
}

// Free says how many agents are free.
func (s switchboard) Free(ctx context.Context, tenant, service string) (int, error) {
	free, err := s.Router.Free(ctx, tenant, service)
	select {
	case s.asked <- struct{}{}:
	default:
	}
	return free, err
}

// OnFree keeps the engine from being woken by the Router itself: in this
// example the host does it.
func (s switchboard) OnFree(func()) {}

// Wake makes a running Manager look for work at once, as when an agent has
// become free, instead of at the next poll.
func ExampleManager_Wake() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	router := switchboard{Router: callbacktest.NewRouter(0), asked: make(chan struct{}, 1)}
	m, _ := simulate(support(), func(c *manager.Config) {
		c.Router = router
		c.Poll = time.Minute
	})
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-router.asked // no agent is free: the Manager would sleep for a minute

	router.SetAgents("support", "ann")
	m.Wake()
	for e, err := range m.Events(ctx, manager.Subscription{Oldest: true, Types: []callback.EventType{callback.EventDialing}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Callback == cb.ID, e.Type)
		break
	}
	if err := m.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-stopped)
	// Output:
	// true dialing
	// <nil>
}

// Shutdown waits for calls of the dialer that have begun, so that no result is
// lost; afterwards the Manager takes nothing more.
func ExampleManager_Shutdown() {
	ctx := context.Background()
	began, finish := make(chan struct{}), make(chan struct{})
	m, _ := simulate(support(), func(c *manager.Config) {
		c.Synchronous = false
		c.Dialer = callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			close(began)
			<-finish
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})
	})
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-began

	down := make(chan error, 1)
	go func() { down <- m.Shutdown(ctx) }()
	fmt.Println("Run:", <-stopped) // it claims no more work
	close(finish)                  // the parties say goodbye
	fmt.Println("Shutdown:", <-down)

	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason)
	_, err = m.Start(ctx, manager.Request{Service: "support", Number: "+44 20 7946 0101"})
	fmt.Println(errors.Is(err, callback.ErrStopped), err)
	// Output:
	// Run: <nil>
	// Shutdown: <nil>
	// COMPLETED AGENT_CONNECTED
	// true manager is stopped
}

// Shutdown does not wait longer than its context. Its error counts the calls in
// flight, which the next Manager on the store resolves.
func ExampleManager_Shutdown_deadline() {
	began := make(chan struct{})
	m, _ := simulate(support(), func(c *manager.Config) {
		c.Synchronous = false
		c.Dialer = callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			close(began)
			<-ctx.Done() // the end of Shutdown ends it
			return callback.Outcome{}, ctx.Err()
		})
	})
	go m.Run(context.Background())
	if _, err := m.Start(context.Background(), manager.Request{Service: "support", Number: "044 668 18 00"}); err != nil {
		fmt.Println(err)
		return
	}
	<-began
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // the deadline has passed
	fmt.Println(m.Shutdown(ctx))
	// Output:
	// calls of the dialer that have not returned: 1: context canceled
}

// Wait returns when the callback is completed, or when it is unresolved and an
// operator is needed.
func ExampleManager_Wait() {
	services, err := callback.NewServices(support())
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Logger: slog.New(slog.DiscardHandler),
		Dialer: callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			return callback.Ended(callback.ResultAnswer), nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err = m.Wait(ctx, cb.ID)
	fmt.Println(cb.State, cb.Reason, err)
	stop()
	fmt.Println(<-ended)
	// Output:
	// COMPLETED AGENT_CONNECTED <nil>
	// <nil>
}
