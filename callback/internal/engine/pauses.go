package engine

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/unwrap"
)

// pauses caches the pauses in force. The store is read at most once per
// Config.Poll, and again after a pause or a resumption by this Manager.
type pauses struct {
	Store callback.PausingStore // nil if the store keeps no pauses
	// commits is a lock that respects a context. It is held while attempts are
	// written and while a pause is noted, so that none is written after that.
	commits chan struct{}

	mu      sync.Mutex
	inForce map[ServiceKey]callback.Pause // under an empty name the pause of all services
	readAt  time.Time                     // when a tick read the store; zero to read it again
	peeked  time.Time                     // when a method other than Tick read the store
	changes int                           // counts changes, to discard what was read before one
	lifted  map[ServiceKey]time.Time      // the last resumption of each service; nil before the first read
}

// resumption begins the name under which the store keeps, like a pause, when a
// service was last resumed: other nodes learn from it to lift the pauses that
// their platform asked for. No service has a name with this character.
const resumption = "\x1f"

// InForce returns the pauses of a list that the store has kept.
func InForce(list []callback.Pause) []callback.Pause {
	return slices.DeleteFunc(list, func(p callback.Pause) bool { return strings.HasPrefix(p.Service, resumption) })
}

// Resumed tells the other nodes that a service was resumed, or all services of the
// tenant with an empty name.
func (m *Engine) Resumed(ctx context.Context, key ServiceKey, now time.Time, actor string) error {
	p := callback.Pause{Tenant: key.Tenant, Service: resumption + key.Name, Since: now.UTC().Truncate(time.Microsecond), Actor: actor}
	if err := m.Pauses.Store.SetPause(ctx, p, false); err != nil {
		return err
	}
	return m.Pauses.Store.SetPause(ctx, p, true)
}

// learn notes the resumptions in a list that was read and returns those since the
// list before. The caller holds s.mu.
func (s *pauses) learn(list []callback.Pause) (resumed []ServiceKey) {
	last := make(map[ServiceKey]time.Time)
	for _, p := range list {
		name, ok := strings.CutPrefix(p.Service, resumption)
		if !ok {
			continue
		}
		key := ServiceKey{p.Tenant, name}
		if last[key] = p.Since; s.lifted != nil && !s.lifted[key].Equal(p.Since) {
			resumed = append(resumed, key)
		}
	}
	s.lifted = last
	return resumed
}

func (s *pauses) init(store callback.Store) {
	if pauser, ok := unwrap.As[callback.PausingStore](store); ok {
		s.Store = patientPauser{pauser}
	}
	s.commits = make(chan struct{}, 1)
}

// Of is PauseOf with the pauses in the cache.
func (s *pauses) Of(tenant, service string, policy *decide.Policy) (callback.Pause, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return PauseOf(s.inForce, tenant, service, policy)
}

// PauseOf returns the pause that a service is under: its own, that of all services
// of the tenant, or that of its configuration. The policy is nil if the service is
// unknown.
func PauseOf(inForce map[ServiceKey]callback.Pause, tenant, service string, policy *decide.Policy) (callback.Pause, bool) {
	p, ok := inForce[ServiceKey{tenant, service}]
	if !ok {
		p, ok = inForce[ServiceKey{tenant, ""}]
	}
	if !ok && policy != nil && policy.Service.Paused {
		return callback.Pause{Tenant: tenant, Service: service, Actor: "configuration", Reason: "paused by its configuration", Configured: true}, true
	}
	return p, ok
}

// ByService maps pauses by tenant and service.
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

// enter takes the lock of attempts and pauses, or returns the context's error.
func (s *pauses) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.commits <- struct{}{}:
		return func() { <-s.commits }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Note caches a pause that has been written. After it has returned nil, this
// Manager commits no attempt of the service.
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
	s.expire()
	return nil
}

// Forget drops a pause that has ended. The next tick reads the store again.
func (s *pauses) Forget(key ServiceKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inForce, key)
	s.expire()
}

// Stale makes the next tick read the store again, after a write whose outcome is
// unknown.
func (s *pauses) Stale() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
}

// expire marks the cache as old. The caller holds s.mu.
func (s *pauses) expire() {
	s.changes++
	s.readAt, s.peeked = time.Time{}, time.Time{}
}

// due reports whether a tick is to read the pauses at now, and returns the
// changes so far.
func (s *pauses) due(now time.Time, poll time.Duration) (due bool, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return isDue(s.readAt, now, poll), s.changes
}

// peekDue is due for a method other than Tick: what a tick has read will do.
func (s *pauses) peekDue(now time.Time, poll time.Duration) (due bool, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return isDue(decide.Latest(s.readAt, s.peeked), now, poll), s.changes
}

// isDue reports whether what was read at a time is too old, or from the future
// because the clock was set back.
func isDue(readAt, now time.Time, poll time.Duration) bool {
	return readAt.IsZero() || now.Before(readAt) || !now.Before(readAt.Add(poll))
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

// set caches what a tick read and returns the services that were resumed since the
// last read. It returns false, and keeps the cache, if this Manager has paused or
// resumed since then; the next tick reads again.
func (s *pauses) set(list []callback.Pause, now time.Time, changes int) (resumed []ServiceKey, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes != changes {
		return nil, false
	}
	s.readAt = now
	s.changes++ // discards what a peek has read before
	resumed, s.inForce = s.learn(list), ByService(InForce(list))
	return resumed, true
}

// peek caches what a method other than Tick read, unless something has changed
// since then.
func (s *pauses) peek(list []callback.Pause, now time.Time, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == changes {
		s.inForce, s.peeked = ByService(InForce(list)), now
	}
}

// readPauses reads the pauses for a tick if they are due. read is whether the
// cache is as fresh as the store.
func (m *Engine) readPauses(ctx context.Context, now time.Time) (read bool, err error) {
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
	resumed, ok := m.Pauses.set(list, now, changes)
	for _, key := range resumed {
		m.LiftCoolDowns(ctx, key.Tenant, key.Name)
	}
	return ok, nil
}

// PeekAtPauses reads the pauses for a method other than Tick, at most once per
// Config.Poll, so that a Manager that does not tick knows them as well. It does
// not change when a tick reads them.
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
