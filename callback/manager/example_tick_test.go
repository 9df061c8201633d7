package manager_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A host with a loop of its own ticks the Manager in place of Run: at the time
// that the last tick named, or sooner.
func ExampleManager_Tick() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb, err := m.Start(ctx, manager.Request{
		Service: "support",
		Number:  "044 668 18 00",
		Desired: opening().Add(20 * time.Minute),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	for now := opening(); !cb.State.Final(); {
		progress, err := m.Tick(ctx, now)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s released %d, dialed %d, next at %s\n",
			now.Format("15:04:05"), progress.Released, progress.Dialed, progress.NextAt.Format("15:04:05"))

		// Here the loop of a host waits for progress.NextAt. The telephones of
		// the example report in the meantime.
		sim.Clock.Set(progress.NextAt)
		for {
			at, ok := sim.Dialer.Next()
			if !ok || at.After(progress.NextAt) {
				break
			}
			sim.Clock.Set(at)
			if _, err := sim.Dialer.Advance(ctx, at, m); err != nil {
				fmt.Println(err)
				return
			}
		}
		if cb, err = m.Get(ctx, cb.ID); err != nil {
			fmt.Println(err)
			return
		}
		now = progress.NextAt
	}
	// Output:
	// 09:00:00 released 0, dialed 0, next at 09:18:00
	// 09:18:00 released 1, dialed 1, next at 09:19:12
	// 09:19:12 released 0, dialed 0, next at 09:23:01
	// 09:23:01 released 0, dialed 1, next at 09:24:13
}

// Tick dials as many callbacks as lines are free.
func ExampleManager_Tick_lines() {
	ctx := context.Background()
	service := support()
	service.Queueing.Lines = 2
	m, sim := simulate(service)
	for _, number := range []string{"044 668 18 00", "+44 20 7946 0101", "+44 20 7946 0102"} {
		if _, err := m.Start(ctx, manager.Request{Service: "support", Number: number}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for range 3 {
		progress, err := m.Tick(ctx, sim.Clock.Now())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("dialed:", progress.Dialed, "up:", len(sim.Dialer.Live()))
	}
	// Output:
	// dialed: 2 up: 2
	// dialed: 0 up: 2
	// dialed: 0 up: 2
}
