package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
	"github.com/ringback-go/ringback/store/storetest"
)

// TestConformanceThroughPgBouncer runs the suite with a pooler in transaction mode between: every statement may meet another
// session. A store that passes it passes without a pooler, too.
func TestConformanceThroughPgBouncer(t *testing.T) {
	t.Parallel()
	c := suite.Cluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := postgrestest.StartBouncer(ctx, c, postgrestest.BouncerOptions{PoolSize: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	direct := c.NewDatabase(t)
	database, err := pgx.ParseConfig(direct)
	if err != nil {
		t.Fatal(err)
	}
	conform(t, direct, b.DSN(database.Database))
}

// TestConformanceSerializable runs the suite in a database whose transactions are serializable unless they say otherwise.
func TestConformanceSerializable(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	execute(t, dsn, "ALTER DATABASE "+pgx.Identifier{config.Database}.Sanitize()+" SET default_transaction_isolation = 'serializable'")
	conform(t, dsn, dsn)
	if level := ask[string](t, dsn, "SHOW transaction_isolation"); level != "serializable" {
		t.Errorf("the isolation was %s", level)
	}
}

// conform runs the suite on the database at dsn, with a schema of its own for each clause. The schemas are made before, and directly:
// when one is made, every session that has worked on another checks each of its plans, and these become thousands.
func conform(t *testing.T, direct, dsn string) {
	t.Helper()
	clauses := storetest.Clauses()
	maker, err := pgxpool.New(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	for i := range clauses {
		if err := postgres.Migrate(t.Context(), maker, postgres.Config{Schema: clauseSchema(i)}); err != nil {
			t.Fatal(err)
		}
	}
	maker.Close()
	r := newRig(t, dsn)
	begun, n := time.Now(), 0
	storetest.Run(t, func(t *testing.T) callback.Store {
		s, err := postgres.New(t.Context(), r.pool, postgres.Config{Schema: clauseSchema(n)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		n++
		return s
	})
	if n != len(clauses) {
		t.Errorf("%d of %d clauses were run", n, len(clauses))
	}
	t.Logf("%d clauses in %.1fs", n, time.Since(begun).Seconds())
}

func clauseSchema(i int) string { return fmt.Sprintf("clause%d", i) }

// execute runs a statement on a connection of its own.
func execute(t testing.TB, dsn, sql string, args ...any) {
	t.Helper()
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// ask reads one value on a connection of its own.
func ask[T any](t testing.TB, dsn, sql string, args ...any) (value T) {
	t.Helper()
	conn := connect(t, dsn)
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func connect(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
