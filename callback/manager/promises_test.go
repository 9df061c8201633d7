package manager_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

// wantSame demands that nothing changes in a callback while f runs.
func (r *rig) wantSame(id callback.ID, f func()) {
	r.t.Helper()
	before := r.get(id)
	f()
	if d := cmp.Diff(before, r.get(id), cmpopts.EquateComparable(phonenum.Address{})); d != "" {
		r.t.Errorf("callback %s changed (-before +after):\n%s", id, d)
	}
}

// everyReport lists reports of all stages and of many outcomes for an attempt.
func everyReport(key callback.AttemptKey) []callback.Report {
	var list []callback.Report
	for _, stage := range []callback.Stage{callback.StagePlaced, callback.StageRinging, callback.StageCustomer, callback.StageBridged} {
		list = append(list, callback.Report{Key: key, Stage: stage})
	}
	for _, result := range []callback.CallResult{callback.ResultBridged, callback.ResultBusy, callback.ResultNoAnswer, callback.ResultSystemError, callback.ResultUnknown} {
		for _, certainty := range []callback.Certainty{callback.Known, callback.NotPlaced, callback.MayHaveRung} {
			if certainty == callback.NotPlaced && result == callback.ResultBridged {
				continue // contradicts itself
			}
			list = append(list, callback.Report{Key: key, Outcome: &callback.Outcome{Result: result, Certainty: certainty}})
		}
	}
	return list
}

// Reports of a former attempt that come again, or late, change nothing about the
// present one.
func TestReportsOfAFormerAttemptChangeNothing(t *testing.T) {
	states := map[callback.State]callbacktest.Step{
		callback.Dialing:    callbacktest.Vanished(),
		callback.Routing:    callbacktest.Abandoned(time.Hour),
		callback.Processing: callbacktest.Answered(time.Hour),
		callback.Unresolved: callbacktest.Lost(nil),
	}
	for state, step := range states {
		t.Run(state.String(), func(t *testing.T) {
			r := newRig(t, nil)
			r.dialer.On(swiss, callbacktest.Busy(), step)
			cb := r.start(manager.Request{})
			for range 10 * 60 {
				if r.tick(); len(r.get(cb.ID).Attempts) == 2 && r.get(cb.ID).State == state {
					break
				}
				r.clock.Advance(time.Second)
			}
			r.wantState(cb.ID, state)
			r.wantSame(cb.ID, func() {
				for _, report := range everyReport(callback.NewAttemptKey(cb.ID, 1)) {
					if err := r.m.Report(r.ctx, report); err != nil {
						t.Errorf("Report(%+v): %v", report, err)
					}
				}
			})
		})
	}
}

// The first outcome of an attempt counts: a second one changes nothing, whether the
// callback has completed or waits for its next attempt.
func TestFirstOutcomeCounts(t *testing.T) {
	for name, first := range map[string]callback.Outcome{
		"completed": callback.Ended(callback.ResultBridged),
		"retried":   callback.Ended(callback.ResultBusy),
		"refused":   {Result: callback.ResultSystemError, Certainty: callback.NotPlaced},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.dialer.On(swiss, callbacktest.Vanished())
			cb := r.start(manager.Request{})
			r.tick()
			key := callback.NewAttemptKey(cb.ID, 1)
			if err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &first}); err != nil {
				t.Fatal(err)
			}
			r.wantSame(cb.ID, func() {
				for _, report := range everyReport(key) {
					if err := r.m.Report(r.ctx, report); err != nil {
						t.Errorf("Report(%+v): %v", report, err)
					}
				}
			})
		})
	}
}

// A look-up that does not know of a call that rang is not believed.
func TestNotPlacedAfterRingingIsNotBelieved(t *testing.T) {
	for _, stage := range []callback.Stage{callback.StageRinging, callback.StageCustomer, callback.StageBridged} {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Vanished(), callbacktest.Answered(time.Minute))
		cb := r.start(manager.Request{})
		_, _ = r.m.Tick(r.ctx, r.clock.Now())
		if err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 1), Stage: stage}); err != nil {
			t.Fatal(err)
		}
		r.run(24 * time.Hour)
		if n := len(r.dialer.Dials()); n != 1 || len(r.dialer.Lookups()) == 0 {
			t.Errorf("%v: %d dials after %d look-ups", stage, n, len(r.dialer.Lookups()))
		}
	}
}

// A node that stands still between the commit and the call does not place it after
// its time: by then another node has learned that there is no such call, and has
// called again.
func TestStalledNodeDoesNotCall(t *testing.T) {
	for _, stall := range []time.Duration{32 * time.Second, time.Minute, 10 * time.Minute, 3 * time.Hour} {
		t.Run(stall.String(), func(t *testing.T) {
			r, s, other := hookedRig(t)
			cb := r.start(manager.Request{})
			s.applied = func(changes []callback.Change) error {
				if !commits(changes) {
					return nil
				}
				s.applied = nil
				for passed := time.Duration(0); passed < stall; passed += time.Second {
					r.clock.Advance(time.Second)
					if _, err := other.Tick(r.ctx, r.clock.Now()); err != nil {
						t.Error(err)
					}
				}
				return nil
			}
			r.tick()
			for _, call := range r.dialer.Dials() {
				if call.Attempt == 1 {
					t.Errorf("attempt 1 was placed %v after its commit", stall)
				}
			}
			r.run(5 * time.Hour)
			r.wantState(cb.ID, callback.Completed)
			callbacktest.RequireNoDoubles(t, r.dialer)
		})
	}
}

// A cancellation that was written and whose answer was lost is reported as what it
// is, and no call follows.
func TestCancelWithALostAnswer(t *testing.T) {
	for _, force := range []bool{false, true} {
		for _, unreadable := range []bool{false, true} {
			var fs *callbacktest.FaultyStore
			r := newRig(t, func(_ *callback.Service, c *manager.Config) {
				fs = callbacktest.NewFaultyStore(c.Store)
				c.Store = fs.Store()
			})
			r.dialer.On(swiss, callbacktest.Answered(time.Minute))
			cb := r.start(manager.Request{})
			fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter})
			if unreadable {
				fs.Inject(callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1})
			}
			got, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: force})
			switch {
			case unreadable && !errors.Is(err, callback.ErrOutcomeUnknown):
				t.Errorf("forced %v, unreadable: Cancel returned %v", force, err)
			case !unreadable && (err != nil || got.State != callback.Completed):
				t.Errorf("forced %v: Cancel returned %v, %v", force, got, err)
			}
			var state *callback.StateError
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: force}); !errors.As(err, &state) || state.State != callback.Completed {
				t.Errorf("forced %v: the second Cancel returned %v", force, err)
			}
			r.run(time.Hour)
			r.wantReason(cb.ID, callback.ReasonCancelled)
			if n := len(r.dialer.Dials()); n != 0 {
				t.Errorf("forced %v: %d dials", force, n)
			}
		}
	}
}

// The same for a cancellation during a call: the hang-up follows the write.
func TestCancelInFlightWithALostAnswer(t *testing.T) {
	for _, unreadable := range []bool{false, true} {
		var fs *callbacktest.FaultyStore
		r := newRig(t, func(_ *callback.Service, c *manager.Config) {
			fs = callbacktest.NewFaultyStore(c.Store)
			c.Store = fs.Store()
		})
		r.dialer.On(swiss, callbacktest.Answered(50*time.Minute))
		cb := r.start(manager.Request{})
		r.run(time.Minute)
		r.wantState(cb.ID, callback.Processing)
		fs.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter})
		if unreadable {
			fs.Inject(callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1})
		}
		_, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID, Force: true})
		if unreadable != errors.Is(err, callback.ErrOutcomeUnknown) {
			t.Errorf("unreadable %v: Cancel returned %v", unreadable, err)
		}
		r.run(2 * time.Minute)
		r.wantReason(cb.ID, callback.ReasonCancelled)
		if live, n := len(r.dialer.Live()), len(r.dialer.Dials()); live != 0 || n != 1 {
			t.Errorf("unreadable %v: %d calls are up, %d dials", unreadable, live, n)
		}
	}
}
