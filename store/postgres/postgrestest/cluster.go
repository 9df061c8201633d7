package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Options configures a cluster. The zero value is a cluster for tests.
type Options struct {
	// Settings are server settings (the names of postgresql.conf) in addition
	// to the defaults: max_connections 100, shared_buffers 128MB, fsync and
	// full_page_writes off. They are passed on the command line, so ALTER
	// SYSTEM does not override them; ALTER DATABASE, ALTER ROLE and SET do.
	// port, listen_addresses, unix_socket_directories and data_directory cannot
	// be set.
	Settings map[string]string
	// Dir is the data directory. By default it is a new directory that Close
	// removes: below $TMPDIR if set; otherwise, for a cluster that is not
	// Durable, in /dev/shm if that is a memory file system with 4 GiB free; and
	// otherwise in the system's temporary directory. A given directory is
	// created if missing, reused if it is a data directory already, and kept by
	// Close.
	Dir string
	// Durable turns on fsync, full_page_writes and synchronous_commit, for
	// benchmarks. By default fsync and full_page_writes are off, but
	// synchronous_commit is on: an acknowledged commit has left the server's
	// memory and survives an immediate stop or a killed server, but not a power
	// failure or a crash of the operating system. If the temporary directory is
	// in memory, measurements need a Dir on a disk.
	Durable bool
}

// Cluster is a private PostgreSQL server with the superuser postgres. It trusts
// every local connection, so store nothing in it that other users of the
// machine must not read. Its methods are safe for concurrent use.
type Cluster struct {
	folder *folder
	bin    string
	data   string
	kept   bool // the data directory is the caller's
	memory bool // it need not survive a power failure
	port   int
	args   []string

	mu     sync.Mutex // held while the server starts or stops
	server *process
	closed bool
}

// Start creates a data directory and starts a server on it, reachable through a
// unix socket and on a free port of 127.0.0.1. It returns when a connection
// works, within two seconds on ordinary machines. ctx limits only the start.
// The error is an [ErrNoServer] if the programs are missing. The server ends
// with Close, and also when the calling process dies in any way.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	args, err := o.arguments()
	if err != nil {
		return nil, err
	}
	data, kept := "data", o.Dir != ""
	if kept {
		if data, err = filepath.Abs(o.Dir); err != nil {
			return nil, fmt.Errorf("directory of the cluster: %w", err)
		}
	}
	f, err := newFolder(filepath.Join(data, "postmaster.pid"), !o.Durable)
	if err != nil {
		return nil, fmt.Errorf("directory of the cluster: %w", err)
	}
	if !kept {
		data = filepath.Join(f.path, data)
	}
	c := &Cluster{folder: f, bin: bin, data: data, kept: kept, memory: !o.Durable, args: args}
	if err := c.create(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	if err := c.startAnywhere(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// arguments returns the settings as server arguments in a fixed order.
func (o Options) arguments() ([]string, error) {
	settings := map[string]string{
		"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on",
		"max_connections": "100", "shared_buffers": "128MB",
		"logging_collector": "off", "log_destination": "stderr",
	}
	if o.Durable {
		settings["fsync"], settings["full_page_writes"] = "on", "on"
	}
	for name, value := range o.Settings {
		switch name {
		case "", "port", "listen_addresses", "unix_socket_directories", "data_directory":
			return nil, fmt.Errorf("setting %q is reserved for the cluster", name)
		}
		settings[name] = value
	}
	var args []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args, nil
}

// create creates the data directory, unless it holds a cluster already.
func (c *Cluster) create(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(c.data, "PG_VERSION")); err == nil {
		return nil
	}
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := c.folder.owner.take(c.data); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	initdb, err := c.folder.launch(c.folder.command(filepath.Join(c.bin, "initdb"),
		"--no-sync", "--no-instructions", "-A", "trust", "-E", "UTF8", "--locale=C", "-U", superuser, "-D", c.data))
	if err != nil {
		return err
	}
	select {
	case <-initdb.done:
	case <-ctx.Done():
		initdb.end(os.Kill)
		return fmt.Errorf("initdb: %w", context.Cause(ctx))
	}
	if !initdb.cmd.ProcessState.Success() {
		return fmt.Errorf("initdb: %s: %s", initdb.cmd.ProcessState, c.folder.tail(initdb))
	}
	return nil
}

// startAnywhere starts the server on a free port.
func (c *Cluster) startAnywhere(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for range startTries {
		if c.port, err = freePort(); err != nil {
			return err
		}
		if err = c.startServer(ctx); !errors.Is(err, errBusy) {
			return err
		}
	}
	return err
}

// startServer starts the server on its port and waits for a connection. The
// caller must hold mu.
func (c *Cluster) startServer(ctx context.Context) error {
	args := append([]string{
		"-D", c.data, "-p", strconv.Itoa(c.port), "-k", c.folder.path, "-h", "127.0.0.1",
	}, c.args...)
	server, err := c.folder.launch(c.folder.command(filepath.Join(c.bin, "postgres"), args...))
	if err != nil {
		return err
	}
	c.server = server
	return c.folder.await(ctx, server, c.DSN(superuser), "could not bind", "shared memory block")
}

// superuser is the role of every connection string, and the name of the
// database that always exists.
const superuser = "postgres"

// DSN returns the connection string of a database over the unix socket. It is a
// URL; further parameters can be appended with "&name=value".
func (c *Cluster) DSN(database string) string {
	where := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	// Not url.Values, which sorts: the host comes first, for readers of a log.
	where.RawQuery = "host=" + url.QueryEscape(c.folder.path) + "&port=" + strconv.Itoa(c.port) + "&sslmode=disable"
	return where.String()
}

// TCP returns the connection string of a database over 127.0.0.1, a URL as for
// DSN.
func (c *Cluster) TCP(database string) string { return loopbackDSN(c.port, database, "") }

// loopbackDSN returns the URL of a database behind a loopback port, with
// further parameters.
func loopbackDSN(port int, database, parameters string) string {
	where := url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/" + database,
		RawQuery: "sslmode=disable" + parameters,
	}
	return where.String()
}

// Port returns the port on 127.0.0.1. Restarts do not change it.
func (c *Cluster) Port() int { return c.port }

// Socket returns the path of the unix socket.
func (c *Cluster) Socket() string { return socketPath(c.folder.path, c.port) }

// Log returns the path of the server's log, which Close removes.
func (c *Cluster) Log() string { return c.folder.log() }

// StopImmediate stops the server like pg_ctl -m immediate: sessions are
// terminated, nothing is written, and the next start recovers from the log. It
// returns when the server and its sessions have ended, or with the error of
// ctx. It does nothing if the server is stopped.
func (c *Cluster) StopImmediate(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return nil
	}
	return c.server.stop(ctx, stopImmediate)
}

// Restart starts the server on the same port and socket: after a fast stop,
// which rolls back open transactions, if it is running; with crash recovery if
// it was stopped immediately. It returns when a connection works. If another
// process has taken the port, it waits until ctx ends. After Close it fails
// with [ErrClosed].
func (c *Cluster) Restart(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fmt.Errorf("restart: %w", ErrClosed)
	}
	if err := c.server.stop(ctx, stopFast); err != nil {
		return err
	}
	again := time.NewTicker(10 * pollEvery)
	defer again.Stop()
	for {
		err := c.startServer(ctx)
		if !errors.Is(err, errBusy) {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("restart: %w: %w", context.Cause(ctx), err)
		}
	}
}

// Close stops the server in any state and removes its files, except those of
// Options.Dir. It returns when all its processes have ended. Further calls do
// nothing.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	if c.server.running() {
		if c.kept {
			c.server.end(stopFast)
		} else {
			c.server.end(stopImmediate)
		}
	}
	return c.folder.remove()
}
