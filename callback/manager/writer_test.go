package manager_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// lostAnswers are the ways in which a store does not tell what became of changes.
func lostAnswers() map[string]callbacktest.Fault {
	first := func(c callback.Change) bool { return c.Record.ID == "cb000001" && !c.Unclaim }
	return map[string]callbacktest.Fault{
		"the answer to all": {Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter},
		"the answer to one": {Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter, Change: first},
		"the request":       {Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown},
		"one request":       {Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown, Change: first},
	}
}

// A tick reads what became of the changes whose answer was lost: it counts the
// written ones and goes on. The others are done when their leases have run out.
func TestTickResolvesLostAnswers(t *testing.T) {
	for name, fault := range lostAnswers() {
		t.Run(name, func(t *testing.T) {
			r, faults := officeRig(t, nil)
			r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
			ids := []callback.ID{
				r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID,
				r.start(manager.Request{Desired: monday().Add(time.Hour), Number: swiss2}).ID,
			}
			r.clock.Set(monday().Add(time.Hour))
			faults.Inject(fault)
			p := r.tick()
			want := 2
			switch name {
			case "the request":
				want = 0
			case "one request":
				want = 1
			}
			if p.Released != want || p.Dialed != want {
				t.Errorf("%d were released and %d dialed, want %d", p.Released, p.Dialed, want)
			}
			r.run(time.Minute)
			for _, id := range ids {
				r.wantState(id, callback.Processing)
			}
			if n := len(r.dialer.Dials()); n != 2 {
				t.Errorf("%d dials", n)
			}
		})
	}
}

// Neither the write nor the reading is answered: the tick goes on, and the lease
// brings the callback back.
func TestTickGoesOnAfterAnUnknownOutcome(t *testing.T) {
	for name, kind := range map[string]callbacktest.FaultKind{"written": callbacktest.FailAfter, "not written": callbacktest.FailBefore} {
		t.Run(name, func(t *testing.T) {
			r, faults := officeRig(t, nil)
			r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
			id := r.start(manager.Request{Desired: monday().Add(time.Hour)}).ID
			r.clock.Set(monday().Add(time.Hour))
			faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: kind, Err: callback.ErrOutcomeUnknown},
				callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore})
			if p := r.tick(); p.Released != 0 {
				t.Errorf("%d are counted as released", p.Released)
			}
			r.run(time.Minute)
			r.wantState(id, callback.Processing)
		})
	}
}

// Pause and Resume read what became of the changes whose answer was lost, and
// repeat those that were not written.
func TestPauseResolvesLostAnswers(t *testing.T) {
	for name, fault := range lostAnswers() {
		t.Run(name, func(t *testing.T) {
			r, faults := officeRig(t, nil)
			ids := []callback.ID{r.start(manager.Request{}).ID, r.start(manager.Request{Number: swiss2}).ID}
			faults.Inject(fault)
			r.pause(drill(), 2)
			for _, id := range ids {
				r.wantState(id, callback.Paused)
				r.wantLast(id, callback.EventPaused, "ann", "fire drill")
			}
			faults.Heal()
			faults.Inject(fault)
			r.resume(over(), 2)
			for _, id := range ids {
				r.wantState(id, callback.Queued)
			}
		})
	}
}

func TestPauseWhoseOutcomeStaysUnknown(t *testing.T) {
	r, faults := officeRig(t, nil)
	id := r.start(manager.Request{}).ID
	faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter},
		callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore})
	if n, err := r.m.Pause(r.ctx, drill()); n != 0 || !errors.Is(err, callback.ErrOutcomeUnknown) {
		t.Errorf("Pause: %d, %v", n, err)
	}
	r.wantState(id, callback.Paused)
	r.pause(drill(), 0)
}

// A node takes a new callback out of the queue of a paused service, and the
// answer is lost. The pause ended in between: the callback is put back at once.
func TestPauseThatEndsWhileAnAnswerIsLost(t *testing.T) {
	r, faults := officeRig(t, nil)
	r.pause(drill(), 0)
	id := r.start(manager.Request{}).ID
	r.clock.Advance(2 * time.Second) // the pauses are read again
	faults.Inject(callbacktest.Fault{
		Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter,
		Change: func(c callback.Change) bool { return c.Event.Type == callback.EventPaused },
		Hook:   func(context.Context, callbacktest.Op) { resumeElsewhere(r) },
	})
	r.tick()
	r.clock.Advance(2 * time.Second)
	r.tick()
	if got := r.get(id); got.State == callback.Paused {
		t.Errorf("it is %v though the pause is over", got.State)
	}
}

func resumeElsewhere(r *rig) {
	if _, err := r.node("n2").Resume(r.ctx, over()); err != nil {
		r.t.Error(err)
	}
}

// A cancellation whose answer was lost is known to have happened.
func TestCancelResolvesALostAnswer(t *testing.T) {
	for name, fault := range lostAnswers() {
		t.Run(name, func(t *testing.T) {
			r, faults := officeRig(t, nil)
			id := r.start(manager.Request{}).ID
			faults.Inject(fault)
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id}); err != nil {
				t.Error(err)
			}
			r.wantReason(id, callback.ReasonCancelled)
		})
	}
}

// The rate of a service holds dispatch back, and Position promises no more.
func TestPositionReadyByRate(t *testing.T) {
	r, router := queueRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.CallsPerSecond = 2 })
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Hour))
	ids := r.enqueue(0, 0, 0, 0, 0)
	router.SetFree(callbacktest.AnyService, 5)
	if !r.position(ids[1]).Ready || r.position(ids[2]).Ready {
		t.Error("two calls a second are allowed: the second is ready and the third is not")
	}
	if p := r.tick(); p.Dialed != 2 {
		t.Fatalf("%d dialed", p.Dialed)
	}
	if r.position(ids[2]).Ready || r.position(ids[3]).Ready {
		t.Error("the rate is used up: none is ready")
	}
	r.clock.Advance(time.Second)
	if !r.position(ids[3]).Ready || r.position(ids[4]).Ready {
		t.Error("a second later two more are ready")
	}
}

// Operators see what panicked and where; phone numbers are masked.
func TestPanicsAreLogged(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
		c.Dialer = callback.DialerFunc(func(_ context.Context, c callback.Call) (callback.Outcome, error) {
			panicOn(c)
			return callback.Outcome{}, nil
		})
	})
	cb := r.start(manager.Request{})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"dialer panicked", "line 10.20.30.40:5060 to +########### of cb000001 is nil at 2026-01-12T10:00:00Z", "panicOn", "writer_test.go:",
		"attempt=" + string(callback.NewAttemptKey(cb.ID, 1)),
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), swiss[3:]) {
		t.Errorf("the log has the number:\n%s", log.String())
	}
}

func panicOn(c callback.Call) {
	panic("line 10.20.30.40:5060 to " + c.To.Reveal() + " of " + string(c.ID) + " is nil at 2026-01-12T10:00:00Z")
}
