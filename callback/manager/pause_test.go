package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// drill pauses or resumes the rig's service.
func drill() manager.PauseRequest {
	return manager.PauseRequest{Service: "desk", Actor: "ann", Reason: "fire drill"}
}

// over is the request that ends it, by another actor.
func over() manager.PauseRequest {
	return manager.PauseRequest{Service: "desk", Actor: "bob", Reason: "drill is over"}
}

func (r *rig) pause(req manager.PauseRequest, want int) {
	r.t.Helper()
	if n, err := r.m.Pause(r.ctx, req); err != nil || n != want {
		r.t.Fatalf("Pause: %d, %v, want %d", n, err, want)
	}
}

func (r *rig) resume(req manager.PauseRequest, want int) {
	r.t.Helper()
	if n, err := r.m.Resume(r.ctx, req); err != nil || n != want {
		r.t.Fatalf("Resume: %d, %v, want %d", n, err, want)
	}
}

// node is another Manager on the rig's store.
func (r *rig) node(name string, change ...func(*manager.Config)) *manager.Manager {
	r.t.Helper()
	config := manager.Config{
		Store: r.store, Services: r.services, Dialer: r.dialer, Now: r.clock.Now, NewID: callbacktest.IDs(name + "-"), Node: name,
		Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	for _, f := range change {
		f(&config)
	}
	m, err := manager.New(config)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

// wantLast demands the last event of a callback.
func (r *rig) wantLast(id callback.ID, typ callback.EventType, actor, detail string) callback.Event {
	r.t.Helper()
	history, err := r.m.History(r.ctx, id)
	if err != nil || len(history) == 0 {
		r.t.Fatalf("history of %s: %v, %v", id, history, err)
	}
	e := history[len(history)-1]
	if e.Type != typ || e.Actor != actor || e.Detail != detail {
		r.t.Fatalf("last event of %s is %s by %q, %q, want %s by %q, %q", id, e.Type, e.Actor, e.Detail, typ, actor, detail)
	}
	return e
}

// called lists whom the dialer was asked to call.
func (r *rig) called() []callback.ID {
	ids := []callback.ID{}
	for _, call := range r.dialer.Dials() {
		ids = append(ids, call.ID)
	}
	return ids
}

func TestPauseTakesOutAndResumePutsBack(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits.SameNumber = callback.NoLimit
		s.Queueing.Lines = 1
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	r.dialer.On(swiss3, callbacktest.Busy(), callbacktest.Answered(time.Minute))
	gap := r.start(manager.Request{Number: swiss3})
	r.run(10 * time.Second) // busy: it waits for its next attempt
	waiting := r.wantState(gap.ID, callback.Queued)
	up := r.start(manager.Request{Number: swiss2})
	r.tick()
	r.wantState(up.ID, callback.Dialing)
	first := r.start(manager.Request{})
	r.clock.Advance(time.Second)
	second := r.start(manager.Request{})
	later := r.start(manager.Request{Desired: r.clock.Now().Add(time.Hour)})

	paused := r.clock.Now()
	r.pause(drill(), 3)
	for _, before := range []*callback.Callback{waiting, first, second} {
		cb := r.wantState(before.ID, callback.Paused)
		if !cb.QueuedAt.Equal(before.QueuedAt) || !cb.ReadyAt.Equal(before.ReadyAt) || cb.Ready || !cb.PausedAt.Equal(paused) {
			t.Errorf("%s lost its place or gap: queued %v, ready at %v", cb.ID, cb.QueuedAt, cb.ReadyAt)
		}
		e := r.wantLast(cb.ID, callback.EventPaused, "ann", "fire drill")
		if e.From != callback.Queued || e.To != callback.Paused || e.Epoch != 0 {
			t.Errorf("event is %+v", e)
		}
	}
	r.wantState(up.ID, callback.Dialing)
	r.wantState(later.ID, callback.Scheduled)

	// What is up goes on to its end; nothing new begins.
	r.run(10 * time.Minute)
	r.wantReason(up.ID, callback.ReasonAgentConnected)
	if got := r.called(); !slices.Equal(got, []callback.ID{gap.ID, up.ID}) {
		t.Errorf("called during the pause: %v", got)
	}

	r.resume(over(), 3)
	cb := r.wantState(first.ID, callback.Queued)
	if !cb.QueuedAt.Equal(first.QueuedAt) || !cb.Ready || !cb.PausedAt.IsZero() || cb.PausedFor != r.clock.Now().Sub(paused) {
		t.Errorf("put back with queued at %v, ready %v, paused at %v for %v", cb.QueuedAt, cb.Ready, cb.PausedAt, cb.PausedFor)
	}
	r.wantLast(first.ID, callback.EventResumed, "bob", "drill is over")
	r.run(time.Hour)
	if got := r.called(); !slices.Equal(got[2:], []callback.ID{gap.ID, first.ID, second.ID, later.ID}) {
		t.Errorf("called after the pause, in this order: %v", got[2:])
	}
}

// The gap before the next attempt holds over a short pause.
func TestResumeKeepsTheGap(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Second)
	ready := r.wantState(cb.ID, callback.Queued).ReadyAt
	r.pause(drill(), 1)
	r.clock.Advance(time.Minute)
	r.resume(over(), 1)
	if got := r.wantState(cb.ID, callback.Queued); got.Ready || !got.ReadyAt.Equal(ready) {
		t.Errorf("ready %v at %v, want at %v", got.Ready, got.ReadyAt, ready)
	}
	r.run(time.Hour)
	if attempts := r.get(cb.ID).Attempts; len(attempts) != 2 || attempts[1].Began.Before(ready) {
		t.Errorf("attempts are %+v, the gap ends at %v", attempts, ready)
	}
}

// What comes into the queue of a paused service is taken out with the words of
// the pause: new callbacks, released ones, and those whose call has ended.
func TestPauseCatchesWhatComesLater(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss3, callbacktest.Busy())
	flying := r.start(manager.Request{Number: swiss3})
	r.tick()
	booked := r.start(manager.Request{Number: swiss2, Desired: r.clock.Now().Add(30 * time.Minute)})
	r.pause(drill(), 0)
	fresh := r.start(manager.Request{})
	r.wantState(fresh.ID, callback.Queued)
	r.run(time.Hour)
	for _, id := range []callback.ID{flying.ID, booked.ID, fresh.ID} {
		r.wantState(id, callback.Paused)
		if e := r.wantLast(id, callback.EventPaused, "ann", "fire drill"); e.Epoch == 0 {
			t.Errorf("%s was not taken out by an engine", id)
		}
	}
	if got := r.called(); len(got) != 1 {
		t.Errorf("called during the pause: %v", got)
	}
	r.resume(over(), 3)
}

// TTL goes on during a pause, the time in the queue does not.
func TestTimesDuringAPause(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.TTL = 12 * time.Hour
		s.Queueing.TTL = time.Hour
	})
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Answered(time.Minute))
	lasting := r.start(manager.Request{})
	ending := r.start(manager.Request{Number: swiss2, Until: r.clock.Now().Add(3 * time.Hour)})
	r.clock.Advance(30 * time.Minute)
	r.pause(drill(), 2)
	r.run(5 * time.Hour)
	if cb := r.wantReason(ending.ID, callback.ReasonTimeout); !cb.EndedAt.Equal(ending.Until) {
		t.Errorf("ended at %v, its time was over at %v", cb.EndedAt, ending.Until)
	}
	r.resume(over(), 1)
	// The half hour in the queue counts, the five hours do not.
	if cb := r.get(lasting.ID); !cb.DeadlineAt.Equal(r.clock.Now().Add(30 * time.Minute)) {
		t.Errorf("leaves the queue at %v", cb.DeadlineAt)
	}
	r.run(time.Hour) // busy, and another attempt follows
	r.wantReason(lasting.ID, callback.ReasonAgentConnected)

	again := r.start(manager.Request{Number: swiss3})
	r.pause(drill(), 1)
	r.run(12*time.Hour + time.Minute)
	r.wantReason(again.ID, callback.ReasonTimeout)
	r.resume(over(), 0)
}

func TestVerbsOnPausedCallbacks(t *testing.T) {
	r := newRig(t, nil)
	cancelled, updated := r.start(manager.Request{}), r.start(manager.Request{Number: swiss2})
	r.pause(drill(), 2)
	_, err := r.m.Reschedule(r.ctx, manager.RescheduleRequest{ID: cancelled.ID, Desired: r.clock.Now().Add(time.Hour)})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
	cb, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cancelled.ID, Actor: "eve"})
	if err != nil || cb.State != callback.Completed || cb.Reason != callback.ReasonCancelled || !cb.PausedAt.IsZero() {
		t.Errorf("Cancel: %v, %v", cb, err)
	}
	if _, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: updated.ID, Set: callback.Values{"topic": "loan"}}); err != nil {
		t.Error(err)
	}
	if cb := r.wantState(updated.ID, callback.Paused); cb.UserData["topic"] != "loan" || cb.PausedAt.IsZero() {
		t.Errorf("updated to %v, paused at %v", cb.UserData, cb.PausedAt)
	}
	r.resume(over(), 1)
	r.wantReason(cancelled.ID, callback.ReasonCancelled)
}

// All services are a pause of their own, and a service is paused as long as
// either is in force.
func TestPauseOfAllServices(t *testing.T) {
	r := newRig(t, nil)
	for _, name := range []string{"sales", "claims"} {
		if err := r.services.Set("", callback.Service{Name: name, Numbers: callback.Numbers{Country: "CH"}}); err != nil {
			t.Fatal(err)
		}
	}
	ids := make(map[string]callback.ID)
	for i, name := range []string{"desk", "sales", "claims"} {
		ids[name] = r.start(manager.Request{Service: name, Number: []string{swiss, swiss2, swiss3}[i]}).ID
	}
	all := manager.PauseRequest{Actor: "chief", Reason: "storm"}
	r.pause(drill(), 1)
	since := r.clock.Now()
	r.clock.Advance(time.Minute)
	r.pause(all, 2)
	got, err := r.m.Pauses(r.ctx)
	want := []callback.Pause{
		{Since: since.Add(time.Minute), Actor: "chief", Reason: "storm"},
		{Service: "desk", Since: since, Actor: "ann", Reason: "fire drill"},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("pauses, %v, differ (-want +got):\n%s", err, d)
	}
	for _, service := range []string{"desk", "sales"} {
		_, err := r.m.Resume(r.ctx, manager.PauseRequest{Service: service, Actor: "bob"})
		wantCode(t, err, callback.ErrInvalidOperation, 40020)
		var paused *manager.PausedError
		if !errors.As(err, &paused) || paused.Service != service || paused.Pause.Actor != "chief" {
			t.Errorf("error is %v", err)
		}
	}
	if now, _ := r.m.Pauses(r.ctx); len(now) != 2 {
		t.Errorf("a refused Resume left %v", now)
	}
	r.resume(manager.PauseRequest{Actor: "chief"}, 2)
	r.wantState(ids["desk"], callback.Paused)
	r.tick()
	r.wantState(ids["sales"], callback.Dialing)
	r.wantState(ids["claims"], callback.Dialing)
	r.wantState(ids["desk"], callback.Paused)
	r.resume(over(), 1)
	if now, err := r.m.Pauses(r.ctx); err != nil || len(now) != 0 {
		t.Errorf("pauses at the end: %v, %v", now, err)
	}
}

func TestPauseStaysWithinTheTenant(t *testing.T) {
	r := newRig(t, nil)
	if err := r.services.Set("acme", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}}); err != nil {
		t.Fatal(err)
	}
	own, other := r.start(manager.Request{}), r.of("acme").start(manager.Request{})
	stateOf := func() callback.State {
		cb, err := r.m.Tenant("acme").Get(r.ctx, other.ID)
		if err != nil {
			t.Fatal(err)
		}
		return cb.State
	}
	r.pause(drill(), 1)
	r.pause(manager.PauseRequest{Actor: "ann"}, 0)
	if list, err := r.m.Tenant("acme").Pauses(r.ctx); err != nil || len(list) != 0 {
		t.Errorf("another tenant sees %v, %v", list, err)
	}
	r.of("acme").resume(drill(), 0)
	if list, err := r.m.Pauses(r.ctx); err != nil || len(list) != 2 {
		t.Errorf("another tenant's Resume left %v, %v", list, err)
	}
	if got := stateOf(); got != callback.Queued {
		t.Errorf("another tenant's callback is %v", got)
	}
	r.tick()
	if got := stateOf(); got != callback.Dialing {
		t.Errorf("another tenant's callback is %v", got)
	}
	r.wantState(own.ID, callback.Paused)
}

// Repeating a pause keeps what it says and takes out what is left.
func TestPauseAgain(t *testing.T) {
	r := newRig(t, nil)
	r.pause(drill(), 0)
	before, _ := r.m.Pauses(r.ctx)
	r.clock.Advance(time.Minute)
	cb := r.start(manager.Request{})
	r.pause(manager.PauseRequest{Service: "desk", Actor: "eve", Reason: "me too"}, 1)
	r.wantLast(cb.ID, callback.EventPaused, "eve", "me too")
	if after, err := r.m.Pauses(r.ctx); err != nil || !cmp.Equal(before, after) {
		t.Errorf("the pause was %v, is %v, %v", before, after, err)
	}
	r.resume(over(), 1)
	r.resume(over(), 0)
}

// A callback that was created Paused stays paused after Resume.
func TestResumeLeavesForcedCallbacksAlone(t *testing.T) {
	r := newRig(t, nil)
	forced := r.start(manager.Request{State: callback.Paused})
	r.pause(drill(), 0)
	r.resume(over(), 0)
	r.run(time.Hour)
	if cb := r.wantState(forced.ID, callback.Paused); cb.Revision != 1 {
		t.Errorf("it was changed %d times", cb.Revision-1)
	}
	r.run(24 * time.Hour)
	r.wantReason(forced.ID, callback.ReasonTimeout)
}

func TestPauseRefuses(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{})
	long := strings.Repeat("x", 129)
	for field, req := range map[string]manager.PauseRequest{
		"actor":   {Service: "desk"},
		"actor:":  {Service: "desk", Actor: long},
		"reason":  {Service: "desk", Actor: "ann", Reason: "a\nb"},
		"reason:": {Service: "desk", Actor: "ann", Reason: strings.Repeat("x", 1025)},
		"service": {Service: long, Actor: "ann"},
	} {
		_, err := r.m.Pause(r.ctx, req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
		if !strings.HasPrefix(err.Error(), field) {
			t.Errorf("error is %v, want it to name %s", err, field)
		}
		_, err = r.m.Resume(r.ctx, req)
		wantCode(t, err, callback.ErrInvalidParameter, 40010)
	}
	_, err := r.m.Tenant("\xff").Pause(r.ctx, drill())
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	_, err = r.m.Pause(r.ctx, manager.PauseRequest{Service: "nowhere", Actor: "ann"})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	r.resume(manager.PauseRequest{Service: "nowhere", Actor: "ann"}, 0)
	if list, err := r.m.Pauses(r.ctx); err != nil || len(list) != 0 {
		t.Errorf("refused requests left %v, %v", list, err)
	}
	r.wantState(cb.ID, callback.Queued)

	plain := r.node("n2", func(c *manager.Config) { c.Store = struct{ callback.Store }{store.NewMemory(store.Config{})} })
	_, err = plain.Pause(r.ctx, drill())
	wantCode(t, err, callback.ErrConfiguration, 50020)
	_, err = plain.Resume(r.ctx, drill())
	wantCode(t, err, callback.ErrConfiguration, 50020)
	if list, err := plain.Pauses(r.ctx); err != nil || len(list) != 0 {
		t.Errorf("a store without pauses lists %v, %v", list, err)
	}
	if _, err := plain.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Errorf("Tick on a store without pauses: %v", err)
	}
	if err := plain.Shutdown(r.ctx); err != nil {
		t.Fatal(err)
	}
	_, err = plain.Pause(r.ctx, drill())
	if !errors.Is(err, callback.ErrStopped) {
		t.Errorf("after Shutdown: %v", err)
	}
}

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
// moves it, and so does Pause when it is repeated.
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

// After an unknown outcome the next tick reads whether the pause is in force.
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

// The pauses cannot be read: nothing is dialed until they can.
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

// A change by another writer during the withdrawal or the return of a callback makes
// the Manager try again.
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
	if got := r.wantState(cb.ID, callback.Paused); got.UserData["topic"] != json.Number("1") {
		t.Errorf("the other change is lost: %v", got.UserData)
	}
	meddle(callback.EventResumed)
	r.resume(over(), 1)
	if got := r.wantState(cb.ID, callback.Queued); got.UserData["topic"] != json.Number("2") {
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
