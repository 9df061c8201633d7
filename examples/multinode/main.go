// Multinode runs three processes with ringback on one PostgreSQL, puts some
// five hundred callbacks through them, kills one of the three without warning
// while it takes requests and makes calls, brings it back, and proves at the
// end, by a count kept outside the database, that no callback was lost and that
// no customer was called twice. It takes about twenty seconds and ends with status 1
// when a count that must be zero is not.
//
//	go run ./examples/multinode
//	go run ./examples/multinode -dsn postgres://user@host/database
//
// Without -dsn, or RINGBACK_DSN in the environment, it starts a PostgreSQL
// server of its own when the server programs are installed, and removes it
// afterwards. In a database of yours it works in a schema of its own, which it
// drops at the end; -keep leaves it there to be looked at.
//
// The files, in the order of reading:
//
//   - services.go: the services of the three nodes, and the timing of the show
//   - node.go: a node: a Manager on the shared store, and its dialer
//   - platform.go: the telephony that all nodes share; it writes down each call
//   - ledger.go: what the platform wrote down, and what is wrong with it
//   - fleet.go: the processes, how they are killed and talked to
//   - load.go: the customers, who repeat a request that got no answer
//   - show.go: what happens when
//   - audit.go, table.go: the count at the end
//
// All numbers are from a range that is kept free for films and books.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	if settings := os.Getenv(nodeVariable); settings != "" {
		os.Exit(nodeMain(settings))
	}
	dsn := flag.String("dsn", os.Getenv(dsnVariable), "the PostgreSQL database to work in; a private server when empty")
	keep := flag.Bool("keep", false, "leave the schema in the database of -dsn")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, *dsn, *keep, fullPlan())
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "multinode:", err)
		os.Exit(1)
	}
}

// dsnVariable names the environment variable that is read in place of -dsn.
const dsnVariable = "RINGBACK_DSN"

var (
	errKeep  = errors.New("-keep needs -dsn: a private server is removed with its data")
	errWrong = errors.New("a count that must be zero is not")
)
