package manager_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
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
	config := manager.Config{Store: store.NewMemory(store.Config{}), Dialer: dialer, NewID: callbacktest.IDs("cb"), Node: "n1",
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

func TestFailingStoreIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
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
