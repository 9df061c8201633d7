package patience_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback/internal/patience"
)

func TestCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, give := context.WithCancel(patience.With(t.Context(), time.Second))
		defer give()
		hang := func(ctx context.Context) time.Duration {
			began := time.Now()
			call, end := patience.Call(ctx)
			<-call.Done()
			end(call.Err())
			return time.Since(began)
		}
		answer := func(after time.Duration, err error) {
			_, end := patience.Call(ctx)
			<-time.After(after)
			end(err)
		}
		answer(900*time.Millisecond, nil)
		answer(900*time.Millisecond, nil)
		if d := hang(ctx); d != time.Second {
			t.Errorf("a call after two that succeeded waits %v", d)
		}
		for _, want := range []time.Duration{200 * time.Millisecond, 0, 0} {
			if d := hang(ctx); d != want {
				t.Errorf("a call after one that failed waits %v, want %v", d, want)
			}
		}
		answer(0, nil)
		answer(700*time.Millisecond, errors.New("failed"))
		if d := hang(context.WithoutCancel(ctx)); d != 300*time.Millisecond {
			t.Errorf("a call without the request's end waits %v", d)
		}
		give()
		if d := hang(ctx); d != 0 {
			t.Errorf("a call of a request that has ended waits %v", d)
		}
		if call, end := patience.Call(t.Context()); call != t.Context() {
			end(nil)
			t.Error("a context without a budget is changed")
		}
	})
}
