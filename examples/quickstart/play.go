package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// play is a day at work: the engine, the world around it, and notes of what
// was asked and answered.
type play struct {
	m      *manager.Manager
	store  *store.Memory
	clock  *callbacktest.Clock
	dialer *callbacktest.Dialer
	began  time.Time

	latest map[string]callback.ID // by who asked
	names  map[callback.ID]string
	notes  []note
	reps   int // reports of the dialer that the engine took

	before, after availability.Slots
}

// note is what became of one line. Exactly one of cb and err is set.
type note struct {
	line line
	id   callback.ID        // whom an order was about
	cb   *callback.Callback // as it was when the verb returned
	err  error
	same bool // the key was used before: no new callback
}

// newPlay makes a Manager whose runs can be repeated to the byte: it has the
// clock of the day, counts its callbacks, calls the dialer on the ticking
// goroutine, and draws no random numbers.
func newPlay(start time.Time) (*play, error) {
	services, err := services()
	if err != nil {
		return nil, err
	}
	p := &play{
		store: store.NewMemory(), clock: callbacktest.NewClock(start), began: start,
		latest: make(map[string]callback.ID), names: make(map[callback.ID]string),
	}
	p.dialer = callbacktest.NewDialer(p.clock.Now)
	var ids atomic.Int64
	p.m, err = manager.New(manager.Config{
		Store: p.store, Services: services, Dialer: p.dialer,
		Now: p.clock.Now, Node: "quickstart", Synchronous: true,
		NewID:  func() callback.ID { return callback.ID(fmt.Sprintf("cb-%02d", ids.Add(1))) },
		Logger: slog.New(slog.DiscardHandler),
	})
	return p, err
}

// rest is how long the engine runs on after the last line: as long as anything
// is booked.
const rest = 14 * 24 * time.Hour

// play lets the engine work up to each line, then does what the line says.
func (p *play) play(ctx context.Context, lines []line) error {
	var err error
	if p.before, err = p.free(ctx); err != nil {
		return err
	}
	for _, l := range lines {
		if err := p.advance(ctx, l.At); err != nil {
			return err
		}
		n := p.do(ctx, l)
		if err := p.remember(n); err != nil {
			return fmt.Errorf("line %d: %w", l.number, err)
		}
	}
	if p.after, err = p.free(ctx); err != nil {
		return err
	}
	return p.advance(ctx, lines[len(lines)-1].At.Add(rest))
}

// advance drives engine and dialer to an instant. A host calls Manager.Run
// instead, and its telephony reports by itself.
func (p *play) advance(ctx context.Context, to time.Time) error {
	driven, err := callbacktest.Drive(ctx, p.m, p.clock, p.dialer, to)
	p.reps += driven.Reports
	if p.clock.Now().Before(to) {
		p.clock.Set(to)
	}
	return err
}

// free asks which times of billing are free when everybody wants to be called:
// in the half hour after ten on the next Monday.
func (p *play) free(ctx context.Context) (availability.Slots, error) {
	zone, err := availability.LoadZone("Europe/Berlin")
	if err != nil {
		return availability.Slots{}, err
	}
	year, month, day := p.began.In(zone).Date()
	days := 7 - int(p.began.In(zone).Weekday()+6)%7
	from, _, err := availability.ResolveLocal(year, month, day, 10, 0, zone)
	if err != nil {
		return availability.Slots{}, err
	}
	from = from.In(zone).AddDate(0, 0, days)
	return p.m.Availability(ctx, manager.AvailabilityRequest{
		Service: "billing",
		Query:   availability.Query{Start: from, End: from.Add(30 * time.Minute), ReportBusy: true},
	})
}

// do asks the Manager for what a line wants.
func (p *play) do(ctx context.Context, l line) note {
	id := p.latest[l.Who]
	n := note{line: l, id: id}
	switch l.Do {
	case "cancel":
		n.cb, n.err = p.m.Cancel(ctx, manager.CancelRequest{ID: id, Actor: l.actor()})
	case "reschedule":
		n.cb, n.err = p.m.Reschedule(ctx, manager.RescheduleRequest{ID: id, Desired: l.To, Actor: l.actor()})
	case "update":
		n.cb, n.err = p.m.Update(ctx, manager.UpdateRequest{ID: id, Set: l.Set, Actor: l.actor()})
	case "resolve":
		n.cb, n.err = p.resolve(ctx, l, id)
	default:
		n.cb, n.err = p.start(ctx, l)
		n.same = n.err == nil && p.names[n.cb.ID] != ""
	}
	if n.err != nil {
		n.cb = nil
	}
	return n
}

func (p *play) start(ctx context.Context, l line) (*callback.Callback, error) {
	copyFrom, ok := p.latest[l.Copy]
	if !ok {
		copyFrom = callback.ID(l.Copy)
	}
	req, err := l.request(copyFrom)
	if err != nil {
		return nil, err
	}
	return p.m.Start(ctx, req)
}

func (p *play) resolve(ctx context.Context, l line, id callback.ID) (*callback.Callback, error) {
	result, err := callback.ParseCallResult(l.result())
	if err != nil {
		return nil, err
	}
	return p.m.Resolve(ctx, manager.Resolution{
		ID: id, Actor: l.actor(), Detail: "asked the agent",
		Outcome: callback.Outcome{Result: result, Certainty: callback.Known},
	})
}

// remember notes what happened. A refusal is part of the day; only what has no
// code of its own ends the run.
func (p *play) remember(n note) error {
	if callback.Code(n.err) == callback.CodeUnexpected || errors.Is(n.err, callback.ErrOutcomeUnknown) {
		return n.err
	}
	p.notes = append(p.notes, n)
	if n.err != nil || n.line.Do != "start" || n.same {
		return nil
	}
	p.latest[n.line.Who] = n.cb.ID
	p.names[n.cb.ID] = n.line.Who
	steps, err := n.line.steps()
	if len(steps) > 0 {
		p.dialer.OnCallback(n.cb.ID, steps...)
	}
	return err
}
