package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/store/postgres/internal/faulttest"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// TestRestarts stops the server immediately, again and again, while nodes dial and customers come, and starts it again.
func TestRestarts(t *testing.T) {
	t.Parallel()
	const between = 15 // callbacks accepted before the server is stopped
	restarts := soak(8, 20)
	c, err := postgrestest.Start(t.Context(), postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	f := newFleet(t, c.NewDatabase(t), faulttest.FleetConfig{Nodes: 3, Fenced: true, Seed: 9})
	begun := time.Now()
	loading, stop := context.WithCancel(t.Context())
	defer stop()
	var customers sync.WaitGroup
	for range 4 {
		customers.Go(func() {
			for loading.Err() == nil {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if _, err := f.Start(ctx, -1, f.request()); err != nil && !full(err) {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	for i := range restarts {
		enough := f.Accepted() + between
		if !eventually(t, 30*time.Second, func() bool { return f.Accepted() >= enough }) {
			t.Fatal("nothing is accepted")
		}
		await(t.Context(), time.Duration(f.random.IntN(10_000))*time.Microsecond)
		if err := c.StopImmediate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i == restarts/2 {
			// Once for longer than the nodes believe that it comes back.
			await(t.Context(), faulttest.StoreTimeout+time.Second)
		}
		if err := c.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	customers.Wait()
	stopped := time.Since(begun)
	verdict := f.judge(t)
	t.Logf("pg_ctl -m immediate and restart under load: %d restarts in %.1fs, settled after %.1fs; %d starts answered unknown and repeated; %s",
		restarts, stopped.Seconds(), time.Since(begun).Seconds(), f.Unknown(), verdict)
}

// eventually asks until the answer is yes; false means that it took too long.
func eventually(t *testing.T, within time.Duration, ask func() bool) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
