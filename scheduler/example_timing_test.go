package scheduler_test

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

// With a buffer of two minutes, one minute ahead is now and three are later.
func ExampleImmediate() {
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	timing := scheduler.Timing{Buffer: 120 * time.Second}
	for _, in := range []time.Duration{time.Minute, 2 * time.Minute, 3 * time.Minute} {
		fmt.Println(in, scheduler.Immediate(now.Add(in), now, timing))
	}
	// Output:
	// 1m0s true
	// 2m0s false
	// 3m0s false
}

func ExampleReleaseAt() {
	desired := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	at := scheduler.ReleaseAt(desired, scheduler.Timing{Buffer: 2 * time.Minute, Wait: 4 * time.Minute})
	fmt.Println(at.Format(time.TimeOnly))
	// Output: 11:54:00
}

func ExampleExpiresAt() {
	desired := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	fmt.Println(scheduler.ExpiresAt(desired, 24*time.Hour).Format(time.DateTime))
	// Output: 2026-03-21 12:00:00
}

func ExampleRateEstimator() {
	estimator, err := scheduler.NewRateEstimator(scheduler.RateOptions{Lines: 3, Handle: 6 * time.Minute})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	wait, ok := estimator.Estimate(2, now)
	fmt.Println("assumed:", wait, ok)

	for range 100 {
		now = now.Add(30 * time.Second)
		estimator.Observe(now)
	}
	wait, ok = estimator.Estimate(2, now)
	fmt.Println("measured:", wait.Round(5*time.Second), ok)
	// Output:
	// assumed: 4m0s true
	// measured: 1m0s true
}

func ExampleEstimatorFunc() {
	var e scheduler.Estimator = scheduler.EstimatorFunc(func(position int, _ time.Time) (time.Duration, bool) {
		return time.Duration(position) * time.Minute, true
	})
	fmt.Println(e.Estimate(3, time.Time{}))
	// Output: 3m0s true
}
