package postgrestest_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

func TestDefaults(t *testing.T) {
	c := suite.Cluster(t)
	for name, dsn := range map[string]string{"socket": c.DSN("postgres"), "tcp": c.TCP("postgres")} {
		conn := connect(t, dsn)
		for setting, want := range map[string]string{
			"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on", "max_connections": "100", "shared_buffers": "128MB",
			"server_encoding": "UTF8", "lc_collate": "C", "listen_addresses": "127.0.0.1",
			"port": strconv.Itoa(c.Port()),
		} {
			if got := value(t, conn, "select current_setting('"+setting+"')"); got != want {
				t.Errorf("%s: %s is %q, want %q", name, setting, got, want)
			}
		}
	}
	if c.Socket() != filepath.Join(folderOf(c), ".s.PGSQL."+strconv.Itoa(c.Port())) {
		t.Errorf("socket %s", c.Socket())
	}
	if log, err := os.ReadFile(c.Log()); err != nil || !strings.Contains(string(log), "ready to accept connections") {
		t.Errorf("log: %v\n%s", err, log)
	}
}

// A durable cluster with settings, in a temporary directory whose path is too
// long for a socket.
func TestSettings(t *testing.T) {
	long := filepath.Join(ownTemp(t), strings.Repeat("x", 120))
	if err := os.Mkdir(long, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", long)
	c := start(t, postgrestest.Options{
		Durable:  true,
		Settings: map[string]string{"shared_buffers": "32MB", "default_transaction_isolation": "serializable", "work_mem": "5MB"},
	})
	if len(c.Socket()) > 103 {
		t.Errorf("path of the socket has %d bytes: %s", len(c.Socket()), c.Socket())
	}
	conn := connect(t, c.DSN("postgres"))
	for setting, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "32MB", "work_mem": "5MB",
		"transaction_isolation": "serializable",
	} {
		if got := value(t, conn, "select current_setting('"+setting+"')"); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
}

func TestStartRefused(t *testing.T) {
	temp := ownTemp(t)
	for setting, says := range map[string]string{
		"": "is reserved for the cluster", "port": "is reserved for the cluster", "data_directory": "is reserved for the cluster",
		"listen_addresses": "is reserved for the cluster", "unix_socket_directories": "is reserved for the cluster",
		"no_such_setting": "no_such_setting",
	} {
		c, err := postgrestest.Start(soon(t), postgrestest.Options{Settings: map[string]string{setting: "1"}})
		if err == nil {
			t.Errorf("%q was accepted: %v", setting, c.Close())
		} else if !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error does not contain %q: %v", setting, says, err)
		}
	}
	if left := leftovers(t, temp); len(left) > 0 {
		t.Errorf("remaining folders: %v", left)
	}
}

func TestStartInTime(t *testing.T) {
	temp := ownTemp(t)
	for _, after := range []time.Duration{0, 30 * time.Millisecond, 200 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		c, err := postgrestest.Start(ctx, postgrestest.Options{})
		cancel()
		if err == nil {
			// It was ready within the time.
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", after, err)
		}
		if left := leftovers(t, temp); len(left) > 0 {
			t.Errorf("after %v: remaining folders: %v", after, left)
		}
	}
}

func TestImmediateStopAndRestart(t *testing.T) {
	c := start(t, postgrestest.Options{})
	dsn, port := c.NewDatabase(t), c.Port()
	conn := connect(t, dsn)
	run(t, conn, "create table t (id int)")
	run(t, conn, "insert into t values (1)")
	open := connect(t, dsn)
	run(t, open, "begin; insert into t values (2)")

	if err := c.StopImmediate(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(soon(t)); err == nil {
		t.Error("a session survived the stop")
	}
	if _, err := pgx.Connect(soon(t), dsn); err == nil {
		t.Error("a stopped server took a connection")
	}
	if err := c.StopImmediate(soon(t)); err != nil {
		t.Errorf("second stop: %v", err)
	}
	if _, err := c.Create(soon(t)); !errors.Is(err, postgrestest.ErrStopped) {
		t.Errorf("Create in a stopped cluster: %v", err)
	}

	if err := c.Restart(soon(t)); err != nil {
		t.Fatal(err)
	}
	if c.Port() != port {
		t.Errorf("port changed from %d to %d", port, c.Port())
	}
	conn = connect(t, dsn)
	if got := value(t, conn, "select string_agg(id::text, ',') from t"); got != "1" {
		t.Errorf("rows %s, want only the committed one", got)
	}
	if log, err := os.ReadFile(c.Log()); err != nil || !strings.Contains(string(log), "automatic recovery in progress") {
		t.Errorf("the server did not recover: %v\n%s", err, log)
	}
	if err := c.Restart(soon(t)); err != nil {
		t.Fatalf("restart of a running server: %v", err)
	}
	if err := conn.Ping(soon(t)); err == nil {
		t.Error("a session survived the restart")
	}
	connect(t, dsn)
	t.Run("port taken", func(t *testing.T) { restartWaitsForPort(t, c) })
	if !t.Run("cleanup when stopped", func(t *testing.T) {
		c.NewDatabase(t)
		if err := c.StopImmediate(soon(t)); err != nil {
			t.Fatal(err)
		}
	}) {
		t.Error("the cleanup failed with a stopped server")
	}
}

// restartWaitsForPort restarts a cluster while another process listens on its
// port.
func restartWaitsForPort(t *testing.T, c *postgrestest.Cluster) {
	if err := c.StopImmediate(soon(t)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", c.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Restart(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("restart on a port in use: %v", err)
	}
	restarted := make(chan error, 1)
	ctx := soon(t)
	go func() { restarted <- c.Restart(ctx) }()
	eventually(t, "the start fails again", func() bool {
		log, err := os.ReadFile(c.Log())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(log), "could not bind") > 3
	})
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-restarted; err != nil {
		t.Fatal(err)
	}
	connect(t, c.TCP("postgres"))
}

func TestCloseLeavesNothing(t *testing.T) {
	temp := ownTemp(t)
	for name, before := range map[string]func(*postgrestest.Cluster) error{
		"running":        func(*postgrestest.Cluster) error { return nil },
		"stopped":        func(c *postgrestest.Cluster) error { return c.StopImmediate(soon(t)) },
		"after recovery": func(c *postgrestest.Cluster) error { return errors.Join(c.StopImmediate(soon(t)), c.Restart(soon(t))) },
	} {
		c := start(t, postgrestest.Options{})
		conn := connect(t, c.DSN("postgres"))
		backend := int(conn.PgConn().PID())
		postmaster := pidIn(t, filepath.Join(folderOf(c), "data", "postmaster.pid"))
		if err := before(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for what, pid := range map[string]int{"server": postmaster, "session": backend} {
			if alive(pid) {
				t.Errorf("%s: the %s is still running", name, what)
			}
		}
		if left := leftovers(t, temp); len(left) > 0 {
			t.Errorf("%s: remaining folders: %v", name, left)
		}
		if err := c.Restart(soon(t)); !errors.Is(err, postgrestest.ErrClosed) {
			t.Errorf("%s: Restart after Close: %v", name, err)
		}
		if err := c.StopImmediate(soon(t)); err != nil {
			t.Errorf("%s: StopImmediate after Close: %v", name, err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("%s: second Close: %v", name, err)
		}
	}
}

func TestKeptDirectory(t *testing.T) {
	dir := filepath.Join(ownTemp(t), "kept")
	c := start(t, postgrestest.Options{Dir: dir})
	run(t, connect(t, c.DSN("postgres")), "create table t as select 7 as id")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "PG_VERSION")); err != nil {
		t.Errorf("Close did not keep the directory: %v", err)
	}
	c = start(t, postgrestest.Options{Dir: dir})
	if got := value(t, connect(t, c.DSN("postgres")), "select id::text from t"); got != "7" {
		t.Errorf("row %s", got)
	}
	if _, err := postgrestest.Start(soon(t), postgrestest.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "lock file") {
		t.Errorf("second server on the same directory: %v", err)
	}
}
