package callbacktest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/store"
)

// The third write is made, and its acknowledgement is lost.
func ExampleFaultyStore_Inject() {
	ctx := context.Background()
	inner := newNotebook() // any callback.Store
	faulty := callbacktest.NewFaultyStore(inner)
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter, Skip: 2})

	store := faulty.Store()
	for _, id := range []callback.ID{"a", "b", "c"} {
		_, err := store.Apply(ctx, time.Time{}, []callback.Change{{Record: &callback.Callback{ID: id, Revision: 1, State: callback.Queued}}})
		_, missing := store.Get(ctx, callback.By{ID: id})
		fmt.Println(id, "error:", err, "- written:", missing == nil)
	}
	// Output:
	// a error: <nil> - written: true
	// b error: <nil> - written: true
	// c error: outcome is unknown: it may have happened - written: true
}

func ExampleFaultyStore_Randomly() {
	ctx := context.Background()
	faulty := callbacktest.NewFaultyStore(newNotebook())
	faulty.Randomly(7, callbacktest.Rates{Before: 0.25})
	for range 1000 {
		_, _ = faulty.Store().Search(ctx, callback.Query{})
	}
	n := len(faulty.Injected())
	fmt.Println("about a quarter failed:", n > 200 && n < 300)
	faulty.Heal()
	_, err := faulty.Store().Search(ctx, callback.Query{})
	fmt.Println("healed:", err)
	// Output:
	// about a quarter failed: true
	// healed: <nil>
}

func ExampleRecorder_Pull() {
	ctx := context.Background()
	store := newNotebook() // any callback.Store
	rec := callbacktest.NewRecorder(store, "")
	for revision, state := range []callback.State{callback.Scheduled, callback.Queued} {
		record := &callback.Callback{ID: "cb", Revision: int64(revision + 1), State: state}
		_, _ = store.Apply(ctx, time.Time{}, []callback.Change{{Record: record, Event: callback.Event{Type: callback.EventUpdated}}})
		events, err := rec.Pull(ctx)
		for _, e := range events {
			fmt.Println(e.Callback, e.Seq, e.To, err)
		}
	}
	// Output:
	// cb 1 SCHEDULED <nil>
	// cb 2 QUEUED <nil>
}

// A record that no history explains is found.
func ExampleAudit() {
	cb := &callback.Callback{ID: "cb", Revision: 2, State: callback.Dialing}
	for _, fault := range callbacktest.Audit(cb, []callback.Event{
		{Callback: "cb", Seq: 1, Type: callback.EventAccepted, To: callback.Scheduled},
		{Callback: "cb", Seq: 2, Type: callback.EventUpdated, From: callback.Scheduled, To: callback.Dialing},
	}) {
		fmt.Println(fault)
	}
	// Output:
	// event updated, seq 2, moves from SCHEDULED to DIALING
}

func ExampleClock() {
	clock := callbacktest.NewClock(time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC))
	clock.Advance(time.Second)
	fmt.Println(clock.Now().Format(time.DateTime))
	clock.Set(time.Date(2026, 3, 30, 8, 0, 0, 0, time.UTC))
	fmt.Println(clock.Now().Format(time.DateTime))
	// Output:
	// 2026-03-29 01:00:00
	// 2026-03-30 08:00:00
}

func ExampleIDs() {
	next := callbacktest.IDs("cb-")
	fmt.Println(next(), next())
	// Output: cb-000001 cb-000002
}

func ExampleRandom() {
	a, b := callbacktest.Random(42), callbacktest.Random(42)
	fmt.Println(a() == b(), a() == b())
	// Output: true true
}

func ExampleCodes() {
	a, b := callbacktest.Codes(42), callbacktest.Codes(42)
	first, second := a(), a()
	fmt.Println(len(first), first == b(), first == second)
	// Output: 6 true false
}

func ExampleRouter() {
	ctx := context.Background()
	router := callbacktest.NewRouter(0)
	router.SetAgents("support", "mia")
	router.ScriptReserve(func() error { return callback.ErrNoAgent })

	cb := &callback.Callback{ID: "cb", Service: "support"}
	_, err := router.Reserve(ctx, cb)
	fmt.Println("refused:", errors.Is(err, callback.ErrNoAgent))
	reservation, err := router.Reserve(ctx, cb)
	fmt.Println(reservation.Agent, err)
	free, _ := router.Free(ctx, "", "support")
	fmt.Println("free:", free)
	_ = router.Release(ctx, callback.Release{Callback: "cb", Service: "support", Reservation: reservation})
	free, _ = router.Free(ctx, "", "support")
	fmt.Println("free:", free)
	// Output:
	// refused: true
	// mia <nil>
	// free: 0
	// free: 1
}

// The clock of a node is ahead by a day, that of the store is right.
func ExampleClockStore() {
	clock := callbacktest.NewClock(time.Date(2026, time.January, 12, 12, 0, 0, 0, time.UTC))
	s := callbacktest.NewClockStore(store.NewMemory(store.Config{}), clock.Now)
	change := callback.Change{
		Record: &callback.Callback{ID: "c1", Service: "desk", State: callback.Scheduled, Revision: 1},
		Event:  callback.Event{Type: callback.EventAccepted},
		Window: callback.Window{From: clock.Now().Add(time.Hour)},
	}
	errs, err := s.Apply(context.Background(), clock.Now().Add(24*time.Hour), []callback.Change{change})
	fmt.Println(errs[0], err)
	clock.Advance(time.Hour)
	errs, err = s.Apply(context.Background(), clock.Now(), []callback.Change{change})
	fmt.Println(errs, err)
	// Output:
	// callback c1: too early by the store's clock <nil>
	// [] <nil>
}

func ExampleFaultyStore_Delay() {
	ctx := context.Background()
	faults := callbacktest.NewFaultyStore(newNotebook())
	faults.Delay(10*time.Millisecond, callbacktest.MethodGet)
	began := time.Now()
	_, err := faults.Store().Get(ctx, callback.By{ID: "cb"})
	fmt.Println(errors.Is(err, callback.ErrNotFound), time.Since(began) >= 10*time.Millisecond)
	// Output: true true
}
