package storetest_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/storetest"
)

// A clause can be checked without package testing.
func ExampleClauses() {
	for _, c := range storetest.Clauses() {
		if c.Area != "swap" || !strings.Contains(c.Name, "repeated") {
			continue
		}
		fmt.Println(c.Name+":", c.Check(context.Background(), store.NewMemory(store.Config{})))
	}
	// Output: a repeated change is a conflict: <nil>
}

// The builders make changes as a Manager writes them.
func ExampleRevise() {
	ctx, s := context.Background(), store.NewMemory(store.Config{})
	first := storetest.Write(storetest.New("c1"))
	second := storetest.Revise(first.Record, storetest.Queued(storetest.Start()))
	errs, err := s.Apply(ctx, storetest.Start(), []callback.Change{first, second})
	fmt.Println(errs, err)
	cb, _ := s.Get(ctx, callback.By{Tenant: storetest.Tenant, ID: "c1"})
	fmt.Println(cb.Revision, cb.State)
	// Output:
	// [] <nil>
	// 2 QUEUED
}

func ExampleUnclaim() {
	ctx, s := context.Background(), store.NewMemory(store.Config{})
	now := storetest.Start()
	_, _ = s.Apply(ctx, now, []callback.Change{storetest.Write(storetest.New("c1", storetest.DueAt(now)))})
	req := callback.ClaimRequest{Owner: "node-1", Lease: callbackLease, Due: true, Limit: 1}
	claimed, _ := s.Claim(ctx, now, req)
	errs, err := s.Apply(ctx, now, []callback.Change{storetest.Unclaim(claimed.Callbacks[0], now)})
	fmt.Println(errs, err)
	claimed, _ = s.Claim(ctx, now, req)
	fmt.Println(claimed.Callbacks[0].Lease.Epoch)
	// Output:
	// [] <nil>
	// 2
}

const callbackLease = 30e9
