package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A customer asks to be forgotten. What is booked or over goes; what is under
// way has to end first.
func ExampleManager_Forget() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Answered(10*time.Minute))
	var calls []callback.AttemptKey
	for _, desired := range []time.Time{{}, opening().Add(5 * time.Hour)} {
		cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00", Desired: desired})
		if err != nil {
			fmt.Println(err)
			return
		}
		calls = append(calls, callback.NewAttemptKey(cb.ID, 1))
	}
	sim.Run(2 * time.Minute)
	forget := func() {
		result, err := m.Forget(ctx, manager.ForgetRequest{
			Numbers: []string{"+41 44 668 18 00"}, // in any spelling
			Actor:   "ann",
			Detail:  "request 4711",
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, item := range result.Items {
			fmt.Printf("%s of %d: %v\n", item.ID, item.N, item.Err)
		}
	}
	forget()
	sim.Run(time.Hour)
	forget()
	forget() // nothing is left

	history, err := m.History(ctx, "cb000001")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range history {
		fmt.Println(e.Type, e.Actor, e.Detail)
	}
	// What a dialer has to say of the call comes too late.
	err = m.Report(ctx, callback.Report{Key: calls[0], Stage: callback.StageBridged})
	fmt.Println(errors.Is(err, callback.ErrNotFound))
	// Output:
	// cb000001 of 1: cannot forget callback cb000001: it is PROCESSING
	// cb000002 of 1: <nil>
	// cb000001 of 1: <nil>
	//  of 0: <nil>
	// erased ann request 4711
	// true
}
