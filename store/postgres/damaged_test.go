package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/record"
)

// poison is a way in which a row can be spoiled behind the library's back.
type poison struct {
	name string
	// spoil changes the row of the callback, of which body is a valid record.
	spoil func(ctx context.Context, db *pgx.Conn, cb *callback.Callback) error
	// odd rows can be read, and are as good as any.
	odd bool
}

// poisons are the twelve kinds, and some that only a table can have.
func poisons() []poison {
	set := func(column string, value any) func(context.Context, *pgx.Conn, *callback.Callback) error {
		return func(ctx context.Context, db *pgx.Conn, cb *callback.Callback) error {
			_, err := db.Exec(ctx, "UPDATE rb1.callbacks SET "+column+" = $2 WHERE id = $1", string(cb.ID), value)
			return err
		}
	}
	body := func(of func(cb *callback.Callback) []byte) func(context.Context, *pgx.Conn, *callback.Callback) error {
		return func(ctx context.Context, db *pgx.Conn, cb *callback.Callback) error {
			return set("body", of(cb))(ctx, db, cb)
		}
	}
	return []poison{
		{"bad encoding", set("body", []byte(`{"state": "QUEUED`)), false},
		{"unknown state", set("state", int16(99)), false},
		{"NULL where there is none", set("body", nil), false},
		{"huge text", body(func(cb *callback.Callback) []byte {
			// A text that is as long as it says, in a field that the library does not know, and one whose length is a lie.
			unknown := append([]byte{1, 0xfd, 0x1f, 0x80, 0x80, 0x40}, bytes.Repeat([]byte{'x'}, 1<<20)...)
			return append(unknown, 0xfd, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
		}), false},
		{"bad UTF-8", body(func(cb *callback.Callback) []byte {
			return bytes.Replace(encoded(cb), []byte(cb.Detail), append(bytes.Repeat([]byte{'x'}, len(cb.Detail)-1), 0xff), 1)
		}), true},
		{"bad zone", body(func(cb *callback.Callback) []byte {
			cb.Zone, cb.Local = "Mars/Phobos", "2031-01-01T00:00:00"
			return encoded(cb)
		}), true},
		{"epoch at the maximum", set("epoch", int64(math.MaxInt64)), false},
		{"negative lease", set("epoch", int64(-7)), false},
		{"orphan event", func(ctx context.Context, db *pgx.Conn, cb *callback.Callback) error {
			_, err := db.Exec(ctx, "UPDATE rb1.events SET k = gen_random_uuid() WHERE k = $1", postgres.Key(cb.Tenant, cb.ID))
			return err
		}, true},
		{"missing slot", func(ctx context.Context, db *pgx.Conn, cb *callback.Callback) error {
			_, err := db.Exec(ctx, "DELETE FROM rb1.counters WHERE slot = $1", cb.Held[0].Key.Slot)
			return err
		}, true},
		{"duplicate slot", body(func(cb *callback.Callback) []byte {
			cb.Held = append(cb.Held, cb.Held...)
			return encoded(cb)
		}), true},
		{"future version", body(func(cb *callback.Callback) []byte {
			b := encoded(cb)
			b[0]++
			return b
		}), false},
		{"priority out of range", set("priority", int16(-1)), false},
		{"revision at the maximum", set("revision", int64(math.MaxInt64)), true},
	}
}

func encoded(cb *callback.Callback) []byte {
	b, err := record.AppendCallback(nil, cb)
	if err != nil {
		panic(err)
	}
	return b
}

// spoiled is a store with bad rows before good ones.
type spoiled struct {
	store *postgres.Store
	db    *pgx.Conn
	bad   []callback.ID // cannot be read
	good  []callback.ID
}

// spoil makes a store in which each poison has three rows, before as many good ones. Those of make are due, or in the queue, by their
// number.
func spoil(t *testing.T, name func(i int) callback.Change) *spoiled {
	t.Helper()
	const each = 3
	dsn := suite.NewDatabase(t)
	quiet := func(c *postgres.Config) { c.Logger = slog.New(slog.DiscardHandler) }
	s := &spoiled{store: newRig(t, dsn).open(t, quiet), db: connect(t, dsn)}
	t.Cleanup(func() { _ = s.db.Close(context.Background()) })
	i := 0
	for _, p := range poisons() {
		for range each {
			c := name(i)
			i++
			if err := apply(t.Context(), s.store, c); err != nil {
				t.Fatal(err)
			}
			if err := p.spoil(t.Context(), s.db, c.Record.Clone()); err != nil {
				t.Fatalf("%s: %v", p.name, err)
			}
			if p.odd {
				s.good = append(s.good, c.Record.ID)
			} else {
				s.bad = append(s.bad, c.Record.ID)
			}
		}
	}
	for range each * len(poisons()) {
		c := name(i)
		i++
		if err := apply(t.Context(), s.store, c); err != nil {
			t.Fatal(err)
		}
		s.good = append(s.good, c.Record.ID)
	}
	return s
}

// withSeat gives a new callback a detail and a seat to lose.
func withSeat(c callback.Change, i int) callback.Change {
	key := callback.PermitKey{Kind: callback.PermitBucket, Service: "desk", Slot: int64(i)}
	c.Record.Detail = "a detail that can be found"
	c.Record.Held, c.Take = []callback.Held{{Key: key, N: 1}}, []callback.Permit{{Key: key, N: 1, Max: -1}}
	return c
}

func dueChange(i int) callback.Change {
	return withSeat(newcomer(callback.ID(fmt.Sprintf("due %03d", i)), i, faraway().Add(time.Duration(i)*time.Millisecond)), i)
}

func queuedChange(i int) callback.Change {
	c := newcomer(callback.ID(fmt.Sprintf("queued-%03d", i)), i, faraway())
	at := faraway().Add(time.Duration(i) * time.Millisecond)
	c.Record.State, c.Record.Ready, c.Record.QueuedAt, c.Record.NextAt, c.Event.To = callback.Queued, true, at, faraway().Add(24*time.Hour), callback.Queued
	return withSeat(c, i)
}

// TestPoisonedClaims claims from behind bad rows: what is good comes with the same claim or with the next one.
func TestPoisonedClaims(t *testing.T) {
	t.Parallel()
	now := faraway().Add(time.Minute)
	for _, kind := range []struct {
		name    string
		make    func(i int) callback.Change
		request func(limit int) callback.ClaimRequest
	}{
		{"due", dueChange, func(limit int) callback.ClaimRequest {
			return callback.ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: limit}
		}},
		{"queue", queuedChange, func(limit int) callback.ClaimRequest {
			return callback.ClaimRequest{Owner: "n", Lease: time.Minute,
				Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: limit}}}
		}},
	} {
		for _, limit := range []int{1, 1000} {
			t.Run(fmt.Sprintf("%s/limit %d", kind.name, limit), func(t *testing.T) {
				s := spoil(t, kind.make)
				var claimed []callback.ID
				claims := 0
				for range len(s.good) + len(s.bad) {
					c, err := s.store.Claim(t.Context(), now, kind.request(limit))
					if err != nil {
						t.Fatalf("a claim fails by a bad row: %v", err)
					}
					claims++
					if len(c.Callbacks) > limit {
						t.Fatalf("%d claimed, %d wanted", len(c.Callbacks), limit)
					}
					for _, cb := range c.Callbacks {
						claimed = append(claimed, cb.ID)
					}
					if limit > 1 {
						break
					}
				}
				slices.Sort(claimed)
				slices.Sort(s.good)
				if !slices.Equal(claimed, s.good) {
					t.Errorf("%d of %d good ones were claimed in %d claims", len(claimed), len(s.good), claims)
				}
				s.reads(t, kind.name == "due")
				t.Logf("%s: %d kinds of bad rows, %d rows that cannot be read before %d that can: all claimed in %d claims", kind.name,
					len(poisons()), len(s.bad), len(s.good), claims)
			})
		}
	}
}

// reads expects every other method to work around what is bad.
func (s *spoiled) reads(t *testing.T, due bool) {
	t.Helper()
	ctx := t.Context()
	damaged, err := s.store.Damaged(ctx, 1000)
	if err != nil {
		t.Errorf("Damaged: %v", err)
	}
	var aside []callback.ID
	for _, d := range damaged {
		aside = append(aside, d.ID)
		if d.Err == nil || strings.Contains(d.Error(), "4144") {
			t.Errorf("Damaged says %v", d)
		}
	}
	slices.Sort(aside)
	slices.Sort(s.bad)
	if due && !slices.Equal(aside, s.bad) {
		t.Errorf("Damaged lists %d of %d: %v", len(aside), len(s.bad), aside)
	}
	for _, id := range s.bad {
		var d *record.DamagedError
		if _, err := s.store.Get(ctx, callback.By{ID: id}); !errors.As(err, &d) || d.ID != id {
			t.Errorf("Get of bad callback %s: %v", id, err)
		}
	}
	page, err := s.store.Search(ctx, callback.Query{Limit: 1000})
	if err != nil || len(page.Callbacks) != len(s.good) {
		t.Errorf("Search finds %d of %d: %v", len(page.Callbacks), len(s.good), err)
	}
	if _, err := s.store.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Queued}}); err != nil {
		t.Errorf("Count of the queues: %v", err)
	}
	if _, err := s.store.Events(ctx, callback.EventQuery{Limit: 1000}); err != nil {
		t.Errorf("Events: %v", err)
	}
}

// TestUnknownStateIsAlone has one row whose state is not defined or NULL: what reads many rows leaves it out, at once.
func TestUnknownStateIsAlone(t *testing.T) {
	for name, state := range map[string]any{"unknown": 99, "negative": -1, "NULL": nil} {
		t.Run(name, func(t *testing.T) {
			dsn := suite.NewDatabase(t)
			s := newRig(t, dsn).open(t, func(c *postgres.Config) { c.Timeout = 2 * time.Second })
			for i := range 3 {
				if err := apply(t.Context(), s, dueChange(i)); err != nil {
					t.Fatal(err)
				}
			}
			execute(t, dsn, "ALTER TABLE rb1.callbacks ALTER COLUMN state DROP NOT NULL")
			execute(t, dsn, "UPDATE rb1.callbacks SET state = $1 WHERE id = 'due 001'", state)
			begun := time.Now()
			page, err := s.Search(t.Context(), callback.Query{})
			if err != nil || len(page.Callbacks) != 2 {
				t.Errorf("Search finds %d of 2: %v", len(page.Callbacks), err)
			}
			groups, err := s.Count(t.Context(), callback.Query{})
			if err != nil || len(groups) != 1 || groups[0].N != 2 {
				t.Errorf("Count answers %v: %v", groups, err)
			}
			if took := time.Since(begun); took > time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestLeaseOfAnHour sets a bad row aside whose lease ends when its hour does.
func TestLeaseOfAnHour(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t, func(c *postgres.Config) { c.Logger = slog.New(slog.DiscardHandler) })
	if err := apply(t.Context(), s, dueChange(1)); err != nil {
		t.Fatal(err)
	}
	execute(t, dsn, "UPDATE rb1.callbacks SET body = NULL")
	if _, err := s.Claim(t.Context(), faraway().Add(time.Minute), callback.ClaimRequest{Owner: "n", Lease: time.Hour, Due: true, Limit: 1}); err != nil {
		t.Error(err)
	}
	if damaged, err := s.Damaged(t.Context(), 10); err != nil || len(damaged) != 1 {
		t.Errorf("Damaged lists %v: %v", damaged, err)
	}
}

// TestPoisonedManager runs a Manager over bad rows until all good ones have been called.
func TestPoisonedManager(t *testing.T) {
	past := time.Now().Add(-time.Minute)
	s := spoil(t, func(i int) callback.Change {
		c := queuedChange(i)
		cb := c.Record
		cb.Created, cb.Updated, cb.Desired, cb.QueuedAt = past, past, past, past.Add(time.Duration(i)*time.Millisecond)
		cb.ExpiresAt = past.Add(24 * time.Hour)
		cb.NextAt, cb.DeadlineAt = past.Add(4*time.Hour), past.Add(4*time.Hour)
		if i%2 == 0 {
			cb.State, cb.Ready, cb.QueuedAt, cb.ReleaseAt, cb.NextAt, cb.DeadlineAt = callback.Scheduled, false, time.Time{}, past, past.Add(time.Duration(i)*time.Millisecond), time.Time{}
			c.Event.To = callback.Scheduled
		}
		return c
	})
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"},
		Limits: callback.Limits{Attempts: []callback.Throttle{}}}) // all have few numbers
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	called := map[callback.ID]int{}
	m, err := manager.New(manager.Config{Store: s.store, Services: services, Batch: 7, Lease: time.Second, Poll: 20 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
		Dialer: callback.DialerFunc(func(_ context.Context, c callback.Call) (callback.Outcome, error) {
			mu.Lock()
			defer mu.Unlock()
			called[c.ID]++
			return callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}, nil
		})})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { _ = m.Run(ctx) })
	begun := time.Now()
	// What stands at the largest revision there is cannot be changed any more, and is not called for that.
	immutable := 3
	done := eventually(t, 20*time.Second, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(called) >= len(s.good)-immutable
	})
	stop()
	run.Wait()
	if err := m.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if !done {
		t.Errorf("%d of %d good callbacks were called", len(called), len(s.good)-immutable)
	}
	for id, n := range called {
		if n > 1 || slices.Contains(s.bad, id) {
			t.Errorf("%s was called %d times", id, n)
		}
	}
	t.Logf("a manager among %d rows that cannot be read: %d others called within %v", len(s.bad), len(called), time.Since(begun).Round(time.Millisecond))
}

// TestFullCounters takes from and gives to counters at the largest number there is.
func TestFullCounters(t *testing.T) {
	dsn := suite.NewDatabase(t)
	s := newRig(t, dsn).open(t, func(c *postgres.Config) { c.Logger = slog.New(slog.DiscardHandler) })
	first, second, third := withSeat(newcomer("first", 1, faraway()), 1), withSeat(newcomer("second", 2, faraway()), 1), withSeat(newcomer("third", 3, faraway()), 1)
	if err := apply(t.Context(), s, first); err != nil {
		t.Fatal(err)
	}
	execute(t, dsn, "UPDATE rb1.counters SET used = 9223372036854775807")
	if err := apply(t.Context(), s, second); err != nil {
		t.Errorf("taking without a limit from a full counter: %v", err)
	}
	third.Take[0].Max = math.MaxInt64
	if err := apply(t.Context(), s, third); !errors.Is(err, callback.ErrPermitRefused) {
		t.Errorf("taking more than there are numbers: %v", err)
	}
	if err := apply(t.Context(), s, completed(second.Record)); err != nil {
		t.Errorf("giving to a full counter: %v", err)
	}
	counters, err := s.Load(t.Context(), faraway(), callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk", From: 1, To: 1})
	if err != nil || len(counters) != 1 || counters[0].Used != math.MaxInt64-1 {
		t.Errorf("the counter stands at %v: %v", counters, err)
	}
	execute(t, dsn, "UPDATE rb1.callbacks SET epoch = 9223372036854775806 WHERE id = 'first'")
	c, err := s.Claim(t.Context(), faraway(), callback.ClaimRequest{Owner: "n", Lease: time.Second, Due: true, Limit: 10})
	if err != nil || len(c.Callbacks) != 0 {
		t.Errorf("a claim at the largest epoch gives %v: %v", c.Callbacks, err)
	}
	if damaged, err := s.Damaged(t.Context(), 10); err != nil || len(damaged) != 1 {
		t.Errorf("Damaged lists %v: %v", damaged, err)
	}
}
