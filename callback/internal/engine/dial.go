package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// launch hands a committed attempt to the dialer, on a goroutine of its own unless
// Config.Synchronous is set.
func (m *Engine) launch(ctx context.Context, d *decide.Draft) {
	call := m.call(d.Callback, d.Policy)
	var whole *flight
	if m.waiter != nil {
		whole = &flight{tenant: call.Tenant, id: call.ID, key: call.Key, epoch: call.Epoch,
			revision: d.Callback.Revision, renewAt: d.Now.Add(m.Config.Lease / 3),
			began: d.Now, up: d.Now.Add(d.Policy.Service.Dialing.PlaceTimeout)}
	}
	m.flights.begin(whole)
	m.handouts.add(flightKey{call.Tenant, call.Key})
	m.paced(d.Now)
	if d.Callback.Trace != (callback.Trace{}) {
		ctx = callback.WithTrace(ctx, d.Callback.Trace)
	}
	if m.Config.Synchronous {
		m.place(ctx, call, d)
		return
	}
	go m.place(ctx, call, d)
}

// place calls the dialer once and writes its answer. The dialer gets the values of
// ctx, but neither its end nor its deadline.
func (m *Engine) place(ctx context.Context, call callback.Call, d *decide.Draft) {
	defer m.Wake()
	defer m.flights.end(call.Tenant, call.Key)
	report := callback.Report{Tenant: call.Tenant, Key: call.Key, Epoch: call.Epoch}
	if err := m.askConsent(ctx, call, d); err != nil {
		m.handouts.take(flightKey{call.Tenant, call.Key})
		report.Outcome = &callback.Outcome{Result: callback.ResultStale, Certainty: callback.NotPlaced}
		if errors.Is(err, callback.ErrConsent) {
			report.Outcome.Result = callback.ResultDoNotCall
		}
		_ = m.deliver(report)
		return
	}
	limit, ok := m.placingTime(ctx, call, d)
	if stands := m.handouts.take(flightKey{call.Tenant, call.Key}); !ok || !stands {
		// This node or the store was slow since the commit. By now another node
		// may have learned from the platform that there is no such call.
		m.Log.LogAttrs(ctx, slog.LevelWarn, "an attempt was not begun in time: this node or its store is slow, or the service has closed",
			slog.String("tenant", call.Tenant), slog.String("attempt", string(call.Key)))
		report.Outcome = &callback.Outcome{Result: callback.ResultStale, Certainty: callback.NotPlaced}
		_ = m.deliver(report)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	defer context.AfterFunc(m.Life.ctx, cancel)()
	m.observe(ctx, func(o callback.Observer) { o.AttemptBegan(ctx, handCall(call)) })
	asked := handCall(call)
	err := guard.Call("dialer", func() (err error) {
		if m.waiter == nil {
			report.Ref, err = m.Config.Dialer.Dial(ctx, asked)
			report.Stage = callback.StagePlaced
			return err
		}
		var outcome callback.Outcome
		outcome, err = m.waiter.DialAndWait(ctx, asked)
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
	} else if m.waiter == nil {
		m.accepted(ctx, d.Now)
	}
	up := report.Outcome == nil || report.Outcome.Certainty == callback.MayHaveRung
	_, hangs := unwrap.As[callback.HangupDialer](m.Config.Dialer)
	switch {
	case report.Outcome != nil || report.Ref != "":
		err = m.deliver(report)
	case hangs:
		err = m.seek(call)
	default:
		// Without a reference there is nothing to write, and the commit has set
		// how long to wait for a report.
		return
	}
	if up && errors.Is(err, callback.ErrNotFound) {
		// It was cancelled by force and erased while the dialer placed it.
		m.HangUp(ctx, call.ID, callback.Owed{
			Hangup: &callback.Hangup{Tenant: call.Tenant, Key: call.Key, Ref: report.Ref, Reason: callback.ReasonCancelled},
			Until:  call.NotAfter.Add(call.MaxCall + m.Rules.Settle),
		})
	}
}

// askConsent returns why the consent of the customer is missing or not known, or
// nil.
func (m *Engine) askConsent(ctx context.Context, call callback.Call, d *decide.Draft) error {
	if d.Policy.Service.Consent == callback.ConsentNone {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.Policy.Service.Dialing.PlaceTimeout)
	defer cancel()
	defer context.AfterFunc(m.Life.ctx, cancel)()
	err := m.consents(ctx, d.Callback, d.Policy)
	if err != nil {
		m.logAttempt(ctx, slog.LevelWarn, "an attempt was not begun: no consent is known", call.Tenant, call.Key, err)
	}
	return err
}

// seek hangs up a call that has just been placed, if the callback was cancelled
// by force in the meantime. It returns callback.ErrNotFound if it was erased.
func (m *Engine) seek(call callback.Call) error {
	ctx, cancel := m.Detached(m.Life.ctx)
	defer cancel()
	cb, err := m.Store.Get(ctx, callback.By{Tenant: call.Tenant, ID: call.ID})
	if err != nil {
		return err
	}
	m.hangUpSlipped(ctx, cb, call.Attempt, "")
	return nil
}

// hangUpSlipped hangs up attempt n, which the platform has just told of, if it
// was given up by force: the hang-up of that time came before the call.
func (m *Engine) hangUpSlipped(ctx context.Context, cb *callback.Callback, n int, ref callback.Ref) {
	if h := decide.Slipped(cb, n, ref); h != nil {
		m.HangUp(ctx, cb.ID, callback.Owed{Hangup: h})
	}
}

// freshFor is how long after its decision an attempt is placed without a look
// at the record.
const freshFor = time.Second

// placingTime returns how long the dialer may take. ok is false if it is too late
// to begin, or if the callback has moved on since the decision to call.
func (m *Engine) placingTime(ctx context.Context, call callback.Call, d *decide.Draft) (limit time.Duration, ok bool) {
	now, err := m.Now(m.Life.ctx)
	if err != nil || !now.Before(call.NotAfter) {
		return 0, false
	}
	if age := now.Sub(d.Now); d.Doubted || age > freshFor || age < 0 {
		reading, cancel := m.Detached(ctx)
		defer cancel()
		began := m.Config.Now()
		cb, err := m.Store.Get(reading, callback.By{Tenant: call.Tenant, ID: call.ID})
		if err != nil || !decide.Awaits(cb, call) {
			return 0, false
		}
		// No other question to the store: what the record says grows old.
		if now = now.Add(m.Config.Now().Sub(began)); !now.Before(call.NotAfter) {
			return 0, false
		}
	}
	if n, _ := decide.NewScene(now, d.Policy).Capacity(); n == 0 {
		return 0, false
	}
	o := d.Policy.Service.Dialing
	if m.waiter != nil {
		return o.PlaceTimeout + o.RingTimeout + o.AgentWait + o.MaxCall, true
	}
	return min(o.PlaceTimeout, call.NotAfter.Sub(now)), true
}

// outcomeOf returns the outcome that a dialer's error stands for. Unless the error
// says that the call was not placed, the customer's phone may have rung.
func (m *Engine) outcomeOf(err error, call callback.Call) *callback.Outcome {
	var throttled *callback.ThrottledError
	outcome := &callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.MayHaveRung}
	switch {
	case errors.As(err, &throttled):
		outcome.Certainty, outcome.RetryAfter = callback.NotPlaced, max(throttled.After, time.Second)
	case errors.Is(err, callback.ErrNotPlaced):
		outcome.Certainty = callback.NotPlaced
	}
	m.logAttempt(m.Life.ctx, slog.LevelWarn, "dialer failed", call.Tenant, call.Key, err, slog.String("certainty", outcome.Certainty.String()))
	return outcome
}

// deliveries is how often the engine tries to write a report of its own.
const deliveries = 3

// deliver writes the answer of the dialer, which comes only once. If it cannot be
// written, the deadline of the attempt passes and the attempt becomes
// unresolved, so that the customer is not called twice.
func (m *Engine) deliver(r callback.Report) error {
	ctx := m.lasting(m.Life.ctx)
	var err error
	for range deliveries {
		var asked throttle
		asked, err = m.report(ctx, r, true)
		m.coolDown(ctx, asked)
		if err == nil || errors.Is(err, callback.ErrConflict) || errors.Is(err, callback.ErrNotFound) {
			return err
		}
	}
	m.logAttempt(ctx, slog.LevelError, "a dialer's answer was not written", r.Tenant, r.Key, err)
	return err
}

// call returns what the dialer is told about the current attempt.
func (m *Engine) call(cb *callback.Callback, p *decide.Policy) callback.Call {
	s := p.Service
	a := cb.Current()
	c := callback.Call{
		Tenant: cb.Tenant, Key: a.Key, Epoch: a.Epoch, ID: cb.ID, Service: cb.Service, Attempt: a.N,
		To: cb.Customer.Target(), CallerID: s.Dialing.CallerID, CallerName: s.Dialing.CallerName, Prefix: s.Dialing.Prefix,
		TrunkGroup: s.Dialing.TrunkGroup, AgentFirst: s.Dialing.AgentFirst, Target: cb.Agent.Target, Queue: cb.Agent.Queue,
		MediaType: p.MediaType(cb), ConfirmPrompt: s.Dialing.ConfirmPrompt, ConfirmDigit: s.Dialing.ConfirmDigit,
		AgentRingTimeout: s.Dialing.AgentRingTimeout, RingTimeout: s.Dialing.RingTimeout, MaxCall: s.Dialing.MaxCall, DetectCalls: !s.Dialing.NoCallProgress,
		Treatments: s.Dialing.Treatments, Properties: cb.Properties, UserData: cb.UserData,
		NotAfter: p.NotAfter(cb, a.Began),
	}
	if !s.Preview.On || s.Preview.ViaRoutePoint {
		c.RoutePoint = s.Dialing.RoutePoint
	}
	if r := cb.Reservation; r != nil {
		c.Agent, c.AgentAddress = r.Agent, r.Address
	}
	return c
}

// Report applies a dialer's report about an attempt; see Manager.Report.
func (m *Engine) Report(ctx context.Context, r callback.Report) error {
	asked, err := m.report(ctx, r, false)
	m.coolDown(ctx, asked)
	return err
}

// report applies a report and returns the pause that its outcome asks for; own
// says that the dialer has just returned it. Nothing follows from a report but
// what it changes: what is refused or old asks for no pause.
func (m *Engine) report(ctx context.Context, r callback.Report, own bool) (asked throttle, err error) {
	id, n, ok := r.Key.Split()
	if !ok {
		return asked, decide.Invalid("attempt", "is not an attempt key")
	}
	if err := decide.CheckReport(r); err != nil {
		return asked, err
	}
	r.Outcome = m.Bounded(ctx, r.Tenant, r.Key, r.Outcome)
	f, counted := finding{own: own}, false
	cb, err := m.Mutate(ctx, r.Tenant, id, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		asked = throttle{}
		if n > len(cb.Attempts) {
			return nil, fmt.Errorf("attempt %d: %w", n, callback.ErrNotFound)
		}
		if a := cb.Attempts[n-1]; r.Epoch != 0 && a.Epoch != r.Epoch {
			return nil, fmt.Errorf("attempt %d was placed under another epoch: %w", n, callback.ErrConflict)
		}
		if n < len(cb.Attempts) {
			return nil, nil
		}
		d := decide.Report(cb, p, now, m.find(ctx, &f, cb, p, r, now), r, false)
		counted = d != nil && d.Callback.Submits > cb.Submits
		if d != nil && cb.State != callback.Completed {
			asked = askedOf(cb, r.Outcome, now)
		}
		return d, nil
	})
	m.found(ctx, &f, counted && err == nil)
	if err != nil {
		return throttle{}, err
	}
	if r.Outcome == nil || r.Outcome.Certainty == callback.MayHaveRung {
		m.hangUpSlipped(ctx, cb, n, r.Ref)
	}
	return asked, nil
}

// round prepares the decisions about claimed callbacks of one service.
func (m *Engine) round(scene *decide.Scene) *decide.Round {
	o := scene.Policy.Service.Dialing
	window := o.PlaceTimeout + o.RingTimeout + o.Grace
	if o.AgentFirst {
		window += o.RingTimeout
	}
	if m.Rules.Finals {
		window += o.AgentWait + o.MaxCall
	}
	if m.waiter != nil {
		// The lease is renewed for as long as the dialer makes the call.
		window = m.Config.Lease
	}
	return &decide.Round{Now: scene.Now, Policy: scene.Policy, Actor: m.Config.Node, Media: m.Rules.Media, Router: m.Config.Router != nil, Window: window, Code: m.Config.NewCode}
}

// dialOffered dials a callback whose offer was accepted, or asks the next
// question.
func (m *Engine) dialOffered(ctx context.Context, t *tick, cb *callback.Callback, policy *decide.Policy) error {
	var b, left Batch
	scene := m.dialerScene(ctx, t.now, ServiceKey{cb.Tenant, cb.Service}, policy)
	scene.Breaker = m.breakerLeft(ctx, t.now, cb)
	switch n, shut := scene.Capacity(); {
	case shut.Gate == decide.GatePause:
		// Back to the queue: the agent is free for others until the pause ends.
		left.Add(decide.Recall(cb, policy, t.now, m.Config.Node, "the service is paused"))
	case shut.Gate == decide.GateHours:
		left.Add(decide.Held(cb, policy, t.now, m.Config.Node))
	case scene.Breaker.N == 0:
		left.Add(decide.Recall(cb, policy, t.now, m.Config.Node, "the dialer's platform takes no calls"))
	case n == 0:
		left.giveBack(cb, policy, t.now)
	default:
		b.Add(m.round(scene).Decide(cb, nil))
		_, err := m.commitDials(ctx, t, &b, func(d *decide.Draft, _ *callback.PermitError) {
			left.giveBack(d.Old, policy, t.now)
		})
		if err != nil {
			return err
		}
	}
	_, err := m.writeBatch(ctx, t, &left)
	return err
}

// commitDials writes dispatched callbacks and starts the attempts among them. done
// has those that were written. It calls stays for what stays in the queue because
// its service was paused or closed, a limit refused it, or its time has not come by
// the store's clock.
func (m *Engine) commitDials(ctx context.Context, t *tick, b *Batch, stays func(d *decide.Draft, refused *callback.PermitError)) (done map[*decide.Draft]bool, err error) {
	results, err := m.applyDials(ctx, t, b, stays)
	if err != nil {
		return nil, err
	}
	done = make(map[*decide.Draft]bool, len(results))
	for _, r := range results {
		if untimely(r.Err) {
			if err := m.align(ctx, t, 0); err == nil {
				stays(r.Draft, nil)
				t.planAt(t.now.Add(decide.DueAgain))
			}
			continue
		}
		if r.Fate != Written {
			m.notDialed(ctx, t, r, stays)
			continue
		}
		done[r.Draft] = true
		t.count(r.Draft)
		m.probed(r.Draft)
		if r.Draft.Callback.State == callback.Dialing {
			t.progress.Dialed++
			m.launch(ctx, r.Draft)
		}
	}
	return done, nil
}

// applyDials is Write for dispatched callbacks. Those whose service was closed in
// the meantime, or paused by this Manager, are not written. A pause of this Manager waits until
// the store has answered.
func (m *Engine) applyDials(ctx context.Context, t *tick, b *Batch, stays func(d *decide.Draft, refused *callback.PermitError)) ([]Result, error) {
	leave, err := m.Pauses.enter(ctx)
	if err != nil {
		for _, d := range b.drafts {
			m.unreserve(ctx, d)
		}
		return nil, err
	}
	var withheld []*decide.Draft
	results, err := func() ([]Result, error) {
		defer leave() // also if the store panics
		m.freshen(ctx, t)
		withheld = m.withhold(t.now, b)
		b.timely(t.now)
		return m.apply(ctx, t.now, b)
	}()
	for _, d := range withheld {
		stays(d, nil)
		m.unreserve(ctx, d)
	}
	m.settle(ctx, results)
	return results, err
}

// withhold takes the drafts out of b whose service is paused or closed by now, and
// returns them.
func (m *Engine) withhold(now time.Time, b *Batch) (withheld []*decide.Draft) {
	var kept Batch
	for i, d := range b.drafts {
		key := ServiceKey{d.Callback.Tenant, d.Callback.Service}
		if n, _ := m.commitScene(now, key, d.Policy).Capacity(); n == 0 {
			withheld = append(withheld, d)
		} else {
			kept.changes, kept.drafts = append(kept.changes, b.changes[i]), append(kept.drafts, d)
		}
	}
	*b = kept
	return withheld
}

// notDialed deals with a callback whose dispatch is not written.
func (m *Engine) notDialed(ctx context.Context, t *tick, r Result, stays func(d *decide.Draft, refused *callback.PermitError)) {
	d := r.Draft
	var refused *callback.PermitError
	switch {
	case r.Fate == Lost:
		return
	case !errors.As(r.Err, &refused):
		m.logCallback(ctx, slog.LevelError, "an attempt was not committed", d.Callback, r.Err)
		return
	case refused.Permit.Key.Kind != callback.PermitAttempt:
		stays(d, refused)
		return
	}
	wait := decide.Delayed(d.Old, d.Policy, d.Now, refused.Ends, m.Config.Node)
	if err := m.Commit(ctx, wait); err != nil {
		m.logCallback(ctx, slog.LevelWarn, "a claim was not given back", d.Callback, err)
		return
	}
	t.planAt(wait.Callback.NextAt)
}
