package faulttest

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/store/postgres"
)

// A node dies with a claimed callback; another one takes over when the lease ends.
func ExampleNewFleet() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cluster, err := suite.Start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	pool, err := pgxpool.New(ctx, cluster.DSN("postgres"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer pool.Close()
	config := postgres.Config{Schema: "example"}
	_ = postgres.Migrate(ctx, pool, config)
	s, _ := postgres.New(ctx, pool, config)
	defer s.Close()

	f, err := NewFleet(ctx, FleetConfig{DSN: cluster.DSN("postgres"), Schema: "example", Nodes: 2, Fenced: true, Whole: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer func() { _ = f.Close(ctx) }()
	victim := f.Node(0)
	_ = victim.Arm(ctx, Fuse{Point: AfterClaim})
	for i := 0; ; i++ {
		// Either node may be the one that makes the attempt.
		_, _ = f.Start(ctx, 0, Request{Service: Desk, Number: "+41445551234", Key: fmt.Sprint("key ", i)})
		select {
		case <-victim.Gone():
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}
	fmt.Println(<-victim.Struck(), victim.Killed())

	settled := f.Settle(ctx, s)
	faults, err := f.Faults(ctx, s)
	fmt.Println(settled, faults, err)
	// Output:
	// P3 true
	// <nil> [] <nil>
}

func ExamplePoints() {
	fmt.Println(Points())
	// Output: [P1 P2 P3 P4 P5 P6 P7 P8 P9]
}
