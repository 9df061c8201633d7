package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/record"
)

// silent keeps what a test provokes out of its output.
func silent(c *postgres.Config) { c.Logger = slog.New(slog.DiscardHandler) }

// begin stores callbacks by their names.
func begin(t *testing.T, s *postgres.Store, names ...callback.ID) []*callback.Callback {
	t.Helper()
	var list []*callback.Callback
	for i, name := range names {
		c := newcomer(name, i, faraway())
		if err := apply(t.Context(), s, c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c.Record)
	}
	return list
}

// TestStrayRows has rows stand where only a change of one callback could have put them: that change is refused at once, and the
// other one of the same batch is made.
func TestStrayRows(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]string{
		"an event": "INSERT INTO rb1.events (seq, nonce, at, k, type, body)" +
			" SELECT 2, 0, created, k, 'updated', accepted FROM rb1.callbacks WHERE id = 'bad'",
		"a moment of attention": "INSERT INTO rb1.due (next_at, k) SELECT next_at + interval '1 hour', k FROM rb1.callbacks WHERE id = 'bad'",
		"a place in a queue": "INSERT INTO rb1.queue (queued_at, priority, ready, tenant, service, id, k)" +
			" SELECT desired, priority, true, tenant, service, id, k FROM rb1.callbacks WHERE id = 'bad'",
	} {
		t.Run(name, func(t *testing.T) {
			dsn := suite.NewDatabase(t)
			s := newRig(t, dsn).open(t, silent)
			records := begin(t, s, "bad", "good")
			execute(t, dsn, put)
			var changes []callback.Change
			for _, r := range records {
				r.Revision, r.State, r.Ready, r.QueuedAt, r.NextAt = 2, callback.Queued, true, r.Desired, r.NextAt.Add(time.Hour)
				changes = append(changes, callback.Change{Record: r, Event: callback.Event{Callback: r.ID, Service: r.Service, At: r.Updated,
					Type: callback.EventReleased, From: callback.Scheduled, To: callback.Queued, Actor: ours}})
			}
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
			defer cancel()
			errs, err := s.Apply(ctx, faraway(), changes)
			var fault *postgres.ServerError
			if err != nil || errs == nil || errs[1] != nil || !errors.As(errs[0], &fault) || fault.Code != "23505" {
				t.Errorf("answered %v and %v", errs, err)
			}
		})
	}
}

// TestUnknownPriorities puts priorities that are not defined into the tables: counts leave them out, so that no engine fails on them.
func TestUnknownPriorities(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t, silent)
	begin(t, s, "one", "two")
	execute(t, dsn, "INSERT INTO rb1.queue (queued_at, priority, ready, tenant, service, id, k)"+
		" SELECT desired, 9 + 191 * (id = 'two')::int, true, tenant, service, id, k FROM rb1.callbacks")
	execute(t, dsn, "UPDATE rb1.callbacks SET priority = 200 WHERE id = 'one'")
	groups, err := s.Count(t.Context(), callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
	if err != nil || len(groups) != 0 {
		t.Errorf("the queues are %v: %v", groups, err)
	}
	groups, err = s.Count(t.Context(), callback.Query{})
	if err != nil || len(groups) != 1 || groups[0].N != 1 {
		t.Errorf("the groups are %v: %v", groups, err)
	}
	if _, err := managerOn(t, s, callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"}}).Tick(t.Context(), faraway()); err != nil {
		t.Error(err)
	}
}

// TestEraseBesideDamage erases one callback though the other of the request cannot be.
func TestEraseBesideDamage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		harm string
		gone bool // the damaged one, too
	}{
		"record of a newer version": {"UPDATE rb1.callbacks SET body = set_byte(body, 0, 2) WHERE id = 'bad'", false},
		"no service":                {"UPDATE rb1.callbacks SET service = NULL WHERE id = 'bad'", true},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := suite.NewDatabase(t)
			s := newRig(t, dsn).open(t, silent)
			begin(t, s, "bad", "good")
			execute(t, dsn, "ALTER TABLE rb1.callbacks ALTER COLUMN service DROP NOT NULL")
			execute(t, dsn, tt.harm)
			errs, err := s.Erase(t.Context(), faraway(), callback.EraseRequest{Items: []callback.Precondition{{ID: "bad", Revision: 1}, {ID: "good", Revision: 1}}})
			var damaged *record.DamagedError
			if err != nil || len(errs) != 2 || errs[1] != nil || (errs[0] == nil) != tt.gone || !tt.gone && !errors.As(errs[0], &damaged) {
				t.Errorf("answered %v and %v", errs, err)
			}
			if _, err := s.Get(t.Context(), callback.By{ID: "good"}); !errors.Is(err, callback.ErrNotFound) {
				t.Errorf("the sound one is still there: %v", err)
			}
		})
	}
}

// TestSearchBehindDamage finds what stands behind callbacks that cannot be read, page by page and in every order.
func TestSearchBehindDamage(t *testing.T) {
	t.Parallel()
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t, silent)
	var names []callback.ID
	for i := range 9 {
		names = append(names, callback.ID(fmt.Sprint("callback ", i)))
	}
	begin(t, s, names...)
	execute(t, dsn, "UPDATE rb1.callbacks SET body = NULL WHERE id IN ('callback 0', 'callback 1', 'callback 2', 'callback 5', 'callback 8')")
	for _, order := range []callback.OrderBy{callback.ByDesired, callback.ByCreated, callback.ByUpdated, callback.ByQueue} {
		for _, desc := range []bool{false, true} {
			q := callback.Query{Order: order, Desc: desc, Limit: 1}
			found := 0
			for {
				page, err := s.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				found += len(page.Callbacks)
				if q.After = page.Next; page.Next == "" {
					break
				}
			}
			if found != 4 {
				t.Errorf("order %v, descending %v: %d of 4 found", order, desc, found)
			}
		}
	}
}

// TestTimesOutOfReach refuses times that no column can keep, and keeps no moment of attention that is earlier than asked for.
func TestTimesOutOfReach(t *testing.T) {
	t.Parallel()
	s := newRig(t, suite.NewDatabase(t)).open(t)
	for i, at := range []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(1<<55, 0), time.Unix(1<<62, 0), time.Unix(-1<<55, 0)} {
		c := newcomer(callback.ID(fmt.Sprint("far ", i)), i, faraway())
		c.Record.NextAt = at
		if err := apply(t.Context(), s, c); !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("%d seconds: %v", at.Unix(), err)
		}
	}
	c := newcomer("between two microseconds", 9, faraway())
	c.Record.NextAt = faraway().Add(900 * time.Nanosecond)
	if err := apply(t.Context(), s, c); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now  time.Time
		want int
	}{{faraway(), 0}, {faraway().Add(time.Microsecond), 1}} {
		got, err := s.Claim(t.Context(), tt.now, callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 1})
		if err != nil || len(got.Callbacks) != tt.want {
			t.Errorf("%v after: %d claimed: %v", tt.now.Sub(faraway()), len(got.Callbacks), err)
		}
	}
}

// TestClosed refuses every change of a store that was closed.
func TestClosed(t *testing.T) {
	t.Parallel()
	s := newRig(t, suite.NewDatabase(t)).open(t)
	begin(t, s, "one")
	s.Close()
	if err := apply(t.Context(), s, newcomer("two", 2, faraway())); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Apply: %v", err)
	}
	if _, err := s.Claim(t.Context(), faraway().Add(time.Hour), callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 1}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Claim: %v", err)
	}
	if _, err := s.Erase(t.Context(), faraway(), callback.EraseRequest{Subjects: []string{"x"}}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Erase: %v", err)
	}
}
