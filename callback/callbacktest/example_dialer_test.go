package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/phonenum"
)

// attempt is what a Manager would hand to a dialer.
func attempt(n int) callback.Call {
	to, err := phonenum.ParseAddress("+41785556677", "CH")
	if err != nil {
		panic(err)
	}
	return callback.Call{ID: "cb", Key: callback.NewAttemptKey("cb", n), Attempt: n, Epoch: int64(n), To: to}
}

// printer prints reports instead of taking them into account.
type printer struct{ start time.Time }

func (p printer) Report(_ context.Context, r callback.Report) error {
	if r.Outcome != nil {
		fmt.Printf("%v %s: %s\n", r.At.Sub(p.start), r.Key, r.Outcome.Result)
		return nil
	}
	fmt.Printf("%v %s: %s\n", r.At.Sub(p.start), r.Key, r.Stage)
	return nil
}

func ExampleDialer() {
	ctx := context.Background()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := callbacktest.NewClock(start)
	dialer := callbacktest.NewDialer(clock.Now).
		On("+41785556677", callbacktest.Busy(), callbacktest.Answered(90*time.Second))

	for n := 1; n <= 2; n++ {
		ref, err := dialer.Dial(ctx, attempt(n))
		fmt.Println("placed", ref, err)
		// Nothing happens before Advance.
		_, _ = dialer.Advance(ctx, clock.Advance(2*time.Minute), printer{start})
	}
	// Output:
	// placed cb.1 <nil>
	// 1s cb.1: BUSY
	// placed cb.2 <nil>
	// 2m1s cb.2: ringing
	// 2m6s cb.2: customer
	// 2m7s cb.2: agent
	// 2m8s cb.2: bridged
	// 3m38s cb.2: ANSWER
}

func ExampleDialer_Next() {
	clock := callbacktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	dialer := callbacktest.NewDialer(clock.Now).On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	_, _ = dialer.Dial(context.Background(), attempt(1))
	for {
		at, ok := dialer.Next()
		if !ok {
			break
		}
		clock.Set(at)
		_, _ = dialer.Advance(context.Background(), at, printer{at})
		fmt.Println("it is", at.Format(time.TimeOnly))
	}
	// Output:
	// 0s cb.1: ringing
	// it is 09:00:01
	// 0s cb.1: NO_ANSWER
	// it is 09:00:31
}

func ExampleDialer_OnCall() {
	clock := callbacktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	dialer := callbacktest.NewDialer(clock.Now)
	// No answer during lunch.
	dialer.OnCall(func(callback.Call) (callbacktest.Step, bool) {
		return callbacktest.NoAnswer(), clock.Now().Hour() == 12
	})
	for n := 1; n <= 2; n++ {
		_, _ = dialer.Dial(context.Background(), attempt(n))
		clock.Advance(3 * time.Hour)
	}
	for _, c := range dialer.Calls() {
		fmt.Println(c.Started.Format(time.TimeOnly), c.Result)
	}
	// Output:
	// 09:00:00 ANSWER
	// 12:00:00 NO_ANSWER
}

// A time-out does not tell whether the phone rang; the world knows.
func ExampleStep_Fails() {
	clock := callbacktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	dialer := callbacktest.NewDialer(clock.Now).
		On(callbacktest.AnyNumber, callbacktest.Lost(nil), callbacktest.NoAnswer().Fails(nil))
	for n := 1; n <= 2; n++ {
		_, err := dialer.Dial(context.Background(), attempt(n))
		found, _ := dialer.Lookup(context.Background(), "", callback.NewAttemptKey("cb", n), "")
		fmt.Println(err, "- surely not placed:", errors.Is(err, callback.ErrNotPlaced),
			"- found live:", found.State == callback.FoundLive)
	}
	// Output:
	// platform did not answer - surely not placed: false - found live: false
	// platform did not answer - surely not placed: false - found live: true
}

func ExampleDialer_Hangup() {
	ctx := context.Background()
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	clock := callbacktest.NewClock(start)
	dialer := callbacktest.NewDialer(clock.Now)
	_, _ = dialer.Dial(ctx, attempt(1))
	clock.Advance(3 * time.Second)
	fmt.Println("up:", len(dialer.Live()))
	_ = dialer.Hangup(ctx, callback.Hangup{Key: "cb.1", Reason: callback.ReasonCancelled})
	fmt.Println("up:", len(dialer.Live()))
	_, _ = dialer.Advance(ctx, clock.Now(), printer{start})
	// Output:
	// up: 1
	// up: 0
	// 1s cb.1: ringing
	// 3s cb.1: DROPPED_NO_ANSWER
}

func ExampleDialer_Doubles() {
	clock := callbacktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	dialer := callbacktest.NewDialer(clock.Now)
	// Two nodes believe that the attempt is theirs.
	for range 2 {
		_, _ = dialer.Dial(context.Background(), attempt(1))
		clock.Advance(time.Second)
	}
	for _, double := range dialer.Doubles() {
		fmt.Println(double.Kind, double.First.Ref, double.Second.Ref)
	}
	// Output:
	// attempt placed twice cb.1 cb.1#2
}

func ExampleDialer_Fenced() {
	clock := callbacktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	world := callbacktest.NewDialer(clock.Now)
	fenced := world.Fenced()
	for range 2 {
		ref, err := fenced.Dial(context.Background(), attempt(2))
		fmt.Println(ref, err)
	}
	_, err := fenced.Dial(context.Background(), attempt(1))
	fmt.Println("stale:", errors.Is(err, callbacktest.ErrStaleEpoch))
	fmt.Println("calls:", len(world.Calls()), "doubles:", len(world.Doubles()))
	// Output:
	// cb.2 <nil>
	// cb.2 <nil>
	// stale: true
	// calls: 1 doubles: 0
}

func ExampleDialer_Blind() {
	var dialer callback.Dialer = callbacktest.NewDialer(time.Now)
	_, looksUp := dialer.(callback.LookupDialer)
	fmt.Println("looks up:", looksUp)
	dialer = callbacktest.NewDialer(time.Now).Blind()
	_, looksUp = dialer.(callback.LookupDialer)
	fmt.Println("looks up:", looksUp)
	// Output:
	// looks up: true
	// looks up: false
}

func ExampleDialer_Release() {
	dialer := callbacktest.NewDialer(time.Now).On(callbacktest.AnyNumber, callbacktest.NoAnswer().With(callbacktest.Stuck))
	done := make(chan callback.Ref)
	go func() {
		ref, _ := dialer.Dial(context.Background(), attempt(1))
		done <- ref
	}()
	for dialer.Release() == 0 {
		runtime.Gosched() // the other goroutine has not come to Dial yet
	}
	fmt.Println(<-done)
	// Output:
	// cb.1
}

func ExampleDialer_Run() {
	dialer := callbacktest.NewDialer(time.Now).On(callbacktest.AnyNumber, callbacktest.Busy().With(callbacktest.Early))
	ctx, cancel := context.WithCancel(context.Background())
	heard := make(chan callback.CallResult)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		dialer.Run(ctx, reporterFunc(func(_ context.Context, r callback.Report) error {
			heard <- r.Outcome.Result
			return nil
		}))
	}()
	_, _ = dialer.Dial(ctx, attempt(1))
	fmt.Println(<-heard)
	cancel()
	<-ended
	// Output:
	// BUSY
}
