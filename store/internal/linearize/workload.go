package linearize

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"github.com/ringback-go/ringback/callback"
)

// maxClients is the maximum number of clients, including the one that reads the
// final content.
const maxClients = 7

// Workload describes what clients do to one tenant of a store.
type Workload struct {
	Seed      uint64
	Clients   int   // 1 to 6
	Steps     int   // operations per client
	Callbacks int   // 1 to MaxCallbacks
	Buckets   int   // 1 to MaxBuckets
	Keys      int   // number of idempotency keys
	Seats     int64 // seats per bucket
	Places    int64 // places in the service
	// Hasty clients cancel some calls in progress.
	Hasty bool
	// Slow adds time between the clients and the store, so that more calls
	// overlap.
	Slow bool
}

// Generate returns the workload of a seed.
func Generate(seed uint64) Workload {
	r := rand.New(rand.NewPCG(seed, 0))
	w := Workload{
		Seed: seed, Clients: 3 + r.IntN(4), Steps: 6 + min(r.IntN(7), r.IntN(7)), Callbacks: 4 + r.IntN(MaxCallbacks-3),
		Buckets: max(1+r.IntN(MaxBuckets), 1+r.IntN(MaxBuckets)), Keys: r.IntN(MaxKeys + 1),
		Seats: min(1+r.Int64N(3), 1+r.Int64N(3)), Hasty: r.IntN(5) == 0, Slow: r.IntN(2) == 0,
	}
	w.Places = 3 + r.Int64N(int64(w.Callbacks))
	return w
}

// Run runs the clients on a store in which nothing is due, reads the final
// content, and makes sure that nothing of the tenant is due afterwards. An
// error is a fault that no order of the operations explains; the history then
// ends with it.
func (w Workload) Run(ctx context.Context, s callback.Store) (*History, error) {
	if w.Clients < 1 || w.Clients >= maxClients || w.Callbacks < 1 || w.Callbacks > MaxCallbacks ||
		w.Buckets < 1 || w.Buckets > MaxBuckets || w.Keys < 0 || w.Keys > MaxKeys {
		return nil, fmt.Errorf("workload %+v is out of range", w)
	}
	h := &History{Workload: w}
	f := formOf(w.Seed)
	clients := make([]*client, w.Clients)
	var all sync.WaitGroup
	ready := make(chan struct{})
	for i := range clients {
		clients[i] = newClient(i, w, f, s, &h.clock)
		all.Go(func() {
			<-ready
			clients[i].fault = clients[i].run(ctx)
		})
	}
	close(ready)
	all.Wait()
	var fault error
	for _, c := range clients {
		h.operations = append(h.operations, c.operations...)
		fault = errors.Join(fault, c.fault)
	}
	if fault == nil {
		last := newClient(w.Clients, w, f, s, &h.clock)
		fault = last.look(ctx)
		h.operations = append(h.operations, last.operations...)
	}
	h.sort()
	if fault != nil {
		return h, fault
	}
	if h.settled() {
		return h, f.quiet(ctx, s, h.operations[len(h.operations)-1].Output.Rows)
	}
	return h, f.clear(ctx, s, w.Callbacks)
}

// look reads the final content with one call after the other. The first claim
// comes when all leases have ended, the second when those of the first have.
func (c *client) look(ctx context.Context) error {
	const late, later = 1000, 2000
	for _, in := range []Input{
		{Kind: Load, Now: late},
		{Kind: Load, Now: late, Seats: true},
		{Kind: ClaimQueue, Now: late, Lease: 1, Limit: 100},
		{Kind: ClaimDue, Now: later, Lease: 1, Limit: 100},
		{Kind: List, Now: later},
	} {
		in.Client = c.number
		if _, err := c.do(ctx, &in); err != nil {
			return err
		}
	}
	return nil
}

// quiet clears NextAt of callbacks that no call changes any more. Erasing them
// would take longer.
func (f form) quiet(ctx context.Context, s callback.Store, rows []Row) error {
	var changes []callback.Change
	for _, r := range rows {
		if r.NextAt != Never {
			changes = append(changes, f.change(&Input{Kind: Unclaim, ID: int(r.ID), Row: Row{Revision: r.Revision, NextAt: Never}}))
		}
	}
	errs, err := s.Apply(ctx, f.base, changes)
	if err = errors.Join(append(errs, err)...); err != nil {
		return fmt.Errorf("clearing: %w", err)
	}
	return nil
}

// clear erases every callback that exists or may still be created by a call in
// progress: an erased callback cannot be created again.
func (f form) clear(ctx context.Context, s callback.Store, callbacks int) error {
	var creations []callback.Change
	for id := range callbacks {
		in := Input{Kind: Start, Row: Row{ID: int8(id), State: callback.Completed, Revision: 1, QueuedAt: Never, NextAt: Never}}
		creations = append(creations, f.change(&in))
	}
	if _, err := s.Apply(ctx, f.base, creations); err != nil {
		return fmt.Errorf("clearing: %w", err)
	}
	const tries = 1000
	for range tries {
		page, err := s.Search(ctx, callback.Query{Tenant: f.tenant, Limit: 1000})
		if err != nil {
			return fmt.Errorf("clearing: %w", err)
		}
		if len(page.Callbacks) == 0 {
			return nil
		}
		req := callback.EraseRequest{Tenant: f.tenant}
		for _, cb := range page.Callbacks {
			req.Items = append(req.Items, callback.Precondition{ID: cb.ID, Revision: cb.Revision})
		}
		if _, err := s.Erase(ctx, f.base, req); err != nil {
			return fmt.Errorf("clearing: %w", err)
		}
	}
	return fmt.Errorf("clearing: callbacks remain after %d erasures", tries)
}

// do performs one operation and records when it started and ended.
func (c *client) do(ctx context.Context, in *Input) (*Output, error) {
	began := c.clock.Add(1)
	c.dawdle()
	out, err := c.form.perform(ctx, c.store, in)
	c.dawdle()
	ended := c.clock.Add(1)
	if err != nil {
		return nil, err
	}
	if out.Outcome == Uncertain {
		ended = endless
	}
	c.operations = append(c.operations, Operation{Input: in, Output: out, Began: began, Ended: ended})
	return out, nil
}

// dawdle yields to other goroutines, between the client and the store.
func (c *client) dawdle() {
	if c.workload.Slow {
		for range c.random.IntN(4) {
			runtime.Gosched()
		}
	}
}

// run performs the client's steps.
func (c *client) run(ctx context.Context) error {
	for step := range c.workload.Steps {
		for range c.random.IntN(4) {
			runtime.Gosched()
		}
		in := c.next(step)
		out, err := c.do(ctx, in)
		if err != nil {
			return err
		}
		c.learn(in, out)
	}
	return nil
}
