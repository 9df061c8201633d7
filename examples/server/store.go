package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/sqlite"
)

// openStore opens the store that the flag names, and returns what closes it.
func openStore(ctx context.Context, name string) (callback.Store, func() error, error) {
	kind, where, _ := strings.Cut(name, ":")
	switch kind {
	case "memory":
		return store.NewMemory(store.Config{}), func() error { return nil }, nil
	case "sqlite":
		if where == "" {
			return nil, nil, errors.New("-store: sqlite: names no file")
		}
		s, err := sqlite.Open(ctx, where, sqlite.Config{})
		if err != nil {
			return nil, nil, fmt.Errorf("opening the SQLite store: %w", err)
		}
		return s, s.Close, nil
	case "postgres", "postgresql":
		if strings.HasPrefix(where, "//") {
			where = name
		}
		return openPostgres(ctx, where)
	}
	return nil, nil, fmt.Errorf("-store: %q is not memory, sqlite:FILE or postgres:DSN", kind)
}

func openPostgres(ctx context.Context, dsn string) (callback.Store, func() error, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the PostgreSQL store: %w", err)
	}
	if err := postgres.Migrate(ctx, pool, postgres.Config{}); err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("opening the PostgreSQL store: %w", err)
	}
	s, err := postgres.New(ctx, pool, postgres.Config{})
	if err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("opening the PostgreSQL store: %w", err)
	}
	return s, func() error { s.Close(); pool.Close(); return nil }, nil
}

// storeKind is the store's name without what may be a secret.
func storeKind(name string) string {
	kind, _, _ := strings.Cut(name, ":")
	return kind
}
