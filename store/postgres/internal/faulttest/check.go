package faulttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Open returns the number of callbacks of the service that are not completed.
func (f *Fleet) Open(ctx context.Context, s callback.Store, service string) (int, error) {
	groups, err := s.Count(ctx, callback.Query{Services: []string{service}, NotStates: []callback.State{callback.Completed}})
	n := 0
	for _, g := range groups {
		n += g.N
	}
	return n, err
}

// Settle waits until every callback of [Desk] is completed.
func (f *Fleet) Settle(ctx context.Context, s callback.Store) error {
	tick := time.NewTicker(Poll)
	defer tick.Stop()
	for {
		n, err := f.Open(ctx, s, Desk)
		if err == nil && n == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d callbacks are not completed: %w", n, errors.Join(context.Cause(ctx), err))
		}
	}
}

// Faults lists the violated guarantees once everything has settled: a customer
// called twice, an accepted callback that is lost or has the wrong data, a
// callback that was not accepted, one whose result does not match its calls,
// and panics and data races of the nodes.
func (f *Fleet) Faults(ctx context.Context, s callback.Store) ([]string, error) {
	faults := f.World.Ledger.Faults()
	f.mu.Lock()
	faults = append(faults, f.faults...)
	for _, said := range f.said {
		faults = append(faults, outcries(said)...)
	}
	for _, n := range f.nodes {
		faults = append(faults, outcries(n.Said())...)
	}
	accepted := make(map[callback.ID]string, len(f.accepted))
	for key, id := range f.accepted {
		accepted[id] = key
	}
	lost := len(f.accepted) - len(accepted)
	f.mu.Unlock()
	if lost > 0 {
		faults = append(faults, fmt.Sprintf("%d callbacks were accepted under several keys", lost))
	}
	q := callback.Query{Order: callback.ByCreated, Limit: 1000}
	for {
		page, err := s.Search(ctx, q)
		if err != nil {
			return faults, err
		}
		for _, cb := range page.Callbacks {
			key, ok := accepted[cb.ID]
			if !ok {
				faults = append(faults, fmt.Sprintf("%v was not accepted", cb))
				continue
			}
			delete(accepted, cb.ID)
			faults = append(faults, f.judge(cb, key)...)
		}
		if q.After = page.Next; page.Next == "" {
			break
		}
	}
	for id, key := range accepted {
		faults = append(faults, fmt.Sprintf("callback %s, accepted under key %s, is lost", id, key))
	}
	slices.Sort(faults)
	return faults, nil
}

// judge compares a callback with the request for it and with the world's
// ledger.
func (f *Fleet) judge(cb *callback.Callback, key string) []string {
	var faults []string
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%v: ", cb)+fmt.Sprintf(format, args...))
	}
	f.mu.Lock()
	number := f.numbers[key]
	f.mu.Unlock()
	if cb.Idempotency.Key != key || cb.Customer.Number.Reveal() != number {
		fault("accepted under key %s with another key or number", key)
	}
	if cb.Service != Desk {
		return faults
	}
	placed, talked := f.World.Ledger.calls(cb.ID)
	connected := 0
	if cb.Reason == callback.ReasonAgentConnected {
		connected = 1
	}
	switch {
	case cb.State != callback.Completed:
		fault("not completed: %s", cb.Detail)
	case placed > len(cb.Attempts):
		fault("called %d times in %d attempts", placed, len(cb.Attempts))
	case talked != connected:
		fault("the customer talked to an agent %d times", talked)
	}
	return faults
}
