package postgrestest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// within is the time limit of operations that must finish soon.
const within = 20 * time.Second

var suite postgrestest.Suite

func TestMain(m *testing.M) {
	if os.Getenv(abandonVariable) != "" {
		abandon()
		return
	}
	os.Exit(suite.Main(m))
}

// soon returns a context that ends after within.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	t.Cleanup(cancel)
	return ctx
}

// start starts a cluster that is closed after the test.
func start(t *testing.T, o postgrestest.Options) *postgrestest.Cluster {
	t.Helper()
	c, err := postgrestest.Start(soon(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// connect opens a connection that is closed after the test.
func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(soon(t), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		_ = conn.Close(ctx) // the test may have broken it
	})
	return conn
}

// run executes a statement.
func run(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(soon(t), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// value returns the text that a query returns.
func value(t *testing.T, conn *pgx.Conn, query string) string {
	t.Helper()
	var s string
	if err := conn.QueryRow(soon(t), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

// eventually waits until holds returns true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := soon(t)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in %v: %s", within, what)
		}
	}
}

// folderOf returns the temporary directory of a cluster.
func folderOf(c *postgrestest.Cluster) string { return filepath.Dir(c.Socket()) }

// alive reports whether a process exists.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// pidIn returns the process id in the first line of a file.
func pidIn(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// leftovers returns the temporary folders of clusters in a directory.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "rbpg-") {
			found = append(found, entry.Name())
		}
	}
	return found
}

// ownTemp gives the test a temporary directory that other users can enter, such
// as the user that a server runs as.
func ownTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(folderOf(suite.Cluster(t))), "pgt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	return dir
}
