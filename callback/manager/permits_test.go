package manager_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A callback that is queued a second time counts for the queue limit.
func TestQueuePermitLostOnSecondQueueing(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits.Queued = 1
		s.Dialing.RetryAgentLost = true
	})
	r.dialer.On(swiss, callbacktest.Result(callback.ResultAgentCallbackError))
	cb := r.start(manager.Request{})
	r.run(60 * time.Second)
	r.wantState(cb.ID, callback.Queued)
	if _, err := r.try(manager.Request{Number: swiss2}); !errors.Is(err, callback.ErrQueueLimit) {
		t.Errorf("queue limit 1, one is queued, and a second is taken: %v; first holds %v", err, r.get(cb.ID).Held)
	}
}

func TestAttemptsPerDay(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Limits.AttemptsPerDay = 2
		s.Queueing.TTL, s.TTL = 100*time.Hour, 100*time.Hour
	})
	r.dialer.On(swiss, callbacktest.Busy(), callbacktest.Busy(), callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(16 * time.Hour)
	done := r.wantReason(cb.ID, callback.ReasonAgentConnected)
	if began := done.Attempts[2].Began; began.Before(monday().Add(14 * time.Hour)) {
		t.Errorf("the third attempt of the day began at %v", began)
	}
}

// The last seat of a bucket goes to one of many who ask at once.
func TestRaceForTheLastSeat(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.PerBucket = 5
		s.Limits.SameNumber = callback.NoLimit
	})
	at := monday().Add(time.Hour)
	var mu sync.Mutex
	taken, full := 0, 0
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			_, err := r.try(manager.Request{Desired: at})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				taken++
			case errors.Is(err, callback.ErrFull):
				full++
			default:
				t.Errorf("Start: %v", err)
			}
		})
	}
	wg.Wait()
	if taken != 5 || full != 59 {
		t.Errorf("%d took a seat, %d were refused", taken, full)
	}
}

func TestLimits(t *testing.T) {
	t.Run("same number, two", func(t *testing.T) {
		r := newRig(t, nil)
		r.start(manager.Request{})
		r.start(manager.Request{Desired: monday().Add(time.Hour)})
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrNumberLimit, 40001)
		_, err = r.try(manager.Request{Desired: monday().Add(2 * time.Hour)})
		wantCode(t, err, callback.ErrNumberLimit, 40001)
		r.start(manager.Request{Number: swiss2})
	})
	t.Run("same number, strict", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.SameNumber = 1 })
		cb := r.start(manager.Request{})
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrNumberLimit, 40001)
		var limit *callback.LimitError
		if !errors.As(err, &limit) || limit.Max != 1 {
			t.Errorf("limit is %+v, want 1", limit)
		}
		if _, err := r.m.Cancel(r.ctx, manager.CancelRequest{ID: cb.ID}); err != nil {
			t.Fatal(err)
		}
		r.start(manager.Request{})
	})
	t.Run("queue", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.Queued = 1 })
		r.start(manager.Request{})
		_, err := r.try(manager.Request{Number: swiss2})
		wantCode(t, err, callback.ErrQueueLimit, 40002)
		r.start(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)}) // scheduled ones pass
	})
	t.Run("queue of none", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Limits.Queued = callback.None })
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrQueueLimit, 40002)
	})
	t.Run("interval", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Limits = callback.Limits{SameNumber: callback.NoLimit, PerParameter: 100,
				Throttles: []callback.Throttle{{Max: 2, Every: 5 * time.Minute}, {Max: 2, Every: time.Hour}}}
		})
		r.start(manager.Request{})
		r.start(manager.Request{Desired: monday().Add(30 * time.Second)}) // near enough to be immediate
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrIntervalLimit, 40003)
		var limit *callback.LimitError
		if !errors.As(err, &limit) || limit.Interval != 5*time.Minute || !limit.RetryAt.Equal(monday().Add(5*time.Minute)) {
			t.Errorf("when both are exhausted the first is named: %+v", limit)
		}
		r.clock.Advance(5 * time.Minute)
		_, err = r.try(manager.Request{})
		if !errors.As(err, &limit) || limit.Interval != time.Hour {
			t.Errorf("then the second: %+v", limit)
		}
	})
	t.Run("parameter of the day", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config) {
			s.Limits.SameNumber, s.Limits.PerParameter = callback.NoLimit, 2
			s.Limits.Parameters = []string{"_customer_number", "X-Visitor"}
		})
		r.start(manager.Request{})
		r.start(manager.Request{Parameters: map[string]string{"X-Visitor": "v"}})
		_, err := r.try(manager.Request{})
		wantCode(t, err, callback.ErrParameterLimit, 40004)
		var limit *callback.LimitError
		if !errors.As(err, &limit) || limit.Parameter != "_customer_number" {
			t.Errorf("limit is %+v", limit)
		}
		r.start(manager.Request{Desired: monday().Add(time.Hour)}) // scheduled ones are not counted
		r.start(manager.Request{Number: swiss2, Parameters: map[string]string{"X-Visitor": "v"}})
		_, err = r.try(manager.Request{Number: swiss3, Parameters: map[string]string{"X-Visitor": "v"}})
		if !errors.As(err, &limit) || limit.Parameter != "X-Visitor" {
			t.Errorf("limit is %+v", limit)
		}
		r.clock.Set(monday().Add(14 * time.Hour)) // the next calendar day
		r.start(manager.Request{})
	})
}
