package scheduler_test

import (
	"fmt"

	"github.com/ringback-go/ringback/scheduler"
)

func ExamplePriority_Rank() {
	for _, p := range []scheduler.Priority{scheduler.StrictPriority, scheduler.Normal, scheduler.NothingElse} {
		fmt.Println(p, p.Rank())
	}
	// Output:
	// StrictPriority 0
	// Normal 4
	// NothingElse 8
}

func ExampleOutcomes() {
	fmt.Println(len(scheduler.Outcomes()), scheduler.Outcomes()[0])
	// Output:
	// 11 unknown
}

func ExampleOrder_Weights() {
	order, err := scheduler.NewOrder(scheduler.DefaultWeights())
	fmt.Println(order.Weights(), err)
	// Output:
	// [7 6 5 4 3 2 1] <nil>
}

func ExampleRecurrence_Zone() {
	r, err := scheduler.ParseRecurrence("0 17 * * MON-FRI", "Europe/Berlin")
	fmt.Println(r.Zone(), err)
	// Output:
	// Europe/Berlin <nil>
}
