package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// lifetime tells a working Manager from one that is stopping or has stopped.
type lifetime struct {
	ctx      context.Context // ends when Shutdown returns
	kill     context.CancelFunc
	mu       sync.Mutex
	stopping chan struct{}
	stopped  bool
	loops    sync.WaitGroup // work that Shutdown waits for
}

func newLifetime() *lifetime {
	l := &lifetime{stopping: make(chan struct{})}
	l.ctx, l.kill = context.WithCancel(context.Background())
	return l
}

// Check returns callback.ErrStopped once Shutdown has been called.
func (l *lifetime) Check() error {
	select {
	case <-l.stopping:
		return callback.ErrStopped
	default:
		return nil
	}
}

// enter makes Shutdown wait for the caller, who calls loops.Done at the end. It
// returns callback.ErrStopped once Shutdown has been called.
func (l *lifetime) enter() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return callback.ErrStopped
	}
	l.loops.Add(1)
	return nil
}

// Run ticks until ctx ends or Shutdown is called; see Manager.Run.
func (m *Engine) Run(ctx context.Context) error {
	if err := m.Life.enter(); err != nil {
		return err
	}
	defer m.Life.loops.Done()
	if notifier, ok := unwrap.As[callback.NotifyingStore](m.Store); ok {
		defer notifier.Notify(func() { m.Feed.Signal(); m.tally.stale(); m.Wake() })()
		m.tally.tell(true)
		defer m.tally.tell(false)
	}
	defer m.renewals(ctx)()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return m.drain(ctx)
		case <-m.Life.stopping:
			return nil
		case <-m.wake:
		case <-timer.C:
		}
		timer.Reset(m.turn(ctx))
	}
}

// drain waits until the calls of the dialer that have begun have returned. The
// claims on whole calls are still renewed: they are being made here.
func (m *Engine) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.Config.ShutdownTimeout)
	defer cancel()
	select {
	case <-m.flights.drained():
		return nil
	case <-ctx.Done():
		return m.Shutdown(ctx)
	}
}

// turn ticks once and returns how long to sleep.
func (m *Engine) turn(ctx context.Context) time.Duration {
	now, err := m.Now(ctx)
	if err != nil {
		m.complain(ctx, err)
		return m.Config.Poll
	}
	p, err := m.Tick(ctx, now)
	if err != nil {
		m.complain(ctx, err)
		return m.Config.Poll
	}
	if p.NextAt.IsZero() {
		return m.Config.Poll
	}
	if now, err = m.Now(ctx); err != nil {
		m.complain(ctx, err)
		return m.Config.Poll
	}
	return min(max(p.NextAt.Sub(now), 0), m.Config.Poll)
}

// complain logs an error of a tick, unless the engine is stopping.
func (m *Engine) complain(ctx context.Context, err error) {
	if ctx.Err() == nil && m.Life.Check() == nil {
		m.LogError(ctx, slog.LevelError, "tick failed", err)
	}
}

// Shutdown stops the engine; see Manager.Shutdown.
func (m *Engine) Shutdown(ctx context.Context) error {
	m.Life.mu.Lock()
	if !m.Life.stopped {
		m.Life.stopped = true
		close(m.Life.stopping)
	}
	m.Life.mu.Unlock()
	drained := make(chan struct{})
	go func() {
		m.Life.loops.Wait()
		<-m.flights.drained()
		close(drained)
	}()
	defer m.Life.kill()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("calls of the dialer that have not returned: %d: %w", m.flights.stuck(), ctx.Err())
	}
}

// Await sleeps until the signal or for Config.Poll. It returns false if ctx or the
// engine has ended.
func (m *Engine) Await(ctx context.Context, signal <-chan struct{}) bool {
	timer := time.NewTimer(m.Config.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-m.Life.stopping:
		return false
	case <-signal:
	case <-timer.C:
	}
	return true
}

// tick is one Tick under way.
type tick struct {
	now        time.Time
	progress   callback.Progress
	pausesRead bool // the pauses were read from the store in this tick

	given time.Time     // now at the beginning
	began time.Time     // the beginning by Config.Now
	aged  time.Duration // how much of the tick now accounts for
	from  time.Time     // when the current part of the tick began, by Config.Now
	items int           // callbacks dealt with in this part
	over  bool          // a part has used up its budget

	routerFails bool // to release an agent that a callback owes
}

// The budget of each part of a tick, due work and dispatch: a tick that has used
// it up ends, so that the other part, the renewal of leases and a shutdown are not
// kept waiting, and the next tick follows at once.
const (
	tickTime    = 200 * time.Millisecond
	tickBatches = 5 // times Config.Batch callbacks
)

// begin begins a part of the tick.
func (t *tick) begin(m *Engine) { t.from, t.items = m.Config.Now(), 0 }

// spent reports whether the part of the tick has used up its budget.
func (t *tick) spent(m *Engine) bool {
	t.over = t.items >= tickBatches*m.Config.Batch || m.Config.Now().Sub(t.from) >= tickTime
	return t.over
}

// drift is how far the time of a tick may be from the store's clock.
const drift = 10 * time.Second

// align makes a tick go by the store's clock if the time that it was given is off
// by more than most.
func (m *Engine) align(ctx context.Context, t *tick, most time.Duration) error {
	if m.Clock == nil {
		return nil
	}
	now, err := m.Now(ctx)
	if err != nil {
		return err
	}
	if t.now.Sub(now).Abs() > most {
		t.goBy(now, m)
	}
	return nil
}

// giveBackEarly adds a change that returns the lease of a callback whose change
// was refused because of its window. It is then due again at the right time.
func (m *Engine) giveBackEarly(ctx context.Context, t *tick, b *Batch, cb *callback.Callback, policy *decide.Policy) {
	if err := m.align(ctx, t, 0); err == nil {
		b.giveBack(cb, policy, t.now)
	}
}

// stale is how old the time of a tick may become.
const stale = 100 * time.Millisecond

// freshen moves the time of a tick on if the store or a plug-in has been slow, so
// that leases and deadlines are not set by a time long past. A step of Config.Now
// does not change the time that the store tells.
func (m *Engine) freshen(ctx context.Context, t *tick) {
	aged := m.Config.Now().Sub(t.began)
	switch {
	case m.Clock != nil && (aged-t.aged).Abs() > stale:
		// On an error the time stays as it is: the store will not take a write.
		if now, err := m.Now(ctx); err == nil {
			t.goBy(now, m)
		}
	case aged-t.aged > stale:
		t.aged, t.now = aged, t.given.Add(aged)
	}
}

// goBy makes the tick go by a clock that tells now.
func (t *tick) goBy(now time.Time, m *Engine) {
	t.now, t.given, t.began, t.aged = now, now, m.Config.Now(), 0
}

// planAt asks for the next tick at a time; zero asks for none.
func (t *tick) planAt(at time.Time) { t.progress.NextAt = decide.Earliest(t.progress.NextAt, at) }

// count adds a written draft to the progress.
func (t *tick) count(d *decide.Draft) {
	t.items++
	p := &t.progress
	switch {
	case d.Event.Type == callback.EventMasked:
		p.Masked++
	case d.Callback.State == callback.Completed:
		p.Ended++
	case d.Event.Type == callback.EventReleased:
		p.Released++
	case d.Callback.State == callback.Unresolved && d.Event.Type == callback.EventUnresolved:
		p.Unresolved++
	case d.Callback.State == callback.Offered && d.Event.Type == callback.EventOffered:
		p.Offered++
	}
}

// Tick performs one step; see Manager.Tick.
func (m *Engine) Tick(ctx context.Context, now time.Time) (callback.Progress, error) {
	began := m.Config.Now()
	progress, err := m.step(ctx, now)
	m.observe(ctx, func(o callback.Observer) {
		o.Ticked(ctx, callback.TickReport{Now: now, Progress: progress, Elapsed: m.Config.Now().Sub(began), Err: err})
	})
	return progress, err
}

func (m *Engine) step(ctx context.Context, now time.Time) (callback.Progress, error) {
	t := &tick{now: now, given: now, began: m.Config.Now()}
	if err := m.Life.enter(); err != nil {
		return t.progress, err
	}
	defer m.Life.loops.Done()
	m.tickMu.Lock()
	defer m.tickMu.Unlock()
	err := m.align(ctx, t, drift)
	if err != nil {
		return t.progress, err
	}
	m.settleOwed(ctx, t.now)
	// First, so that a late tick does not take its own calls for lost.
	m.flights.renew(ctx, m, t.now)
	if t.pausesRead, err = m.readPauses(ctx, t.now); err != nil {
		return t.progress, err
	}
	if err := m.resumeUnpaused(ctx, t); err != nil {
		return t.progress, err
	}
	for m.Life.Check() == nil && !t.over {
		due, err := m.workDue(ctx, t)
		if err != nil {
			return t.progress, err
		}
		dispatched, err := m.dispatch(ctx, t)
		if err != nil {
			return t.progress, err
		}
		if !due && !dispatched {
			break
		}
		if t.over {
			t.progress.NextAt = t.now
			break
		}
		t.progress.NextAt = time.Time{}
	}
	m.freshen(ctx, t)
	t.planAt(m.flights.renew(ctx, m, t.now))
	return t.progress, nil
}

// workDue claims due callbacks and does what each needs, until none is due or
// the tick has used up its budget. worked is whether there was any.
func (m *Engine) workDue(ctx context.Context, t *tick) (worked bool, err error) {
	t.begin(m)
	for m.Life.Check() == nil {
		m.freshen(ctx, t)
		claimed, err := m.Store.Claim(ctx, t.now, callback.ClaimRequest{
			Owner: m.Config.Node, Lease: m.Config.Lease, Due: true, Limit: m.Config.Batch,
		})
		if err != nil {
			return worked, err
		}
		if len(claimed.Callbacks) == 0 {
			t.planAt(claimed.NextAt)
			return worked, nil
		}
		worked = true
		m.freshen(ctx, t)
		if err := m.workBatch(ctx, t, claimed.Callbacks); err != nil {
			return worked, err
		}
		if t.spent(m) {
			t.planAt(t.now)
			return worked, nil
		}
	}
	return worked, nil
}

// workBatch does what due callbacks need. Those that owe something and can do it
// now become due again for the rest.
func (m *Engine) workBatch(ctx context.Context, t *tick, due []*callback.Callback) error {
	free, owing := due[:0:0], due[:0:0]
	for _, cb := range due {
		if len(cb.Owed) > 0 && cb.State != callback.Dialing {
			owing = append(owing, cb)
		} else {
			free = append(free, cb)
		}
	}
	if err := m.workOn(ctx, t, free); err != nil {
		return err
	}
	unpaid := owing[:0]
	for _, cb := range owing {
		policy, err := m.PolicyOf(ctx, cb, AdoptOrphans)
		if err != nil {
			unpaid = append(unpaid, cb) // workOn deals with the error
			continue
		}
		done, err := m.repay(ctx, t, cb, policy)
		if err != nil {
			return err
		}
		if !done {
			unpaid = append(unpaid, cb)
		}
	}
	return m.workOn(ctx, t, unpaid)
}

// workOn does what due callbacks need. What one write can hold goes first.
func (m *Engine) workOn(ctx context.Context, t *tick, due []*callback.Callback) error {
	var b Batch
	var later []func() error
	for _, cb := range due {
		if cb.State == callback.Completed {
			switch duty, d := decide.Completed(cb, t.now, m.Config.Node); duty {
			case decide.DutyErase:
				later = append(later, func() error { return m.purge(ctx, t, cb) })
			case decide.DutyWrite:
				b.Add(d)
			default:
				b.giveBack(cb, nil, t.now)
			}
			continue
		}
		policy, err := m.Policy(ctx, cb.Tenant, cb.Service)
		if err != nil {
			m.LogError(ctx, slog.LevelError, "service of a due callback is unknown", err,
				slog.String("tenant", cb.Tenant), slog.String("service", cb.Service), slog.String("callback", string(cb.ID)))
			b.giveBack(cb, nil, t.now)
			continue
		}
		switch duty, d := decide.Due(cb, policy, t.now, m.Rules, m.Position(ctx, t.now, policy, cb.Tenant), m.Config.Node); duty {
		case decide.DutyWrite:
			b.Add(d)
		case decide.DutyLookup:
			later = append(later, func() error { return m.lookUp(ctx, t, cb, policy) })
		case decide.DutyDial:
			later = append(later, func() error { return m.dialOffered(ctx, t, cb, policy) })
		case decide.DutyResume:
			if _, paused := m.Pauses.Of(cb.Tenant, cb.Service, policy); paused {
				b.giveBack(cb, policy, t.now)
			} else {
				d := decide.Resume(cb, policy, t.now, m.Config.Node, "its service is not paused any more")
				d.Epoch = cb.Lease.Epoch
				b.Add(d)
			}
		default:
			b.giveBack(cb, policy, t.now)
		}
	}
	if _, err := m.writeBatch(ctx, t, &b); err != nil {
		return err
	}
	for _, do := range later {
		m.freshen(ctx, t)
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// writeBatch writes a batch, counts and returns the drafts that were written.
// Lost changes are dropped, because the change that came first has decided. A
// refused permit and a window that is not open give the lease back; after any
// other refusal, and if the outcome stays unknown, the lease runs out and the
// callback is due again.
func (m *Engine) writeBatch(ctx context.Context, t *tick, b *Batch) (written []*decide.Draft, err error) {
	b.timely(t.now)
	results, err := m.Write(ctx, t.now, b)
	if err != nil {
		return nil, err
	}
	var back Batch
	for _, r := range results {
		switch {
		case r.Draft == nil || r.Fate == Lost:
		case r.Fate == Written:
			t.count(r.Draft)
			written = append(written, r.Draft)
		case errors.Is(r.Err, callback.ErrPermitRefused):
			back.giveBack(r.Draft.Old, r.Draft.Policy, t.now)
		case untimely(r.Err):
			m.giveBackEarly(ctx, t, &back, r.Draft.Old, r.Draft.Policy)
		default:
			m.logCallback(ctx, slog.LevelError, "a change was not written", r.Draft.Callback, r.Err)
		}
	}
	back.timely(t.now)
	_, err = m.Write(ctx, t.now, &back)
	return written, err
}

// purge erases a completed callback at the end of its retention.
func (m *Engine) purge(ctx context.Context, t *tick, cb *callback.Callback) error {
	errs, err := m.Erase(ctx, t.now, callback.EraseRequest{
		Tenant: cb.Tenant, Items: []callback.Precondition{{ID: cb.ID, Revision: cb.Revision}},
		Window: callback.Window{From: decide.Latest(cb.DeadlineAt, t.now.Add(-drift))},
		Actor:  m.Config.Node, Detail: "retention is over",
	})
	switch {
	case errs[0] == nil:
		m.Inherit(cb)
		t.progress.Erased++
	case untimely(errs[0]):
		var back Batch
		m.giveBackEarly(ctx, t, &back, cb, nil)
		_, err = m.writeBatch(ctx, t, &back)
	}
	return err
}

// Erase erases callbacks and wakes subscribers. There is one error per item,
// also if the whole call failed.
func (m *Engine) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	errs, err := m.Store.Erase(ctx, now, req)
	if err != nil || len(errs) < len(req.Items) {
		errs = slices.Repeat([]error{err}, len(req.Items))
	}
	m.Feed.Signal()
	return errs, err
}
