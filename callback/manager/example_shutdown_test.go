package manager_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

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

// Shutdown does not wait longer than its context. What it leaves behind is
// counted in the error and cleared up by whoever works on the store next.
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
