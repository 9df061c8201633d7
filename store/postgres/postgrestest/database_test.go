package postgrestest_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func TestNewDatabase(t *testing.T) {
	c := suite.Cluster(t)
	var dsn string
	var left *pgx.Conn
	t.Run("its test", func(t *testing.T) {
		dsn = c.NewDatabase(t)
		other := suite.NewDatabase(t)
		if dsn == other {
			t.Errorf("two databases have the same name: %s", dsn)
		}
		left = connect(t, dsn)
		run(t, left, "create table t (id int)")
		run(t, connect(t, other), "create table t (id int)")
	})
	_, err := pgx.Connect(soon(t), dsn)
	if pgErr := (*pgconn.PgError)(nil); !errors.As(err, &pgErr) || pgErr.Code != "3D000" {
		t.Errorf("database after its test: %v", err)
	}
}

// Open connections do not prevent a database from being dropped.
func TestNewDatabaseInUse(t *testing.T) {
	c := suite.Cluster(t)
	database, err := c.Create(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, c.DSN(database))
	run(t, conn, "begin")
	if err := c.Drop(soon(t), database); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(soon(t)); err == nil {
		t.Error("the session survived its database")
	}
	if err := c.Drop(soon(t), database); err != nil {
		t.Errorf("second Drop: %v", err)
	}
}

func TestNewDatabaseConcurrent(t *testing.T) {
	c := suite.Cluster(t)
	const tests = 4
	var mu sync.Mutex
	names := map[string]bool{}
	var group sync.WaitGroup
	for range tests {
		group.Go(func() {
			database, err := c.Create(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			if err := c.Drop(t.Context(), database); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			names[database] = true
		})
	}
	group.Wait()
	if len(names) != tests {
		t.Errorf("%d names for %d databases", len(names), tests)
	}
}

// A connection string has to escape these names.
func TestDatabaseNames(t *testing.T) {
	c := suite.Cluster(t)
	const odd = `a b/?%ü"`
	admin := connect(t, c.DSN("postgres"))
	run(t, admin, "create database "+pgx.Identifier{odd}.Sanitize())
	defer func() {
		if err := c.Drop(soon(t), odd); err != nil {
			t.Error(err)
		}
	}()
	for _, dsn := range []string{c.DSN(odd), c.TCP(odd)} {
		if got := value(t, connect(t, dsn), "select current_database()"); got != odd {
			t.Errorf("%s connects to %q", dsn, got)
		}
	}
}
