// Customdialer shows how to write a callback.Dialer for a telephony platform of
// one's own: placing attempts and returning a reference, reporting what becomes
// of them from another goroutine, hanging up, answering look-ups, and above all
// the difference between a call that was certainly not placed and one that may
// have been.
//
//	go run ./examples/customdialer
//
// Read dialer.go; platform.go is the made-up platform it adapts. Four customers
// are called: one answers, one finds no trunk, of one the platform's answer gets
// lost, and one is cancelled while the phone rings.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// longest is when the example gives up.
const longest = 3 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "customdialer:", err)
		os.Exit(1)
	}
}

// run makes the calls and ends when all callbacks are completed.
func run(ctx context.Context, out io.Writer) error {
	services, err := callback.NewServices(callback.Service{
		Name:    "sales",
		Numbers: callback.Numbers{Country: "DE"},
		// A platform that does not answer within a second will not.
		Dialing: callback.DialOptions{PlaceTimeout: time.Second, RingTimeout: 5 * time.Second},
	})
	if err != nil {
		return err
	}
	exchange := newPlatform()
	defer exchange.close()
	calls := &dialer{platform: exchange}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: calls, Node: "customdialer",
		Logger: slog.New(slog.DiscardHandler), // the account below tells it all
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()

	d := &desk{m: m, out: out, began: time.Now(), who: make(map[callback.ID]string)}
	for _, c := range customers() {
		cb, err := m.Start(ctx, manager.Request{Service: "sales", Number: c.number})
		if err != nil {
			return err
		}
		d.who[cb.ID] = c.name
	}
	var work sync.WaitGroup
	var reports, engine, watcher error
	work.Go(func() { reports = calls.report(ctx) })
	work.Go(func() { engine = m.Run(ctx) })
	work.Go(func() {
		defer cancel() // the last callback is completed: everything may end
		_, watcher = m.Subscribe(ctx, manager.Subscription{Oldest: true}, func(ctx context.Context, e callback.Event) error {
			d.tell(ctx, e)
			if d.completed == len(d.who) {
				cancel()
			}
			return nil
		})
	})
	work.Wait()
	if d.completed < len(d.who) {
		err = fmt.Errorf("%d of %d callbacks are completed: %w", d.completed, len(d.who), context.Cause(ctx))
	}
	shutdown, release := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer release()
	return errors.Join(err, reports, ended(engine), ended(watcher), m.Shutdown(shutdown))
}

// ended makes nothing of the end that was asked for.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

type customer struct{ name, number string }

// customers have numbers from a range that is kept free for films and books.
func customers() []customer {
	return []customer{
		{"Ann answers", "030 23125 301"},
		{"Ben: no trunk", "030 23125 302"},
		{"Cid: who knows?", "030 23125 303"},
		{"Dee: cancelled", "030 23125 304"},
	}
}

// desk is the host: it tells what happens and acts on it.
type desk struct {
	m         *manager.Manager
	out       io.Writer
	began     time.Time
	who       map[callback.ID]string
	completed int
}

// tell writes an event and does what the host wants done then.
func (d *desk) tell(ctx context.Context, e callback.Event) {
	d.say(e, string(e.Type), about(e))
	switch {
	case e.Type == callback.EventCompleted:
		d.completed++
	case e.Type == callback.EventAttemptEnded && e.Certainty == callback.NotPlaced:
		// It would be dialed again ten seconds later, and twice as late the
		// next time. The example has not got that long.
		d.cancel(ctx, e)
	case e.Type == callback.EventProgress && e.Stage == callback.StageRinging && d.who[e.Callback] == "Dee: cancelled":
		// The error says that a call is on its way: it is hung up, no other
		// follows, and the callback completes when the platform reports its end.
		d.cancel(ctx, e)
	}
}

func (d *desk) cancel(ctx context.Context, e callback.Event) {
	_, err := d.m.Cancel(ctx, manager.CancelRequest{ID: e.Callback, Actor: "desk", Detail: "cancelled at the desk"})
	d.say(e, "cancel", fmt.Sprintf("in flight: %t", errors.Is(err, callback.ErrInFlight)))
}

func (d *desk) say(e callback.Event, what, more string) {
	line := fmt.Sprintf("%5.2fs  %-15s  %-13s  %-10v  %s", time.Since(d.began).Seconds(), d.who[e.Callback], what, e.To, more)
	fmt.Fprintln(d.out, strings.TrimRight(line, " "))
}

// about says what an event adds to its type and state.
func about(e callback.Event) string {
	switch e.Type {
	case callback.EventProgress:
		return e.Stage.String()
	case callback.EventAttemptEnded:
		return fmt.Sprintf("%s (%v)", e.Detail, e.Certainty)
	case callback.EventCompleted:
		return string(e.Reason)
	}
	return e.Detail
}
