package manager_test

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback"
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
	// cb000099 "cb000099": callback not found
	// done: 2
	// cb000002 <nil>
	// cb000004 cannot cancel callback cb000004: it is COMPLETED
	// cb000099 "cb000099": callback not found
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
