package postgres_test

import (
	"fmt"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// TestViews reads callbacks of every state and priority with psql's eyes: in the library's words, and without a number.
func TestViews(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	number, err := phonenum.RevealedAddress("+41785556677")
	if err != nil {
		t.Fatal(err)
	}
	states, priorities := callback.States(), scheduler.Priorities()
	for i := range max(len(states), len(priorities)) {
		c := newcomer(callback.ID(fmt.Sprint("c", i)), i, faraway())
		c.Record.State, c.Record.Priority, c.Record.Customer.Number = states[i%len(states)], priorities[i%len(priorities)], number
		c.Event.To = c.Record.State
		if err := apply(t.Context(), s, c); err != nil {
			t.Fatal(err)
		}
		row := ask[string](t, dsn, "SELECT concat_ws(' ', state, priority, number, revision) FROM rb1.readable_callbacks WHERE id = $1", string(c.Record.ID))
		if want := fmt.Sprintf("%v %v +•••••••6677 1", c.Record.State, c.Record.Priority); row != want {
			t.Errorf("the row reads %q, want %q", row, want)
		}
	}
	cb, err := s.Get(t.Context(), callback.By{ID: "c0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := apply(t.Context(), s, completed(cb)); err != nil {
		t.Fatal(err)
	}
	events := ask[string](t, dsn, "SELECT string_agg(seq || ' ' || type, ', ' ORDER BY place) FROM rb1.readable_events WHERE id = 'c0'")
	if want := fmt.Sprintf("1 %s, 2 %s", callback.EventAccepted, callback.EventCompleted); events != want {
		t.Errorf("the history reads %q, want %q", events, want)
	}
	if errs, err := s.Erase(t.Context(), faraway(), callback.EraseRequest{Items: []callback.Precondition{{ID: "c0", Revision: 2}}}); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	if n := ask[int](t, dsn, "SELECT count(*)::int FROM rb1.readable_callbacks WHERE id = 'c0'"); n != 0 {
		t.Error("an erased callback can be read")
	}
}

// TestKeys gives each callback of each tenant a row of its own, also where IDs are UUIDs in the form of keys.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := newRig(t, suite.NewDatabase(t)).open(t)
	ids := []callback.ID{
		"018f2c3e-7b1a-7c3d-9e4f-0123456789ab", // time-ordered
		"9f1c3a52-7d1e-4b7a-8f20-0123456789ab", // random
		"018f2c3e-7b1a-8c3d-9e4f-0123456789ab", // of the version that hashes have
		"018F2C3E-7B1A-7C3D-9E4F-0123456789AB", // not canonical
		"018f2c3e7b1a7c3d9e4f0123456789ab",
		"018f2c3e-7b1a-7c3d-9e4f-0123456789a", "018f2c3e-7b1a-7c3d-9e4f-0123456789ag", "c1", "-",
		"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
	}
	for _, tenant := range []string{"", "acme", "acmf"} {
		for i, id := range ids {
			c := newcomer(id, i, faraway())
			c.Record.Tenant, c.Event.Tenant = tenant, tenant
			if err := apply(t.Context(), s, c); err != nil {
				t.Fatalf("%s of %q: %v", id, tenant, err)
			}
		}
	}
	for _, tenant := range []string{"", "acme", "acmf"} {
		page, err := s.Search(t.Context(), callback.Query{Tenant: tenant, Limit: 100, IDs: ids})
		if err != nil || len(page.Callbacks) != len(ids) {
			t.Errorf("%q has %d of %d: %v", tenant, len(page.Callbacks), len(ids), err)
		}
		for _, id := range ids {
			cb, err := s.Get(t.Context(), callback.By{Tenant: tenant, ID: id})
			if err != nil || cb.ID != id || cb.Tenant != tenant {
				t.Errorf("%s of %q is %v: %v", id, tenant, cb, err)
			}
		}
	}
}
