package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// FleetConfig configures a fleet.
type FleetConfig struct {
	DSN    string // database
	Schema string // schema, already migrated
	Nodes  int
	Fenced bool // the world has a fence
	Whole  bool // nodes make whole calls
	Notify bool
	Seed   uint64
}

// Fleet is a number of nodes on one schema, with their world. Its methods are
// safe for concurrent use.
type Fleet struct {
	World *World

	config FleetConfig
	dir    string

	mu       sync.Mutex
	random   *rand.Rand
	nodes    []*Node
	favorite int                    // node that gets the reports; negative for any
	born     int                    // number of nodes started so far
	accepted map[string]callback.ID // by idempotency key
	numbers  map[string]string      // by idempotency key
	faults   []string
	said     []string // standard error of replaced nodes
	unknown  int
}

// NewFleet starts a world and its nodes.
func NewFleet(ctx context.Context, config FleetConfig) (*Fleet, error) {
	// Not in the test's folder, because the path of a socket must be short.
	dir, err := os.MkdirTemp("", "rb")
	if err != nil {
		return nil, err
	}
	f := &Fleet{config: config, dir: dir, random: rand.New(rand.NewPCG(config.Seed, 2)), nodes: make([]*Node, config.Nodes), favorite: -1,
		accepted: make(map[string]callback.ID), numbers: make(map[string]string)}
	world := WorldConfig{Socket: f.socket("world"), Fenced: config.Fenced, Seed: config.Seed}
	if !config.Whole {
		world.Deliver = f.deliver
	}
	if f.World, err = NewWorld(world); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	for i := range f.nodes {
		if err := f.Replace(ctx, i); err != nil {
			return nil, errors.Join(err, f.Close(ctx))
		}
	}
	return f, nil
}

func (f *Fleet) socket(name string) string { return filepath.Join(f.dir, name) }

// Replace starts a new node in the place of one that has ended.
func (f *Fleet) Replace(ctx context.Context, i int) error {
	f.mu.Lock()
	f.born++
	name := fmt.Sprintf("n%d-%d", i, f.born)
	old := f.nodes[i]
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	n, err := StartNode(ctx, NodeConfig{Name: name, DSN: f.config.DSN, Schema: f.config.Schema, Socket: f.socket(name), World: f.socket("world"),
		Fenced: f.config.Fenced, Whole: f.config.Whole, Notify: f.config.Notify})
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if old != nil {
		f.said = append(f.said, old.Said())
	}
	f.nodes[i] = n
	return nil
}

// Node returns the node in place i.
func (f *Fleet) Node(i int) *Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[i]
}

// Favor makes the node in place i the only one that gets reports; if i is
// negative, any node does.
func (f *Fleet) Favor(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.favorite = i
}

// pick returns a random node.
func (f *Fleet) pick() *Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.nodes[f.random.IntN(len(f.nodes))]
}

// deliver sends a report to a node. A report that the node refuses is not
// repeated but recorded as a fault.
func (f *Fleet) deliver(ctx context.Context, news News) error {
	n := f.pick()
	f.mu.Lock()
	if f.favorite >= 0 {
		n = f.nodes[f.favorite]
	}
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, reportWithin)
	defer cancel()
	err := n.Tell(ctx, news)
	var answered *OrderError
	if errors.As(err, &answered) && answered.Refused {
		f.fault("a report on %s was refused: %v", news.Key, answered)
		return nil
	}
	return err
}

// Time limits of a request to one node, which may have stopped.
const (
	reportWithin = 3 * time.Second
	startWithin  = 3 * time.Second
)

func (f *Fleet) fault(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fmt.Sprintf(format, args...))
}

// Start starts a callback: first with the node in place i, or with any node if
// i is negative, and then with others under the same key until one returns a
// definite result. The error is an [*OrderError] with Refused set, or that of
// the context.
func (f *Fleet) Start(ctx context.Context, i int, r Request) (callback.ID, error) {
	n := f.pick()
	if i >= 0 {
		n = f.Node(i)
	}
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		asking, cancel := context.WithTimeout(ctx, startWithin)
		id, err := n.Start(asking, r)
		cancel()
		var answered *OrderError
		switch {
		case err == nil:
			f.accept(r, id)
			return id, nil
		case errors.As(err, &answered) && answered.Refused:
			return "", err
		case errors.As(err, &answered) && answered.Unknown:
			f.mu.Lock()
			f.unknown++
			f.mu.Unlock()
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return "", fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		}
		n = f.pick()
	}
}

// accept records an accepted callback.
func (f *Fleet) accept(r Request, id callback.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if before, known := f.accepted[r.Key]; known && before != id {
		f.faults = append(f.faults, fmt.Sprintf("key %s was accepted as %s and as %s", r.Key, before, id))
	}
	f.accepted[r.Key], f.numbers[r.Key] = id, r.Number
}

// Accepted returns the number of accepted callbacks.
func (f *Fleet) Accepted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.accepted)
}

// Unknown returns how often the outcome of a start was unknown.
func (f *Fleet) Unknown() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unknown
}

// Close ends the nodes and the world. The error reports nodes that did not end
// normally, except those that had been killed.
func (f *Fleet) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	errs := make([]error, len(f.nodes))
	var all sync.WaitGroup
	for i := range f.nodes {
		n := f.Node(i)
		if n == nil {
			continue
		}
		select {
		case <-n.Gone():
		default:
			all.Go(func() { errs[i] = n.Stop(ctx) })
		}
	}
	all.Wait()
	f.World.Close()
	return errors.Join(append(errs, os.RemoveAll(f.dir))...)
}
