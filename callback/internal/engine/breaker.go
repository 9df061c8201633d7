package engine

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// breaker is the breaker of this Manager's dialer. The failures that open it give
// back the submit attempts that they have used.
type breaker struct {
	mu    sync.Mutex
	state decide.Breaker
	last  []failure              // the last failures in a row, while it is closed
	owed  map[flightKey]struct{} // failures that opened it and are not written yet
}

// remembered is how many failures give back a submit attempt.
const remembered = 5

// failure is an attempt that was not placed.
type failure struct {
	flightKey
	id      callback.ID
	counted bool // its write used a submit attempt
}

// edge tells that the breaker has opened or closed.
type edge struct {
	callback.DialerChange
	back []failure // submit attempts to give back
}

// update changes the state under the lock and returns the edge that it passed, or
// nil.
func (b *breaker) update(node string, change func(s *decide.Breaker)) *edge {
	before := b.state
	change(&b.state)
	if !b.state.Open {
		b.last = slices.Delete(b.last, 0, max(len(b.last)-b.state.Failures, 0))
		if !before.Open {
			return nil
		}
		return &edge{DialerChange: callback.DialerChange{Node: node, Since: before.Since, Failures: before.Failures}}
	}
	if before.Open {
		return nil
	}
	e := &edge{DialerChange: callback.DialerChange{Node: node, Closed: true, Since: b.state.Since, Failures: b.state.Failures}}
	for _, f := range b.last {
		if f.counted {
			e.back = append(e.back, f)
			continue
		}
		if b.owed == nil {
			b.owed = make(map[flightKey]struct{})
		}
		b.owed[f.flightKey] = struct{}{}
	}
	b.last = nil
	return e
}

// settle notes that the report of a failure was written or given up. back reports
// whether the submit attempt that it used is to be given back.
func (b *breaker) settle(key flightKey, counted bool) (back bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, owed := b.owed[key]
	delete(b.owed, key)
	for i := range b.last {
		if b.last[i].flightKey == key {
			b.last[i].counted = counted
		}
	}
	return owed && counted
}

// finding is what one report tells about the dialer.
type finding struct {
	own     bool // the dialer returned the outcome; else it had accepted the call
	failure failure
	failed  bool
	edge    *edge
}

// find tells the breaker what a report about the current attempt says and returns
// the rules for the decision about it. It counts a failure once if it is called again
// for the same report. Before a failure completes the callback, it asks the store
// whether the platform refuses others too: each of several Managers sees only a part
// of an outage.
func (m *Engine) find(ctx context.Context, f *finding, cb *callback.Callback, p *decide.Policy, r callback.Report, now time.Time) decide.DialRules {
	rules := m.Rules
	rules.Outage = m.tell(f, cb, r, now)
	if f.failed && !rules.Outage && decide.LastSubmit(cb, p) {
		rules.Outage = m.refusesOthers(ctx, f, cb.Tenant, now)
	}
	return rules
}

// tell is find for this Manager's breaker alone. It reports whether the breaker is
// open.
func (m *Engine) tell(f *finding, cb *callback.Callback, r callback.Report, now time.Time) (open bool) {
	a, o := cb.Current(), r.Outcome
	up := m.flights.up(flightKey{r.Tenant, r.Key}, now)
	b := &m.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	if cb.State == callback.Completed || !a.Live() {
		return b.state.Open
	}
	key := decide.CallbackKey{Tenant: cb.Tenant, ID: cb.ID}
	e := b.update(m.Config.Node, func(s *decide.Breaker) {
		if !up.IsZero() {
			s.Prove(up)
		}
		switch {
		case o == nil && r.Stage >= callback.StageRinging, o != nil && o.Certainty == callback.Known:
			s.Prove(a.Began)
		case o == nil:
		case a.Stage >= callback.StageRinging || !decide.Refusal(*o):
			s.Miss(key, now, m.Config.Random)
		case !f.failed:
			f.failed, f.failure = true, failure{flightKey: flightKey{r.Tenant, r.Key}, id: cb.ID}
			b.last = append(b.last, f.failure)
			b.last = slices.Delete(b.last, 0, max(len(b.last)-remembered, 0))
			s.Fail(decide.Failure{Callback: key, Attempt: r.Key, Began: a.Began, Late: !f.own}, now, m.Config.Random)
		}
	})
	if b.state.Open {
		b.last = nil
	}
	if e != nil {
		f.edge = e
	}
	return b.state.Open
}

// refusedMost is how many callbacks are read to see whether the platform refuses
// others.
const refusedMost = 200

// refusesOthers tells the breaker what the platform refused to call for other
// Managers, of the callbacks of a tenant that wait first in their queues, and reports
// whether the breaker is open. If the store does not tell, it takes it for open.
func (m *Engine) refusesOthers(ctx context.Context, f *finding, tenant string, now time.Time) (open bool) {
	page, err := m.Store.Search(ctx, callback.Query{Tenant: tenant, States: []callback.State{callback.Queued}, Order: callback.ByQueue, Limit: refusedMost})
	if err != nil {
		m.logAttempt(ctx, slog.LevelWarn, "what the platform refuses others was not read", tenant, f.failure.key, err)
		return true
	}
	var refused []decide.Failure
	for _, cb := range page.Callbacks {
		refused = append(refused, decide.Refusals(cb, now)...)
	}
	b := &m.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	var learned []decide.Failure
	e := b.update(m.Config.Node, func(s *decide.Breaker) { learned = s.Learn(refused, now, m.Config.Random) })
	if e == nil {
		return b.state.Open
	}
	for _, r := range learned {
		e.back = append(e.back, failure{flightKey: flightKey{r.Callback.Tenant, r.Attempt}, id: r.Callback.ID, counted: true})
	}
	f.edge = e
	return true
}

// found does what follows after a report was written. counted is whether it used a
// submit attempt.
func (m *Engine) found(ctx context.Context, f *finding, counted bool) {
	if f.failed && m.breaker.settle(f.failure.flightKey, counted) {
		m.giveBackSubmit(ctx, f.failure)
	}
	m.announce(ctx, f.edge)
}

// accepted tells the breaker that the dialer's platform accepted a call which began
// at a time.
func (m *Engine) accepted(ctx context.Context, began time.Time) {
	m.breaker.mu.Lock()
	e := m.breaker.update(m.Config.Node, func(s *decide.Breaker) { s.Accept(began) })
	m.breaker.mu.Unlock()
	m.announce(ctx, e)
}

// probed tells the breaker that a callback was committed to be dialed, or for an
// offer.
func (m *Engine) probed(d *decide.Draft) {
	cb := d.Callback
	key := decide.CallbackKey{Tenant: cb.Tenant, ID: cb.ID}
	m.breaker.mu.Lock()
	defer m.breaker.mu.Unlock()
	switch {
	case cb.State == callback.Dialing:
		m.breaker.state.Probe(key, d.Now, d.Policy.Service.Dialing.PlaceTimeout, true)
	case cb.State == callback.Offered && cb.Offer.Kind != callback.OfferBooking:
		m.breaker.state.Probe(key, d.Now, time.Minute, false)
	}
}

// breakerLeft returns what the breaker leaves of the dialer. cb is a callback that
// has left its queue already, or nil.
func (m *Engine) breakerLeft(ctx context.Context, now time.Time, cb *callback.Callback) decide.Allowance {
	var left decide.Allowance
	m.breaker.mu.Lock()
	e := m.breaker.update(m.Config.Node, func(s *decide.Breaker) {
		if cb == nil {
			left = s.Allowance(now, m.waiter != nil)
		} else {
			left = s.AllowanceAfterOffer(decide.CallbackKey{Tenant: cb.Tenant, ID: cb.ID}, now, m.waiter != nil)
		}
	})
	m.breaker.mu.Unlock()
	m.announce(ctx, e)
	return left
}

// avoid reports whether another callback than this one is to be the next probe.
func (m *Engine) avoid(cb *callback.Callback) bool {
	m.breaker.mu.Lock()
	defer m.breaker.mu.Unlock()
	return m.breaker.state.Avoid(decide.CallbackKey{Tenant: cb.Tenant, ID: cb.ID})
}

// alone reports whether a sweep has found only callbacks that have been probes.
func (m *Engine) alone() bool {
	m.breaker.mu.Lock()
	defer m.breaker.mu.Unlock()
	return m.breaker.state.Alone()
}

// announce does what follows when the breaker has opened or closed.
func (m *Engine) announce(ctx context.Context, e *edge) {
	if e == nil {
		return
	}
	attrs := []slog.Attr{slog.String("node", m.Config.Node), slog.Int("failures", e.Failures), slog.Time("since", e.Since)}
	if e.Closed {
		m.Log.LogAttrs(ctx, slog.LevelWarn, "the dialer's platform takes no calls: one callback at a time is dialed to test it", attrs...)
	} else {
		m.Log.LogAttrs(ctx, slog.LevelInfo, "the dialer's platform takes calls again", attrs...)
	}
	m.observe(ctx, func(o callback.Observer) { o.DialerChanged(ctx, e.DialerChange) })
	for _, f := range e.back {
		m.giveBackSubmit(ctx, f)
	}
	m.Wake()
}

// giveBackSubmit gives back the submit attempt that a failure has used.
func (m *Engine) giveBackSubmit(ctx context.Context, f failure) {
	ctx = m.lasting(ctx)
	_, err := m.Mutate(ctx, f.tenant, f.id, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		return decide.GiveBackSubmit(cb, p, now, m.Config.Node), nil
	})
	if err != nil {
		m.logAttempt(ctx, slog.LevelWarn, "a submit attempt was not given back", f.tenant, f.key, err)
	}
}
