package engine

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// flights are the calls of the dialer that have not returned, stuck ones
// included.
type flights struct {
	mu    sync.Mutex
	max   int
	used  int
	calls map[flightKey]*flight // whole calls, whose claims are renewed
	idle  chan struct{}         // closed when the last of them returns; nil without a waiter
}

type flightKey struct {
	tenant string
	key    callback.AttemptKey
}

// flight is one whole call that this Manager makes.
type flight struct {
	tenant   string
	id       callback.ID
	key      callback.AttemptKey
	epoch    int64
	revision int64
	renewAt  time.Time
}

func (f *flights) init(most, dialer int) {
	f.max = most
	if dialer > 0 && dialer < most {
		f.max = dialer
	}
	f.calls = make(map[flightKey]*flight)
}

func (f *flights) free() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(f.max-f.used, 0)
}

func (f *flights) begin(call *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used++
	if call != nil {
		f.calls[flightKey{call.tenant, call.key}] = call
	}
}

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

// renew tells the store that whole calls are still being made here, and returns
// when it has to be told again. A call that another took over is let go.
func (f *flights) renew(ctx context.Context, m *Engine, now time.Time) time.Time {
	var lost []flightKey
	var next time.Time
	for _, call := range f.whole() {
		if !call.renewAt.After(now) && !m.renewCall(ctx, call, now) {
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

// whole lists the whole calls that are being made, in a fixed order.
func (f *flights) whole() []*flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.calls), func(a, b *flight) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.key, b.key))
	})
}

// renewCall moves the moment of attention of a whole call on; false means that
// the call is not this Manager's any more.
func (m *Engine) renewCall(ctx context.Context, call *flight, now time.Time) bool {
	call.renewAt = now.Add(m.Config.Lease / 3)
	for range 2 {
		errs, err := m.Store.Apply(ctx, now, []callback.Change{{Unclaim: true, Epoch: call.epoch, Record: &callback.Callback{
			Tenant: call.tenant, ID: call.id, Revision: call.revision, NextAt: now.Add(m.Config.Lease),
		}}})
		if err == nil && (len(errs) == 0 || errs[0] == nil) {
			return true
		}
		if err != nil {
			// Not told, it is told again before the claim runs out.
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

// launch hands a committed attempt to the dialer.
func (m *Engine) launch(ctx context.Context, d *decide.Draft) {
	call := m.call(d.Callback, d.Policy)
	var whole *flight
	if m.waiter != nil {
		whole = &flight{tenant: call.Tenant, id: call.ID, key: call.Key, epoch: call.Epoch,
			revision: d.Callback.Revision, renewAt: d.Now.Add(m.Config.Lease / 3)}
	}
	m.flights.begin(whole)
	m.paced(d.Now)
	if d.Callback.Trace != (callback.Trace{}) {
		ctx = callback.WithTrace(ctx, d.Callback.Trace)
	}
	if m.Config.Synchronous {
		m.place(ctx, call, d.Policy)
		return
	}
	go m.place(ctx, call, d.Policy)
}

// place calls the dialer once and reports what it said. The dialer gets the
// values of ctx, but neither its end nor its deadline.
func (m *Engine) place(ctx context.Context, call callback.Call, policy *decide.Policy) {
	defer m.Wake()
	defer m.flights.end(call.Tenant, call.Key)
	report := callback.Report{Tenant: call.Tenant, Key: call.Key, Epoch: call.Epoch}
	limit, ok := m.placingTime(call, policy)
	if !ok {
		// This node stood still since the commit: by now another may have been
		// told that the attempt was never placed.
		report.Outcome = &callback.Outcome{Result: callback.ResultStale, Certainty: callback.NotPlaced}
		m.deliver(report)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	defer context.AfterFunc(m.Life.ctx, cancel)()
	err := guard.Call("dialer", func() (err error) {
		if m.waiter == nil {
			report.Ref, err = m.Config.Dialer.Dial(ctx, call)
			report.Stage = callback.StagePlaced
			return err
		}
		var outcome callback.Outcome
		outcome, err = m.waiter.DialAndWait(ctx, call)
		outcome = decide.Said(outcome)
		report.Outcome = &outcome
		return err
	})
	if err == nil && report.Outcome != nil && report.Outcome.Result == callback.ResultOK && report.Outcome.Certainty == callback.MayHaveRung {
		m.Log.LogAttrs(ctx, slog.LevelWarn, "dialer returned no result: the callback becomes unresolved; return callback.Ended(result) for a call whose end is known",
			slog.String("attempt", string(call.Key)))
	}
	if err != nil {
		report.Outcome = m.outcomeOf(err, call)
		report.Stage = callback.StageNone
	}
	if err == nil && report.Outcome == nil && report.Ref == "" {
		// The platform has no name for it: there is nothing to note, the
		// commit already believes the silence for long enough.
		return
	}
	m.deliver(report)
}

// placingTime returns how long the dialer may take; ok is false when it is too
// late to begin.
func (m *Engine) placingTime(call callback.Call, policy *decide.Policy) (limit time.Duration, ok bool) {
	now, err := m.Now(m.Life.ctx)
	if err != nil || !now.Before(call.NotAfter) {
		return 0, false
	}
	o := policy.Service.Dialing
	if m.waiter != nil {
		return o.PlaceTimeout + o.RingTimeout + o.AgentWait + o.MaxCall, true
	}
	return min(o.PlaceTimeout, call.NotAfter.Sub(now)), true
}

// outcomeOf reads a dialer's error. What does not say that the call was not
// placed may have rung.
func (m *Engine) outcomeOf(err error, call callback.Call) *callback.Outcome {
	var throttled *callback.ThrottledError
	outcome := &callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.MayHaveRung}
	switch {
	case errors.As(err, &throttled):
		outcome.Certainty, outcome.RetryAfter = callback.NotPlaced, max(throttled.After, time.Second)
		if now, err := m.Now(m.Life.ctx); err == nil {
			m.coolDown(ServiceKey{call.Tenant, call.Service}, now.Add(outcome.RetryAfter))
		}
	case errors.Is(err, callback.ErrNotPlaced):
		outcome.Certainty = callback.NotPlaced
	}
	m.Log.LogAttrs(m.Life.ctx, slog.LevelWarn, "dialer failed",
		slog.String("attempt", string(call.Key)), slog.String("certainty", outcome.Certainty.String()), slog.String("error", text.RedactError(err)))
	return outcome
}

// deliveries is how often the Manager tries to write a report of its own.
const deliveries = 3

// deliver writes a report that nobody else will repeat. When it cannot, the
// attempt's deadline passes and the attempt becomes unresolved: the careful
// side.
func (m *Engine) deliver(r callback.Report) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.Life.ctx), m.Config.StoreTimeout)
	defer cancel()
	var err error
	for range deliveries {
		err = m.Report(ctx, r)
		if err == nil || errors.Is(err, callback.ErrConflict) || errors.Is(err, callback.ErrNotFound) {
			return
		}
	}
	m.Log.LogAttrs(ctx, slog.LevelError, "a dialer's answer was not written",
		slog.String("attempt", string(r.Key)), slog.String("error", text.RedactError(err)))
}

// call describes the current attempt to the dialer.
func (m *Engine) call(cb *callback.Callback, p *decide.Policy) callback.Call {
	s := p.Service
	a := cb.Current()
	c := callback.Call{
		Tenant: cb.Tenant, Key: a.Key, Epoch: a.Epoch, ID: cb.ID, Service: cb.Service, Attempt: a.N,
		To: cb.Customer.Target(), CallerID: s.Dialing.CallerID, CallerName: s.Dialing.CallerName, Prefix: s.Dialing.Prefix,
		TrunkGroup: s.Dialing.TrunkGroup, First: s.Dialing.First, Target: cb.Agent.Target, Queue: cb.Agent.Queue,
		MediaType: p.MediaType(cb), ConfirmPrompt: s.Dialing.ConfirmPrompt, ConfirmDigit: s.Dialing.ConfirmDigit,
		AgentRingTimeout: s.Dialing.AgentRingTimeout, RingTimeout: s.Dialing.RingTimeout, MaxCall: s.Dialing.MaxCall, DetectCalls: !s.Dialing.NoCallProgress,
		Treatments: s.Dialing.Treatments, Properties: cb.Properties, UserData: cb.UserData,
		NotAfter: decide.Earliest(decide.LastChance(cb), a.Began.Add(s.Dialing.PlaceTimeout)),
	}
	if !s.Preview.On || s.Preview.ViaRoutePoint {
		c.RoutePoint = s.Dialing.RoutePoint
	}
	if r := cb.Reservation; r != nil {
		c.Agent, c.AgentAddress = r.Agent, r.Address
	}
	return c
}
