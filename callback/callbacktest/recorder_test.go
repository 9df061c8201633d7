package callbacktest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// life writes the life of one callback: scheduled, dialed once, completed.
func life(t testing.TB, n *notebook, tenant string, id callback.ID) *callback.Callback {
	t.Helper()
	cb := &callback.Callback{
		Tenant: tenant, ID: id, Service: "support", Desired: noon, Customer: callback.Customer{Number: address(t, swiss)},
	}
	step := func(s callback.State, typ callback.EventType) {
		cb.Revision++
		cb.State = s
		n.add(cb, typ)
	}
	step(callback.Scheduled, callback.EventAccepted)
	step(callback.Queued, callback.EventReleased)
	n.mu.Lock()
	cb.Attempts = []callback.Attempt{{N: 1, Key: callback.NewAttemptKey(id, 1)}}
	n.mu.Unlock()
	step(callback.Dialing, callback.EventDialing)
	n.events[len(n.events)-1].Attempt = 1
	cb.Attempts[0].Ended, cb.Attempts[0].Outcome = noon, callback.Ended(callback.ResultBridged)
	cb.Reason = callback.ReasonAgentConnected
	step(callback.Completed, callback.EventCompleted)
	end := &n.events[len(n.events)-1]
	end.Attempt, end.Result, end.Certainty = 1, callback.ResultBridged, callback.Known
	return cb
}

func TestPull(t *testing.T) {
	n := newNotebook()
	rec := callbacktest.NewRecorder(n, "acme")
	if fresh, err := rec.Pull(t.Context()); err != nil || fresh != nil {
		t.Errorf("Pull of nothing = %v, %v", fresh, err)
	}
	life(t, n, "acme", "a")
	life(t, n, "", "a")
	if fresh, err := rec.Pull(t.Context()); err != nil || len(fresh) != 4 {
		t.Errorf("Pull = %v, %v, want the four of the tenant", fresh, err)
	}
	life(t, n, "acme", "b")
	if fresh, err := rec.Pull(t.Context()); err != nil || len(fresh) != 4 || fresh[0].Callback != "b" {
		t.Errorf("second Pull = %v, %v, want what is new", fresh, err)
	}
	if got := len(rec.Events()); got != 8 {
		t.Errorf("%d events, want 8", got)
	}
	want := []callback.EventType{callback.EventAccepted, callback.EventReleased, callback.EventDialing, callback.EventCompleted}
	if diff := cmp.Diff(want, rec.Types("a")); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	n.fail = errors.New("down")
	if _, err := rec.Pull(t.Context()); !errors.Is(err, n.fail) {
		t.Errorf("Pull of a store that is down = %v", err)
	}
}

func TestPullSeesWhatIsOutOfOrder(t *testing.T) {
	event := func(id callback.ID, seq int64, from, to callback.State) callback.Event {
		return callback.Event{Callback: id, Seq: seq, From: from, To: to, Type: callback.EventUpdated}
	}
	erased := func(id callback.ID) callback.Event {
		return callback.Event{Callback: id, Seq: 9, Type: callback.EventErased}
	}
	begin := event("a", 1, 0, callback.Queued)
	tests := []struct {
		name   string
		events []callback.Event
		rule   string
	}{
		{"in order", []callback.Event{begin, event("b", 1, 0, callback.Queued), event("a", 2, callback.Queued, callback.Paused)}, ""},
		{"erased", []callback.Event{begin, erased("a"), erased("b")}, ""},
		{"gap", []callback.Event{begin, event("a", 3, callback.Queued, callback.Paused)}, "comes after seq 1"},
		{"again", []callback.Event{begin, begin}, "comes after seq 1"},
		{"not from the beginning", []callback.Event{event("a", 2, 0, callback.Queued)}, "comes after seq 0"},
		{"from another state", []callback.Event{begin, event("a", 2, callback.Paused, callback.Queued)}, "comes from PAUSED after QUEUED"},
		{"from somewhere", []callback.Event{event("a", 1, callback.Paused, callback.Queued)}, "comes from PAUSED after nothing"},
		{"after the end", []callback.Event{begin, erased("a"), event("a", 10, 0, callback.Queued)}, "comes after the callback was erased"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := newNotebook()
			n.events = test.events
			rec := callbacktest.NewRecorder(n, "")
			fresh, err := rec.Pull(t.Context())
			var order *callbacktest.OrderError
			if test.rule == "" {
				if err != nil || len(fresh) != len(test.events) {
					t.Errorf("Pull = %v, %v", fresh, err)
				}
				return
			}
			if !errors.As(err, &order) || order.Rule != test.rule || !strings.Contains(err.Error(), test.rule) {
				t.Errorf("Pull = %v, want %q", err, test.rule)
			}
			if len(fresh) != len(test.events)-1 || len(rec.Events()) != len(fresh) {
				t.Errorf("kept %d events, want those before the fault", len(fresh))
			}
		})
	}
	n := newNotebook()
	n.events = []callback.Event{begin}
	rec := callbacktest.NewRecorder(foreign{n}, "acme")
	if _, err := rec.Pull(t.Context()); err == nil || !strings.Contains(err.Error(), "another tenant") {
		t.Errorf("Pull of a store that mixes tenants = %v", err)
	}
}

func TestRequirements(t *testing.T) {
	n := newNotebook()
	life(t, n, "", "done")
	n.add(&callback.Callback{ID: "waits", Revision: 1, State: callback.Scheduled, Desired: noon, Detail: "booked"}, callback.EventAccepted)
	accepted, released, dialing, completed := callback.EventAccepted, callback.EventReleased, callback.EventDialing, callback.EventCompleted
	tests := []struct {
		name  string
		check func(t callbacktest.TB, rec *callbacktest.Recorder)
		want  string // the failure; empty for none
	}{
		{"history", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireHistory(t, "done", accepted, released, dialing, completed)
		}, ""},
		{"history too short", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireHistory(t, "done", accepted, released, dialing)
		}, "history of callback done is [accepted released dialing completed], want [accepted released dialing]"},
		{"history in another order", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireHistory(t, "done", released, accepted, dialing, completed)
		}, "history of callback done is [accepted released dialing completed], want [released accepted dialing completed]"},
		{"history of an unknown callback", func(t callbacktest.TB, rec *callbacktest.Recorder) { rec.RequireHistory(t, "unknown", accepted) },
			"history of callback unknown is [], want [accepted]"},
		{"event", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			if e := rec.RequireEvent(t, "done", dialing); e.Attempt != 1 {
				t.Errorf("event is %+v", e)
			}
		}, ""},
		{"no event", func(t callbacktest.TB, rec *callbacktest.Recorder) { rec.RequireEvent(t, "waits", dialing) },
			"callback waits has no event dialing: its history is [accepted]"},
		{"state", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			if cb := rec.RequireState(t, "waits", callback.Scheduled); cb.ID != "waits" {
				t.Errorf("callback is %+v", cb)
			}
		}, ""},
		{"another state", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			if cb := rec.RequireState(t, "waits", callback.Queued); cb != nil {
				t.Errorf("callback is %+v", cb)
			}
		}, "callback waits is SCHEDULED: booked, want QUEUED"},
		{"state of an unknown callback", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			if cb := rec.RequireState(t, "unknown", callback.Queued); cb != nil {
				t.Errorf("callback is %+v", cb)
			}
		}, "reading callback unknown: callback not found"},
		{"scheduled", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireScheduled(t, "waits", noon.In(time.FixedZone("CET", 3600)))
		}, ""},
		{"scheduled for another time", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireScheduled(t, "waits", noon.Add(1))
		}, "callback waits is scheduled for 2026-03-02T12:00:00Z, want 2026-03-02T12:00:00.000000001Z"},
		{"not scheduled", func(t callbacktest.TB, rec *callbacktest.Recorder) { rec.RequireScheduled(t, "done", noon) },
			"callback done is COMPLETED (AGENT_CONNECTED), want SCHEDULED"},
		{"completed", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireCompleted(t, "done", callback.ReasonAgentConnected)
		}, ""},
		{"completed for another reason", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireCompleted(t, "done", callback.ReasonCancelled)
		}, "callback done is completed (AGENT_CONNECTED), want CANCELLED"},
		{"not completed", func(t callbacktest.TB, rec *callbacktest.Recorder) {
			rec.RequireCompleted(t, "waits", callback.ReasonCancelled)
		}, "callback waits is SCHEDULED: booked, want COMPLETED"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tb := new(tester)
			test.check(tb, callbacktest.NewRecorder(n, ""))
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			if got := tb.all(); !slices.Equal(got, want) {
				t.Errorf("failures %q, want %q", got, want)
			}
		})
	}
	n.fail = errors.New("down")
	tb := new(tester)
	rec := callbacktest.NewRecorder(n, "")
	rec.RequireHistory(tb, "done", accepted)
	rec.RequireEvent(tb, "done", accepted)
	if want := []string{"reading the events: down", "reading the events: down"}; !slices.Equal(tb.fatals, want) {
		t.Errorf("failures %q, want %q", tb.fatals, want)
	}
}
