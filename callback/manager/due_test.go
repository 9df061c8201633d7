package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A callback that expired while its service was unknown is not dialed later.
func TestExpiredDialledAfterServiceBack(t *testing.T) {
	r := newRig(t, nil)
	until := monday().Add(5 * time.Minute)
	r.services.Remove("", "desk")
	_ = r.services.Set("", callback.Service{Name: "desk", Queueing: callback.Queueing{Lines: callback.None}, Numbers: callback.Numbers{Country: "CH"}})
	cb := r.start(manager.Request{Until: until})
	r.tick()
	r.services.Remove("", "desk")
	r.clock.Set(until)
	r.tick() // due, service unknown: looked at again in a minute
	r.clock.Advance(30 * time.Second)
	_ = r.services.Set("", callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}})
	r.tick()
	r.wantReason(cb.ID, callback.ReasonTimeout)
	if n := len(r.dialer.Dials()); n != 0 {
		t.Errorf("attempt began %v after Until", r.clock.Now().Sub(until))
	}
}

// estimate is an estimator with a variable answer.
type estimate time.Duration

func (e *estimate) Estimate(int, time.Time) (time.Duration, bool) { return time.Duration(*e), true }

// A long estimate makes a callback immediate, and it is still not dialed early.
func TestEarlyByEstimate(t *testing.T) {
	e := estimate(time.Hour)
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Estimator = &e })
	desired := monday().Add(50 * time.Minute)
	r.start(manager.Request{Desired: desired})
	r.tick()
	if d := r.dialer.Dials(); len(d) > 0 {
		t.Errorf("dialled %v before the desired time (threshold 180 s)", desired.Sub(d[0].Dialed))
	}
	r.run(21 * time.Hour)
	if n := len(r.dialer.Dials()); n == 0 {
		t.Error("it was never dialled")
	}
}

func TestEarlyByForcedState(t *testing.T) {
	r := newRig(t, nil)
	desired := monday().Add(20 * time.Hour)
	r.start(manager.Request{Desired: desired, State: callback.Queued})
	r.tick()
	if d := r.dialer.Dials(); len(d) > 0 {
		t.Errorf("dialled %v before the desired time", desired.Sub(d[0].Dialed))
	}
	r.run(21 * time.Hour)
	if n := len(r.dialer.Dials()); n == 0 {
		t.Error("it was never dialled")
	}
}

// An estimate that shrinks does not cause a claim every second.
func TestShrunkEstimateSpins(t *testing.T) {
	e := estimate(time.Hour)
	var fs *callbacktest.FaultyStore
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Booking.Estimator = &e
		fs = callbacktest.NewFaultyStore(c.Store)
		c.Store = fs.Store()
	})
	r.start(manager.Request{Desired: monday().Add(2 * time.Hour)})
	e = 0
	before := fs.Count(callbacktest.MethodClaim)
	r.run(100 * time.Minute)
	if n := fs.Count(callbacktest.MethodClaim) - before; n > 400 {
		t.Errorf("%d claims in 100 minutes for one callback that waits", n)
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
		r.dialer.On(swiss, callbacktest.Result(callback.ResultAnswer).Waiting(3*time.Hour).With(callbacktest.StagesOnly))
		cb := r.start(manager.Request{})
		r.run(3 * time.Hour)
		r.wantReason(cb.ID, callback.ReasonAgentConnect)
		if len(r.dialer.Hangups()) != 1 {
			t.Errorf("%d hang-ups were asked for, want 1", len(r.dialer.Hangups()))
		}
	})
}

func TestRetentionErases(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Retention = 24 * time.Hour })
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Key: "k"})
	r.run(23 * time.Hour)
	r.wantState(cb.ID, callback.Completed)
	r.run(3 * time.Hour)
	if _, err := r.m.Get(r.ctx, cb.ID); err == nil {
		t.Error("a callback past its retention is still there")
	}
}

func TestWaitOptions(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.MinWait = 40 * time.Second })
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Hour)
	if wait := r.wantReason(cb.ID, callback.ReasonAgentConnected).Attempts[0].Began.Sub(monday()); wait != 40*time.Second {
		t.Errorf("dialled after %v (GMS _min_queue_wait)", wait)
	}
	r = newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Queueing.MaxWait = 10 * time.Minute
		c.Router = callbacktest.NewRouter(0)
	})
	cb = r.start(manager.Request{})
	r.run(time.Hour)
	if wait := r.wantReason(cb.ID, callback.ReasonTargetNotFound).EndedAt.Sub(monday()); wait != 10*time.Minute {
		t.Errorf("given up after %v (GMS _max_queue_wait)", wait)
	}
}

func TestReminder(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Reminder = 10 * time.Minute })
	r.dialer.On(swiss, callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
	r.run(3 * time.Hour)
	if _, err := r.rec.Pull(r.ctx); err != nil {
		t.Fatal(err)
	}
	reminded := r.rec.RequireEvent(t, cb.ID, callback.EventReminded)
	if want := monday().Add(48 * time.Minute); !reminded.At.Equal(want) { // an hour, less buffer, less reminder
		t.Errorf("reminded at %v, want %v", reminded.At, want)
	}
	r.wantReason(cb.ID, callback.ReasonAgentConnected)
}

// fixedWait is an estimator whose answer the test sets.
type fixedWait struct{ wait time.Duration }

func (f *fixedWait) Estimate(int, time.Time) (time.Duration, bool) { return f.wait, true }

// GMS: released when now >= desired - buffer - EWT, with the estimate of that
// moment.
func TestReleaseFollowsTheEstimate(t *testing.T) {
	estimate := &fixedWait{}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.Estimator = estimate
		s.Booking.ConnectThreshold = callback.Off
	})
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Desired: monday().Add(2 * time.Hour)})
	r.run(30 * time.Minute)
	r.wantState(cb.ID, callback.Scheduled)
	estimate.wait = time.Hour
	r.run(2 * time.Hour)
	began := r.wantReason(cb.ID, callback.ReasonAgentConnected).Attempts[0].Began
	want := monday().Add(2*time.Hour - 120*time.Second - time.Hour)
	if began.Before(want) || began.After(want.Add(time.Minute)) {
		t.Errorf("dialled at %v, want within a minute after %v (GMS queue-polling-rate)", began, want)
	}
}

func TestConnectThresholdHoldsAnAttemptBack(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Estimator = &fixedWait{wait: time.Hour} })
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{Desired: monday().Add(3 * time.Hour)})
	r.run(5 * time.Hour)
	began := r.wantReason(cb.ID, callback.ReasonAgentConnected).Attempts[0].Began
	if want := monday().Add(3*time.Hour - 180*time.Second); !began.Equal(want) {
		t.Errorf("dialled at %v, want %v (GMS _desired_connect_time_threshold)", began, want)
	}
}
