package callback

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Progress says what a Tick did and when the next one is needed.
type Progress struct {
	// NextAt is the earliest known moment of attention after the tick; zero
	// means that nothing is planned. Work that waits for a free agent, line or
	// dialler has no moment: it is woken.
	NextAt     time.Time
	Released   int // callbacks whose time came
	Offered    int // somebody was asked
	Dialed     int // attempts handed to the dialer
	Ended      int // completed by time-outs
	Unresolved int // attempts that fell silent
	Erased     int // past their retention
}

func (p *Progress) next(t time.Time) { p.NextAt = earliest(p.NextAt, t) }

// Tick does everything that is due at now: releases, time-outs, recovery,
// look-ups, and attempts as far as agents, lines and rates allow. Unless
// Config.Synchronous is set, dialers are called on goroutines that may go on
// after Tick has returned.
//
// now should be what Config.Now, or the store's clock, tells at the moment: the
// reports of dialers are stamped with that.
//
// One Tick runs at a time; a second call waits. It returns early, with the
// context's error, when ctx ends: what it had claimed and not written comes
// back when the leases run out.
func (m *Manager) Tick(ctx context.Context, now time.Time) (Progress, error) {
	var p Progress
	if err := m.life.enter(); err != nil {
		return p, err
	}
	defer m.life.loops.Done()
	m.tickMu.Lock()
	defer m.tickMu.Unlock()
	m.settleOwed(ctx, now)
	// Before anything is found due: a late tick must not doubt its own calls.
	m.flights.renew(ctx, m, now)
	fresh, err := m.lookAtPauses(ctx, now)
	if err != nil {
		return p, err
	}
	for m.life.check() == nil {
		due, err := m.workDue(ctx, now, &p)
		if err != nil {
			return p, err
		}
		dialed, err := m.dispatch(ctx, now, fresh, &p)
		if err != nil {
			return p, err
		}
		if !due && !dialed {
			break
		}
		p.NextAt = time.Time{}
	}
	p.next(m.flights.renew(ctx, m, now))
	return p, nil
}

// workDue claims due callbacks and does what each needs, until none is due.
func (m *Manager) workDue(ctx context.Context, now time.Time, p *Progress) (worked bool, err error) {
	for m.life.check() == nil {
		claimed, err := m.store.Claim(ctx, now, ClaimRequest{
			Owner: m.config.Node, Lease: m.config.Lease, Due: true, Limit: m.config.Batch,
		})
		if err != nil {
			return worked, err
		}
		if len(claimed.Callbacks) == 0 {
			p.next(claimed.NextAt)
			return worked, nil
		}
		worked = true
		if err := m.workBatch(ctx, now, claimed.Callbacks, p); err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// batch collects changes that are written together.
type batch struct {
	changes []Change
	drafts  []*draft // nil for a change that only gives a lease back
}

func (b *batch) add(d *draft) {
	b.changes = append(b.changes, d.change())
	b.drafts = append(b.drafts, d)
}

func (b *batch) unclaim(cb *Callback, p *Policy, now time.Time) {
	b.changes = append(b.changes, unclaim(cb, p, now))
	b.drafts = append(b.drafts, nil)
}

func (m *Manager) workBatch(ctx context.Context, now time.Time, due []*Callback, p *Progress) error {
	var b batch
	var later []func() error
	for _, cb := range due {
		policy, err := m.policy(ctx, cb.Tenant, cb.Service)
		if err != nil {
			if cb.State == Completed && !cb.DeadlineAt.After(now) {
				later = append(later, func() error { return m.purge(ctx, now, cb, p) })
				continue
			}
			m.log.LogAttrs(ctx, slog.LevelError, "service of a due callback is unknown",
				slog.String("tenant", cb.Tenant), slog.String("service", cb.Service), slog.String("callback", string(cb.ID)))
			b.unclaim(cb, nil, now)
			continue
		}
		switch todo, d := decideDue(cb, policy, now, m.rules, m.position(ctx, now, policy, cb.Tenant), m.config.Node); todo {
		case dutyWrite:
			b.add(d)
		case dutyErase:
			later = append(later, func() error { return m.purge(ctx, now, cb, p) })
		case dutyLookup:
			later = append(later, func() error { return m.lookUp(ctx, now, cb, policy) })
		case dutyDial:
			later = append(later, func() error { return m.dialOffered(ctx, now, cb, policy, p) })
		case dutyResume:
			if _, paused := m.pauses.of(cb.Tenant, cb.Service); paused {
				b.unclaim(cb, policy, now)
			} else {
				d := decideResume(cb, policy, now, m.config.Node, "its service is not paused any more")
				d.epoch = cb.Lease.Epoch
				b.add(d)
			}
		default:
			b.unclaim(cb, policy, now)
		}
	}
	if err := m.applyBatch(ctx, now, &b, func(d *draft) { p.count(d) }); err != nil {
		return err
	}
	for _, do := range later {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// count adds a written draft to the progress.
func (p *Progress) count(d *draft) {
	switch {
	case d.cb.State == Completed:
		p.Ended++
	case d.event.Type == EventReleased:
		p.Released++
	case d.cb.State == Unresolved && d.event.Type == EventUnresolved:
		p.Unresolved++
	case d.cb.State == Offered && d.event.Type == EventOffered:
		p.Offered++
	}
}

// applyBatch writes a batch. A change that lost a race is dropped: whoever won
// it has written what is right. A refused permit gives the lease back.
func (m *Manager) applyBatch(ctx context.Context, now time.Time, b *batch, done func(*draft)) error {
	if len(b.changes) == 0 {
		return nil
	}
	errs, err := m.store.Apply(ctx, now, b.changes)
	if err != nil {
		for _, d := range b.drafts {
			if d != nil {
				m.settleUnknown(ctx, d, err)
			}
		}
		return err
	}
	var refused batch
	for i, d := range b.drafts {
		var err error
		if errs != nil {
			err = errs[i]
		}
		switch {
		case d == nil:
		case err == nil:
			m.settle(ctx, d)
			done(d)
		case errors.Is(err, ErrOutcomeUnknown):
			m.settleUnknown(ctx, d, err)
		case errors.Is(err, ErrPermitRefused):
			refused.unclaim(d.old, d.policy, now)
		case !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound):
			m.log.LogAttrs(ctx, slog.LevelError, "a change was not written",
				slog.String("callback", string(d.cb.ID)), slog.String("error", redact(err)))
		}
	}
	m.feed.signal()
	if len(refused.changes) > 0 {
		_, err = m.store.Apply(ctx, now, refused.changes)
	}
	return err
}

// purge removes a completed callback whose retention is over.
func (m *Manager) purge(ctx context.Context, now time.Time, cb *Callback, p *Progress) error {
	errs, err := m.erase(ctx, now, EraseRequest{
		Tenant: cb.Tenant, Items: []EraseItem{{ID: cb.ID, Revision: cb.Revision}},
		Actor: m.config.Node, Detail: "retention is over",
	})
	if errs[0] == nil {
		p.Erased++
	}
	return err
}
