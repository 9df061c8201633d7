package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// engine is a small engine: it dials what is due, and again after a busy line.
type engine struct {
	name   string
	dialer callback.Dialer
	due    []planned
	log    *[]string
	since  time.Time
	clock  *callbacktest.Clock
	to     callback.Call
	fail   []error
	busy   int // ticks that claim to be due and do nothing
}

type planned struct {
	at time.Time
	n  int
}

func (e *engine) note(format string, args ...any) {
	*e.log = append(*e.log, fmt.Sprintf("%v %s", e.clock.Now().Sub(e.since), e.name)+fmt.Sprintf(format, args...))
}

func (e *engine) Tick(ctx context.Context, now time.Time) (p callback.Progress, err error) {
	if len(e.fail) > 0 {
		err, e.fail = e.fail[0], e.fail[1:]
		if err != nil {
			e.note("tick failed")
			return p, err
		}
	}
	if e.busy > 0 {
		e.busy--
		p.NextAt = now
		return p, nil
	}
	for len(e.due) > 0 && !e.due[0].at.After(now) {
		c := e.to
		c.Attempt, c.Key = e.due[0].n, callback.NewAttemptKey(c.ID, e.due[0].n)
		e.due = e.due[1:]
		e.note("dials %s", c.Key)
		if _, err := e.dialer.Dial(ctx, c); err != nil {
			return p, err
		}
		p.Dialed++
	}
	if len(e.due) > 0 {
		p.NextAt = e.due[0].at
	}
	return p, nil
}

func (e *engine) Report(_ context.Context, r callback.Report) error {
	if r.Outcome == nil {
		return nil
	}
	e.note("hears %s", r.Outcome.Result)
	if _, n, _ := r.Key.Split(); r.Outcome.Result == callback.ResultBusy {
		e.due = append(e.due, planned{e.clock.Now().Add(time.Minute), n + 1})
	}
	return nil
}

func newEngine(t testing.TB, steps ...callbacktest.Step) (*callbacktest.Clock, *callbacktest.Dialer, *engine) {
	t.Helper()
	clock, d, _ := world()
	d.On(callbacktest.AnyNumber, steps...)
	e := &engine{dialer: d, clock: clock, since: noon, log: new([]string), to: call(t, "cb", 1)}
	e.due = []planned{{noon.Add(time.Hour), 1}}
	return clock, d, e
}

func TestDrive(t *testing.T) {
	clock, d, e := newEngine(t, callbacktest.Busy(), callbacktest.Answered(90*time.Second))
	sum, err := callbacktest.Drive(t.Context(), e, clock, d, noon.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"1h0m0s dials cb.1", "1h0m1s hears BUSY", "1h1m1s dials cb.2", "1h2m39s hears ANSWER"}
	if diff := cmp.Diff(want, *e.log); diff != "" {
		t.Errorf("the engine's day (-want +got):\n%s", diff)
	}
	if sum.Progress.Dialed != 2 || sum.Reports != 6 || sum.Instants != 9 || sum.Ticks < sum.Instants {
		t.Errorf("the drive did %+v", sum)
	}
	if got := clock.Now().Sub(noon); got != time.Hour+2*time.Minute+39*time.Second {
		t.Errorf("the clock stands at %v, want where nothing was left", got)
	}
}

func TestDriveStopsAtUntil(t *testing.T) {
	clock, d, e := newEngine(t, callbacktest.Busy())
	until := noon.Add(time.Hour + time.Second)
	if _, err := callbacktest.Drive(t.Context(), e, clock, d, until); err != nil {
		t.Fatal(err)
	}
	want := []string{"1h0m0s dials cb.1", "1h0m1s hears BUSY"}
	if diff := cmp.Diff(want, *e.log); diff != "" {
		t.Errorf("what was due at until is done (-want +got):\n%s", diff)
	}
	if !clock.Now().Equal(until) {
		t.Errorf("the clock stands at %v", clock.Now())
	}
	if _, err := callbacktest.Drive(t.Context(), e, clock, d, until.Add(time.Minute-1)); err != nil || len(*e.log) != 2 {
		t.Errorf("a nanosecond before the next: %v, %q", err, *e.log)
	}
	if sum, err := callbacktest.Drive(t.Context(), e, clock, d, noon); err != nil || sum.Ticks != 0 {
		t.Errorf("until in the past = %+v, %v", sum, err)
	}
	if !clock.Now().Equal(until.Add(time.Minute - 1)) {
		t.Errorf("the clock stands at %v", clock.Now())
	}
}

func TestDriveErrors(t *testing.T) {
	down := errors.New("store is down")
	clock, d, e := newEngine(t, callbacktest.Busy())
	e.fail = []error{nil, down}
	if _, err := callbacktest.Drive(t.Context(), e, clock, d, noon.Add(2*time.Hour)); !errors.Is(err, down) {
		t.Errorf("Drive = %v", err)
	}

	// With OnError it goes on a second later.
	clock, d, e = newEngine(t, callbacktest.NoAnswer())
	e.fail = []error{nil, down, down}
	var seen []error
	driver := callbacktest.Driver{Engine: e, Clock: clock, Dialer: d, OnError: func(err error) error {
		seen = append(seen, err)
		return nil
	}}
	if _, err := driver.Run(t.Context(), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	want := []string{"1h0m0s tick failed", "1h0m1s tick failed", "1h0m2s dials cb.1", "1h0m28s hears NO_ANSWER"}
	if diff := cmp.Diff(want, *e.log); diff != "" {
		t.Errorf("the engine's day (-want +got):\n%s", diff)
	}
	if len(seen) != 2 {
		t.Errorf("OnError saw %v", seen)
	}

	// An error that never ends does not keep the drive from ending.
	clock, d, e = newEngine(t, callbacktest.Busy())
	for range 5000 {
		e.fail = append(e.fail, down)
	}
	driver = callbacktest.Driver{Engine: e, Clock: clock, Dialer: d, OnError: func(error) error { return nil }}
	sum, err := driver.Run(t.Context(), noon.Add(time.Hour))
	if err != nil || sum.Ticks != 3601 {
		t.Errorf("drive = %+v, %v", sum, err)
	}

	// What comes sooner than the second is not missed.
	clock, d, e = newEngine(t, callbacktest.Machine().Ringing(500*time.Millisecond))
	e.fail = []error{nil, nil, nil, nil, down}
	driver = callbacktest.Driver{Engine: e, Clock: clock, Dialer: d, OnError: func(error) error { return nil }}
	if _, err := driver.Run(t.Context(), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	want = []string{"1h0m0s dials cb.1", "1h0m1s tick failed", "1h0m1.5s hears ANSWERING_MACHINE"}
	if diff := cmp.Diff(want, *e.log); diff != "" {
		t.Errorf("the engine's day (-want +got):\n%s", diff)
	}

	// Errors of reports reach OnError too.
	clock, d, e = newEngine(t, callbacktest.Busy())
	driver = callbacktest.Driver{Engine: deaf{e, down}, Clock: clock, Dialer: d, OnError: func(err error) error { return err }}
	if _, err := driver.Run(t.Context(), noon.Add(2*time.Hour)); !errors.Is(err, down) {
		t.Errorf("drive with failing reports = %v", err)
	}
	clock, d, e = newEngine(t, callbacktest.Busy())
	if _, err := callbacktest.Drive(t.Context(), deaf{e, down}, clock, d, noon.Add(2*time.Hour)); err != nil {
		t.Errorf("Drive with failing reports = %v", err)
	}
	if _, pending := d.Next(); !pending {
		t.Error("a failing report was lost")
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := callbacktest.Drive(ended, e, clock, d, noon.Add(24*time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("Drive without a context = %v", err)
	}
}

// deaf is an engine that takes no report.
type deaf struct {
	*engine
	err error
}

func (d deaf) Report(context.Context, callback.Report) error { return d.err }

func TestDriveSeesAStalledEngine(t *testing.T) {
	clock, d, e := newEngine(t, callbacktest.Busy())
	e.busy = 999
	if _, err := callbacktest.Drive(t.Context(), e, clock, d, noon.Add(2*time.Hour)); err != nil {
		t.Errorf("an engine that comes round = %v", err)
	}
	clock, d, e = newEngine(t, callbacktest.Busy())
	e.busy = 1000
	if _, err := callbacktest.Drive(t.Context(), e, clock, d, noon.Add(2*time.Hour)); !errors.Is(err, callbacktest.ErrStalled) {
		t.Errorf("an engine that spins = %v", err)
	}
}

func TestDriverHooks(t *testing.T) {
	clock, d, e := newEngine(t, callbacktest.Busy())
	enough := errors.New("seen enough")
	var at []time.Duration
	driver := callbacktest.Driver{Engine: e, Clock: clock, Dialer: d, Poll: 25 * time.Minute, At: func(now time.Time) error {
		at = append(at, now.Sub(noon))
		if len(at) == 5 {
			return enough
		}
		return nil
	}}
	if _, err := driver.Run(t.Context(), noon.Add(24*time.Hour)); !errors.Is(err, enough) {
		t.Errorf("drive = %v", err)
	}
	want := []time.Duration{0, 25 * time.Minute, 50 * time.Minute, time.Hour, time.Hour + time.Second}
	if diff := cmp.Diff(want, at); diff != "" {
		t.Errorf("instants (-want +got):\n%s", diff)
	}
	// With a poll, a drive goes on to until though nothing is left.
	clock, d, e = newEngine(t, callbacktest.NoAnswer())
	driver = callbacktest.Driver{Engine: e, Clock: clock, Dialer: d, Poll: 7 * time.Hour}
	if _, err := driver.Run(t.Context(), noon.Add(24*time.Hour)); err != nil || !clock.Now().Equal(noon.Add(24*time.Hour)) {
		t.Errorf("drive = %v at %v", err, clock.Now())
	}
}

// Several engines are ticked in order and hear reports in turn.
func TestDriveSeveralEngines(t *testing.T) {
	clock, d, first := newEngine(t, callbacktest.NoAnswer().With(callbacktest.Twice))
	second := *first
	first.name, second.name = "a ", "b "
	second.due, second.to = []planned{{noon.Add(time.Hour), 1}}, call(t, "other", 1)
	driver := callbacktest.Driver{Engine: first, Others: []callbacktest.Engine{&second}, Clock: clock, Dialer: d}
	if _, err := driver.Run(t.Context(), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"1h0m0s a dials cb.1", "1h0m0s b dials other.1",
		"1h0m26s a hears NO_ANSWER", "1h0m26s b hears NO_ANSWER", "1h0m26s a hears NO_ANSWER", "1h0m26s b hears NO_ANSWER",
	}
	if diff := cmp.Diff(want, *first.log); diff != "" {
		t.Errorf("the engines' day (-want +got):\n%s", diff)
	}
}
