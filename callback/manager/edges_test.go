package manager_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// An offer does not outlive its callback.
func TestOfferAfterUntil(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Preview.On, s.Preview.Timeout = true, 30*time.Minute
	})
	until := monday().Add(5 * time.Minute)
	cb := r.start(manager.Request{Until: until})
	r.tick()
	r.wantState(cb.ID, callback.Offered)
	r.clock.Advance(20 * time.Minute)
	r.tick()
	_, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	r.tick()
	r.wantReason(cb.ID, callback.ReasonTimeout)
	if n := len(r.dialer.Dials()); n != 0 {
		t.Errorf("attempt began %v after Until", r.clock.Now().Sub(until))
	}
}

// What expired while its service was unknown is not dialled when it is back.
func TestExpiredDialledAfterServiceBack(t *testing.T) {
	r := newRig(t, nil)
	until := monday().Add(5 * time.Minute)
	r.services.Remove("", "desk")
	_ = r.services.Set("", callback.Service{Name: "desk", Paused: true, Numbers: callback.Numbers{Country: "CH"}})
	cb := r.start(manager.Request{Until: until})
	r.tick()
	r.services.Remove("", "desk")
	r.clock.Set(until)
	r.tick() // due, service unknown: looked at again in a minute
	r.clock.Advance(30 * time.Second)
	_ = r.services.Set("", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	r.tick()
	r.wantReason(cb.ID, callback.ReasonTimeout)
	if n := len(r.dialer.Dials()); n != 0 {
		t.Errorf("attempt began %v after Until", r.clock.Now().Sub(until))
	}
}

// A node that stands still between commit and Dial must not place the call when
// another has gone on meanwhile.
type ignoresNotAfter struct{ d *callbacktest.Dialer }

func (i ignoresNotAfter) Dial(ctx context.Context, c callback.Call) (callback.Ref, error) {
	c.NotAfter = time.Time{}
	return i.d.Dial(ctx, c)
}

func (i ignoresNotAfter) Lookup(ctx context.Context, tenant string, k callback.AttemptKey, ref callback.Ref) (callback.Found, error) {
	return i.d.Lookup(ctx, tenant, k, ref)
}

func TestPauseBetweenCommitAndDial(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	shared := store.NewMemory()
	services, _ := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	mk := func(node string, d callback.Dialer) *manager.Manager {
		m, err := manager.New(manager.Config{Store: shared, Dialer: d, Services: services, Now: clock.Now, Node: node,
			NewID: callbacktest.IDs("cb"), Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var a, b *manager.Manager
	paused := false
	first := pausing{ignoresNotAfter{dialer}, func() {
		if paused {
			return
		}
		paused = true // the node stands still after its commit, before its second Dial
		for range 8 {
			clock.Advance(30 * time.Second)
			if _, err := b.Tick(context.Background(), clock.Now()); err != nil {
				t.Fatal(err)
			}
			_, _ = dialer.Advance(context.Background(), clock.Now(), b)
		}
	}}
	a, b = mk("a", first), mk("b", ignoresNotAfter{dialer})
	dialer.On("*", callbacktest.Answered(20*time.Minute))
	ctx := context.Background()
	for _, n := range []string{swiss, swiss2} {
		if _, err := a.Start(ctx, manager.Request{Service: "desk", Number: n}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Tick(ctx, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if !paused || len(dialer.Dials()) < 2 {
		t.Fatalf("paused %v, %d dials: the history is not the one meant", paused, len(dialer.Dials()))
	}
	callbacktest.RequireNoDoubles(t, dialer)
}

type pausing struct {
	ignoresNotAfter
	before func()
}

func (p pausing) Dial(ctx context.Context, c callback.Call) (callback.Ref, error) {
	ref, err := p.ignoresNotAfter.Dial(ctx, c)
	p.before()
	return ref, err
}

// A cancellation in flight outlives what the execution side says.
func TestReportStateQueuedAfterCancel(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.NoAnswer().Mute().HangupFails(errors.New("no")), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.tick()
	_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID})
	if !errors.Is(err, callback.ErrInFlight) {
		t.Fatal(err)
	}
	if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Queued}); err != nil {
		t.Fatal(err)
	}
	r.tick()
	if n := len(r.dialer.Dials()); n != 1 {
		t.Errorf("%d dials after a cancellation in flight", n)
	}
}

// What rang was placed, whatever is said later.
func TestNotPlacedAfterRinging(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(10*time.Minute))
	cb := r.start(manager.Request{})
	r.tick()
	key := callback.NewAttemptKey(cb.ID, 1)
	if err := r.m.Report(r.ctx, callback.Report{Key: key, Stage: callback.StageCustomer}); err != nil {
		t.Fatal(err)
	}
	if err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.NotPlaced}}); err != nil {
		t.Fatal(err)
	}
	got := r.get(cb.ID)
	if got.State == callback.Queued {
		t.Errorf("customer answered, 'not placed' queues it for another attempt at %v", got.ReadyAt)
	}
	r.wantState(cb.ID, callback.Unresolved)
}

// A long estimate makes a callback immediate, not early.
type estimate time.Duration

func (e *estimate) Estimate(int, time.Time) (time.Duration, bool) { return time.Duration(*e), true }

func TestEarlyByEstimate(t *testing.T) {
	e := estimate(time.Hour)
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Estimator = &e })
	desired := monday().Add(50 * time.Minute)
	r.start(manager.Request{Desired: desired})
	r.tick()
	if d := r.dialer.Dials(); len(d) > 0 {
		t.Errorf("dialled %v before the desired time (threshold 180 s)", desired.Sub(d[0].Dialed))
	}
	r.run(21 * time.Hour)
	if n := len(r.dialer.Dials()); n == 0 {
		t.Error("it was never dialled")
	}
}

func TestEarlyByForcedState(t *testing.T) {
	r := newRig(t, nil)
	desired := monday().Add(20 * time.Hour)
	r.start(manager.Request{Desired: desired, State: callback.Queued})
	r.tick()
	if d := r.dialer.Dials(); len(d) > 0 {
		t.Errorf("dialled %v before the desired time", desired.Sub(d[0].Dialed))
	}
	r.run(21 * time.Hour)
	if n := len(r.dialer.Dials()); n == 0 {
		t.Error("it was never dialled")
	}
}

// An estimate that shrinks does not make the store be asked every second.
func TestShrunkEstimateSpins(t *testing.T) {
	e := estimate(time.Hour)
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Booking.Estimator = &e
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.start(manager.Request{Desired: monday().Add(2 * time.Hour)})
	e = 0
	before := fs.Count(callbacktest.MethodClaim)
	r.run(100 * time.Minute)
	if n := fs.Count(callbacktest.MethodClaim) - before; n > 400 {
		t.Errorf("%d claims in 100 minutes for one callback that waits", n)
	}
}

// An attempt that nobody can look up gives its line back in the end.
func TestFailedLookupsKeepLines(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On(swiss, callbacktest.Silent().LookupFails(errors.New("down")))
	r.start(manager.Request{})
	r.run(30 * time.Hour)
	cb2 := r.start(manager.Request{Number: swiss2})
	r.run(time.Hour)
	got := r.get(cb2.ID)
	if got.State != callback.Completed {
		first := r.get("cb000001")
		t.Errorf("second is %v; first %v NextAt %v holds %v, lookups %d", got.State, first.State, first.NextAt, first.Held, first.Attempts[0].Lookups)
	}
}

// A refused booking has not used up the access numbers.
