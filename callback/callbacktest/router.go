package callbacktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/ringback-go/ringback/callback"
)

// Router is a scripted [callback.Router]: a pool of agents per service, over
// all tenants. It is a [callback.WakingRouter] as well: whoever gave it a function is
// woken when an agent becomes free. All methods are safe for concurrent use.
type Router struct {
	mu       sync.Mutex
	pools    map[string][]string // agents by service; AnyService for the rest
	taken    map[person]reserved
	count    int
	reserves []RouterStep
	frees    []RouterStep
	releases []callback.Release
	wakes    []func()
}

// reserved is an agent taken from a pool.
type reserved struct {
	callback.Reservation
	pool string
}

// AnyService is the pool of every service without one of its own.
const AnyService = ""

// NewRouter returns a router with that many agents, named agent-1 and so on,
// shared by all services.
func NewRouter(agents int) *Router {
	r := &Router{pools: make(map[string][]string), taken: make(map[person]reserved)}
	r.SetFree(AnyService, agents)
	return r
}

// SetFree gives a service n agents of its own, named agent-1 and so on; with
// AnyService it is the pool of all services that have none. Those who are
// reserved stay so.
func (r *Router) SetFree(service string, n int) {
	var names []string
	for i := range max(n, 0) {
		names = append(names, fmt.Sprintf("agent-%d", i+1))
	}
	r.SetAgents(service, names...)
}

// SetAgents gives a service agents of its own by name. Those who are reserved
// stay so.
func (r *Router) SetAgents(service string, names ...string) {
	r.mu.Lock()
	r.pools[service] = append([]string{}, names...)
	r.mu.Unlock()
	r.Wake()
}

// RouterStep is what one call of a router does instead of its work.
type RouterStep struct {
	err    error
	value  any
	panics bool
}

// RouterOK lets the call do its work.
func RouterOK() RouterStep { return RouterStep{} }

// RouterRefuse answers [callback.ErrNoAgent].
func RouterRefuse() RouterStep { return RouterStep{err: callback.ErrNoAgent} }

// ErrRouter is what [RouterFail] answers when it is given no error.
var ErrRouter = errors.New("router failed")

// RouterFail answers err; nil stands for [ErrRouter].
func RouterFail(err error) RouterStep {
	if err == nil {
		err = ErrRouter
	}
	return RouterStep{err: err}
}

// RouterPanic panics with v.
func RouterPanic(v any) RouterStep { return RouterStep{panics: true, value: v} }

// ScriptReserve says what the next calls of Reserve do, one step each; then
// they do their work again.
func (r *Router) ScriptReserve(steps ...RouterStep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reserves = append(r.reserves, steps...)
}

// ScriptFree says what the next calls of Free do, one step each; then they do
// their work again.
func (r *Router) ScriptFree(steps ...RouterStep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frees = append(r.frees, steps...)
}

// next takes a step off a script.
func next(script *[]RouterStep) (s RouterStep) {
	if len(*script) > 0 {
		s, *script = (*script)[0], (*script)[1:]
	}
	return s
}

// play does what a step says in place of the work.
func (s RouterStep) play() error {
	if s.panics {
		panic(s.value)
	}
	return s.err
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
	if err := next(&r.frees).play(); err != nil {
		return 0, err
	}
	return len(r.idle(r.pool(service))), nil
}

// Reserve implements [callback.Router]. It takes the first agent who is free,
// or the one whose personal callback it is.
func (r *Router) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	if err := ctx.Err(); err != nil {
		return callback.Reservation{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := next(&r.reserves).play(); err != nil {
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

// Release implements [callback.Router]. A release of another reservation than
// the callback's present one changes nothing.
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

// Wake calls everybody who asked to be woken.
func (r *Router) Wake() {
	r.mu.Lock()
	wakes := slices.Clone(r.wakes)
	r.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}

// Reserved returns the agents who are reserved at the moment, by the callback
// they are kept for.
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

// Releases lists every release, in order.
func (r *Router) Releases() []callback.Release {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.releases)
}
