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

// Many callbacks are cancelled at once, each on its own: first without doing
// it, to see what would happen.
func ExampleManager_CancelAll() {
	ctx := context.Background()
	m, err := waitingRoom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	req := manager.CancelAllRequest{
		IDs:    []callback.ID{"cb000002", "cb000004", "cb000099"},
		DryRun: true,
		Actor:  "ann",
		Detail: "the line is down",
	}
	show := func(result manager.BulkResult) {
		for _, item := range result.Items {
			fmt.Println(item.ID, item.Err)
		}
		fmt.Println("done:", result.Done)
	}
	result, err := m.CancelAll(ctx, req)
	if err != nil {
		fmt.Println(err)
		return
	}
	show(result)
	if _, err = m.Cancel(ctx, manager.CancelRequest{ID: "cb000004"}); err != nil {
		fmt.Println(err)
		return
	}
	req.DryRun = false
	if result, err = m.CancelAll(ctx, req); err != nil {
		fmt.Println(err)
		return
	}
	show(result)
	cb, err := m.Get(ctx, "cb000002")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason)
	// Output:
	// cb000002 <nil>
	// cb000004 <nil>
	// cb000099 cb######: callback not found
	// done: 2
	// cb000002 <nil>
	// cb000004 cannot cancel callback cb000004: it is COMPLETED
	// cb000099 cb######: callback not found
	// done: 1
	// COMPLETED CANCELLED_BY_ADMIN
}

// A query takes the place of the identifiers.
func ExampleManager_CancelAll_query() {
	ctx := context.Background()
	m, err := waitingRoom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := m.CancelAll(ctx, manager.CancelAllRequest{
		Query: &callback.Query{Services: []string{"support"}, CustomerID: "C-1"},
		Actor: "ann",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result)
	// Output:
	// {[callback cb000001, 1 concerned callback cb000004, 1 concerned] 2}
}

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
