package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Standby copies the cluster, which must be running, and starts the copy as a
// streaming standby with the same settings. name is its application_name, for [Cluster.Synchronous]. ctx limits only the start.
// The standby is a cluster of its own: it must be closed, survives the primary,
// and answers queries that only read until [Cluster.Promote].
func (c *Cluster) Standby(ctx context.Context, name string) (*Cluster, error) {
	f, err := newFolder(filepath.Join("data", "postmaster.pid"), c.memory)
	if err != nil {
		return nil, fmt.Errorf("directory of the standby: %w", err)
	}
	s := &Cluster{folder: f, bin: c.bin, data: filepath.Join(f.path, "data"), memory: c.memory}
	if err := s.copy(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	primary := fmt.Sprintf("host=127.0.0.1 port=%d user=%s application_name=%s", c.port, superuser, name)
	// A standby that has lost its primary looks for it once in this time, and is promoted between two looks only.
	const lookEvery = "100ms"
	s.args = append(slices.Clone(c.args), "-c", "primary_conninfo="+primary, "-c", "wal_retrieve_retry_interval="+lookEvery)
	if err := s.startAnywhere(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// copy makes the data directory from that of a running cluster.
func (c *Cluster) copy(ctx context.Context, primary *Cluster) error {
	backup, err := c.folder.launch(c.folder.command(c.program("pg_basebackup"), "-D", c.data, "--checkpoint=fast", "--no-sync",
		"-h", primary.folder.path, "-p", strconv.Itoa(primary.port), "-U", superuser, "--write-recovery-conf"))
	if err != nil {
		return err
	}
	select {
	case <-backup.done:
	case <-ctx.Done():
		backup.end(os.Kill)
		return fmt.Errorf("pg_basebackup: %w", context.Cause(ctx))
	}
	if !backup.cmd.ProcessState.Success() {
		return fmt.Errorf("pg_basebackup: %s: %s", backup.cmd.ProcessState, c.folder.tail(backup))
	}
	return nil
}

// program returns the path of a program that comes with the server. The
// server's own may be a link into the directory where all of them are.
func (c *Cluster) program(name string) string {
	path := filepath.Join(c.bin, name)
	if executable(path) {
		return path
	}
	if server, err := filepath.EvalSymlinks(filepath.Join(c.bin, "postgres")); err == nil {
		return filepath.Join(filepath.Dir(server), name)
	}
	return path
}

// Synchronous makes commits wait for the standbys that names lists, in the
// syntax of synchronous_standby_names; with an empty list they wait for none. It
// returns when the server works under the new setting. A name that no standby has
// makes every commit wait.
func (c *Cluster) Synchronous(ctx context.Context, names string) error {
	conn, err := pgx.Connect(ctx, c.DSN(superuser))
	if err != nil {
		return fmt.Errorf("synchronous standbys: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	// ALTER SYSTEM takes no parameters.
	var statement string
	err = conn.QueryRow(ctx, "select format('alter system set synchronous_standby_names = %L', $1::text)", names).Scan(&statement)
	if err == nil {
		_, err = conn.Exec(ctx, statement)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "select pg_reload_conf()")
	}
	if err != nil {
		return fmt.Errorf("synchronous standbys: %w", err)
	}
	err = poll(ctx, func() (bool, error) {
		var set bool
		err := conn.QueryRow(ctx, "select current_setting('synchronous_standby_names') = $1", names).Scan(&set)
		return set, err
	})
	if err == nil {
		// Commits wait once the checkpointer has read the setting, which it does
		// before it makes a checkpoint.
		_, err = conn.Exec(ctx, "checkpoint")
	}
	if err != nil {
		return fmt.Errorf("synchronous standbys: %w", err)
	}
	return nil
}

// Streaming waits until the standby of a name streams: synchronously, if
// [Cluster.Synchronous] lists it.
func (c *Cluster) Streaming(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.DSN(superuser))
	if err != nil {
		return fmt.Errorf("streaming: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return poll(ctx, func() (bool, error) {
		var streams bool
		err := conn.QueryRow(ctx, `select exists (select from pg_stat_replication where application_name = $1 and state = 'streaming'
			and (sync_state in ('sync', 'quorum') or not $1 = any(string_to_array(current_setting('synchronous_standby_names'), ','))))`, name).Scan(&streams)
		return streams, err
	})
}

// Promote ends the recovery of a standby and returns when it accepts writes. It
// does nothing to its primary, which goes on if it runs.
func (c *Cluster) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, c.DSN(superuser))
	if err != nil {
		return fmt.Errorf("promote: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "select pg_promote(false)"); err != nil {
		return fmt.Errorf("promote: %w", err)
	}
	return poll(ctx, func() (bool, error) {
		var standby bool
		err := conn.QueryRow(ctx, "select pg_is_in_recovery()").Scan(&standby)
		return !standby, err
	})
}

// Kill kills the server's first process, as kill -9 does. Its sessions end by
// themselves, within milliseconds, when they notice. It does nothing if the
// server is stopped.
func (c *Cluster) Kill(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return nil
	}
	return c.server.stop(ctx, os.Kill)
}

// FailoverDSN returns the connection string of a database that exists on
// several clusters, of which one accepts writes: it names all and connects to
// that one. Further parameters can be appended with "&name=value".
func FailoverDSN(database string, clusters ...*Cluster) string {
	hosts := ""
	for i, c := range clusters {
		if i > 0 {
			hosts += ","
		}
		hosts += "127.0.0.1:" + strconv.Itoa(c.port)
	}
	return "postgres://" + superuser + "@" + hosts + "/" + database + "?sslmode=disable&target_session_attrs=read-write&connect_timeout=2"
}
