package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres"
	"github.com/ringback-go/ringback/store/postgres/internal/faultproxy"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

// lonely is a primary whose synchronous standby is absent: every commit waits for it, and when the wait is cancelled the commit is
// on this server only.
type lonely struct {
	cluster  *postgrestest.Cluster
	proxy    *faultproxy.Proxy
	direct   string
	pool     *pgxpool.Pool   // past the proxy
	patient  *postgres.Store // waits for as long as the test
	stranger *postgres.Store // of another process
	store    *postgres.Store // through the proxy
}

func newLonely(t *testing.T) *lonely {
	t.Helper()
	c, err := postgrestest.Start(t.Context(), postgrestest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeServer(t, c) })
	l := &lonely{cluster: c, direct: c.NewDatabase(t)}
	if l.proxy, err = faultproxy.New(c.Socket()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.proxy.Close() })
	through, err := l.proxy.DSN(l.direct)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, l.direct)
	l.pool = r.pool
	l.patient = r.open(t)
	pool, err := pgxpool.New(t.Context(), through)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	short := postgres.Config{Schema: "rb1", Timeout: lonelyTimeout}
	if l.store, err = postgres.New(t.Context(), pool, short); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.store.Close)
	if l.stranger, err = postgres.New(t.Context(), r.pool, short); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.stranger.Close)
	return l
}

// waiting waits until a session waits for the standby, or the change has been answered: on a busy machine its time may be over sooner
// than it is looked at.
func (l *lonely) waiting(t *testing.T, answer <-chan error) {
	t.Helper()
	if !eventually(t, 10*time.Second, func() bool {
		if len(answer) > 0 {
			return true
		}
		var n int
		err := l.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").Scan(&n)
		return err == nil && n > 0
	}) {
		t.Fatal("nothing waits for the standby")
	}
}

// interruption ends the wait of a commit for the standby.
type interruption struct {
	name string
	do   func(t *testing.T, l *lonely)
}

func interruptions() []interruption {
	const waiters = " FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
	statement := func(sql string) func(t *testing.T, l *lonely) {
		return func(t *testing.T, l *lonely) {
			if _, err := l.pool.Exec(t.Context(), sql); err != nil {
				t.Error(err)
			}
		}
	}
	return []interruption{
		{"cancelled by an operator", statement("SELECT pg_cancel_backend(pid)" + waiters)},
		{"terminated by an operator", statement("SELECT pg_terminate_backend(pid)" + waiters)},
		{"connections cut", func(t *testing.T, l *lonely) { l.proxy.Cut() }},
		{"out of time", func(t *testing.T, l *lonely) {}},
		{"server restarted", func(t *testing.T, l *lonely) {
			if err := errors.Join(l.cluster.StopImmediate(t.Context()), l.cluster.Restart(t.Context())); err != nil {
				t.Error(err)
			}
		}},
	}
}

// lonelyChange is a change of any kind that goes by a statement of its own.
type lonelyChange struct {
	name string
	make func(i int) []callback.Change // of the callbacks that prepare has made
}

func lonelyChanges(due time.Time) []lonelyChange {
	create := func(i, n int) callback.Change {
		c := newcomer(callback.ID(fmt.Sprintf("new %d %d", i, n)), 10*i+n, due)
		c.Record.Idempotency.Key = string(c.Record.ID)
		return c
	}
	next := func(i, n int, state callback.State) callback.Change {
		c := newcomer(callback.ID(fmt.Sprintf("old %d %d", i, n)), 10*i+n, due)
		c.Record.Idempotency.Key = string(c.Record.ID)
		c.Record.Revision, c.Event.Seq, c.Event.Type, c.Event.From, c.Event.To = 2, 2, callback.EventReleased, callback.Scheduled, state
		c.Record.State, c.Record.QueuedAt = state, due
		return c
	}
	return []lonelyChange{
		{"one creation", func(i int) []callback.Change { return []callback.Change{create(i, 0)} }},
		{"several creations", func(i int) []callback.Change { return []callback.Change{create(i, 0), create(i, 1), create(i, 2)} }},
		{"one update", func(i int) []callback.Change { return []callback.Change{next(i, 0, callback.Queued)} }},
		{"creation and update", func(i int) []callback.Change { return []callback.Change{create(i, 0), next(i, 1, callback.Queued)} }},
	}
}

// prepare makes the callbacks that a change of the same number updates.
func (l *lonely) prepare(t *testing.T, i int, due time.Time) {
	t.Helper()
	for n := range 2 {
		c := newcomer(callback.ID(fmt.Sprintf("old %d %d", i, n)), 10*i+n, due)
		c.Record.Idempotency.Key = string(c.Record.ID)
		if err := apply(t.Context(), l.patient, c); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReplicationWaits interrupts the wait for a synchronous standby in every way. A change that only the primary has, by then, is not
// reported as made, neither to its caller, nor to those who look whether it was made; once the standby has it, it is.
func TestReplicationWaits(t *testing.T) {
	t.Parallel()
	due := time.Date(2031, 3, 4, 9, 0, 0, 0, time.UTC)
	l := newLonely(t)
	if err := apply(t.Context(), l.patient, newcomer("bystander", 0, due)); err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, cut := range interruptions() {
		for _, change := range lonelyChanges(due) {
			i++
			t.Run(cut.name+"/"+change.name, func(t *testing.T) {
				l.prepare(t, i, due)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := l.cluster.Synchronous(ctx, "absent"); err != nil {
					t.Fatal(err)
				}
				changes := change.make(i)
				// Whatever happens, the next changes are made.
				defer func() {
					if err := l.cluster.Synchronous(t.Context(), ""); err != nil {
						t.Error(err)
					}
				}()
				answer := make(chan error, 1)
				go func() {
					errs, err := l.store.Apply(ctx, due.Add(-24*time.Hour), changes)
					answer <- errors.Join(append(slices.Clone(errs), err)...)
				}()
				l.waiting(t, answer)
				cut.do(t, l)
				if err := <-answer; !errors.Is(err, callback.ErrOutcomeUnknown) {
					t.Errorf("Apply returned %v", err)
				}
				if seen := l.seen(t, changes); len(seen) > 0 {
					t.Errorf("seen before it is safe: %v", seen)
				}
				if _, err := l.store.Get(t.Context(), callback.By{ID: "bystander"}); err != nil {
					t.Errorf("what is not in doubt cannot be read: %v", err)
				}
				if err := l.cluster.Synchronous(ctx, ""); err != nil {
					t.Fatal(err)
				}
				if !eventually(t, 20*time.Second, func() bool { return len(l.seen(t, changes)) == 3*len(changes) }) {
					t.Errorf("seen once it is safe: only %v", l.seen(t, changes))
				}
			})
		}
	}
}

// seen asks as the Manager does when it does not know whether a change was made, the same node by the ID and every node by the key, and
// returns where each was found.
func (l *lonely) seen(t *testing.T, changes []callback.Change) []string {
	var mu sync.Mutex
	var places []string
	var all sync.WaitGroup
	for _, c := range changes {
		for name, ask := range map[string]func() (*callback.Callback, error){
			"by ID": func() (*callback.Callback, error) { return l.store.Get(t.Context(), callback.By{ID: c.Record.ID}) },
			"by key": func() (*callback.Callback, error) {
				return l.store.Get(t.Context(), callback.By{Key: c.Record.Idempotency.Key})
			},
			"by key, another process": func() (*callback.Callback, error) {
				return l.stranger.Get(t.Context(), callback.By{Key: c.Record.Idempotency.Key})
			},
		} {
			all.Go(func() {
				if cb, err := ask(); err == nil && cb.Revision == c.Record.Revision {
					mu.Lock()
					defer mu.Unlock()
					places = append(places, string(c.Record.ID)+" "+name)
				}
			})
		}
	}
	all.Wait()
	return places
}
