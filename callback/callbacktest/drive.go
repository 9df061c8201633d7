package callbacktest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Engine is what a [Driver] drives. *manager.Manager implements it.
type Engine interface {
	Tick(ctx context.Context, now time.Time) (callback.Progress, error)
	Report(ctx context.Context, r callback.Report) error
}

// ErrStalled means that the engine does nothing although it is due, so that the drive
// would not end.
var ErrStalled = errors.New("engine is due and does nothing")

// Driver runs an engine in a deterministic test: it ticks the engine, delivers the
// reports that are due, and sets the clock to the next instant at which something is
// due. The engine must call the dialer on the goroutine that ticks it, see
// manager.Config.Synchronous. Engine, Clock and Dialer are required.
type Driver struct {
	Engine Engine
	Clock  *Clock
	Dialer *Dialer
	// Others are further engines on the same store, which are ticked after Engine
	// at each instant. Reports go to the engines in turn. Defaults to none.
	Others []Engine
	// OnError is called with each error of a tick or report. If it returns nil, the
	// drive goes on a second later; otherwise the drive ends with the returned
	// error. By default errors of ticks end the drive and errors of reports do not,
	// because reports are delivered again.
	OnError func(error) error
	// At is called at each instant of the drive before the engine is ticked, for
	// actions of customers and operators. Defaults to nothing.
	At func(now time.Time) error
	// Poll is the longest time between two ticks, for work that the engine does not
	// know to be due. If it is not positive, the engine is ticked only when
	// something is due.
	Poll time.Duration
}

// Driven counts what a drive did.
type Driven struct {
	Ticks    int
	Reports  int // taken by the engine
	Instants int // at which something was due
	// Progress sums the counts of all ticks; NextAt is the last tick's.
	Progress callback.Progress
}

// Drive runs an engine and its dialer, including what is due at the instant until.
// It ends earlier if nothing more will be due. It leaves the clock at until or at
// the instant at which it ended.
func Drive(ctx context.Context, engine Engine, clock *Clock, dialer *Dialer, until time.Time) (Driven, error) {
	return Driver{Engine: engine, Clock: clock, Dialer: dialer}.Run(ctx, until)
}

// quietRounds is how often an engine may do nothing at an instant at which it is due.
const quietRounds = 1000

// retryAfter is the pause after an error that OnError lets pass.
const retryAfter = time.Second

// Run does the driving; see [Drive].
func (d Driver) Run(ctx context.Context, until time.Time) (Driven, error) {
	var sum Driven
	engines := append([]Engine{d.Engine}, d.Others...)
	turn := &turns{engines: engines}
	for {
		now := d.Clock.Now()
		if now.After(until) {
			return sum, nil
		}
		if d.At != nil {
			if err := d.At(now); err != nil {
				return sum, err
			}
		}
		sum.Instants++
		next, err := d.instant(ctx, now, engines, turn, &sum)
		if err != nil {
			return sum, err
		}
		if d.Poll > 0 {
			next = soonest(next, now.Add(d.Poll))
		}
		switch {
		case next.IsZero():
			return sum, nil
		case next.After(until):
			d.Clock.Set(until)
			return sum, nil
		}
		d.Clock.Set(next)
	}
}

// instant does all that is due at now and returns the next due time; zero means
// none.
func (d Driver) instant(ctx context.Context, now time.Time, engines []Engine, r callback.Reporter, sum *Driven) (time.Time, error) {
	for quiet := 0; ; {
		if err := ctx.Err(); err != nil {
			return time.Time{}, err
		}
		var next time.Time
		failed, worked := false, false
		for _, engine := range engines {
			p, err := engine.Tick(ctx, now)
			sum.Ticks++
			worked = sum.add(p) || worked
			next = soonest(next, p.NextAt)
			if err != nil {
				failed = true
				if err := d.judge(err); err != nil {
					return time.Time{}, fmt.Errorf("tick at %s: %w", stamp(now), err)
				}
			}
		}
		delivered, err := d.Dialer.Advance(ctx, now, r)
		sum.Reports += delivered
		if err != nil && d.OnError != nil {
			if err := d.OnError(err); err != nil {
				return time.Time{}, fmt.Errorf("reporting at %s: %w", stamp(now), err)
			}
		}
		if at, ok := d.Dialer.Next(); ok {
			next = soonest(next, at)
		}
		worked = worked || delivered > 0
		due := !next.IsZero() && !next.After(now)
		switch {
		case failed:
			return d.afterFailure(next, now), nil
		case !worked && !due:
			return next, nil
		case worked:
			quiet = 0
		default:
			if quiet++; quiet == quietRounds {
				return time.Time{}, fmt.Errorf("%w: at %s it wants attention at %s", ErrStalled, stamp(now), stamp(next))
			}
		}
	}
}

// afterFailure returns when to go on after an error, which hides when the engine is
// due next.
func (d Driver) afterFailure(next, now time.Time) time.Time {
	if retry := now.Add(retryAfter); !next.After(now) || retry.Before(next) {
		return retry
	}
	return next
}

func (d Driver) judge(err error) error {
	if d.OnError == nil {
		return err
	}
	return d.OnError(err)
}

// add sums a tick's progress and reports whether anything was done.
func (s *Driven) add(p callback.Progress) bool {
	t := &s.Progress
	t.NextAt = p.NextAt
	t.Released += p.Released
	t.Offered += p.Offered
	t.Dialed += p.Dialed
	t.Ended += p.Ended
	t.Unresolved += p.Unresolved
	t.Erased += p.Erased
	p.NextAt = time.Time{}
	return p != callback.Progress{}
}

// turns gives each report to the next engine.
type turns struct {
	engines []Engine
	n       int
}

func (t *turns) Report(ctx context.Context, r callback.Report) error {
	engine := t.engines[t.n%len(t.engines)]
	t.n++
	return engine.Report(ctx, r)
}

// soonest returns the earlier of two instants; zero stands for never.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
