package manager_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// counted counts what it hears of ended attempts.
type counted struct {
	callback.NopObserver
	ended []string
}

func (c *counted) AttemptEnded(_ context.Context, cb *callback.Callback) {
	a := cb.Current()
	c.ended = append(c.ended, fmt.Sprintf("%d %v (%v)", a.N, a.Outcome.Result, a.Outcome.Certainty))
}

// Each attempt has exactly one event that ends it, however its callback goes on, and
// the observer hears the same.
func TestEachAttemptHasOneEnd(t *testing.T) {
	hears := func(r *rig, id callback.ID, stage callback.Stage, o *callback.Outcome) {
		r.t.Helper()
		key := callback.NewAttemptKey(id, len(r.get(id).Attempts))
		if err := r.m.Report(r.ctx, callback.Report{Key: key, Stage: stage, Outcome: o}); err != nil {
			r.t.Fatal(err)
		}
	}
	pending := func(r *rig, _ *callback.Callback, err error) {
		r.t.Helper()
		if !errors.Is(err, callback.ErrInFlight) {
			r.t.Fatal(err)
		}
	}
	good := func(r *rig, _ *callback.Callback, err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		steps []callbacktest.Step
		do    func(r *rig, id callback.ID) // after the first tick
		want  []string                     // what ends the attempts
		late  []string                     // what is heard of them afterwards
	}{
		{"success", []callbacktest.Step{callbacktest.Answered(time.Minute)}, nil, []string{"completed 1 ANSWER (known)"}, nil},
		{"success of a retry", []callbacktest.Step{callbacktest.Busy(), callbacktest.Answered(time.Minute)}, nil,
			[]string{"attempt_ended 1 BUSY (known)", "completed 2 ANSWER (known)"}, nil},
		{"no retry left", []callbacktest.Step{callbacktest.NoAnswer()}, nil,
			[]string{"attempt_ended 1 NO_ANSWER (known)", "attempt_ended 2 NO_ANSWER (known)", "completed 3 NO_ANSWER (known)"}, nil},
		{"no retry allowed", []callbacktest.Step{callbacktest.InvalidNumber()}, nil, []string{"completed 1 SIT_INVALID_NUM (known)"}, nil},
		{"abandoned", []callbacktest.Step{callbacktest.Abandoned(time.Second)}, nil, []string{"completed 1 ABANDONED (known)"}, nil},
		{"submit failed", []callbacktest.Step{callbacktest.Refused()}, nil,
			[]string{"attempt_ended 1 SYSTEM_ERROR (not placed)", "completed 2 SYSTEM_ERROR (not placed)"}, nil},
		{"the platform asks for a pause", []callbacktest.Step{callbacktest.Throttled(time.Second), callbacktest.Answered(time.Minute)}, nil,
			[]string{"attempt_ended 1 SYSTEM_ERROR (not placed)", "completed 2 ANSWER (known)"}, nil},
		{"cancelled before a retry", []callbacktest.Step{callbacktest.Busy()}, func(r *rig, id callback.ID) {
			r.run(10 * time.Second)
			cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id})
			good(r, cb, err)
		}, []string{"attempt_ended 1 BUSY (known)"}, nil},
		{"time to live ends before a retry", []callbacktest.Step{callbacktest.Busy()}, func(r *rig, _ callback.ID) {
			r.run(10 * time.Second)
			if _, err := r.m.Pause(r.ctx, manager.PauseRequest{Service: "desk", Actor: "chief"}); err != nil {
				r.t.Fatal(err)
			}
		}, []string{"attempt_ended 1 BUSY (known)"}, nil},
		{"cancelled while it rings", []callbacktest.Step{callbacktest.NoAnswer()}, func(r *rig, id callback.ID) {
			cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id})
			pending(r, cb, err)
		}, []string{"completed 1 DROPPED_NO_ANSWER (known)"}, nil},
		{"cancelled by force", []callbacktest.Step{callbacktest.Silent().HangupFails(errors.New("no"))}, func(r *rig, id callback.ID) {
			cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id, Force: true})
			good(r, cb, err)
		}, []string{"completed 1 CANCEL_RECORD (may have rung)"}, nil},
		{"cancelled by force in bulk", []callbacktest.Step{callbacktest.Silent()}, func(r *rig, id callback.ID) {
			result, err := r.m.CancelAll(r.ctx, manager.CancelAllRequest{IDs: []callback.ID{id}, Force: true, Actor: "chief"})
			if err != nil || result.Items[0].Err != nil {
				r.t.Fatal(result, err)
			}
		}, []string{"completed 1 CANCEL_RECORD (may have rung)"}, nil},
		{"cancelled by force, and a late result twice", []callbacktest.Step{callbacktest.Silent()}, func(r *rig, id callback.ID) {
			cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id, Force: true})
			good(r, cb, err)
			busy := callback.Ended(callback.ResultBusy)
			hears(r, id, callback.StageNone, &busy)
			hears(r, id, callback.StageNone, &busy)
		}, []string{"completed 1 CANCEL_RECORD (may have rung)"}, []string{"1 BUSY (known)"}},
		{"the dialer is gone", []callbacktest.Step{callbacktest.Silent().With(callbacktest.Forgotten)}, nil,
			[]string{"completed 1 UNKNOWN (may have rung)"}, nil},
		{"the dialer panics and knows of no call", []callbacktest.Step{callbacktest.Crashed("no"), callbacktest.Answered(time.Minute)}, nil,
			[]string{"attempt_ended 1 SYSTEM_ERROR (not placed)", "completed 2 ANSWER (known)"}, nil},
		{"a look-up tells the end", []callbacktest.Step{callbacktest.Busy().With(callbacktest.Mute), callbacktest.Answered(time.Minute)}, nil,
			[]string{"attempt_ended 1 BUSY (known)", "completed 2 ANSWER (known)"}, nil},
		{"an operator tells the end", []callbacktest.Step{callbacktest.Lost(nil).With(callbacktest.Forgotten), callbacktest.Answered(time.Minute)}, func(r *rig, id callback.ID) {
			cb, err := r.m.Resolve(r.ctx, manager.Resolution{ID: id, Outcome: callback.Ended(callback.ResultBusy), Actor: "chief"})
			good(r, cb, err)
		}, []string{"attempt_ended 1 BUSY (known)", "completed 2 ANSWER (known)"}, nil},
		{"an operator asks for a redial", []callbacktest.Step{callbacktest.Lost(nil).With(callbacktest.Forgotten), callbacktest.Answered(time.Minute)}, func(r *rig, id callback.ID) {
			cb, err := r.m.Resolve(r.ctx, manager.Resolution{ID: id, Redial: true, Actor: "chief"})
			good(r, cb, err)
		}, []string{"attempt_ended 1 UNKNOWN (known)", "completed 2 ANSWER (known)"}, nil},
		{"no agent comes", []callbacktest.Step{callbacktest.Silent().With(callbacktest.Forgotten)}, func(r *rig, id callback.ID) {
			hears(r, id, callback.StageCustomer, nil)
		}, []string{"completed 1 NO_ESTABLISHED (known)"}, nil},
		{"the end of the talk is not reported", []callbacktest.Step{callbacktest.Silent().With(callbacktest.Forgotten)}, func(r *rig, id callback.ID) {
			hears(r, id, callback.StageBridged, nil)
		}, []string{"completed 1 BRIDGED (known)"}, nil},
		{"put back by a state report", []callbacktest.Step{callbacktest.Silent(), callbacktest.Answered(time.Minute)}, func(r *rig, id callback.ID) {
			cb, err := r.m.ReportState(r.ctx, manager.StateReport{ID: id, State: callback.Queued})
			good(r, cb, err)
		}, []string{"state_set 1 UNKNOWN (known)", "completed 2 ANSWER (known)"}, nil},
		{"completed by a state report", []callbacktest.Step{callbacktest.Silent()}, func(r *rig, id callback.ID) {
			cb, err := r.m.ReportState(r.ctx, manager.StateReport{ID: id, State: callback.Completed})
			good(r, cb, err)
		}, []string{"completed 1 UNKNOWN (known)"}, nil},
		{"masked with a text of the platform", []callbacktest.Step{callbacktest.Busy().Outcome(callback.Outcome{
			Result: callback.ResultBusy, Certainty: callback.Known, Raw: "user busy",
		}), callbacktest.InvalidNumber().Outcome(callback.Outcome{Result: callback.ResultSITVacant, Certainty: callback.Known, Raw: "gone"})}, nil,
			[]string{"attempt_ended 1 BUSY (known)", "completed 2 SIT_VACANT (known)"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			heard := new(counted)
			r := newRig(t, func(s *callback.Service, c *manager.Config) {
				s.Queueing.MaxSubmits, s.TTL, s.MaskAfter = 2, 30*time.Minute, 48*time.Hour
				c.Observer = heard
			})
			r.dialer.On(callbacktest.AnyNumber, test.steps...)
			cb := r.start(manager.Request{})
			r.tick()
			if test.do != nil {
				test.do(r, cb.ID)
			}
			r.run(72 * time.Hour)
			if cb = r.wantState(cb.ID, callback.Completed); cb.MaskedAt.IsZero() {
				t.Error("is not masked")
			}
			events, err := r.m.History(r.ctx, cb.ID)
			if err != nil {
				t.Fatal(err)
			}
			var ends, told []string
			for _, e := range events {
				what := fmt.Sprintf("%d %v (%v)", e.Attempt, e.Result, e.Certainty)
				if e.EndsAttempt() {
					ends = append(ends, fmt.Sprintf("%s %s", e.Type, what))
				}
				if e.Certainty != 0 {
					told = append(told, what)
				}
			}
			if diff := cmp.Diff(test.want, ends); diff != "" {
				t.Errorf("events that end an attempt (-want +got):\n%s", diff)
			}
			if len(ends) != len(cb.Attempts) {
				t.Errorf("%d attempts, %d ends", len(cb.Attempts), len(ends))
			}
			if diff := cmp.Diff(told, heard.ended); diff != "" || len(told) != len(ends)+len(test.late) {
				t.Errorf("told by events and heard (-told +heard):\n%s", diff)
			}
		})
	}
}

// An operator puts back a callback that no node managed to dial. No attempt ends.
func TestResolutionWithoutAnAttemptEndsNone(t *testing.T) {
	for name, step := range map[string]callbacktest.Step{"no attempt": {}, "attempt that has ended": callbacktest.Busy()} {
		t.Run(name, func(t *testing.T) {
			heard := new(counted)
			var faulty *callbacktest.FaultyStore
			r := newRig(t, func(s *callback.Service, c *manager.Config) {
				s.TTL = 30 * 24 * time.Hour
				faulty = callbacktest.NewFaultyStore(c.Store)
				c.Store, c.Observer = faulty.Store(), heard
			})
			t.Cleanup(faulty.Heal)
			cb, attempts := r.start(manager.Request{}), 0
			if name != "no attempt" {
				r.dialer.On(callbacktest.AnyNumber, step)
				r.run(time.Minute)
				attempts = 1
			}
			faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Times: -1,
				Change: func(c callback.Change) bool { return c.Record.State == callback.Dialing || c.Unclaim }})
			for range 400 {
				r.clock.Advance(time.Minute)
				_, _ = r.m.Tick(r.ctx, r.clock.Now())
				if r.get(cb.ID).State == callback.Unresolved {
					break
				}
			}
			r.wantState(cb.ID, callback.Unresolved)
			faulty.Heal()
			if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "chief"}); err != nil {
				t.Fatal(err)
			}
			events, err := r.m.History(r.ctx, cb.ID)
			if err != nil {
				t.Fatal(err)
			}
			if last := events[len(events)-1]; last.Type != callback.EventRequeued || last.EndsAttempt() || len(heard.ended) != attempts {
				t.Errorf("the last event is %v, heard %v", last, heard.ended)
			}
		})
	}
}
