package linearize

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	random "math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
)

// absent is a Router with a free agent who takes the callbacks of the service
// desk only.
type absent struct{}

func (absent) Free(context.Context, string, string) (int, error) { return 1, nil }

func (absent) Reserve(_ context.Context, cb *callback.Callback) (callback.Reservation, error) {
	if cb.Service != "desk" {
		return callback.Reservation{}, callback.ErrNoAgent
	}
	return callback.Reservation{ID: string(cb.ID), Agent: "anna"}, nil
}

func (absent) Release(context.Context, callback.Release) error { return nil }

// stopwatch is a Dialer that notes when it is called.
type stopwatch struct {
	mu   sync.Mutex
	seen map[callback.ID]time.Time
}

func (w *stopwatch) Dial(_ context.Context, call callback.Call) (callback.Ref, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[call.ID] = time.Now()
	return "", nil
}

func (w *stopwatch) at(id callback.ID) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[id]
}

// BenchmarkStartToDial measures, in real time, from the call of Start until the
// dialer is called, for 300 callbacks of an idle service, one every 10 to 30 ms: without
// and with 100,000 callbacks of another service that no free agent can take.
func BenchmarkStartToDial(b *testing.B) {
	stores := []struct {
		name string
		open func(b *testing.B) callback.Store
	}{
		{"memory", func(*testing.B) callback.Store { return store.NewMemory(store.Config{}) }},
		{"sqlite", func(b *testing.B) callback.Store {
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "callbacks.db"), sqlite.Config{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			return s
		}},
		{"postgres", func(b *testing.B) callback.Store { return openPostgres(b, suite.NewDatabase(b), "bench") }},
	}
	for _, s := range stores {
		for _, backlog := range []int{0, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", s.name, backlog), func(b *testing.B) { startToDial(b, s.open(b), backlog) })
		}
	}
}

func startToDial(b *testing.B, s callback.Store, backlog int) {
	const sample, every = 300, 20 * time.Millisecond
	service := func(name string) callback.Service {
		return callback.Service{
			Name: name, Numbers: callback.Numbers{Country: "CH"},
			Limits:   callback.Limits{SameNumber: callback.NoLimit, Queued: callback.NoLimit, BookingsPerDay: callback.NoLimit, Attempts: []callback.Throttle{}},
			Queueing: callback.Queueing{Lines: callback.NoLimit},
		}
	}
	services, err := callback.NewServices(service("absent"), service("desk"))
	if err != nil {
		b.Fatal(err)
	}
	watch := &stopwatch{seen: make(map[callback.ID]time.Time)}
	m, err := manager.New(manager.Config{
		Store: s, Services: services, Dialer: watch, Router: absent{}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatal(err)
	}
	var starters sync.WaitGroup
	for i := range 8 {
		starters.Go(func() {
			for n := i; n < backlog; n += 8 {
				if _, err := m.Start(b.Context(), manager.Request{Service: "absent", Number: fmt.Sprintf("+4178%07d", n)}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	starters.Wait()
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := m.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	<-time.After(2 * time.Second) // the backlog has been passed over once
	serial := 0
	for b.Loop() {
		began := make(map[callback.ID]time.Time, sample)
		for range sample {
			<-time.After(10*time.Millisecond + random.N(20*time.Millisecond)) // not in step with the engine
			serial++
			now := time.Now()
			cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: fmt.Sprintf("+4179%07d", serial)})
			if err != nil {
				b.Fatal(err)
			}
			began[cb.ID] = now
		}
		<-time.After(5 * time.Second)
		took := make([]time.Duration, 0, sample)
		for id, at := range began {
			dialed := watch.at(id)
			if dialed.IsZero() {
				b.Fatalf("callback %s has not been dialed after 5 s", id)
			}
			took = append(took, dialed.Sub(at))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[sample/2].Microseconds()), "p50-us")
		b.ReportMetric(float64(took[sample*99/100].Microseconds()), "p99-us")
		b.ReportMetric(float64(took[sample-1].Microseconds()), "max-us")
	}
	stop()
	running.Wait()
}
