package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
)

// TestOpenTransaction has a host leave its transaction open after a Start: changes that need the same counter wait, and no others. It is
// tried with a counter that was there before and with one that the transaction has made.
func TestOpenTransaction(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]bool{"counter that was there": true, "new counter": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, suite.NewDatabase(t))
			s := r.open(t, func(c *postgres.Config) { c.Timeout = 5 * time.Second })
			for slot := range 2 {
				if made || slot == 1 {
					if err := apply(t.Context(), s, withSeat(newcomer(callback.ID(fmt.Sprint("first ", slot)), 0, faraway()), slot)); err != nil {
						t.Fatal(err)
					}
				}
			}
			tx, err := r.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := apply(t.Context(), s.In(tx), withSeat(newcomer("host", 0, faraway()), 0)); err != nil {
				t.Fatal(err)
			}
			var waiting, free sync.WaitGroup
			for i := range 24 {
				waiting.Go(func() {
					if err := apply(t.Context(), s, withSeat(newcomer(callback.ID(fmt.Sprint("waits ", i)), i, faraway()), 0)); err != nil {
						t.Errorf("a change that waited for the host: %v", err)
					}
				})
			}
			var mu sync.Mutex
			var worst time.Duration
			made := 0
			end := time.Now().Add(2 * time.Second)
			for c := range 4 {
				free.Go(func() {
					for i := 0; time.Now().Before(end); i++ {
						begun := time.Now()
						if err := apply(t.Context(), s, withSeat(newcomer(callback.ID(fmt.Sprint("goes on ", c, " ", i)), i, faraway()), 1)); err != nil {
							t.Errorf("a change that has nothing to do with the host: %v", err)
						}
						mu.Lock()
						worst, made = max(worst, time.Since(begun)), made+1
						mu.Unlock()
					}
				})
			}
			free.Wait()
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			waiting.Wait()
			t.Logf("while the host's transaction was open for 2 s, %d changes of others took %v at most; those that waited came %v after its end",
				made, worst.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
			// A worker learns of the lock by one time-out for each half of a group.
			if worst > 1500*time.Millisecond {
				t.Errorf("a change of others took %v", worst)
			}
			counters, err := s.Load(t.Context(), faraway(), callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk", From: 0, To: 0})
			want := int64(25)
			if name == "counter that was there" {
				want++
			}
			if err != nil || len(counters) != 1 || counters[0].Used != want {
				t.Errorf("the counter is %v, want %d: %v", counters, want, err)
			}
		})
	}
}

// TestOpenTransactionHalfMade has calls of two changes wait, of which one needs the locked counter: both are made in the end.
func TestOpenTransactionHalfMade(t *testing.T) {
	t.Parallel()
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	if err := apply(t.Context(), s, withSeat(newcomer("first", 0, faraway()), 0)); err != nil {
		t.Fatal(err)
	}
	tx, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := apply(t.Context(), s.In(tx), withSeat(newcomer("host", 0, faraway()), 0)); err != nil {
		t.Fatal(err)
	}
	const calls = 12
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() {
			changes := []callback.Change{withSeat(newcomer(callback.ID(fmt.Sprint("free ", i)), i, faraway()), 1),
				withSeat(newcomer(callback.ID(fmt.Sprint("locked ", i)), i, faraway()), 0)}
			if errs, err := s.Apply(t.Context(), faraway(), changes); err != nil || errs != nil {
				t.Errorf("call %d: %v, %v", i, errs, err)
			}
		})
	}
	if !eventually(t, 5*time.Second, func() bool {
		page, err := s.Search(t.Context(), callback.Query{Limit: 100})
		return err == nil && len(page.Callbacks) == 1+calls
	}) {
		t.Error("what needs no locked counter is not made")
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	page, err := s.Search(t.Context(), callback.Query{Limit: 100})
	if err != nil || len(page.Callbacks) != 2+2*calls {
		t.Errorf("%d callbacks are there, want %d: %v", len(page.Callbacks), 2+2*calls, err)
	}
}

// TestOpenTransactionTooLong has the host's transaction outlast the callers: their error is typed, and nothing of them was made.
func TestOpenTransactionTooLong(t *testing.T) {
	t.Parallel()
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	if err := apply(t.Context(), s, withSeat(newcomer("first", 0, faraway()), 0)); err != nil {
		t.Fatal(err)
	}
	tx, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := apply(t.Context(), s.In(tx), withSeat(newcomer("host", 0, faraway()), 0)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			// The second change of a call that is held up waits with the first.
			c := withSeat(newcomer(callback.ID(fmt.Sprint("late ", i)), i, faraway()), 0)
			changes := []callback.Change{c}
			if i%2 == 1 {
				changes = append(changes, completed(c.Record))
			}
			if errs, err := s.Apply(ctx, faraway(), changes); !errors.Is(err, postgres.ErrLocked) || errors.Is(err, callback.ErrOutcomeUnknown) {
				t.Errorf("%d changes that could not be made: %v, %v", len(changes), errs, err)
			}
		})
	}
	all.Wait()
	if err := tx.Rollback(t.Context()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		t.Fatal(err)
	}
	if err := apply(t.Context(), s, withSeat(newcomer("last", 0, faraway()), 0)); err != nil {
		t.Error(err)
	}
	page, err := s.Search(t.Context(), callback.Query{Limit: 100})
	if err != nil || len(page.Callbacks) != 2 {
		t.Errorf("%d callbacks are there, want 2: %v", len(page.Callbacks), err)
	}
}
