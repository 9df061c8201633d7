// Stores runs a callback to its end on every store of the library. It is
// compiled outside the repository, from published modules alone.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
	"github.com/ringback-go/ringback/store/sqlite"
)

func main() {
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if err := finish(ctx, "memory", store.NewMemory(store.Config{})); err != nil {
		return err
	}

	file, err := sqlite.Open(ctx, "callbacks.db", sqlite.Config{})
	if err != nil {
		return err
	}
	defer file.Close()
	if err := finish(ctx, "sqlite", file); err != nil {
		return err
	}

	cluster, err := postgrestest.Start(ctx, postgrestest.Options{})
	if err != nil {
		return err
	}
	defer cluster.Close()
	pool, err := pgxpool.New(ctx, cluster.DSN("postgres"))
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := postgres.Migrate(ctx, pool, postgres.Config{}); err != nil {
		return err
	}
	database, err := postgres.New(ctx, pool, postgres.Config{})
	if err != nil {
		return err
	}
	defer database.Close()
	return finish(ctx, "postgres", database)
}

// finish starts a callback, waits until it is completed, and prints how.
func finish(ctx context.Context, name string, s callback.Store) error {
	services, err := callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		return err
	}
	dial := func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Ended(callback.ResultBridged), nil
	}
	m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: callback.DialerFunc(dial)})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	cb, err := m.Start(ctx, manager.Request{Service: "billing", Number: "044 668 18 00"})
	if err == nil {
		cb, err = m.Wait(ctx, cb.ID)
	}
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Println(name, cb.State, cb.Reason)
	return nil
}
