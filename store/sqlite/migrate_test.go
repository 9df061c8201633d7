package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

func handle(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// New uses the host's handle, does not migrate, and leaves the handle open.
func TestNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	db := handle(t, path)
	var schema *store.SchemaError
	if _, err := sqlite.New(t.Context(), db, sqlite.Config{}); !errors.Is(err, store.ErrSchemaOlder) || !errors.As(err, &schema) || schema.Found != 0 {
		t.Fatalf("without migration: %v", err)
	}
	for range 2 { // the second time changes nothing
		if err := sqlite.Migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sqlite.New(t.Context(), db, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, storetest.Write(storetest.New("c1")))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM callbacks").Scan(&n); err != nil || n != 1 {
		t.Errorf("the handle after Close: %d, %v", n, err)
	}
	again, err := sqlite.New(t.Context(), db, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !exists(t, again, "c1") {
		t.Error("the callback is gone")
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := sqlite.New(t.Context(), nil, sqlite.Config{}); err == nil {
		t.Error("no handle")
	}
	one := handle(t, filepath.Join(t.TempDir(), "one.db"))
	one.SetMaxOpenConns(1)
	if _, err := sqlite.New(t.Context(), one, sqlite.Config{}); err == nil {
		t.Error("a handle of one connection, which would wait for itself for ever")
	}
	memory, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if err := sqlite.Migrate(t.Context(), memory); err == nil {
		t.Error("a database in memory, which each connection has for itself")
	}
	path := filepath.Join(t.TempDir(), "rollback.db")
	filled(t, path, 1)
	rollback := handle(t, path)
	if _, err := rollback.Exec("PRAGMA journal_mode = DELETE"); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.New(t.Context(), rollback, sqlite.Config{}); err == nil {
		t.Error("a file that is not in WAL mode")
	}
	if err := sqlite.Migrate(t.Context(), rollback); err != nil {
		t.Error(err)
	}
	s, err := sqlite.New(t.Context(), rollback, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Several processes may open a new file at once.
func TestMigrateAtOnce(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "callbacks.db")
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				s, err := sqlite.Open(context.Background(), path, sqlite.Config{})
				if err != nil {
					t.Error(err)
					return
				}
				apply(t, s, storetest.Write(storetest.New(callback.ID(fmt.Sprint("c", i)))))
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		verifyFile(t, openRaw(t, path))
		if n := count(t, openAt(t, path), callback.Query{}); n != 6 {
			t.Errorf("%d callbacks, want 6", n)
		}
	}
}

// The exported migrations have the same result as Migrate. One that was
// interrupted by the end of its process leaves nothing.
func TestMigrationsByHand(t *testing.T) {
	names, err := fs.Glob(sqlite.Migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	path := filepath.Join(t.TempDir(), "by-hand.db")
	db := handle(t, path)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := func(text string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	run("PRAGMA journal_mode = WAL")
	for i, name := range names {
		text, err := sqlite.Migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		run("BEGIN IMMEDIATE")
		run(string(text))
		run(fmt.Sprint("PRAGMA user_version = ", i+1))
		half := filepath.Join(t.TempDir(), "half.db")
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(half+suffix, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := openAt(t, half)
		apply(t, s, storetest.Write(storetest.New("c1")))
		run("COMMIT")
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.New(t.Context(), db, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	apply(t, s, storetest.Write(storetest.New("c1")))
	if a, b := schemaOf(t, path), schemaOf(t, newFile(t)); a != b {
		t.Errorf("by hand:\n%s\nby Migrate:\n%s", a, b)
	}
}

func newFile(t *testing.T) string {
	t.Helper()
	_, path := openNew(t)
	return path
}

func schemaOf(t *testing.T, path string) string {
	t.Helper()
	var text string
	err := openRaw(t, path).QueryRow("SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)").Scan(&text)
	if err != nil || text == "" {
		t.Fatal(text, err)
	}
	return text
}

// A migration waits for other writers until its context ends.
func TestMigrateWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	other := handle(t, path)
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"PRAGMA journal_mode = WAL", "BEGIN IMMEDIATE"} {
		if _, err := conn.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	db := handle(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := sqlite.Migrate(ctx, db); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("migrating a locked file: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- sqlite.Migrate(t.Context(), db) }()
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Every connection that writes overwrites deleted data and syncs as configured.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		synchronous sqlite.Synchronous
		want        int64
	}{{0, 2}, {sqlite.Full, 2}, {sqlite.Normal, 1}, {9, 2}} {
		s, _ := openNew(t, sqlite.Config{Synchronous: c.synchronous})
		for pragma, want := range map[string]int64{"synchronous": c.want, "secure_delete": 1, "busy_timeout": 0} {
			got, err := s.Number(t.Context(), "PRAGMA "+pragma)
			if err != nil || got != want {
				t.Errorf("%s is %d, %v, want %d", pragma, got, err, want)
			}
		}
	}
}
