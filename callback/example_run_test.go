package callback_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
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
	m, err := callback.New(callback.Config{
		Store:    store.NewMemory(),
		Services: services,
		Dialer: callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			fmt.Println("calling", call.To, "for", call.UserData["topic"])
			// call.To.Reveal() gives the telephone system the digits.
			return callback.Outcome{Result: callback.Answer, Certainty: callback.Known, Talk: 3 * time.Minute}, nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()

	cb, err := m.Start(ctx, callback.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Properties: callback.Values{"topic": "an invoice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for e, err := range m.Events(ctx, callback.Subscription{}) {
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

// A DialerFunc makes a call from beginning to end. Its error says whether the
// call may have rung: one that wraps ErrNotPlaced is tried again, any other is
// not.
func ExampleDialerFunc() {
	ctx := context.Background()
	attempts := 0
	dialer := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
		attempts++
		switch attempts {
		case 1:
			return callback.Outcome{}, fmt.Errorf("no connection to the exchange: %w", callback.ErrNotPlaced)
		case 2:
			return callback.Outcome{}, &callback.ThrottledError{After: 40 * time.Second}
		case 3:
			return callback.Outcome{Result: callback.Busy, Certainty: callback.Known, SIP: 486}, nil
		}
		return callback.Outcome{}, errors.New("connection was lost during the call")
	})
	m, sim := simulate(support(), func(c *callback.Config) { c.Dialer = dialer })
	cb, err := m.Start(ctx, callback.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.pass(2 * time.Hour)
	if cb, err = m.Get(ctx, "", cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	for _, attempt := range cb.Attempts {
		end := "nobody knows how it ended"
		if !attempt.Live() {
			end = fmt.Sprint(attempt.Outcome.Certainty, " ", attempt.Outcome.Result)
		}
		fmt.Println(attempt.Key, attempt.Began.Format("15:04:05"), end)
	}
	fmt.Println(cb.State) // nobody is phoned again because of a lost connection
	// Output:
	// cb000001/1 09:00:00 not placed SYSTEM_ERROR
	// cb000001/2 09:00:10 not placed SYSTEM_ERROR
	// cb000001/3 09:00:50 known BUSY
	// cb000001/4 09:05:50 nobody knows how it ended
	// UNRESOLVED
}

// Run works until its context ends or Shutdown is called.
func ExampleManager_Run() {
	m, sim := simulate(support())
	cb, err := m.Start(context.Background(), callback.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()

	for e, err := range m.Events(ctx, callback.Subscription{Types: []callback.EventType{callback.EventPlaced}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Callback == cb.ID, e.Type)
		break
	}
	stop()
	fmt.Println(<-stopped)
	fmt.Println("calls that go on:", len(sim.phones.Live()))
	// Output:
	// true placed
	// context canceled
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
	m, _ := simulate(support(), func(c *callback.Config) {
		c.Router = router
		c.Poll = time.Minute
	})
	stopped := make(chan error, 1)
	go func() { stopped <- m.Run(ctx) }()
	cb, err := m.Start(ctx, callback.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	<-router.asked // nobody is free: the Manager would sleep for a minute

	router.SetAgents("support", "ann")
	m.Wake()
	for e, err := range m.Events(ctx, callback.Subscription{Types: []callback.EventType{callback.EventDialing}}) {
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
