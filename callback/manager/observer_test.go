package manager_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// heard notes what an observer hears, in order.
type heard struct {
	callback.NopObserver
	mu    sync.Mutex
	notes []string
	calls map[string]int // of the store, by method
}

func (h *heard) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, fmt.Sprintf(format, args...))
}

func (h *heard) Decided(_ context.Context, d callback.Decision) {
	h.note("%s %v", d.Event.Type, d.Err)
}
func (h *heard) AttemptBegan(_ context.Context, call callback.Call) { h.note("began %s", call.Key) }
func (h *heard) AttemptEnded(_ context.Context, cb *callback.Callback) {
	h.note("ended %s %v", cb.Current().Key, cb.Current().Outcome.Result)
}
func (h *heard) Unresolved(_ context.Context, cb *callback.Callback) { h.note("unresolved %s", cb.ID) }
func (h *heard) AgentChanged(_ context.Context, a callback.AgentChange) {
	h.note("agent of %s reserved: %v", a.Release.Callback, a.Reserved)
}
func (h *heard) Ticked(_ context.Context, r callback.TickReport) {
	h.note("tick dialed %d", r.Progress.Dialed)
}
func (h *heard) DialerChanged(_ context.Context, p callback.DialerChange) {
	h.note("paused %s for %v", p.Service, p.Until.Sub(monday()))
}
func (h *heard) StoreCalled(_ context.Context, c callback.StoreCall) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls[c.Method]++
}

func TestObserverHearsALife(t *testing.T) {
	h := &heard{calls: make(map[string]int)}
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Observer, c.Router = h, callbacktest.NewRouter(2)
	})
	r.dialer.On(swiss, callbacktest.Silent())
	cb := r.start(manager.Request{})
	r.tick()
	key := callback.NewAttemptKey(cb.ID, 1)
	if err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &callback.Outcome{Result: callback.ResultUnknown, Certainty: callback.MayHaveRung}}); err != nil {
		t.Fatal(err)
	}
	busy := callback.Ended(callback.ResultBusy)
	busy.RetryAfter = 60e9
	if err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &busy}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"accepted <nil>", "agent of cb000001 reserved: true", "dialing <nil>", "began cb000001.1", "tick dialed 1",
		"unresolved <nil>", "unresolved cb000001", "agent of cb000001 reserved: false", "paused desk for 1m0s", "ended cb000001.1 BUSY",
	} {
		if !slices.Contains(h.notes, want) {
			t.Errorf("not heard: %s", want)
		}
	}
	for _, method := range []string{"Apply", "Get", "Claim", "Count"} {
		if h.calls[method] == 0 {
			t.Errorf("no call of %s heard", method)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(h.notes, "\n"))
	}
}

func TestObserverHearsRefusals(t *testing.T) {
	h := &heard{calls: make(map[string]int)}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Limits.SameNumber = 1
		c.Observer = h
	})
	r.start(manager.Request{})
	if _, err := r.try(manager.Request{}); err == nil {
		t.Fatal("a second callback of the number was taken")
	}
	if last := h.notes[len(h.notes)-1]; !strings.HasPrefix(last, "accepted number of service") {
		t.Errorf("the last note is %q", last)
	}
}

type panicking struct{ callback.NopObserver }

func (panicking) Decided(context.Context, callback.Decision) { panic("observer down") }

func TestObserverMayPanic(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Observer, c.Logger = panicking{}, slog.New(slog.NewTextHandler(&log, nil))
	})
	cb := r.start(manager.Request{})
	r.run(1e12)
	r.wantState(cb.ID, callback.Completed)
	if text := log.String(); !strings.Contains(text, "observer failed") || !strings.Contains(text, "observer down") {
		t.Errorf("log is %s", text)
	}
}
