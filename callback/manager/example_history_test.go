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

// Every change of a callback is one event: the history says what happened,
// when, why and by whom.
func ExampleManager_History() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Busy(), callbacktest.Answered(3*time.Minute))
	cb, err := m.Start(ctx, manager.Request{
		Service: "support",
		Number:  "044 668 18 00",
		Desired: opening().Add(30 * time.Minute),
		Actor:   "web",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(time.Hour)

	events, err := m.History(ctx, cb.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range events {
		why := ""
		if e.Detail != "" {
			why = ": " + e.Detail
		}
		fmt.Printf("%s %s, %s%s\n", e.At.Format("15:04:05"), e.Type, e.To, why)
	}
	// Output:
	// 09:00:00 accepted, SCHEDULED
	// 09:28:00 released, QUEUED
	// 09:28:00 dialing, DIALING
	// 09:28:00 placed, DIALING
	// 09:28:01 attempt_ended, QUEUED: BUSY: another attempt follows
	// 09:33:01 ready, QUEUED
	// 09:33:01 dialing, DIALING
	// 09:33:01 placed, DIALING
	// 09:33:02 progress, DIALING
	// 09:33:07 progress, ROUTING
	// 09:33:08 progress, ROUTING
	// 09:33:09 progress, PROCESSING
	// 09:36:09 completed, COMPLETED: ANSWER
}

// Events are read in a loop as they happen. The loop ends when it is left, when
// its context ends, or when the Manager stops.
func ExampleManager_Events() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(10 * time.Minute)

	for e, err := range m.Events(ctx, manager.Subscription{Oldest: true, Services: []string{"support"}}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(e.Callback, e.Type, e.Stage)
		if e.Callback == cb.ID && e.To.Final() {
			fmt.Println("ended with", e.Reason)
			break
		}
	}
	// Output:
	// cb000001 accepted none
	// cb000001 dialing none
	// cb000001 placed placed
	// cb000001 progress ringing
	// cb000001 progress customer
	// cb000001 progress agent
	// cb000001 progress bridged
	// cb000001 completed none
	// ended with AGENT_CONNECTED
}

// A subscriber gets each event at least once, in order per callback, and goes
// on after a restart where it had stopped: it keeps the cursor.
func ExampleManager_Subscribe() {
	m, sim := simulate(support())
	start := func(number string) {
		if _, err := m.Start(context.Background(), manager.Request{Service: "support", Number: number}); err != nil {
			fmt.Println(err)
		}
		sim.Run(10 * time.Minute)
	}
	start("044 668 18 00")
	start("+44 20 7946 0101")

	// handle tells the customers how it went, and stops after n of them.
	handle := func(n int, after callback.Cursor) callback.Cursor {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		subscription := manager.Subscription{Oldest: true, Types: []callback.EventType{callback.EventCompleted}, After: after}
		cursor, err := m.Subscribe(ctx, subscription, func(_ context.Context, e callback.Event) error {
			fmt.Println(e.Callback, e.Reason)
			if n--; n == 0 {
				stop()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			fmt.Println(err)
		}
		return cursor
	}
	cursor := handle(1, "")
	fmt.Println("restarted")
	handle(1, cursor)
	// Output:
	// cb000001 AGENT_CONNECTED
	// restarted
	// cb000002 AGENT_CONNECTED
}

// What a subscriber cannot handle it is given again, after Config.Poll.
func ExampleManager_Subscribe_again() {
	m, _ := simulate(support(), func(c *manager.Config) { c.Poll = 10 * time.Millisecond })
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if _, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"}); err != nil {
		fmt.Println(err)
		return
	}
	tries := 0
	_, err := m.Subscribe(ctx, manager.Subscription{Oldest: true}, func(_ context.Context, e callback.Event) error {
		if tries++; tries == 1 {
			return errors.New("mail server does not answer")
		}
		fmt.Println(e.Callback, e.Type, "in try", tries)
		stop()
		return nil
	})
	fmt.Println(err)
	// Output:
	// cb000001 accepted in try 2
	// context canceled
}
