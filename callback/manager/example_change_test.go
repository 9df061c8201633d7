package manager_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// A Scheduled callback moves to another time. Its seat moves with it.
func ExampleManager_Reschedule() {
	ctx := context.Background()
	m, _ := simulate(support())
	at := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00", Desired: at})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb, err = m.Reschedule(ctx, manager.RescheduleRequest{
		ID:      cb.ID,
		Desired: at.Add(2 * time.Hour),
		Actor:   "web",
		Detail:  "meeting runs late",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Desired.Format("15:04"), cb.Detail)

	// A time that is near enough is now.
	cb, err = m.Reschedule(ctx, manager.RescheduleRequest{ID: cb.ID, Desired: opening().Add(time.Minute)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Bucket.IsZero())
	// Output:
	// SCHEDULED 16:00 meeting runs late
	// QUEUED true
}

// When the new time is full the old booking stands, and the error proposes
// other times.
func ExampleManager_Reschedule_full() {
	ctx := context.Background()
	service := support()
	service.Booking = callback.Booking{Bucket: time.Hour, PerBucket: 1, Proposals: 2}
	m, _ := simulate(service)
	two := time.Date(2026, time.March, 2, 14, 0, 0, 0, time.UTC)
	three := two.Add(time.Hour)
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00", Desired: two})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := m.Start(ctx, manager.Request{Service: "support", Number: "+44 20 7946 0101", Desired: three}); err != nil {
		fmt.Println(err)
		return
	}

	_, err = m.Reschedule(ctx, manager.RescheduleRequest{ID: cb.ID, Desired: three})
	var full *callback.AvailabilityError
	if !errors.As(err, &full) {
		fmt.Println(err)
		return
	}
	for _, slot := range full.Alternatives {
		fmt.Println("free:", slot.Start.Format("15:04"))
	}
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("still booked for", cb.Desired.Format("15:04"))
	// Output:
	// free: 13:00
	// free: 16:00
	// still booked for 14:00
}

// Update changes properties and user data; an empty string deletes a key. The
// former values of lookup keys stay searchable.
func ExampleManager_Update() {
	ctx := context.Background()
	service := support()
	service.SearchKeys = []string{"_customer_number", "_account"}
	m, _ := simulate(service)
	cb, err := m.Start(ctx, manager.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Properties: callback.Values{"_account": "A-17", "note": "router is dead", "draft": true},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	cb, err = m.Update(ctx, manager.UpdateRequest{
		ID:    cb.ID,
		Set:   callback.Values{"_account": "A-18", "note": "router works again", "draft": ""},
		Actor: "agent-7",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.Properties.Reveal(), cb.UserData.Reveal())

	for _, account := range []string{"A-17", "A-18"} {
		page, err := m.SearchPage(ctx, callback.Query{SearchValues: []callback.Match{{Key: "_account", Value: account}}})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(account, "finds", len(page.Callbacks))
	}
	// Output:
	// map[_account:A-18] map[note:router works again]
	// A-17 finds 1
	// A-18 finds 1
}

// The property _customer_number changes whom to call, as long as no call is in
// flight.
func ExampleManager_Update_number() {
	ctx := context.Background()
	m, sim := simulate(support())
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	update := manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": "+49 30 23125 105"}}
	if cb, err = m.Update(ctx, update); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.Customer.Number)

	sim.Tick() // it is being dialed
	update.Set["_customer_number"] = "+49 30 23125 106"
	_, err = m.Update(ctx, update)
	fmt.Println(err)
	// Output:
	// +49••••••5105
	// cannot change the number of callback cb000001: it is DIALING
}

// An editor passes the revision that it read, so that it does not overwrite a later
// change.
func ExampleRevisionError() {
	ctx := context.Background()
	m, _ := simulate(support())
	read, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Another client changes the callback.
	if _, err := m.Update(ctx, manager.UpdateRequest{ID: read.ID, Set: callback.Values{"note": "is in a hurry"}}); err != nil {
		fmt.Println(err)
		return
	}

	_, err = m.Update(ctx, manager.UpdateRequest{
		ID:       read.ID,
		Revision: read.Revision,
		Set:      callback.Values{"note": "has time"},
	})
	var changed *manager.RevisionError
	if errors.As(err, &changed) {
		fmt.Printf("read %d, present %d, conflict %v\n", read.Revision, changed.Revision, errors.Is(err, callback.ErrConflict))
	}
	// Output:
	// read 1, present 2, conflict true
}
