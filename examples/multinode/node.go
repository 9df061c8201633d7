package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/rpc"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
)

// nodeVariable marks a process as a node: it holds the node's settings.
const nodeVariable = "RINGBACK_MULTINODE_NODE"

// nodeSettings is what the parent tells a node at its start.
type nodeSettings struct {
	Name     string
	DSN      string
	Schema   string
	Platform string // the address of the platform
	Token    string // what the platform knows its nodes by
	Plan     nodePlan
}

// nodePlan is the part of the plan that the services are made of.
type nodePlan struct {
	Seats, Lines int
	Ahead        time.Duration
}

// nodeMain is the life of a node's process. It is told what to do on its
// standard input, and ends when that ends: also when the parent dies.
func nodeMain(settings string) int {
	// Ctrl-C reaches the whole group of processes; the parent ends its nodes.
	signal.Ignore(os.Interrupt)
	var s nodeSettings
	err := json.Unmarshal([]byte(settings), &s)
	if err == nil {
		err = runNode(context.Background(), s, stdio{os.Stdin, os.Stdout})
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.Name, err)
		return 1
	}
	return 0
}

// stdio is the connection between the parent and a node.
type stdio struct {
	io.ReadCloser
	w io.WriteCloser
}

func (s stdio) Write(p []byte) (int, error) { return s.w.Write(p) }

func (s stdio) Close() error { return errors.Join(s.w.Close(), s.ReadCloser.Close()) }

// runNode is what a host does to be one of several nodes: a store on the
// shared database, a Manager on the store under a name of its own, and Run.
func runNode(ctx context.Context, s nodeSettings, orders io.ReadWriteCloser) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config, err := pgxpool.ParseConfig(s.DSN)
	if err != nil {
		return err
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	store, err := postgres.New(ctx, pool, postgres.Config{Schema: s.Schema})
	if err != nil {
		return err
	}
	defer store.Close()
	services, err := services(plan{seats: s.Plan.Seats, lines: s.Plan.Lines}, s.Plan.Ahead)
	if err != nil {
		return err
	}
	platform, err := rpc.Dial("tcp", s.Platform)
	if err != nil {
		return err
	}
	defer platform.Close()
	m, err := manager.New(manager.Config{
		Store: store, Services: services, Dialer: &dialer{platform: platform, settings: s},
		Node: s.Name, Lease: 2 * time.Second, Poll: 200 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})).With("node", s.Name),
	})
	if err != nil {
		return err
	}
	server := rpc.NewServer()
	if err := server.RegisterName("Node", &nodeOrders{ctx: ctx, m: m, name: s.Name}); err != nil {
		return err
	}
	var work sync.WaitGroup
	var engine error
	work.Go(func() {
		if engine = m.Run(ctx); errors.Is(engine, context.Canceled) {
			engine = nil
		}
	})
	server.ServeConn(orders) // until the parent closes it, or dies
	cancel()
	work.Wait()
	return engine
}

// nodeOrders are the requests of the world outside that reach one node: those
// of customers, and the reports of the platform.
type nodeOrders struct {
	ctx  context.Context
	m    *manager.Manager
	name string
}

// Ask is a customer's request. The key makes it safe to repeat at any node.
type Ask struct {
	Key     string
	Service string
	Number  string
	Desired time.Time
}

// Taken is the answer to an Ask.
type Taken struct {
	ID   callback.ID
	Full bool // refused, because the time bucket has no seat left
}

// Hello answers once the node is ready.
func (o *nodeOrders) Hello(struct{}, *struct{}) error { return nil }

// Start takes a request.
func (o *nodeOrders) Start(a Ask, t *Taken) error {
	cb, err := o.m.Start(o.ctx, manager.Request{
		Service: a.Service, Number: a.Number, Desired: a.Desired, Key: a.Key, Actor: o.name,
	})
	if errors.Is(err, callback.ErrFull) {
		t.Full = true
		return nil
	}
	if err != nil {
		return err
	}
	t.ID = cb.ID
	return nil
}

// Report takes what the platform tells about a call.
func (o *nodeOrders) Report(r callback.Report, _ *struct{}) error {
	r.Actor = o.name
	return o.m.Report(o.ctx, r)
}

// Stop ends the node's work in order.
func (o *nodeOrders) Stop(within time.Duration, _ *struct{}) error {
	ctx, cancel := context.WithTimeout(o.ctx, within)
	defer cancel()
	return o.m.Shutdown(ctx)
}

// dialer hands calls to the shared platform. It can ask the platform what
// became of an attempt, which is how the calls of a node that died are found
// again.
type dialer struct {
	platform *rpc.Client
	settings nodeSettings
}

var (
	_ callback.Dialer        = (*dialer)(nil)
	_ callback.LookupDialer  = (*dialer)(nil)
	_ callback.LimitedDialer = (*dialer)(nil)
)

// Dial places one call.
func (d *dialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	var answer Placed
	err := d.call(ctx, "Platform.Place", Placing{
		Token: d.settings.Token, Node: d.settings.Name, Key: call.Key, Service: call.Service, Number: call.To.Reveal(),
	}, &answer)
	switch {
	case err != nil:
		return "", err
	case answer.Refused:
		return "", callback.ErrNotPlaced
	}
	return answer.Ref, nil
}

// SearchValue asks what became of an attempt.
func (d *dialer) Lookup(ctx context.Context, _ string, key callback.AttemptKey, _ callback.Ref) (callback.Found, error) {
	var found callback.Found
	if err := d.call(ctx, "Platform.Lookup", Question{Token: d.settings.Token, Key: key}, &found); err != nil {
		return callback.Found{}, err
	}
	return found, nil
}

// Limits says how long a request may be on its way: after placing and settling
// the platform has it or never gets it.
func (d *dialer) Limits() callback.DialerLimits {
	return callback.DialerLimits{Settle: time.Second}
}

// call waits for the answer until ctx ends; reply may be written later then.
func (d *dialer) call(ctx context.Context, method string, args, reply any) error {
	call := d.platform.Go(method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return call.Error
	case <-ctx.Done():
		return ctx.Err()
	}
}
