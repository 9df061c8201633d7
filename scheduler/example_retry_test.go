package scheduler_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

func ExampleRetryPolicy_Decide() {
	policy := scheduler.RetryPolicy{
		MaxAttempts: 4,
		Default:     scheduler.Rule{Max: -1, Delay: 5 * time.Minute},
		Rules: map[scheduler.Outcome]scheduler.Rule{
			scheduler.Busy:    {Max: 2, Delay: time.Minute, Factor: 2},
			scheduler.Invalid: {},
		},
	}
	ended := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	for _, in := range []scheduler.RetryInput{
		{Attempts: 1, OfOutcome: 1, Outcome: scheduler.Busy},
		{Attempts: 2, OfOutcome: 2, Outcome: scheduler.Busy},
		{Attempts: 3, OfOutcome: 3, Outcome: scheduler.Busy},
		{Attempts: 3, OfOutcome: 1, Outcome: scheduler.NoAnswer},
		{Attempts: 4, OfOutcome: 2, Outcome: scheduler.NoAnswer},
		{Attempts: 1, OfOutcome: 1, Outcome: scheduler.Invalid},
		{Attempts: 1, OfOutcome: 1, Outcome: scheduler.Unknown},
	} {
		in.Ended = ended
		d := policy.Decide(in)
		fmt.Print(in.Outcome, ": ", d.Why)
		if d.Retry {
			fmt.Print(" after ", d.At.Sub(ended))
		}
		fmt.Println()
	}
	// Output:
	// busy: retry after 1m0s
	// busy: retry after 2m0s
	// busy: outcome-spent
	// no-answer: retry after 5m0s
	// no-answer: budget-spent
	// invalid: never-after-outcome
	// unknown: outcome-unknown
}

// The caller supplies the random source, here a seeded one.
func ExampleRetryPolicy_Decide_jitter() {
	policy := scheduler.RetryPolicy{Default: scheduler.Rule{Max: -1, Delay: time.Minute, Jitter: 0.5}}
	ended := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	d := policy.Decide(scheduler.RetryInput{
		Attempts: 1, OfOutcome: 1, Outcome: scheduler.NoAnswer, Ended: ended,
		Random: rand.New(rand.NewPCG(1, 2)).Float64,
	})
	gap := d.At.Sub(ended)
	fmt.Println(gap >= time.Minute, gap < 90*time.Second)
	// Output: true true
}

func ExampleDefaultRetryPolicy() {
	policy := scheduler.DefaultRetryPolicy()
	fmt.Println(policy.MaxAttempts, policy.Rule(scheduler.Busy).Delay, policy.Rule(scheduler.Congestion).CountsNot)
	// Output: 3 5m0s true
}

// LUCS: MaxRetries 3, SecondsBetweenRetries 60.
func ExampleSimpleRetry() {
	policy, err := scheduler.SimpleRetry(3, 60*time.Second)
	fmt.Println(policy.MaxAttempts, policy.Default.Delay, err)
	// Output: 4 1m0s <nil>
}

func ExampleRetryPolicy_Rule() {
	var policy scheduler.RetryPolicy
	fmt.Println(policy.Rule(scheduler.Busy).Delay, policy.Rule(scheduler.Unknown).Max)
	// Output: 5m0s 0
}

func ExampleRetryPolicy_Validate() {
	policy := scheduler.RetryPolicy{
		MaxAttempts: -1,
		Rules:       map[scheduler.Outcome]scheduler.Rule{scheduler.Busy: {Max: 1, Delay: -time.Second}},
	}
	fmt.Println(policy.Validate())
	// Output:
	// scheduler: invalid retry policy: MaxAttempts -1 must not be negative
	// scheduler: invalid retry policy: Rules[busy].Delay -1s must be 0 to 8784h
}

func ExampleParseOutcome() {
	fmt.Println(scheduler.ParseOutcome("No-Answer"))
	// Output: no-answer <nil>
}

func ExampleOutcomes() {
	fmt.Println(len(scheduler.Outcomes()), scheduler.Outcomes()[0])
	// Output:
	// 11 unknown
}
