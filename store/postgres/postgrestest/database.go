package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// databaseWithin limits the creation and the removal of a test's database.
const databaseWithin = 30 * time.Second

// Create creates an empty database with a unique name and returns the name, for
// [Cluster.DSN] and [Cluster.TCP].
func (c *Cluster) Create(ctx context.Context) (database string, err error) {
	database = "t" + strings.ToLower(rand.Text())
	return database, c.administer(ctx, "create database "+pgx.Identifier{database}.Sanitize())
}

// Drop removes a database and terminates its sessions. It does nothing if the
// database does not exist, and fails with [ErrStopped] if the server is not
// running.
func (c *Cluster) Drop(ctx context.Context, database string) error {
	return c.administer(ctx, "drop database if exists "+pgx.Identifier{database}.Sanitize()+" with (force)")
}

func (c *Cluster) administer(ctx context.Context, statement string) error {
	if !c.running() {
		return fmt.Errorf("%s: %w", statement, ErrStopped)
	}
	conn, err := pgx.Connect(ctx, c.DSN(superuser))
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func (c *Cluster) running() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server.running()
}

// NewDatabase creates an empty database for a test and returns its connection
// string (see [Cluster.DSN]). After the test the database is dropped, with its
// open sessions, unless the server is stopped by then.
func (c *Cluster) NewDatabase(t testing.TB) (dsn string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), databaseWithin)
	defer cancel()
	database, err := c.Create(ctx)
	if err != nil {
		t.Fatalf("test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), databaseWithin)
		defer cancel()
		if err := c.Drop(ctx, database); err != nil && c.running() {
			t.Errorf("test database: %v", err)
		}
	})
	return c.DSN(database)
}
