package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/rpc"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// node is one process that runs a node.
type node struct {
	name   string
	cmd    *exec.Cmd
	orders *rpc.Client
	gone   chan struct{} // closed when the process has ended
	err    error         // how it ended; read after gone
	wire   wire          // guarded by the platform
}

// startNode starts a process: this program once more, with its settings in the
// environment. It does not wait until the node is ready.
func startNode(s nodeSettings) (*node, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	n := &node{name: s.Name, cmd: exec.Command(program), gone: make(chan struct{})}
	n.cmd.Env = append(os.Environ(), nodeVariable+"="+string(settings))
	n.cmd.Stderr = os.Stderr
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), in.Close())
	}
	n.cmd.Stdin, n.cmd.Stdout = theirIn, theirOut
	err = n.cmd.Start()
	err = errors.Join(err, theirIn.Close(), theirOut.Close())
	if err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	n.orders = rpc.NewClient(stdio{out, in})
	go func() {
		n.err = n.cmd.Wait()
		close(n.gone)
	}()
	return n, nil
}

// ready waits until the node answers.
func (n *node) ready(ctx context.Context) error {
	hello := n.orders.Go("Node.Hello", struct{}{}, &struct{}{}, make(chan *rpc.Call, 1))
	select {
	case <-hello.Done:
		return hello.Error
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kill ends the process without warning and waits until it is gone.
func (n *node) kill() error {
	if err := n.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-n.gone
	_ = n.orders.Close() // it may have seen the end already
	return nil
}

// stop ends the process in order: its work first, then its connection.
func (n *node) stop(within time.Duration) error {
	if err := n.orders.Call("Node.Stop", within, &struct{}{}); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", n.name, err), n.kill())
	}
	if err := n.orders.Close(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", n.name, err), n.kill())
	}
	<-n.gone
	return n.err
}

// fleet is the processes that are meant to be alive.
type fleet struct {
	platform *platform
	settings nodeSettings // of every node, but for its name

	mu    sync.Mutex
	nodes []*node
	turn  int
}

// launch starts a node and returns when it is ready.
func (f *fleet) launch(ctx context.Context, name string) error {
	s := f.settings
	s.Name = name
	n, err := startNode(s)
	if err != nil {
		return err
	}
	// Before the node is ready: its first call may come at once.
	f.platform.attach(n)
	if err := n.ready(ctx); err != nil {
		return fmt.Errorf("%s did not come up: %w", name, errors.Join(err, n.kill()))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes = append(f.nodes, n)
	return nil
}

// next returns the nodes in turn; nil when there is none.
func (f *fleet) next() *node {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.nodes) == 0 {
		return nil
	}
	f.turn++
	return f.nodes[f.turn%len(f.nodes)]
}

// drop takes a node that does not answer out of the turn.
func (f *fleet) drop(n *node) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes = slices.DeleteFunc(slices.Clone(f.nodes), func(m *node) bool { return m == n })
}

// stop ends all nodes in order.
func (f *fleet) stop(within time.Duration) error {
	f.mu.Lock()
	nodes := f.nodes
	f.nodes = nil
	f.mu.Unlock()
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { errs[i] = n.stop(within) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// named returns the living node of that name; nil when there is none.
func (f *fleet) named(name string) *node {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.nodes, func(n *node) bool { return n.name == name })
	if i < 0 {
		return nil
	}
	return f.nodes[i]
}
