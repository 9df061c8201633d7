package scheduler_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/scheduler"
)

func ExampleParseRecurrence() {
	r, err := scheduler.ParseRecurrence("0  9 * * mon-fri", "Europe/Berlin")
	fmt.Println(r, err)
	_, err = scheduler.ParseRecurrence("0 0 30 2 *", "Europe/Berlin")
	fmt.Println(errors.Is(err, scheduler.ErrNeverFires), err)
	// Output:
	// CRON_TZ=Europe/Berlin 0 9 * * mon-fri <nil>
	// true scheduler: invalid recurrence: recurrence never fires: spec "0 0 30 2 *" names no day that any year has
}

// Daily at 02:30, across the night in which that time does not exist.
func ExampleRecurrence_Next() {
	r, err := scheduler.ParseRecurrence("30 2 * * *", "Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	for range 3 {
		at, _ = r.Next(at)
		fmt.Println(at)
	}
	// Output:
	// 2026-03-28 02:30:00 +0100 CET
	// 2026-03-29 03:00:00 +0200 CEST
	// 2026-03-30 02:30:00 +0200 CEST
}

func ExampleRecurrence_Zone() {
	r, err := scheduler.ParseRecurrence("0 17 * * MON-FRI", "Europe/Berlin")
	fmt.Println(r.Zone(), err)
	// Output:
	// Europe/Berlin <nil>
}
