package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/ringback-go/ringback/callback"
)

// deskSize is how many agents each service has.
const deskSize = 2

// desk is the simulated agents: a Router that keeps each of them for one
// callback at a time.
type desk struct {
	mu   sync.Mutex
	busy map[deskKey][]string // callback by agent; empty for one who is free
	wake func()
}

type deskKey struct{ tenant, service string }

func newDesk() *desk { return &desk{busy: make(map[deskKey][]string)} }

// agents are those of a service; d.mu is held.
func (d *desk) agents(key deskKey) []string {
	if d.busy[key] == nil {
		d.busy[key] = make([]string, deskSize)
	}
	return d.busy[key]
}

// Free returns the number of agents of a service without a call.
func (d *desk) Free(_ context.Context, tenant, service string) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	free := 0
	for _, id := range d.agents(deskKey{tenant, service}) {
		if id == "" {
			free++
		}
	}
	return free, nil
}

// Reserve keeps an agent for a callback.
func (d *desk) Reserve(_ context.Context, cb *callback.Callback) (callback.Reservation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	agents := d.agents(deskKey{cb.Tenant, cb.Service})
	i := slices.Index(agents, string(cb.ID))
	if i < 0 {
		i = slices.Index(agents, "")
	}
	if i < 0 {
		return callback.Reservation{}, callback.ErrNoAgent
	}
	agents[i] = string(cb.ID)
	name := fmt.Sprintf("%s-agent-%d", cb.Service, i+1)
	return callback.Reservation{ID: name, Agent: name, Address: "sip:" + name + "@localhost"}, nil
}

// Release gives the agent of a callback back.
func (d *desk) Release(_ context.Context, r callback.Release) error {
	d.mu.Lock()
	agents := d.agents(deskKey{r.Tenant, r.Service})
	i := slices.Index(agents, string(r.Callback))
	if i >= 0 {
		agents[i] = ""
	}
	wake := d.wake
	d.mu.Unlock()
	if i >= 0 && wake != nil {
		wake()
	}
	return nil
}

// OnFree notes who wants to know that an agent became free.
func (d *desk) OnFree(wake func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wake = wake
}
