package engine

import (
	"context"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// pay does what the written drafts require outside the store. What fails stays in
// the records, and a later tick of any node tries it again.
func (m *Intake) pay(ctx context.Context, results []Result) {
	var settled Batch
	var paid []*decide.Draft
	for _, r := range results {
		d := r.Draft
		if d == nil || r.Fate != Written {
			continue
		}
		var done []callback.Owed
		if d.Release != nil && m.releaseAgent(ctx, *d.Release) == nil {
			done = append(done, callback.Owed{Release: d.Release})
		}
		if d.Hangup != nil && m.hangUpOwed(ctx, d.Callback.ID, *d.Hangup) {
			done = append(done, callback.Owed{Hangup: d.Hangup})
		}
		if s := decide.Settled(d.Callback, d.Policy, d.Now, done, m.Config.Node); s != nil {
			settled.Add(s)
			paid = append(paid, d)
		}
	}
	if settled.Len() == 0 {
		return
	}
	written, _ := m.apply(ctx, paid[0].Now, &settled)
	m.settle(ctx, written)
	for i, r := range written {
		switch r.Fate {
		case Written:
			paid[i].Callback = r.Draft.Callback
		case Lost: // another change came first
			m.noteDone(ctx, r.Draft.Callback.Tenant, r.Draft.Callback.ID, without(r.Draft.Old.Owed, r.Draft.Callback.Owed))
		}
	}
}

// without returns the entries of a list that are not in another one.
func without(list, other []callback.Owed) []callback.Owed {
	var rest []callback.Owed
	for _, o := range list {
		if !holds(other, o) {
			rest = append(rest, o)
		}
	}
	return rest
}

func holds(list []callback.Owed, o callback.Owed) bool {
	for _, other := range list {
		if decide.SameOwed(other, o) {
			return true
		}
	}
	return false
}

// noteDone removes what is done from what a callback owes. If it cannot be
// written, it is done once more.
func (m *Intake) noteDone(ctx context.Context, tenant string, id callback.ID, done []callback.Owed) {
	_, _ = m.Alter(m.lasting(ctx), tenant, id, AdoptOrphans, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		return decide.Settled(cb, p, now, done, m.Config.Node), nil
	})
}

// owe makes a callback owe what has failed. If the record is gone or cannot be
// written, this Manager remembers it.
func (m *Intake) owe(ctx context.Context, tenant string, id callback.ID, o callback.Owed) {
	_, err := m.Alter(m.lasting(ctx), tenant, id, AdoptOrphans, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		return decide.Owe(cb, p, now, o, m.Config.Node), nil
	})
	if err != nil {
		m.keepOwed(o)
	}
}

// mostOwed is how much a Manager remembers of what no record holds.
const mostOwed = 10_000

// keepOwed remembers what no record holds.
func (m *Intake) keepOwed(list ...callback.Owed) {
	m.agents.mu.Lock()
	defer m.agents.mu.Unlock()
	for _, o := range list {
		if len(m.agents.owed) < mostOwed && !holds(m.agents.owed, o) {
			m.agents.owed = append(m.agents.owed, o)
		}
	}
}

// Repay does what a callback owes before it is erased, and returns the callback as
// it is then.
func (m *Intake) Repay(ctx context.Context, cb *callback.Callback, now time.Time) (*callback.Callback, error) {
	var done []callback.Owed
	for _, o := range cb.Owed {
		over := !o.Until.IsZero() && !o.Until.After(now)
		if over || o.Release != nil && m.releaseAgent(ctx, *o.Release) == nil || o.Hangup != nil && m.hangUpNow(ctx, *o.Hangup) {
			done = append(done, o)
		}
	}
	return m.Alter(m.lasting(ctx), cb.Tenant, cb.ID, AdoptOrphans, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
		return decide.Settled(cb, p, now, done, m.Config.Node), nil
	})
}

// Inherit remembers what an erased callback owes.
func (m *Intake) Inherit(cb *callback.Callback) {
	m.handouts.giveUp(cb)
	m.keepOwed(cb.Owed...)
}

// settleOwed tries again what this Manager remembers.
func (m *Engine) settleOwed(ctx context.Context, now time.Time) {
	m.agents.mu.Lock()
	list := m.agents.owed
	m.agents.owed = nil
	m.agents.mu.Unlock()
	for _, o := range list {
		switch {
		case o.Release != nil:
			m.releaseUnheld(ctx, *o.Release, now)
		case !o.Until.IsZero() && !o.Until.After(now):
		default:
			m.hangUp(ctx, *o.Hangup, func(_ context.Context, err error) {
				if err != nil {
					m.keepOwed(o)
				}
			})
		}
	}
}

// repay tries again what a claimed callback owes. It returns whether something
// was done and noted, which gives the claim back. After a failure of the router the
// tick asks it for nothing else that is owed.
func (m *Engine) repay(ctx context.Context, t *tick, cb *callback.Callback, policy *decide.Policy) (bool, error) {
	var done []callback.Owed
	for _, o := range cb.Owed {
		switch {
		case o.Release != nil && !t.routerFails:
			t.routerFails = m.releaseAgent(ctx, *o.Release) != nil
			if !t.routerFails {
				done = append(done, o)
			}
		case o.Hangup != nil && !o.Until.IsZero() && !o.Until.After(t.now):
			done = append(done, o)
		case o.Hangup != nil && m.hangUpOwed(ctx, cb.ID, *o.Hangup):
			done = append(done, o)
		}
	}
	d := decide.Settled(cb, policy, t.now, done, m.Config.Node)
	if d == nil {
		return false, nil
	}
	d.Epoch = cb.Lease.Epoch
	var b Batch
	b.Add(d)
	_, err := m.writeBatch(ctx, t, &b)
	m.agents.freed.Add(1)
	return true, err
}
