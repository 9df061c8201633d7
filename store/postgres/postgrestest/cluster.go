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

// Options configure a cluster. The zero value is a cluster for tests.
type Options struct {
	// Settings are server settings (the names of postgresql.conf) on top of the defaults: max_connections 100, shared_buffers 128MB,
	// fsync and full_page_writes off. They go on the server's command line, so ALTER SYSTEM does not change them; ALTER DATABASE, ALTER
	// ROLE and SET do. port, listen_addresses, unix_socket_directories and data_directory belong to the cluster and cannot be set.
	Settings map[string]string
	// Dir is the data directory. The default is a new directory that Close removes, below $TMPDIR when that is set. When it is not, a
	// cluster that is not Durable lives in /dev/shm if that is a memory file system with 4 GiB free, else in the system's temporary directory. A directory named here is made when it
	// does not exist, is kept by Close, and is started with what it holds when it is a data directory already.
	Dir string
	// Durable turns fsync, full_page_writes and synchronous_commit on, for benchmarks. By default fsync and full_page_writes are off
	// while synchronous_commit stays on: a commit that was answered has left the server's memory and survives an immediate stop or a
	// killed server, but not a power cut or a crash of the operating system. Where the temporary directory is in memory, as on some
	// systems, figures mean something only with a Dir on a disk.
	Durable bool
}

// Cluster is a private PostgreSQL server with its superuser postgres. It trusts every local connection: keep nothing in it
// that other users of the machine must not read. Its methods are safe for concurrent use.
type Cluster struct {
	folder *folder
	bin    string
	data   string
	kept   bool // the data directory is the caller's
	port   int
	args   []string

	mu     sync.Mutex // held while the server starts or stops
	server *process
	closed bool
}

// Start makes a data directory and starts a server on it, reachable by unix socket and on a free port of 127.0.0.1. It returns
// when a connection works, within two seconds on ordinary machines. ctx bounds the start only. The error unwraps to [ErrNoServer]
// when the programs are missing. The server ends when Close is called, and also when the calling process dies in whatever way.
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
	c := &Cluster{folder: f, bin: bin, data: data, kept: kept, args: args}
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
			return nil, fmt.Errorf("setting %q: it belongs to the cluster", name)
		}
		settings[name] = value
	}
	var args []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args, nil
}

// create makes the data directory unless it holds a cluster already.
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

// startAnywhere starts the server on a port of its choice.
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

// startServer starts the server on its port and waits for a connection. The caller holds mu.
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

// superuser is the role of every connection string, and the name of the database that always exists.
const superuser = "postgres"

// DSN returns the connection string of a database over the unix socket. It is a URL: further parameters are added with "&name=value".
func (c *Cluster) DSN(database string) string {
	where := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	// The parameters keep their order by hand, with the host first, which is what a person reading a log looks for.
	where.RawQuery = "host=" + url.QueryEscape(c.folder.path) + "&port=" + strconv.Itoa(c.port) + "&sslmode=disable"
	return where.String()
}

// TCP returns the connection string of a database over 127.0.0.1, a URL like that of DSN.
func (c *Cluster) TCP(database string) string { return loopbackDSN(c.port, database, "") }

// loopbackDSN returns the URL of a database behind a loopback port with further parameters.
func loopbackDSN(port int, database, parameters string) string {
	where := url.URL{
		Scheme: "postgres", User: url.User(superuser), Host: "127.0.0.1:" + strconv.Itoa(port), Path: "/" + database,
		RawQuery: "sslmode=disable" + parameters,
	}
	return where.String()
}

// Port returns the port on 127.0.0.1. It stays the same over restarts.
func (c *Cluster) Port() int { return c.port }

// Socket returns the path of the unix socket.
func (c *Cluster) Socket() string { return socketPath(c.folder.path, c.port) }

// Log returns the path of the server's log, which Close removes.
func (c *Cluster) Log() string { return c.folder.log() }

// StopImmediate stops the server like pg_ctl -m immediate: sessions end without a word, nothing is written out, and the next start
// recovers from the log. It returns when the server and its sessions are gone, or with ctx's error. A stopped server is no error.
func (c *Cluster) StopImmediate(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return nil
	}
	return c.server.stop(ctx, stopImmediate)
}

// Restart starts the server again on the same port and socket, after a fast stop (open transactions are rolled back) when it
// runs, after crash recovery when it was stopped immediately. It returns when a connection works. A port that another process took
// meanwhile is waited for until ctx is done. After Close it fails with [ErrClosed].
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

// Close stops the server, whatever state it is in, and removes its files (not those of Options.Dir). It returns when no process
// of it is left. A second Close does nothing.
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
