package manager_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// liveRig is a Manager that runs by itself on the bubble's clock.
func liveRig(t *testing.T, dialer callback.Dialer, change func(*callback.Service, *manager.Config)) *manager.Manager {
	t.Helper()
	service := callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}}
	config := manager.Config{Store: store.NewMemory(), Dialer: dialer, NewID: callbacktest.IDs("cb"), Node: "n1",
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if change != nil {
		change(&service, &config)
	}
	services, err := callback.NewServices(service)
	if err != nil {
		t.Fatal(err)
	}
	config.Services = services
	m, err := manager.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func runUntilDone(t *testing.T, m *manager.Manager) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- m.Run(context.WithoutCancel(t.Context())) }()
	t.Cleanup(func() {
		if err := m.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func request() manager.Request { return manager.Request{Service: "desk", Number: swiss} }

func TestRunDialsWithAPlainFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		m := liveRig(t, callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			calls++
			time.Sleep(2 * time.Minute)
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}), nil)
		runUntilDone(t, m)
		cb, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		// The claim on the call is renewed: half a minute's lease has passed.
		if got, _ := m.Get(t.Context(), cb.ID); got.State != callback.Dialing {
			t.Errorf("during the call it is %v (%s)", got.State, got.Detail)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got, _ := m.Get(t.Context(), cb.ID); got.Reason != callback.ReasonAgentConnected || calls != 1 {
			t.Errorf("after the call it is %v %v, %d calls", got.State, got.Reason, calls)
		}
	})
}

func TestRunReleasesOnTimeAndNotEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialed time.Time
		m := liveRig(t, callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			dialed = time.Now()
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}), nil)
		runUntilDone(t, m)
		req := request()
		req.Desired = time.Now().Add(time.Hour + 123456789)
		if _, err := m.Start(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if want := req.Desired.Add(-120 * time.Second); !dialed.Equal(want) {
			t.Errorf("dialled at %v, want %v", dialed, want)
		}
	})
}

// A node that dies in a blocking call stops renewing its claim; another finds
// the attempt unresolved and does not repeat it.
func TestBlockingCallOfADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := store.NewMemory()
		var calls atomic.Int32
		release := make(chan struct{})
		block := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			calls.Add(1)
			<-release
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})
		with := func(node string) func(*callback.Service, *manager.Config) {
			return func(_ *callback.Service, c *manager.Config) { c.Store, c.Node = shared, node }
		}
		first, second := liveRig(t, block, with("n1")), liveRig(t, block, with("n2"))
		ctx, die := context.WithCancel(t.Context())
		go first.Run(ctx)
		cb, err := first.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		die()
		synctest.Wait()
		runUntilDone(t, second)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, _ := second.Get(t.Context(), cb.ID); got.State != callback.Unresolved || calls.Load() != 1 {
			t.Errorf("callback is %v after %d calls", got.State, calls.Load())
		}
		close(release) // the dead node's late answer still counts
		synctest.Wait()
		if got, _ := second.Get(t.Context(), cb.ID); got.Reason != callback.ReasonAgentConnected {
			t.Errorf("late result left it %v", got.State)
		}
		if err := first.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestShutdown(t *testing.T) {
	t.Run("waits for calls", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := liveRig(t, callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
				time.Sleep(10 * time.Second)
				return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, ctx.Err()
			}), nil)
			done := make(chan error, 1)
			go func() { done <- m.Run(context.WithoutCancel(t.Context())) }()
			cb, err := m.Start(t.Context(), request())
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := m.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Errorf("Run returned %v", err)
			}
			if got, _ := m.Get(t.Context(), cb.ID); got.Reason != callback.ReasonAgentConnected {
				t.Errorf("the call's outcome was lost: %v", got.State)
			}
			if _, err := m.Start(t.Context(), request()); !errors.Is(err, callback.ErrStopped) {
				t.Errorf("Start after Shutdown: %v", err)
			}
			if err := m.Run(t.Context()); !errors.Is(err, callback.ErrStopped) {
				t.Errorf("Run after Shutdown: %v", err)
			}
		})
	})
	t.Run("returns by its deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			m := liveRig(t, callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
				<-release // ignores its context
				return callback.Outcome{}, nil
			}), nil)
			go m.Run(t.Context())
			if _, err := m.Start(t.Context(), request()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			if err := m.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
				t.Errorf("Shutdown returned %v after %v", err, time.Since(began))
			}
			close(release)
			synctest.Wait()
		})
	})
}

// A dialer that never returns holds its place among the calls in flight, and
// its callback is given up on in time.
func TestStuckDialerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int32
		stuck := dialFunc(func(ctx context.Context, call callback.Call) (callback.Ref, error) {
			calls.Add(1)
			<-release
			return "late", nil
		})
		m := liveRig(t, stuck, func(s *callback.Service, c *manager.Config) {
			c.MaxInFlight = 2
			s.Queueing.Lines = -1
			s.Limits.SameNumber = callback.CheckNone
		})
		runUntilDone(t, m)
		var first callback.ID
		for i := range 5 {
			req := request()
			req.Number = fmt.Sprintf("+4178555667%d", i)
			cb, err := m.Start(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = cb.ID
			}
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if calls.Load() != 2 {
			t.Errorf("%d calls of the dialer at once, want 2", calls.Load())
		}
		if got, _ := m.Get(t.Context(), first); got.State != callback.Unresolved {
			t.Errorf("callback of a stuck dialer is %v", got.State)
		}
		close(release)
		synctest.Wait()
		if calls.Load() != 5 {
			t.Errorf("%d calls after the dialer came back, want 5", calls.Load())
		}
	})
}

// dialFunc is a Dialer with no other capability.
type dialFunc func(context.Context, callback.Call) (callback.Ref, error)

func (f dialFunc) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	return f(ctx, call)
}

func TestSubscribersCannotStallTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := liveRig(t, callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}), nil)
		runUntilDone(t, m)
		ctx, stop := context.WithCancel(t.Context())
		var seen []callback.EventType
		ended := make(chan struct{}, 2)
		go func() { // one blocks for ever on its first event
			m.Subscribe(ctx, manager.Subscription{Oldest: true}, func(ctx context.Context, _ callback.Event) error {
				<-ctx.Done()
				return nil
			})
			ended <- struct{}{}
		}()
		panics := 0
		go func() { // one panics once and fails once
			m.Subscribe(ctx, manager.Subscription{Oldest: true, Services: []string{"desk"}}, func(_ context.Context, e callback.Event) error {
				if panics++; panics == 1 {
					panic("subscriber")
				} else if panics == 3 {
					return errors.New("later")
				}
				seen = append(seen, e.Type)
				return nil
			})
			ended <- struct{}{}
		}()
		cb, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, _ := m.Get(t.Context(), cb.ID); got.State != callback.Completed {
			t.Errorf("the engine is stalled: %v", got.State)
		}
		want := []callback.EventType{callback.EventAccepted, callback.EventDialing, callback.EventCompleted}
		if len(seen) != len(want) || seen[0] != want[0] || seen[1] != want[1] || seen[2] != want[2] {
			t.Errorf("subscriber saw %v, want %v", seen, want)
		}
		stop()
		<-ended
		<-ended
	})
}

func TestFailingStoreIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faulty := callbacktest.NewFaultyStore(store.NewMemory())
		m := liveRig(t, callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}), func(_ *callback.Service, c *manager.Config) { c.Store = faulty.Store() })
		cb, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodClaim, Kind: callbacktest.FailBefore, Times: 3},
			callbacktest.Fault{Method: callbacktest.MethodCount, Kind: callbacktest.FailBefore, Times: 2})
		runUntilDone(t, m)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, _ := m.Get(t.Context(), cb.ID); got.Reason != callback.ReasonAgentConnected {
			t.Errorf("callback is %v", got.State)
		}
	})
}
