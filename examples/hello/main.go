// Hello takes one callback, has it dialed and prints what became of it.
package main

import (
	"context"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

func main() {
	services := must(callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}}))
	dial := func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
		fmt.Println("calling", call.To) // masked; call.To.Reveal() returns the digits
		return callback.Ended(callback.ResultBridged), nil
	}
	m := must(manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: callback.DialerFunc(dial)}))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go m.Run(ctx) // dials and retries until ctx ends
	cb := must(m.Start(ctx, manager.Request{Service: "billing", Number: "044 668 18 00"}))
	cb = must(m.Wait(ctx, cb.ID)) // until it is completed or unresolved
	fmt.Println(cb.State, cb.Reason)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
