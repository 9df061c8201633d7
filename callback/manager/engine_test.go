package manager_test

import (
	"fmt"
	"testing"
	"time"

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

func TestScheduledCallbackIsReleasedBeforeItsTimeAndNotEarlier(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	desired := monday().Add(3 * time.Hour)
	cb := r.start(manager.Request{Desired: desired})
	if cb.State != callback.Scheduled || cb.Bucket.IsZero() {
		t.Fatalf("new callback is %v in bucket %v", cb.State, cb.Bucket)
	}
	release := desired.Add(-120 * time.Second) // GMS _request_execution_time_buffer
	r.clock.Set(release.Add(-time.Millisecond))
	r.tick()
	r.wantState(cb.ID, callback.Scheduled)
	r.clock.Set(release)
	r.tick()
	if got := r.get(cb.ID); got.State == callback.Scheduled || len(got.Attempts) != 1 {
		t.Fatalf("at its release the callback is %v with %d attempts", got.State, len(got.Attempts))
	}
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

func TestRetriesCountFromTheEndOfTheAttempt(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Busy().Ringing(7*time.Second), callbacktest.NoAnswer(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(2 * time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if len(done.Attempts) != 3 {
		t.Fatalf("%d attempts, want 3", len(done.Attempts))
	}
	for i := 1; i < 3; i++ {
		if gap := done.Attempts[i].Began.Sub(done.Attempts[i-1].Ended); gap != 300*time.Second {
			t.Errorf("gap before attempt %d is %v, want 5m (GMS _dial_retry_timeout)", i+1, gap)
		}
	}
}

func TestBudgetOfAttemptsEnds(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Busy(), callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(4 * time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonCallToCustomer)
	if len(done.Attempts) != 3 {
		t.Errorf("%d attempts, want 3 (GMS _max_dial_attempts)", len(done.Attempts))
	}
}

func TestRequestOverridesRetries(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Retry: &callback.RetryLimits{MaxAttempts: 1, Delay: time.Second}})
	r.run(time.Hour)
	r.wantReason(cb.ID, callback.ReasonCallToCustomer)
}

func TestOutcomes(t *testing.T) {
	machine := func(s *callback.Service, _ *manager.Config) { s.Dialing.ConnectMachine = true }
	one := func(s *callback.Service, _ *manager.Config) {
		s.Dialing.Retry, _ = scheduler.SimpleRetry(0, time.Minute)
	}
	for _, c := range []struct {
		name   string
		step   callbacktest.Step
		change func(*callback.Service, *manager.Config)
		want   callback.Reason
	}{
		{"fax", callbacktest.Fax(), one, callback.ReasonFaxReached},
		{"invalid number", callbacktest.InvalidNumber(), nil, callback.ReasonCallToCustomer},
		{"machine, not connected", callbacktest.Machine(), one, callback.ReasonCallToCustomer},
		{"machine, connected", callbacktest.Machine(), machine, callback.ReasonMachineConnected},
		{"rejected", callbacktest.Rejected(), one, callback.ReasonCallToCustomer},
		{"abandoned while waiting for an agent", callbacktest.Abandoned(20 * time.Second), nil, callback.ReasonAbandonedInQueue},
		{"do not call", callbacktest.Result(callback.ResultDoNotCall), nil, callback.ReasonCancelled},
		{"transferred", callbacktest.Result(callback.ResultTransferred), nil, callback.ReasonAgentConnected},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, c.change)
			r.dialer.On(swiss, c.step)
			cb := r.start(manager.Request{})
			r.run(3 * time.Hour)
			r.wantReason(cb.ID, c.want)
		})
	}
}

// Whatever a dialer reports, the engine must come to an end with it.
func TestEveryCallResultLeadsSomewhere(t *testing.T) {
	for _, result := range callback.CallResults() {
		t.Run(result.String(), func(t *testing.T) {
			r := newRig(t, nil)
			r.dialer.On("*", callbacktest.Result(result))
			cb := r.start(manager.Request{})
			r.run(20 * time.Hour)
			if got := r.get(cb.ID); got.State != callback.Completed && got.State != callback.Unresolved {
				t.Errorf("callback is still %v", got.State)
			}
		})
	}
}

func TestProgressInAnyOrder(t *testing.T) {
	for name, step := range map[string]callbacktest.Step{
		"twice":      callbacktest.Answered(time.Minute).Twice(),
		"backwards":  callbacktest.Answered(time.Minute).Backwards(),
		"early":      callbacktest.Answered(time.Minute).Early(),
		"final only": callbacktest.Answered(time.Minute).FinalOnly(),
		"stray":      callbacktest.Answered(time.Minute).Stray(),
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

func TestLinesBoundCallsThatAreUp(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.Lines = 2
		s.Limits.SameNumber = callback.CheckNone
	})
	r.dialer.On("*", callbacktest.Answered(10*time.Minute))
	for i := range 5 {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555667%d", i)})
	}
	r.tick()
	if live := len(r.dialer.Live()); live != 2 {
		t.Fatalf("%d calls are up, want 2", live)
	}
	r.run(2 * time.Hour)
	if calls := len(r.dialer.Calls()); calls != 5 {
		t.Errorf("%d calls in all, want 5", calls)
	}
	for _, call := range r.dialer.Calls() {
		up := 0
		for _, other := range r.dialer.Calls() {
			if !other.Started.After(call.Started) && other.Ended.After(call.Started) {
				up++
			}
		}
		if up > 2 {
			t.Errorf("%d calls were up at %v", up, call.Started)
		}
	}
}

func TestCallRate(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.CallsPerSecond = 2
		s.Queueing.Lines = -1
		s.Limits.SameNumber = callback.CheckNone
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

// One person is not called twice at once, whatever he asked for.
func TestOneCallAtATimeToANumber(t *testing.T) {
	r := newRig(t, nil)
	if err := r.services.Set("", callback.Service{Name: "other", Numbers: callback.Numbers{Country: "CH"}}); err != nil {
		t.Fatal(err)
	}
	r.dialer.On("*", callbacktest.Answered(10*time.Minute))
	first := r.start(manager.Request{})
	second := r.start(manager.Request{Service: "other"})
	behind := r.start(manager.Request{Service: "other", Number: swiss2})
	r.tick()
	if n := len(r.dialer.Live()); n != 2 || len(r.get(second.ID).Attempts) != 0 || len(r.get(behind.ID).Attempts) != 1 {
		t.Fatalf("%d calls are up", n)
	}
	r.run(time.Hour)
	for _, cb := range []*callback.Callback{first, second, behind} {
		r.wantReason(cb.ID, callback.ReasonAgentConnected)
	}
	callbacktest.RequireNoDoubles(t, r.dialer)
}

// A call whose dialer was silent for too long is counted again once it is known
// to be up.
func TestLineOfASilentCallIsKept(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.Lines = 1 })
	r.dialer.On("*", callbacktest.Answered(10*time.Minute).FinalOnly())
	for i := range 3 {
		r.start(manager.Request{Number: fmt.Sprintf("+4178555667%d", i)})
	}
	r.run(2 * time.Hour)
	calls := r.dialer.Calls()
	for i := 1; i < len(calls); i++ {
		if calls[i].Started.Before(calls[i-1].Ended) {
			t.Errorf("call %d began %v before the one before had ended", i, calls[i-1].Ended.Sub(calls[i].Started))
		}
	}
	if len(calls) != 3 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestDialerThatReportsOutcomesAlone(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.SetLimits(callback.DialerLimits{FinalOnly: true})
	m, err := manager.New(manager.Config{Store: r.store, Services: r.services, Dialer: r.dialer, Now: r.clock.Now, Synchronous: true})
	if err != nil {
		t.Fatal(err)
	}
	r.m, r.Manager = m, m
	r.dialer.On("*", callbacktest.Answered(30*time.Minute).FinalOnly())
	cb := r.start(manager.Request{})
	r.run(2 * time.Hour)
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if n := len(r.dialer.Lookups()); n != 0 {
		t.Errorf("its silence was doubted %d times", n)
	}
}

func TestRequestsGapHoldsForEveryOutcome(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Dialing.Retry = scheduler.DefaultRetryPolicy()
		s.Dialing.Retry.Rules[scheduler.Busy] = scheduler.Rule{Max: 5, Delay: time.Minute}
	})
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Congestion(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Retry: &callback.RetryLimits{MaxAttempts: 3, Delay: 10 * time.Minute}})
	r.run(2 * time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
	for i := 1; i < len(done.Attempts); i++ {
		if gap := done.Attempts[i].Began.Sub(done.Attempts[i-1].Ended); gap != 10*time.Minute {
			t.Errorf("gap before attempt %d is %v", i+1, gap)
		}
	}
}

func TestPrioritiesGoInOrder(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Queueing.Lines = 1
		s.Limits.SameNumber = callback.CheckNone
	})
	r.dialer.On("*", callbacktest.Answered(time.Second))
	var want []callback.ID
	for _, p := range []scheduler.Priority{scheduler.NothingElse, scheduler.Low, scheduler.StrictPriority} {
		cb := r.start(manager.Request{Priority: p})
		want = append([]callback.ID{cb.ID}, want...)
	}
	r.run(time.Hour)
	for i, call := range r.dialer.Calls() {
		id, _, _ := call.Key.Split()
		if id != want[i] {
			t.Errorf("call %d is for %s, want %s", i, id, want[i])
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Run("queue TTL", func(t *testing.T) {
		r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(0) })
		cb := r.start(manager.Request{})
		r.run(5 * time.Hour)
		done := r.wantReason(cb.ID, callback.ReasonTargetNotFound)
		if wait := done.EndedAt.Sub(monday()); wait != 4*time.Hour {
			t.Errorf("ended after %v, want 4h (GMS _urs_queued_ttl)", wait)
		}
	})
	t.Run("TTL", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, c *manager.Config) {
			c.Router = callbacktest.NewRouter(0)
			s.Queueing.TTL = 100 * time.Hour
		})
		cb := r.start(manager.Request{})
		r.run(25 * time.Hour)
		done := r.wantReason(cb.ID, callback.ReasonTimeout)
		if wait := done.EndedAt.Sub(monday()); wait != 24*time.Hour {
			t.Errorf("ended after %v, want 24h (GMS _ttl)", wait)
		}
	})
	t.Run("until", func(t *testing.T) {
		r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Router = callbacktest.NewRouter(0) })
		cb := r.start(manager.Request{Until: monday().Add(10 * time.Minute)})
		r.run(time.Hour)
		if got := r.wantReason(cb.ID, callback.ReasonTimeout).EndedAt.Sub(monday()); got != 10*time.Minute {
			t.Errorf("ended after %v", got)
		}
	})
	t.Run("no agent for the customer on the line", func(t *testing.T) {
		r := newRig(t, nil)
		r.dialer.On(swiss, callbacktest.Result(callback.ResultAnswer).Waiting(3*time.Hour).MuteFinal())
		cb := r.start(manager.Request{})
		r.run(3 * time.Hour)
		r.wantReason(cb.ID, callback.ReasonAgentConnect)
		if len(r.dialer.Hangups()) != 1 {
			t.Errorf("%d hang-ups were asked for, want 1", len(r.dialer.Hangups()))
		}
	})
}

func TestRetentionErases(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Key: "k"})
	r.run(23 * time.Hour)
	r.wantState(cb.ID, callback.Completed)
	r.run(3 * time.Hour)
	if _, err := r.m.Get(r.ctx, cb.ID); err == nil {
		t.Error("a callback past its retention is still there")
	}
}
