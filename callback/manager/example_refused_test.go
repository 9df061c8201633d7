package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// A full time is refused with the nearest times that have a seat left; the
// customer picks one of them.
func ExampleManager_Start_alternatives() {
	ctx := context.Background()
	service := support()
	service.Booking = callback.Booking{Bucket: 30 * time.Minute, PerBucket: 1, Proposals: 3}
	m, _ := simulate(service)
	at := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	if _, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00", Desired: at}); err != nil {
		fmt.Println(err)
		return
	}

	req := manager.Request{Service: "support", Number: "+44 20 7946 0101", Desired: at.Add(10 * time.Minute)}
	_, err := m.Start(ctx, req)
	var refused *callback.AvailabilityError
	if !errors.As(err, &refused) {
		fmt.Println(err)
		return
	}
	fmt.Println("full:", errors.Is(err, callback.ErrFull))
	for _, slot := range refused.Alternatives {
		fmt.Println(slot.Start.Format("15:04"), "seats left:", slot.Left)
	}

	req.Desired = refused.Alternatives[0].Start
	cb, err := m.Start(ctx, req)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Desired.Format("15:04"))
	// Output:
	// full: true
	// 13:00 seats left: 1
	// 13:30 seats left: 1
	// 14:30 seats left: 1
	// SCHEDULED 13:00
}
