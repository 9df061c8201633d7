package linearize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
	"github.com/ringback-go/ringback/store/sqlite"
)

// BenchmarkLife measures whole lives of callbacks, from Start over the dialer,
// which answers at once, to Completed, while 16 callers start them as fast as
// they can. It reports lives per second and how long Start takes. Everything is
// on one machine: Managers, servers, standbys and their disk.
func BenchmarkLife(b *testing.B) {
	type setup struct {
		name string
		// open opens a store for each Manager. written says how many bytes the
		// server has written to its log; it is nil where there is none.
		open func(b *testing.B) (stores []callback.Store, written func() int64)
	}
	setups := []setup{
		{"memory", func(*testing.B) ([]callback.Store, func() int64) {
			return []callback.Store{store.NewMemory(store.Config{})}, nil
		}},
		{"sqlite", func(b *testing.B) ([]callback.Store, func() int64) {
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "callbacks.db"), sqlite.Config{})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			return []callback.Store{s}, nil
		}},
	}
	for _, p := range []struct {
		commit string
		nodes  int
	}{{"local", 1}, {"on", 1}, {"on", 2}, {"remote_apply", 1}} {
		setups = append(setups, setup{fmt.Sprintf("postgres/synchronous_commit=%s/nodes=%d", p.commit, p.nodes), func(b *testing.B) ([]callback.Store, func() int64) {
			return durablePair(b, p.commit, p.nodes)
		}})
	}
	for _, s := range setups {
		b.Run(s.name, func(b *testing.B) {
			stores, written := s.open(b)
			liveThrough(b, stores, written)
		})
	}
}

// durablePair opens a store for each node on a primary whose standby is
// synchronous, both on disk.
func durablePair(b *testing.B, commit string, nodes int) (stores []callback.Store, written func() int64) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	settings := map[string]string{"shared_buffers": "512MB", "max_wal_size": "8GB", "synchronous_commit": commit}
	primary, err := postgrestest.Start(ctx, postgrestest.Options{Durable: true, Settings: settings})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = primary.Close() })
	standby, err := primary.Standby(ctx, "second")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = standby.Close() })
	if err := errors.Join(primary.Synchronous(ctx, "second"), primary.Streaming(ctx, "second")); err != nil {
		b.Fatal(err)
	}
	dsn := primary.TCP("postgres")
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	quiet := postgres.Config{Logger: slog.New(slog.DiscardHandler)}
	if err := postgres.Migrate(ctx, pool, quiet); err != nil {
		b.Fatal(err)
	}
	for range nodes {
		s, err := postgres.New(ctx, pool, quiet)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(s.Close)
		stores = append(stores, s)
	}
	return stores, func() (bytes int64) {
		if err := pool.QueryRow(b.Context(), "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint").Scan(&bytes); err != nil {
			b.Error(err)
		}
		return bytes
	}
}

func liveThrough(b *testing.B, stores []callback.Store, written func() int64) {
	const lives, callers = 5_000, 16
	services, err := callback.NewServices(callback.Service{
		Name: "desk", Numbers: callback.Numbers{Country: "CH"},
		Limits:   callback.Limits{SameNumber: callback.NoLimit, Queued: callback.NoLimit, BookingsPerDay: callback.NoLimit, Attempts: []callback.Throttle{}},
		Queueing: callback.Queueing{Lines: callback.NoLimit},
	})
	if err != nil {
		b.Fatal(err)
	}
	bridge := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Ended(callback.ResultBridged), nil
	})
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	var managers []*manager.Manager
	for _, s := range stores {
		m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: bridge, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			b.Fatal(err)
		}
		managers = append(managers, m)
		running.Go(func() {
			if err := m.Run(ctx); err != nil {
				b.Error(err)
			}
		})
	}
	round := 0
	for b.Loop() {
		round++
		var before int64
		if written != nil {
			before = written()
		}
		began := time.Now()
		took := make([]time.Duration, lives)
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for n := caller; n < lives; n += callers {
					start := time.Now()
					request := manager.Request{Service: "desk", Number: fmt.Sprintf("+4144%07d", 2000000+round*lives+n)}
					if _, err := managers[n%len(managers)].Start(ctx, request); err != nil {
						b.Error(err)
						return
					}
					took[n] = time.Since(start)
				}
			})
		}
		all.Wait()
		started := time.Since(began)
		for open := 1; open > 0 && !b.Failed(); <-time.After(5 * time.Millisecond) {
			groups, err := stores[0].Count(ctx, callback.Query{Services: []string{"desk"}, NotStates: []callback.State{callback.Completed}})
			if err != nil {
				b.Fatal(err)
			}
			open = 0
			for _, g := range groups {
				open += g.N
			}
		}
		slices.Sort(took)
		b.ReportMetric(lives/time.Since(began).Seconds(), "lives/s")
		if written != nil {
			b.ReportMetric(float64(written()-before)/lives, "log-B/life")
		}
		b.ReportMetric(float64(countEvents(b, stores[0]))/float64(lives*round), "events/life")
		b.ReportMetric(lives/started.Seconds(), "starts/s")
		b.ReportMetric(float64(took[lives/2].Microseconds()), "start-p50-us")
		b.ReportMetric(float64(took[lives*99/100].Microseconds()), "start-p99-us")
	}
	stop()
	running.Wait()
}

// countEvents counts the events of a store.
func countEvents(b *testing.B, s callback.Store) (n int) {
	b.Helper()
	for after := callback.Cursor(""); ; {
		page, err := s.Events(b.Context(), callback.EventQuery{AllTenants: true, After: after, Limit: 1000})
		if err != nil {
			b.Fatal(err)
		}
		if len(page.Events) == 0 {
			return n
		}
		n, after = n+len(page.Events), page.Next
	}
}
