package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
)

// exampleDatabase opens an empty database; a host has its own.
func exampleDatabase(ctx context.Context) (*pgxpool.Pool, error) {
	cluster, err := suite.Start(ctx)
	if err != nil {
		return nil, err
	}
	admin, err := pgx.Connect(ctx, cluster.DSN("postgres"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = admin.Close(ctx) }()
	_, _ = admin.Exec(ctx, "DROP DATABASE IF EXISTS example WITH (FORCE)")
	if _, err := admin.Exec(ctx, "CREATE DATABASE example"); err != nil {
		return nil, err
	}
	return pgxpool.New(ctx, cluster.DSN("example"))
}

func Example() {
	ctx := context.Background()
	pool, err := exampleDatabase(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer pool.Close()

	if err := postgres.Migrate(ctx, pool, postgres.Config{}); err != nil {
		fmt.Println(err)
		return
	}
	s, err := postgres.New(ctx, pool, postgres.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	services, _ := callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	m, _ := manager.New(manager.Config{Store: s, Services: services, Dialer: callback.DialerFunc(noAnswer)})
	cb, _ := m.Start(ctx, manager.Request{Service: "billing", Number: "+41446681800", Key: "order-17"})

	again, _ := m.Start(ctx, manager.Request{Service: "billing", Number: "+41446681800", Key: "order-17"})
	fmt.Println(cb.State, cb.Customer.Number, again.ID == cb.ID)
	// Output: QUEUED +41•••••1800 true
}

func ExampleIn() {
	ctx := context.Background()
	pool, err := exampleDatabase(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer pool.Close()
	_ = postgres.Migrate(ctx, pool, postgres.Config{})
	s, _ := postgres.New(ctx, pool, postgres.Config{})
	defer s.Close()
	services, _ := callback.NewServices(callback.Service{Name: "orders", Numbers: callback.Numbers{Country: "CH"}})
	m, _ := manager.New(manager.Config{Store: s, Services: services, Dialer: callback.DialerFunc(noAnswer)})
	_, _ = pool.Exec(ctx, "CREATE TABLE orders (id int PRIMARY KEY, callback text)")

	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		cb, err := m.Within(s.In(tx)).Start(ctx, manager.Request{Service: "orders", Number: "+41446681800"})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO orders VALUES (17, $1)", string(cb.ID))
		return err
	})
	m.Wake() // the Manager looks now instead of at its next poll

	var id callback.ID
	_ = pool.QueryRow(ctx, "SELECT callback FROM orders WHERE id = 17").Scan(&id)
	cb, getErr := m.Get(ctx, id)
	fmt.Println(err, getErr, cb.State)
	// Output: <nil> <nil> QUEUED
}

func ExampleSQL() {
	script, err := postgres.SQL("callcentre")
	lines := strings.Split(script, "\n")
	fmt.Println(err, lines[0], lines[1])
	// Output: <nil> BEGIN; CREATE SCHEMA IF NOT EXISTS "callcentre";
}

func ExampleValidate() {
	ctx := context.Background()
	pool, err := exampleDatabase(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer pool.Close()
	config := postgres.Config{Schema: "callcentre"}
	fmt.Println(postgres.Validate(ctx, pool, config))

	_ = postgres.Migrate(ctx, pool, config)
	_, _ = pool.Exec(ctx, "DROP INDEX callcentre.callbacks_number")
	fmt.Println(postgres.Validate(ctx, pool, config))
	// Output:
	// schema "callcentre": schema is older than this library: found version 0, want 1
	// the schema is not as it should be: index callbacks_number is missing or not usable
}
