package simtest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// node is a process that ends and comes back, with a clock of its own.
type node struct {
	world  *world
	name   string
	offset time.Duration // of its clock
	life   *life         // nil while it is down
	lives  int
}

// life is a node from a start to its end.
type life struct {
	*node
	m       *manager.Manager
	ticker  string      // the goroutine that ticks
	dead    atomic.Bool // nothing that it does has an effect any more
	leaving bool        // it ticks no more
	frozen  time.Time   // until when it stands still
}

// now is what the node's clock shows.
func (n *node) now() time.Time { return n.world.now().Add(n.offset) }

// manager returns the node's Manager for a tenant.
func (l *life) manager(tenant string) *manager.Manager { return l.m.Tenant(tenant) }

func (n *node) start() error {
	w := n.world
	n.lives++
	l := &life{node: n, ticker: fmt.Sprintf("%s.tick%d", n.name, n.lives)}
	port := &storePort{life: l, Store: w.shared, pausing: w.inner}
	jitter := rand.New(rand.NewPCG(w.history.Seed, uint64(n.lives)))
	codes := rand.New(rand.NewPCG(w.history.Seed, uint64(n.lives)))
	config := manager.Config{
		Store: port, Services: w.services, Dialer: lookupPort{dialPort{l}}, Now: n.now, Node: n.name, NewID: w.newID,
		NewCode: func() string { return fmt.Sprintf("%06d", codes.IntN(1_000_000)) },
		Poll:    w.poll, Batch: w.batch, Synchronous: w.synchronous, MaxInFlight: w.maxInFlight(), Random: jitter.Float64,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if w.store.Clock {
		config.Store = clockPort{port}
	}
	if w.class == Blind {
		config.Dialer = dialPort{l}
	}
	if w.router != nil {
		config.Router = routerPort{l}
	}
	if w.profile.Router.Spoils {
		config.Observer = spoiler{}
	}
	m, err := manager.New(config)
	if err != nil {
		return err
	}
	l.m, n.life = m, l
	w.spawn(l.ticker, l.run)
	return nil
}

// wait is a wait of the node: it is longer if the node stands still. It returns false
// if the node or the world has ended.
func (l *life) wait(who string, d time.Duration) bool {
	for l.world.turns.wait(who, d) {
		if d = l.frozen.Sub(l.world.now()); d <= 0 {
			return !l.dead.Load()
		}
	}
	return false
}

// waitFor is wait, but d does not reach beyond the deadline of ctx.
func (l *life) waitFor(ctx context.Context, who string, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok {
		d = min(d, max(time.Until(deadline), 0))
	}
	return l.wait(who, d)
}

// run ticks as Manager.Run does.
func (l *life) run(ctx context.Context) {
	w := l.world
	for !l.dead.Load() && !l.leaving {
		var p callback.Progress
		at, err := l.time(ctx)
		if err == nil {
			p, err = l.tick(ctx, at)
		}
		pause := w.poll
		if err == nil && !p.NextAt.IsZero() {
			if at, err = l.time(ctx); err == nil {
				pause = min(max(p.NextAt.Sub(at), 20*time.Millisecond), w.poll)
			}
		}
		if w.healed {
			// Nothing is urgent any more: a long end is played in few turns.
			pause = max(pause, time.Minute)
		}
		if !l.wait(l.ticker, pause) {
			return
		}
	}
}

// time is the time of a tick: the one that the Manager goes by, or the node's own.
func (l *life) time(ctx context.Context) (time.Time, error) {
	if l.world.profile.OwnClock {
		return l.now(), nil
	}
	return l.m.Now(ctx)
}

func (l *life) tick(ctx context.Context, at time.Time) (p callback.Progress, err error) {
	defer func() {
		if v := recover(); v != nil {
			c := l.world.asked(&HostCall{Method: "Tick", Node: l.name})
			c.Panic, c.Answered = v, l.world.stamp()
		}
	}()
	return l.m.Tick(ctx, at)
}

// wake ends the node's sleep, as its Manager's own wake does in Run.
func (l *life) wake() { l.world.turns.nudge(l.ticker) }

// crash ends the node at whatever point its goroutines are.
func (n *node) crash() {
	n.life.dead.Store(true)
	n.life = nil
}

// leave ends the node as a deployment does: it takes no more requests, and what it
// has begun gets half a minute.
func (n *node) leave(who string) {
	l := n.life
	l.leaving, n.life = true, nil
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_ = l.m.Shutdown(ctx)
	n.world.turns.wait(who, 0)
	l.dead.Store(true)
}
