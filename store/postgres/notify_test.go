package postgres_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
)

// hinted lets notifications go out as often as may be.
func hinted(c *postgres.Config) { c.Notify, c.NotifyEvery = true, 10*time.Millisecond }

// listeners is how many sessions of a database listen.
const listeners = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"

// TestNotify expects a hint after changes of another node.
func TestNotify(t *testing.T) {
	const changes = 20
	l := newLine(t, 4, hinted)
	other := otherNode(t, l)
	heard := make(chan struct{}, 1)
	stop := l.store.Notify(func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	})
	defer stop()
	l.listening(t)
	worst := time.Duration(0)
	for i := range changes {
		select {
		case <-heard: // an old one
		default:
		}
		begun := time.Now()
		if err := apply(t.Context(), other, newcomer(blackoutID(i), i, time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC))); err != nil {
			t.Fatal(err)
		}
		select {
		case <-heard:
			worst = max(worst, time.Since(begun))
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing is heard of change %d", i)
		}
	}
	t.Logf("a live listener: %d changes of another node, each heard, the slowest after %v", changes, worst.Round(time.Millisecond))
}

// otherNode is a second store on the schema of the line, with a pool of its own.
func otherNode(t *testing.T, l *line) *postgres.Store {
	t.Helper()
	config := postgres.Config{Schema: "rb1"}
	hinted(&config)
	s, err := postgres.New(t.Context(), newRig(t, l.direct).pool, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// listening waits until a session listens.
func (l *line) listening(t *testing.T) {
	t.Helper()
	if !eventually(t, 20*time.Second, func() bool { return ask[int](t, l.direct, listeners) > 0 }) {
		t.Fatal("no connection listens")
	}
}

// TestDeafListener has everything done in time by a node that hears nothing: notifications are lost, and the session that listens is
// ended again and again.
func TestDeafListener(t *testing.T) {
	const (
		poll = 50 * time.Millisecond
		// slack is what a tick with an attempt takes on a busy machine.
		slack = 2 * time.Second
		each  = 25
	)
	for _, fault := range []struct {
		name string
		do   func(t *testing.T, l *line)
	}{
		{"notifications lost", func(t *testing.T, l *line) { l.proxy.DropNotifications(true) }},
		{"listener ended", func(t *testing.T, l *line) {
			execute(t, l.direct, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
		}},
	} {
		t.Run(fault.name, func(t *testing.T) {
			l := newLine(t, 4, hinted)
			placed := make(chan callback.ID, 1)
			services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"},
				Limits: callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit, Parameters: []string{}}})
			if err != nil {
				t.Fatal(err)
			}
			deaf, err := manager.New(manager.Config{Store: l.store, Services: services, Poll: poll, Dialer: callback.DialerFunc(
				func(_ context.Context, c callback.Call) (callback.Outcome, error) {
					placed <- c.ID
					return callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}, nil
				})})
			if err != nil {
				t.Fatal(err)
			}
			running, stop := context.WithCancel(t.Context())
			var run sync.WaitGroup
			run.Go(func() { _ = deaf.Run(running) })
			defer func() {
				stop()
				run.Wait()
				if err := deaf.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			l.listening(t)
			customers := manage(t, otherNode(t, l))
			worst := time.Duration(0)
			for i := range each {
				fault.do(t, l)
				begun := time.Now()
				cb, err := customers.Start(t.Context(), manager.Request{Service: "desk", Number: number(i)})
				if err != nil {
					t.Fatal(err)
				}
				select {
				case id := <-placed:
					if id != cb.ID {
						t.Fatalf("%s was called instead of %s", id, cb.ID)
					}
					worst = max(worst, time.Since(begun))
				case <-time.After(10 * time.Second):
					t.Fatalf("callback %d is not called", i)
				}
			}
			if worst > poll+slack {
				t.Errorf("a callback waited for %v with a poll of %v", worst, poll)
			}
			t.Logf("%s: %d callbacks of another node called within %v, poll %v", fault.name, each, worst.Round(time.Millisecond), poll)
		})
	}
}

// TestListenerComesBack expects hints again after the session that listens was ended.
func TestListenerComesBack(t *testing.T) {
	l := newLine(t, 4, hinted)
	other := otherNode(t, l)
	heard := make(chan struct{}, 1)
	defer l.store.Notify(func() {
		select {
		case heard <- struct{}{}:
		default:
		}
	})()
	l.listening(t)
	execute(t, l.direct, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
	if !eventually(t, 10*time.Second, func() bool { return ask[int](t, l.direct, listeners) == 0 }) {
		t.Fatal("the listener does not end")
	}
	l.listening(t)
	for {
		select {
		case <-heard:
			continue
		default:
		}
		break
	}
	if err := apply(t.Context(), other, newcomer("late", 1, time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Error("nothing is heard after the listener came back")
	}
}

// TestListenersEnd stops listeners in every condition of the network, and expects no goroutine of them to be left.
func TestListenersEnd(t *testing.T) {
	l := newLine(t, 4, hinted)
	before := runtime.NumGoroutine()
	count := 0
	for i, network := range []func(){func() {}, func() { l.proxy.Swallow(true) }, func() { l.proxy.Swallow(false); l.proxy.Cut() }} {
		for range 5 {
			stop := l.store.Notify(func() {})
			if i == 0 {
				l.listening(t)
			}
			network()
			count++
			begun := time.Now()
			stop()
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("a listener took %v to stop", took)
			}
		}
	}
	// A listener that is not stopped ends with the store.
	l.store.Notify(func() {})
	l.listening(t)
	l.store.Close()
	l.proxy.Cut()
	if !eventually(t, 20*time.Second, func() bool { return runtime.NumGoroutine() <= before }) {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines before and %d after\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
	}
	if stop := l.store.Notify(func() { t.Error("a closed store calls") }); stop == nil {
		t.Error("Notify of a closed store has nothing to stop")
	}
	t.Logf("%d listeners stopped, on a live, a silent and a cut network, and none left behind", count)
}
