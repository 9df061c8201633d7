package scheduler_test

import (
	"fmt"

	"github.com/ringback-go/ringback/scheduler"
)

func ExampleOrder_Next() {
	order, err := scheduler.NewOrder(scheduler.DefaultWeights())
	if err != nil {
		fmt.Println(err)
		return
	}
	waiting := map[scheduler.Priority]int{
		scheduler.StrictPriority: 1, scheduler.Highest: 4, scheduler.Low: 2, scheduler.NothingElse: 1,
	}
	for {
		p, ok := order.Next(func(p scheduler.Priority) bool { return waiting[p] > 0 })
		if !ok {
			break
		}
		waiting[p]--
		fmt.Println(p)
	}
	// Output:
	// StrictPriority
	// Highest
	// Low
	// Highest
	// Highest
	// Highest
	// Low
	// NothingElse
}

// Thirty agents are free: how many callbacks does each class get?
func ExampleOrder_Take() {
	var order scheduler.Order // default weights
	var waiting [scheduler.Levels]int
	for _, p := range scheduler.Priorities() {
		waiting[p] = 100
	}
	waiting[scheduler.StrictPriority] = 2
	taken := order.Take(30, waiting)
	for _, p := range scheduler.Priorities() {
		fmt.Println(p, taken[p])
	}
	// Output:
	// StrictPriority 2
	// Highest 7
	// VeryHigh 6
	// High 5
	// Normal 4
	// Low 3
	// VeryLow 2
	// Lowest 1
	// NothingElse 0
}

// High was next, but its callback could not be dialed, so Low is served. High
// keeps its turn.
func ExampleOrder_Serve() {
	var order scheduler.Order
	waiting := func(p scheduler.Priority) bool { return p == scheduler.High || p == scheduler.Low }
	try := order
	first, _ := try.Next(waiting)
	order.Serve(scheduler.Low, waiting)
	next, _ := order.Next(waiting)
	fmt.Println(first, next)
	// Output: High High
}

func ExampleNewOrder() {
	_, err := scheduler.NewOrder(scheduler.Weights{7, 6, 5, 0, 3, 2, 1})
	fmt.Println(err)
	// Output: scheduler: invalid weights: Weights[3] 0 (Normal) must be 1 to 100
}

func ExampleWeights_Bound() {
	w := scheduler.DefaultWeights()
	fmt.Println(w.Sum(), w.Bound(scheduler.Highest), w.Bound(scheduler.Lowest), w.Bound(scheduler.NothingElse))
	// Output: 28 10 34 0
}

func ExampleWeights_Validate() {
	fmt.Println(scheduler.Weights{1, 1, 1, 1, 1, 1, 101}.Validate())
	// Output: scheduler: invalid weights: Weights[6] 101 (Lowest) must be 1 to 100
}

func ExampleParsePriority() {
	p, err := scheduler.ParsePriority("veryhigh")
	fmt.Println(p, err)
	_, err = scheduler.ParsePriority("urgent")
	fmt.Println(err)
	// Output:
	// VeryHigh <nil>
	// scheduler: unknown priority: priority "urgent" must be one of Normal, StrictPriority, Highest, VeryHigh, High, Low, VeryLow, Lowest, NothingElse
}

func ExamplePriority_Rank() {
	for _, p := range []scheduler.Priority{scheduler.StrictPriority, scheduler.Normal, scheduler.NothingElse} {
		fmt.Println(p, p.Rank())
	}
	// Output:
	// StrictPriority 0
	// Normal 4
	// NothingElse 8
}

func ExampleOrder_Weights() {
	order, err := scheduler.NewOrder(scheduler.DefaultWeights())
	fmt.Println(order.Weights(), err)
	// Output:
	// [7 6 5 4 3 2 1] <nil>
}
