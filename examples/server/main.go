// Server is a whole callback server on the library: the four HTTP APIs over one
// Manager, a simulated dialer and agents that make the callbacks move, and a
// store of your choice. It is there to be read, and to test clients against.
//
//	go run ./examples/server
//	go run ./examples/server -store sqlite:callbacks.db
//	go run ./examples/server -store postgres://user@host/database -addr 127.0.0.1:8080
//	go run ./examples/server -clock 2026-03-27T08:00:00Z
//
// GMS is served under /genesys, LUCS under /v1.0, LCM under /lcm and the
// Callback Interaction resource under /interactions. The services are those of
// demo.ini unless -config names another configuration of that form. What it
// cannot use of it is printed, line by line.
//
// # Time that stands still
//
// With -clock the time is the one given and moves only when it is told to:
//
//	POST /demo/clock?advance=90s
//
// lets all that happens within the next 90 seconds happen in its order, and
// answers when nothing is left to do. In an empty store the identifiers of
// callbacks are counted, so that the same requests have the same answers.
//
// # The customers' phones
//
// Customers answer unless they are told otherwise:
//
//	POST /demo/outcomes {"+41785556677": ["BUSY", "ANSWER"]}
//
// scripts what the next attempts to a number meet: names of call results, and
// SILENT for a platform that takes a call and then says nothing until it is
// asked, UNKNOWN for one whose end is never known. GET /demo/calls lists the attempts that the dialer was asked to place, in order.
//
// # Notifications
//
// With -notify the server tells a subscriber of each event of a callback, as GMS'
// status notifications do: a POST of JSON per event, at least once, signed with
// -notify-secret. A secret that the flags do not give is made up and printed.
//
//	go run ./examples/server -notify http://127.0.0.1:9000/events -notify-cursor events.cursor
//
// # Where to look
//
//   - server.go: how a host puts store, services, dialer, router and APIs
//     together, and stops without losing anything
//   - access.go: who may do what
//   - platform.go, desk.go: the simulated telephony and agents
//   - notify.go: who is notified
//   - engine.go: how an engine is driven by a clock of one's own
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	addr, store, config string
	clock               time.Time // zero: the time of day
	notify              subscriber
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	var clock string
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "where to listen")
	flags.StringVar(&o.store, "store", "memory", "memory, sqlite:FILE or postgres:DSN (postgres://... as well)")
	flags.StringVar(&o.config, "config", "", "a configuration in the form of GMS; demo.ini when empty")
	flags.StringVar(&clock, "clock", "", "begin at this time (RFC 3339) and stand still, but for POST /demo/clock?advance=90s")
	flags.StringVar(&o.notify.url, "notify", "", "where to POST status notifications; none when empty")
	flags.StringVar(&o.notify.secret, "notify-secret", "", "what signs them, at least 16 bytes; made up and printed when empty")
	flags.StringVar(&o.notify.cursor, "notify-cursor", "", "file with the last event that was delivered; when empty, events before the start are not told")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.notify.url == "" && o.notify != (subscriber{}) {
		return o, errors.New("-notify-secret and -notify-cursor need -notify")
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if clock != "" {
		at, err := time.Parse(time.RFC3339, clock)
		if err != nil {
			return o, fmt.Errorf("-clock: %w", err)
		}
		o.clock = at.UTC()
	}
	return o, nil
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	s, err := newServer(ctx, o, stdout, stderr)
	if err != nil {
		return err
	}
	return s.serve(ctx)
}
