package manager_test

import (
	"context"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// A Manager that does not tick learns within Config.Poll what became of pauses
// elsewhere, and an engine beside the verbs takes callbacks out as ever.
func TestPositionLearnsOfPauses(t *testing.T) {
	estimator := scheduler.EstimatorFunc(func(int, time.Time) (time.Duration, bool) { return time.Minute, true })
	r, _ := queueRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Estimator = estimator })
	id := r.enqueue(0)[0]
	api := r.node("api")
	known := func() bool {
		p, err := api.Position(r.ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p.Known
	}
	if _, err := api.Pause(r.ctx, drill()); err != nil {
		t.Fatal(err)
	}
	r.resume(over(), 1)
	r.clock.Advance(10 * time.Minute)
	if !known() {
		t.Error("the pause has ended, the wait is not known")
	}
	r.pause(drill(), 1)
	late := r.enqueue(0)[0]
	id = late
	r.clock.Advance(10 * time.Minute)
	if known() {
		t.Error("the service is paused, the wait is known")
	}
	// A verb has just read the pauses: the engine does not rely on that.
	r.position(late)
	r.tick()
	r.wantState(late, callback.Paused)
}

// A paused service is emptied though all places of the dialer are taken.
func TestPauseWhileTheDialerIsBusy(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.MaxInFlight = 1
		s.Limits.SameNumber = callback.CheckNone
	})
	if err := r.services.Set("", callback.Service{Name: "aaa"}); err != nil {
		t.Fatal(err)
	}
	block, placed := make(chan struct{}), make(chan struct{}, 1)
	m := r.node("busy", func(c *manager.Config) {
		c.MaxInFlight, c.Synchronous = 1, false
		c.Dialer = callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			placed <- struct{}{}
			<-block
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})
	})
	defer func() {
		close(block)
		if err := m.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	r.start(manager.Request{Service: "aaa"})
	r.start(manager.Request{Service: "aaa", Number: swiss2})
	tickNode(t, m, r.clock.Now())
	<-placed
	if _, err := m.Pause(r.ctx, drill()); err != nil {
		t.Fatal(err)
	}
	cb := r.start(manager.Request{Number: swiss3})
	r.clock.Advance(time.Minute)
	tickNode(t, m, r.clock.Now())
	r.wantState(cb.ID, callback.Paused)
	r.wantState("cb000002", callback.Queued)
}
