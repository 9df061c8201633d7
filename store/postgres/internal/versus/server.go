package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// server is the PostgreSQL that all sides share, each in a schema of its own.
type server struct {
	dsn     string
	prefix  string // of the schemas
	made    int
	pool    *pgxpool.Pool
	cluster *postgrestest.Cluster // nil for the user's database
}

// openServer connects to the user's database, or starts a server.
func openServer(ctx context.Context, dsn string, z sizes) (*server, error) {
	s := &server{dsn: dsn, prefix: "versus_" + strings.ToLower(rand.Text()[:8])}
	if dsn == "" {
		var err error
		s.cluster, err = postgrestest.Start(ctx, postgrestest.Options{Durable: true, Settings: map[string]string{
			"shared_buffers": z.shared, "max_wal_size": "8GB",
		}})
		if errors.Is(err, postgrestest.ErrNoServer) {
			return nil, errors.New("no database was given, and no PostgreSQL server programs were found\n" +
				"give a database with -dsn or RINGBACK_DSN, or install the server (Debian, Ubuntu: postgresql; Homebrew: postgresql@17)")
		}
		if err != nil {
			return nil, err
		}
		s.dsn = s.cluster.DSN("postgres")
	}
	var err error
	if s.pool, err = s.connect(ctx, ""); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// connections is how many every side has.
const connections = 20

// connect returns a pool whose tables lie in the schema, with commits that are
// on the disk when they are answered.
func (s *server) connect(ctx context.Context, schema string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(s.dsn)
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	config.ConnConfig.RuntimeParams["synchronous_commit"] = "on"
	if schema != "" {
		config.ConnConfig.RuntimeParams["search_path"] = schema
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// newSchema makes up a name, and makes the schema unless the side does so
// itself.
func (s *server) newSchema(ctx context.Context, side string, create bool) (string, error) {
	s.made++
	name := fmt.Sprintf("%s_%s_%d", s.prefix, side, s.made)
	if !create {
		return name, nil
	}
	_, err := s.pool.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{name}.Sanitize())
	return name, err
}

// drop removes a schema with all that is in it, also when ctx has ended.
func (s *server) drop(ctx context.Context, schema string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_, err := s.pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
	return err
}

// tables lists the tables of a schema.
func (s *server) tables(ctx context.Context, schema string) ([]string, error) {
	rows, err := s.pool.Query(ctx, "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"+
		" WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1", schema)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// tidy removes dead rows and brings the planner's statistics up to date: every
// side begins with tables in the same condition.
func (s *server) tidy(ctx context.Context, schema string) error {
	tables, err := s.tables(ctx, schema)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := s.pool.Exec(ctx, "VACUUM (ANALYZE) "+pgx.Identifier{schema, table}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}

// size returns the bytes of all tables of a schema with their indexes.
func (s *server) size(ctx context.Context, schema string) (int64, error) {
	tables, err := s.tables(ctx, schema)
	if err != nil {
		return 0, err
	}
	var total int64
	for _, table := range tables {
		var bytes int64
		if err := s.pool.QueryRow(ctx, "SELECT pg_total_relation_size($1::text::regclass)", pgx.Identifier{schema, table}.Sanitize()).Scan(&bytes); err != nil {
			return 0, err
		}
		total += bytes
	}
	return total, nil
}

// checkpoint writes out what earlier rows left to be written, where that is
// allowed.
func (s *server) checkpoint(ctx context.Context) {
	if s.cluster != nil {
		_, _ = s.pool.Exec(ctx, "CHECKPOINT") // it only steadies the figures
	}
}

// describe says in one line what the figures were taken on.
func (s *server) describe(ctx context.Context) (string, error) {
	var version, fsync, full, commit, buffers string
	err := s.pool.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),"+
		" current_setting('synchronous_commit'), current_setting('shared_buffers')").Scan(&version, &fsync, &full, &commit, &buffers)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("PostgreSQL %s, fsync %s, full_page_writes %s, synchronous_commit %s, shared_buffers %s; %d processors; %s",
		version, fsync, full, commit, buffers, runtime.NumCPU(), runtime.Version())
	if fsync != "on" || full != "on" || commit != "on" {
		text += "\nthis server loses what it has answered in a power cut: take no figure from it"
	}
	return text, nil
}

// close ends the server if it is a private one.
func (s *server) close() error {
	if s.pool != nil {
		s.pool.Close()
	}
	if s.cluster != nil {
		return s.cluster.Close()
	}
	return nil
}

// quiet is a logger for sides whose warnings are no part of the output.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}
