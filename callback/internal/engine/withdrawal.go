package engine

import (
	"context"
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/scheduler"
)

// withdraw pauses the callbacks that are in the queue of a paused service: new and
// released ones, those whose calls have ended since the pause began, and those
// that a node left behind when it died while pausing. It returns how many it
// wrote.
//
// A pause of the store is only applied in a tick that has read the pauses, so that
// a service is not paused again that another node has resumed.
func (m *Engine) withdraw(ctx context.Context, t *tick, key ServiceKey, pause callback.Pause, ready waiting) (int, error) {
	if !pause.Configured && !t.pausesRead {
		t.planAt(m.Pauses.nextRead(t.now, m.Config.Poll))
		return 0, nil
	}
	policy, err := m.Policy(ctx, key.Tenant, key.Name)
	if err != nil {
		m.logService(ctx, key, "service of queued callbacks is unknown", err)
		return 0, nil
	}
	var paused []callback.ID
	written := 0
	write := func(b *Batch) error {
		drafts, err := m.writeBatch(ctx, t, b)
		written += len(drafts)
		for _, d := range drafts {
			if d.Callback.State == callback.Paused {
				paused = append(paused, d.Callback.ID)
			}
		}
		return err
	}
	for ready != (waiting{}) {
		turns := ready.first(m.Config.Batch)
		ready.take(turns)
		heads, err := m.claim(ctx, t.now, key, turns, new([scheduler.Levels]callback.Place))
		if err != nil {
			return written, err
		}
		if len(heads) == 0 {
			break
		}
		var b Batch
		for _, cb := range heads {
			d := decide.Expired(cb, policy, t.now, m.Config.Node)
			if d == nil {
				d = decide.Pause(cb, policy, t.now, pause)
				d.Epoch = cb.Lease.Epoch
			}
			b.Add(d)
		}
		if err := write(&b); err != nil {
			return written, err
		}
	}
	if err := m.pauseGaps(ctx, t, key, policy, pause, write); err != nil {
		return written, err
	}
	return written, m.undoPause(ctx, pause, paused)
}

// pauseGaps pauses the callbacks of a service that are in the gap before their next
// attempt, or wait for the next opening: their time in the queue stands still from
// now on. No claim returns them.
func (m *Engine) pauseGaps(ctx context.Context, t *tick, key ServiceKey, policy *decide.Policy, pause callback.Pause, write func(b *Batch) error) error {
	if !m.tally.hasGap(key) {
		return nil
	}
	q := callback.Query{Tenant: key.Tenant, Services: []string{key.Name}, States: []callback.State{callback.Queued}, Limit: min(m.Config.Batch, 1000)}
	for {
		page, err := m.Store.Search(ctx, q)
		if err != nil {
			return err
		}
		m.freshen(ctx, t)
		var b Batch
		for _, cb := range page.Callbacks {
			if !cb.Ready && decide.Expired(cb, policy, t.now, m.Config.Node) == nil {
				d := decide.Pause(cb, policy, t.now, pause)
				d.Epoch = cb.Lease.Epoch
				b.Add(d)
			}
		}
		if err := write(&b); err != nil {
			return err
		}
		if q.After = page.Next; q.After == "" {
			m.tally.noGap(key)
			return nil
		}
		if t.spent(m) {
			t.planAt(t.now)
			return nil
		}
	}
}

// undoPause re-queues callbacks that withdraw paused if the pause ended in the
// meantime; that Resume may have missed them.
func (m *Engine) undoPause(ctx context.Context, pause callback.Pause, paused []callback.ID) error {
	if len(paused) == 0 || pause.Configured {
		return nil
	}
	list, err := m.Pauses.Store.Pauses(ctx, pause.Tenant, false)
	if err != nil {
		return err
	}
	inForce := ByService(list)
	key := ServiceKey{pause.Tenant, pause.Service}
	if _, ok := inForce[key]; ok {
		return nil
	}
	m.Pauses.Forget(key)
	for _, id := range paused {
		_, err := m.Alter(ctx, pause.Tenant, id, AdoptOrphans, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
			if _, kept := PauseOf(inForce, cb.Tenant, cb.Service, p); kept || cb.State != callback.Paused || cb.PausedAt.IsZero() {
				return nil, nil
			}
			return decide.Resume(cb, p, now, m.Config.Node, "the pause has ended in the meantime"), nil
		})
		if err != nil && !errors.Is(err, callback.ErrNotFound) {
			return err
		}
	}
	return nil
}

// putBack resumes the paused callbacks of a service unless the store pauses it: the
// pause of another node is older than the callbacks that it paused.
func (m *Engine) putBack(ctx context.Context, t *tick, key ServiceKey, policy *decide.Policy) error {
	var inForce map[ServiceKey]callback.Pause
	if m.Pauses.Store != nil {
		list, err := m.Pauses.Store.Pauses(ctx, key.Tenant, false)
		if err != nil {
			return err
		}
		inForce = ByService(list)
	}
	if _, paused := PauseOf(inForce, key.Tenant, key.Name, policy); paused {
		return nil
	}
	q := callback.Query{Tenant: key.Tenant, Services: []string{key.Name}, States: []callback.State{callback.Paused}, Limit: min(m.Config.Batch, 1000)}
	for !t.spent(m) {
		page, err := m.Store.Search(ctx, q)
		if err != nil {
			return err
		}
		m.freshen(ctx, t)
		var b Batch
		for _, cb := range page.Callbacks {
			if !cb.PausedAt.IsZero() && decide.Expired(cb, policy, t.now, m.Config.Node) == nil {
				b.Add(decide.Resume(cb, policy, t.now, m.Config.Node, "its service is not paused any more"))
			}
		}
		if _, err := m.writeBatch(ctx, t, &b); err != nil {
			return err
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
	return nil
}
