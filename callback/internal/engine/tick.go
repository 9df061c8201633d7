package engine

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// Erase removes callbacks that are to be forgotten or past their retention. The
// first result has one error per item, also where the whole call failed.
func (m *Engine) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) ([]error, error) {
	errs, err := m.Store.Erase(ctx, now, req)
	if err != nil || len(errs) < len(req.Items) {
		errs = slices.Repeat([]error{err}, len(req.Items))
	}
	m.Feed.Signal()
	return errs, err
}

func plan(p *callback.Progress, t time.Time) { p.NextAt = decide.Earliest(p.NextAt, t) }

// Tick performs one step; see Manager.Tick.
func (m *Engine) Tick(ctx context.Context, now time.Time) (callback.Progress, error) {
	var p callback.Progress
	if err := m.Life.enter(); err != nil {
		return p, err
	}
	defer m.Life.loops.Done()
	m.tickMu.Lock()
	defer m.tickMu.Unlock()
	m.settleOwed(ctx, now)
	// Before anything is found due: a late tick must not doubt its own calls.
	m.flights.renew(ctx, m, now)
	fresh, err := m.lookAtPauses(ctx, now)
	if err != nil {
		return p, err
	}
	for m.Life.Check() == nil {
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
	plan(&p, m.flights.renew(ctx, m, now))
	return p, nil
}

// workDue claims due callbacks and does what each needs, until none is due.
func (m *Engine) workDue(ctx context.Context, now time.Time, p *callback.Progress) (worked bool, err error) {
	for m.Life.Check() == nil {
		claimed, err := m.Store.Claim(ctx, now, callback.ClaimRequest{
			Owner: m.Config.Node, Lease: m.Config.Lease, Due: true, Limit: m.Config.Batch,
		})
		if err != nil {
			return worked, err
		}
		if len(claimed.Callbacks) == 0 {
			plan(p, claimed.NextAt)
			return worked, nil
		}
		worked = true
		if err := m.workBatch(ctx, now, claimed.Callbacks, p); err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// Batch collects changes that are written together.
type Batch struct {
	Changes []callback.Change
	Drafts  []*decide.Draft // nil for a change that only gives a lease back
}

func (b *Batch) Add(d *decide.Draft) {
	b.Changes = append(b.Changes, d.Change())
	b.Drafts = append(b.Drafts, d)
}

func (b *Batch) unclaim(cb *callback.Callback, p *decide.Policy, now time.Time) {
	b.Changes = append(b.Changes, decide.Unclaim(cb, p, now))
	b.Drafts = append(b.Drafts, nil)
}

func (m *Engine) workBatch(ctx context.Context, now time.Time, due []*callback.Callback, p *callback.Progress) error {
	var b Batch
	var later []func() error
	for _, cb := range due {
		policy, err := m.Policy(ctx, cb.Tenant, cb.Service)
		if err != nil {
			if cb.State == callback.Completed && !cb.DeadlineAt.After(now) {
				later = append(later, func() error { return m.purge(ctx, now, cb, p) })
				continue
			}
			m.Log.LogAttrs(ctx, slog.LevelError, "service of a due callback is unknown",
				slog.String("tenant", cb.Tenant), slog.String("service", cb.Service), slog.String("callback", string(cb.ID)))
			b.unclaim(cb, nil, now)
			continue
		}
		switch todo, d := decide.Due(cb, policy, now, m.Rules, m.Position(ctx, now, policy, cb.Tenant), m.Config.Node); todo {
		case decide.DutyWrite:
			b.Add(d)
		case decide.DutyErase:
			later = append(later, func() error { return m.purge(ctx, now, cb, p) })
		case decide.DutyLookup:
			later = append(later, func() error { return m.lookUp(ctx, now, cb, policy) })
		case decide.DutyDial:
			later = append(later, func() error { return m.dialOffered(ctx, now, cb, policy, p) })
		case decide.DutyResume:
			if _, paused := m.Pauses.Of(cb.Tenant, cb.Service); paused {
				b.unclaim(cb, policy, now)
			} else {
				d := decide.Resume(cb, policy, now, m.Config.Node, "its service is not paused any more")
				d.Epoch = cb.Lease.Epoch
				b.Add(d)
			}
		default:
			b.unclaim(cb, policy, now)
		}
	}
	if err := m.applyBatch(ctx, now, &b, func(d *decide.Draft) { count(p, d) }); err != nil {
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
func count(p *callback.Progress, d *decide.Draft) {
	switch {
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

// applyBatch writes a batch. A change that lost a race is dropped: whoever won
// it has written what is right. A refused permit gives the lease back.
func (m *Engine) applyBatch(ctx context.Context, now time.Time, b *Batch, done func(*decide.Draft)) error {
	if len(b.Changes) == 0 {
		return nil
	}
	errs, err := m.Store.Apply(ctx, now, b.Changes)
	if err != nil {
		for _, d := range b.Drafts {
			if d != nil {
				m.SettleUnknown(ctx, d, err)
			}
		}
		return err
	}
	var refused Batch
	for i, d := range b.Drafts {
		var err error
		if errs != nil {
			err = errs[i]
		}
		switch {
		case d == nil:
		case err == nil:
			m.Settle(ctx, d)
			done(d)
		case errors.Is(err, callback.ErrOutcomeUnknown):
			m.SettleUnknown(ctx, d, err)
		case errors.Is(err, callback.ErrPermitRefused):
			refused.unclaim(d.Old, d.Policy, now)
		case !errors.Is(err, callback.ErrConflict) && !errors.Is(err, callback.ErrNotFound):
			m.Log.LogAttrs(ctx, slog.LevelError, "a change was not written",
				slog.String("callback", string(d.Callback.ID)), slog.String("error", text.RedactError(err)))
		}
	}
	m.Feed.Signal()
	if len(refused.Changes) > 0 {
		_, err = m.Store.Apply(ctx, now, refused.Changes)
	}
	return err
}

// purge removes a completed callback whose retention is over.
func (m *Engine) purge(ctx context.Context, now time.Time, cb *callback.Callback, p *callback.Progress) error {
	errs, err := m.Erase(ctx, now, callback.EraseRequest{
		Tenant: cb.Tenant, Items: []callback.EraseItem{{ID: cb.ID, Revision: cb.Revision}},
		Actor: m.Config.Node, Detail: "retention is over",
	})
	if errs[0] == nil {
		p.Erased++
	}
	return err
}
