package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// A late tick does not look up calls that this node is still placing.
func TestLateTickLosesOwnCalls(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	block := make(chan struct{})
	services, _ := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	m, _ := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Now: clock.Now, NewID: callbacktest.IDs("cb"),
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Dialer: callback.DialerFunc(func(ctx context.Context, c callback.Call) (callback.Outcome, error) {
			<-block
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})})
	ctx := context.Background()
	cb, _ := m.Start(ctx, request())
	_, _ = m.Tick(ctx, clock.Now())
	clock.Advance(31 * time.Second)
	_, _ = m.Tick(ctx, clock.Now())
	got, _ := m.Get(ctx, cb.ID)
	if got.State == callback.Unresolved {
		t.Errorf("the call is being made here, and a tick 31 s late calls it unresolved (%s)", got.Detail)
	}
	close(block)
	_ = m.Shutdown(ctx)
}

// ignoresNotAfter is a dialer that places calls after Call.NotAfter.
type ignoresNotAfter struct{ d *callbacktest.Dialer }

func (i ignoresNotAfter) Dial(ctx context.Context, c callback.Call) (callback.Ref, error) {
	c.NotAfter = time.Time{}
	return i.d.Dial(ctx, c)
}

func (i ignoresNotAfter) Lookup(ctx context.Context, tenant string, k callback.AttemptKey, ref callback.Ref) (callback.Found, error) {
	return i.d.Lookup(ctx, tenant, k, ref)
}

// A node that stalls between commit and Dial does not place the call after
// another node has taken the callback over.
func TestPauseBetweenCommitAndDial(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	shared := store.NewMemory(store.Config{})
	services, _ := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	mk := func(node string, d callback.Dialer) *manager.Manager {
		m, err := manager.New(manager.Config{Store: shared, Dialer: d, Services: services, Now: clock.Now, Node: node,
			NewID: callbacktest.IDs("cb"), Synchronous: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	var a, b *manager.Manager
	paused := false
	first := pausing{ignoresNotAfter{dialer}, func() {
		if paused {
			return
		}
		paused = true // the node stands still after its commit, before its second Dial
		for range 8 {
			clock.Advance(30 * time.Second)
			if _, err := b.Tick(context.Background(), clock.Now()); err != nil {
				t.Fatal(err)
			}
			_, _ = dialer.Advance(context.Background(), clock.Now(), b)
		}
	}}
	a, b = mk("a", first), mk("b", ignoresNotAfter{dialer})
	dialer.On("*", callbacktest.Answered(20*time.Minute))
	ctx := context.Background()
	for _, n := range []string{swiss, swiss2} {
		if _, err := a.Start(ctx, manager.Request{Service: "desk", Number: n}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Tick(ctx, clock.Now()); err != nil {
		t.Fatal(err)
	}
	if !paused || len(dialer.Dials()) < 2 {
		t.Fatalf("paused %v, %d dials: the history is not the one meant", paused, len(dialer.Dials()))
	}
	callbacktest.RequireNoDoubles(t, dialer)
}

type pausing struct {
	ignoresNotAfter
	before func()
}

func (p pausing) Dial(ctx context.Context, c callback.Call) (callback.Ref, error) {
	ref, err := p.ignoresNotAfter.Dial(ctx, c)
	p.before()
	return ref, err
}

// stuckHanger places calls and never returns from a hang-up.
type stuckHanger struct {
	dialFunc
	release chan struct{}
}

func (s stuckHanger) Hangup(context.Context, callback.Hangup) error {
	<-s.release
	return nil
}

func TestStuckHangupHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dialer := stuckHanger{release: make(chan struct{}), dialFunc: func(context.Context, callback.Call) (callback.Ref, error) { return "r", nil }}
		m := liveRig(t, dialer, nil)
		runUntilDone(t, m)
		first, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := m.Report(t.Context(), callback.Report{Key: callback.NewAttemptKey(first.ID, 1), Stage: callback.StageCustomer}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour) // no agent answers: the call is to be hung up
		req := request()
		req.Number = swiss2
		second, err := m.Start(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got, _ := m.Get(t.Context(), second.ID); len(got.Attempts) != 1 {
			t.Errorf("the engine waits for a hang-up: the next callback is %v", got.State)
		}
		close(dialer.release)
	})
}

// keep is a dialer that shows what it was asked.
type keep struct{ calls []callback.Call }

func (k *keep) Dial(_ context.Context, c callback.Call) (callback.Ref, error) {
	k.calls = append(k.calls, c)
	return "", nil
}

func TestWhatTheDialerIsTold(t *testing.T) {
	dialer := &keep{}
	treatments := callback.Treatments{CustomerConnect: "a", WaitingForAgent: "b", FindAgentFail: "c", AnsweringMachine: "d"}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Dialer = dialer
		s.Queueing.Target, s.Queueing.VirtualQueue = "billing", "vq1"
		s.Dialing = callback.DialOptions{CallerID: "+41445550000", CallerName: "Desk", Prefix: "0", RoutePoint: "rp", TrunkGroup: "tg",
			NoCallProgress: true, RingTimeout: 20 * time.Second, MaxCall: time.Hour, AgentFirst: true, Treatments: treatments}
	})
	cb := r.start(manager.Request{Alternative: swiss2, Properties: callback.Values{"note": "x", "_p": 1}})
	r.tick()
	if len(dialer.calls) != 1 {
		t.Fatalf("%d calls", len(dialer.calls))
	}
	c := dialer.calls[0]
	for what, ok := range map[string]bool{
		"key":         c.Key == callback.NewAttemptKey(cb.ID, 1) && c.Attempt == 1 && c.Epoch > 0,
		"alternative": c.To.Key() == swiss2,
		"caller":      c.CallerID == "+41445550000" && c.CallerName == "Desk" && c.Prefix == "0",
		"route":       c.RoutePoint == "rp" && c.TrunkGroup == "tg" && c.AgentFirst,
		"target":      c.Target == "billing" && c.Queue == "vq1",
		"progress":    !c.DetectCalls,
		"times":       c.RingTimeout == 20*time.Second && c.MaxCall == time.Hour && c.NotAfter.Equal(monday().Add(32*time.Second)),
		"treatments":  c.Treatments == treatments,
		"data":        c.UserData["note"] == "x" && c.Properties["_p"] == json.Number("1"),
	} {
		if !ok {
			t.Errorf("%s is wrong in %#v", what, []any{c.Key, c.CallerID, c.RoutePoint, c.Target, c.NotAfter, c.Treatments})
		}
	}
}

// blind hides every capability of the scripted dialer but dialing.
func blind(r *callbacktest.Dialer) func(*callback.Service, *manager.Config) {
	return func(_ *callback.Service, c *manager.Config) { c.Dialer = r.Blind() }
}

func TestErrorsOfTheDialer(t *testing.T) {
	plain := errors.New("timeout while dialling +41785556677")
	for _, c := range []struct {
		name string
		step callbacktest.Step
		want callback.State
	}{
		{"says nothing about placing", callbacktest.Lost(plain), callback.Unresolved},
		{"panics", callbacktest.Crashed("boom"), callback.Unresolved},
		{"was not placed", callbacktest.Refused(), callback.Queued},
		{"throttled", callbacktest.Throttled(20 * time.Second), callback.Queued},
		{"wraps", callbacktest.Lost(fmt.Errorf("no port: %w", callback.ErrNotPlaced)), callback.Queued},
	} {
		t.Run(c.name, func(t *testing.T) {
			dialer := callbacktest.NewDialer(monday)
			r := newRig(t, blind(dialer))
			dialer.On("*", c.step)
			cb := r.start(manager.Request{})
			r.tick()
			r.wantState(cb.ID, c.want)
		})
	}
}

// An attempt with an unknown end is never repeated.
func TestUnknownIsNeverDialledAgain(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Dialer = dialer.Blind() })
	dialer.On("*", callbacktest.Lost(errors.New("connection reset")))
	cb := r.start(manager.Request{})
	r.run(23 * time.Hour)
	r.wantState(cb.ID, callback.Unresolved)
	if n := len(dialer.Dials()); n != 1 {
		t.Errorf("%d dials", n)
	}
}

func TestSubmitAttempts(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.MaxSubmits = 3 })
	r.dialer.On(swiss, callbacktest.Refused())
	cb := r.start(manager.Request{})
	r.run(time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonSubmitFailed)
	if done.Submits != 3 {
		t.Errorf("%d submits, want 3 (GMS _max_ors_submit_attempts)", done.Submits)
	}
}

// A node that dies in a blocking call stops renewing its claim; another finds
// the attempt unresolved and does not repeat it.
func TestBlockingCallOfADeadNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := store.NewMemory(store.Config{})
		var calls atomic.Int32
		release := make(chan struct{})
		block := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
			calls.Add(1)
			<-release
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		})
		with := func(node string) func(*callback.Service, *manager.Config) {
			return func(_ *callback.Service, c *manager.Config) { c.Store, c.Node = shared, node }
		}
		first, second := liveRig(t, block, with("n1")), liveRig(t, block, with("n2"))
		ctx, die := context.WithCancel(t.Context())
		go first.Run(ctx)
		cb, err := first.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		die()
		synctest.Wait()
		runUntilDone(t, second)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, _ := second.Get(t.Context(), cb.ID); got.State != callback.Unresolved || calls.Load() != 1 {
			t.Errorf("callback is %v after %d calls", got.State, calls.Load())
		}
		close(release) // the dead node's late answer still counts
		synctest.Wait()
		if got, _ := second.Get(t.Context(), cb.ID); got.Reason != callback.ReasonAgentConnected {
			t.Errorf("late result left it %v", got.State)
		}
		if err := first.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A dialer that never returns holds its place among the calls in flight, and
// its callback is given up on in time.
func TestStuckDialerIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var calls atomic.Int32
		stuck := dialFunc(func(ctx context.Context, call callback.Call) (callback.Ref, error) {
			calls.Add(1)
			<-release
			return "late", nil
		})
		m := liveRig(t, stuck, func(s *callback.Service, c *manager.Config) {
			c.MaxInFlight = 2
			s.Queueing.Lines = callback.NoLimit
			s.Limits.SameNumber = callback.NoLimit
		})
		runUntilDone(t, m)
		var first callback.ID
		for i := range 5 {
			req := request()
			req.Number = fmt.Sprintf("+4178555667%d", i)
			cb, err := m.Start(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = cb.ID
			}
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if calls.Load() != 2 {
			t.Errorf("%d calls of the dialer at once, want 2", calls.Load())
		}
		if got, _ := m.Get(t.Context(), first); got.State != callback.Unresolved {
			t.Errorf("callback of a stuck dialer is %v", got.State)
		}
		close(release)
		synctest.Wait()
		if calls.Load() != 5 {
			t.Errorf("%d calls after the dialer came back, want 5", calls.Load())
		}
	})
}

// dialFunc is a Dialer with no other capability.
type dialFunc func(context.Context, callback.Call) (callback.Ref, error)

func (f dialFunc) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	return f(ctx, call)
}
