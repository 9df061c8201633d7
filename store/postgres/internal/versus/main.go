// Versus compares ringback with what a host would build callbacks on instead:
// River and a hand-written table on the same PostgreSQL, and asynq when a Redis
// is given. Both sides of a row work in turns in one run, at the same
// durability, and each line is the median of several rounds.
//
//	make versus
//	make versus ARGS='-only claim -rounds 3'
//	make versus ARGS='-dsn postgres://user@host/database -redis localhost:6379'
//	make versus ARGS=-quick
//
// It is a module of its own, which is never published: it requires what it
// compares with. Outside make, run it in its folder with GOWORK=off.
//
// Without -dsn it starts a PostgreSQL server of its own, with fsync,
// full_page_writes and synchronous_commit on, whose data lie in the temporary
// folder: set TMPDIR to a folder on a disk where that is in memory. In a
// database of yours it works in schemas of its own, which it drops at the end.
// The whole takes about seven minutes.
//
// # Reading a line
//
// ratio is how many times better ringback is: more per second, or less time or
// space. goal is what the project wants, "must / aim"; a missed must is marked.
// hand is the hand-written table, which has three indexes and neither history,
// nor capacity, nor search: it is there for orientation. cpu is microseconds of
// processor time for each operation, of this process + of all processes of the
// server, where both are on one Linux machine: it depends less than rates on
// what else the machine does.
//
// # What is compared
//
// Everything of ringback goes through the interfaces that a host uses:
// [postgres.Store] or [callback.Manager]. A callback is stored with its history
// row, a seat in a time bucket and the index on its number. River and asynq get
// jobs with the same content - number, service, time - in their own format; River has
// the settings of its own benchmark tool where a row says tuned, and its
// defaults elsewhere.
//
// The status is 0 unless something failed: a missed goal is no failure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	var o options
	flag.StringVar(&o.dsn, "dsn", os.Getenv("RINGBACK_DSN"), "the PostgreSQL database to work in; a private server when empty")
	flag.StringVar(&o.redis, "redis", "", "the host:port of a Redis for the rows of asynq; none when empty")
	flag.StringVar(&o.only, "only", "", "run only the rows whose group begins so: "+groupNames())
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of each row (default 5; 1 with -quick)")
	flag.BoolVar(&o.quick, "quick", false, "run everything very briefly: a smoke test, whose figures say nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, o)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "versus:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	dsn, redis, only string
	rounds           int
	quick            bool
}
