package manager_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

// Whole calls: the breaker opens for a DialerFunc as well, calls that began before
// the outage do not close it, and a probe whose customer talks for long does.
func TestOutageOfABlockingDialer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		down, e, logs := false, &edges{}, &lines{}
		began := make(map[callback.ID]int)
		dial := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			mu.Lock()
			began[call.ID]++
			refuse := down
			mu.Unlock()
			if refuse {
				return callback.Outcome{}, fmt.Errorf("no trunk: %w", callback.ErrNotPlaced)
			}
			time.Sleep(4 * time.Minute)
			return callback.Ended(callback.ResultBridged), nil
		})
		desk := managertest.Desk()
		desk.Queueing.Lines, desk.Queueing.MaxSubmits = callback.NoLimit, 3
		services, err := callback.NewServices(desk)
		if err != nil {
			t.Fatal(err)
		}
		s := store.NewMemory(store.Config{})
		m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: dial, Observer: e, Logger: slog.New(slog.NewTextHandler(logs, nil)), Random: callbacktest.Random(3)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		var ids []callback.ID
		start := func(from, to int) {
			for i := from; i < to; i++ {
				cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(i)})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, cb.ID)
			}
		}
		start(0, 5) // these talk through the outage
		time.Sleep(2 * time.Minute)
		mu.Lock()
		down = true
		mu.Unlock()
		start(5, 25)
		time.Sleep(10 * time.Minute)
		if got := e.String(); got != "open" {
			t.Errorf("breaker: %q", got)
		}
		mu.Lock()
		down = false
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		if got := e.String(); got != "open closed" {
			t.Errorf("breaker: %q after a probe has been up for longer than placing takes", got)
		}
		time.Sleep(5 * time.Minute)
		for _, id := range ids {
			if cb, err := m.Get(ctx, id); err != nil || cb.Reason != callback.ReasonAgentConnected {
				t.Errorf("%s is %v %s: %v", id, cb.State, cb.Reason, err)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if got := logs.count("takes no calls: one"); got != 1 || logs.count("takes calls again") != 1 {
			t.Errorf("log: %s", logs.String())
		}
	})
}

// A shutdown waits for a probe under way, and for what an opened breaker gives
// back.
func TestShutdownInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := dialFunc(func(ctx context.Context, call callback.Call) (callback.Ref, error) {
			time.Sleep(3 * time.Second)
			return "", callback.ErrNotPlaced
		})
		desk := managertest.Desk()
		desk.Queueing.MaxSubmits = 3
		services, err := callback.NewServices(desk)
		if err != nil {
			t.Fatal(err)
		}
		s := store.NewMemory(store.Config{})
		e := &edges{}
		m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: dial, Observer: e, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		var ids []callback.ID
		for i := range 20 {
			cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(i)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, cb.ID)
		}
		time.Sleep(2500 * time.Millisecond) // the first calls are under way
		cancel()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if e.String() != "open" {
			t.Errorf("breaker: %q", e)
		}
		for _, id := range ids {
			if cb, err := m.Get(t.Context(), id); err != nil || cb.State != callback.Queued || cb.Submits != 0 {
				t.Errorf("%s is %v with %d submits: %v", id, cb.State, cb.Submits, err)
			}
		}
		if err := m.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A failure that is written after it has helped to open the breaker uses no submit
// attempt either.
func TestFailuresWrittenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		dial := dialFunc(func(context.Context, callback.Call) (callback.Ref, error) {
			if calls.Add(1) == 5 {
				time.Sleep(time.Second)
			}
			return "", callback.ErrNotPlaced
		})
		faults := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
		faults.Inject(callbacktest.Fault{
			Method: callbacktest.MethodApply, Times: 4,
			When: func(op callbacktest.Op) bool { return op.Changes[0].Event.Type == callback.EventAttemptEnded },
			Hook: func(context.Context, callbacktest.Op) { time.Sleep(2 * time.Second) },
		})
		desk := managertest.Desk()
		desk.Queueing.Lines, desk.Queueing.MaxSubmits = 5, 3
		services, err := callback.NewServices(desk)
		if err != nil {
			t.Fatal(err)
		}
		e := &edges{}
		m, err := manager.New(manager.Config{Store: faults.Store(), Services: services, Dialer: dial, Observer: e, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		var ids []callback.ID
		for i := range 5 {
			cb, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: numbered(i)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, cb.ID)
		}
		if _, err := m.Tick(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		for _, id := range ids {
			if cb, err := m.Get(t.Context(), id); err != nil || cb.Submits != 0 || cb.State != callback.Queued {
				t.Errorf("%s is %v with %d submits: %v", id, cb.State, cb.Submits, err)
			}
		}
		if e.String() != "open" {
			t.Errorf("breaker: %q", e)
		}
	})
}

// Concurrent failures, successes and reports leave no submit attempt behind and
// settle on the state of the platform.
func TestBreakerRace(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			random := callbacktest.Random(seed)
			var mu sync.Mutex
			down := true
			dial := dialFunc(func(ctx context.Context, call callback.Call) (callback.Ref, error) {
				mu.Lock()
				refuse, wait := down, random()
				mu.Unlock()
				time.Sleep(time.Duration(wait * float64(time.Second)))
				if refuse {
					return "", callback.ErrNotPlaced
				}
				return "ref", nil
			})
			faults := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
			faults.Randomly(seed, callbacktest.Rates{Before: 0.02, After: 0.02})
			desk := managertest.Desk()
			desk.Queueing.Lines, desk.Queueing.MaxSubmits = callback.NoLimit, 3
			services, err := callback.NewServices(desk)
			if err != nil {
				t.Fatal(err)
			}
			m, err := manager.New(manager.Config{Store: faults.Store(), Services: services, Dialer: dial, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx) }()
			var ids []callback.ID
			for i := range 40 {
				if cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(i), Key: numbered(i)}); err == nil {
					ids = append(ids, cb.ID)
				}
			}
			time.Sleep(5 * time.Minute)
			mu.Lock()
			down = false
			mu.Unlock()
			time.Sleep(3 * time.Minute)
			faults.Heal()
			for _, id := range ids {
				cb, err := m.Get(ctx, id)
				if err != nil || cb.Reason == callback.ReasonSubmitFailed {
					t.Errorf("seed %d: %s is %v %s: %v", seed, id, cb.State, cb.Reason, err)
				}
			}
			cancel()
			if err := <-ended; err != nil && !errors.Is(err, callback.ErrStopped) {
				t.Error(err)
			}
		})
	}
}

// lines keeps what is logged.
type lines struct {
	mu sync.Mutex
	strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Builder.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.Builder.String(), s)
}

// A DialerFunc whose platform refuses one call in eight is no outage, however long
// the calls are: the others are up.
func TestBlockingDialerThatRefusesSome(t *testing.T) {
	for _, length := range []time.Duration{time.Second, time.Minute, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			dial := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
				if calls.Add(1)%8 == 0 {
					return callback.Outcome{}, fmt.Errorf("no trunk: %w", callback.ErrNotPlaced)
				}
				time.Sleep(length)
				return callback.Ended(callback.ResultBridged), nil
			})
			desk := managertest.Desk()
			desk.Queueing.Lines = callback.NoLimit
			services, err := callback.NewServices(desk)
			if err != nil {
				t.Fatal(err)
			}
			e := &edges{}
			m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: dial, Observer: e, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx) }()
			for i := range 120 {
				if _, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(i)}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
			}
			if got := e.String(); got != "" {
				t.Errorf("calls of %v: breaker %q", length, got)
			}
			cancel()
			<-ended // calls may still be up: their end is not awaited
			synctest.Wait()
			time.Sleep(length)
		})
	}
}
