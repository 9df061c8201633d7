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
)

// While its service is unknown, a callback's report gets an error that asks for
// repetition, and the callback can be cancelled.
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

// A cancellation in flight survives a reported state.
func TestReportStateQueuedAfterCancel(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.NoAnswer().With(callbacktest.Mute).HangupFails(errors.New("no")), callbacktest.Answered(time.Minute))
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

// A call that rang counts as placed, even if a later report denies it.
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

func TestProgressInAnyOrder(t *testing.T) {
	for name, step := range map[string]callbacktest.Step{
		"twice":      callbacktest.Answered(time.Minute).With(callbacktest.Twice),
		"backwards":  callbacktest.Answered(time.Minute).With(callbacktest.Backwards),
		"early":      callbacktest.Answered(time.Minute).With(callbacktest.Early),
		"final only": callbacktest.Answered(time.Minute).With(callbacktest.FinalOnly),
		"stray":      callbacktest.Answered(time.Minute).With(callbacktest.Stray),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.dialer.On(swiss, step)
			cb := r.start(manager.Request{})
			r.run(time.Hour)
			r.wantReason(cb.ID, callback.ReasonAgentConnected)
			if n := len(r.get(cb.ID).Attempts); n != 1 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// A state that is reported and the properties that come with it are one change,
// or none.
func TestReportStateWithProperties(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
	report := func(s callback.State, set callback.Values) (*callback.Callback, error) {
		return r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: s, Set: set, Actor: "desk"})
	}
	_, err := report(callback.Processing, callback.Values{"": "x"})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	now, err := report(callback.Processing, callback.Values{"note": "talks"})
	if err != nil || now.State != callback.Processing || now.UserData["note"] != "talks" || now.Revision != 2 {
		t.Fatalf("%v, %v", now, err)
	}
	_, err = report(callback.Processing, callback.Values{"_customer_number": swiss2})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	if now, err = report(callback.Processing, callback.Values{"note": "still talks"}); err != nil || now.Revision != 3 || now.UserData["note"] != "still talks" {
		t.Errorf("%v, %v", now, err)
	}
	now, err = report(callback.Completed, callback.Values{"note": "done"})
	if err != nil || now.State != callback.Completed || now.UserData["note"] != "done" {
		t.Errorf("%v, %v", now, err)
	}
	history, err := r.m.History(r.ctx, cb.ID)
	if err != nil || len(history) != 4 {
		t.Errorf("%d events, %v", len(history), err)
	}
}

func TestReportState(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Paused = true })
	cb := r.start(manager.Request{})
	for _, state := range []callback.State{callback.Routing, callback.Processing} {
		if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: state, Actor: "ors"}); err != nil {
			t.Fatal(err)
		}
		r.wantState(cb.ID, state)
	}
	_, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Routing})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	_, err = r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Dialing})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	if _, err := r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Completed, Reason: callback.ReasonAgentConnected}); err != nil {
		t.Fatal(err)
	}
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	_, err = r.m.ReportState(r.ctx, manager.StateReport{ID: cb.ID, State: callback.Queued})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
}

func TestBadReports(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Hour))
	cb := r.start(manager.Request{})
	r.tick()
	key := callback.NewAttemptKey(cb.ID, 1)
	for _, bad := range []callback.Report{
		{}, {Key: "x", Stage: callback.StageRinging}, {Key: key}, {Key: key, Stage: 99},
		{Key: key, Outcome: &callback.Outcome{Result: 54}}, {Key: key, Outcome: &callback.Outcome{Certainty: 9}},
	} {
		wantCode(t, r.m.Report(r.ctx, bad), callback.ErrInvalidParameter, 40010)
	}
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: "none.1", Stage: callback.StageRinging}), callback.ErrNotFound, 40030)
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(cb.ID, 2), Stage: callback.StageRinging}), callback.ErrNotFound, 40030)
	wantCode(t, r.m.Report(r.ctx, callback.Report{Key: key, Stage: callback.StageRinging, Epoch: 99}), callback.ErrConflict, 40020)
	if n := len(r.get(cb.ID).Attempts); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// The pause that an outcome asks for is taken only from a report that ends an
// attempt: what is refused or old holds up nothing.
func TestReportCoolsOnlyIfItEndsAnAttempt(t *testing.T) {
	cooling := func(id callback.ID, n int) callback.Report {
		return callback.Report{Key: callback.NewAttemptKey(id, n), Outcome: &callback.Outcome{
			Result: callback.ResultBusy, Certainty: callback.Known, RetryAfter: time.Hour,
		}}
	}
	for name, c := range map[string]struct {
		report func(r *rig, id callback.ID) callback.Report
		want   error
		cools  bool
	}{
		"ends it":     {func(_ *rig, id callback.ID) callback.Report { return cooling(id, 2) }, nil, true},
		"never was":   {func(_ *rig, id callback.ID) callback.Report { return cooling(id, 3) }, callback.ErrNotFound, false},
		"no callback": {func(*rig, callback.ID) callback.Report { return cooling("none", 1) }, callback.ErrNotFound, false},
		"other epoch": {func(_ *rig, id callback.ID) callback.Report {
			report := cooling(id, 2)
			report.Epoch = 99
			return report
		}, callback.ErrConflict, false},
		"former attempt": {func(_ *rig, id callback.ID) callback.Report { return cooling(id, 1) }, nil, false},
		"malformed": {func(_ *rig, id callback.ID) callback.Report {
			report := cooling(id, 2)
			report.Stage = 99
			return report
		}, callback.ErrInvalidParameter, false},
		"another tenant": {func(_ *rig, id callback.ID) callback.Report {
			report := cooling(id, 2)
			report.Tenant = "acme"
			return report
		}, callback.ErrNotFound, false},
		"completed": {func(r *rig, id callback.ID) callback.Report {
			if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: id, Force: true}); err != nil {
				r.t.Fatal(err)
			}
			return cooling(id, 2)
		}, nil, false},
		"doubted twice": {func(r *rig, id callback.ID) callback.Report {
			doubt := callback.Report{Key: callback.NewAttemptKey(id, 2), Outcome: &callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.MayHaveRung}}
			if err := r.m.Report(r.ctx, doubt); err != nil {
				r.t.Fatal(err)
			}
			doubt.Outcome.RetryAfter = time.Hour
			return doubt
		}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &heard{calls: make(map[string]int)}
			r := newRig(t, func(_ *callback.Service, config *manager.Config) { config.Observer = h })
			r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Answered(time.Hour))
			cb := r.start(manager.Request{})
			r.run(6 * time.Minute)
			if n := len(r.get(cb.ID).Attempts); n != 2 {
				t.Fatalf("%d attempts", n)
			}
			if err := r.m.Report(r.ctx, c.report(r, cb.ID)); !errors.Is(err, c.want) {
				t.Errorf("Report returned %v", err)
			}
			paused := slices.ContainsFunc(h.notes, func(note string) bool { return strings.HasPrefix(note, "paused") })
			next := r.start(manager.Request{Number: swiss2})
			r.tick()
			if waits := r.get(next.ID).State == callback.Queued; waits != c.cools || paused != c.cools {
				t.Errorf("the next call waits: %v, the observer heard of a pause: %v; want %v", waits, paused, c.cools)
			}
		})
	}
}

// A pause that the dialer itself asks for is told to the observer once.
func TestDialersPauseIsToldOnce(t *testing.T) {
	h := &heard{calls: make(map[string]int)}
	r := newRig(t, func(_ *callback.Service, config *manager.Config) { config.Observer = h })
	r.dialer.On(swiss, callbacktest.Throttled(time.Minute))
	r.start(manager.Request{})
	r.tick()
	n := 0
	for _, note := range h.notes {
		if strings.HasPrefix(note, "paused") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was told %d times:\n%s", n, strings.Join(h.notes, "\n"))
	}
}
