package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// show is one run of the program.
type show struct {
	plan     plan
	out      *printer
	db       *database
	platform *platform
	fleet    *fleet
	load     *load
	began    time.Time // when the first request is made
	ahead    time.Duration
}

// nodeNames are the nodes; the second one is killed.
func nodeNames() []string { return []string{"node-1", "node-2", "node-3"} }

// run runs the show and prints the table. The error is errWrong when a count
// that must be zero is not.
func run(ctx context.Context, out io.Writer, dsn string, keep bool, p plan) (err error) {
	s := &show{plan: p, out: &printer{out: out, began: time.Now()}, ahead: ahead(time.Now())}
	if s.db, err = openDatabase(ctx, dsn, keep); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.db.close(ctx)) }()
	s.out.say("%s is ready", s.db.where())
	token := rand.Text()
	if s.platform, err = newPlatform(token); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.platform.close()) }()
	s.fleet = &fleet{platform: s.platform, settings: nodeSettings{
		DSN: s.db.dsn, Schema: s.db.schema, Platform: s.platform.address(), Token: token,
		Plan: nodePlan{Seats: p.seats, Lines: p.lines, Ahead: s.ahead},
	}}
	s.load = newLoad(s.fleet)
	err = s.play(ctx)
	err = errors.Join(err, s.fleet.stop(5*time.Second))
	if err != nil {
		return err
	}
	tally, err := s.audit(ctx)
	if err != nil {
		return err
	}
	if s.db.keep {
		s.out.say("the schema %s stays in the database", s.db.schema)
	}
	return tally.print(out)
}

// play does what happens until every callback is completed, or time is up.
func (s *show) play(ctx context.Context) error {
	if err := s.launch(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.began = time.Now()
	later, now := bookings(s.plan, s.began.Add(s.ahead+s.plan.release)), immediates(s.plan)
	burst := now[len(now)-s.plan.burst:]
	now = now[:len(now)-s.plan.burst]
	s.out.say("customers ask: %d for a time that has %d seats, %d to be called at once",
		len(later), s.plan.seats*len(serviceNames()), len(now)+len(burst))

	var work sync.WaitGroup
	var struck error
	work.Go(func() {
		s.load.all(ctx, later)
		full, _ := s.load.count()
		s.out.say("the bookings are answered: %d were refused because their time is full", full)
	})
	work.Go(func() { s.load.over(ctx, now, s.plan.asking) })
	work.Go(func() { struck = s.strike(ctx, burst) })
	asked := make(chan struct{})
	go func() {
		work.Wait()
		close(asked)
	}()
	err := s.watch(ctx, asked)
	if err != nil {
		// Requests that still wait for a node get no response.
		cancel()
		err = errors.Join(err, s.fleet.stop(time.Second))
	}
	<-asked
	_, failed := s.load.count()
	return errors.Join(err, struck, failed)
}

// launch starts all nodes at once.
func (s *show) launch(ctx context.Context) error {
	names := nodeNames()
	errs := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { errs[i] = s.fleet.launch(ctx, name) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return errors.Join(err, s.fleet.stop(time.Second))
	}
	s.out.say("%d nodes are up, each a process of its own", len(names))
	return nil
}

// patience is how long the worst moment is waited for.
const patience = 5 * time.Second

// strike kills a node at the worst moment: with attempts that it has committed
// and that never reached the platform, with calls up whose end is reported to no other
// node, and with requests of customers that it has not answered. Later it
// starts the node again.
func (s *show) strike(ctx context.Context, burst []Ask) error {
	if !s.until(ctx, s.plan.kill) {
		return nil
	}
	victim := s.fleet.named(nodeNames()[1])
	if victim == nil {
		return fmt.Errorf("%s is not there to be killed", nodeNames()[1])
	}
	atMost(ctx, patience, s.platform.swallow(victim, 2))
	atMost(ctx, patience, s.platform.enough(victim, 3))
	answered, done := s.load.burst(ctx, victim, burst)
	atMost(ctx, patience, answered)
	if err := victim.kill(); err != nil {
		return err
	}
	s.fleet.drop(victim)
	s.out.say("%s is killed, with calls up and requests unanswered", victim.name)
	atMost(ctx, s.plan.limit, done)
	s.out.say("its %d last customers have asked again, and are answered", len(burst))
	if !s.until(ctx, s.plan.back) {
		return nil
	}
	if err := s.fleet.launch(ctx, victim.name); err != nil {
		return err
	}
	s.out.say("%s is back", victim.name)
	return nil
}

// until waits for a moment of the plan; false means that ctx ended first.
func (s *show) until(ctx context.Context, moment time.Duration) bool {
	atMost(ctx, time.Until(s.began.Add(moment)), nil)
	return ctx.Err() == nil
}

// atMost waits for a signal, but no longer than d, nor than ctx.
func atMost(ctx context.Context, d time.Duration, signal <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-signal:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// How often the end is looked for, and how often a line says how far it is.
const (
	lookEvery = 100 * time.Millisecond
	sayEvery  = 2 * time.Second
)

// watch waits until all requests are answered and all callbacks completed.
func (s *show) watch(ctx context.Context, asked <-chan struct{}) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	said := s.began
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		states, err := s.states(ctx)
		if err != nil {
			return err
		}
		completed, open := states[callback.Completed], sum(states)-states[callback.Completed]
		select {
		case <-asked:
			if open == 0 {
				s.out.say("all %d callbacks are completed", completed)
				return nil
			}
		default:
		}
		switch since := time.Since(said); {
		case time.Since(s.began) > s.plan.limit:
			s.out.say("time is up: %d callbacks are not completed", open)
			return nil
		case since >= sayEvery:
			said = said.Add(sayEvery)
			s.out.say("completed %3d, waiting %3d, in doubt %2d, calls up %2d", completed,
				states[callback.Scheduled]+states[callback.Queued], states[callback.Unresolved], s.platform.ledger.up())
		}
	}
}

// states counts the callbacks by state.
func (s *show) states(ctx context.Context) (map[callback.State]int, error) {
	groups, err := s.db.store.Count(ctx, callback.Query{})
	states := make(map[callback.State]int)
	for _, g := range groups {
		states[g.State] += g.N
	}
	return states, err
}

// printer writes what happens, with the time since the program began.
type printer struct {
	began time.Time

	mu  sync.Mutex
	out io.Writer
}

func (p *printer) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := fmt.Fprintf(p.out, "%5.1fs  %s\n", time.Since(p.began).Seconds(), fmt.Sprintf(format, args...)); err != nil {
		fmt.Fprintln(os.Stderr, "multinode:", err)
	}
}
