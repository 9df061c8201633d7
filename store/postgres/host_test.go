package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
)

// TestInNeedsNoOtherConnection has the host's transactions use up the pool: each Start does with the connection of its transaction.
func TestInNeedsNoOtherConnection(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 4} {
		r := &rig{pool: poolOf(t, suite.NewDatabase(t), int32(n))}
		s := r.open(t)
		m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
		postgres.AgeClock(s, 2*time.Minute) // a night without callbacks
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var all, have sync.WaitGroup
		have.Add(n)
		for i := range n {
			all.Go(func() {
				err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
					have.Done()
					have.Wait()
					_, err := m.Within(s.In(tx)).Start(ctx, manager.Request{Service: "billing", Number: number(i)})
					return err
				})
				if err != nil {
					t.Errorf("%d of %d: %v", i+1, n, err)
				}
			})
		}
		all.Wait()
	}
}

// TestInEndsWithTimeout has two transactions of hosts want the same counter: the second one gives up.
func TestInEndsWithTimeout(t *testing.T) {
	t.Parallel()
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t, func(c *postgres.Config) { c.Timeout = time.Second })
	m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	ask := func(tx pgx.Tx) error {
		_, err := m.Within(s.In(tx)).Start(t.Context(), manager.Request{Service: "billing", Number: "+41446681800"})
		return err
	}
	first, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Rollback(context.Background()) }()
	if err := ask(first); err != nil {
		t.Fatal(err)
	}
	second, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Rollback(context.Background()) }()
	begun := time.Now()
	if err := ask(second); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("the second one is answered %v", err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("the second one gave up after %v", took)
	}
}

// TestAbortedIsNotReadOnly says what is wrong with a transaction that an error of the host has ended.
func TestAbortedIsNotReadOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	tx, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	_, _ = tx.Exec(t.Context(), "SELECT 1/0")
	_, err = m.Within(s.In(tx)).Start(t.Context(), manager.Request{Service: "billing", Number: "+41446681800"})
	var fault *postgres.ServerError
	if errors.Is(err, store.ErrReadOnly) || !errors.As(err, &fault) || fault.Code != "25P02" {
		t.Errorf("answered %v", err)
	}
}

// modest opens a pool of a role that owns nothing.
func modest(t *testing.T, dsn, role string) *pgxpool.Pool {
	t.Helper()
	execute(t, dsn, "CREATE ROLE "+role+" LOGIN")
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.User = role
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// TestMigrateIntoOwnSchema needs no right to create schemas where one is there.
func TestMigrateIntoOwnSchema(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	pool := modest(t, dsn, "modest_owner")
	execute(t, dsn, "CREATE SCHEMA own AUTHORIZATION modest_owner")
	if err := postgres.Migrate(t.Context(), pool, postgres.Config{Schema: "own"}); err != nil {
		t.Error(err)
	}
}

// TestValidateAsksForTheSequence finds that a role may use everything but the sequence.
func TestValidateAsksForTheSequence(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	newRig(t, dsn).open(t)
	pool := modest(t, dsn, "modest_worker")
	for _, grant := range []string{"USAGE ON SCHEMA", "ALL ON ALL TABLES IN SCHEMA", "EXECUTE ON ALL FUNCTIONS IN SCHEMA"} {
		execute(t, dsn, "GRANT "+grant+" rb1 TO modest_worker")
	}
	config := postgres.Config{Schema: "rb1"}
	if err := postgres.Validate(t.Context(), pool, config); !errors.Is(err, postgres.ErrSchema) || !strings.Contains(err.Error(), "sequence places") {
		t.Errorf("without the sequence: %v", err)
	}
	execute(t, dsn, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA rb1 TO modest_worker")
	if err := postgres.Validate(t.Context(), pool, config); err != nil {
		t.Errorf("with the sequence: %v", err)
	}
}

// TestNotifyWithLongNames hears of changes whatever the length of the schema's name.
func TestNotifyWithLongNames(t *testing.T) {
	t.Parallel()
	r := newRig(t, suite.NewDatabase(t))
	for _, length := range []int{54, 55, 63} {
		s := r.open(t, hinted, func(c *postgres.Config) { c.Schema = strings.Repeat("a", length) })
		heard := make(chan struct{}, 10)
		stop := s.Notify(func() { heard <- struct{}{} })
		<-heard // what changed before
		if err := apply(t.Context(), s, newcomer(callback.ID(fmt.Sprint(length)), 1, faraway())); err != nil {
			t.Fatal(err)
		}
		select {
		case <-heard:
		case <-t.Context().Done():
		case <-time.After(30 * time.Second):
			t.Errorf("nothing is heard with a name of %d letters", length)
		}
		stop()
	}
}
