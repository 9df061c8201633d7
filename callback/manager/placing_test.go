package manager_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// hookedStore calls functions after calls of a store.
type hookedStore struct {
	callback.Store
	applied func(changes []callback.Change) error // its error replaces the answer
	read    func()
}

func (s *hookedStore) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	errs, err := s.Store.Apply(ctx, now, changes)
	if s.applied != nil {
		if lost := s.applied(changes); lost != nil {
			return nil, lost
		}
	}
	return errs, err
}

func (s *hookedStore) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	cb, err := s.Store.Get(ctx, by)
	if s.read != nil {
		s.read()
	}
	return cb, err
}

// commits reports whether a write commits an attempt.
func commits(changes []callback.Change) bool {
	for _, c := range changes {
		if c.Record.State == callback.Dialing && c.Event.Type == callback.EventDialing {
			return true
		}
	}
	return false
}

// hookedRig is a rig whose store is a hookedStore, with a second Manager on the
// same callbacks that the hooks do not touch.
func hookedRig(t *testing.T) (r *rig, s *hookedStore, other *manager.Manager) {
	s = new(hookedStore)
	r = newRig(t, func(_ *callback.Service, c *manager.Config) {
		s.Store = c.Store
		c.Store = s
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	other, err := manager.New(manager.Config{Store: s.Store, Services: r.services, Dialer: r.dialer, Now: r.clock.Now, Synchronous: true, Node: "n2"})
	if err != nil {
		t.Fatal(err)
	}
	return r, s, other
}

// After a write that took long, or whose answer was lost, the dialer is not
// called for a callback that has moved on.
func TestCallIsNotPlacedForWhatMovedOn(t *testing.T) {
	giveUp := map[string]func(r *rig, m *manager.Manager, id callback.ID) error{
		"cancelled by force": func(r *rig, m *manager.Manager, id callback.ID) error {
			_, err := m.Cancel(r.ctx, manager.CancelRequest{ID: id, Force: true})
			return err
		},
		"cancelled": func(r *rig, m *manager.Manager, id callback.ID) error {
			_, err := m.Cancel(r.ctx, manager.CancelRequest{ID: id})
			if errors.Is(err, callback.ErrInFlight) {
				return nil
			}
			return err
		},
		"forgotten": func(r *rig, m *manager.Manager, id callback.ID) error {
			_, err := m.Cancel(r.ctx, manager.CancelRequest{ID: id, Force: true})
			if err != nil {
				return err
			}
			result, err := m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{id}, Actor: "ann"})
			return errors.Join(err, result.Items[0].Err)
		},
		"completed elsewhere": func(r *rig, m *manager.Manager, id callback.ID) error {
			_, err := m.ReportState(r.ctx, manager.StateReport{ID: id, State: callback.Completed})
			return err
		},
	}
	for name, act := range giveUp {
		t.Run(name+", slow store", func(t *testing.T) {
			r, s, other := hookedRig(t)
			cb := r.start(manager.Request{})
			s.applied = func(changes []callback.Change) error {
				if commits(changes) {
					s.applied = nil
					r.clock.Advance(1001 * time.Millisecond)
					return errors.Join(act(r, other, cb.ID))
				}
				return nil
			}
			r.tick()
			if n := len(r.dialer.Dials()); n != 0 {
				t.Errorf("%d dials", n)
			}
		})
		t.Run(name+", lost answer", func(t *testing.T) {
			r, s, other := hookedRig(t)
			cb := r.start(manager.Request{})
			s.applied = func(changes []callback.Change) error {
				if !commits(changes) {
					return nil
				}
				s.applied = nil
				s.read = func() {
					s.read = nil
					if err := act(r, other, cb.ID); err != nil {
						t.Error(err)
					}
				}
				return callback.ErrOutcomeUnknown
			}
			r.tick()
			if n := len(r.dialer.Dials()); n != 0 {
				t.Errorf("%d dials", n)
			}
		})
	}
}

// A callback that has not moved on is placed late, once, and a delay of this
// side counts as no refusal of the dialer.
func TestLateCallIsPlaced(t *testing.T) {
	t.Run("it waits still", func(t *testing.T) {
		r, s, _ := hookedRig(t)
		cb := r.start(manager.Request{})
		s.applied = func(changes []callback.Change) error {
			if commits(changes) {
				r.clock.Advance(5 * time.Second)
			}
			return nil
		}
		r.run(time.Hour)
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
		if n := len(r.dialer.Dials()); n != 1 {
			t.Errorf("%d dials", n)
		}
	})
	t.Run("the record cannot be read", func(t *testing.T) {
		r := newRig(t, func(_ *callback.Service, c *manager.Config) {
			c.Store = &hookedStore{Store: c.Store}
		})
		s := r.store.(*hookedStore)
		cb := r.start(manager.Request{})
		failing := callbacktest.NewFaultyStore(s.Store)
		s.applied = func(changes []callback.Change) error {
			if commits(changes) && r.clock.Now().Before(monday().Add(time.Minute)) {
				r.clock.Advance(5 * time.Second)
				failing.Inject(callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore})
			}
			return nil
		}
		s.Store = failing.Store()
		r.run(2 * time.Hour)
		done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
		if first := done.Attempts[0].Outcome; first.Certainty != callback.NotPlaced || first.Result != callback.ResultStale {
			t.Errorf("the first attempt ended %v (%v)", first.Result, first.Certainty)
		}
		callbacktest.RequireNoDoubles(t, r.dialer)
	})
	t.Run("stale many times", func(t *testing.T) {
		r, s, _ := hookedRig(t)
		cb := r.start(manager.Request{})
		stale := 0
		s.applied = func(changes []callback.Change) error {
			if commits(changes) && stale < 5 {
				stale++
				r.clock.Advance(40 * time.Second) // beyond Call.NotAfter
			}
			return nil
		}
		r.run(2 * time.Hour)
		if got := r.get(cb.ID); got.Reason != callback.ReasonAgentConnected || len(got.Attempts) != 6 {
			t.Errorf("callback is %v %v after %d attempts", got.State, got.Reason, len(got.Attempts))
		}
	})
}

// In the usual case the record is not read between the commit and the call.
func TestCallIsPlacedWithoutAnotherRead(t *testing.T) {
	r, s, _ := hookedRig(t)
	r.start(manager.Request{})
	reads := -1
	s.applied = func(changes []callback.Change) error {
		if commits(changes) {
			reads = 0
		}
		return nil
	}
	s.read = func() {
		if reads >= 0 && len(r.dialer.Dials()) == 0 {
			reads++
		}
	}
	r.tick()
	if reads != 0 || len(r.dialer.Dials()) != 1 {
		t.Errorf("%d reads before the call, %d dials", reads, len(r.dialer.Dials()))
	}
}

// meddlingDialer lets something happen while it places a call.
type meddlingDialer struct {
	*callbacktest.Dialer
	during func(call callback.Call)
	noRef  bool
	err    error
}

func (d *meddlingDialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	d.during(call)
	ref, err := d.Dialer.Dial(ctx, call)
	if d.err != nil {
		return "", d.err
	}
	if d.noRef {
		ref = ""
	}
	return ref, err
}

// A call that is placed although its callback was cancelled by force in the
// meantime is hung up.
func TestCallThatSlippedThroughIsHungUp(t *testing.T) {
	for name, c := range map[string]struct {
		noRef, forget bool
		err           error
	}{
		"with a reference":      {},
		"without a reference":   {noRef: true},
		"forgotten":             {forget: true},
		"forgotten, no ref":     {forget: true, noRef: true},
		"the placing times out": {err: context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			d := &meddlingDialer{noRef: c.noRef, err: c.err}
			r := newRig(t, func(_ *callback.Service, config *manager.Config) {
				d.Dialer = config.Dialer.(*callbacktest.Dialer)
				config.Dialer = d
			})
			r.dialer.On("*", callbacktest.Answered(time.Hour))
			cb := r.start(manager.Request{})
			before := 0
			d.during = func(call callback.Call) {
				if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: call.ID, Force: true}); err != nil {
					t.Error(err)
				}
				if c.forget {
					if _, err := r.m.Forget(r.ctx, manager.ForgetRequest{IDs: []callback.ID{call.ID}, Actor: "ann"}); err != nil {
						t.Error(err)
					}
				}
				before = len(r.dialer.Hangups())
			}
			if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
				t.Fatal(err)
			}
			after := r.dialer.Hangups()[before:]
			if len(after) != 1 || after[0].Key != callback.NewAttemptKey(cb.ID, 1) || c.err == nil && (after[0].Ref == "") != c.noRef {
				t.Errorf("hang-ups after the call was placed: %+v", after)
			}
			if live := r.dialer.Live(); len(live) != 0 {
				t.Errorf("%d calls are up", len(live))
			}
		})
	}
	t.Run("a webhook tells", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On("*", callbacktest.Answered(time.Hour).HangupFails(errors.New("busy")))
		cb := r.start(manager.Request{})
		r.tick()
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true}); err != nil {
			t.Fatal(err)
		}
		before := len(r.dialer.Hangups())
		if err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Stage: callback.StageRinging}); err != nil {
			t.Fatal(err)
		}
		if n := len(r.dialer.Hangups()) - before; n != 1 {
			t.Errorf("%d hang-ups after the platform told that it rings", n)
		}
	})
	t.Run("not after a normal end", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On("*", callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		r.run(time.Hour)
		if err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Stage: callback.StageBridged}); err != nil {
			t.Fatal(err)
		}
		if n := len(r.dialer.Hangups()); n != 0 {
			t.Errorf("%d hang-ups", n)
		}
	})
}
