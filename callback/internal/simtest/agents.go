package simtest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// RouterFaults are what is wrong with the router, as parts of all calls.
type RouterFaults struct {
	Declines     float64 // Reserve finds no agent, whatever Free says
	FreeFails    float64
	ReleaseFails float64 // and the agent stays reserved
	Overstates   bool    // Free says one too many
	Spoils       bool    // it changes the record that it is given
}

// router has a number of agents for all services.
type router struct {
	w      *world
	agents int
	taken  map[callback.ID]callback.Reservation
	count  int
}

// routerPort is the router as one life of a node sees it.
type routerPort struct{ *life }

var errRouter = errors.New("router failed")

func (p routerPort) turn(ctx context.Context, what string) bool {
	return !p.dead.Load() && p.wait(who(ctx, p.name+".router."+what), 0)
}

func (p routerPort) Free(ctx context.Context, _, _ string) (int, error) {
	r, f := p.world.router, p.world.profile.Router
	if !p.turn(ctx, "free") {
		return 0, errDead
	}
	if !p.world.healed && p.world.chance(f.FreeFails) {
		return 0, errRouter
	}
	free := max(r.agents-len(r.taken), 0)
	if f.Overstates {
		free++
	}
	return free, nil
}

func (p routerPort) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	w, r := p.world, p.world.router
	if !p.turn(ctx, "reserve."+string(cb.ID)) {
		return callback.Reservation{}, errDead
	}
	kept, ok := r.taken[cb.ID]
	switch {
	case ok:
	case len(r.taken) >= r.agents, w.customerOf(cb.Customer.Target()) <= w.profile.Absent, !w.healed && w.chance(w.profile.Router.Declines):
		return callback.Reservation{}, callback.ErrNoAgent
	default:
		r.count++
		kept = callback.Reservation{ID: fmt.Sprintf("r%d", r.count), Agent: "agent"}
		r.taken[cb.ID] = kept
		w.history.Agents = append(w.history.Agents, &AgentCall{At: w.stamp(), Node: p.name, Tenant: cb.Tenant, ID: cb.ID})
	}
	if w.profile.Router.Spoils {
		spoil(cb)
	}
	return kept, nil
}

func (p routerPort) Release(ctx context.Context, release callback.Release) error {
	w, r := p.world, p.world.router
	if !p.turn(ctx, "release."+string(release.Callback)) {
		return errDead
	}
	call := &AgentCall{At: w.stamp(), Node: p.name, Released: true, Tenant: release.Tenant, ID: release.Callback}
	w.history.Agents = append(w.history.Agents, call)
	if !w.healed && w.chance(w.profile.Router.ReleaseFails) {
		call.Err = errRouter
		return errRouter
	}
	if r.taken[release.Callback].ID == release.Reservation.ID {
		delete(r.taken, release.Callback)
		if release.Outcome != (callback.Outcome{}) {
			w.wakeAll()
		}
	}
	return nil
}

// spoil changes a record as a careless plug-in does.
func spoil(cb *callback.Callback) {
	cb.State, cb.Reason = callback.Completed, callback.ReasonAgentConnected
	cb.Held, cb.Attempts = nil, nil
	if cb.UserData != nil {
		cb.UserData["spoiled"] = true
	}
}

// spoiler is an observer that changes what it is given.
type spoiler struct{ callback.NopObserver }

func (spoiler) Unresolved(_ context.Context, cb *callback.Callback) { spoil(cb) }

func (spoiler) AttemptBegan(_ context.Context, call callback.Call) {
	if call.UserData != nil {
		call.UserData["spoiled"] = true
	}
}
