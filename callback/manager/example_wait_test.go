package manager_test

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// Wait returns when the callback is over; Run ends with its context.
func ExampleManager_Wait() {
	services, err := callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	dial := func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Ended(callback.ResultBridged), nil
	}
	m, err := manager.New(manager.Config{Store: store.NewMemory(), Services: services, Dialer: callback.DialerFunc(dial)})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	cb, err := m.Start(ctx, manager.Request{Service: "billing", Number: "044 668 18 00"})
	if err == nil {
		cb, err = m.Wait(ctx, cb.ID)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	stop()
	fmt.Println(cb.State, cb.Reason, <-ended)
	// Output: COMPLETED AGENT_CONNECTED <nil>
}
