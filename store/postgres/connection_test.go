package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// faraway is when callbacks are due that no test claims by accident.
func faraway() time.Time { return time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) }

// poolOf opens a pool of at most n connections.
func poolOf(t testing.TB, dsn string, n int32) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = n
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// TestPoolOfOne works with a single connection: no method may need a second one while it holds the first.
func TestPoolOfOne(t *testing.T) {
	const each = 20
	r := &rig{pool: poolOf(t, suite.NewDatabase(t), 1)}
	s := r.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	calls := 0
	var all sync.WaitGroup
	for n := range each {
		for _, m := range methods() {
			calls++
			all.Go(func() {
				if err := m.call(ctx, s, n); err != nil && !(m.name == "Get" && errors.Is(err, callback.ErrNotFound)) {
					t.Errorf("%s: %v", m.name, err)
				}
			})
		}
	}
	all.Wait()
	t.Logf("a pool of one connection: %d calls of %d methods at once", calls, len(methods()))
}

// TestConnectionsExhausted has a server that again and again has no connection left.
func TestConnectionsExhausted(t *testing.T) {
	t.Parallel()
	const rounds = 20
	c, err := postgrestest.Start(t.Context(), postgrestest.Options{Settings: map[string]string{"max_connections": "12"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	dsn := c.NewDatabase(t)
	pool := poolOf(t, dsn, 2)
	r := &rig{pool: pool}
	r.open(t)
	refused := 0
	for i := range rounds {
		// A new store has no connections for changes.
		s, err := postgres.New(t.Context(), pool, postgres.Config{Schema: "rb1"})
		if err != nil {
			t.Fatal(err)
		}
		pool.Reset()
		hogs := takeAll(t, dsn)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begun := time.Now()
		id := callback.ID(fmt.Sprint("refused ", i))
		err = apply(ctx, s, newcomer(id, i, faraway()))
		took := time.Since(begun)
		cancel()
		if errors.Is(err, callback.ErrOutcomeUnknown) {
			t.Errorf("without a connection Apply answers %v: nothing was sent", err)
		}
		if err != nil {
			refused++
		}
		answered := err == nil // a session of the round before was still ending, and left its place
		if took > time.Second {
			t.Errorf("without a connection Apply takes %v", took)
		}
		// A caller with time gets its connection when the others have gone.
		waiting := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			waiting <- apply(ctx, s, newcomer(callback.ID(fmt.Sprint("patient ", i)), i, faraway()))
		}()
		await(t.Context(), 30*time.Millisecond) // it has been refused a few times by now
		for _, hog := range hogs {
			_ = hog.Close(context.Background())
		}
		if err := <-waiting; err != nil {
			t.Errorf("Apply, with connections again: %v", err)
		}
		if _, err := s.Get(t.Context(), callback.By{ID: id}); errors.Is(err, callback.ErrNotFound) == answered {
			t.Errorf("Apply answered: %v; Get says %v", answered, err)
		}
		s.Close()
	}
	if refused < rounds/2 {
		t.Errorf("only %d of %d changes were refused: the server was not exhausted", refused, rounds)
	}
	t.Logf("max_connections exhausted: %d times", refused)
}

// takeAll opens connections until the server gives no more.
func takeAll(t *testing.T, dsn string) []*pgx.Conn {
	t.Helper()
	var hogs []*pgx.Conn
	for misses := 0; misses < 3; {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			misses++
			continue
		}
		hogs = append(hogs, conn)
	}
	return hogs
}

// TestNoConnection expects a definite error of a change for which no connection was to be had in time: it was not sent.
func TestNoConnection(t *testing.T) {
	config, err := pgxpool.ParseConfig(suite.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	var shut atomic.Bool
	config.BeforeConnect = func(ctx context.Context, _ *pgx.ConnConfig) error {
		if shut.Load() {
			<-ctx.Done()
		}
		return ctx.Err()
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	r := &rig{pool: pool}
	s := r.open(t)
	shut.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := apply(ctx, s, newcomer("late", 1, faraway())); err == nil || errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("Apply answers %v, and nothing was sent", err)
	}
}

// TestTerminatedSessions ends the store's sessions all the time while callbacks are started and completed.
func TestTerminatedSessions(t *testing.T) {
	t.Parallel()
	const callers, each = 4, 40
	dsn := suite.NewDatabase(t)
	r := &rig{pool: poolOf(t, dsn, 4)}
	s := r.open(t)
	judge := otherPool(t, dsn)
	var ended atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var ender, all sync.WaitGroup
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(context.Background()) }()
	ender.Go(func() {
		// A session lives long enough to get something done.
		for await(ctx, 60*time.Millisecond) {
			var n int64
			err := conn.QueryRow(ctx, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"+
				" AND pid <> pg_backend_pid() AND query LIKE '%rb1%' AND application_name <> 'judge'").Scan(&n)
			if err == nil {
				ended.Add(n)
			}
		}
	})
	for c := range callers {
		all.Go(func() {
			for n := range each {
				i := c*each + n
				id := callback.ID(fmt.Sprint("callback ", i))
				if err := apply(t.Context(), s, newcomer(id, i, faraway())); err != nil {
					t.Errorf("starting: %v", err)
					continue
				}
				cb, err := s.Get(t.Context(), callback.By{ID: id})
				if err != nil {
					t.Errorf("reading: %v", err)
					continue
				}
				if err := apply(t.Context(), s, completed(cb)); err != nil {
					t.Errorf("completing: %v", err)
				}
			}
		})
	}
	all.Wait()
	stop()
	ender.Wait()
	groups, err := judge.Count(t.Context(), callback.Query{})
	if err != nil || len(groups) != 1 || groups[0].N != callers*each || groups[0].State != callback.Completed {
		t.Errorf("at the end there are %v: %v", groups, err)
	}
	if n := callbacktest.VerifyAudit(t, judge); n != callers*each {
		t.Errorf("%d callbacks were audited", n)
	}
	if ended.Load() == 0 {
		t.Error("no session was ended: the test proves nothing")
	}
	t.Logf("pg_terminate_backend: %d sessions ended during %d changes, each made once", ended.Load(), 2*callers*each)
}

// otherPool opens the first schema of a database through a pool of its own, whose sessions are left alone.
func otherPool(t *testing.T, dsn string) *postgres.Store {
	t.Helper()
	s, err := postgres.New(t.Context(), newRig(t, dsn+"&application_name=judge").pool, postgres.Config{Schema: "rb1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// completed is the change that ends a callback.
func completed(cb *callback.Callback) callback.Change {
	end := cb.Clone()
	end.Revision++
	end.State, end.Reason, end.Held, end.EndedAt, end.NextAt = callback.Completed, callback.ReasonAgentConnected, nil, cb.NextAt, time.Time{}
	return callback.Change{Record: end, Give: cb.Held, Event: callback.Event{Callback: cb.ID, Service: cb.Service, At: cb.NextAt,
		Type: callback.EventCompleted, From: cb.State, To: callback.Completed, Reason: end.Reason, Actor: ours}}
}

// TestLockedRows has another session keep rows locked: claims take what is free, and changes of what is not end with their deadline.
func TestLockedRows(t *testing.T) {
	t.Parallel()
	const (
		rounds = 20
		limit  = 100 * time.Millisecond
	)
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	other := connect(t, dsn)
	defer func() { _ = other.Close(context.Background()) }()
	due := faraway()
	var unknown int
	for i := range rounds {
		now := due.Add(time.Duration(i) * time.Hour)
		locked, free := callback.ID(fmt.Sprint("locked ", i)), callback.ID(fmt.Sprint("free ", i))
		for _, id := range []callback.ID{locked, free} {
			if err := apply(t.Context(), s, newcomer(id, i, now)); err != nil {
				t.Fatal(err)
			}
		}
		tx, err := other.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SELECT FROM rb1.callbacks WHERE id = $1 FOR UPDATE", string(locked)); err != nil {
			t.Fatal(err)
		}
		request := callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 1000}
		claimed, err := s.Claim(t.Context(), now, request)
		if err != nil || !has(claimed, free) || has(claimed, locked) {
			t.Fatalf("with one of two locked a claim finds %v: %v", claimed.Callbacks, err)
		}
		if !claimed.NextAt.After(now) || claimed.NextAt.After(now.Add(time.Second)) {
			t.Errorf("what is locked is to be looked at %v after now", claimed.NextAt.Sub(now))
		}
		cb, err := s.Get(t.Context(), callback.By{ID: locked})
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err = apply(ctx, s, completed(cb))
		took := time.Since(begun)
		cancel()
		if took > limit+time.Second {
			t.Errorf("a change of what is locked takes %v", took)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		switch {
		case errors.Is(err, callback.ErrOutcomeUnknown):
			unknown++
		case err == nil:
			t.Error("a change of what is locked succeeds")
		}
		// Whatever it answered, the callback is there for a next claim or completed. The server may still be at the change.
		if !eventually(t, 5*time.Second, func() bool {
			claimed, claimErr := s.Claim(t.Context(), now, request)
			after, getErr := s.Get(t.Context(), callback.By{ID: locked})
			if claimErr != nil || getErr != nil {
				t.Fatal(claimErr, getErr)
			}
			if after.State == callback.Completed && !errors.Is(err, callback.ErrOutcomeUnknown) {
				t.Errorf("the change happened, the answer was %v", err)
			}
			return after.State == callback.Completed || has(claimed, locked)
		}) {
			t.Error("what was locked is neither claimed nor completed afterwards")
		}
	}
	t.Logf("rows locked by another session: %d times passed over by a claim, %d changes ended with their deadline, %d of them unknown", rounds, rounds, unknown)
}

// TestLockedCounter has another session keep a counter locked: a change that takes from it gives up at its deadline, and no
// units stay taken without a holder.
func TestLockedCounter(t *testing.T) {
	const (
		rounds = 10
		limit  = 100 * time.Millisecond
	)
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	if err := apply(t.Context(), s, withSeat(newcomer("first", 0, faraway()), 7)); err != nil {
		t.Fatal(err)
	}
	other := connect(t, dsn)
	defer func() { _ = other.Close(context.Background()) }()
	for i := range rounds {
		tx, err := other.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "SELECT FROM rb1.counters FOR UPDATE"); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err = apply(ctx, s, withSeat(newcomer(callback.ID(fmt.Sprint("late ", i)), i, faraway()), 7))
		took := time.Since(begun)
		cancel()
		if err == nil || took > limit+time.Second {
			t.Errorf("a start on a locked counter takes %v and answers %v", took, err)
		}
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// What was under way is over when its sessions are.
	if err := apply(t.Context(), s, withSeat(newcomer("last", 0, faraway()), 7)); err != nil {
		t.Error(err)
	}
	callbacktest.VerifyPermits(t, s, faraway(), "")
	t.Logf("a counter locked by another session: %d starts ended with their deadline", rounds)
}

func has(c callback.Claimed, id callback.ID) bool {
	return slices.ContainsFunc(c.Callbacks, func(cb *callback.Callback) bool { return cb.ID == id })
}

// TestReadOnlyServer refuses to begin on a server that cannot write, and says so when it comes to that later.
func TestReadOnlyServer(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	only := dsn + "&default_transaction_read_only=on"
	pool := newRig(t, only).pool
	if _, err := postgres.New(t.Context(), pool, postgres.Config{Schema: "rb1"}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("New: %v", err)
	}
	if err := postgres.Migrate(t.Context(), pool, postgres.Config{Schema: "rb2"}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Migrate: %v", err)
	}
	if err := postgres.Validate(t.Context(), pool, postgres.Config{Schema: "rb1"}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Validate: %v", err)
	}
	if err := apply(t.Context(), s, newcomer("before", 1, faraway())); err != nil {
		t.Fatal(err)
	}
	// It becomes read-only while the store is open: what is written fails, what is read does not.
	execute(t, dsn, "ALTER DATABASE "+pgx.Identifier{config.Database}.Sanitize()+" SET default_transaction_read_only = on")
	execute(t, dsn, "SET default_transaction_read_only = off")
	terminate(t, dsn)
	if err := apply(t.Context(), s, newcomer("after", 2, faraway())); !errors.Is(err, store.ErrReadOnly) || errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("Apply: %v", err)
	}
	if _, err := s.Claim(t.Context(), faraway(), callback.ClaimRequest{Owner: "n", Lease: time.Second, Due: true, Limit: 1}); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Claim: %v", err)
	}
	if _, err := s.Get(t.Context(), callback.By{ID: "before"}); err != nil {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Get(t.Context(), callback.By{ID: "after"}); !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("Get of what was refused: %v", err)
	}
}

// terminate ends all sessions of a database.
func terminate(t *testing.T, dsn string) {
	t.Helper()
	execute(t, dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}
