package callback

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// pauseLook is how often a paused callback is looked at by itself: one that was
// forgotten, because a node died between the end of a pause and putting it back,
// is put back then.
const pauseLook = 10 * time.Minute

// pauses is what a Manager knows of the pauses in its store. It reads them at
// most once per Config.Poll, and again after a pause or an end of its own.
type pauses struct {
	store Pauser // nil when the store keeps none
	// commits has one place. Whoever writes attempts, or notes a pause, is in it:
	// after a pause was noted none is written any more.
	commits chan struct{}

	mu      sync.Mutex
	inForce map[serviceKey]Pause // an empty name is all services of the tenant
	readAt  time.Time            // zero: they are to be read
	peeked  time.Time            // read without an engine at work
	changes int                  // pauses, ends and readings of this Manager
}

func (s *pauses) init(store Store) {
	s.store, _ = store.(Pauser)
	s.commits = make(chan struct{}, 1)
}

// of returns the pause that keeps callbacks of a service, its own before that of
// all.
func (s *pauses) of(tenant, service string) (Pause, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return pauseOf(s.inForce, tenant, service)
}

func pauseOf(inForce map[serviceKey]Pause, tenant, service string) (Pause, bool) {
	p, ok := inForce[serviceKey{tenant, service}]
	if !ok {
		p, ok = inForce[serviceKey{tenant, ""}]
	}
	return p, ok
}

// enter waits until nobody else writes attempts or notes a pause.
func (s *pauses) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.commits <- struct{}{}:
		return func() { <-s.commits }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// note takes over a pause that has been written. It returns when no attempt is
// on its way to the store any more that does not know of it.
func (s *pauses) note(ctx context.Context, p Pause) error {
	leave, err := s.enter(ctx)
	if err != nil {
		s.stale()
		return err
	}
	defer leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inForce == nil {
		s.inForce = make(map[serviceKey]Pause)
	}
	s.inForce[serviceKey{p.Tenant, p.Service}] = p
	s.changes++
	s.readAt, s.peeked = time.Time{}, time.Time{}
	return nil
}

// forget drops a pause that has ended, and has all of them read anew.
func (s *pauses) forget(key serviceKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inForce, key)
	s.changes++
	s.readAt, s.peeked = time.Time{}, time.Time{}
}

// stale has the pauses read anew: nobody knows what became of a change.
func (s *pauses) stale() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	s.readAt, s.peeked = time.Time{}, time.Time{}
}

// due reports whether the pauses are to be read at now.
func (s *pauses) due(now time.Time, poll time.Duration) (due bool, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due = s.readAt.IsZero() || now.Before(s.readAt) || !now.Before(s.readAt.Add(poll))
	return due, s.changes
}

// nextRead returns when the pauses are read next, after now.
func (s *pauses) nextRead(now time.Time, poll time.Duration) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.readAt.Add(poll); at.After(now) {
		return at
	}
	return now.Add(poll)
}

// set takes over what was read, unless this Manager has paused or resumed
// meanwhile: then it is read again at the next tick.
func (s *pauses) set(list []Pause, now time.Time, changes int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != changes {
		return false
	}
	s.inForce, s.readAt = byService(list), now
	s.changes++ // what a verb read before is older
	return true
}

// peekDue reports whether a verb is to read the pauses at now.
func (s *pauses) peekDue(now time.Time, poll time.Duration) (due bool, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := latest(s.readAt, s.peeked)
	return at.IsZero() || now.Before(at) || !now.Before(at.Add(poll)), s.changes
}

// peek takes over what a verb read, unless it was overtaken.
func (s *pauses) peek(list []Pause, now time.Time, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == changes {
		s.inForce, s.peeked = byService(list), now
	}
}

func byService(list []Pause) map[serviceKey]Pause {
	if len(list) == 0 {
		return nil
	}
	all := make(map[serviceKey]Pause, len(list))
	for _, p := range list {
		all[serviceKey{p.Tenant, p.Service}] = p
	}
	return all
}

// lookAtPauses reads the pauses when it is time to. fresh says that it did.
func (m *Manager) lookAtPauses(ctx context.Context, now time.Time) (fresh bool, err error) {
	if m.pauses.store == nil {
		return false, nil
	}
	due, changes := m.pauses.due(now, m.config.Poll)
	if !due {
		return false, nil
	}
	list, err := m.pauses.store.Pauses(ctx, "", true)
	if err != nil {
		return false, err
	}
	return m.pauses.set(list, now, changes), nil
}

// peekAtPauses reads the pauses for a verb, at most once per Config.Poll and not
// where an engine has: a Manager that does not tick learns of them as well. The
// engine reads them as ever.
func (m *Manager) peekAtPauses(ctx context.Context, now time.Time) error {
	if m.pauses.store == nil {
		return nil
	}
	due, changes := m.pauses.peekDue(now, m.config.Poll)
	if !due {
		return nil
	}
	list, err := m.pauses.store.Pauses(ctx, "", true)
	if err != nil {
		return err
	}
	m.pauses.peek(list, now, changes)
	return nil
}

// withhold takes the drafts of paused services out of b.
func (s *pauses) withhold(b *batch) (withheld []*draft) {
	var kept batch
	for i, d := range b.drafts {
		if _, paused := s.of(d.cb.Tenant, d.cb.Service); paused {
			withheld = append(withheld, d)
		} else {
			kept.changes, kept.drafts = append(kept.changes, b.changes[i]), append(kept.drafts, d)
		}
	}
	*b = kept
	return withheld
}

// withdraw takes the callbacks of a paused service out of its queue that came
// into it since the pause began: new ones, released ones, those whose gap is
// over, and those that a node left behind which died as it paused. It returns
// how many it wrote.
//
// It works only on pauses that were just read, so that a service that has been
// resumed elsewhere is not paused again; what it took out while the pause ended
// it puts back.
func (m *Manager) withdraw(ctx context.Context, now time.Time, key serviceKey, pause Pause, ready waiting, fresh bool, p *Progress) (int, error) {
	if !fresh {
		p.next(m.pauses.nextRead(now, m.config.Poll))
		return 0, nil
	}
	policy, err := m.policy(ctx, key.tenant, key.name)
	if err != nil {
		m.logService(ctx, key, "service of queued callbacks is unknown", err)
		return 0, nil
	}
	var taken []ID
	written := 0
	for {
		heads, err := m.claimReady(ctx, now, key, &ready)
		if err != nil || len(heads) == 0 {
			if err == nil {
				err = m.regret(ctx, pause, taken)
			}
			return written, err
		}
		var b batch
		for _, cb := range heads {
			d := decideExpired(cb, policy, now, m.config.Node)
			if d == nil {
				d = decidePause(cb, policy, now, pause)
				d.epoch = cb.Lease.Epoch
			}
			b.add(d)
		}
		err = m.applyBatch(ctx, now, &b, func(d *draft) {
			p.count(d)
			written++
			if d.cb.State == Paused {
				taken = append(taken, d.cb.ID)
			}
		})
		if err != nil {
			return written, err
		}
	}
}

// claimReady leases ready callbacks of a service, of whatever priority.
func (m *Manager) claimReady(ctx context.Context, now time.Time, key serviceKey, ready *waiting) ([]*Callback, error) {
	req := ClaimRequest{Owner: m.config.Node, Lease: m.config.Lease}
	room := m.config.Batch
	for _, priority := range scheduler.Priorities() {
		if n := min(ready[priority], room); n > 0 {
			ready[priority] -= n
			room -= n
			queue := QueueKey{Tenant: key.tenant, Service: key.name, Priority: priority}
			req.Queues = append(req.Queues, QueueClaim{Queue: queue, N: n})
		}
	}
	if len(req.Queues) == 0 {
		return nil, nil
	}
	claimed, err := m.store.Claim(ctx, now, req)
	return claimed.Callbacks, err
}

// regret puts back callbacks that were taken out for a pause, when it turns out
// to have ended meanwhile: whoever ended it may not have seen them.
func (m *Manager) regret(ctx context.Context, pause Pause, taken []ID) error {
	if len(taken) == 0 {
		return nil
	}
	list, err := m.pauses.store.Pauses(ctx, pause.Tenant, false)
	if err != nil {
		return err
	}
	inForce := byService(list)
	key := serviceKey{pause.Tenant, pause.Service}
	if _, ok := inForce[key]; ok {
		return nil
	}
	m.pauses.forget(key)
	for _, id := range taken {
		_, err := m.alter(ctx, pause.Tenant, id, true, func(cb *Callback, p *Policy, now time.Time) (*draft, error) {
			if _, paused := pauseOf(inForce, cb.Tenant, cb.Service); paused || cb.State != Paused || cb.PausedAt.IsZero() {
				return nil, nil
			}
			return decideResume(cb, p, now, m.config.Node, "the pause has ended meanwhile"), nil
		})
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// decidePause takes a callback out of its queue. It keeps its place and the gap
// before its next attempt.
func decidePause(cb *Callback, p *Policy, now time.Time, pause Pause) *draft {
	d := newDraft(cb, p, now, EventPaused, pause.Actor)
	d.move(Paused)
	d.cb.PausedAt, d.cb.ReadyAt = now, cb.ReadyAt
	d.note(pause.Reason)
	return d
}

// decideResume puts a callback back in its place.
func decideResume(cb *Callback, p *Policy, now time.Time, actor, detail string) *draft {
	d := newDraft(cb, p, now, EventResumed, actor)
	d.enqueue(latest(now, cb.ReadyAt))
	d.note(detail)
	return d
}

// decideRecall puts a callback back whose offer was accepted after its service
// was paused; the agent is given back.
func decideRecall(cb *Callback, p *Policy, now time.Time, actor string) *draft {
	d := newDraft(cb, p, now, EventOfferEnded, actor)
	d.epoch = cb.Lease.Epoch
	d.enqueue(now)
	d.note("the service is paused")
	return d
}
