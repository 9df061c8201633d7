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

// waitingRoom makes a Manager with a queue of five callbacks of three
// customers.
func waitingRoom(ctx context.Context) (*manager.Manager, error) {
	service := support()
	service.SearchKeys = []string{"_customer_number", "_account"}
	m, sim := simulate(service)
	for i, number := range []string{"044 668 18 00", "+1 212 555 0100", "+44 20 7946 0123", "044 668 18 00", "+1 212 555 0100"} {
		_, err := m.Start(ctx, manager.Request{
			Service:    "support",
			Number:     number,
			CustomerID: fmt.Sprintf("C-%d", i%3+1),
			Properties: callback.Values{"_account": fmt.Sprintf("A-%d", i+1), "language": "en"},
		})
		if err != nil {
			return nil, err
		}
		sim.Clock.Advance(time.Minute)
	}
	return m, nil
}

// Get returns one callback by its identifier. Changing what it returns changes
// nothing in the store.
func ExampleManager_Get() {
	ctx := context.Background()
	m, err := waitingRoom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err := m.Get(ctx, "cb000002")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.ID, cb.State, cb.Customer.Number, cb.QueuedAt.Format("15:04"))

	_, err = m.Get(ctx, "cb000099")
	fmt.Println(errors.Is(err, callback.ErrNotFound), callback.Code(err))
	// Output:
	// cb000002 QUEUED +1••••••0100 09:01
	// true 40030
}

// Search reads page by page while its results are consumed, and stops when the
// loop does.
func ExampleManager_Search() {
	ctx := context.Background()
	m, err := waitingRoom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for cb, err := range m.Search(ctx, callback.Query{
		Services: []string{"support"},
		States:   []callback.State{callback.Queued},
		Order:    callback.ByCreated,
		Desc:     true,
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cb.ID, cb.Created.Format("15:04"), cb.Customer.Number)
	}
	// Output:
	// cb000005 09:04 +1••••••0100
	// cb000004 09:03 +41•••••1800
	// cb000003 09:02 +44••••••0123
	// cb000002 09:01 +1••••••0100
	// cb000001 09:00 +41•••••1800
}

// One page at a time, for a user interface: the cursor of a page leads to the
// next one.
func ExampleManager_SearchPage() {
	ctx := context.Background()
	m, err := waitingRoom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	query := callback.Query{Order: callback.ByCreated, Limit: 2}
	for {
		page, err := m.SearchPage(ctx, query)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, cb := range page.Callbacks {
			fmt.Print(cb.ID, " ")
		}
		if page.Next == "" {
			fmt.Println("end")
			return
		}
		fmt.Println("...")
		query.After = page.Next
	}
	// Output:
	// cb000001 cb000002 ...
	// cb000003 cb000004 ...
	// cb000005 end
}

// Callbacks are found by number in any spelling, by the search keys of their
// service, by property, and by what the host knows the customer as.
func ExampleManager_SearchPage_searchValues() {
	ctx := context.Background()
	m, err := waitingRoom(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, query := range []callback.Query{
		{Services: []string{"support"}, Number: "(044) 668-18-00"},
		{SearchValues: []callback.Match{{Key: "_account", Value: "A-3"}}},
		{SearchValues: []callback.Match{{Key: "_account", Value: "A-1"}, {Key: "_account", Value: "A-2"}}, AnySearchValue: true},
		{Properties: []callback.Match{{Key: "language", Value: "en"}}, CustomerID: "C-2"},
		{CreatedFrom: opening().Add(3 * time.Minute)},
	} {
		query.Order = callback.ByCreated
		page, err := m.SearchPage(ctx, query)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, cb := range page.Callbacks {
			fmt.Print(cb.ID, " ")
		}
		fmt.Println("found", len(page.Callbacks))
	}
	// Output:
	// cb000001 cb000004 found 2
	// cb000003 found 1
	// cb000001 cb000002 found 2
	// cb000002 cb000005 found 2
	// cb000004 cb000005 found 2
}

// What ended is found by its reason, until its retention is over.
func ExampleManager_Search_ended() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On("+12125550100", callbacktest.Busy())
	for _, number := range []string{"044 668 18 00", "+1 212 555 0100"} {
		if _, err := m.Start(ctx, manager.Request{Service: "support", Number: number}); err != nil {
			fmt.Println(err)
			return
		}
	}
	sim.Run(time.Hour)
	for cb, err := range m.Search(ctx, callback.Query{
		States:    []callback.State{callback.Completed},
		Reasons:   []callback.Reason{callback.ReasonCallToCustomer},
		EndedFrom: opening(),
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cb.ID, cb.Reason, "after", len(cb.Attempts), "attempts")
	}
	// Output:
	// cb000002 FAIL_CALL_TO_CUSTOMER after 3 attempts
}
