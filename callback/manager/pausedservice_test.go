package manager_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
)

// pauseByConfig sets the service "desk" again, paused or not.
func (r *rig) pauseByConfig(paused bool) {
	r.t.Helper()
	desk := managertest.Desk()
	desk.Paused, desk.Queueing.TTL, desk.TTL = paused, time.Hour, 24*time.Hour
	if err := r.services.Set("", desk); err != nil {
		r.t.Fatal(err)
	}
}

// A service that its configuration pauses does what Manager.Pause does: the same
// states, events and times.
func TestPausedByConfigurationOrCall(t *testing.T) {
	type seen struct {
		states []string
		types  []callback.EventType
		dialed []time.Duration
	}
	run := func(pause, resume func(r *rig)) (all seen) {
		r := newRig(t, nil)
		r.pauseByConfig(false)
		r.dialer.On("*", callbacktest.Answered(time.Second))
		early := r.start(manager.Request{Desired: monday().Add(10 * time.Minute)})
		r.tick()
		pause(r)
		now := r.start(manager.Request{Number: swiss2})
		look := func(ids ...callback.ID) {
			for _, id := range ids {
				all.states = append(all.states, r.get(id).State.String())
			}
		}
		r.run(2 * time.Second)
		look(early.ID, now.ID)
		r.run(5 * time.Hour) // longer than the time in the queue
		look(early.ID, now.ID)
		resume(r)
		r.run(2 * time.Second)
		look(early.ID, now.ID)
		r.run(time.Hour)
		look(early.ID, now.ID)
		for _, d := range r.dialer.Dials() {
			all.dialed = append(all.dialed, d.Dialed.Sub(monday()).Truncate(time.Minute))
		}
		all.types = append(r.rec.Types(early.ID), r.rec.Types(now.ID)...)
		return all
	}
	configured := run(func(r *rig) { r.pauseByConfig(true) }, func(r *rig) { r.pauseByConfig(false) })
	called := run(func(r *rig) { _, _ = r.m.Pause(r.ctx, manager.PauseRequest{Service: "desk", Actor: "op"}) },
		func(r *rig) { _, _ = r.m.Resume(r.ctx, manager.PauseRequest{Service: "desk", Actor: "op"}) })
	if !slices.Equal(configured.states, called.states) || !slices.Equal(configured.types, called.types) || !slices.Equal(configured.dialed, called.dialed) {
		t.Errorf("by configuration %v\nby a call %v", configured, called)
	}
	if want := []string{"SCHEDULED", "PAUSED", "PAUSED", "PAUSED"}; !slices.Equal(configured.states[:4], want) || len(configured.dialed) != 2 {
		t.Errorf("%v", configured)
	}
}

// The time to live goes on in a pause by configuration.
func TestPausedByConfigurationExpires(t *testing.T) {
	r := newRig(t, nil)
	r.pauseByConfig(true)
	cb := r.start(manager.Request{})
	r.run(23 * time.Hour)
	r.wantState(cb.ID, callback.Paused)
	r.run(2 * time.Hour)
	r.wantReason(cb.ID, callback.ReasonTimeout)
}

// Pauses lists where each pause comes from, and Resume does not end what the
// configuration says.
func TestResumeOfConfiguredPause(t *testing.T) {
	r := newRig(t, nil)
	r.pauseByConfig(true)
	cb := r.start(manager.Request{})
	r.tick()
	list, err := r.m.Pauses(r.ctx)
	if err != nil || len(list) != 1 || !list[0].Configured || list[0].Service != "desk" || !list[0].Since.IsZero() {
		t.Fatalf("pauses: %+v, %v", list, err)
	}
	if _, err := r.m.Pause(r.ctx, manager.PauseRequest{Service: "desk", Actor: "op"}); err != nil {
		t.Fatal(err)
	}
	if list, _ = r.m.Pauses(r.ctx); len(list) != 2 || list[0].Configured || !list[1].Configured {
		t.Errorf("pauses: %+v", list)
	}
	_, err = r.m.Resume(r.ctx, manager.PauseRequest{Service: "desk", Actor: "op"})
	var paused *manager.PausedError
	if !errors.As(err, &paused) || !paused.Pause.Configured || !errors.Is(err, callback.ErrInvalidOperation) || !strings.Contains(err.Error(), "configuration") {
		t.Errorf("error is %v", err)
	}
	if _, err := r.m.Pause(r.ctx, manager.PauseRequest{Actor: "op"}); err != nil {
		t.Fatal(err)
	}
	if n, err := r.m.Resume(r.ctx, manager.PauseRequest{Actor: "op"}); n != 0 || err != nil {
		t.Errorf("resuming all resumed %d: %v", n, err)
	}
	r.run(time.Minute)
	r.wantState(cb.ID, callback.Paused)
	r.pauseByConfig(false)
	r.run(2 * time.Second)
	r.wantState(cb.ID, callback.Paused) // the pause by a call goes on
	if n, err := r.m.Resume(r.ctx, manager.PauseRequest{Service: "desk", Actor: "op"}); n != 1 || err != nil {
		t.Errorf("resumed %d: %v", n, err)
	}
	if list, _ = r.m.Pauses(r.ctx); len(list) != 0 {
		t.Errorf("pauses: %+v", list)
	}
}

// A node that starts when the configuration has changed already puts back what
// another one paused, and leaves what a request created as paused.
func TestConfiguredPauseEndsWhileDown(t *testing.T) {
	shared, clock := store.NewMemory(store.Config{}), callbacktest.NewClock(monday())
	build := func(node string, paused bool) *rig {
		desk := managertest.Desk()
		desk.Paused = paused
		return wrap(t, managertest.New(t, managertest.Config{Store: shared, Clock: clock, Services: []callback.Service{desk},
			Options: func(c *manager.Config) { c.Node, c.NewID = node, callbacktest.IDs(node) }}))
	}
	old := build("old", true)
	ids := old.startMany(3)
	forced := old.start(manager.Request{State: callback.Paused})
	old.tick()
	old.wantState(ids[0], callback.Paused)
	clock.Advance(time.Minute)
	fresh := build("fresh", false)
	for range 5 {
		fresh.tick()
		clock.Advance(time.Second)
	}
	for _, id := range ids {
		if cb := fresh.get(id); len(cb.Attempts) != 1 {
			t.Errorf("%s is %v", id, cb.State)
		}
	}
	fresh.wantState(forced.ID, callback.Paused)
}

// While two nodes have different configurations, they do not move a callback to
// and fro.
func TestConfigurationsThatDiffer(t *testing.T) {
	shared, clock := store.NewMemory(store.Config{}), callbacktest.NewClock(monday())
	build := func(node string, paused bool) *rig {
		desk := managertest.Desk()
		desk.Paused, desk.Queueing.Lines = paused, 1
		return wrap(t, managertest.New(t, managertest.Config{Store: shared, Clock: clock, Services: []callback.Service{desk},
			Options: func(c *manager.Config) { c.Node, c.NewID = node, callbacktest.IDs(node) }}))
	}
	a, b := build("a", true), build("b", false)
	ids := a.startMany(5)
	for range 300 {
		a.tick()
		b.tick()
		clock.Advance(time.Second)
	}
	for _, id := range ids {
		if n := len(a.rec.Types(id)); n > 12 {
			t.Errorf("%d events of %s in five minutes", n, id)
		}
	}
}

// More paused callbacks than one tick may work on are all put back, and others are
// dialed at the same time.
func TestManyConfiguredPausesEnd(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Batch = 2
		s.Limits.SameNumber = callback.NoLimit
	})
	r.pauseByConfig(true)
	ids := r.startMany(25)
	r.run(time.Second)
	r.wantState(ids[24], callback.Paused)
	r.pauseByConfig(false)
	for range 60 {
		r.tick()
		r.clock.Advance(time.Second)
	}
	for _, id := range ids {
		if cb := r.get(id); cb.State == callback.Paused {
			t.Errorf("%s is still paused", id)
		}
	}
}

// polls ticks at least once a second.
func (r *rig) polls(d time.Duration) {
	r.t.Helper()
	until := r.clock.Now().Add(d)
	driver := callbacktest.Driver{Engine: r.m, Clock: r.clock, Dialer: r.dialer, Poll: time.Second}
	if _, err := driver.Run(r.ctx, until); err != nil {
		r.t.Fatal(err)
	}
	r.clock.Set(until)
}

// What waits for its next attempt is paused with its gap, whether the pause or the
// gap begins first: its time in the queue stands still.
func TestPauseInAGap(t *testing.T) {
	for _, configured := range []bool{false, true} {
		for _, during := range []bool{false, true} {
			router := callbacktest.NewRouter(1)
			desk := managertest.Desk()
			r := newRig(t, func(s *callback.Service, c *manager.Config) {
				s.Queueing.TTL, c.Router = time.Hour, router
				s.Dialing.Retry = scheduler.RetryPolicy{MaxAttempts: 9, Default: scheduler.Rule{Max: 9, Delay: 50 * time.Minute}}
				desk = *s
			})
			pause := func(on bool) {
				var err error
				switch desk.Paused = on; {
				case configured:
					err = r.services.Set("", desk)
				case on:
					_, err = r.m.Pause(r.ctx, drill())
				default:
					_, err = r.m.Resume(r.ctx, over())
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			r.dialer.On("*", callbacktest.NoAnswer())
			cb := r.start(manager.Request{})
			r.polls(time.Second)
			if during {
				pause(true)
			}
			r.polls(2 * time.Minute)
			router.SetFree(callbacktest.AnyService, 0)
			pause(true)
			r.polls(3 * time.Second)
			r.wantState(cb.ID, callback.Paused)
			r.polls(115 * time.Minute)
			pause(false)
			r.polls(3 * time.Second)
			r.wantState(cb.ID, callback.Queued)
			r.polls(3 * time.Hour)
			ended := r.wantReason(cb.ID, callback.ReasonTargetNotFound).EndedAt
			if off := ended.Sub(monday().Add(175 * time.Minute)); off.Abs() > 2*time.Minute {
				t.Errorf("configured %v, during the call %v: ended after %v, want one hour and the pause", configured, during, ended.Sub(monday()))
			}
		}
	}
}
