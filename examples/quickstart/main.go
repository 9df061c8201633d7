// Quickstart runs a day of a contact centre through ringback: some seventy
// requests to be called back, as web forms, apps and agents send them, are read
// from a file, accepted or refused, released when their time comes, dialled,
// retried and completed. It shows the whole of what a host does with the
// library, but for the telephony: a scripted dialer on virtual time stands in
// for it, so that two weeks take a moment and every run prints the same.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -file examples/quickstart/day.jsonl
//
// The files, in the order of reading:
//
//   - services.go: how three services are configured
//   - shapes.go: how requests in the forms of other systems become a
//     [callback.Request]
//   - play.go: how a Manager is made, asked, and driven
//   - account.go, timeline.go: how records, errors and events are read
//   - day.jsonl, day.go: the input, one line a request or an order
//
// All numbers in the file are from ranges that are kept free for fiction and
// tests.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // so that it runs on machines without zone data
)

//go:embed day.jsonl
var day []byte

func main() {
	file := flag.String("file", "", "a JSON-lines file like day.jsonl; the built-in day when empty")
	flag.Parse()
	if err := open(*file, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// open runs the named file, or the built-in day.
func open(file string, out io.Writer) error {
	if file == "" {
		return run(context.Background(), bytes.NewReader(day), out)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return run(context.Background(), f, out)
}

// run plays the lines and prints the account.
func run(ctx context.Context, in io.Reader, out io.Writer) error {
	lines, err := readDay(in)
	if err != nil {
		return err
	}
	p, err := newPlay(lines[0].At)
	if err != nil {
		return err
	}
	if err := p.play(ctx, lines); err != nil {
		return err
	}
	return p.print(ctx, out)
}
