package manager_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// fleet lets several nodes of one platform work in turn.
func fleet(r *rig, nodes int) callbacktest.Driver {
	r.t.Helper()
	r.dialer.SetLimits(callback.DialerLimits{CallsPerSecond: 1})
	d := callbacktest.Driver{Engine: r.m, Clock: r.clock, Dialer: r.dialer, Poll: time.Second}
	for i := 1; i < nodes; i++ {
		d.Others = append(d.Others, r.node(fmt.Sprint("m", i), func(c *manager.Config) {
			c.Batch, c.Random, c.Logger = 1, callbacktest.Random(uint64(i)), slog.New(slog.DiscardHandler)
		}))
	}
	return d
}

func fleetRig(t *testing.T, length time.Duration, refuse callbacktest.Step) (*rig, *edges) {
	t.Helper()
	return outage(t, length, refuse, func(s *callback.Service, c *manager.Config) {
		s.Queueing.MaxSubmits, s.Queueing.Lines, c.Batch = 3, callback.NoLimit, 1
		c.Dialer.(*callbacktest.Dialer).SetLimits(callback.DialerLimits{CallsPerSecond: 1})
	})
}

// An outage costs no callback where each of several nodes sees only a few of the
// failures.
func TestOutageOnSeveralNodes(t *testing.T) {
	for _, nodes := range []int{2, 3, 6} {
		for _, n := range []int{3, 6, 20} {
			r, _ := fleetRig(t, 10*time.Minute, callbacktest.Refused())
			d := fleet(r, nodes)
			ids := r.startMany(n)
			if _, err := d.Run(context.Background(), r.clock.Now().Add(20*time.Minute)); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if cb := r.get(id); cb.Reason != callback.ReasonAgentConnected || cb.Submits != 0 {
					t.Errorf("%d nodes, %d callbacks: %s is %v %s with %d submits", nodes, n, id, cb.State, cb.Reason, cb.Submits)
				}
			}
		}
	}
}

// Callbacks that the platform refuses for what they are end on several nodes, too:
// calls of others that it takes in between show that there is no outage.
func TestRefusedHeadsOnSeveralNodes(t *testing.T) {
	for _, nodes := range []int{1, 3} {
		r, e := fleetRig(t, 0, callbacktest.Refused())
		d := fleet(r, nodes)
		poison := make(map[callback.ID]bool)
		r.dialer.OnCall(func(c callback.Call) (callbacktest.Step, bool) {
			if poison[c.ID] {
				return callbacktest.Refused(), true
			}
			return callbacktest.Answered(time.Second), true
		})
		for i := range 30 {
			id := r.start(manager.Request{Number: numbered(i)}).ID
			poison[id] = i%8 == 0
			for range 4 {
				if _, err := d.Run(context.Background(), r.clock.Now().Add(time.Second)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := d.Run(context.Background(), r.clock.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for id, refused := range poison {
			if cb := r.get(id); refused != (cb.Reason == callback.ReasonSubmitFailed) {
				t.Errorf("%d nodes: %s is %v %s, breaker %q", nodes, id, cb.State, cb.Reason, e)
			}
		}
		if e.String() != "" {
			t.Errorf("%d nodes: breaker %q", nodes, e)
		}
	}
}

// Without an answer of the store about other callbacks, a failure does not complete
// one.
func TestOutageWhileTheStoreCannotSearch(t *testing.T) {
	var faults *callbacktest.FaultyStore
	r, _ := outage(t, time.Minute, callbacktest.Refused(), func(s *callback.Service, c *manager.Config) {
		s.Queueing.MaxSubmits = 1
		faults = callbacktest.NewFaultyStore(c.Store)
		c.Store = faults.Store()
	})
	faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Times: -1})
	cb := r.start(manager.Request{})
	r.run(40 * time.Second)
	if got := r.wantState(cb.ID, callback.Queued); len(got.Attempts) < 2 || got.Submits != 0 {
		t.Errorf("%d attempts, %d submits", len(got.Attempts), got.Submits)
	}
	faults.Heal()
	r.run(3 * time.Minute)
	if got := r.get(cb.ID); got.State != callback.Completed {
		t.Errorf("%v after the store answered", got.State)
	}
}

// An outage in which the dialer's requests time out costs no callback either, if
// look-ups find that the calls were not placed.
func TestOutageOfTimeouts(t *testing.T) {
	for _, length := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
		for name, step := range map[string]callbacktest.Step{
			"no answer": callbacktest.Lost(nil), "panic": callbacktest.Crashed("boom"), "deadline": callbacktest.Lost(context.DeadlineExceeded),
		} {
			r, e := outage(t, length, step, func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = 3 })
			ids := r.startMany(20)
			r.run(length + 10*time.Minute)
			for _, id := range ids {
				if cb := r.get(id); cb.Reason != callback.ReasonAgentConnected {
					t.Errorf("%s for %v: %s is %v %s", name, length, id, cb.State, cb.Reason)
				}
			}
			if got := e.String(); got != "open closed" {
				t.Errorf("%s for %v: breaker %q", name, length, got)
			}
		}
	}
}

// Where another node gets the reports of a platform that accepts calls and refuses
// them later, the callbacks are dialed again at growing intervals.
func TestLateRefusalsAtAnotherNode(t *testing.T) {
	for _, where := range []string{"own", "other", "alternating"} {
		r, _ := outage(t, time.Hour, callbacktest.Vanished(), nil)
		c := manager.Config{Store: r.store, Services: r.services, Dialer: r.dialer, Node: "web", Logger: slog.New(slog.DiscardHandler)}
		managertest.Deterministic(&c, r.clock.Now)
		web, err := manager.New(c)
		if err != nil {
			t.Fatal(err)
		}
		r.startMany(6)
		reported := 0
		for range 600 {
			r.run(time.Second)
			dials := r.dialer.Dials()
			for ; reported < len(dials); reported++ {
				m := r.m
				if where == "other" || where == "alternating" && reported%2 == 0 {
					m = web
				}
				refused := callback.Outcome{Result: callback.ResultSystemError, Certainty: callback.NotPlaced}
				if err := m.Report(r.ctx, callback.Report{Key: dials[reported].Key, Outcome: &refused}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if reported > 120 {
			t.Errorf("%s: %d dials in ten minutes of an outage", where, reported)
		}
	}
}
