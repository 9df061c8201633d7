package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
	"github.com/ringback-go/ringback/scheduler"
)

// pauses is what a Manager knows of the pauses in its store. It reads them at
// most once per Config.Poll, and again after a pause or an end of its own.
type pauses struct {
	Store callback.PausingStore // nil when the store keeps none
	// commits has one place. Whoever writes attempts, or notes a pause, is in it:
	// after a pause was noted none is written any more.
	commits chan struct{}

	mu      sync.Mutex
	inForce map[ServiceKey]callback.Pause // an empty name is all services of the tenant
	readAt  time.Time                     // zero: they are to be read
	peeked  time.Time                     // read without an engine at work
	changes int                           // pauses, ends and readings of this Manager
}

func (s *pauses) init(store callback.Store) {
	s.Store, _ = unwrap.As[callback.PausingStore](store)
	s.commits = make(chan struct{}, 1)
}

// Of returns the pause that keeps callbacks of a service, its own before that of
// all.
func (s *pauses) Of(tenant, service string) (callback.Pause, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return PauseOf(s.inForce, tenant, service)
}

func PauseOf(inForce map[ServiceKey]callback.Pause, tenant, service string) (callback.Pause, bool) {
	p, ok := inForce[ServiceKey{tenant, service}]
	if !ok {
		p, ok = inForce[ServiceKey{tenant, ""}]
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

// Note takes over a pause that has been written. It returns when no attempt is
// on its way to the store any more that does not know of it.
func (s *pauses) Note(ctx context.Context, p callback.Pause) error {
	leave, err := s.enter(ctx)
	if err != nil {
		s.Stale()
		return err
	}
	defer leave()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inForce == nil {
		s.inForce = make(map[ServiceKey]callback.Pause)
	}
	s.inForce[ServiceKey{p.Tenant, p.Service}] = p
	s.changes++
	s.readAt, s.peeked = time.Time{}, time.Time{}
	return nil
}

// Forget drops a pause that has ended, and has all of them read anew.
func (s *pauses) Forget(key ServiceKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inForce, key)
	s.changes++
	s.readAt, s.peeked = time.Time{}, time.Time{}
}

// ResultStale has the pauses read anew: nobody knows what became of a change.
func (s *pauses) Stale() {
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
func (s *pauses) set(list []callback.Pause, now time.Time, changes int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != changes {
		return false
	}
	s.inForce, s.readAt = ByService(list), now
	s.changes++ // what a verb read before is older
	return true
}

// peekDue reports whether a verb is to read the pauses at now.
func (s *pauses) peekDue(now time.Time, poll time.Duration) (due bool, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := decide.Latest(s.readAt, s.peeked)
	return at.IsZero() || now.Before(at) || !now.Before(at.Add(poll)), s.changes
}

// peek takes over what a verb read, unless it was overtaken.
func (s *pauses) peek(list []callback.Pause, now time.Time, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == changes {
		s.inForce, s.peeked = ByService(list), now
	}
}

func ByService(list []callback.Pause) map[ServiceKey]callback.Pause {
	if len(list) == 0 {
		return nil
	}
	all := make(map[ServiceKey]callback.Pause, len(list))
	for _, p := range list {
		all[ServiceKey{p.Tenant, p.Service}] = p
	}
	return all
}

// lookAtPauses reads the pauses when it is time to. fresh says that it did.
func (m *Engine) lookAtPauses(ctx context.Context, now time.Time) (fresh bool, err error) {
	if m.Pauses.Store == nil {
		return false, nil
	}
	due, changes := m.Pauses.due(now, m.Config.Poll)
	if !due {
		return false, nil
	}
	list, err := m.Pauses.Store.Pauses(ctx, "", true)
	if err != nil {
		return false, err
	}
	return m.Pauses.set(list, now, changes), nil
}

// PeekAtPauses reads the pauses for a verb, at most once per Config.Poll and not
// where an engine has: a Manager that does not tick learns of them as well. The
// engine reads them as ever.
func (m *Engine) PeekAtPauses(ctx context.Context, now time.Time) error {
	if m.Pauses.Store == nil {
		return nil
	}
	due, changes := m.Pauses.peekDue(now, m.Config.Poll)
	if !due {
		return nil
	}
	list, err := m.Pauses.Store.Pauses(ctx, "", true)
	if err != nil {
		return err
	}
	m.Pauses.peek(list, now, changes)
	return nil
}

// withhold takes the drafts of paused services out of b.
func (s *pauses) withhold(b *Batch) (withheld []*decide.Draft) {
	var kept Batch
	for i, d := range b.Drafts {
		if _, paused := s.Of(d.Callback.Tenant, d.Callback.Service); paused {
			withheld = append(withheld, d)
		} else {
			kept.Changes, kept.Drafts = append(kept.Changes, b.Changes[i]), append(kept.Drafts, d)
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
func (m *Engine) withdraw(ctx context.Context, now time.Time, key ServiceKey, pause callback.Pause, ready waiting, fresh bool, p *callback.Progress) (int, error) {
	if !fresh {
		plan(p, m.Pauses.nextRead(now, m.Config.Poll))
		return 0, nil
	}
	policy, err := m.Policy(ctx, key.Tenant, key.Name)
	if err != nil {
		m.logService(ctx, key, "service of queued callbacks is unknown", err)
		return 0, nil
	}
	var taken []callback.ID
	written := 0
	for {
		heads, err := m.claimReady(ctx, now, key, &ready)
		if err != nil || len(heads) == 0 {
			if err == nil {
				err = m.regret(ctx, pause, taken)
			}
			return written, err
		}
		var b Batch
		for _, cb := range heads {
			d := decide.Expired(cb, policy, now, m.Config.Node)
			if d == nil {
				d = decide.Pause(cb, policy, now, pause)
				d.Epoch = cb.Lease.Epoch
			}
			b.Add(d)
		}
		err = m.applyBatch(ctx, now, &b, func(d *decide.Draft) {
			count(p, d)
			written++
			if d.Callback.State == callback.Paused {
				taken = append(taken, d.Callback.ID)
			}
		})
		if err != nil {
			return written, err
		}
	}
}

// claimReady leases ready callbacks of a service, of whatever priority.
func (m *Engine) claimReady(ctx context.Context, now time.Time, key ServiceKey, ready *waiting) ([]*callback.Callback, error) {
	req := callback.ClaimRequest{Owner: m.Config.Node, Lease: m.Config.Lease}
	room := m.Config.Batch
	for _, priority := range scheduler.Priorities() {
		if n := min(ready[priority], room); n > 0 {
			ready[priority] -= n
			room -= n
			queue := callback.QueueKey{Tenant: key.Tenant, Service: key.Name, Priority: priority}
			req.Queues = append(req.Queues, callback.QueueClaim{Queue: queue, N: n})
		}
	}
	if len(req.Queues) == 0 {
		return nil, nil
	}
	claimed, err := m.Store.Claim(ctx, now, req)
	return claimed.Callbacks, err
}

// regret puts back callbacks that were taken out for a pause, when it turns out
// to have ended meanwhile: whoever ended it may not have seen them.
func (m *Engine) regret(ctx context.Context, pause callback.Pause, taken []callback.ID) error {
	if len(taken) == 0 {
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
	for _, id := range taken {
		_, err := m.Alter(ctx, pause.Tenant, id, true, func(cb *callback.Callback, p *decide.Policy, now time.Time) (*decide.Draft, error) {
			if _, paused := PauseOf(inForce, cb.Tenant, cb.Service); paused || cb.State != callback.Paused || cb.PausedAt.IsZero() {
				return nil, nil
			}
			return decide.Resume(cb, p, now, m.Config.Node, "the pause has ended meanwhile"), nil
		})
		if err != nil && !errors.Is(err, callback.ErrNotFound) {
			return err
		}
	}
	return nil
}
