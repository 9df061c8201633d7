// Quickstart runs a day of a contact centre through ringback: some seventy
// requests are read from day.jsonl, accepted or refused, released when their
// time comes, dialed, retried and completed. A scripted dialer on virtual time
// stands in for the telephony, so that two weeks take a moment and every run
// prints the same.
//
//	go run ./examples/quickstart
//
// services.go configures three services, main.go builds a Manager and asks it
// for what each line wants, report.go reads back what happened. All numbers are
// reserved for fiction and tests.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // for machines without zone data

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

//go:embed day.jsonl
var lines []byte

// rest is how long the engine runs on after the last line: as long as anything
// is booked.
const rest = 14 * 24 * time.Hour

func main() {
	if err := run(context.Background(), bytes.NewReader(lines), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run plays the lines and prints what became of them.
func run(ctx context.Context, in io.Reader, out io.Writer) error {
	day, err := newDay()
	if err != nil {
		return err
	}
	if err := day.play(ctx, in); err != nil {
		return err
	}
	return day.report(ctx, out)
}

// line is one line of day.jsonl: a request, or a change of the callback that the
// same person asked for last.
type line struct {
	At      time.Time       `json:"at"`
	Who     string          `json:"who"`
	Do      string          `json:"do"` // "start" (the default), "cancel", "reschedule", "update" or "resolve"
	By      string          `json:"by"` // who makes the change; defaults to Who
	Request manager.Request `json:"request"`
	Copy    string          `json:"copy"`   // redial the callback of this person, or with this id
	To      time.Time       `json:"to"`     // reschedule to
	Set     callback.Values `json:"set"`    // update of properties
	Result  string          `json:"result"` // resolve with
	Calls   []string        `json:"calls"`  // what happens to each attempt; the last repeats
}

// day is a Manager, the world around it, and the answers to the lines so far.
type day struct {
	m             *manager.Manager
	store         *store.Memory
	clock         *callbacktest.Clock
	dialer        *callbacktest.Dialer
	latest        map[string]callback.ID // by who asked
	answers       []answer
	before, after availability.Slots // free seats, in the morning and in the evening
}

// answer is what became of a line: a callback or an error.
type answer struct {
	line
	id  callback.ID
	cb  *callback.Callback
	err error
}

// newDay builds a Manager that repeats itself exactly: it has a clock that is
// set by hand, counts its ids and dials on the goroutine that ticks it. A
// production host leaves these options out.
func newDay() (*day, error) {
	known, err := services()
	if err != nil {
		return nil, err
	}
	d := &day{store: store.NewMemory(store.Config{}), clock: callbacktest.NewClock(time.Time{}), latest: make(map[string]callback.ID)}
	d.dialer = callbacktest.NewDialer(d.clock.Now)
	d.m, err = manager.New(manager.Config{
		Store: d.store, Services: known, Dialer: d.dialer, Logger: slog.New(slog.DiscardHandler),
		Now: d.clock.Now, NewID: callbacktest.IDs("cb"), Node: "engine", Synchronous: true,
	})
	return d, err
}

// play lets the engine work up to the time of each line, then does what it says.
func (d *day) play(ctx context.Context, in io.Reader) error {
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	for {
		l := line{Do: "start"}
		if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("line %d: %w", len(d.answers)+1, err)
		}
		if l.At.Before(d.clock.Now()) {
			return fmt.Errorf("line %d: %v is before the line above", len(d.answers)+1, l.At)
		}
		if err := d.advance(ctx, l.At); err != nil {
			return err
		}
		if len(d.answers) == 0 {
			d.before = d.free(ctx)
		}
		a := d.do(ctx, l)
		if callback.Code(a.err) == callback.CodeUnexpected { // not a refusal
			return fmt.Errorf("line %d: %w", len(d.answers)+1, a.err)
		}
		d.answers = append(d.answers, a)
	}
	d.after = d.free(ctx)
	return d.advance(ctx, d.clock.Now().Add(rest))
}

// advance drives engine and dialer to an instant. A production host calls
// Manager.Run instead, and its telephony reports by itself.
func (d *day) advance(ctx context.Context, to time.Time) error {
	if d.clock.Now().IsZero() {
		d.clock.Set(to)
	}
	_, err := callbacktest.Drive(ctx, d.m, d.clock, d.dialer, to)
	d.clock.Set(to)
	return err
}

// free returns the seats of billing in half an hour of the next Monday.
func (d *day) free(ctx context.Context) availability.Slots {
	from := time.Date(2026, time.March, 30, 8, 0, 0, 0, time.UTC)
	slots, err := d.m.Availability(ctx, manager.AvailabilityRequest{
		Service: "billing", Query: availability.Query{Start: from, End: from.Add(30 * time.Minute), ReportBusy: true},
	})
	if err != nil {
		return availability.Slots{} // on another day
	}
	return slots
}

// do asks the Manager for what a line wants.
func (d *day) do(ctx context.Context, l line) answer {
	a := answer{line: l, id: d.latest[l.Who]}
	if a.By == "" {
		a.By = l.Who
	}
	switch l.Do {
	case "start":
		a.cb, a.err = d.start(ctx, l)
		a.id = ""
		if a.err == nil {
			a.id = a.cb.ID
		}
	case "cancel":
		a.cb, a.err = d.m.Cancel(ctx, manager.CancelRequest{ID: a.id, Actor: a.By})
	case "reschedule":
		a.cb, a.err = d.m.Reschedule(ctx, manager.RescheduleRequest{ID: a.id, Desired: l.To, Actor: a.By})
	case "update":
		a.cb, a.err = d.m.Update(ctx, manager.UpdateRequest{ID: a.id, Set: l.Set, Actor: a.By})
	case "resolve":
		var result callback.CallResult
		if a.err = result.UnmarshalText([]byte(l.Result)); a.err != nil {
			break
		}
		a.cb, a.err = d.m.Resolve(ctx, manager.Resolution{
			ID: a.id, Actor: a.By, Detail: "asked the agent",
			Outcome: callback.Outcome{Result: result, Certainty: callback.Known},
		})
	default:
		a.err = fmt.Errorf("%q is not known", l.Do)
	}
	return a
}

// start starts a callback and writes the script of its calls.
func (d *day) start(ctx context.Context, l line) (*callback.Callback, error) {
	steps := make([]callbacktest.Step, 0, len(l.Calls))
	for _, call := range l.Calls {
		step, err := parseStep(call)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	l.Request.Actor = l.Who
	l.Request.CopyFrom = d.latest[l.Copy]
	if l.Request.CopyFrom == "" {
		l.Request.CopyFrom = callback.ID(l.Copy)
	}
	cb, err := d.m.Start(ctx, l.Request)
	if err == nil {
		d.latest[l.Who] = cb.ID
		if len(steps) > 0 {
			d.dialer.OnCallback(cb.ID, steps...)
		}
	}
	return cb, err
}

// parseStep reads what happens to a call: a word, and how long it takes.
func parseStep(call string) (callbacktest.Step, error) {
	word, length, _ := strings.Cut(call, " ")
	took := time.Minute
	if length != "" {
		var err error
		if took, err = time.ParseDuration(length); err != nil {
			return callbacktest.Step{}, err
		}
	}
	step, ok := map[string]callbacktest.Step{
		"answered": callbacktest.Answered(took), "garbled": callbacktest.Answered(took).With(callbacktest.Twice, callbacktest.Backwards),
		"abandoned": callbacktest.Abandoned(took), "busy": callbacktest.Busy(), "no-answer": callbacktest.NoAnswer(),
		"machine": callbacktest.Machine(), "fax": callbacktest.Fax(), "rejected": callbacktest.Rejected(),
		"congestion": callbacktest.Congestion(), "invalid": callbacktest.InvalidNumber(), "not-placed": callbacktest.Refused(),
		"silent": callbacktest.Silent(), "forgotten": callbacktest.Silent().With(callbacktest.Forgotten),
	}[word]
	if !ok {
		return step, fmt.Errorf("call %q is not known", call)
	}
	return step, nil
}
