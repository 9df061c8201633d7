package callback_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// floor is a Router for agents who sign on. It is safe for concurrent use by the
// Manager and the desktops of the agents.
type floor struct {
	mu   sync.Mutex
	free []string
	held map[callback.ID]callback.Reservation
	wake func()
}

func newFloor() *floor {
	return &floor{held: make(map[callback.ID]callback.Reservation), wake: func() {}}
}

// SignOn makes an agent available.
func (f *floor) SignOn(agent string) {
	f.mu.Lock()
	f.free = append(f.free, agent)
	wake := f.wake
	f.mu.Unlock()
	wake()
}

// Free returns the number of free agents.
func (f *floor) Free(context.Context, string, string) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.free), nil
}

// Reserve reserves an agent for a callback. Called again for the same callback, it
// returns the same reservation.
func (f *floor) Reserve(_ context.Context, cb *callback.Callback) (callback.Reservation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, ok := f.held[cb.ID]; ok {
		return r, nil
	}
	i := 0
	if personal := cb.Agent.Personal; personal != "" {
		i = slices.Index(f.free, personal)
	}
	if i < 0 || i >= len(f.free) {
		return callback.Reservation{}, callback.ErrNoAgent
	}
	name := f.free[i]
	r := callback.Reservation{ID: "desk of " + name, Agent: name, Address: "sip:" + name + "@desks.example.com"}
	f.free = slices.Delete(f.free, i, i+1)
	f.held[cb.ID] = r
	return r, nil
}

// Release makes the agent available again. It returns nil if there is no reservation.
func (f *floor) Release(_ context.Context, release callback.Release) error {
	f.mu.Lock()
	r, ok := f.held[release.Callback]
	delete(f.held, release.Callback)
	f.mu.Unlock()
	if ok && !release.NotReady {
		f.SignOn(r.Agent)
	}
	return nil
}

// OnFree receives the function that wakes the Manager before its next poll.
func (f *floor) OnFree(wake func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake = wake
}

// A Router assigns calls to agents. A callback whose agent is absent stays in the
// queue without blocking others.
func ExampleRouter() {
	ctx := context.Background()
	agents := newFloor()
	rig := managertest.New(managertest.ForExample(), managertest.Config{Options: func(c *manager.Config) { c.Router = agents }})
	rig.Start(manager.Request{Number: "044 668 18 00", Agent: callback.Agent{Personal: "beat"}})
	rig.Start(manager.Request{Number: "+44 20 7946 0101"})
	show := func(what string) {
		fmt.Println(what)
		for cb, err := range rig.Manager.Search(ctx, callback.Query{Order: callback.ByCreated}) {
			if err != nil {
				fmt.Println(err)
				return
			}
			who := "no agent"
			if cb.Reservation != nil {
				who = cb.Reservation.Agent
			}
			fmt.Printf("  %s %s with %s\n", cb.ID, cb.State, who)
		}
	}

	rig.Run(time.Minute)
	show("no agent has signed on")

	agents.SignOn("ann")
	rig.Run(10 * time.Second)
	show("ann signs on")

	agents.SignOn("beat")
	rig.Run(10 * time.Second)
	show("beat signs on")

	rig.Run(10 * time.Minute)
	show("both calls are over")
	// Output:
	// no agent has signed on
	//   cb000001 QUEUED with no agent
	//   cb000002 QUEUED with no agent
	// ann signs on
	//   cb000001 QUEUED with no agent
	//   cb000002 PROCESSING with ann
	// beat signs on
	//   cb000001 PROCESSING with beat
	//   cb000002 PROCESSING with ann
	// both calls are over
	//   cb000001 COMPLETED with no agent
	//   cb000002 COMPLETED with no agent
}
