package manager_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/store"
)

// A platform cannot silence a service for longer than Config.MaxThrottle, however
// it asks.
func TestThrottleIsBounded(t *testing.T) {
	for _, asked := range []time.Duration{time.Hour, 365 * 24 * time.Hour, math.MaxInt64} {
		outcome := callback.Outcome{Result: callback.ResultAllTrunksBusy, Certainty: callback.Known, RetryAfter: asked}
		refused := callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.NotPlaced, RetryAfter: asked}
		for name, step := range map[string]callbacktest.Step{
			"error":               callbacktest.Throttled(asked),
			"wrapped error":       callbacktest.Lost(fmt.Errorf("no: %w", &callback.ThrottledError{After: asked})),
			"report":              callbacktest.Congestion().Outcome(outcome),
			"report, not placed":  callbacktest.Congestion().Outcome(refused),
			"look-up, not placed": callbacktest.Silent().Outcome(refused),
		} {
			for _, most := range []time.Duration{0, time.Minute} {
				var logs bytes.Buffer
				r := newRig(t, func(_ *callback.Service, c *manager.Config) {
					c.MaxThrottle, c.Logger = most, slog.New(slog.NewTextHandler(&logs, nil))
				})
				r.dialer.On(swiss, step, callbacktest.Answered(time.Second))
				r.dialer.On("*", callbacktest.Answered(time.Second))
				first := r.start(manager.Request{})
				r.run(5 * time.Minute)
				second := r.start(manager.Request{Number: swiss2})
				r.run(25 * time.Minute)
				r.wantReason(second.ID, callback.ReasonAgentConnected)
				r.wantReason(first.ID, callback.ReasonAgentConnected)
				if !strings.Contains(logs.String(), "was cut") {
					t.Errorf("%s, %v: nothing is logged: %s", name, asked, logs.String())
				}
			}
		}
	}
}

// A negative pause, also as small as it can be, is none.
func TestNegativeThrottle(t *testing.T) {
	for _, asked := range []time.Duration{-1, -time.Hour, math.MinInt64} {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Throttled(asked), callbacktest.Congestion().Outcome(callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known, RetryAfter: asked}), callbacktest.Answered(time.Second))
		r.dialer.On("*", callbacktest.Answered(time.Second))
		first := r.start(manager.Request{})
		r.run(2 * time.Second)
		second := r.start(manager.Request{Number: swiss2})
		r.run(time.Minute)
		r.wantReason(second.ID, callback.ReasonAgentConnected)
		r.run(20 * time.Minute)
		r.wantReason(first.ID, callback.ReasonAgentConnected)
	}
}

// The time until a look-up that a dialer declares neither overflows nor is
// negative.
func TestSettleIsBounded(t *testing.T) {
	for _, settle := range []time.Duration{-time.Hour, math.MinInt64, 365 * 24 * time.Hour, math.MaxInt64} {
		clock := callbacktest.NewClock(monday())
		dialer := callbacktest.NewDialer(clock.Now)
		dialer.SetLimits(callback.DialerLimits{Settle: settle})
		r := wrap(t, managertest.New(t, managertest.Config{Clock: clock, Dialer: dialer}))
		dialer.On(swiss, callbacktest.Lost(context.DeadlineExceeded))
		r.start(manager.Request{})
		r.run(30 * time.Second)
		if n := len(dialer.Lookups()); n != 0 {
			t.Errorf("settle %v: looked up %d times before the request can have ended", settle, n)
		}
	}
}

// Manager.Resume ends the pauses that the platform asked for, of its service and
// tenant only.
func TestResumeLiftsThrottle(t *testing.T) {
	for _, all := range []bool{false, true} {
		h := &heard{calls: make(map[string]int)}
		desk, other := managertest.Desk(), managertest.Desk()
		other.Name = "other"
		r := wrap(t, managertest.New(t, managertest.Config{
			Services: []callback.Service{desk, other}, Tenants: map[string][]callback.Service{"acme": {desk}},
			Options: func(c *manager.Config) { c.Observer = h },
		}))
		r.dialer.On(swiss, callbacktest.Throttled(10*time.Minute), callbacktest.Answered(time.Second))
		r.dialer.On("*", callbacktest.Answered(time.Second))
		r.start(manager.Request{})
		r.start(manager.Request{Service: "other"})
		r.tick()
		r.dialer.On(swiss3, callbacktest.Throttled(10*time.Minute))
		r.of("acme").start(manager.Request{Number: swiss3})
		r.tick()
		mine := r.start(manager.Request{Number: numbered(1)})
		foreign := r.of("acme").start(manager.Request{Number: numbered(2)})
		r.run(time.Minute)
		r.wantState(mine.ID, callback.Queued)
		req := manager.PauseRequest{Service: "desk", Actor: "op"}
		if all {
			req.Service = ""
		}
		if n, err := r.m.Resume(r.ctx, req); n != 0 || err != nil {
			t.Fatal(n, err)
		}
		r.run(time.Minute)
		r.wantReason(mine.ID, callback.ReasonAgentConnected)
		r.of("acme").wantState(foreign.ID, callback.Queued)
		if !slices.ContainsFunc(h.notes, func(s string) bool { return strings.HasPrefix(s, "paused desk for -") }) {
			t.Errorf("the observer did not hear of it: %v", h.notes)
		}
	}
}

// An attempt for which this side was too late costs the customer nothing: no
// submit attempt, no call of the day, no place in the queue.
func TestStaleAttemptCostsNothing(t *testing.T) {
	for _, late := range []int{1, 5} {
		var r *rig
		var logs bytes.Buffer
		faults := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
		r = newRig(t, func(s *callback.Service, c *manager.Config) {
			c.Store, c.Logger = faults.Store(), slog.New(slog.NewTextHandler(&logs, nil))
			s.Queueing.MaxSubmits, s.Limits.AttemptsPerDay = 3, 1
		})
		faults.Inject(callbacktest.Fault{
			Method: callbacktest.MethodApply, Times: late,
			When: func(op callbacktest.Op) bool {
				return slices.ContainsFunc(op.Changes, func(c callback.Change) bool { return c.Event.Type == callback.EventDialing })
			},
			Hook: func(context.Context, callbacktest.Op) { r.clock.Advance(40 * time.Second) },
		})
		cb := r.start(manager.Request{})
		for range 300 {
			r.tick()
			r.clock.Advance(time.Second)
		}
		done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
		if len(done.Attempts) != late+1 || len(r.dialer.Dials()) != 1 || !done.QueuedAt.Equal(cb.QueuedAt) {
			t.Errorf("%d attempts, %d dials, queued %v after %v", len(done.Attempts), len(r.dialer.Dials()), done.QueuedAt, cb.QueuedAt)
		}
		if n := strings.Count(logs.String(), "not begun in time"); n != late {
			t.Errorf("logged %d times, want %d", n, late)
		}
	}
}

// The answer of a dialer that is refused, or that is about a callback that has been
// cancelled by force, pauses nothing.
func TestRefusedAnswersPauseNothing(t *testing.T) {
	for name, outcome := range map[string]callback.Outcome{
		"no such certainty": {Result: callback.ResultBusy, Certainty: 9, RetryAfter: 10 * time.Minute},
		"no such result":    {Result: 250, Certainty: callback.NotPlaced, RetryAfter: 10 * time.Minute},
		"no such stage":     {Result: callback.ResultBusy, Certainty: callback.Known, Reached: 99, RetryAfter: 10 * time.Minute},
		"cancelled":         {Result: callback.ResultBusy, Certainty: callback.Known, RetryAfter: 10 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			dial := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
				if calls.Add(1) == 1 {
					time.Sleep(2 * time.Second)
					return outcome, nil
				}
				return callback.Ended(callback.ResultBridged), nil
			})
			services, err := callback.NewServices(managertest.Desk())
			if err != nil {
				t.Fatal(err)
			}
			m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: dial, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx) }()
			cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(0)})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			if name == "cancelled" {
				if _, err := m.Cancel(ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * time.Second)
			if _, err := m.Start(ctx, manager.Request{Service: "desk", Number: numbered(1)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			if n := calls.Load(); n != 2 {
				t.Errorf("%s: %d calls, want 2", name, n)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// A Resume ends the pauses that the platform asked other nodes for, within their
// Config.Poll, of its service and tenant only, each time.
func TestResumeLiftsThrottleOfOtherNodes(t *testing.T) {
	for _, all := range []bool{false, true} {
		desk, other := managertest.Desk(), managertest.Desk()
		other.Name = "other"
		r := wrap(t, managertest.New(t, managertest.Config{
			Services: []callback.Service{desk, other}, Tenants: map[string][]callback.Service{"acme": {desk}},
		}))
		web := r.node("web")
		req := manager.PauseRequest{Service: "desk", Actor: "ann"}
		if all {
			req.Service = ""
		}
		poll := func(d time.Duration) {
			driver := callbacktest.Driver{Engine: r.m, Clock: r.clock, Dialer: r.dialer, Poll: time.Second}
			if _, err := driver.Run(r.ctx, r.clock.Now().Add(d)); err != nil {
				t.Fatal(err)
			}
		}
		cool := func(of *rig, service string, n int) callback.ID {
			r.dialer.On(numbered(n), callbacktest.Throttled(15*time.Minute), callbacktest.Busy())
			of.start(manager.Request{Service: service, Number: numbered(n)})
			poll(2 * time.Second)
			waits := of.start(manager.Request{Service: service, Number: numbered(n + 1)})
			poll(2 * time.Second)
			of.wantState(waits.ID, callback.Queued)
			return waits.ID
		}
		r.dialer.On("*", callbacktest.Answered(time.Second))
		foreign := cool(r.of("acme"), "desk", 10)
		aside := cool(r, "other", 20)
		for round := range 2 {
			mine := cool(r, "desk", 30+10*round)
			if _, err := web.Resume(r.ctx, req); err != nil {
				t.Fatal(err)
			}
			poll(20 * time.Second)
			r.wantReason(mine, callback.ReasonAgentConnected)
		}
		r.of("acme").wantState(foreign, callback.Queued)
		if got := r.get(aside).State; (got == callback.Queued) == all {
			t.Errorf("all %v: the callback of the other service is %v", all, got)
		}
		if list, err := web.Pauses(r.ctx); err != nil || len(list) != 0 {
			t.Errorf("pauses in force: %v, %v", list, err)
		}
	}
}

// A node that starts after a Resume keeps the pauses that its platform asks for.
func TestOldResumeLiftsNothing(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.m.Resume(r.ctx, manager.PauseRequest{Service: "desk", Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	r.m = r.node("later")
	r.dialer.On(swiss, callbacktest.Throttled(10*time.Minute))
	r.start(manager.Request{})
	for range 5 {
		r.clock.Advance(time.Second)
		tickNode(t, r.m, r.clock.Now())
	}
	waits := r.start(manager.Request{Number: swiss2})
	for range 5 {
		r.clock.Advance(time.Second)
		tickNode(t, r.m, r.clock.Now())
	}
	r.wantState(waits.ID, callback.Queued)
}
