package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store/postgres"
)

// processes opens stores on one schema as different processes would: with a pool each.
func processes(t *testing.T, n int) []*postgres.Store {
	t.Helper()
	dsn := suite.NewDatabase(t)
	stores := []*postgres.Store{newRig(t, dsn).open(t)}
	for len(stores) < n {
		s, err := postgres.New(t.Context(), poolOf(t, dsn, 4), postgres.Config{Schema: "rb1"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		stores = append(stores, s)
	}
	return stores
}

// atOnce calls f for each store, from several goroutines each, all at the same time.
func atOnce(stores []*postgres.Store, each int, f func(s *postgres.Store, n int)) {
	ready := make(chan struct{})
	var all sync.WaitGroup
	for i, s := range stores {
		for j := range each {
			all.Go(func() {
				<-ready
				f(s, i*each+j)
			})
		}
	}
	close(ready)
	all.Wait()
}

// TestOneKeyEverywhere starts a callback under one key from everywhere at once: there is one, and everybody gets it.
func TestOneKeyEverywhere(t *testing.T) {
	const rounds, each = 50, 3
	stores := processes(t, 4)
	managers := make(map[*postgres.Store]*manager.Manager)
	for _, s := range stores {
		managers[s] = manage(t, s)
	}
	desired := time.Now().Add(24 * time.Hour)
	for round := range rounds {
		ids := make([]callback.ID, len(stores)*each)
		atOnce(stores, each, func(s *postgres.Store, n int) {
			cb, err := managers[s].Start(t.Context(), manager.Request{Service: "desk", Number: number(round), Desired: desired, Key: fmt.Sprint("key ", round)})
			if err != nil {
				t.Errorf("starting: %v", err)
				return
			}
			ids[n] = cb.ID
		})
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("one key made %v", ids)
			}
		}
	}
	groups, err := stores[0].Count(t.Context(), callback.Query{})
	if err != nil || len(groups) != 1 || groups[0].N != rounds {
		t.Errorf("%d keys made %v: %v", rounds, groups, err)
	}
	t.Logf("one key from %d callers of %d processes at once: %d keys, one callback each", len(stores)*each, len(stores), rounds)
}

// TestLastSeats has callers of all processes want the last seats of a bucket: as many get one as there are, and then some are given
// back and taken again.
func TestLastSeats(t *testing.T) {
	const rounds, each, seats = 20, 5, 5
	stores := processes(t, 4)
	for round := range rounds {
		key := callback.PermitKey{Kind: callback.PermitBucket, Service: "desk", Slot: int64(round + 1)}
		var got atomic.Int64
		book := func(s *postgres.Store, name string, n int) {
			c := newcomer(callback.ID(fmt.Sprintf("%s %d of %d", name, n, round)), n, faraway())
			c.Record.Held, c.Take = []callback.Held{{Key: key, N: 1}}, []callback.Permit{{Key: key, N: 1, Max: seats}}
			switch err := apply(t.Context(), s, c); {
			case err == nil:
				got.Add(1)
			case !errors.Is(err, callback.ErrPermitRefused):
				t.Errorf("booking: %v", err)
			}
		}
		atOnce(stores, each, func(s *postgres.Store, n int) { book(s, "first", n) })
		if got.Load() != seats {
			t.Errorf("%d callers got one of %d seats", got.Load(), seats)
		}
		// Everybody who has a seat gives it back while others want one.
		var given atomic.Int64
		atOnce(stores, each, func(s *postgres.Store, n int) {
			if n%2 == 0 {
				book(s, "second", n)
				return
			}
			for m := n - 1; m <= n; m++ {
				cb, err := s.Get(t.Context(), callback.By{ID: callback.ID(fmt.Sprintf("first %d of %d", m, round))})
				if errors.Is(err, callback.ErrNotFound) {
					continue
				}
				if err != nil {
					t.Error(err)
					continue
				}
				if err := apply(t.Context(), s, completed(cb)); err != nil {
					t.Errorf("giving back: %v", err)
				}
				given.Add(1)
			}
		})
		counters, err := stores[0].Load(t.Context(), faraway(), callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk", From: key.Slot, To: key.Slot})
		used := int64(0)
		if len(counters) > 0 {
			used = counters[0].Used
		}
		if err != nil || used != got.Load()-given.Load() || used > seats {
			t.Errorf("%d taken, %d given back, the counter stands at %d: %v", got.Load(), given.Load(), used, err)
		}
	}
	callbacktest.VerifyPermits(t, stores[0], faraway(), "")
	callbacktest.VerifyAudit(t, stores[0])
	t.Logf("the last %d seats, wanted by %d callers of %d processes at once: %d buckets, none overbooked", seats, len(stores)*each, len(stores), rounds)
}

// TestRefusalOfOneMoment has the last place and the last seat of an empty bucket taken while a change waits for the places: the seat,
// asked for first, is what it is refused.
func TestRefusalOfOneMoment(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	places := callback.PermitKey{Kind: callback.PermitQueued, Service: "desk"}
	seats := callback.PermitKey{Kind: callback.PermitBucket, Service: "desk", Slot: 7}
	first := newcomer("first", 1, faraway())
	first.Record.Held, first.Take = []callback.Held{{Key: places, N: 1}}, []callback.Permit{{Key: places, N: 1, Max: 2}}
	for _, c := range []callback.Change{first, newcomer("second", 2, faraway())} {
		if err := apply(t.Context(), s, c); err != nil {
			t.Fatal(err)
		}
	}
	second, err := s.Get(t.Context(), callback.By{ID: "second"})
	if err != nil {
		t.Fatal(err)
	}
	more := second.Clone()
	more.Revision, more.Held = 2, []callback.Held{{Key: seats, N: 1}, {Key: places, N: 1}}
	change := callback.Change{Record: more, Take: []callback.Permit{{Key: seats, N: 1, Max: 1}, {Key: places, N: 1, Max: 2}},
		Event: callback.Event{Callback: "second", Service: "desk", At: more.Updated, Type: callback.EventUpdated, From: more.State, To: more.State, Actor: ours}}

	err = whileApplying(t, dsn, s, change, []string{
		"UPDATE rb1.counters SET used = used + 1 WHERE kind = 'queued'",
		"INSERT INTO rb1.counters SELECT (jsonb_populate_record(c, jsonb_build_object('h', '" + postgres.CounterKey("", seats) + "', 'kind', 'bucket', 'slot', 7, 'used', 1))).* FROM rb1.counters c WHERE kind = 'queued'",
	})
	var refused *callback.PermitError
	if !errors.As(err, &refused) || refused.Permit.Key != seats || refused.Used != 1 {
		t.Errorf("refused with %v, want the seat", err)
	}
}

// whileApplying runs statements in a transaction, commits it when a change waits for its locks, and returns what the change is answered.
func whileApplying(t *testing.T, dsn string, s *postgres.Store, change callback.Change, statements []string) error {
	t.Helper()
	other, watch := connect(t, dsn), connect(t, dsn)
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := tx.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	answer := make(chan error)
	go func() { answer <- apply(t.Context(), s, change) }()
	awaitLock(t, watch)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return <-answer
}

// awaitLock waits until another session of the database waits for a lock.
func awaitLock(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for waits := false; !waits; {
		const query = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
		if err := conn.QueryRow(t.Context(), query).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
}

// TestChangeAfterClaim has a queued callback leased while a change of it waits: what the lease has put elsewhere is found there, so that
// the callback is due once and stands in one queue.
func TestChangeAfterClaim(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t)
	c := newcomer("one", 1, faraway())
	c.Record.State, c.Record.Ready, c.Record.QueuedAt = callback.Queued, true, c.Record.Created
	c.Event.To = callback.Queued
	if err := apply(t.Context(), s, c); err != nil {
		t.Fatal(err)
	}
	cb, err := s.Get(t.Context(), callback.By{ID: "one"})
	if err != nil {
		t.Fatal(err)
	}
	cb.Revision, cb.Priority, cb.NextAt = 2, scheduler.High, cb.NextAt.Add(time.Minute)
	change := callback.Change{Record: cb, Event: callback.Event{Callback: "one", Service: "desk", At: cb.Updated, Type: callback.EventUpdated,
		From: cb.State, To: cb.State, Actor: ours}}

	err = whileApplying(t, dsn, s, change, []string{
		"SELECT 1 FROM rb1.callbacks FOR UPDATE",
		"UPDATE rb1.callbacks SET next_at = next_at + interval '1 second', epoch = epoch + 1, owner = 'other', until = next_at + interval '1 second'",
		"DELETE FROM rb1.due",
		"INSERT INTO rb1.due (next_at, k) SELECT next_at, k FROM rb1.callbacks",
		"UPDATE rb1.callbacks SET queued_at = queued_at + interval '1 second'",
		"DELETE FROM rb1.queue",
		"INSERT INTO rb1.queue (queued_at, priority, ready, tenant, service, id, k) SELECT queued_at, priority, ready, tenant, service, id, k FROM rb1.callbacks",
	})
	if err != nil {
		t.Fatal(err)
	}
	const places = "SELECT (SELECT count(*) FROM rb1.due), (SELECT count(*) FROM rb1.due JOIN rb1.callbacks USING (next_at, k))," +
		" (SELECT count(*) FROM rb1.queue), (SELECT count(*) FROM rb1.queue q JOIN rb1.callbacks c USING (tenant, k, service, priority, ready, queued_at))"
	var due, rightDue, queued, rightQueued int
	if err := connect(t, dsn).QueryRow(t.Context(), places).Scan(&due, &rightDue, &queued, &rightQueued); err != nil {
		t.Fatal(err)
	}
	if due != 1 || rightDue != 1 || queued != 1 || rightQueued != 1 {
		t.Errorf("it is due %d times (%d at its time) and queued %d times (%d in its place)", due, rightDue, queued, rightQueued)
	}
}
