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
	max   int                   // of dials, and of look-ups apart from them
	used  int                   // dials
	looks int                   // look-ups
	calls map[flightKey]*flight // those of a BlockingDialer
	idle  chan struct{}         // closed when the last of them returns; nil without a waiter

	renewing sync.Mutex // held while leases are renewed
}

// handouts are the committed attempts of this process that have not reached the
// dialer.
type handouts struct {
	mu sync.Mutex
	of map[flightKey]bool // whether the attempt was given up after its commit
}

func (h *handouts) add(key flightKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = make(map[flightKey]bool)
	}
	h.of[key] = false
}

// giveUp notes that the current attempt of a callback must not be made.
func (h *handouts) giveUp(cb *callback.Callback) {
	a := cb.Current()
	if a == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if key := (flightKey{cb.Tenant, a.Key}); len(h.of) > 0 {
		if _, ok := h.of[key]; ok {
			h.of[key] = true
		}
	}
}

// take removes an attempt and reports whether it may still be made.
func (h *handouts) take(key flightKey) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	givenUp := h.of[key]
	delete(h.of, key)
	return !givenUp
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
	began    time.Time
	up       time.Time // from then on it is a call and no request any more
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

// free returns how many more dials may be made at the same time.
func (f *flights) free() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.max-f.used, 0)
}

// up returns when the latest of the calls other than key began that have been under
// way for longer than placing takes; zero if there is none.
func (f *flights) up(key flightKey, now time.Time) (began time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for k, c := range f.calls {
		if k != key && now.After(c.up) {
			began = decide.Latest(began, c.began)
		}
	}
	return began
}

// begin counts a dial; call is nil unless its lease is to be renewed.
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
	delete(f.calls, flightKey{tenant, key})
	f.settle()
}

// beginLook counts a look-up and reports whether it may begin. Look-ups have
// slots of their own, so that those that hang keep no callback from being dialed.
func (f *flights) beginLook() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.looks >= f.max {
		return false
	}
	f.looks++
	return true
}

// endLook counts a look-up that has returned.
func (f *flights) endLook() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks--
	f.settle()
}

// settle tells those who wait for the last call. The caller holds f.mu.
func (f *flights) settle() {
	if f.used+f.looks == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

// drained returns a channel that is closed when no call of the dialer is under
// way.
func (f *flights) drained() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used+f.looks == 0 {
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
	return f.used + f.looks
}

// renew renews the leases that are due for it and returns when the next one is.
// It drops calls that another node has taken over. It does nothing while another
// renewal is under way.
func (f *flights) renew(ctx context.Context, m *Engine, now time.Time) time.Time {
	if !f.renewing.TryLock() {
		return time.Time{}
	}
	defer f.renewing.Unlock()
	var due []*flight
	var next time.Time
	again := now.Add(m.Config.Lease / 3)
	for _, call := range f.leased() {
		// A time beyond again is from before the clock was set back.
		if !call.renewAt.After(now) || call.renewAt.After(again) {
			call.renewAt = again
			due = append(due, call)
		}
		next = decide.Earliest(next, call.renewAt)
	}
	for len(due) > 0 {
		n := min(len(due), m.Config.Batch)
		lost := m.renewCalls(ctx, due[:n], now)
		due = due[n:]
		f.mu.Lock()
		for _, call := range lost {
			delete(f.calls, flightKey{call.tenant, call.key})
		}
		f.mu.Unlock()
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

// renewCalls moves NextAt of callbacks on while their calls are made. It returns
// those that are not this Manager's any more. After any other failure the next
// renewal still comes before the lease ends.
func (m *Engine) renewCalls(ctx context.Context, calls []*flight, now time.Time) (lost []*flight) {
	for range 2 {
		var b Batch
		for _, call := range calls {
			b.lease(callback.Change{Unclaim: true, Epoch: call.epoch, Record: &callback.Callback{
				Tenant: call.tenant, ID: call.id, Revision: call.revision, NextAt: now.Add(m.Config.Lease),
			}})
		}
		b.timely(now)
		results, _ := m.Write(ctx, now, &b)
		var changed []*flight
		for i, r := range results {
			if r.Fate != Lost {
				continue
			}
			switch cb, err := m.Store.Get(ctx, callback.By{Tenant: calls[i].tenant, ID: calls[i].id}); {
			case err == nil && calls[i].isOf(cb):
				calls[i].revision = cb.Revision
				changed = append(changed, calls[i])
			case err == nil, errors.Is(err, callback.ErrNotFound):
				lost = append(lost, calls[i])
			}
		}
		if calls = changed; len(calls) == 0 {
			break
		}
	}
	return lost
}

// isOf reports whether the call is the attempt under way of the callback.
func (f *flight) isOf(cb *callback.Callback) bool {
	a := cb.Current()
	return a != nil && a.Key == f.key && cb.State == callback.Dialing && cb.Lease.Epoch == f.epoch
}

// renewals renews leases by a clock of its own until stop is called, because a
// tick over a slow store may last longer than a lease.
func (m *Engine) renewals(ctx context.Context) (stop func()) {
	if m.waiter == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		often := time.NewTicker(m.Config.Lease / 6)
		defer often.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-often.C:
			}
			if now, err := m.Now(ctx); err == nil {
				m.flights.renew(ctx, m, now)
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
