package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

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

// Every call result leads to a final or an unresolved state.
func TestEveryCallResultLeadsSomewhere(t *testing.T) {
	for result := callback.ResultOK; result.Valid(); result++ {
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
