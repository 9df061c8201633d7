package manager_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// functionRig is a rig whose dialer is a plain function; it returns the log.
func functionRig(t *testing.T, f callback.DialerFunc) (*rig, *bytes.Buffer) {
	var log bytes.Buffer
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Dialer, c.Logger = f, slog.New(slog.NewTextHandler(&log, nil))
	})
	return r, &log
}

func TestResultOfFunctionIsKnown(t *testing.T) {
	r, log := functionRig(t, func(context.Context, callback.Call) (callback.Outcome, error) {
		return callback.Outcome{Result: callback.ResultBusy}, nil
	})
	cb := r.start(manager.Request{})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	got := r.wantState(cb.ID, callback.Queued)
	if o := got.Attempts[0].Outcome; o.Result != callback.ResultBusy || o.Certainty != callback.Known || got.NextAt.IsZero() {
		t.Errorf("attempt ended %v %v, next look at %v", o.Result, o.Certainty, got.NextAt)
	}
	if strings.Contains(log.String(), "WARN") {
		t.Errorf("log has a warning:\n%s", log)
	}
}

func TestFunctionWithoutResultIsUnresolvedAndLogged(t *testing.T) {
	for name, o := range map[string]callback.Outcome{"zero": {}, "OK, known": {Certainty: callback.Known}} {
		t.Run(name, func(t *testing.T) {
			r, log := functionRig(t, func(context.Context, callback.Call) (callback.Outcome, error) { return o, nil })
			cb := r.start(manager.Request{})
			if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
				t.Fatal(err)
			}
			r.wantState(cb.ID, callback.Unresolved)
			if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "callback.Ended(result)") {
				t.Errorf("log does not say what to return:\n%s", log)
			}
		})
	}
}

func TestReportNeedsCertainty(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{})
	r.tick()
	key := callback.NewAttemptKey(cb.ID, 1)
	err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &callback.Outcome{Result: callback.ResultBusy}})
	var field *callback.FieldError
	if !errors.As(err, &field) || field.Field != "outcome.certainty" {
		t.Fatalf("error is %v", err)
	}
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	if err := r.m.Report(r.ctx, callback.Report{Key: key, Outcome: &callback.Outcome{Result: callback.ResultBusy, Certainty: callback.MayHaveRung}}); err != nil {
		t.Fatal(err)
	}
	r.wantState(cb.ID, callback.Unresolved)
}

// wrapped hides all but the methods of the interface, twice.
type wrapped struct{ inner callback.Dialer }

func (w wrapped) Dial(ctx context.Context, c callback.Call) (callback.Ref, error) {
	return w.inner.Dial(ctx, c)
}
func (w wrapped) Unwrap() callback.Dialer { return w.inner }

type wrappedStore struct{ callback.Store }

func (w wrappedStore) Unwrap() callback.Store { return w.Store }

type wrappedRouter struct{ callback.Router }

func (w wrappedRouter) Unwrap() callback.Router { return w.Router }

type wakingRouter struct {
	callback.Router
	wake func()
}

func (w *wakingRouter) OnFree(f func()) { w.wake = f }

func TestWrappersKeepCapabilities(t *testing.T) {
	var dialed int
	f := callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
		dialed++
		return callback.Ended(callback.ResultBridged), nil
	})
	router := &wakingRouter{}
	r := newRig(t, func(_ *callback.Service, c *manager.Config) {
		c.Dialer = wrapped{wrapped{f}}
		c.Store = wrappedStore{wrappedStore{store.NewMemory(store.Config{})}}
		c.Router = wrappedRouter{wrappedRouter{router}}
	})
	if router.wake == nil {
		t.Error("the router behind two wrappers is not asked to wake the Manager")
	}
	if _, err := r.m.Pause(r.ctx, manager.PauseRequest{Service: "desk", Actor: "ann"}); err != nil {
		t.Errorf("pausing on a store behind two wrappers: %v", err)
	}
	if _, err := r.m.Resume(r.ctx, manager.PauseRequest{Service: "desk", Actor: "ann"}); err != nil {
		t.Error(err)
	}
	plain := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Dialer = wrapped{wrapped{f}} })
	cb := plain.start(manager.Request{})
	if _, err := plain.m.Tick(plain.ctx, plain.clock.Now()); err != nil {
		t.Fatal(err)
	}
	plain.wantReason(cb.ID, callback.ReasonAgentConnected)
	if dialed != 1 {
		t.Errorf("the function behind two wrappers was called %d times", dialed)
	}
}

type contextKey struct{}

func TestDialerGetsValuesOfRunAndTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trace := callback.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "congo=t61"}
		var value any
		var got callback.Trace
		services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Logger: slog.New(slog.DiscardHandler),
			Dialer: callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
				value = ctx.Value(contextKey{})
				got, _ = callback.TraceFrom(ctx)
				return callback.Ended(callback.ResultBridged), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), contextKey{}, "host"))
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: swiss, Trace: trace})
		if err == nil {
			cb, err = m.Wait(ctx, cb.ID)
		}
		if err != nil || cb.Reason != callback.ReasonAgentConnected || cb.Trace != trace {
			t.Errorf("callback is %v with trace %v, %v", cb, cb.Trace, err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run returned %v", err)
		}
		if value != "host" || got != trace {
			t.Errorf("the dialer's context has %v and %v", value, got)
		}
	})
}

func TestTraceAndSourceDoNotMakeAnotherRequest(t *testing.T) {
	r := newRig(t, nil)
	first := r.start(manager.Request{Key: "k", Source: callback.Source{Address: "192.0.2.1"}})
	again := r.start(manager.Request{Key: "k", Source: callback.Source{Address: "192.0.2.2"}, Trace: callback.Trace{Parent: "x"}})
	if again.ID != first.ID || r.get(first.ID).Source.Address != "192.0.2.1" {
		t.Errorf("repeated request made %v from %v", again.ID, r.get(first.ID).Source)
	}
	_, err := r.try(manager.Request{Trace: callback.Trace{Parent: strings.Repeat("x", 1000), State: strings.Repeat("y", 25)}})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
}

func TestMediaThatTheDialerDoesNotTake(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.MediaType = "chat" })
	cb := r.start(manager.Request{})
	r.tick()
	r.wantReason(cb.ID, callback.ReasonUnknownMedia)
	if n := len(r.dialer.Dials()); n != 0 {
		t.Errorf("%d calls", n)
	}
	media := ""
	chat := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.MediaType, c.Dialer = "chat", mediaDialer{c.Dialer, &media}
	})
	cb = chat.start(manager.Request{})
	chat.tick()
	if calls := chat.dialer.Dials(); len(calls) != 1 || media != "chat" {
		t.Errorf("%d calls, the last by %q", len(calls), media)
	}
	chat.wantState(cb.ID, callback.Dialing)
}

// mediaDialer takes chats as well, and notes the medium of the last call.
type mediaDialer struct {
	callback.Dialer
	media *string
}

func (mediaDialer) MediaTypes() []string      { return []string{"voice", "chat"} }
func (d mediaDialer) Unwrap() callback.Dialer { return d.Dialer }
func (d mediaDialer) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	*d.media = call.MediaType
	return d.Dialer.Dial(ctx, call)
}

func TestReleaseSaysWhatBecameOfTheAttempt(t *testing.T) {
	released := make(map[callback.ID]callback.Release)
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Preview = callback.Preview{On: true, Rejects: 1}
		c.Router = &releasing{released: released}
	})
	talk, busy, rejected := r.start(manager.Request{}), r.start(manager.Request{Number: swiss2}), r.start(manager.Request{Number: swiss3})
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	answer := func(id callback.ID, a callback.OfferAnswer) {
		t.Helper()
		if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: id, Answer: a}); err != nil {
			t.Fatal(err)
		}
	}
	answer(talk.ID, callback.AnswerAccept)
	answer(busy.ID, callback.AnswerAccept)
	answer(rejected.ID, callback.AnswerReject)
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err != nil {
		t.Fatal(err)
	}
	report := func(id callback.ID, o callback.Outcome) {
		t.Helper()
		if err := r.m.Report(r.ctx, callback.Report{Key: callback.NewAttemptKey(id, 1), Outcome: &o}); err != nil {
			t.Fatal(err)
		}
	}
	report(talk.ID, callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known, Reached: callback.StageBridged})
	report(busy.ID, callback.Ended(callback.ResultBusy))
	if got := released[talk.ID]; !got.Talked || got.Rejected || got.Outcome.Result != callback.ResultBridged {
		t.Errorf("after a talk: %+v", got)
	}
	if got := released[busy.ID]; got.Talked || got.Rejected || got.Outcome.Result != callback.ResultBusy {
		t.Errorf("after busy: %+v", got)
	}
	if got := released[rejected.ID]; got.Talked || !got.Rejected || got.Outcome != (callback.Outcome{}) {
		t.Errorf("after a rejection: %+v", got)
	}
}

// releasing is a router with an agent for every callback that notes releases.
type releasing struct {
	released map[callback.ID]callback.Release
}

func (*releasing) Free(context.Context, string, string) (int, error) { return 10, nil }
func (*releasing) Reserve(_ context.Context, cb *callback.Callback) (callback.Reservation, error) {
	return callback.Reservation{ID: "r-" + string(cb.ID)}, nil
}
func (x *releasing) Release(_ context.Context, r callback.Release) error {
	x.released[r.Callback] = r
	return nil
}

func TestRunWaitsForCallsUnderWay(t *testing.T) {
	for name, c := range map[string]struct{ call, timeout, want time.Duration }{
		"in time":  {20 * time.Second, 0, 20 * time.Second},
		"too long": {50 * time.Second, 10 * time.Second, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
				if err != nil {
					t.Fatal(err)
				}
				began := make(chan struct{})
				m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Logger: slog.New(slog.DiscardHandler), ShutdownTimeout: c.timeout,
					Dialer: callback.DialerFunc(func(ctx context.Context, _ callback.Call) (callback.Outcome, error) {
						close(began)
						select {
						case <-time.After(c.call):
							return callback.Ended(callback.ResultBridged), nil
						case <-ctx.Done():
							return callback.Outcome{}, ctx.Err()
						}
					})})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- m.Run(ctx) }()
				cb, err := m.Start(ctx, manager.Request{Service: "desk", Number: swiss})
				if err != nil {
					t.Fatal(err)
				}
				<-began
				stopped := time.Now()
				cancel()
				err = <-ended
				if took := time.Since(stopped); took != c.want {
					t.Errorf("Run returned after %v, want %v", took, c.want)
				}
				synctest.Wait()
				got, getErr := m.Get(t.Context(), cb.ID)
				if getErr != nil {
					t.Fatal(getErr)
				}
				if c.call == c.want {
					if err != nil || got.Reason != callback.ReasonAgentConnected {
						t.Errorf("Run returned %v, the callback is %v", err, got)
					}
				} else if !errors.Is(err, context.DeadlineExceeded) || got.State != callback.Unresolved {
					t.Errorf("Run returned %v, the callback is %v", err, got)
				}
			})
		})
	}
}

func TestNewLogsDefaultsOnce(t *testing.T) {
	_, log := functionRig(t, func(context.Context, callback.Call) (callback.Outcome, error) { return callback.Outcome{}, nil })
	text := log.String()
	if strings.Count(text, "defaults in force") != 1 || !strings.Contains(text, "level=INFO") || !strings.Contains(text, "10 lines") || !strings.Contains(text, "cannot look up") {
		t.Errorf("log is:\n%s", text)
	}
}

// placing wraps a dialer and implements Dial alone.
type placing struct{ inner callback.Dialer }

func (d placing) Dial(ctx context.Context, call callback.Call) (callback.Ref, error) {
	return d.inner.Dial(ctx, call)
}

func (d placing) Unwrap() callback.Dialer { return d.inner }

// whole wraps a dialer and makes whole calls itself.
type whole struct{ placing }

func (whole) DialAndWait(context.Context, callback.Call) (callback.Outcome, error) {
	return callback.Ended(callback.ResultBusy), nil
}

// New warns of a wrapper whose Dial is never called.
func TestBypassedDialerIsLogged(t *testing.T) {
	function := callback.DialerFunc(whole{}.DialAndWait)
	for _, c := range []struct {
		name   string
		dialer callback.Dialer
		warns  bool
	}{
		{"function", function, false},
		{"wrapper", placing{function}, true},
		{"two wrappers", placing{placing{function}}, true},
		{"wrapper of whole calls", whole{placing{function}}, false},
		{"wrapper around it", placing{whole{placing{function}}}, true},
		{"wrapper of a dialer that reports", placing{&reporting{}}, false},
	} {
		var log bytes.Buffer
		newRig(t, func(_ *callback.Service, cfg *manager.Config) {
			cfg.Dialer, cfg.Logger = c.dialer, slog.New(slog.NewTextHandler(&log, nil))
		})
		if got := strings.Contains(log.String(), "level=WARN") && strings.Contains(log.String(), "bypassed"); got != c.warns {
			t.Errorf("%s: warns is %v:\n%s", c.name, got, &log)
		}
	}
}

// A request for a chat wins over a response type that rings a phone.
func TestChatOfTheRequest(t *testing.T) {
	for _, test := range []struct {
		name, service string
		asked         callback.Interaction
		calls         int
	}{
		{"chat service, Voice", "chat", callback.Interaction{ResponseType: "Voice"}, 0},
		{"chat service, VoIP", "chat", callback.Interaction{ResponseType: "VoIP"}, 0},
		{"chat service, voice medium", "chat", callback.Interaction{MediaType: "voice"}, 0},
		{"voice service, chat medium", "voice", callback.Interaction{MediaType: "chat", ResponseType: "Voice"}, 0},
		{"in capitals", "voice", callback.Interaction{MediaType: "CHAT"}, 0},
		{"voice service, Voice", "voice", callback.Interaction{ResponseType: "Voice"}, 1},
		{"voice service, other medium", "voice", callback.Interaction{MediaType: "callback"}, 1},
	} {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.MediaType = test.service })
		cb := r.start(manager.Request{Interaction: test.asked})
		r.tick()
		if n := len(r.dialer.Dials()); n != test.calls {
			t.Errorf("%s: %d calls", test.name, n)
		}
		if test.calls == 0 {
			r.wantReason(cb.ID, callback.ReasonUnknownMedia)
		}
	}
}
