package store_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

func nine() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// booking returns a change as a Manager makes it: a callback that takes one of
// two seats at ten.
func booking(id callback.ID) store.Change {
	ten := nine().Add(time.Hour)
	seat := callback.PermitKey{Kind: callback.PermitBucket, Service: "sales", Slot: ten.Unix()}
	return store.Change{
		Record: &callback.Callback{
			Tenant: "acme", ID: id, Service: "sales", Revision: 1, State: callback.Scheduled,
			Created: nine(), Desired: ten, NextAt: ten, Held: []callback.Held{{Key: seat, N: 1}},
		},
		Take:  []callback.Permit{{Key: seat, N: 1, Max: 2}},
		Event: callback.Event{Type: callback.EventAccepted, At: nine(), To: callback.Scheduled},
	}
}

// book adds two bookings to a store.
func book(ctx context.Context, m *store.Memory) {
	errs, err := m.Apply(ctx, nine(), []store.Change{booking("c1"), booking("c2")})
	if errs != nil || err != nil {
		fmt.Println(errs, err)
	}
}

func ExampleMemory_Apply() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	errs, err := m.Apply(ctx, nine(), []store.Change{booking("c1"), booking("c2"), booking("c3"), booking("c1")})
	fmt.Println(err)
	fmt.Println(errs[0], errs[1])
	fmt.Println(errs[2], errors.Is(errs[2], callback.ErrPermitRefused))
	fmt.Println(errs[3], errors.Is(errs[3], callback.ErrConflict))
	// Output:
	// <nil>
	// <nil> <nil>
	// bucket of service "sales": 2 of 2 used true
	// callback c1: id is taken true
}

func ExampleMemory_Claim() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	req := store.ClaimRequest{Owner: "node-1", Lease: 30 * time.Second, Due: true, Limit: 1}
	for _, now := range []time.Time{nine(), nine().Add(time.Hour)} {
		claimed, err := m.Claim(ctx, now, req)
		fmt.Println(len(claimed.Callbacks), claimed.NextAt.Format(time.TimeOnly), err)
	}
	// Output:
	// 0 10:00:00 <nil>
	// 1 10:00:00 <nil>
}

func ExampleMemory_Search() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	q := store.Query{Tenant: "acme", States: []callback.State{callback.Scheduled}, Limit: 1}
	for {
		page, err := m.Search(ctx, q)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, cb := range page.Callbacks {
			fmt.Println(cb.ID, cb.State)
		}
		if q.After = page.Next; q.After == "" {
			return
		}
	}
	// Output:
	// c1 SCHEDULED
	// c2 SCHEDULED
}

func ExampleMemory_Get() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	cb, err := m.Get(ctx, store.By{Tenant: "acme", ID: "c2"})
	fmt.Println(cb.Revision, err)
	_, err = m.Get(ctx, store.By{Tenant: "other", ID: "c2"})
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// callback c2: callback not found
}

func ExampleMemory_Count() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	groups, err := m.Count(ctx, store.Query{AllTenants: true})
	for _, g := range groups {
		fmt.Println(g.Queue.Tenant, g.Queue.Service, g.State, g.N, err)
	}
	// Output: acme sales SCHEDULED 2 <nil>
}

func ExampleMemory_Load() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	ten := nine().Add(time.Hour).Unix()
	counters, err := m.Load(ctx, nine(), store.LoadRequest{Tenant: "acme", Kind: callback.PermitBucket, Service: "sales", From: ten, To: ten})
	fmt.Println(counters[0].Used, err)
	// Output: 2 <nil>
}

func ExampleMemory_Events() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	feed := store.EventQuery{AllTenants: true, Limit: 1}
	for {
		page, err := m.Events(ctx, feed)
		if err != nil || len(page.Events) == 0 {
			fmt.Println("read all", err)
			return
		}
		fmt.Println(page.Events[0].Callback, page.Events[0].Type)
		feed.After = page.Next
	}
	// Output:
	// c1 accepted
	// c2 accepted
	// read all <nil>
}

func ExampleMemory_Erase() {
	ctx, m := context.Background(), store.NewMemory(store.Config{})
	book(ctx, m)
	errs, err := m.Erase(ctx, nine(), store.EraseRequest{Tenant: "acme", Items: []store.Precondition{{ID: "c1", Revision: 1}}, Actor: "clerk"})
	fmt.Println(errs, err)
	history, _ := m.Events(ctx, store.EventQuery{Tenant: "acme", Callback: "c1"})
	fmt.Println(len(history.Events), history.Events[0].Type, history.Events[0].Actor)
	// Output:
	// [<nil>] <nil>
	// 1 erased clerk
}

func ExampleConfig() {
	m := store.NewMemory(store.Config{ErasedKept: 100})
	ctx := context.Background()
	book(ctx, m)
	_, err := m.Get(ctx, store.By{Tenant: "acme", ID: "c1"})
	fmt.Println(err)
	// Output: <nil>
}
