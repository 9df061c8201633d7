package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/store/postgres"
)

// TestNow asks for the time from many goroutines at once: it is the server's, and never goes back.
func TestNow(t *testing.T) {
	const callers = 8
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	// Long enough for the server to be asked again, twice.
	ctx, cancel := context.WithTimeout(t.Context(), 2200*time.Millisecond)
	defer cancel()
	var mu sync.Mutex
	calls, worst := 0, time.Duration(0)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			last := time.Time{}
			n := 0
			tick := time.NewTicker(200 * time.Microsecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				now, err := s.Now(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if now.Before(last) {
					t.Errorf("%v comes after %v", now, last)
				}
				last = now
				n++
				<-tick.C
			}
			mu.Lock()
			defer mu.Unlock()
			calls += n
		})
	}
	for ctx.Err() == nil {
		before := ask[time.Time](t, dsn, "SELECT clock_timestamp()")
		now, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		after := ask[time.Time](t, dsn, "SELECT clock_timestamp()")
		worst = max(worst, before.Sub(now), now.Sub(after))
	}
	all.Wait()
	if worst > 100*time.Millisecond {
		t.Errorf("the store's time was %v off the server's", worst)
	}
	t.Logf("the time: %d calls of %d goroutines, never back, at most %v off the server's", calls, callers, max(worst, 0))
}

// TestNowFollowsTheServer sets the server's clock forward and back. A session whose search path has another function of the name before
// the server's own sees whatever that tells.
func TestNowFollowsTheServer(t *testing.T) {
	dsn := suite.NewDatabase(t)
	execute(t, dsn, "CREATE SCHEMA fake")
	execute(t, dsn, "CREATE TABLE fake.skew (by interval NOT NULL)")
	execute(t, dsn, "INSERT INTO fake.skew VALUES ('0')")
	execute(t, dsn, "CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT pg_catalog.clock_timestamp() + by FROM fake.skew'")
	r := newRig(t, dsn+"&search_path=fake,pg_catalog")
	if err := postgres.Migrate(t.Context(), r.pool, postgres.Config{Schema: "rb1"}); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.New(t.Context(), r.pool, postgres.Config{Schema: "rb1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	off := func() time.Duration {
		t.Helper()
		now, err := s.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return now.Sub(ask[time.Time](t, dsn, "SELECT clock_timestamp()"))
	}
	steps := []time.Duration{0, 5 * time.Minute, 5*time.Minute - 400*time.Millisecond, -5 * time.Minute, 0}
	last, err := s.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, skew := range steps {
		execute(t, dsn, fmt.Sprintf("UPDATE fake.skew SET by = '%d milliseconds'", skew.Milliseconds()))
		back := i > 0 && skew < steps[i-1]
		small := back && steps[i-1]-skew < time.Second
		if !eventually(t, 5*time.Second, func() bool {
			now, err := s.Now(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if now.Before(last) && (!back || small) {
				t.Errorf("step %d to %v: the time goes back by %v", i, skew, last.Sub(now))
			}
			last = now
			return (off() - skew).Abs() < 200*time.Millisecond
		}) {
			t.Errorf("step %d: the server's clock is %v off, the store's %v", i, skew, off())
		}
	}
}
