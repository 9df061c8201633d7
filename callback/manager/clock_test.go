package manager_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

// offStore is a view of a store with a clock whose answers about the time are off.
type offStore struct {
	*callbacktest.ClockStore
	off atomic.Int64
}

func (s *offStore) Now(ctx context.Context) (time.Time, error) {
	now, err := s.ClockStore.Now(ctx)
	return now.Add(time.Duration(s.off.Load())), err
}

// nodes are two Managers on one store with a clock. The clock of the second can be
// off.
type nodes struct {
	*rig
	view   *offStore
	second *manager.Manager
	names  map[callback.ID]string
}

func newNodes(t *testing.T) *nodes {
	clock := callbacktest.NewClock(monday())
	inner := callbacktest.NewClockStore(store.NewMemory(store.Config{}), clock.Now)
	desk, preview, estimated := managertest.Desk(), managertest.Desk(), managertest.Desk()
	preview.Name, preview.Preview = "preview", callback.Preview{On: true, Timeout: 10 * time.Minute}
	estimated.Name, estimated.Booking.Estimator = "estimated", tenMinutes{}
	desk.Retention = 24 * time.Hour
	desk.MaskAfter = time.Hour
	dialer := callbacktest.NewDialer(clock.Now)
	r := wrap(t, managertest.New(t, managertest.Config{Store: inner, Clock: clock, Dialer: dialer,
		Services: []callback.Service{desk, preview, estimated}}))
	n := &nodes{rig: r, view: &offStore{ClockStore: inner}, names: make(map[callback.ID]string)}
	config := manager.Config{Store: n.view, Dialer: dialer, Services: r.services, Node: "n2", Logger: slog.New(slog.DiscardHandler)}
	managertest.Deterministic(&config, func() time.Time { return clock.Now().Add(time.Duration(n.view.off.Load())) })
	var err error
	if n.second, err = manager.New(config); err != nil {
		t.Fatal(err)
	}
	return n
}

// tenMinutes is an estimator.
type tenMinutes struct{}

func (tenMinutes) Estimate(int, time.Time) (time.Duration, bool) { return 10 * time.Minute, true }

// begin starts one callback in each situation in which something falls due, and
// lets some minutes pass.
func (n *nodes) begin() {
	start := func(name string, req manager.Request) callback.ID {
		req.Number = fmt.Sprintf("+4178555%04d", 1000+len(n.names))
		id := n.start(req).ID
		n.names[id] = name
		return id
	}
	at := func(d time.Duration) time.Time { return monday().Add(d) }
	n.dialer.On("+417855551000", callbacktest.Busy(), callbacktest.Answered(time.Minute))
	start("retried", manager.Request{})
	n.dialer.On("+417855551001", callbacktest.Answered(90*time.Minute))
	start("in a call", manager.Request{})
	start("completed", manager.Request{})
	start("in three hours", manager.Request{Desired: at(3 * time.Hour)})
	start("tomorrow", manager.Request{Desired: at(20 * time.Hour)})
	start("reminded", manager.Request{Desired: at(5 * time.Hour)})
	start("estimated", manager.Request{Service: "estimated", Desired: at(4 * time.Hour)})
	start("previewed", manager.Request{Service: "preview"})
	n.run(2 * time.Minute)
}

// told lists what happened, by callback and in order, with the times of attempts.
func (n *nodes) told() map[string][]string {
	told := make(map[string][]string)
	for id, name := range n.names {
		events, err := n.m.History(n.ctx, id)
		if err != nil {
			told[name] = []string{err.Error()}
			continue
		}
		for _, e := range events {
			told[name] = append(told[name], string(e.Type))
		}
	}
	return told
}

// dialed returns when each attempt was dialed.
func (n *nodes) dialed() map[callback.AttemptKey]time.Time {
	at := make(map[callback.AttemptKey]time.Time)
	for _, call := range n.dialer.Calls() {
		at[call.Key] = call.Dialed
	}
	return at
}

// A node whose clock is off for one Tick, or that asks a store whose answer is
// wrong, changes nothing before its time, and nothing is late by more than a lease.
func TestNodeWithAWrongClock(t *testing.T) {
	for _, off := range []time.Duration{26 * time.Hour, time.Hour, 11 * time.Second, -time.Hour, -24 * time.Hour} {
		for _, how := range []string{"the time of the tick", "the answer of the store"} {
			t.Run(fmt.Sprintf("%s is off by %v", how, off), func(t *testing.T) {
				want := newNodes(t)
				want.begin()
				got := newNodes(t)
				got.begin()
				before := got.told()
				if how == "the answer of the store" {
					got.view.off.Store(int64(off))
				}
				progress, err := got.second.Tick(got.ctx, got.clock.Now().Add(off))
				if err != nil {
					t.Fatal(err)
				}
				if progress.Dialed != 0 || progress.Ended != 0 || progress.Released != 0 || progress.Unresolved != 0 || progress.Erased != 0 || progress.Masked != 0 {
					t.Errorf("the wrong tick did %+v", progress)
				}
				if after := got.told(); fmt.Sprint(after) != fmt.Sprint(before) {
					t.Errorf("after the wrong tick %v\nbefore it %v", after, before)
				}
				got.view.off.Store(0)
				for _, n := range []*nodes{want, got} {
					n.run(48 * time.Hour)
				}
				times := got.dialed()
				if len(times) != len(want.dialed()) {
					t.Errorf("%d calls, want %d", len(times), len(want.dialed()))
				}
				for key, due := range want.dialed() {
					id, _, _ := key.Split()
					const late = 32 * time.Second
					if at := times[key]; at.Before(due) || at.After(due.Add(late)) {
						t.Errorf("%s: attempt at %v, want %v", want.names[id], at, due)
					}
				}
				if g, w := got.told(), want.told(); fmt.Sprint(g) != fmt.Sprint(w) {
					t.Errorf("in the end %v\nwant %v", g, w)
				}
			})
		}
	}
}

// stallingStore takes a minute for the first write that commits an attempt.
type stallingStore struct {
	*callbacktest.ClockStore
	clock   *callbacktest.Clock
	stalled bool
}

func (s *stallingStore) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	if !s.stalled && changes[0].Record.State == callback.Dialing {
		s.stalled = true
		s.clock.Advance(time.Minute)
	}
	return s.ClockStore.Apply(ctx, now, changes)
}

// An attempt that reaches the store when it is too late to place it is not
// written: it is made again, no attempt is spent, and it needs no second agent.
func TestAttemptThatReachesTheStoreTooLate(t *testing.T) {
	for _, preview := range []bool{false, true} {
		clock := callbacktest.NewClock(monday())
		s := &stallingStore{ClockStore: callbacktest.NewClockStore(store.NewMemory(store.Config{}), clock.Now), clock: clock}
		desk := managertest.Desk()
		desk.Preview = callback.Preview{On: preview, Timeout: 10 * time.Minute}
		desk.Queueing.MaxSubmits = 1
		r := wrap(t, managertest.New(t, managertest.Config{Store: s, Clock: clock, Services: []callback.Service{desk},
			Options: func(c *manager.Config) { c.Router = callbacktest.NewRouter(1) }}))
		r.dialer.On(swiss, callbacktest.Answered(time.Second))
		id := r.start(manager.Request{}).ID
		r.tick()
		if preview {
			if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: id, Answer: callback.AnswerAccept}); err != nil {
				t.Fatal(err)
			}
			r.tick()
		}
		if !s.stalled {
			t.Fatalf("preview %t: no attempt was committed", preview)
		}
		if cb := r.get(id); len(cb.Attempts) != 0 || cb.Submits != 0 || len(r.dialer.Dials()) != 0 {
			t.Errorf("preview %t: %d attempts, %d submits and %d calls after a write that came too late", preview, len(cb.Attempts), cb.Submits, len(r.dialer.Dials()))
		}
		r.run(time.Minute)
		if cb := r.wantReason(id, callback.ReasonAgentConnected); len(cb.Attempts) != 1 {
			t.Errorf("preview %t: %d attempts, want 1", preview, len(cb.Attempts))
		}
	}
}
