package manager_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// A Manager needs a store, a source of services and a dialer; everything else
// has a default.
func ExampleNew() {
	services, err := callback.NewServices(callback.Service{
		Name:    "support",
		Numbers: callback.Numbers{Country: "CH"}, // "044 668 18 00" is a Swiss number
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := manager.New(manager.Config{
		Store:    store.NewMemory(store.Config{}),
		Services: services,
		Dialer: callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			// Place the call with any telephone system, wait for its end, and
			// say what it was.
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// Start stores the callback; Run or Tick dials it.
	cb, err := m.Start(context.Background(), manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Customer.Number)
	// Output:
	// QUEUED +41•••••1800
}

// A faulty configuration is refused as a whole, with everything that is wrong
// with it.
func ExampleNew_faults() {
	_, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}),
		Lease: time.Hour,
		Poll:  time.Millisecond,
		Batch: -1,
	})
	fmt.Println(err)
	fmt.Println("configuration:", errors.Is(err, callback.ErrConfiguration))
	// Output:
	// Services: is required
	// Dialer: is required
	// Lease: 1h0m0s is not between 1s and 10m
	// Poll: 1ms is not between 10ms and 1m
	// Batch: -1 is not between 1 and 10000
	// configuration: true
}

// In tests the Manager of a host runs on virtual time: hours pass at once, and
// every run is like the last.
func ExampleNew_virtualTime() {
	ctx := context.Background()
	clock := callbacktest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	dialer := callbacktest.NewDialer(clock.Now)
	dialer.On("+41446681800",
		callbacktest.Busy(),                  // the first attempt
		callbacktest.Answered(4*time.Minute), // the second
	)
	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: dialer,
		Now:         clock.Now,              // time is what the clock says
		NewID:       callbacktest.IDs("cb"), // cb000001, cb000002, ...
		Node:        "node-1",               // the name in the history
		Synchronous: true,                   // no goroutines
		Logger:      slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}

	// Drive does what Run would do in these three hours.
	if _, err := callbacktest.Drive(ctx, m, clock, dialer, clock.Now().Add(3*time.Hour)); err != nil {
		fmt.Println(err)
		return
	}
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	for _, attempt := range cb.Attempts {
		fmt.Println(attempt.Key, attempt.Began.Format("15:04:05"), attempt.Outcome.Result, attempt.Outcome.Talk)
	}
	fmt.Println(cb.State, cb.Reason)
	// Output:
	// cb000001.1 09:00:00 BUSY 0s
	// cb000001.2 09:05:01 ANSWER 4m0s
	// COMPLETED AGENT_CONNECTED
}

// Each tenant has services, callbacks and limits of its own; one Manager works
// for all of them.
func ExampleManager_Tenant() {
	ctx := context.Background()
	m, sim := simulate(support())
	if err := sim.Services.Set("acme", support()); err != nil {
		fmt.Println(err)
		return
	}
	cb, err := m.Tenant("acme").Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = m.Get(ctx, cb.ID)
	fmt.Println(err)
	cb, err = m.Tenant("acme").Get(ctx, cb.ID)
	fmt.Println(cb.ID, cb.Tenant, err)
	// Output:
	// callback cb000001: callback not found
	// cb000001 acme <nil>
}
