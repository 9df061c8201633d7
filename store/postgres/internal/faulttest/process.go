package faulttest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Node is a node's process, seen by its parent. Its methods are safe for
// concurrent use.
type Node struct {
	Name string

	config NodeConfig
	cmd    *exec.Cmd
	stdin  io.Closer
	struck chan Point
	gone   chan struct{} // closed once the process has been waited for
	stderr *transcript
}

// StartNode runs the test binary as a node and returns when it takes orders.
func StartNode(ctx context.Context, config NodeConfig) (*Node, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.Remove(config.Socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	n := &Node{Name: config.Name, config: config, cmd: exec.Command(binary), struck: make(chan Point, 1), gone: make(chan struct{}), stderr: &transcript{}}
	// By default the race detector delays the end of a process by a second.
	n.cmd.Env = append(os.Environ(), nodeEnv+"="+string(text), "GORACE="+strings.TrimSpace(os.Getenv("GORACE")+" atexit_sleep_ms=0"))
	n.cmd.Stderr = n.stderr
	if n.stdin, err = n.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := n.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	up := make(chan struct{})
	go n.listen(stdout, up)
	select {
	case <-up:
		return n, nil
	case <-n.gone:
		return nil, fmt.Errorf("node %s ended before it was ready: %v: %s", n.Name, n.cmd.ProcessState, n.stderr)
	case <-ctx.Done():
		n.Kill()
		return nil, fmt.Errorf("node %s is not ready: %w", n.Name, context.Cause(ctx))
	}
}

// listen reads the node's output until it ends.
func (n *Node) listen(stdout io.Reader, up chan<- struct{}) {
	defer close(n.gone)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == ready {
			close(up)
			continue
		}
		for p := BeforeClaim; p <= Handed; p++ {
			if lines.Text() == p.String() {
				n.struck <- p
			}
		}
	}
	_ = n.cmd.Wait() // ProcessState has the result
}

// Struck delivers the point at which the node breaks, just before it dies or
// stops.
func (n *Node) Struck() <-chan Point { return n.struck }

// Gone is closed when the process has ended.
func (n *Node) Gone() <-chan struct{} { return n.gone }

// Killed reports whether the process, which must have ended, was killed.
func (n *Node) Killed() bool { return killed(n.cmd) }

// Kill kills the process and waits for it.
func (n *Node) Kill() {
	_ = n.cmd.Process.Kill() // fails only if it has ended
	<-n.gone
}

// Continue continues a stopped process.
func (n *Node) Continue() error { return resume(n.cmd.Process) }

// Stop asks the process to end and waits for it. It returns an error if the
// process did not end normally.
func (n *Node) Stop(ctx context.Context) error {
	_ = n.stdin.Close() // fails only if the process has ended
	select {
	case <-n.gone:
	case <-ctx.Done():
		n.Kill()
		return fmt.Errorf("node %s does not end: %w", n.Name, context.Cause(ctx))
	}
	if !n.cmd.ProcessState.Success() {
		return fmt.Errorf("node %s: %v: %s", n.Name, n.cmd.ProcessState, n.stderr)
	}
	return nil
}

// Said returns the standard error of the process.
func (n *Node) Said() string { return n.stderr.String() }

// Arm makes the node break.
func (n *Node) Arm(ctx context.Context, f Fuse) error {
	_, err := n.do(ctx, order{Arm: &f})
	return err
}

// Tell sends a report to the node.
func (n *Node) Tell(ctx context.Context, news News) error {
	_, err := n.do(ctx, order{News: &news})
	return err
}

// Start starts a callback with the node.
func (n *Node) Start(ctx context.Context, r Request) (callback.ID, error) {
	done, err := n.do(ctx, order{Start: &r})
	return done.ID, err
}

// OrderError reports an order that a node did not carry out.
type OrderError struct {
	Node    string
	Text    string
	Refused bool // any node would refuse it
	Unknown bool // it may have been carried out
}

func (e *OrderError) Error() string { return "node " + e.Node + ": " + e.Text }

func (n *Node) do(ctx context.Context, o order) (receipt, error) {
	done, err := ask[order, receipt](ctx, n.config.Socket, o, nil)
	if err == nil && done.Error != "" {
		err = &OrderError{Node: n.Name, Text: done.Error, Refused: done.Refused, Unknown: done.Unknown}
	}
	return done, err
}

// transcript keeps the output of a process, up to mostSaid bytes.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const mostSaid = 4 << 20

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() < mostSaid {
		t.text.Write(b)
	}
	return len(b), nil
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// outcries returns the lines that report a bug in the program itself.
func outcries(said string) []string {
	var lines []string
	for line := range strings.Lines(said) {
		if strings.Contains(line, "panic:") || strings.Contains(line, "DATA RACE") || strings.Contains(line, "fatal error:") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// patience is the time limit for starting a node on a busy machine.
const patience = 30 * time.Second
