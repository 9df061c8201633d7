package postgrestest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// A failover: what was acknowledged is on the standby.
func ExampleCluster_Standby() {
	ctx := context.Background()
	primary, err := postgrestest.Start(ctx, postgrestest.Options{})
	if err != nil {
		panic(err)
	}
	defer primary.Close()
	standby, err := primary.Standby(ctx, "second")
	if err != nil {
		panic(err)
	}
	defer standby.Close()
	if err := errors.Join(primary.Synchronous(ctx, "second"), primary.Streaming(ctx, "second")); err != nil {
		panic(err)
	}
	dsn := postgrestest.FailoverDSN("postgres", primary, standby)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		panic(err)
	}
	if _, err := conn.Exec(ctx, "create table calls as select 'asked for' as state"); err != nil {
		panic(err)
	}
	if err := errors.Join(primary.Kill(ctx), standby.Promote(ctx)); err != nil {
		panic(err)
	}
	fmt.Println(ask(ctx, dsn, "select state from calls"))
	// Output:
	// asked for <nil>
}
