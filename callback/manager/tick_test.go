package manager_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

func TestImmediateCallbackIsAnswered(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(90*time.Second))
	cb := r.start(manager.Request{})
	if cb.State != callback.Queued || !cb.Immediate {
		t.Fatalf("new callback is %v, immediate %v", cb.State, cb.Immediate)
	}
	r.run(time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if len(done.Attempts) != 1 || done.Attempts[0].Live() || len(done.Held) != 0 {
		t.Errorf("attempts %+v, held %v", done.Attempts, done.Held)
	}
	if calls := r.dialer.Calls(); len(calls) != 1 {
		t.Errorf("%d calls were placed", len(calls))
	}
}

// A node that claims a callback and vanishes before the attempt is committed costs
// it nothing but time.
func TestLeaseLostBeforeTheAttempt(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	claimed, err := r.store.Claim(r.ctx, r.clock.Now(), callback.ClaimRequest{
		Owner: "dead", Lease: 30 * time.Second, Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: 1}},
	})
	if err != nil || len(claimed.Callbacks) != 1 {
		t.Fatalf("claimed %d (%v)", len(claimed.Callbacks), err)
	}
	r.tick()
	if n := len(r.dialer.Calls()); n != 0 {
		t.Fatal("a leased callback was dialled")
	}
	r.clock.Advance(30 * time.Second)
	r.tick()
	got := r.get(cb.ID)
	if _, err := r.rec.Pull(r.ctx); err != nil {
		t.Fatal(err)
	}
	r.rec.RequireEvent(t, cb.ID, callback.EventRequeued)
	if len(got.Attempts) != 1 {
		t.Errorf("%d attempts", len(got.Attempts))
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

func TestWorkLostTooOftenIsSetAside(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = callback.None })
	cb := r.start(manager.Request{})
	for range 20 {
		if _, err := r.store.Claim(r.ctx, r.clock.Now(), callback.ClaimRequest{
			Owner: "dying", Lease: time.Second, Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: 1}},
		}); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(2 * time.Second)
		r.tick()
	}
	r.wantState(cb.ID, callback.Unresolved)
	if _, err := r.m.Resolve(r.ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "op"}); err != nil {
		t.Fatal(err)
	}
	r.wantState(cb.ID, callback.Queued)
}

// The same inputs give the same events, byte for byte.
func TestReplay(t *testing.T) {
	first := transcript(t, 7)
	if transcript(t, 8) == first {
		t.Error("another seed gives the same events: the jitter is not drawn from it")
	}
	if !strings.Contains(first, "completed") || strings.Count(first, "\n") < 100 {
		t.Fatalf("transcript is thin:\n%s", first)
	}
	for range 9 {
		if again := transcript(t, 7); again != first {
			t.Fatalf("another run differs:\n%s", cmp.Diff(first, again))
		}
	}
}

func transcript(t *testing.T, seed uint64) string {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Limits.SameNumber, s.Limits.PerParameter = callback.NoLimit, 1000
		s.Queueing.Lines = 3
		s.Booking.PerBucket = 4
		c.Random = callbacktest.Random(seed)
	})
	r.dialer.On("*", callbacktest.Congestion(), callbacktest.Busy(), callbacktest.NoAnswer(), callbacktest.Answered(90*time.Second))
	for i := range 40 {
		req := manager.Request{Number: fmt.Sprintf("+4178555%04d", i), Properties: callback.Values{"a": i, "b": i, "_c": i}}
		if i%3 == 0 {
			req.Desired = monday().Add(time.Duration(i) * time.Minute)
		}
		req.Priority = scheduler.Priority(i % 9)
		_, _ = r.try(req)
	}
	r.run(10 * time.Hour)
	page, err := r.store.Events(r.ctx, callback.EventQuery{AllTenants: true, Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range page.Events {
		fmt.Fprintf(&b, "%+v\n", e)
	}
	return b.String()
}
