package linearize

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// counted is a store that counts its changes.
type counted struct {
	callback.Store
	changes *atomic.Int64
}

func (c counted) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	c.changes.Add(int64(len(changes)))
	return c.Store.Apply(ctx, now, changes)
}

// TestFailover kills the primary while histories are under way, and promotes
// its synchronous standby: a failover is no more than a pause.
func TestFailover(t *testing.T) {
	failovers := 2
	if testing.Short() {
		failovers = 1
	}
	for n := range failovers {
		t.Run(fmt.Sprint(n), func(t *testing.T) { failOver(t, n) })
	}
}

func failOver(t *testing.T, n int) {
	const stores, histories, changesBefore = 4, 160, 1500
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	primary, err := postgrestest.Start(ctx, postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Close() })
	standby, err := primary.Standby(ctx, "second")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Close() })
	if err := errors.Join(primary.Synchronous(ctx, "second"), primary.Streaming(ctx, "second")); err != nil {
		t.Fatal(err)
	}
	database, err := primary.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dsn := postgrestest.FailoverDSN(database, primary, standby)
	var changes atomic.Int64
	c := &Campaign{Rules: Rules{PassOver: true}, First: uint64(n * histories), Histories: histories}
	for i := range stores {
		c.Stores = append(c.Stores, counted{openPostgres(t, dsn, fmt.Sprintf("store%d", i)), &changes})
	}
	began := time.Now()
	failed := make(chan error, 1)
	var paused time.Duration
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for changes.Load() < changesBefore {
			select {
			case <-tick.C:
			case <-ctx.Done():
				failed <- ctx.Err()
				return
			}
		}
		killed := time.Now()
		err := errors.Join(primary.Kill(ctx), standby.Promote(ctx))
		paused = time.Since(killed)
		failed <- err
	}()
	report, err := c.Run(ctx)
	if v, ok := errors.AsType[*Violation](err); ok {
		show(t, c.Rules, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-failed:
		if err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatal("all histories were over before the failover")
	}
	t.Logf("promoted in %v, in %v: %v", paused.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), report)
}
