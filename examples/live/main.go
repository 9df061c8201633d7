// Live shows the engine as a host runs it: Manager.Run in real time next to the
// host's own work, a dialer that makes a call from beginning to end, events as
// they happen, and a clean end, by itself after some three seconds or at once
// on Ctrl-C.
//
//	go run ./examples/live
//
// The dialer here waits a little and answers; yours calls a customer.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// longest is when the example gives up waiting for its callbacks.
const longest = 4 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "live:", err)
		os.Exit(1)
	}
}

// run starts the engine, asks for a few callbacks, and stops the engine when
// all are completed, when time is up, or when ctx ends.
func run(ctx context.Context, out io.Writer) error {
	services, err := callback.NewServices(service())
	if err != nil {
		return err
	}
	m, err := manager.New(manager.Config{
		Store:    store.NewMemory(store.Config{}),
		Services: services,
		Dialer:   callback.DialerFunc(dial),
		Node:     "live",
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()

	p := newPrinter(out)
	var work sync.WaitGroup
	var engine, watcher error
	work.Go(func() { engine = ended(m.Run(ctx)) })
	work.Go(func() { watcher = ended(p.watch(ctx, m, len(numbers()))) })

	var refused error
	for i, number := range numbers() {
		refused = errors.Join(refused, ask(ctx, m, number, i))
	}
	select {
	case <-p.done:
		p.say("", "all are completed: shutting down")
	case <-ctx.Done():
		p.say("", "told to stop: shutting down")
	}
	// Shutdown waits for the calls that are being made, so that their answers
	// are not lost; the time is how long the host has.
	shutdown, release := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer release()
	err = m.Shutdown(shutdown)
	cancel()
	work.Wait()
	p.say("", "stopped")
	return errors.Join(ended(refused), err, engine, watcher)
}

// ended makes nothing of the end that was asked for.
func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// service has times that are short enough to watch. A callback wanted later
// than Buffer from now is booked; it is released Buffer before its time.
func service() callback.Service {
	return callback.Service{
		Name:    "hotline",
		Numbers: callback.Numbers{Country: "DE"},
		Booking: callback.Booking{Buffer: 100 * time.Millisecond, ConnectThreshold: 100 * time.Millisecond},
		// Here a retry follows within a second, which is no way to treat a customer.
		Limits: callback.Limits{Attempts: []callback.Throttle{}},
		Dialing: callback.DialOptions{Retry: scheduler.RetryPolicy{
			MaxAttempts: 3,
			Default:     scheduler.Rule{Max: -1, Delay: 600 * time.Millisecond},
		}},
	}
}

// numbers are from a range that is kept free for films and books. The last one
// wants to be called a second later.
func numbers() []string {
	return []string{"030 23125 201", "030 23125 202", "030 23125 203", "030 23125 204"}
}

// later is how far ahead the last callback is booked.
const later = time.Second

func ask(ctx context.Context, m *manager.Manager, number string, i int) error {
	req := manager.Request{Service: "hotline", Number: number, Actor: "web"}
	if i == len(numbers())-1 {
		req.Desired = time.Now().Add(later)
	}
	_, err := m.Start(ctx, req)
	return err
}

// dial makes one call, from beginning to end, and says how it ended. The second
// customer is on the phone when first called.
func dial(ctx context.Context, call callback.Call) (callback.Outcome, error) {
	outcome := callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known, Talk: 300 * time.Millisecond}
	if call.Attempt == 1 && endsWith(call, "202") {
		outcome = callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known}
	}
	timer := time.NewTimer(100*time.Millisecond + outcome.Talk)
	defer timer.Stop()
	select {
	case <-timer.C:
		return outcome, nil
	case <-ctx.Done():
		// The host has no more time, and the end of the call is unknown: that
		// is what an error means that does not wrap callback.ErrNotPlaced.
		return callback.Outcome{}, ctx.Err()
	}
}

func endsWith(call callback.Call, digits string) bool {
	number, ok := call.To.Number()
	if !ok {
		return false
	}
	e164 := number.E164()
	return len(e164) >= len(digits) && e164[len(e164)-len(digits):] == digits
}

// printer writes what happens, with the time since it began.
type printer struct {
	began time.Time
	done  chan struct{} // closed when all callbacks are completed

	mu  sync.Mutex
	out io.Writer
}

func newPrinter(out io.Writer) *printer {
	return &printer{began: time.Now(), done: make(chan struct{}), out: out}
}

// say writes one line.
func (p *printer) say(whom, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("%5.2fs  %-15s  %s", time.Since(p.began).Seconds(), whom, what)
	fmt.Fprintln(p.out, strings.TrimRight(line, " "))
}

// watch writes the events of the engine until ctx ends or the Manager stops,
// and closes done after that many callbacks are completed.
func (p *printer) watch(ctx context.Context, m *manager.Manager, callbacks int) error {
	_, err := m.Subscribe(ctx, manager.Subscription{Oldest: true}, func(ctx context.Context, e callback.Event) error {
		cb, err := m.Tenant(e.Tenant).Get(ctx, e.Callback)
		if err != nil {
			return err
		}
		p.say(cb.Customer.Number.String(), fmt.Sprintf("%-13s  %s", e.Type, detail(e)))
		if e.Type == callback.EventCompleted {
			if callbacks--; callbacks == 0 {
				close(p.done)
			}
		}
		return nil
	})
	return err
}

// detail says what an event adds to its type.
func detail(e callback.Event) string {
	switch e.Type {
	case callback.EventDialing:
		return fmt.Sprintf("attempt %d", e.Attempt)
	case callback.EventAttemptEnded:
		return e.Detail
	case callback.EventCompleted:
		return string(e.Reason)
	}
	return e.To.String()
}
