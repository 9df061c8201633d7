package scheduler_test

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

func ExamplePending() {
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	var p scheduler.Pending
	p.Set(7, now.Add(2*time.Minute))
	p.Set(3, now.Add(time.Minute))
	p.Set(5, now.Add(time.Minute))
	p.Set(9, now.Add(time.Hour))
	p.Cancel(9)
	p.Move(7, now.Add(time.Second))

	slot, at, _ := p.Next()
	fmt.Println(slot, "is due first, in", at.Sub(now))
	due := p.PopDue(now.Add(time.Minute), 100, nil)
	fmt.Println(due, "were due,", p.Len(), "left")
	// Output:
	// 7 is due first, in 1s
	// [7 3 5] were due, 0 left
}

func ExamplePending_At() {
	var p scheduler.Pending
	p.Set(7, time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC))
	at, ok := p.At(7)
	fmt.Println(at.Format(time.DateTime), ok)
	// Output: 2026-03-20 12:00:00 true
}
