package faulttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
)

// NodeConfig configures a node.
type NodeConfig struct {
	Name   string
	DSN    string // database
	Schema string // schema, already migrated
	Socket string // socket on which the node takes orders
	World  string // socket of the world
	Fenced bool   // the world has a fence
	Whole  bool   // the node makes whole calls
	Notify bool   // nodes notify each other of changes
}

// nodeEnv is the environment variable that passes a NodeConfig to a node.
const nodeEnv = "RINGBACK_FAULT_NODE"

// exitBroken is the exit code of a node that could not work.
const exitBroken = 3

// RunNode returns false in a test binary that was started to run tests. In one
// that was started as a node, it runs the node until standard input ends and
// returns true.
func RunNode() bool {
	text := os.Getenv(nodeEnv)
	if text == "" {
		return false
	}
	if err := runNode(text, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(exitBroken)
	}
	return true
}

// StoreTimeout is the time limit of a node's statements.
const StoreTimeout = 2 * time.Second

func runNode(text string, in io.Reader, out io.Writer) error {
	var config NodeConfig
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		return err
	}
	ctx := context.Background()
	pools, err := pgxpool.ParseConfig(config.DSN)
	if err != nil {
		return err
	}
	pools.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, pools)
	if err != nil {
		return err
	}
	defer pool.Close()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	inner, err := postgres.New(ctx, pool, postgres.Config{Schema: config.Schema, Timeout: StoreTimeout, Notify: config.Notify, Logger: logger})
	if err != nil {
		return err
	}
	defer inner.Close()
	var printing sync.Mutex
	say := func(word string) {
		printing.Lock()
		defer printing.Unlock()
		fmt.Fprintln(out, word)
	}
	n := &node{bomb: bomb{announce: func(p Point) { say(p.String()) }}}
	known, err := services()
	if err != nil {
		return err
	}
	plain := &dialer{config: config, bomb: &n.bomb}
	var calls callback.Dialer = plain
	if config.Whole {
		calls = wholeDialer{plain}
	}
	n.manager, err = manager.New(manager.Config{Store: &store{inner, &n.bomb}, Services: known, Dialer: calls, Node: config.Name,
		Lease: Lease, Poll: Poll, StoreTimeout: 2 * StoreTimeout, Logger: logger})
	if err != nil {
		return err
	}
	orders, err := serve(config.Socket, n.obey)
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = n.manager.Run(running) })
	say(ready)
	_, err = io.Copy(io.Discard, in)
	stop()
	orders.close()
	ending, cancel := context.WithTimeout(ctx, 2*StoreTimeout)
	defer cancel()
	_ = n.manager.Shutdown(ending)
	all.Wait()
	return err
}

// ready is the line a node prints when it takes orders.
const ready = "ready"

// node is the state of a node's process.
type node struct {
	bomb    bomb
	manager *manager.Manager
}

// order is a request to a node. One of its fields is set.
type order struct {
	Start *Request
	News  *News
	Arm   *Fuse
}

// Request asks a node to start a callback.
type Request struct {
	Service string
	Number  string
	Key     string
	Desired time.Time
}

// receipt is a node's response to an order.
type receipt struct {
	ID    callback.ID
	Error string
	// Refused means that the order itself is invalid, so that repeating it with
	// another node is useless.
	Refused bool
	// Unknown means that the order may have been carried out.
	Unknown bool
}

func (n *node) obey(o order) (r receipt, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	var err error
	switch {
	case o.Start != nil:
		var cb *callback.Callback
		cb, err = n.manager.Start(ctx, manager.Request{Service: o.Start.Service, Number: o.Start.Number, Key: o.Start.Key, Desired: o.Start.Desired})
		if err == nil {
			r.ID = cb.ID
		}
	case o.News != nil:
		err = n.manager.Report(ctx, callback.Report{Key: o.News.Key, Epoch: o.News.Epoch, Ref: o.News.Ref, Stage: o.News.Stage, Outcome: o.News.Outcome})
	case o.Arm != nil:
		n.bomb.arm(*o.Arm)
	}
	if err != nil {
		r.Error, r.Refused, r.Unknown = err.Error(), refused(err), errors.Is(err, callback.ErrOutcomeUnknown)
	}
	return r, true
}

// refused reports whether an error means that no node can carry out the order.
func refused(err error) bool {
	for _, fact := range []error{callback.ErrFull, callback.ErrNotFound, callback.ErrConflict, callback.ErrInvalidParameter, callback.ErrKeyReuse,
		callback.ErrNumberLimit, callback.ErrQueueLimit, callback.ErrIntervalLimit, callback.ErrParameterLimit} {
		if errors.Is(err, fact) {
			return true
		}
	}
	return false
}
