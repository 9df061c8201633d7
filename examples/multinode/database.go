package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// database is a schema of its own in the user's database or in a private one.
type database struct {
	dsn     string
	schema  string
	keep    bool
	pool    *pgxpool.Pool
	store   *postgres.Store
	cluster *postgrestest.Cluster // nil for the user's database
}

// openDatabase makes the schema; without a DSN it starts a server first.
func openDatabase(ctx context.Context, dsn string, keep bool) (*database, error) {
	d := &database{dsn: dsn, keep: keep, schema: "ringback_multinode_" + strings.ToLower(rand.Text()[:8])}
	if dsn == "" {
		if keep {
			return nil, errKeep
		}
		var err error
		d.cluster, err = postgrestest.Start(ctx, postgrestest.Options{})
		if errors.Is(err, postgrestest.ErrNoServer) {
			return nil, fmt.Errorf("no database was given, and no PostgreSQL server programs were found\n"+
				"give a database with -dsn or %s, or install the server (Debian, Ubuntu: postgresql; Homebrew: postgresql@17)", dsnVariable)
		}
		if err != nil {
			return nil, err
		}
		d.dsn = d.cluster.DSN("postgres")
	}
	if err := d.migrate(ctx); err != nil {
		return nil, errors.Join(err, d.close(ctx))
	}
	return d, nil
}

func (d *database) migrate(ctx context.Context) (err error) {
	if d.pool, err = pgxpool.New(ctx, d.dsn); err != nil {
		return err
	}
	config := postgres.Config{Schema: d.schema}
	if err := postgres.Migrate(ctx, d.pool, config); err != nil {
		return err
	}
	d.store, err = postgres.New(ctx, d.pool, config)
	return err
}

// where names the database in words.
func (d *database) where() string {
	if d.cluster != nil {
		return "a private PostgreSQL server"
	}
	return "schema " + d.schema + " of the database given"
}

// close drops the schema, unless it is to be kept, or removes the server.
func (d *database) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var err error
	if d.store != nil {
		d.store.Close()
	}
	if d.pool != nil {
		if d.cluster == nil && !d.keep {
			_, err = d.pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{d.schema}.Sanitize()+" CASCADE")
		}
		d.pool.Close()
	}
	if d.cluster != nil {
		err = errors.Join(err, d.cluster.Close())
	}
	return err
}
