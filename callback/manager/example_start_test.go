package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// Without a desired time the callback is taken for now. What Start returns is
// what is stored.
func ExampleManager_Start() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Priority:   scheduler.High,
		Properties: callback.Values{"_product": "router", "note": "came from the help page"},
		Actor:      "web",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.ID, cb.State, cb.Immediate)
	fmt.Println(cb.Customer.Number) // a number prints masked, whatever prints it
	fmt.Println(cb.Properties.Reveal(), cb.UserData.Reveal())

	sim.Run(time.Hour)
	show(sim, cb.ID)
	// Output:
	// cb000001 QUEUED true
	// +41•••••1800
	// map[_product:router] map[note:came from the help page]
	// 10:00:00 COMPLETED, 1 attempts
}

// With a desired time the callback holds a seat in a time bucket and is
// released a little before its time.
func ExampleManager_Start_scheduled() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{
		Service: "support",
		Number:  "+44 20 7946 0123",
		Desired: time.Date(2026, time.March, 2, 14, 33, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Immediate, cb.Customer.Number)
	fmt.Println("bucket: ", cb.Bucket.Format("15:04"))
	fmt.Println("release:", cb.ReleaseAt.Format("15:04"))

	sim.Clock.Set(cb.ReleaseAt.Add(-time.Second))
	sim.Tick()
	show(sim, cb.ID)
	sim.Clock.Set(cb.ReleaseAt)
	sim.Tick()
	show(sim, cb.ID)
	// Output:
	// SCHEDULED false +44••••••0123
	// bucket:  14:30
	// release: 14:31
	// 14:30:59 SCHEDULED, 0 attempts
	// 14:31:00 DIALING, 1 attempts
}

// Customers name times on the clock on their wall. On the night in which the
// clocks are set forward 02:30 does not exist: the callback is booked for the
// first instant after the gap, and keeps what the customer said.
func ExampleManager_Start_localTime() {
	ctx := context.Background()
	m, _ := simulate(support())
	local, err := availability.ParseLocal("2026-03-29T02:30")
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err := m.Start(ctx, manager.Request{
		Service: "support",
		Number:  "+49 30 23125 101",
		Local:   &local,
		Zone:    "Europe/Berlin",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	berlin, err := availability.LoadZone(cb.Zone)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("asked for: ", cb.Local, cb.Zone)
	fmt.Println("booked for:", cb.Desired.In(berlin).Format("2006-01-02 15:04 MST"))
	// Output:
	// asked for:  2026-03-29T02:30:00 Europe/Berlin
	// booked for: 2026-03-29 03:00 CEST
}

// A request with a key can be repeated, after a time-out or by an impatient
// customer: the callback is made once.
func ExampleManager_Start_idempotencyKey() {
	ctx := context.Background()
	m, _ := simulate(support())
	req := manager.Request{Service: "support", Number: "+1 212 555 0100", Key: "form-7f3a", Actor: "web-1"}
	first, err := m.Start(ctx, req)
	if err != nil {
		fmt.Println(err)
		return
	}

	req.Actor = "web-2" // who asks does not matter
	second, err := m.Start(ctx, req)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(first.ID, second.ID)

	req.Number = "+1 212 555 0101" // another request under the same key
	_, err = m.Start(ctx, req)
	fmt.Println(errors.Is(err, callback.ErrKeyReuse), callback.Code(err))
	// Output:
	// cb000001 cb000001
	// true 40010
}

// After a lost answer of the store it is unknown whether the callback exists.
// With a key the request is simply made again.
func ExampleManager_Start_outcomeUnknown() {
	ctx := context.Background()
	var faulty *callbacktest.FaultyStore
	m, _ := simulate(support(), func(c *manager.Config) {
		faulty = callbacktest.NewFaultyStore(c.Store)
		c.Store = faulty.Store()
	})
	faulty.Inject(callbacktest.Fault{
		Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown,
	})

	req := manager.Request{Service: "support", Number: "044 668 18 00", Key: "form-7f3a"}
	cb, err := m.Start(ctx, req)
	for errors.Is(err, callback.ErrOutcomeUnknown) {
		fmt.Println(err)
		cb, err = m.Start(ctx, req)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := m.SearchPage(ctx, callback.Query{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, "stored:", len(page.Callbacks))
	// Output:
	// outcome is unknown: it may have happened
	// QUEUED stored: 1
}

// A completed callback is redialled by copying it. What the request names
// itself wins over what is copied.
func ExampleManager_Start_redial() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	old, err := m.Start(ctx, manager.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Properties: callback.Values{"_product": "router", "note": "no hurry"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(3 * time.Hour)
	if old, err = m.Get(ctx, old.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(old.ID, old.State, old.Reason)

	again, err := m.Start(ctx, manager.Request{
		Service:    "support",
		CopyFrom:   old.ID,
		Properties: callback.Values{"note": "asked twice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(again.ID, again.State, "copied from", again.CopiedFrom)
	fmt.Println(again.Customer.Number, again.Properties.Reveal(), again.UserData.Reveal())
	// Output:
	// cb000001 COMPLETED FAIL_CALL_TO_CUSTOMER
	// cb000002 QUEUED copied from cb000001
	// +41•••••1800 map[_product:router] map[note:asked twice]
}

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
