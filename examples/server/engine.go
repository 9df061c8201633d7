package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// engine lets time pass: for the callbacks, for the calls that are up, and for
// the people who are asked something.
type engine struct {
	clock    *clock
	manager  *manager.Manager
	platform *platform
	log      *slog.Logger

	mu    sync.Mutex // one advance at a time
	asked map[callback.ID]int64
}

// patience is how long people take to answer an offer.
const patience = 2 * time.Second

// run lets time pass as it does, until ctx ends.
func (e *engine) run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { e.telephone(ctx) })
	err := e.manager.Run(ctx)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// telephone reports what happens on the phones, and answers offers, as it
// becomes time.
func (e *engine) telephone(ctx context.Context) {
	for ctx.Err() == nil {
		if _, err := e.deliver(ctx); err != nil && ctx.Err() == nil {
			e.log.LogAttrs(ctx, slog.LevelError, "a report was not taken", slog.String("error", err.Error()))
		}
		wait := time.Second
		if next := e.platform.next(); !next.IsZero() {
			wait = min(wait, max(0, next.Sub(e.clock.now())))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-e.platform.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// deliver does what has come for people: it reports what happened on the phones,
// and answers offers that have waited long enough.
func (e *engine) deliver(ctx context.Context) (did bool, err error) {
	if did, err = e.report(ctx); err != nil {
		return did, err
	}
	answered, err := e.answer(ctx, e.clock.now())
	return did || answered, err
}

// report tells the Manager what has happened on the phones.
func (e *engine) report(ctx context.Context) (did bool, err error) {
	for now := e.clock.now(); ; did = true {
		report, n, ok := e.platform.first(now)
		if !ok {
			return did, nil
		}
		if err := e.manager.Report(ctx, report); err != nil && !forgotten(err) {
			return did, fmt.Errorf("attempt %s: %w", report.Key, err)
		}
		e.platform.told(n)
	}
}

// forgotten is the answer to a report of a callback that is no more.
func forgotten(err error) bool {
	return errors.Is(err, callback.ErrNotFound) || errors.Is(err, callback.ErrConflict)
}

// answer lets agents take what they preview, and customers confirm or call in,
// once they have had some time.
func (e *engine) answer(ctx context.Context, now time.Time) (did bool, err error) {
	for cb, err := range e.manager.Search(ctx, callback.Query{States: []callback.State{callback.Offered}}) {
		if err != nil {
			return did, err
		}
		if cb.Offer == nil || cb.Offer.Accepted || now.Before(cb.Updated.Add(patience)) || e.asked[cb.ID] == cb.Revision {
			continue
		}
		say := callback.AnswerAccept
		if cb.Offer.Kind == callback.OfferBooking {
			say = callback.AnswerCalledIn
		}
		e.asked[cb.ID] = cb.Revision
		_, err := e.manager.Tenant(cb.Tenant).Answer(ctx, manager.AnswerRequest{ID: cb.ID, Answer: say, Actor: "simulation"})
		if errors.Is(err, callback.ErrStopped) {
			return did, nil // the next run asks again
		}
		if err != nil && !errors.Is(err, callback.ErrInvalidOperation) && !errors.Is(err, callback.ErrConflict) {
			return did, err
		}
		did = true
	}
	return did, nil
}

// most is how many steps one advance may take.
const most = 100_000

// advance moves a clock that stands still by d, stopping wherever something
// happens, and returns when nothing is left to do then.
func (e *engine) advance(ctx context.Context, d time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	target := e.clock.now().Add(d)
	for range most {
		next, err := e.settle(ctx)
		if err != nil {
			return err
		}
		now := e.clock.now()
		if next.IsZero() || next.After(target) {
			if now.Equal(target) {
				return nil
			}
			next = target
		}
		if !next.After(now) {
			// Something is due that could not be done: it is tried again when time
			// has passed.
			next = now.Add(time.Millisecond)
			if next.After(target) {
				return nil
			}
		}
		e.clock.set(next)
	}
	return fmt.Errorf("more than %d things happen within %s: advance by less", most, d)
}

// settle does all that can be done now, and returns when something is to be done
// next.
func (e *engine) settle(ctx context.Context) (time.Time, error) {
	for {
		progress, err := e.manager.Tick(ctx, e.clock.now())
		if err != nil {
			return time.Time{}, err
		}
		did, err := e.deliver(ctx)
		if err != nil {
			return time.Time{}, err
		}
		if did {
			continue
		}
		next := earlier(progress.NextAt, e.platform.next())
		return earlier(next, e.nextAnswer(ctx)), nil
	}
}

// nextAnswer returns the time of the next answer to an offer, or the zero time if
// no offer is open.
func (e *engine) nextAnswer(ctx context.Context) time.Time {
	var next time.Time
	for cb, err := range e.manager.Search(ctx, callback.Query{States: []callback.State{callback.Offered}}) {
		if err != nil {
			return next
		}
		if cb.Offer != nil && !cb.Offer.Accepted && e.asked[cb.ID] != cb.Revision {
			next = earlier(next, cb.Updated.Add(patience))
		}
	}
	return next
}

// earlier is the earlier of two times, where zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
