package faultproxy_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
)

// exampleProxy starts a proxy for a new database of the suite's cluster. done
// stops and drops them.
func exampleProxy(ctx context.Context) (proxy *faultproxy.Proxy, through, direct string, done func()) {
	cluster, err := suite.Start(ctx)
	if err != nil {
		panic(err)
	}
	database, err := cluster.Create(ctx)
	if err != nil {
		panic(err)
	}
	proxy, err = faultproxy.New(cluster.Socket())
	if err != nil {
		panic(err)
	}
	direct = cluster.DSN(database)
	through, err = proxy.DSN(direct)
	if err != nil {
		panic(err)
	}
	return proxy, through, direct, func() {
		if err := errors.Join(proxy.Close(), cluster.Drop(ctx, database)); err != nil {
			panic(err)
		}
	}
}

// run executes a statement on a new connection.
func run(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// A client cannot distinguish a lost commit from a lost response to it.
func ExampleProxy_Arm() {
	ctx := context.Background()
	proxy, through, direct, done := exampleProxy(ctx)
	defer done()
	look, err := pgx.Connect(ctx, direct)
	if err != nil {
		panic(err)
	}
	defer look.Close(ctx)
	if _, err := look.Exec(ctx, "create table calls (id int)"); err != nil {
		panic(err)
	}

	for _, fault := range []faultproxy.Fault{faultproxy.CutBefore, faultproxy.CutAfter} {
		conn, err := pgx.Connect(ctx, through)
		if err != nil {
			panic(err)
		}
		fired := proxy.Arm(fault, faultproxy.IsCommit, 1)
		err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "insert into calls values ($1)", int(fault))
			return err
		})
		<-fired

		var rows int
		if err := look.QueryRow(ctx, "select count(*) from calls where id = $1", int(fault)).Scan(&rows); err != nil {
			panic(err)
		}
		fmt.Printf("%v: the client got an error: %v, rows: %d\n", fault, err != nil, rows)
	}
	// Output:
	// cut before: the client got an error: true, rows: 0
	// cut after: the client got an error: true, rows: 1
}

func ExampleProxy_Swallow() {
	ctx := context.Background()
	proxy, through, _, done := exampleProxy(ctx)
	defer done()

	proxy.Swallow(true)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	fmt.Println("silent:", errors.Is(run(short, through, "select 1"), context.DeadlineExceeded))

	proxy.Swallow(false)
	fmt.Println("healed:", run(ctx, through, "select 1"))
	// Output:
	// silent: true
	// healed: <nil>
}

func ExampleProxy_DSN() {
	proxy, err := faultproxy.New("db.example:5432")
	if err != nil {
		panic(err)
	}
	defer proxy.Close()
	through, err := proxy.DSN("postgres://app@db.example:5432/calls?sslmode=disable")
	fmt.Println(through == "postgres://app@"+proxy.Addr()+"/calls?sslmode=disable", err)
	// Output: true <nil>
}

func ExampleProxy_Cut() {
	ctx := context.Background()
	proxy, through, _, done := exampleProxy(ctx)
	defer done()
	conn, err := pgx.Connect(ctx, through)
	if err != nil {
		panic(err)
	}
	fmt.Println(conn.Ping(ctx))
	proxy.Cut()
	fmt.Println(conn.Ping(ctx) != nil, conn.IsClosed())
	// Output:
	// <nil>
	// true true
}

func ExampleProxy_DropNotifications() {
	ctx := context.Background()
	proxy, through, direct, done := exampleProxy(ctx)
	defer done()
	conn, err := pgx.Connect(ctx, through)
	if err != nil {
		panic(err)
	}
	defer conn.Close(ctx)
	listen := func(payload string) error {
		if err := run(ctx, direct, fmt.Sprintf("notify news, '%s'", payload)); err != nil {
			return err
		}
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		_, err := conn.WaitForNotification(short)
		return err
	}
	if _, err := conn.Exec(ctx, "listen news"); err != nil {
		panic(err)
	}
	fmt.Println("heard:", listen("one") == nil)
	proxy.DropNotifications(true)
	fmt.Println("heard:", listen("two") == nil)
	// Output:
	// heard: true
	// heard: false
}
