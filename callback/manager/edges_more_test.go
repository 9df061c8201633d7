package manager_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

func TestAccessPanic(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Inbound = callback.Inbound{Direction: callback.UserOriginated, AccessNumbers: []string{"+41445550001"}}
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	a := r.start(manager.Request{})
	r.start(manager.Request{Number: swiss2})
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass,
		Change: func(c callback.Change) bool { return c.Record.State == callback.Offered },
		Hook: func(ctx context.Context, _ callbacktest.Op) {
			if _, err := r.m.Update(ctx, manager.UpdateRequest{ID: a.ID, Set: callback.Values{"x": "y"}}); err != nil {
				t.Error(err)
			}
		}})
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("Tick panicked: %v", v)
		}
	}()
	r.tick()
}

// The loser of a race keeps its hands off the winner's agent.
func TestReservationGivenBackByLoser(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	dialer.On("*", callbacktest.Answered(10*time.Minute))
	inner := store.NewMemory()
	fs := callbacktest.NewFaultyStore(inner)
	router := callbacktest.NewRouter(1)
	services, _ := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	mk := func(node string, s callback.Store) *manager.Manager {
		m, err := manager.New(manager.Config{Store: s, Dialer: dialer, Router: router, Services: services, Now: clock.Now, Node: node,
			NewID: callbacktest.IDs("cb"), Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	a, b := mk("a", fs.Store()), mk("b", inner)
	ctx := context.Background()
	cb, _ := a.Start(ctx, manager.Request{Service: "desk", Number: swiss})
	// a claims and reserves; before its write an Update puts the callback back and b takes it.
	// Free says 1 for b because the router allows the idempotent reserve: give it another agent to be asked at all.
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.Pass,
		Change: func(c callback.Change) bool { return c.Record.State == callback.Dialing },
		Hook: func(ctx context.Context, _ callbacktest.Op) {
			router.SetFree(callbacktest.AnyService, 2)
			if _, err := b.Update(ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"x": "y"}}); err != nil {
				t.Error(err)
			}
			if _, err := b.Tick(ctx, clock.Now()); err != nil {
				t.Error(err)
			}
		}})
	if _, err := a.Tick(ctx, clock.Now()); err != nil {
		t.Fatal(err)
	}
	got, _ := a.Get(ctx, cb.ID)
	if got.State != callback.Dialing || got.Reservation == nil {
		t.Fatalf("callback is %v with %+v: the history is not the one meant", got.State, got.Reservation)
	}
	if len(router.Reserved("")) == 0 {
		t.Errorf("callback %v has %+v, router keeps %v", got.State, got.Reservation, router.Reserved(""))
	}
}

// An agent is given back though the store could not be read for a while.
func TestAgentLeakUnknown(t *testing.T) {
	var fs *callbacktest.FaultyStore
	router := callbacktest.NewRouter(1)
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = router
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.dialer.On(swiss, callbacktest.Busy())
	cb := r.start(manager.Request{})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	fs.Inject(
		callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter},
		callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1},
	)
	key := callback.NewAttemptKey(cb.ID, 1)
	rep := callback.Report{Key: key, Outcome: &callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}}
	t.Log(r.m.Report(r.ctx, rep))
	t.Log(r.m.Report(r.ctx, rep)) // the dialer repeats it
	got := r.get(cb.ID)
	r.tick() // the store can be read again
	r.wantState(cb.ID, callback.Completed)
	if len(router.Reserved("")) != 0 {
		t.Errorf("callback is %v, router still keeps %v", got.State, router.Reserved(""))
	}
}

// A lost lease on the head of one queue does not block the others.
func TestLostLeaseOfStrictBlocks(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Queueing.Lines = 1
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.start(manager.Request{Priority: scheduler.StrictPriority})
	r.start(manager.Request{Number: swiss2})
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodClaim, Kind: callbacktest.FailAfter, When: func(op callbacktest.Op) bool { return !op.Claim.Due }})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err == nil {
		t.Fatal("no fault")
	}
	r.clock.Advance(time.Second)
	r.tick()
	if n := len(r.dialer.Dials()); n == 0 {
		t.Errorf("a line is free, a normal callback is ready and not dialled")
	}
}

// While its service is unknown a callback's report is refused for now, not for
// good, and it can be cancelled.
func TestReportServiceGone(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.tick()
	r.services.Remove("", "desk")
	err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Outcome: &callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}})
	if errors.Is(err, callback.ErrInvalidParameter) {
		t.Errorf("outcome refused for good: %v", err)
	}
	if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
		t.Errorf("cannot be cancelled: %v code %d", err, callback.Code(err))
	}
}

// A callback that is queued again counts among the queued again.
func TestQueuePermitLostOnSecondQueueing(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits.Queued = 1
		s.Dialing.RetryAgentLost = true
	})
	r.dialer.On(swiss, callbacktest.Result(callback.ResultAgentCallbackError))
	cb := r.start(manager.Request{})
	r.run(60 * time.Second)
	r.wantState(cb.ID, callback.Queued)
	if _, err := r.try(manager.Request{Number: swiss2}); !errors.Is(err, callback.ErrQueueLimit) {
		t.Errorf("queue limit 1, one is queued, and a second is taken: %v; first holds %v", err, r.get(cb.ID).Held)
	}
}

// An outcome's RetryAfter cools the trunk.
func TestRetryAfterOfOutcome(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On(swiss, callbacktest.Congestion().Outcome(callback.Outcome{Result: callback.ResultAllTrunksBusy, Certainty: callback.Known, RetryAfter: time.Minute}))
	r.start(manager.Request{})
	r.start(manager.Request{Number: swiss2})
	r.run(30 * time.Second)
	if n := len(r.dialer.Dials()); n != 1 {
		t.Errorf("%d dials though the platform asked for a minute's pause", n)
	}
}

// A dialer's declared rate is kept.
func TestDialerCPS(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	dialer.SetLimits(callback.DialerLimits{CallsPerSecond: 1})
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Dialer = dialer })
	r.start(manager.Request{})
	r.start(manager.Request{Number: swiss2})
	r.start(manager.Request{Number: swiss3})
	_, _ = r.m.Tick(r.ctx, r.clock.Now())
	if n := len(dialer.Dials()); n > 1 {
		t.Errorf("%d dials in an instant, the dialer declares 1 a second", n)
	}
	for range 5 {
		r.clock.Advance(time.Second)
		_, _ = r.m.Tick(r.ctx, r.clock.Now())
	}
	if n := len(dialer.Dials()); n != 3 {
		t.Errorf("%d dials in five seconds, want 3", n)
	}
}

// Nobody is asked to call nobody.
func TestNoNumberDialled(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.RequiredKeys = []string{} })
	cb, err := r.m.Start(r.ctx, manager.Request{Service: "desk", State: callback.Queued})
	if err != nil {
		t.Fatal(err)
	}
	r.tick()
	r.wantReason(cb.ID, callback.ReasonNoNumber)
}

// A number written with blanks is not logged either.
func TestLogShowsSpacedNumber(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	r.dialer.On(swiss, callbacktest.Lost(errors.New("dial tcp: calling +41 78 555 66 77 timed out")))
	r.start(manager.Request{})
	r.tick()
	if strings.Contains(log.String(), "555 66 77") {
		t.Errorf("the log shows the number: %s", log.String())
	}
}

// An operator's redial is dialled, however long the callback has waited.
func TestRedialCannotDial(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.CannotDial = time.Hour })
	r.dialer.On(swiss, callbacktest.Lost(nil).Forgotten(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(5 * time.Hour)
	r.wantState(cb.ID, callback.Unresolved)
	if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op"}); err != nil {
		t.Fatal(err)
	}
	r.run(5 * time.Hour)
	if got := r.get(cb.ID); len(got.Attempts) != 2 {
		t.Errorf("an operator's redial was never dialled: %v %v", got.State, got.Reason)
	}
}

// A cancellation whose answer was lost hangs up when it is repeated.
func TestCancelUnknownNoHangup(t *testing.T) {
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.dialer.On(swiss, callbacktest.NoAnswer())
	cb := r.start(manager.Request{})
	r.tick()
	fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter})
	_, err1 := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	_, err2 := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	if n := len(r.dialer.Hangups()); n == 0 {
		t.Errorf("%v, then %v: the call is never hung up", err1, err2)
	}
}

// A late tick does not doubt the calls that are made here.
func TestLateTickLosesOwnCalls(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	block := make(chan struct{})
	services, _ := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	m, _ := manager.New(manager.Config{Store: store.NewMemory(), Services: services, Now: clock.Now, NewID: callbacktest.IDs("cb"),
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Dialer: callback.DialerFunc(func(ctx context.Context, c callback.Call) (callback.Outcome, error) {
			<-block
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})})
	ctx := context.Background()
	cb, _ := m.Start(ctx, request())
	_, _ = m.Tick(ctx, clock.Now())
	clock.Advance(31 * time.Second)
	_, _ = m.Tick(ctx, clock.Now())
	got, _ := m.Get(ctx, cb.ID)
	if got.State == callback.Unresolved {
		t.Errorf("the call is being made here, and a tick 31 s late calls it unresolved (%s)", got.Detail)
	}
	close(block)
	_ = m.Shutdown(ctx)
}

func TestUnknownOutcomeLosesRef(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Silent())
	cb := r.start(manager.Request{})
	_, _ = r.m.Tick(r.ctx, r.clock.Now())
	_ = r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Stage: callback.StageRinging,
		Outcome: &callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.MayHaveRung, Raw: "lost", Reached: callback.StageCustomer}})
	a := r.get(cb.ID).Attempts[0]
	if a.Stage < callback.StageRinging {
		t.Errorf("the stage of an unknown outcome is dropped: %v", a.Stage)
	}
}

func TestQueryErrorOrder(t *testing.T) {
	r := newRig(t, nil)
	seen := map[string]bool{}
	q := callback.Query{IDs: make([]callback.ID, 1001), Services: make([]string, 1001), Reasons: make([]callback.Reason, 1001)}
	for range 50 {
		_, err := r.m.SearchPage(r.ctx, q)
		seen[err.Error()] = true
	}
	if len(seen) > 1 {
		t.Errorf("one query, %d different errors", len(seen))
	}
}

func TestAccessHeldTwice(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Inbound = callback.Inbound{Direction: callback.UserOriginated, AccessNumbers: []string{"+41445550001", "+41445550002"}}
	})
	cb := r.start(manager.Request{})
	r.tick()
	if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Queued}); err != nil {
		t.Fatal(err)
	}
	r.tick()
	n := 0
	for _, h := range r.get(cb.ID).Held {
		if h.Key.Kind == callback.PermitAccess {
			n++
		}
	}
	if n > 1 {
		t.Errorf("one customer holds %d access numbers", n)
	}
}

func TestPreviewIgnoresCoolDown(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) { s.Preview.On = true })
	r.dialer.On(swiss, callbacktest.Throttled(5*time.Minute))
	r.start(manager.Request{})
	b := r.start(manager.Request{Number: swiss2})
	r.tick()
	_, _ = r.m.Answer(r.ctx, manager.AnswerRequest{ID: "cb000001", Answer: callback.AnswerAccept})
	r.tick()
	_, _ = r.m.Answer(r.ctx, manager.AnswerRequest{ID: b.ID, Answer: callback.AnswerAccept})
	r.tick()
	if n := len(r.dialer.Dials()); n > 1 {
		t.Errorf("%d dials while the platform asked for five minutes' pause", n)
	}
}

func TestFoundNotPlacedAfterRinging(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{})
	r.dialer.On(swiss, callbacktest.Vanished(), callbacktest.Answered(time.Minute))
	_, _ = r.m.Tick(r.ctx, r.clock.Now())
	_ = r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Stage: callback.StageRinging})
	r.run(10 * time.Minute)
	if n := len(r.dialer.Dials()); n > 1 {
		t.Errorf("it rang, the look-up says it was never placed, and it is dialled again")
	}
}
