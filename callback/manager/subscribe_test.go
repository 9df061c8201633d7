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
