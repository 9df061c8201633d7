package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/postgres"
)

// newcomer is the change that creates a scheduled callback.
func newcomer(id callback.ID, i int, due time.Time) callback.Change {
	a, err := phonenum.RevealedAddress(number(i))
	if err != nil {
		panic(err)
	}
	now := due.Add(-24 * time.Hour)
	cb := &callback.Callback{ID: id, Service: "desk", Revision: 1, State: callback.Scheduled, Customer: callback.Customer{Number: a},
		Desired: due, ReleaseAt: due, NextAt: due, ExpiresAt: due.Add(time.Hour), Created: now, Updated: now}
	return callback.Change{Record: cb, Event: callback.Event{Callback: id, Service: "desk", At: now, Type: callback.EventAccepted,
		To: callback.Scheduled, Actor: ours, Next: due}}
}

// method is a call of a method of a store.
type method struct {
	name string
	call func(ctx context.Context, s *postgres.Store, i int) error
}

// methods are all that go to the server. The callbacks that Apply makes are named by their number.
func methods() []method {
	due := time.Date(2031, 3, 4, 9, 0, 0, 0, time.UTC)
	return []method{
		{"Apply", func(ctx context.Context, s *postgres.Store, i int) error {
			return apply(ctx, s, newcomer(blackoutID(i), i, due))
		}},
		{"Get", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Get(ctx, callback.By{ID: "known"})
			return err
		}},
		{"Claim of due work", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Claim(ctx, due.Add(-time.Hour), callback.ClaimRequest{Owner: "n", Lease: time.Second, Due: true, Limit: 10})
			return err
		}},
		{"Claim of queues", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Claim(ctx, due, callback.ClaimRequest{Owner: "n", Lease: time.Second,
				Queues: []callback.QueueClaim{{Queue: callback.QueueKey{Service: "desk"}, N: 10}}})
			return err
		}},
		{"Search", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Search(ctx, callback.Query{Limit: 10})
			return err
		}},
		{"Count", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Count(ctx, callback.Query{AllTenants: true, States: []callback.State{callback.Queued}})
			return err
		}},
		{"Load", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Load(ctx, due, callback.LoadRequest{Kind: callback.PermitBucket, Service: "desk"})
			return err
		}},
		{"Events", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Events(ctx, callback.EventQuery{AllTenants: true, Limit: 10})
			return err
		}},
		{"Erase", func(ctx context.Context, s *postgres.Store, i int) error {
			errs, err := s.Erase(ctx, due, callback.EraseRequest{Items: []callback.Precondition{{ID: "unknown", Revision: 1}}, Subjects: []string{"unknown"}})
			if err == nil && len(errs) == 1 && errors.Is(errs[0], callback.ErrNotFound) {
				return nil
			}
			return errors.Join(append(errs, err)...)
		}},
		{"Now", func(ctx context.Context, s *postgres.Store, i int) error {
			postgres.AgeClock(s, 2*time.Minute) // too old to be told
			_, err := s.Now(ctx)
			return err
		}},
		{"Damaged", func(ctx context.Context, s *postgres.Store, i int) error {
			_, err := s.Damaged(ctx, 10)
			return err
		}},
	}
}

func blackoutID(i int) callback.ID { return callback.ID(fmt.Sprint("blackout ", i)) }

// hurried is a call that was made in the dark.
type hurried struct {
	method string
	i      int
	err    error
	late   time.Duration // behind its deadline
}

// TestBlackout loses every byte on the way, and demands that each call ends with its deadline.
func TestBlackout(t *testing.T) {
	const (
		timeout = 1500 * time.Millisecond // Config.Timeout
		patient = 700 * time.Millisecond  // the deadline of those that have one
		grace   = time.Second
		each    = 10 // calls of each method
		rounds  = 2
	)
	l := newLine(t, 8, func(c *postgres.Config) { c.Timeout = timeout })
	if err := apply(t.Context(), l.store, newcomer("known", 1, time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
	serial, calls, worst, slowest := 0, 0, time.Duration(0), time.Duration(0)
	for range rounds {
		l.warm(t)
		l.proxy.Swallow(true)
		var results []hurried
		var mu sync.Mutex
		var all sync.WaitGroup
		for n := range each {
			for _, m := range methods() {
				serial++
				i := serial
				all.Go(func() {
					ctx, limit := t.Context(), timeout
					if n%5 > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, patient)
						defer cancel()
						limit = patient
					}
					begun := time.Now()
					err := m.call(ctx, l.store, i)
					late := time.Since(begun) - limit
					mu.Lock()
					defer mu.Unlock()
					results = append(results, hurried{m.name, i, err, late})
				})
			}
		}
		all.Wait()
		healed := time.Now()
		l.proxy.Swallow(false)
		for _, r := range results {
			calls++
			worst = max(worst, r.late)
			if r.late > grace {
				t.Errorf("%s came back %v after its deadline: %v", r.method, r.late, r.err)
			}
			if r.err == nil {
				t.Errorf("%s succeeded in the dark", r.method)
			}
		}
		if !eventually(t, 20*time.Second, func() bool { return l.works(t.Context()) == nil }) {
			t.Fatalf("it does not work again: %v", l.works(t.Context()))
		}
		slowest = max(slowest, time.Since(healed))
		// What was answered by a definite error has not happened, also not later.
		for _, r := range results {
			if r.method != "Apply" || errors.Is(r.err, callback.ErrOutcomeUnknown) {
				continue
			}
			if _, err := l.truth.Get(t.Context(), callback.By{ID: blackoutID(r.i)}); !errors.Is(err, callback.ErrNotFound) {
				t.Errorf("Apply answered %v and the callback is there: %v", r.err, err)
			}
		}
	}
	if slowest > 5*time.Second {
		t.Errorf("it works again %v after the network does", slowest)
	}
	t.Logf("every byte lost: %d blackouts, %d calls, the latest came back %v after its deadline; all methods work again %v after the network", rounds, calls,
		worst.Round(time.Millisecond), slowest.Round(time.Millisecond))
}

// warm opens every connection of the pool.
func (l *line) warm(t *testing.T) {
	t.Helper()
	if !eventually(t, 20*time.Second, func() bool { return l.works(t.Context()) == nil }) {
		t.Fatal(l.works(t.Context()))
	}
}

// works calls every method at once and returns what goes wrong.
func (l *line) works(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	errs := make([]error, len(methods()))
	var all sync.WaitGroup
	for n, m := range methods() {
		all.Go(func() {
			if err := m.call(ctx, l.store, -1); err != nil && !errors.Is(err, callback.ErrConflict) {
				errs[n] = fmt.Errorf("%s: %w", m.name, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
