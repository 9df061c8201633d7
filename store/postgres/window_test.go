package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/storetest"
)

// TestWindowIsCheckedBehindTheLocks lets writes wait for the lock of a callback
// while their windows open or end: the time after the wait counts.
func TestWindowIsCheckedBehindTheLocks(t *testing.T) {
	dsn := suite.NewDatabase(t)
	r := newRig(t, dsn)
	s := r.open(t)
	for _, c := range []struct {
		name   string
		window func(opens time.Time) callback.Window
		want   error
	}{
		{"opens", func(at time.Time) callback.Window { return callback.Window{From: at} }, nil},
		{"ends", func(at time.Time) callback.Window { return callback.Window{Until: at} }, callback.ErrTooLate},
	} {
		// A single change is a statement of its own, several are a function.
		for _, changes := range []int{1, 2} {
			t.Run(fmt.Sprintf("a window that %s, %d changes", c.name, changes), func(t *testing.T) {
				var writes []callback.Change
				for i := range changes {
					cb := storetest.New(callback.ID(fmt.Sprintf("%s-%d-%d", c.name, changes, i)))
					write(t, s, storetest.Write(cb))
					writes = append(writes, storetest.Revise(cb))
				}
				tx, err := r.pool.Begin(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = tx.Rollback(t.Context()) }()
				var now time.Time
				if err := tx.QueryRow(t.Context(), "SELECT clock_timestamp() FROM rb1.callbacks FOR UPDATE").Scan(&now); err != nil {
					t.Fatal(err)
				}
				for i := range writes {
					writes[i].Window = c.window(now.Add(700 * time.Millisecond))
				}
				errs := make(chan error, 1)
				go func() {
					got, err := s.Apply(t.Context(), storetest.Start(), writes)
					errs <- errors.Join(append(got, err)...)
				}()
				waitForLock(t, r)
				if _, err := tx.Exec(t.Context(), "SELECT pg_sleep_until($1)", now.Add(time.Second)); err != nil {
					t.Fatal(err)
				}
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := <-errs; !errors.Is(err, c.want) {
					t.Errorf("error is %v, want %v", err, c.want)
				}
			})
		}
	}
}

func write(t *testing.T, s *postgres.Store, c callback.Change) {
	t.Helper()
	if errs, err := s.Apply(t.Context(), storetest.Start(), []callback.Change{c}); err != nil || errs != nil {
		t.Fatal(errs, err)
	}
}

// waitForLock returns when a write waits for a lock.
func waitForLock(t *testing.T, r *rig) {
	t.Helper()
	for waiting := 0; waiting == 0; {
		err := r.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()").Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}
