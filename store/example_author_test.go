package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// A store of your own rejects malformed changes before it opens a transaction.
func ExampleCheckChange() {
	c := booking("c1")
	fmt.Println(store.CheckChange(&c))
	c.Take[0].N = 0
	fmt.Println(store.CheckChange(&c))
	fmt.Println(store.CheckChange(&store.Change{}))
	// Output:
	// <nil>
	// Take: item 0: 0 units are below 1
	// Record: is missing
}

// A window of a counter that began when the clock was ahead ends too late: it is over.
func ExampleLastEnd() {
	permit := callback.Permit{Key: callback.PermitKey{Kind: callback.PermitRate, Service: "desk"}, N: 1, Max: 5, For: time.Minute}
	fmt.Println(store.LastEnd(&permit, nine()).Format(time.TimeOnly))
	// Output: 09:01:01
}

// A rolling counter keeps one part per hour in which units were taken.
func ExampleParts() {
	permit := callback.Permit{Key: callback.PermitKey{Kind: callback.PermitBooking, Name: "24h0m0s"}, N: 2, Max: 5, Span: 24 * time.Hour}
	var parts store.Parts
	for _, now := range []time.Time{nine(), nine().Add(90 * time.Minute)} {
		parts = parts.At(now).Known(&permit, now)
		if parts.Used()+permit.N <= permit.Max {
			parts = parts.Take(&permit, now)
		}
	}
	parts = parts.Give(1) // one of those taken last
	fmt.Println(parts.Used(), "units, the first until", parts.First().Format(time.Kitchen), "and the last until", parts.Last().Format(time.Kitchen))
	parts = parts.At(nine().Add(25 * time.Hour))
	fmt.Println(parts.Used())
	// Output:
	// 3 units, the first until 10:00AM and the last until 11:00AM
	// 1
}

func ExampleCheckClaim() {
	fmt.Println(store.CheckClaim(&store.ClaimRequest{Owner: "node-1", Due: true, Limit: 10, Lease: time.Millisecond}))
	// Output: Lease: 1ms is below 1s
}

func ExampleCheckQuery() {
	limit, err := store.CheckQuery(&store.Query{})
	fmt.Println(limit, err)
	_, err = store.CheckQuery(&store.Query{Limit: 1001})
	fmt.Println(err)
	// Output:
	// 100 <nil>
	// Limit: 1001 is above 1000
}

func ExampleCheckEvents() {
	_, err := store.CheckEvents(&store.EventQuery{AllTenants: true, Callback: "c1"})
	fmt.Println(err)
	// Output: AllTenants: cannot be combined with Callback
}

func ExampleCheckErase() {
	fmt.Println(store.CheckErase(&store.EraseRequest{Subjects: []string{"x", ""}}))
	// Output: Subjects: item 1 is empty
}

// A cursor is a place in an order, so that the next page begins after the last
// callback of this one, whatever was written in between, and the end of the search.
func ExampleParseCursor() {
	c := store.FormatCursor(callback.ByDesired, false, store.Mark{Last: store.Place{QueuedAt: nine(), ID: "c1"}, End: nine().Add(time.Hour)})
	mark, ok, err := store.ParseCursor(c, callback.ByDesired, false)
	fmt.Println(mark.Last.QueuedAt.Format(time.TimeOnly), mark.Last.ID, mark.End.Format(time.TimeOnly), ok, err)
	_, _, err = store.ParseCursor(c, callback.ByDesired, true)
	fmt.Println(err)
	// Output:
	// 09:00:00 c1 10:00:00 true <nil>
	// After: is of a search in another order
}

// A store of your own determines the end of a search with the first page.
func ExampleEndOf() {
	memory := store.NewMemory(store.Config{})
	c := booking("c1")
	if _, err := memory.Apply(context.Background(), nine(), []store.Change{c}); err != nil {
		fmt.Println(err)
	}
	end, err := store.EndOf(context.Background(), store.Query{Tenant: c.Record.Tenant}, memory.Search)
	fmt.Println(end.Equal(c.Record.Desired), err)
	// Output: true <nil>
}
