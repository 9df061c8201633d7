package manager_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

// slowRouter takes a while for each answer.
type slowRouter struct {
	*callbacktest.Router
	takes time.Duration
}

func (r slowRouter) Reserve(ctx context.Context, cb *callback.Callback) (callback.Reservation, error) {
	time.Sleep(r.takes)
	return r.Router.Reserve(ctx, cb)
}

// autoDialer answers each call after a while.
type autoDialer struct {
	report func(callback.Report)
	mu     sync.Mutex
	calls  map[callback.ID]int
	talk   time.Duration
}

func (d *autoDialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	d.mu.Lock()
	d.calls[call.ID]++
	d.mu.Unlock()
	go func() {
		time.Sleep(time.Second)
		d.report(callback.Report{Key: call.Key, Tenant: call.Tenant, Stage: callback.StageBridged})
		time.Sleep(d.talk)
		o := callback.Ended(callback.ResultBridged)
		d.report(callback.Report{Key: call.Key, Tenant: call.Tenant, Outcome: &o})
	}()
	return callback.Ref(call.Key), nil
}

// A router that takes its time for each reservation does not keep two nodes from
// making the calls: the leases of what is in hand do not end before.
func TestSlowRouter(t *testing.T) {
	for _, c := range []struct {
		takes, store time.Duration
		n            int
	}{{200 * time.Millisecond, 0, 500}, {time.Second, 0, 100}, {time.Second, 2 * time.Second, 100}} {
		synctest.Test(t, func(t *testing.T) {
			d := &autoDialer{calls: make(map[callback.ID]int), talk: time.Minute}
			desk := managertest.Desk()
			desk.Queueing.Lines = callback.NoLimit
			services, err := callback.NewServices(desk)
			if err != nil {
				t.Fatal(err)
			}
			faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
			faulty.Delay(c.store, callbacktest.MethodApply, callbacktest.MethodClaim)
			router := callbacktest.NewRouter(3 * c.n)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var nodes []*manager.Manager
			for i := range 2 {
				m, err := manager.New(manager.Config{
					Store: faulty.Store(), Services: services, Dialer: d, Router: slowRouter{router, c.takes},
					Node: fmt.Sprint("n", i), Logger: slog.New(slog.DiscardHandler),
				})
				if err != nil {
					t.Fatal(err)
				}
				nodes = append(nodes, m)
			}
			d.report = func(r callback.Report) { _ = nodes[0].Report(ctx, r) }
			for i := range c.n {
				if _, err := nodes[0].Start(ctx, manager.Request{Service: "desk", Number: numbered(i)}); err != nil {
					t.Fatal(err)
				}
			}
			var running sync.WaitGroup
			for _, m := range nodes {
				running.Go(func() {
					if err := m.Run(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			time.Sleep(15 * time.Minute)
			d.mu.Lock()
			called := len(d.calls)
			d.mu.Unlock()
			if kept := len(router.Reserved("")); called != c.n || kept > 0 {
				t.Errorf("Reserve takes %v, the store %v: %d of %d called in 15 minutes, %d agents still reserved", c.takes, c.store, called, c.n, kept)
			}
			cancel()
			running.Wait()
		})
	}
}
