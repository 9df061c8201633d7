package postgres_test

import (
	"fmt"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
)

// TestShortcutsAreValid has the server read every statement: what it does not take would only be slow, because apply does it then.
func TestShortcutsAreValid(t *testing.T) {
	dsn := suite.NewDatabase(t)
	newRig(t, dsn).open(t)
	conn := connect(t, dsn)
	for i, text := range postgres.Shortcuts("rb1") {
		if _, err := conn.Prepare(t.Context(), fmt.Sprintf("s%d", i), text); err != nil {
			t.Errorf("%v: %s", err, text)
		}
	}
}

// TestShortcutsSuffice takes away the functions that can do everything: single changes that nothing stands against do without them.
func TestShortcutsSuffice(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	execute(t, dsn, "DROP FUNCTION rb1.apply_1")
	permits := func(n int) (list []callback.Permit) {
		for i := range n {
			list = append(list, callback.Permit{Key: callback.PermitKey{Kind: callback.PermitBucket, Service: "desk", Slot: int64(i)}, N: 1, Max: 100})
		}
		return list
	}
	held := func(n int) (list []callback.Held) {
		for _, p := range permits(n) {
			list = append(list, callback.Held{Key: p.Key, N: 1})
		}
		return list
	}
	for n := range 5 {
		c := newcomer(callback.ID(fmt.Sprint("holds ", n)), n, faraway())
		c.Take, c.Record.Held = permits(n), held(n)
		if err := apply(t.Context(), s, c); err != nil {
			t.Fatalf("a create that takes %d: %v", n, err)
		}
	}
	for gives := range 5 {
		for takes := range 7 - gives {
			cb, err := s.Get(t.Context(), callback.By{ID: callback.ID(fmt.Sprint("holds ", gives))})
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range []struct {
				give []callback.Held
				take []callback.Permit
				held []callback.Held
			}{
				{give: held(gives), take: permits(gives + takes)[gives:], held: held(gives + takes)[gives:]},
				{give: held(gives + takes)[gives:], take: permits(gives), held: held(gives)},
			} {
				cb.Revision++
				cb.Held = step.held
				change := callback.Change{Record: cb, Give: step.give, Take: step.take, Event: callback.Event{Callback: cb.ID, Service: "desk",
					At: cb.Updated, Type: callback.EventUpdated, From: cb.State, To: cb.State, Actor: ours}}
				if err := apply(t.Context(), s, change); err != nil {
					t.Fatalf("a change that gives %d and takes %d: %v", len(step.give), len(step.take), err)
				}
			}
		}
	}
	for slot := range int64(4) {
		counters, err := s.Load(t.Context(), faraway(), callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk", From: slot, To: slot})
		if err != nil || len(counters) != 1 || counters[0].Used != 4-slot {
			t.Errorf("counter %d is %v, want %d: %v", slot, counters, 4-slot, err)
		}
	}
}
