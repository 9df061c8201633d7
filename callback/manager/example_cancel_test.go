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

// After Cancel has returned nil no attempt begins any more.
func ExampleManager_Cancel() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{
		Service: "support",
		Number:  "044 668 18 00",
		Desired: opening().Add(4 * time.Hour),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err = m.Cancel(ctx, manager.CancelRequest{
		ID:     cb.ID,
		Reason: callback.ReasonCancelledByAdmin, // ReasonCancelled when left out
		Actor:  "ann",
		Detail: "solved by mail",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason, cb.Detail)

	sim.Run(8 * time.Hour)
	fmt.Println("calls:", len(sim.Dialer.Calls()))

	_, err = m.Cancel(ctx, manager.CancelRequest{ID: cb.ID})
	fmt.Println(err)
	// Output:
	// COMPLETED CANCELLED_BY_ADMIN solved by mail
	// calls: 0
	// cannot cancel callback cb000001: it is COMPLETED
}

// While the telephone rings a cancellation cannot be promised: the customer may
// pick up this moment. Cancel says so, has the call hung up where the dialer
// can, and no further attempt follows.
func ExampleManager_Cancel_inFlight() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(5 * time.Second)
	show(sim, cb.ID)

	_, err = m.Cancel(ctx, manager.CancelRequest{ID: cb.ID})
	fmt.Println(err)
	fmt.Println("in flight:", errors.Is(err, callback.ErrInFlight))

	sim.Run(time.Hour)
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason, len(cb.Attempts))
	// Output:
	// 09:00:05 DIALING, 1 attempts
	// cannot cancel callback cb000001 yet: it is DIALING; no attempt follows, and it completes as CANCELLED; the dialer was asked to hang up
	// in flight: true
	// COMPLETED CANCELLED 1
}

// The parties got to talk before the call could be ended: the promise was kept,
// and the callback is a success.
func ExampleManager_Cancel_tooLate() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Answered(10*time.Minute))
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(2 * time.Minute)
	show(sim, cb.ID)
	_, err = m.Cancel(ctx, manager.CancelRequest{ID: cb.ID})
	fmt.Println(err)

	sim.Run(time.Hour)
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason)
	// Output:
	// 09:02:00 PROCESSING, 1 attempts
	// cannot cancel callback cb000001 yet: it is PROCESSING; no attempt follows, and it completes as CANCELLED
	// COMPLETED AGENT_CONNECTED
}

// Force ends the callback at once, whatever becomes of the call.
func ExampleManager_Cancel_force() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(5 * time.Second)
	cb, err = m.Cancel(ctx, manager.CancelRequest{ID: cb.ID, Force: true, Actor: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason)
	for _, hangup := range sim.Dialer.Hangups() {
		fmt.Println("hung up:", hangup.Key)
	}
	// Output:
	// COMPLETED CANCELLED
	// hung up: cb000001.1
}
