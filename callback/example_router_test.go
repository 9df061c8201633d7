package callback_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// floor is a Router for agents who sign on and off: it knows who is free and
// who is kept for which callback. It is safe for use by the Manager and by the
// desktops of the agents at the same time.
type floor struct {
	mu   sync.Mutex
	free []string
	held map[callback.ID]callback.Reservation
	wake func()
}

func newFloor() *floor {
	return &floor{held: make(map[callback.ID]callback.Reservation), wake: func() {}}
}

// SignOn makes an agent free.
func (f *floor) SignOn(agent string) {
	f.mu.Lock()
	f.free = append(f.free, agent)
	wake := f.wake
	f.mu.Unlock()
	wake()
}

// Free says how many callbacks could be taken now.
func (f *floor) Free(context.Context, string, string) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.free), nil
}

// Reserve keeps an agent for a callback. Asked again for the same callback it
// returns the same agent.
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

// Release gives the agent back. What is not reserved is no error.
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

// A Router says who takes the calls. A callback whose agent is not there stays
// in the queue and does not stand in the way of others.
func ExampleRouter() {
	ctx := context.Background()
	agents := newFloor()
	m, sim := simulate(support(), func(c *manager.Config) { c.Router = agents })
	for _, req := range []manager.Request{
		{Number: "044 668 18 00", Agent: callback.Agent{Personal: "beat"}}, // only he may take it
		{Number: "+44 20 7946 0101"},
	} {
		req.Service = "support"
		if _, err := m.Start(ctx, req); err != nil {
			fmt.Println(err)
			return
		}
	}
	show := func(what string) {
		fmt.Println(what)
		for cb, err := range m.Search(ctx, callback.Query{Order: callback.ByCreated}) {
			if err != nil {
				fmt.Println(err)
				return
			}
			who := "nobody"
			if cb.Reservation != nil {
				who = cb.Reservation.Agent
			}
			fmt.Printf("  %s %s with %s\n", cb.ID, cb.State, who)
		}
	}

	sim.Run(time.Minute)
	show("nobody is there")

	agents.SignOn("ann")
	sim.Run(10 * time.Second)
	show("ann signs on")

	agents.SignOn("beat")
	sim.Run(10 * time.Second)
	show("beat signs on")

	sim.Run(10 * time.Minute)
	show("both calls are over")
	// Output:
	// nobody is there
	//   cb000001 QUEUED with nobody
	//   cb000002 QUEUED with nobody
	// ann signs on
	//   cb000001 QUEUED with nobody
	//   cb000002 PROCESSING with ann
	// beat signs on
	//   cb000001 PROCESSING with beat
	//   cb000002 PROCESSING with ann
	// both calls are over
	//   cb000001 COMPLETED with nobody
	//   cb000002 COMPLETED with nobody
}
