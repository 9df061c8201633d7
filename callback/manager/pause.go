package manager

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/engine"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// PauseRequest names what to pause or resume: one service, or without a Service
// all services of the tenant.
type PauseRequest struct {
	Service string // empty means all services of the tenant
	Actor   string // required; at most 128 bytes
	Reason  string // why, kept in the history; at most 1,024 bytes
}

// Pause stops dispatching callbacks of a service, or of all services of the
// tenant, on every node that shares the store, until [Manager.Resume]. It
// returns how many queued callbacks it paused. Each becomes Paused, keeps its
// place and has the actor and the reason in its history.
//
// After Pause has returned nil, this Manager begins no attempt and makes no
// offer for the service; other Managers follow within their Config.Poll. Calls,
// previews and customers who are to call in go on. A callback whose offer is
// accepted during the pause returns to the queue. A customer who is to call in
// at once (Inbound.NoWait) still gets an access number, which waits for no
// agent.
//
// A paused service accepts requests. Callbacks that enter its queue during the
// pause are paused within Config.Poll of a running Manager, with the actor and
// the reason of the pause. A paused callback can be cancelled and updated. Its
// TTL goes on; the time in the queue (Queueing.TTL) does not.
//
// Pausing again changes nothing about the pause and pauses what is left in the
// queue: repeat it after an error, or if a node died in between. The pause of
// all services is independent of those of single services; a service is paused
// while either is in force.
//
// Errors: [callback.ErrInvalidParameter] for a request without actor, a
// malformed or too long text and an unknown service;
// [callback.ErrConfiguration] if the store is no [callback.PausingStore];
// [callback.ErrStopped]. After any other error it may have happened in part.
// GMS: _paused_services_list.
func (m *Manager) Pause(ctx context.Context, req PauseRequest) (int, error) {
	n, err := m.pause(ctx, req)
	m.refuse(ctx, "pause", m.named(ctx, req.Service, err), err)
	return n, err
}

func (m *Manager) pause(ctx context.Context, req PauseRequest) (int, error) {
	store, err := m.pauser(req)
	if err != nil {
		return 0, err
	}
	if req.Service != "" {
		if _, err := m.engine.Policy(ctx, m.tenant, req.Service); err != nil {
			return 0, err
		}
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return 0, err
	}
	pause := callback.Pause{Tenant: m.tenant, Service: req.Service, Since: now.UTC().Truncate(time.Microsecond), Actor: req.Actor, Reason: req.Reason}
	if err := store.SetPause(ctx, pause, true); err != nil {
		m.engine.Pauses.Stale()
		return 0, err
	}
	if err := m.engine.Pauses.Note(ctx, pause); err != nil {
		return 0, err
	}
	n, err := m.moveAll(ctx, req, callback.Queued, func(cb *callback.Callback, p *decide.Policy, now time.Time) *decide.Draft {
		if decide.Expired(cb, p, now, req.Actor) != nil {
			return nil // the engine completes it
		}
		return decide.Pause(cb, p, now, pause)
	})
	if err != nil {
		return n, err
	}
	// A Resume in the meantime may have missed what was paused after it.
	inForce, err := store.Pauses(ctx, m.tenant, false)
	if err != nil {
		return n, err
	}
	if !slices.ContainsFunc(inForce, func(p callback.Pause) bool { return p.Service == req.Service }) {
		m.engine.Pauses.Forget(engine.ServiceKey{Tenant: m.tenant, Name: req.Service})
		_, err = m.putBack(ctx, req, inForce, m.engine.Config.Node, "the pause has ended in the meantime")
	}
	return n, err
}

// Resume ends a pause, and the pauses that the dialer's platform has asked for
// ([callback.ThrottledError]); those that it asked other Managers for end within
// their Config.Poll. It returns the paused callbacks to their places in the queue
// and tells how many there were. Each has the actor and the reason in its history.
// Callbacks that a request created in state Paused stay there.
//
// Resuming a service that is not paused returns what is left: repeat it after an
// error, or if a node died in between; a running Manager finds such callbacks
// within ten minutes. The end of the pause of all services leaves pauses of
// single services in force.
//
// Errors: a [PausedError], and nothing has changed, for one service while all of
// the tenant are paused or its configuration pauses it; otherwise those of [Manager.Pause], except that a
// service may be resumed that is no longer configured.
func (m *Manager) Resume(ctx context.Context, req PauseRequest) (int, error) {
	n, err := m.resume(ctx, req)
	m.refuse(ctx, "resume", m.named(ctx, req.Service, err), err)
	return n, err
}

func (m *Manager) resume(ctx context.Context, req PauseRequest) (int, error) {
	store, err := m.pauser(req)
	if err != nil {
		return 0, err
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return 0, err
	}
	inForce, err := store.Pauses(ctx, m.tenant, false)
	if err != nil {
		return 0, err
	}
	if req.Service != "" {
		if policy, err := m.engine.Policy(ctx, m.tenant, req.Service); err == nil {
			if pause, ok := engine.PauseOf(nil, m.tenant, req.Service, policy); ok {
				return 0, &PausedError{Service: req.Service, Pause: pause}
			}
		}
		if i := slices.IndexFunc(inForce, func(p callback.Pause) bool { return p.Service == "" }); i >= 0 {
			return 0, &PausedError{Service: req.Service, Pause: inForce[i]}
		}
	}
	if err := store.SetPause(ctx, callback.Pause{Tenant: m.tenant, Service: req.Service}, false); err != nil {
		m.engine.Pauses.Stale()
		return 0, err
	}
	key := engine.ServiceKey{Tenant: m.tenant, Name: req.Service}
	m.engine.Pauses.Forget(key)
	inForce = slices.DeleteFunc(inForce, func(p callback.Pause) bool { return p.Service == req.Service })
	m.engine.LiftCoolDowns(ctx, m.tenant, req.Service)
	if err := m.engine.Resumed(ctx, key, now, req.Actor); err != nil {
		return 0, err
	}
	n, err := m.putBack(ctx, req, inForce, req.Actor, req.Reason)
	m.engine.Wake()
	return n, err
}

// Pauses returns the pauses in force of the tenant: that of all services first,
// then by service. A service that is paused twice, by [Manager.Pause] and by its
// configuration, has two, in this order. Pauses by configuration need a
// [callback.ServiceLister], the others a [callback.PausingStore].
//
// Errors: those of the store and of the source of services.
func (m *Manager) Pauses(ctx context.Context) ([]callback.Pause, error) {
	var list []callback.Pause
	if m.engine.Pauses.Store != nil {
		var err error
		if list, err = m.engine.Pauses.Store.Pauses(ctx, m.tenant, false); err != nil {
			return nil, err
		}
		list = engine.InForce(list)
	}
	lister, ok := m.engine.Config.Services.(callback.ServiceLister)
	if !ok {
		return list, nil
	}
	names, err := lister.Names(ctx, m.tenant)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		policy, err := m.engine.Policy(ctx, m.tenant, name)
		if errors.Is(err, callback.ErrInvalidParameter) {
			continue // removed in the meantime
		}
		if err != nil {
			return nil, err
		}
		if pause, ok := engine.PauseOf(nil, m.tenant, name, policy); ok {
			list = append(list, pause)
		}
	}
	slices.SortStableFunc(list, func(a, b callback.Pause) int { return cmp.Compare(a.Service, b.Service) })
	return list, nil
}

// PausedError says that one service cannot be resumed because all services of
// the tenant are paused, or because its configuration pauses it. It unwraps to
// [callback.ErrInvalidOperation].
type PausedError struct {
	Service string
	Pause   callback.Pause // the pause of all services, or by Service.Paused
}

func (e *PausedError) Error() string {
	if e.Pause.Configured {
		return fmt.Sprintf("cannot resume service %q: its configuration pauses it (Service.Paused)", e.Service)
	}
	return fmt.Sprintf("cannot resume service %q: all services are paused", e.Service)
}

// Unwrap returns callback.ErrInvalidOperation.
func (e *PausedError) Unwrap() error { return callback.ErrInvalidOperation }

// Kind returns "paused", see [callback.Kind].
func (e *PausedError) Kind() string { return "paused" }

// pauser checks a request and returns the store of pauses.
func (m *Manager) pauser(req PauseRequest) (callback.PausingStore, error) {
	if err := m.engine.Life.Check(); err != nil {
		return nil, err
	}
	for _, text := range []struct {
		field, value string
		most         int
	}{{"tenant", m.tenant, text.MaxName}, {"service", req.Service, text.MaxName}, {"actor", req.Actor, text.MaxName}, {"reason", req.Reason, decide.MaxText}} {
		if err := decide.CheckText(text.field, text.value, text.most); err != nil {
			return nil, err
		}
	}
	if req.Actor == "" {
		return nil, decide.Invalid("actor", "is required")
	}
	if m.engine.Pauses.Store == nil {
		return nil, decide.Misconfigured("Store", "keeps no pauses: it is no callback.PausingStore, and a wrapper of one needs Unwrap() callback.Store")
	}
	return m.engine.Pauses.Store, nil
}

// putBack resumes the callbacks that a request concerns, except those of services
// that inForce still pauses.
func (m *Manager) putBack(ctx context.Context, req PauseRequest, inForce []callback.Pause, actor, detail string) (int, error) {
	kept := engine.ByService(inForce)
	return m.moveAll(ctx, req, callback.Paused, func(cb *callback.Callback, p *decide.Policy, now time.Time) *decide.Draft {
		_, paused := engine.PauseOf(kept, cb.Tenant, cb.Service, p)
		if paused || cb.PausedAt.IsZero() || decide.Expired(cb, p, now, actor) != nil {
			return nil
		}
		return decide.Resume(cb, p, now, actor, detail)
	})
}

// moveAll changes the callbacks in a state that a request concerns, as decide
// says, and returns how many it changed. decide returns nil for a callback that
// stays as it is. It starts over if other changes came first.
func (m *Manager) moveAll(ctx context.Context, req PauseRequest, from callback.State, decide func(*callback.Callback, *decide.Policy, time.Time) *decide.Draft) (int, error) {
	q := callback.Query{Tenant: m.tenant, States: []callback.State{from}, Limit: min(m.engine.Config.Batch, maxPage)}
	if req.Service != "" {
		q.Services = []string{req.Service}
	}
	moved := 0
	for range engine.MaxConflicts {
		conflicts := false
		for page, err := range pages(ctx, q, m.engine.Store.Search) {
			if err != nil {
				return moved, err
			}
			results, err := m.movePage(ctx, page.Callbacks, decide)
			if err != nil {
				return moved, err
			}
			var faults []error
			for _, r := range results {
				switch {
				case r.Fate == engine.Written:
					moved++
				case errors.Is(r.Err, callback.ErrConflict):
					conflicts = true
				case r.Fate != engine.Lost:
					faults = append(faults, r.Err)
				}
			}
			if err := errors.Join(faults...); err != nil {
				return moved, err
			}
		}
		if !conflicts {
			return moved, nil
		}
	}
	return moved, fmt.Errorf("some callbacks were not moved: %w", callback.ErrConflict)
}

// movePage writes the drafts that decide makes of callbacks.
func (m *Manager) movePage(ctx context.Context, list []*callback.Callback, decide func(*callback.Callback, *decide.Policy, time.Time) *decide.Draft) ([]engine.Result, error) {
	now, err := m.engine.Now(ctx)
	if err != nil {
		return nil, err
	}
	var b engine.Batch
	for _, cb := range list {
		policy, err := m.engine.PolicyOf(ctx, cb, engine.AdoptOrphans)
		if err != nil {
			return nil, err
		}
		if d := decide(cb, policy, now); d != nil {
			b.Add(d)
		}
	}
	return m.engine.Write(ctx, now, &b)
}
