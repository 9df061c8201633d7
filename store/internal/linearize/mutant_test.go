package linearize

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// mutant is a store with one deliberate fault: hooks in the place of its
// methods. A hook reaches the sound store through the embedded one. Clients that
// give up do not disturb it, so that its steps stay together as far as the fault
// lets them.
type mutant struct {
	callback.Store
	change func(ctx context.Context, now time.Time, c callback.Change) error
	claim  func(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error)
	get    func(ctx context.Context, by callback.By) (*callback.Callback, error)
	erase  func(ctx context.Context, now time.Time, req callback.EraseRequest) error

	mu      sync.Mutex
	carried int // how many carriers there have been
}

func newMutant() *mutant { return &mutant{Store: store.NewMemory()} }

func (m *mutant) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	if m.change == nil {
		return m.Store.Apply(ctx, now, changes)
	}
	errs := make([]error, len(changes))
	for i, c := range changes {
		if c.Record.State == callback.Completed && c.Record.Revision == 1 || c.Unclaim && c.Epoch == 0 {
			errs[i] = m.one(ctx, now, c) // the end of a history
			continue
		}
		errs[i] = m.change(context.WithoutCancel(ctx), now, c)
	}
	return errs, nil
}

func (m *mutant) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (callback.Claimed, error) {
	if m.claim == nil {
		return m.Store.Claim(ctx, now, req)
	}
	return m.claim(context.WithoutCancel(ctx), now, req)
}

func (m *mutant) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	if m.get == nil {
		return m.Store.Get(ctx, by)
	}
	return m.get(context.WithoutCancel(ctx), by)
}

func (m *mutant) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	if m.erase == nil || req.Actor == "" { // the end of a history
		return m.Store.Erase(ctx, now, req)
	}
	return []error{m.erase(context.WithoutCancel(ctx), now, req)}, nil
}

// Search hides the carriers.
func (m *mutant) Search(ctx context.Context, q callback.Query) (callback.Page, error) {
	page, err := m.Store.Search(ctx, q)
	var kept []*callback.Callback
	for _, cb := range page.Callbacks {
		if !strings.HasPrefix(string(cb.ID), carrier) {
			kept = append(kept, cb)
		}
	}
	page.Callbacks = kept
	return page, err
}

const carrier = "carrier"

// one makes a change soundly.
func (m *mutant) one(ctx context.Context, now time.Time, c callback.Change) error {
	return only(m.Store.Apply(ctx, now, []callback.Change{c}))
}

// eraseOne erases soundly.
func (m *mutant) eraseOne(ctx context.Context, now time.Time, req callback.EraseRequest) error {
	return only(m.Store.Erase(ctx, now, req))
}

// move gives units back and takes others, apart from any callback that a client
// knows: a carrier does it that is erased at once.
func (m *mutant) move(ctx context.Context, now time.Time, tenant string, give []callback.Held, take []callback.Permit) error {
	m.mu.Lock()
	m.carried++
	id := callback.ID(fmt.Sprint(carrier, m.carried))
	m.mu.Unlock()
	cb := &callback.Callback{Tenant: tenant, ID: id, Service: service, Revision: 1, State: callback.Completed}
	c := callback.Change{Record: cb, Give: give, Take: take, Event: callback.Event{Type: callback.EventAccepted}}
	if err := m.one(ctx, now, c); err != nil {
		return err
	}
	item := callback.EraseItem{ID: id, Revision: 1}
	return m.eraseOne(ctx, now, callback.EraseRequest{Tenant: tenant, Items: []callback.EraseItem{item}})
}

// free are units as permits without a limit.
func free(held []callback.Held) []callback.Permit {
	var take []callback.Permit
	for _, h := range held {
		take = append(take, callback.Permit{Key: h.Key, N: h.N, Max: -1})
	}
	return take
}

// crowded is the refusal of the first permit that a look at the counters shows
// to be taken up, after units were given back.
func (m *mutant) crowded(ctx context.Context, now time.Time, c *callback.Change) error {
	for _, p := range c.Take {
		counters, err := m.Load(ctx, now, callback.LoadRequest{
			Tenant: c.Record.Tenant, Kind: p.Key.Kind, Service: p.Key.Service, From: p.Key.Slot, To: p.Key.Slot,
		})
		if err != nil {
			return err
		}
		used := int64(0)
		for _, counter := range counters {
			used += counter.Used
		}
		for _, h := range c.Give {
			if h.Key == p.Key {
				used -= h.N
			}
		}
		if p.Max >= 0 && used+p.N > p.Max {
			return &callback.PermitError{Permit: p, Used: used}
		}
	}
	return nil
}

// conflict is what another client's change leads to.
func conflict() error { return fmt.Errorf("planted: %w", callback.ErrConflict) }

// linger lets others go first, where a faulty store would have a gap.
func linger() {
	for range 50 {
		runtime.Gosched()
	}
}

// present reads a callback, or nil.
func (m *mutant) present(ctx context.Context, by callback.By) (*callback.Callback, error) {
	cb, err := m.Store.Get(ctx, by)
	if errors.Is(err, callback.ErrNotFound) {
		return nil, nil
	}
	return cb, err
}

func byID(c *callback.Change) callback.By {
	return callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID}
}
