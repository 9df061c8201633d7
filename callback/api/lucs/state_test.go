package lucs_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// stands is the state of a callback as a client sees it.
type stands struct {
	state   string
	retries int
	left    int
}

func (r *rig) wantStands(id string, want stands) {
	r.t.Helper()
	d := r.get(id)
	if got := (stands{d.State, d.RetryCount, d.LeftInQueueTimeInSeconds}); got != want {
		r.t.Fatalf("at %s it stands %+v, want %+v", r.clock.Now().Format("15:04:05"), got, want)
	}
	// A search for its state finds the callback, a search for another does not.
	for _, state := range []string{"Pending", "InQueue", "Processing", "Terminated"} {
		found := len(r.find(`{"State":"`+state+`","ExternalTaskId":"task"}`)) == 1
		if found != (state == want.state) {
			r.t.Fatalf("at %s it is %s, and found as %s: %v", r.clock.Now().Format("15:04:05"), want.state, state, found)
		}
	}
}

// A callback returns to Pending after each failed attempt while retries are
// left, and its remaining time in the queue decreases.
func TestLife(t *testing.T) {
	r := newRig(t)
	r.dialer.On("+41785556677", callbacktest.Busy(), callbacktest.NoAnswer(), callbacktest.Answered(2*time.Minute))
	id := r.create("clerk", "DueDate", `"2026-01-12T12:00:00Z"`, "SecondsBetweenRetries", "600", "MaxRetries", "2", "ExternalTaskId", `"task"`).ID
	const all = 4 * 3600
	r.wantStands(id, stands{"Pending", 0, all})
	r.clock.Advance(time.Hour)
	r.wantStands(id, stands{"Pending", 0, all}) // does not decrease before the queue

	// 11:58: released. The line is busy at once, and the retry gap begins.
	r.pass(58*time.Minute + 30*time.Second)
	first := r.get(id)
	r.wantStands(id, stands{"Pending", 0, first.LeftInQueueTimeInSeconds})
	if left := first.LeftInQueueTimeInSeconds; left != all-30 {
		t.Errorf("%d s are left in the queue 30 s after the release, want %d", left, all-30)
	}
	r.pass(5 * time.Minute)
	r.wantStands(id, stands{"Pending", 0, all - 330})

	// The second attempt rings for half a minute without an answer.
	r.pass(4*time.Minute + 50*time.Second)
	r.wantStands(id, stands{"Processing", 1, 0})
	r.pass(20 * time.Second)
	r.wantStands(id, stands{"Pending", 1, r.get(id).LeftInQueueTimeInSeconds})

	// The third attempt is answered.
	r.pass(10*time.Minute + 30*time.Second)
	r.wantStands(id, stands{"Processing", 2, 0})
	r.pass(10 * time.Minute)
	r.wantStands(id, stands{"Terminated", 2, 0})
}

// Without retries the first failed attempt is final.
func TestLifeWithoutRetries(t *testing.T) {
	r := newRig(t)
	r.dialer.On("+41785556677", callbacktest.Busy())
	id := r.create("clerk", "MaxRetries", "0", "ExternalTaskId", `"task"`).ID
	r.clock.Advance(500 * time.Millisecond)
	r.wantStands(id, stands{"InQueue", 0, 4 * 3600}) // rounded up to a whole second
	r.pass(time.Minute)
	r.wantStands(id, stands{"Terminated", 0, 0})
}

// An attempt that did not reach the network does not count as a retry.
func TestRetryCountUnplaced(t *testing.T) {
	r := newRig(t)
	r.dialer.On("+41785556677", callbacktest.Refused(), callbacktest.Refused(), callbacktest.Answered(time.Minute))
	id := r.create("clerk", "ExternalTaskId", `"task"`).ID
	r.pass(time.Second)
	r.wantStands(id, stands{"Pending", 0, 4*3600 - 1})
	r.pass(10 * time.Minute)
	r.wantStands(id, stands{"Terminated", 0, 0})
	cb, err := r.manager.Get(t.Context(), callback.ID(id))
	if err != nil || len(cb.Attempts) != 3 {
		t.Errorf("%d attempts, %v", len(cb.Attempts), err)
	}
}

// Every domain state maps to a LUCS state, and a search for that state finds
// it.
func TestStates(t *testing.T) {
	ready := &callback.Callback{State: callback.Queued, Ready: true}
	waiting := &callback.Callback{State: callback.Queued}
	again := &callback.Callback{State: callback.Queued, Attempts: make([]callback.Attempt, 1)}
	readyAgain := &callback.Callback{State: callback.Queued, Ready: true, Attempts: make([]callback.Attempt, 1)}
	want := map[*callback.Callback]string{ready: "InQueue", waiting: "InQueue", again: "Pending", readyAgain: "InQueue"}
	for s, name := range map[callback.State]string{
		callback.Scheduled: "Pending", callback.Paused: "InQueue", callback.Offered: "InQueue", callback.Dialing: "Processing",
		callback.Routing: "Processing", callback.Processing: "Processing", callback.Unresolved: "Processing", callback.Completed: "Terminated",
	} {
		want[&callback.Callback{State: s}] = name
	}
	seen := make(map[callback.State]bool)
	for cb, name := range want {
		seen[cb.State] = true
		if got, states := lucs.StateOf(cb); got != name || !contains(states, cb.State) {
			t.Errorf("%v is %s, want %s; found among %v", cb.State, got, name, states)
		}
	}
	for _, s := range callback.States() {
		if !seen[s] {
			t.Errorf("%v is not tested", s)
		}
	}
}

func contains(list []callback.State, s callback.State) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// The remaining time ends at the earliest of its limits.
func TestLeft(t *testing.T) {
	now := monday()
	in := now.Add
	policy, err := callback.NewPolicy(callback.Service{Name: "s", Numbers: callback.Numbers{Country: "US"}})
	if err != nil {
		t.Fatal(err)
	}
	usual := policy.Service()
	short := usual
	short.Queueing.MaxWait = 10 * time.Minute
	eager := usual
	eager.Booking.ConnectThreshold = callback.Off
	for _, c := range []struct {
		name    string
		cb      callback.Callback
		service callback.Service
		want    time.Duration
	}{
		{"queued just now", callback.Callback{State: callback.Queued, QueuedAt: now, Desired: now}, usual, 4 * time.Hour},
		{"queued an hour ago", callback.Callback{State: callback.Queued, QueuedAt: in(-time.Hour), Desired: in(-time.Hour)}, usual, 3 * time.Hour},
		{"long over", callback.Callback{State: callback.Queued, QueuedAt: in(-9 * time.Hour), Desired: in(-9 * time.Hour)}, usual, 0},
		{"longest wait", callback.Callback{State: callback.Queued, QueuedAt: now, Desired: now}, short, 10 * time.Minute},
		{"released early", callback.Callback{State: callback.Queued, QueuedAt: now, Desired: in(time.Hour)}, usual, 4*time.Hour + 57*time.Minute},
		{"released early, no threshold", callback.Callback{State: callback.Queued, QueuedAt: now, Desired: in(time.Hour)}, eager, 4 * time.Hour},
		{"expires", callback.Callback{State: callback.Queued, QueuedAt: now, Desired: now, ExpiresAt: in(time.Minute)}, usual, time.Minute},
		{"until", callback.Callback{State: callback.Queued, QueuedAt: now, Desired: now, Until: in(time.Second), ExpiresAt: in(time.Minute)}, usual, time.Second},
		{"scheduled", callback.Callback{State: callback.Scheduled, ReleaseAt: in(time.Hour), Desired: in(62 * time.Minute), ExpiresAt: in(25 * time.Hour)}, usual, 4 * time.Hour},
		{"scheduled, expires", callback.Callback{State: callback.Scheduled, ReleaseAt: in(time.Hour), ExpiresAt: in(2 * time.Hour)}, usual, time.Hour},
		{"paused before the queue", callback.Callback{State: callback.Paused, Desired: now}, usual, 4 * time.Hour},
		{"paused for half an hour", callback.Callback{State: callback.Paused, QueuedAt: in(-time.Hour), PausedAt: in(-30 * time.Minute), Desired: in(-time.Hour)}, usual, 3*time.Hour + 30*time.Minute},
		{"paused before", callback.Callback{State: callback.Queued, QueuedAt: in(-time.Hour), PausedFor: 30 * time.Minute, Desired: in(-time.Hour)}, usual, 3*time.Hour + 30*time.Minute},
		{"offered", callback.Callback{State: callback.Offered, QueuedAt: in(-time.Minute), Desired: now}, eager, 4*time.Hour - time.Minute},
		{"dialled", callback.Callback{State: callback.Dialing, QueuedAt: now, Desired: now}, usual, 0},
		{"unresolved", callback.Callback{State: callback.Unresolved, QueuedAt: now, Desired: now}, usual, 0},
		{"completed", callback.Callback{State: callback.Completed, QueuedAt: now, Desired: now}, usual, 0},
	} {
		if got := lucs.Left(&c.cb, c.service, now); got != c.want {
			t.Errorf("%s: %v are left, want %v", c.name, got, c.want)
		}
	}
}

// The engine expires a callback exactly when the answered remaining time is
// over.
func TestLeftMatchesEngine(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) {
		s.Queueing.TTL = 20 * time.Minute
		s.Queueing.Lines = callback.None
	})
	id := r.create("clerk", "DueDate", `"2026-01-12T12:00:00Z"`, "ExternalTaskId", `"task"`).ID
	r.pass(2*time.Hour - time.Minute)
	left := r.get(id).LeftInQueueTimeInSeconds
	r.pass(time.Duration(left)*time.Second - time.Second)
	r.wantStands(id, stands{"InQueue", 0, 1})
	r.pass(time.Second)
	r.wantStands(id, stands{"Terminated", 0, 0})
	cb, err := r.manager.Get(t.Context(), callback.ID(id))
	if err != nil || cb.Reason != callback.ReasonTargetNotFound {
		t.Errorf("it ended with %v, %v", cb.Reason, err)
	}
}

// A callback created elsewhere has the retries of its service and all members
// that LUCS requires.
func TestForeignCallback(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) {
		s.Dialing.Retry = scheduler.RetryPolicy{MaxAttempts: 5, Default: scheduler.Rule{Max: -1, Delay: 90 * time.Second}}
		s.RequiredKeys = []string{}
		s.Inbound.On, s.Inbound.AccessNumbers = true, []string{"+41445550000"}
	})
	ask := func(req manager.Request) dto {
		t.Helper()
		cb, err := r.manager.Start(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return r.get(string(cb.ID))
	}
	d := ask(manager.Request{Service: "support"})
	if d.MaxRetries != 4 || d.SecondsBetweenRetries != 90 || d.Target != nil || d.Creator != "Luware.API" || d.RetryType != "SingleSession" {
		t.Errorf("got %+v", d)
	}
	d = ask(manager.Request{Service: "sales", Number: "044 668 18 00"})
	if d.MaxRetries != 2 || d.SecondsBetweenRetries != 300 || text(d.Target) != "tel:+41446681800" {
		t.Errorf("got %+v", d)
	}
	// The service may have been removed.
	r.services.Remove("", "sales")
	gone := r.get(d.ID)
	if gone.ServiceID != d.ServiceID || gone.ServiceSip != "sip:sales@localhost" || gone.MaxRetries != 2 {
		t.Errorf("got %+v", gone)
	}
}
