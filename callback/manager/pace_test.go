package manager_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// RetryAfter of an outcome delays the next call of the service.
func TestRetryAfterOfOutcome(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On(swiss, callbacktest.Congestion().Outcome(callback.Outcome{Result: callback.ResultAllTrunksBusy, Certainty: callback.Known, RetryAfter: time.Minute}))
	r.start(manager.Request{})
	r.start(manager.Request{Number: swiss2})
	r.run(30 * time.Second)
	if n := len(r.dialer.Dials()); n != 1 {
		t.Errorf("%d dials though the platform asked for a minute's pause", n)
	}
}

// Calls do not exceed the rate that the dialer declares.
func TestDialerCPS(t *testing.T) {
	clock := callbacktest.NewClock(monday())
	dialer := callbacktest.NewDialer(clock.Now)
	dialer.SetLimits(callback.DialerLimits{CallsPerSecond: 1})
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Dialer = dialer })
	r.start(manager.Request{})
	r.start(manager.Request{Number: swiss2})
	r.start(manager.Request{Number: swiss3})
	_, _ = r.m.Tick(r.ctx, r.clock.Now())
	if n := len(dialer.Dials()); n > 1 {
		t.Errorf("%d dials in an instant, the dialer declares 1 a second", n)
	}
	for range 5 {
		r.clock.Advance(time.Second)
		_, _ = r.m.Tick(r.ctx, r.clock.Now())
	}
	if n := len(dialer.Dials()); n != 3 {
		t.Errorf("%d dials in five seconds, want 3", n)
	}
}

func TestPreviewIgnoresCoolDown(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) { s.Preview.On = true })
	r.dialer.On(swiss, callbacktest.Throttled(5*time.Minute))
	r.start(manager.Request{})
	b := r.start(manager.Request{Number: swiss2})
	r.tick()
	_, _ = r.m.Answer(r.ctx, manager.AnswerRequest{ID: "cb000001", Answer: callback.AnswerAccept})
	r.tick()
	_, _ = r.m.Answer(r.ctx, manager.AnswerRequest{ID: b.ID, Answer: callback.AnswerAccept})
	r.tick()
	if n := len(r.dialer.Dials()); n > 1 {
		t.Errorf("%d dials while the platform asked for five minutes' pause", n)
	}
}

func TestCallRate(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.CallsPerSecond = 2
		s.Queueing.Lines = callback.NoLimit
		s.Limits.SameNumber = callback.NoLimit
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	for i := range 6 {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555667%d", i)})
	}
	perSecond := map[int64]int{}
	r.run(time.Minute)
	for _, call := range r.dialer.Calls() {
		perSecond[call.Started.Unix()]++
	}
	if len(r.dialer.Calls()) != 6 || len(perSecond) != 3 {
		t.Errorf("%d calls over seconds %v, want 2 in each of 3", len(r.dialer.Calls()), perSecond)
	}
}

func TestThrottlingCoolsTheServiceAndNotTheCustomer(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Throttled(time.Minute), callbacktest.Throttled(time.Minute), callbacktest.Throttled(time.Minute),
		callbacktest.Throttled(time.Minute), callbacktest.Answered(time.Minute))
	r.dialer.On("*", callbacktest.Answered(time.Second))
	cb := r.start(manager.Request{})
	r.tick()
	other := r.start(manager.Request{Number: swiss2})
	r.tick()
	if n := len(r.get(other.ID).Attempts); n != 0 {
		t.Error("the platform asked for a pause, and another callback was dialled")
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	r.wantReason(other.ID, callback.ReasonAgentConnected)
}
