package postgres_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

// TestFeedWaitsForCrossedNumbers has the transaction that took the later place commit first, though it began first: the feed waits for the
// place before it.
func TestFeedWaitsForCrossedNumbers(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	if err := apply(t.Context(), s, newcomer("seed", 1, faraway())); err != nil {
		t.Fatal(err)
	}
	const insert = "INSERT INTO rb1.callbacks SELECT (jsonb_populate_record(c, jsonb_build_object('k', gen_random_uuid()," +
		" 'id', $1::text, 'place', nextval('rb1.places')))).* FROM rb1.callbacks c WHERE id = 'seed'"
	first, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Exec(t.Context(), "SELECT pg_current_xact_id()"); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Exec(t.Context(), insert, "late"); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Exec(t.Context(), insert, "early"); err != nil {
		t.Fatal(err)
	}
	if err := first.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := make(map[callback.ID]bool)
	var after callback.Cursor
	read := func() {
		t.Helper()
		page, err := s.Events(t.Context(), callback.EventQuery{AllTenants: true, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			seen[e.Callback] = true
		}
		after = page.Next
	}
	read()
	if seen["early"] {
		t.Error("the feed went past a place that was still to be filled")
	}
	if err := second.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	read()
	if !seen["late"] || !seen["early"] {
		t.Errorf("the feed shows %v", seen)
	}
}

// TestFeedMissesNothing reads the feed while several processes write: everything that was acknowledged is in it.
func TestFeedMissesNothing(t *testing.T) {
	const writers, each = 6, 400
	stores := processes(t, 3)
	var all sync.WaitGroup
	written := make(chan struct{})
	seats := callback.PermitKey{Kind: callback.PermitBucket, Service: "desk", Slot: 7}
	for w := range writers {
		all.Go(func() {
			for i := range each {
				c := newcomer(callback.ID(fmt.Sprintf("%d by %d", i, w)), i, faraway())
				if i%2 == 0 {
					c.Record.Held, c.Take = []callback.Held{{Key: seats, N: 1}}, []callback.Permit{{Key: seats, N: 1, Max: -1}}
				}
				if err := apply(t.Context(), stores[w%2], c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	go func() { all.Wait(); close(written) }()
	seen := make(map[callback.ID]bool)
	var after callback.Cursor
	for over := false; ; {
		page, err := stores[2].Events(t.Context(), callback.EventQuery{AllTenants: true, After: after, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			seen[e.Callback] = true
		}
		after = page.Next
		if over && len(page.Events) == 0 {
			break
		}
		select {
		case <-written:
			over = true
		default:
		}
	}
	if len(seen) != writers*each {
		t.Errorf("the feed shows %d of %d events", len(seen), writers*each)
	}
}
