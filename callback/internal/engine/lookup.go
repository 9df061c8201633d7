package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/guard"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// lookUp asks the dialer what became of an attempt that is unresolved, or whose
// call has been up for a while. It never places a call.
func (m *Engine) lookUp(ctx context.Context, t *tick, cb *callback.Callback, policy *decide.Policy) error {
	dialer, ok := unwrap.As[callback.LookupDialer](m.Config.Dialer)
	a := cb.Current()
	if !ok || a == nil || !m.flights.beginLook() {
		var b Batch
		b.giveBack(cb, policy, t.now)
		_, err := m.writeBatch(ctx, t, &b)
		return err
	}
	ask := func() {
		defer m.Wake()
		defer m.flights.endLook()
		ctx, cancel := context.WithTimeout(m.Life.ctx, policy.Service.Dialing.PlaceTimeout)
		defer cancel()
		var found callback.Found
		err := guard.Call("dialer", func() (err error) {
			found, err = dialer.Lookup(ctx, cb.Tenant, a.Key, a.Ref)
			return err
		})
		if err == nil && found.State == callback.FoundEnded {
			ended := decide.Said(found.Outcome)
			err = decide.CheckReport(callback.Report{Stage: found.Stage, Ref: found.Ref, Outcome: &ended})
		}
		if err != nil {
			m.logAttempt(ctx, slog.LevelWarn, "looking an attempt up failed", cb.Tenant, a.Key, err)
			m.noteFound(cb, a.Key, nil)
			return
		}
		found.Outcome = *m.Bounded(ctx, cb.Tenant, a.Key, &found.Outcome)
		m.noteFound(cb, a.Key, &found)
	}
	if m.Config.Synchronous {
		ask()
	} else {
		go ask()
	}
	return nil
}

// noteFound writes what a look-up found; found is nil if the dialer failed.
func (m *Engine) noteFound(cb *callback.Callback, key callback.AttemptKey, found *callback.Found) {
	ctx := m.lasting(m.Life.ctx)
	answered := found != nil
	if !answered {
		found = new(callback.Found)
	}
	var back Batch
	var read time.Time
	var f finding
	var asked throttle
	counted := false
	_, err := m.Mutate(ctx, cb.Tenant, cb.ID, func(now *callback.Callback, p *decide.Policy, at time.Time) (d *decide.Draft, err error) {
		back, read, asked, counted = Batch{}, at, throttle{}, false
		switch a := now.Current(); {
		case a == nil || a.Key != key || !a.Live():
		case now.State == callback.Unresolved, now.State == callback.Routing, now.State == callback.Processing:
			rules, told := m.Rules, decide.Told(now, m.Rules, *found, m.Config.Node)
			if told != nil {
				rules = m.find(ctx, &f, now, p, *told, at)
			}
			d = decide.Found(now, p, at, rules, told, answered, m.Config.Node)
			if d != nil && told != nil {
				counted = d.Callback.Submits > now.Submits
				asked = askedOf(now, told.Outcome, at)
			}
		}
		if d == nil && now.Lease.Epoch == cb.Lease.Epoch {
			back.giveBack(now, p, at)
		}
		return d, nil
	})
	m.found(ctx, &f, counted && err == nil)
	if err == nil {
		m.coolDown(ctx, asked)
	}
	if back.Len() > 0 {
		_, _ = m.Write(ctx, read, &back) // else the lease runs out
	}
	if err != nil {
		m.logAttempt(ctx, slog.LevelError, "what a look-up found was not written", cb.Tenant, key, err)
	}
}
