package manager_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestSubscriptionBeginsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.start(manager.Request{Desired: monday().Add(time.Hour)})
		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan callback.Event, 10)
		go func() {
			for e, err := range r.m.Events(ctx, manager.Subscription{}) {
				if err == nil {
					seen <- e
				}
			}
		}()
		synctest.Wait()
		later := r.start(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)})
		if e := <-seen; e.Callback != later.ID || e.Type != callback.EventAccepted {
			t.Errorf("the first event is %v of %v", e.Type, e.Callback)
		}
		cancel()
		synctest.Wait()
		if len(seen) > 0 {
			t.Errorf("%d events more", len(seen))
		}
	})
}

func TestSubscriptionOfOneCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		one := r.start(manager.Request{Desired: monday().Add(time.Hour)})
		r.start(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen := make(chan callback.Event, 10)
		go func() {
			for e, err := range r.m.Events(ctx, manager.Subscription{Callback: one.ID}) {
				if err == nil {
					seen <- e
				}
			}
		}()
		if _, err := r.m.Cancel(t.Context(), manager.CancelRequest{ID: one.ID}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []callback.EventType{callback.EventAccepted, callback.EventCompleted} {
			if e := <-seen; e.Callback != one.ID || e.Type != want {
				t.Errorf("event is %v of %v, want %v", e.Type, e.Callback, want)
			}
		}
	})
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		cb := r.start(manager.Request{Desired: monday().Add(time.Hour)})
		go func() {
			time.Sleep(time.Minute)
			if _, err := r.m.Cancel(context.Background(), manager.CancelRequest{ID: cb.ID}); err != nil {
				t.Error(err)
			}
		}()
		for range 2 { // the second finds it completed
			got, err := r.m.Wait(t.Context(), cb.ID)
			if err != nil || got.State != callback.Completed {
				t.Errorf("Wait returned %v, %v", got, err)
			}
		}
		if _, err := r.m.Wait(t.Context(), "nowhere"); !errors.Is(err, callback.ErrNotFound) {
			t.Errorf("unknown callback: %v", err)
		}
		open := r.start(manager.Request{Number: swiss2, Desired: monday().Add(time.Hour)})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := r.m.Wait(ctx, open.ID); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after the context's deadline: %v", err)
		}
		go func() { _ = r.m.Shutdown(context.Background()) }()
		if _, err := r.m.Wait(t.Context(), open.ID); !errors.Is(err, callback.ErrStopped) {
			t.Errorf("after Shutdown: %v", err)
		}
	})
}

func TestSubscribersCannotStallTheEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := liveRig(t, callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}), nil)
		runUntilDone(t, m)
		ctx, stop := context.WithCancel(t.Context())
		var seen []callback.EventType
		ended := make(chan struct{}, 2)
		go func() { // one blocks for ever on its first event
			m.Subscribe(ctx, manager.Subscription{Oldest: true}, func(ctx context.Context, _ callback.Event) error {
				<-ctx.Done()
				return nil
			})
			ended <- struct{}{}
		}()
		panics := 0
		go func() { // one panics once and fails once
			m.Subscribe(ctx, manager.Subscription{Oldest: true, Services: []string{"desk"}}, func(_ context.Context, e callback.Event) error {
				if panics++; panics == 1 {
					panic("subscriber")
				} else if panics == 3 {
					return errors.New("later")
				}
				seen = append(seen, e.Type)
				return nil
			})
			ended <- struct{}{}
		}()
		cb, err := m.Start(t.Context(), request())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got, _ := m.Get(t.Context(), cb.ID); got.State != callback.Completed {
			t.Errorf("the engine is stalled: %v", got.State)
		}
		want := []callback.EventType{callback.EventAccepted, callback.EventDialing, callback.EventCompleted}
		if len(seen) != len(want) || seen[0] != want[0] || seen[1] != want[1] || seen[2] != want[2] {
			t.Errorf("subscriber saw %v, want %v", seen, want)
		}
		stop()
		<-ended
		<-ended
	})
}
