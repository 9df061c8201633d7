package manager_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// A store whose writes and claims take seconds costs no callback: every call that
// the dialer was asked for was placed, so none may end as refused or unresolved.
func TestSlowStoreLosesNobody(t *testing.T) {
	const n = 600
	for _, slow := range []time.Duration{time.Second, 2 * time.Second, 8 * time.Second} {
		for name, dialer := range map[string]callback.Dialer{
			"whole calls": callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
				time.Sleep(5 * time.Second)
				return callback.Ended(callback.ResultBridged), nil
			}),
			"long whole calls": callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
				time.Sleep(100 * time.Second)
				return callback.Ended(callback.ResultBridged), nil
			}),
			"reports": &reporting{},
		} {
			t.Run(fmt.Sprintf("%v, %s", slow, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					memory := store.NewMemory(store.Config{})
					stop := slowNodes(t, memory, dialer, slow, n, nil)
					time.Sleep(3 * time.Hour)
					stop()
					count := make(map[string]int)
					attempts := 0
					for cb, err := range every(t.Context(), memory) {
						if err != nil {
							t.Fatal(err)
						}
						count[fmt.Sprint(cb.State, " ", cb.Reason)]++
						attempts += len(cb.Attempts)
					}
					if done := count["COMPLETED AGENT_CONNECTED"]; done != n {
						t.Errorf("%v", count)
					}
					if attempts != n {
						t.Errorf("%d attempts for %d callbacks", attempts, n)
					}
					events, err := memory.Events(t.Context(), callback.EventQuery{Limit: 10000})
					if err != nil {
						t.Fatal(err)
					}
					seen := make(map[callback.EventType]int)
					for _, e := range events.Events {
						seen[e.Type]++
					}
					if seen[callback.EventUnresolved]+seen[callback.EventRequeued] > 0 {
						t.Errorf("%v", seen)
					}
				})
			})
		}
	}
}

// reporting accepts each call and reports its end five seconds later.
type reporting struct{ to callback.Reporter }

func (d *reporting) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	to := d.to
	time.AfterFunc(5*time.Second, func() {
		ended := callback.Ended(callback.ResultBridged)
		for to.Report(context.Background(), callback.Report{Tenant: call.Tenant, Key: call.Key, Outcome: &ended}) != nil {
			time.Sleep(time.Second)
		}
	})
	return "ref", nil
}

// slowNodes starts n callbacks and runs three Managers on one store whose writes
// and claims, or other methods, take a while. The returned function stops them.
func slowNodes(t *testing.T, inner callback.Store, dialer callback.Dialer, slow time.Duration, n int, change func(*callback.Service, *manager.Config), methods ...callbacktest.Method) (stop func()) {
	t.Helper()
	const most = 3
	if methods == nil {
		methods = []callbacktest.Method{callbacktest.MethodApply, callbacktest.MethodClaim}
	}
	desk := managertest.Desk()
	desk.Queueing.Lines, desk.Queueing.MaxSubmits = 100, 3
	base := manager.Config{Dialer: dialer, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&desk, &base)
	}
	services, err := callback.NewServices(desk)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, most)
	var nodes []*manager.Manager
	var late []*callbacktest.FaultyStore
	for i := range most {
		faults := callbacktest.NewFaultyStore(inner)
		late = append(late, faults)
		config := base
		config.Store, config.Services, config.Node = faults.Store(), services, fmt.Sprint("n", i)
		m, err := manager.New(config)
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := dialer.(*reporting); ok {
			d.to = m
		}
		nodes = append(nodes, m)
	}
	for i := range n {
		if _, err := nodes[0].Start(ctx, manager.Request{Service: "desk", Number: numbered(i), Priority: scheduler.Priorities()[i%scheduler.Levels]}); err != nil {
			t.Fatal(err)
		}
	}
	for _, faults := range late {
		faults.Delay(slow, methods...)
	}
	for _, m := range nodes {
		go func() { ended <- m.Run(ctx) }()
	}
	return func() {
		for _, faults := range late {
			faults.Heal()
		}
		cancel()
		for range nodes {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
}

// every lists the callbacks of the empty tenant.
func every(ctx context.Context, s callback.Store) func(yield func(*callback.Callback, error) bool) {
	return func(yield func(*callback.Callback, error) bool) {
		q := callback.Query{Limit: 1000}
		for {
			page, err := s.Search(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, cb := range page.Callbacks {
				if !yield(cb, nil) {
					return
				}
			}
			if q.After = page.Next; page.Next == "" {
				return
			}
		}
	}
}

// A store of which each call takes nearly Config.StoreTimeout costs no callback.
func TestEveryCallOfTheStoreIsSlow(t *testing.T) {
	const n = 60
	for name, dialer := range map[string]callback.Dialer{
		"whole calls": callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			time.Sleep(time.Minute)
			return callback.Ended(callback.ResultBridged), nil
		}),
		"reports, agents": &reporting{},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				memory := store.NewMemory(store.Config{})
				router := callbacktest.NewRouter(20)
				stop := slowNodes(t, memory, dialer, 8*time.Second, n, func(s *callback.Service, c *manager.Config) {
					if _, ok := dialer.(*reporting); ok {
						c.Router = chooser{personal{router, "absent"}}
					}
				}, callbacktest.AnyMethod)
				time.Sleep(90 * time.Minute)
				stop()
				count := make(map[string]int)
				for cb, err := range every(t.Context(), memory) {
					if err != nil {
						t.Fatal(err)
					}
					count[fmt.Sprint(cb.State, " ", cb.Reason)]++
				}
				if done := count["COMPLETED AGENT_CONNECTED"]; done != n {
					t.Errorf("%v", count)
				}
				if kept := router.Reserved(""); len(kept) > 0 {
					t.Errorf("the router keeps %d agents", len(kept))
				}
			})
		})
	}
}
