package engine

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// flights are the calls of the dialer that have not returned, stuck ones
// included.
type flights struct {
	mu    sync.Mutex
	max   int
	used  int
	calls map[flightKey]*flight // those of a BlockingDialer
	idle  chan struct{}         // closed when the last of them returns; nil without a waiter
}

type flightKey struct {
	tenant string
	key    callback.AttemptKey
}

// flight is a call that a BlockingDialer of this Manager makes. The lease of its
// callback is renewed until the dialer returns.
type flight struct {
	tenant   string
	id       callback.ID
	key      callback.AttemptKey
	epoch    int64
	revision int64
	renewAt  time.Time
}

// init sets the limit: the lower of Config.MaxInFlight and the dialer's, if it
// has one.
func (f *flights) init(most, dialer int) {
	f.max = most
	if dialer > 0 && dialer < most {
		f.max = dialer
	}
	f.calls = make(map[flightKey]*flight)
}

// free returns how many more calls may be made at the same time.
func (f *flights) free() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.max-f.used, 0)
}

// begin counts a call of the dialer; call is nil unless its lease is to be
// renewed.
func (f *flights) begin(call *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used++
	if call != nil {
		f.calls[flightKey{call.tenant, call.key}] = call
	}
}

// end counts a call of the dialer that has returned.
func (f *flights) end(tenant string, key callback.AttemptKey) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used--
	if f.used == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
	delete(f.calls, flightKey{tenant, key})
}

// drained returns a channel that is closed when no call of the dialer is under
// way.
func (f *flights) drained() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used == 0 {
		idle := make(chan struct{})
		close(idle)
		return idle
	}
	if f.idle == nil {
		f.idle = make(chan struct{})
	}
	return f.idle
}

// stuck returns how many calls of the dialer have not returned.
func (f *flights) stuck() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// renew renews the leases that are due for it and returns when the next one is.
// It drops calls that another node has taken over.
func (f *flights) renew(ctx context.Context, m *Engine, now time.Time) time.Time {
	var lost []flightKey
	var next time.Time
	for _, call := range f.leased() {
		// A renewal that is further off was planned before the clock was set back.
		overdue := !call.renewAt.After(now) || call.renewAt.After(now.Add(m.Config.Lease/3))
		if overdue && !m.renewCall(ctx, call, now) {
			lost = append(lost, flightKey{call.tenant, call.key})
			continue
		}
		next = decide.Earliest(next, call.renewAt)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range lost {
		delete(f.calls, key)
	}
	return next
}

// leased lists the calls whose leases are renewed, in a fixed order.
func (f *flights) leased() []*flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.calls), func(a, b *flight) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.key, b.key))
	})
}

// renewCall moves NextAt of a callback on while its call is made. It returns
// false if the callback is not this Manager's any more. After any other failure
// the next renewal still comes before the lease ends.
func (m *Engine) renewCall(ctx context.Context, call *flight, now time.Time) bool {
	call.renewAt = now.Add(m.Config.Lease / 3)
	for range 2 {
		var b Batch
		b.lease(callback.Change{Unclaim: true, Epoch: call.epoch, Record: &callback.Callback{
			Tenant: call.tenant, ID: call.id, Revision: call.revision, NextAt: now.Add(m.Config.Lease),
		}})
		b.timely(now)
		results, _ := m.Write(ctx, now, &b)
		if results[0].Fate != Lost {
			return true
		}
		cb, err := m.Store.Get(ctx, callback.By{Tenant: call.tenant, ID: call.id})
		if err != nil {
			return !errors.Is(err, callback.ErrNotFound)
		}
		a := cb.Current()
		if a == nil || a.Key != call.key || cb.State != callback.Dialing || cb.Lease.Epoch != call.epoch {
			return false
		}
		call.revision = cb.Revision
	}
	return true
}
