package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

const (
	defaultPoolSize = 20
	// maxBouncerClients is the number of clients that share the pool.
	// PgBouncer's default of 100 is no more than the server accepts.
	maxBouncerClients = 1000
	defaultExecMode   = "cache_describe"
)

// execModes are the modes of pgx that use no named prepared statement and need
// a server connection for only one round trip.
var execModes = [...]string{defaultExecMode, "exec", "simple_protocol"}

// BouncerOptions configures a PgBouncer. The zero value is ready to use.
type BouncerOptions struct {
	// PoolSize is the number of server connections per database. Defaults to
	// 20. It must not be negative.
	PoolSize int
	// ExecMode is the pgx query mode in the connection string: cache_describe
	// (the default), exec or simple_protocol. The default mode of pgx,
	// cache_statement, prepares named statements, which a PgBouncer before 1.21
	// (Debian 12 has 1.18) loses between transactions. cache_describe asks for
	// the types of a statement once and then sends it unnamed in one round
	// trip, so parameters are encoded as in the default mode. exec derives the
	// types from Go's; for example, it sends []byte for a jsonb column as
	// bytea, which the server refuses.
	ExecMode string
}

// Bouncer is a PgBouncer in transaction mode in front of a cluster. Its methods
// are safe for concurrent use.
type Bouncer struct {
	folder   *folder
	program  string
	execMode string
	port     int

	mu     sync.Mutex
	child  *process
	closed bool
}

// StartBouncer starts a PgBouncer in transaction mode in front of the cluster,
// on a free port of 127.0.0.1, and returns when a connection through it works.
// ctx limits only the start. The error is an [ErrNoBouncer] if the program is
// missing. The PgBouncer serves every database of the cluster, survives stops
// and restarts of the cluster, and ends with Close or with the calling process.
func StartBouncer(ctx context.Context, c *Cluster, o BouncerOptions) (*Bouncer, error) {
	program, err := FindBouncer()
	if err != nil {
		return nil, err
	}
	if o.PoolSize < 0 {
		return nil, fmt.Errorf("pool size %d is negative", o.PoolSize)
	}
	if o.PoolSize == 0 {
		o.PoolSize = defaultPoolSize
	}
	if o.ExecMode == "" {
		o.ExecMode = defaultExecMode
	}
	if !slices.Contains(execModes[:], o.ExecMode) {
		return nil, fmt.Errorf("exec mode %q is not one of %v", o.ExecMode, execModes)
	}
	f, err := newFolder("", true) // it may be killed: it has nothing to write
	if err != nil {
		return nil, fmt.Errorf("directory of pgbouncer: %w", err)
	}
	b := &Bouncer{folder: f, program: program, execMode: o.ExecMode}
	if err := b.startAnywhere(ctx, c, o.PoolSize); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// startAnywhere starts the program on a free port.
func (b *Bouncer) startAnywhere(ctx context.Context, c *Cluster, poolSize int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var err error
	for range startTries {
		if b.port, err = freePort(); err != nil {
			return err
		}
		if err = b.configure(c, poolSize); err != nil {
			return err
		}
		if err = b.start(ctx); !errors.Is(err, errBusy) {
			return err
		}
	}
	return err
}

// configure writes the configuration files.
func (b *Bouncer) configure(c *Cluster, poolSize int) error {
	users := filepath.Join(b.folder.path, "users.txt")
	server := fmt.Sprintf("host=%s port=%d user=%s", filepath.Dir(c.Socket()), c.Port(), superuser)
	settings := fmt.Sprintf(`[databases]
%[1]s = %[2]s dbname=%[3]s
* = %[2]s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %[4]d
unix_socket_dir =
auth_type = trust
auth_file = %[5]s
pool_mode = transaction
default_pool_size = %[6]d
max_client_conn = %[7]d
pidfile = %[8]s
ignore_startup_parameters = extra_float_digits
server_login_retry = 1
`, b.own(), server, superuser, b.port, users, poolSize, maxBouncerClients, filepath.Join(b.folder.path, "pgbouncer.pid"))
	return errors.Join(b.write(users, `"`+superuser+`" ""`+"\n"), b.write(b.settings(), settings))
}

// own returns the name of a database that only this PgBouncer knows. A
// connection to it proves that no other process has the port.
func (b *Bouncer) own() string { return strings.ReplaceAll(filepath.Base(b.folder.path), "-", "_") }

func (b *Bouncer) settings() string { return filepath.Join(b.folder.path, "pgbouncer.ini") }

func (b *Bouncer) write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return b.folder.owner.take(path)
}

// start starts the program and waits for a connection through it to the server.
// The caller must hold mu.
func (b *Bouncer) start(ctx context.Context) error {
	child, err := b.folder.launch(b.folder.command(b.program, b.settings()))
	if err != nil {
		return err
	}
	b.child = child
	return b.folder.await(ctx, child, b.DSN(b.own()), "in use")
}

// DSN returns the connection string of a database through PgBouncer, with a
// query mode that works there. It is a URL; further parameters can be appended
// with "&name=value".
func (b *Bouncer) DSN(database string) string {
	return loopbackDSN(b.port, database, "&default_query_exec_mode="+b.execMode)
}

// Port returns the port on 127.0.0.1.
func (b *Bouncer) Port() int { return b.port }

// Log returns the path of the program's log, which Close removes.
func (b *Bouncer) Log() string { return b.folder.log() }

// Close ends PgBouncer with every connection through it and removes its files.
// Further calls do nothing.
func (b *Bouncer) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	if b.child.running() {
		b.child.end(os.Kill) // it has nothing to write, and the meaning of other signals differs between versions
	}
	return b.folder.remove()
}
