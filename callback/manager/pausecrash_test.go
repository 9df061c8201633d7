package manager_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A node that starts during a pause knows of it before it does anything.
func TestPauseOutlivesTheNode(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{})
	r.pause(drill(), 1)
	if err := r.m.Shutdown(r.ctx); err != nil {
		t.Fatal(err)
	}
	r.m = r.node("n2")
	r.Manager = r.m
	more := r.start(manager.Request{Number: swiss2})
	r.run(time.Hour)
	r.wantState(cb.ID, callback.Paused)
	r.wantState(more.ID, callback.Paused)
	if n := len(r.dialer.Dials()); n != 0 {
		t.Errorf("%d calls", n)
	}
	r.resume(over(), 2)
	r.tick()
	r.wantState(cb.ID, callback.Dialing)
}

// The node dies after the mark is set and before anything is moved: an engine
// moves it, and so does the verb when it is repeated.
func TestPauseCutShort(t *testing.T) {
	for name, repair := range map[string]func(r *rig){
		"repeated":  func(r *rig) { r.pause(drill(), 2) },
		"an engine": func(r *rig) { tickNode(r.t, r.node("n2"), r.clock.Now()) },
	} {
		t.Run(name, func(t *testing.T) {
			r, faults := faultyRig(t, nil)
			ids := []callback.ID{r.start(manager.Request{}).ID, r.start(manager.Request{Number: swiss2}).ID}
			faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore})
			if n, err := r.m.Pause(r.ctx, drill()); n != 0 || !errors.Is(err, callbacktest.ErrInjected) {
				t.Fatalf("Pause: %d, %v", n, err)
			}
			repair(r)
			for _, id := range ids {
				r.wantState(id, callback.Paused)
				r.wantLast(id, callback.EventPaused, "ann", "fire drill")
			}
			if n := len(r.dialer.Dials()); n != 0 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// The node dies after the mark is gone and before anything is put back.
func TestResumeCutShort(t *testing.T) {
	for name, repair := range map[string]func(r *rig){
		"repeated": func(r *rig) { r.resume(over(), 2) },
		"an engine": func(r *rig) {
			other := r.node("n2")
			tickNode(r.t, other, r.clock.Now())
			if _, err := callbacktest.Drive(r.ctx, other, r.clock, r.dialer, r.clock.Now().Add(11*time.Minute)); err != nil {
				r.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, faults := faultyRig(t, nil)
			r.dialer.On("*", callbacktest.Answered(time.Minute))
			ids := []callback.ID{r.start(manager.Request{}).ID, r.start(manager.Request{Number: swiss2}).ID}
			r.pause(drill(), 2)
			faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore})
			if n, err := r.m.Resume(r.ctx, over()); n != 0 || !errors.Is(err, callbacktest.ErrInjected) {
				t.Fatalf("Resume: %d, %v", n, err)
			}
			repair(r)
			r.run(5 * time.Minute)
			for _, id := range ids {
				r.wantReason(id, callback.ReasonAgentConnected)
			}
		})
	}
}

// Nobody knows whether the mark was set: the next tick asks.
func TestPauseOfUnknownOutcome(t *testing.T) {
	r, faults := faultyRig(t, nil)
	r.tick()
	cb := r.start(manager.Request{})
	faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSetPause, Kind: callbacktest.FailAfter})
	if _, err := r.m.Pause(r.ctx, drill()); !errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Fatalf("Pause: %v", err)
	}
	r.tick()
	r.wantState(cb.ID, callback.Paused)
}

// The pauses cannot be read: nothing is dialled until they can.
func TestNothingBeginsWhilePausesCannotBeRead(t *testing.T) {
	r, faults := faultyRig(t, nil)
	cb := r.start(manager.Request{})
	faults.Inject(callbacktest.Fault{Method: callbacktest.MethodPauses, Kind: callbacktest.FailBefore})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); !errors.Is(err, callbacktest.ErrInjected) {
		t.Errorf("Tick: %v", err)
	}
	r.wantState(cb.ID, callback.Queued)
	r.tick()
	r.wantState(cb.ID, callback.Dialing)
}

// Somebody else changes a callback while it is taken out, and while it is put
// back: it is gone over again.
func TestPauseAndResumeMeetOtherChanges(t *testing.T) {
	r, faults := faultyRig(t, nil)
	cb := r.start(manager.Request{})
	topic := 0
	meddle := func(typ callback.EventType) {
		faults.Inject(callbacktest.Fault{
			Method: callbacktest.MethodApply,
			Change: func(c callback.Change) bool { return c.Event.Type == typ },
			Hook: func(context.Context, callbacktest.Op) {
				topic++
				if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"topic": topic}}); err != nil {
					t.Error(err)
				}
			},
		})
	}
	meddle(callback.EventPaused)
	r.pause(drill(), 1)
	if got := r.wantState(cb.ID, callback.Paused); got.UserData["topic"] != 1 {
		t.Errorf("the other change is lost: %v", got.UserData)
	}
	meddle(callback.EventResumed)
	r.resume(over(), 1)
	if got := r.wantState(cb.ID, callback.Queued); got.UserData["topic"] != 2 {
		t.Errorf("the other change is lost: %v", got.UserData)
	}
}

// A callback whose time in the queue is over is not saved by a pause.
func TestPauseLeavesTheExpiredToTheEngine(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.TTL = time.Hour })
	cb := r.start(manager.Request{})
	r.clock.Advance(time.Hour)
	r.pause(drill(), 0)
	r.tick()
	r.wantReason(cb.ID, callback.ReasonTargetNotFound)
}

// The end of a pause wakes the Manager that ends it.
func TestResumeWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := liveRig(t, callback.DialerFunc(func(ctx context.Context, _ callback.Call) (callback.Outcome, error) {
			await(ctx, time.Second)
			return callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}, nil
		}), func(_ *callback.Service, c *manager.Config) { c.Poll = time.Minute })
		runUntilDone(t, m)
		if _, err := m.Pause(t.Context(), drill()); err != nil {
			t.Fatal(err)
		}
		// Taken out by the engine, so that Resume is what puts it back.
		cb, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		await(t.Context(), 150*time.Second)
		if _, err := m.Resume(t.Context(), over()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, err := m.Get(t.Context(), cb.ID); err != nil || got.State != callback.Dialing {
			t.Errorf("it is %v, %v", got, err)
		}
	})
}
