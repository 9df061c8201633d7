package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback/manager"
)

// A paused service accepts callbacks and places no calls, on all nodes.
func ExampleManager_Pause() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := m.Pause(ctx, manager.PauseRequest{Service: "support", Actor: "ann", Reason: "fire drill"})
	fmt.Println("taken out of the queue:", n, err)

	late, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 01"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(time.Hour)
	show(sim, cb.ID)
	show(sim, late.ID)
	fmt.Println("calls:", len(sim.Dialer.Calls()))
	// Output:
	// taken out of the queue: 1 <nil>
	// 10:00:00 PAUSED, 0 attempts
	// 10:00:00 PAUSED, 0 attempts
	// calls: 0
}

// The callbacks are called in the order in which they first came, and their
// histories say who paused and resumed them, and why.
func ExampleManager_Resume() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := m.Pause(ctx, manager.PauseRequest{Service: "support", Actor: "ann", Reason: "fire drill"}); err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(20 * time.Minute)
	n, err := m.Resume(ctx, manager.PauseRequest{Service: "support", Actor: "bob", Reason: "drill is over"})
	fmt.Println("put back:", n, err)
	sim.Tick()
	show(sim, cb.ID)
	history, err := m.History(ctx, cb.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range history[1:3] {
		fmt.Println(e.At.Format("15:04"), e.Type, "by", e.Actor+":", e.Detail)
	}
	// Output:
	// put back: 1 <nil>
	// 09:20:00 DIALING, 1 attempts
	// 09:00 paused by ann: fire drill
	// 09:20 resumed by bob: drill is over
}

// All services of a tenant are a pause of their own: while it is in force none
// can be resumed by itself.
func ExampleManager_Pauses() {
	ctx := context.Background()
	m, _ := simulate(support())
	for _, req := range []manager.PauseRequest{
		{Service: "support", Actor: "ann", Reason: "fire drill"},
		{Actor: "chief", Reason: "storm"},
	} {
		if _, err := m.Pause(ctx, req); err != nil {
			fmt.Println(err)
			return
		}
	}
	list, err := m.Pauses(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range list {
		fmt.Printf("%q since %s by %s: %s\n", p.Service, p.Since.Format("15:04"), p.Actor, p.Reason)
	}
	_, err = m.Resume(ctx, manager.PauseRequest{Service: "support", Actor: "ann"})
	var paused *manager.PausedError
	fmt.Println(errors.As(err, &paused), err)
	// Output:
	// "" since 09:00 by chief: storm
	// "support" since 09:00 by ann: fire drill
	// true cannot resume service "support": all services are paused
}
