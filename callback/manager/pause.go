package manager

import (
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

// PauseRequest pauses or resumes a service.
type PauseRequest struct {
	Service string // empty means all services of the tenant
	Actor   string // required; at most 128 bytes
	Reason  string // why, for the history; at most 1,024 bytes
}

// Pause stops the release of callbacks of a service to agents, or of all
// services of the tenant, on every node that shares the store and until
// [Manager.Resume] (GMS _paused_services_list, its key "all" included). It
// returns how many callbacks it took out of their queues: each becomes Paused
// and keeps its place, with an event that carries actor and reason.
//
// Once it has returned nil this Manager begins no attempt, and asks no agent or
// customer, for the service; other Managers follow within their Config.Poll.
// What has begun goes on: a call, a preview, a customer who was told to call in.
// An offer that is accepted meanwhile is not followed by an attempt, but by the
// queue. A customer who is to call in at once (Inbound.NoWait) still gets the
// access number: that waits for no agent.
//
// A paused service takes callbacks as ever. Those that come into its queue
// meanwhile - new ones, released ones, those whose gap is over - are paused,
// with the actor and reason of the pause, within Config.Poll of an engine at
// work. The TTL of a callback goes on running, and it can be cancelled and
// updated; the time spent Paused does not count as time in the queue
// (Queueing.TTL).
//
// Pausing what is paused already leaves the pause as it is, and takes out what
// is left in the queue: after an error, or when a node died in the middle,
// repeat it. All of a tenant and one service are pauses of their own; a service
// is paused as long as either is in force.
//
// Errors: [ErrInvalidParameter] for a request without actor, a text that is
// malformed or too long, and an unknown service; [ErrConfiguration] when the
// store keeps no pauses (see [PausingStore]); [ErrStopped]. With other errors it may
// have happened in part.
func (m *Manager) Pause(ctx context.Context, req PauseRequest) (int, error) {
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
			return nil // the engine ends it
		}
		return decide.Pause(cb, p, now, pause)
	})
	if err != nil {
		return n, err
	}
	// Who resumed meanwhile may not have seen what was moved since.
	inForce, err := store.Pauses(ctx, m.tenant, false)
	if err != nil {
		return n, err
	}
	if !slices.ContainsFunc(inForce, func(p callback.Pause) bool { return p.Service == req.Service }) {
		m.engine.Pauses.Forget(engine.ServiceKey{Tenant: m.tenant, Name: req.Service})
		_, err = m.putBack(ctx, req, inForce, m.engine.Config.Node, "the pause has ended meanwhile")
	}
	return n, err
}

// Resume ends a pause and puts the callbacks back where they were in their
// queues, each with an event that carries actor and reason. It returns how many
// it put back. Callbacks that a request created Paused stay so: whoever made
// them keeps their life cycle.
//
// Resuming what is not paused puts back what is left over: after an error, or
// when a node died in the middle, repeat it; the engine, too, finds such
// callbacks within ten minutes. Ending the pause of all services leaves those
// paused that have a pause of their own.
//
// Errors: a [PausedError] for one service while all of the tenant are paused,
// and then nothing changes; otherwise those of [Manager.Pause], but a service
// that is not known any more can be resumed.
func (m *Manager) Resume(ctx context.Context, req PauseRequest) (int, error) {
	store, err := m.pauser(req)
	if err != nil {
		return 0, err
	}
	inForce, err := store.Pauses(ctx, m.tenant, false)
	if err != nil {
		return 0, err
	}
	if req.Service != "" {
		if i := slices.IndexFunc(inForce, func(p callback.Pause) bool { return p.Service == "" }); i >= 0 {
			return 0, &PausedError{Service: req.Service, Pause: inForce[i]}
		}
	}
	if err := store.SetPause(ctx, callback.Pause{Tenant: m.tenant, Service: req.Service}, false); err != nil {
		m.engine.Pauses.Stale()
		return 0, err
	}
	m.engine.Pauses.Forget(engine.ServiceKey{Tenant: m.tenant, Name: req.Service})
	inForce = slices.DeleteFunc(inForce, func(p callback.Pause) bool { return p.Service == req.Service })
	n, err := m.putBack(ctx, req, inForce, req.Actor, req.Reason)
	m.engine.Wake()
	return n, err
}

// Pauses lists the pauses of a tenant that are in force, the one of all services
// first, then by service. A store that keeps no pauses has none.
//
// Errors: the store's.
func (m *Manager) Pauses(ctx context.Context) ([]callback.Pause, error) {
	if m.engine.Pauses.Store == nil {
		return nil, nil
	}
	return m.engine.Pauses.Store.Pauses(ctx, m.tenant, false)
}

// PausedError says that a service cannot be resumed by itself, because all
// services of its tenant are paused. It unwraps to [ErrInvalidOperation].
type PausedError struct {
	Service string
	Pause   callback.Pause // the pause of all services
}

func (e *PausedError) Error() string {
	return fmt.Sprintf("cannot resume service %q: all services are paused", e.Service)
}

// Unwrap returns ErrInvalidOperation.
func (e *PausedError) Unwrap() error { return callback.ErrInvalidOperation }

// pauser checks a request and returns the store that keeps pauses.
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
		return nil, decide.Misconfigured("Store", "keeps no pauses")
	}
	return m.engine.Pauses.Store, nil
}

// putBack resumes the paused callbacks that a request concerns and none of the
// pauses keeps.
func (m *Manager) putBack(ctx context.Context, req PauseRequest, inForce []callback.Pause, actor, detail string) (int, error) {
	kept := engine.ByService(inForce)
	return m.moveAll(ctx, req, callback.Paused, func(cb *callback.Callback, p *decide.Policy, now time.Time) *decide.Draft {
		_, paused := engine.PauseOf(kept, cb.Tenant, cb.Service)
		if paused || cb.PausedAt.IsZero() || decide.Expired(cb, p, now, actor) != nil {
			return nil
		}
		return decide.Resume(cb, p, now, actor, detail)
	})
}

// moveAll changes every callback in a state that a request concerns, as decide
// says; nil leaves one as it is. It returns how many it changed. Callbacks that
// somebody else changes meanwhile are gone over again.
func (m *Manager) moveAll(ctx context.Context, req PauseRequest, from callback.State, decide func(*callback.Callback, *decide.Policy, time.Time) *decide.Draft) (int, error) {
	q := callback.Query{Tenant: m.tenant, States: []callback.State{from}, Limit: min(m.engine.Config.Batch, maxPage)}
	if req.Service != "" {
		q.Services = []string{req.Service}
	}
	moved := 0
	for range engine.MaxConflicts {
		again := false
		for q.After = ""; ; {
			page, err := m.engine.Store.Search(ctx, q)
			if err != nil {
				return moved, err
			}
			n, conflicts, err := m.movePage(ctx, page.Callbacks, decide)
			moved += n
			again = again || conflicts
			if err != nil {
				return moved, err
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if !again {
			return moved, nil
		}
	}
	return moved, fmt.Errorf("some callbacks were not moved: %w", callback.ErrConflict)
}

// movePage writes what decide makes of some callbacks.
func (m *Manager) movePage(ctx context.Context, list []*callback.Callback, decide func(*callback.Callback, *decide.Policy, time.Time) *decide.Draft) (n int, conflicts bool, err error) {
	now, err := m.engine.Now(ctx)
	if err != nil {
		return 0, false, err
	}
	var b engine.Batch
	for _, cb := range list {
		policy, err := m.engine.PolicyOf(ctx, cb, true)
		if err != nil {
			return 0, false, err
		}
		if d := decide(cb, policy, now); d != nil {
			b.Add(d)
		}
	}
	if len(b.Changes) == 0 {
		return 0, false, nil
	}
	errs, err := m.engine.Store.Apply(ctx, now, b.Changes)
	if err != nil {
		return 0, false, err
	}
	m.engine.Feed.Signal()
	var faults []error
	for i := range b.Drafts {
		switch {
		case errs == nil || errs[i] == nil:
			n++
		case errors.Is(errs[i], callback.ErrConflict):
			conflicts = true
		case !errors.Is(errs[i], callback.ErrNotFound):
			faults = append(faults, errs[i])
		}
	}
	return n, conflicts, errors.Join(faults...)
}
