package postgrestest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// ask returns the text that a query returns on a new connection.
func ask(ctx context.Context, dsn, query string) (answer string, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, query).Scan(&answer)
	return answer, err
}

func ExampleFind() {
	bin, err := postgrestest.Find()
	if err != nil {
		panic(err)
	}
	_, err = os.Stat(filepath.Join(bin, "initdb"))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleFindBouncer() {
	program, err := postgrestest.FindBouncer()
	fmt.Println(filepath.Base(program), err)
	// Output: pgbouncer <nil>
}

// A program starts a cluster without a test.
func ExampleStart() {
	ctx := context.Background()
	cluster, err := postgrestest.Start(ctx, postgrestest.Options{Settings: map[string]string{"work_mem": "8MB"}})
	if err != nil {
		panic(err)
	}
	defer cluster.Close()
	fmt.Println(ask(ctx, cluster.DSN("postgres"), "show work_mem"))
	fmt.Println(ask(ctx, cluster.TCP("postgres"), "show synchronous_commit"))
	// Output:
	// 8MB <nil>
	// on <nil>
}

// Committed data survives a crash.
func ExampleCluster_Restart() {
	ctx := context.Background()
	cluster, err := postgrestest.Start(ctx, postgrestest.Options{})
	if err != nil {
		panic(err)
	}
	defer cluster.Close()
	dsn := cluster.DSN("postgres")
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		panic(err)
	}
	if _, err := conn.Exec(ctx, "create table calls as select 'asked for' as state"); err != nil {
		panic(err)
	}

	if err := cluster.StopImmediate(ctx); err != nil {
		panic(err)
	}
	fmt.Println("gone:", conn.Ping(ctx) != nil)

	if err := cluster.Restart(ctx); err != nil {
		panic(err)
	}
	fmt.Println(ask(ctx, dsn, "select state from calls"))
	// Output:
	// gone: true
	// asked for <nil>
}

func ExampleCluster_Create() {
	ctx := context.Background()
	cluster, err := suite.Start(ctx)
	if err != nil {
		panic(err)
	}
	database, err := cluster.Create(ctx)
	if err != nil {
		panic(err)
	}
	answer, err := ask(ctx, cluster.DSN(database), "select current_database()::text")
	fmt.Println(answer == database, err)
	fmt.Println(cluster.Drop(ctx, database))
	// Output:
	// true <nil>
	// <nil>
}

// The first call starts the cluster; all share it. Tests use Cluster or
// NewDatabase.
func ExampleSuite_Start() {
	ctx := context.Background()
	var calls postgrestest.Suite
	defer calls.Close() // Suite.Main does this in a test package
	first, err := calls.Start(ctx)
	if err != nil {
		panic(err)
	}
	second, err := calls.Start(ctx)
	fmt.Println(first == second, err)
	// Output: true <nil>
}

func ExampleStartBouncer() {
	ctx := context.Background()
	cluster, err := suite.Start(ctx)
	if err != nil {
		panic(err)
	}
	bouncer, err := postgrestest.StartBouncer(ctx, cluster, postgrestest.BouncerOptions{PoolSize: 5})
	if err != nil {
		panic(err)
	}
	defer bouncer.Close()
	fmt.Println(ask(ctx, bouncer.DSN("postgres"), "select 'through PgBouncer'"))
	// Output: through PgBouncer <nil>
}
