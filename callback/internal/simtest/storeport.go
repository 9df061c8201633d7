package simtest

import (
	"context"
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// StoreFaults are what is wrong with the store, as parts of all calls.
type StoreFaults struct {
	// Slow is the longest that a call takes; zero means no time at all. Slows are
	// those of which the seed chooses one.
	Slow  time.Duration
	Slows []time.Duration
	// Before fails calls that do nothing, Unknown writes that do happen.
	Before, Unknown float64
	// NoGet keeps Get from failing.
	NoGet bool
	// Clock makes the store a callback.ClockStore that tells the true time.
	Clock bool
}

var (
	errDead  = errors.New("node is dead")
	errStore = errors.New("store failed")
)

// storePort is the store as one life of a node sees it.
type storePort struct {
	*life
	callback.Store
	pausing callback.PausingStore
}

// clockPort is a storePort that tells the time.
type clockPort struct{ *storePort }

func (p clockPort) Now(ctx context.Context) (now time.Time, err error) {
	err = p.call(ctx, "Now", false, func() error {
		now = p.world.now()
		return nil
	})
	return now, err
}

// call makes one call: another goroutine may run before it, and after it if the
// store is slow. what names the call and write says that it changes something.
func (p *storePort) call(ctx context.Context, what string, write bool, effect func() error) error {
	w := p.world
	name := who(ctx, p.name+"."+what)
	if p.dead.Load() || !w.turns.wait(name, 0) {
		return errDead
	}
	faults := w.store
	var there, back time.Duration
	if faults.Slow > 0 {
		took := time.Duration(w.faults.Int64N(int64(faults.Slow)))
		there = time.Duration(w.faults.Int64N(int64(took) + 1))
		back = took - there
	}
	if (there > 0 || p.frozen.After(w.now())) && !p.waitFor(ctx, name, there) && !p.dead.Load() {
		return errDead
	}
	if p.dead.Load() {
		if write && w.chance(0.5) {
			// What was on its way when the node died arrives.
			_ = effect()
			w.readFeed()
		}
		return errDead
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if faults.Before > 0 && w.chance(faults.Before) && (what != "Get" || !faults.NoGet) {
		return errStore
	}
	err := effect()
	if write {
		w.readFeed()
	}
	lost := write && faults.Unknown > 0 && w.chance(faults.Unknown)
	if back > 0 || write {
		// The answer travels, too: a node may die between a write and its answer.
		if !p.waitFor(ctx, name, back) {
			return errDead
		}
		lost = lost || write && ctx.Err() != nil
	}
	if lost && err == nil {
		return callback.ErrOutcomeUnknown
	}
	return err
}

func (p *storePort) Apply(ctx context.Context, now time.Time, changes []callback.Change) (errs []error, err error) {
	err = p.call(ctx, "Apply", true, func() (err error) {
		errs, err = p.Store.Apply(ctx, now, changes)
		return err
	})
	if err != nil {
		errs = nil
	}
	return errs, err
}

func (p *storePort) Get(ctx context.Context, by callback.By) (cb *callback.Callback, err error) {
	err = p.call(ctx, "Get", false, func() (err error) {
		cb, err = p.Store.Get(ctx, by)
		return err
	})
	if err != nil {
		cb = nil
	}
	return cb, err
}

func (p *storePort) Claim(ctx context.Context, now time.Time, req callback.ClaimRequest) (claimed callback.Claimed, err error) {
	err = p.call(ctx, "Claim", true, func() (err error) {
		claimed, err = p.Store.Claim(ctx, now, req)
		return err
	})
	if err != nil {
		claimed = callback.Claimed{}
	}
	return claimed, err
}

func (p *storePort) Search(ctx context.Context, q callback.Query) (page callback.Page, err error) {
	err = p.call(ctx, "Search", false, func() (err error) {
		page, err = p.Store.Search(ctx, q)
		return err
	})
	return page, err
}

func (p *storePort) Count(ctx context.Context, q callback.Query) (groups []callback.Group, err error) {
	err = p.call(ctx, "Count", false, func() (err error) {
		groups, err = p.Store.Count(ctx, q)
		return err
	})
	return groups, err
}

func (p *storePort) Load(ctx context.Context, now time.Time, req callback.LoadRequest) (counters []callback.Counter, err error) {
	err = p.call(ctx, "Load", false, func() (err error) {
		counters, err = p.Store.Load(ctx, now, req)
		return err
	})
	return counters, err
}

func (p *storePort) Events(ctx context.Context, q callback.EventQuery) (page callback.EventPage, err error) {
	err = p.call(ctx, "Events", false, func() (err error) {
		page, err = p.Store.Events(ctx, q)
		return err
	})
	return page, err
}

func (p *storePort) Erase(ctx context.Context, now time.Time, req callback.EraseRequest) (errs []error, err error) {
	err = p.call(ctx, "Erase", true, func() (err error) {
		errs, err = p.Store.Erase(ctx, now, req)
		return err
	})
	if err != nil {
		errs = nil
	}
	return errs, err
}

func (p *storePort) SetPause(ctx context.Context, pause callback.Pause, on bool) error {
	return p.call(ctx, "SetPause", true, func() error { return p.pausing.SetPause(ctx, pause, on) })
}

func (p *storePort) Pauses(ctx context.Context, tenant string, all bool) (list []callback.Pause, err error) {
	err = p.call(ctx, "Pauses", false, func() (err error) {
		list, err = p.pausing.Pauses(ctx, tenant, all)
		return err
	})
	return list, err
}
