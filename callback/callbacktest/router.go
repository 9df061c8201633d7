package callbacktest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/ringback-go/ringback/callback"
)

// Router is a scripted [callback.Router] and [callback.WakingRouter] with a pool of
// agents for each service, over all tenants. All methods are safe for concurrent use.
type Router struct {
	mu       sync.Mutex
	pools    map[string][]string // agents by service; AnyService for the rest
	taken    map[person]reserved
	count    int
	reserves []func() error
	frees    []func() error
	releases []callback.Release
	wakes    []func()
}

// reserved is an agent taken from a pool.
type reserved struct {
	callback.Reservation
	pool string
}

// AnyService is the service whose pool serves every service that has none.
const AnyService = ""

// NewRouter returns a router whose services share a pool of the given number of
// agents, named agent-1 and so on.
func NewRouter(agents int) *Router {
	r := &Router{pools: make(map[string][]string), taken: make(map[person]reserved)}
	r.SetFree(AnyService, agents)
	return r
}

// SetFree sets the pool of a service, or of [AnyService], to n agents, named agent-1
// and so on. Reservations remain.
func (r *Router) SetFree(service string, n int) {
	var names []string
	for i := range max(n, 0) {
		names = append(names, fmt.Sprintf("agent-%d", i+1))
	}
	r.SetAgents(service, names...)
}

// SetAgents sets the pool of a service, or of [AnyService], to the named agents.
// Reservations remain.
func (r *Router) SetAgents(service string, names ...string) {
	r.mu.Lock()
	r.pools[service] = append([]string{}, names...)
	r.mu.Unlock()
	r.Wake()
}

// ScriptReserve sets one step for each of the next calls of Reserve. The call returns
// the error of its step; if the step is nil or returns nil, Reserve does its work. A
// step may panic. It must not call the router.
func (r *Router) ScriptReserve(steps ...func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reserves = append(r.reserves, steps...)
}

// ScriptFree sets one step for each of the next calls of Free, as ScriptReserve does
// for Reserve.
func (r *Router) ScriptFree(steps ...func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frees = append(r.frees, steps...)
}

// play runs the first step of a script and removes it.
func play(script *[]func() error) error {
	if len(*script) == 0 {
		return nil
	}
	step := (*script)[0]
	*script = (*script)[1:]
	if step == nil {
		return nil
	}
	return step()
}

// pool returns the name of the pool that serves a service.
func (r *Router) pool(service string) string {
	if _, own := r.pools[service]; own {
		return service
	}
	return AnyService
}

// idle returns the agents of a pool that are not reserved, in their order.
func (r *Router) idle(pool string) []string {
	busy := make(map[string]bool)
	for _, held := range r.taken {
		if held.pool == pool {
			busy[held.Agent] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(r.pools[pool]), func(name string) bool { return busy[name] })
}

// Free implements [callback.Router].
func (r *Router) Free(ctx context.Context, tenant, service string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := play(&r.frees); err != nil {
		return 0, err
	}
	return len(r.idle(r.pool(service))), nil
}

// Reserve implements [callback.Router]. It reserves the first free agent or, for a
// personal callback, the named one.
func (r *Router) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	if err := ctx.Err(); err != nil {
		return callback.Reservation{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := play(&r.reserves); err != nil {
		return callback.Reservation{}, err
	}
	who := person{cb.Tenant, cb.ID}
	if held, ok := r.taken[who]; ok {
		return held.Reservation, nil
	}
	pool := r.pool(cb.Service)
	for _, name := range r.idle(pool) {
		if cb.Agent.Personal != "" && cb.Agent.Personal != name {
			continue
		}
		r.count++
		held := reserved{pool: pool, Reservation: callback.Reservation{
			ID: fmt.Sprintf("reservation-%d", r.count), Agent: name, Address: "agent:" + name,
		}}
		r.taken[who] = held
		return held.Reservation, nil
	}
	return callback.Reservation{}, callback.ErrNoAgent
}

// Release implements [callback.Router]. It has no effect unless the reservation is
// the present one of the callback.
func (r *Router) Release(ctx context.Context, release callback.Release) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	r.releases = append(r.releases, release)
	who := person{release.Tenant, release.Callback}
	held, ok := r.taken[who]
	if ok = ok && held.ID == release.Reservation.ID; ok {
		delete(r.taken, who)
	}
	r.mu.Unlock()
	if ok {
		r.Wake()
	}
	return nil
}

// OnFree implements [callback.WakingRouter].
func (r *Router) OnFree(wake func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakes = append(r.wakes, wake)
}

// Wake calls all functions that were passed to OnFree.
func (r *Router) Wake() {
	r.mu.Lock()
	wakes := slices.Clone(r.wakes)
	r.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}

// Reserved returns the present reservations of a tenant by callback.
func (r *Router) Reserved(tenant string) map[callback.ID]callback.Reservation {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := make(map[callback.ID]callback.Reservation)
	for who, reservation := range r.taken {
		if who.tenant == tenant {
			held[who.id] = reservation.Reservation
		}
	}
	return held
}

// Releases lists all calls of Release in order.
func (r *Router) Releases() []callback.Release {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.releases)
}
