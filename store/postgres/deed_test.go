package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/postgres"
)

// The actors of the events by which the truth is told.
const (
	ours   = "ours"
	theirs = "theirs"
)

// deeds are the kinds of changes, each with a function that makes a new one of them on a line.
func deeds() []struct {
	name string
	on   func(t *testing.T, l *line) func(i int) deed
} {
	return []struct {
		name string
		on   func(t *testing.T, l *line) func(i int) deed
	}{
		{"starts with a key", func(t *testing.T, l *line) func(int) deed {
			through, direct := manage(t, l.store), manage(t, l.truth)
			return func(i int) deed { return startWithKey(through, direct, l.truth, i) }
		}},
		{"starts without a key", func(t *testing.T, l *line) func(int) deed {
			return func(i int) deed { return startWithID(l, i) }
		}},
		{"completions and cancellations", func(t *testing.T, l *line) func(int) deed {
			through, direct := manage(t, l.store), manage(t, l.truth)
			return func(i int) deed {
				id := scheduleOne(t, direct, i)
				if i%2 == 0 {
					return completing(t, l, id)
				}
				return cancelling(through, direct, l.truth, id)
			}
		}},
	}
}

// manage makes a Manager that does not run.
func manage(t *testing.T, s callback.Store) *manager.Manager {
	t.Helper()
	services, err := callback.NewServices(callback.Service{Name: "desk", Numbers: callback.Numbers{Country: "CH"},
		Limits:  callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit, Parameters: []string{}},
		Booking: callback.Booking{PerBucket: callback.NoLimit}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: callback.DialerFunc(
		func(context.Context, callback.Call) (callback.Outcome, error) {
			return callback.Outcome{}, callback.ErrNotPlaced
		})})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func number(i int) string { return fmt.Sprintf("+4144%07d", 3000000+i) }

// madeBy counts the events of a callback that an actor made, of the types that are given.
func madeBy(ctx context.Context, s *postgres.Store, id callback.ID, actor string, kinds ...callback.EventType) (int, error) {
	page, err := s.Events(ctx, callback.EventQuery{Callback: id})
	n := 0
	for _, e := range page.Events {
		for _, kind := range kinds {
			if e.Actor == actor && e.Type == kind {
				n++
			}
		}
	}
	return n, err
}

// startWithKey starts a callback. Another client starts one under the same key: both get the same callback.
func startWithKey(through, direct *manager.Manager, truth *postgres.Store, i int) deed {
	request := func(actor string) manager.Request {
		return manager.Request{Service: "desk", Number: number(i), Key: fmt.Sprint("key ", i), Desired: time.Now().Add(24 * time.Hour).Truncate(24 * time.Hour),
			Actor: actor}
	}
	var answered callback.ID
	return deed{yields: true,
		do: func(ctx context.Context) error {
			cb, err := through.Start(ctx, request(ours))
			if err == nil {
				answered = cb.ID
			}
			return err
		},
		meddle: func(ctx context.Context) error {
			_, err := direct.Start(ctx, request(theirs))
			return err
		},
		times: func(ctx context.Context) (int, error) {
			page, err := truth.Search(ctx, callback.Query{Number: number(i), Limit: 10})
			if err == nil && len(page.Callbacks) == 1 && answered != "" && page.Callbacks[0].ID != answered {
				err = fmt.Errorf("the answer was %s, the callback is %s", answered, page.Callbacks[0].ID)
			}
			return len(page.Callbacks), err
		},
	}
}

// startWithID writes a new callback whose ID is known. Another client takes the ID, or changes the callback that has it.
func startWithID(l *line, i int) deed {
	now := time.Now().UTC()
	due := now.Add(24 * time.Hour)
	id := callback.ID(fmt.Sprint("callback ", i))
	change := func(actor string) callback.Change {
		a, err := phonenum.RevealedAddress(number(i))
		if err != nil {
			panic(err)
		}
		cb := &callback.Callback{ID: id, Service: "desk", Revision: 1, State: callback.Scheduled, Customer: callback.Customer{Number: a},
			Desired: due, ReleaseAt: due, NextAt: due, ExpiresAt: due.Add(time.Hour), Created: now, Updated: now}
		key := callback.PermitKey{Kind: callback.PermitBucket, Service: "desk", Slot: int64(i)}
		cb.Held = []callback.Held{{Key: key, N: 1}}
		return callback.Change{Record: cb, Take: []callback.Permit{{Key: key, N: 1, Max: 1}}, Event: callback.Event{
			Callback: id, Service: "desk", At: now, Type: callback.EventAccepted, To: callback.Scheduled, Actor: actor, Next: due}}
	}
	return deed{
		do: func(ctx context.Context) error { return apply(ctx, l.store, change(ours)) },
		meddle: func(ctx context.Context) error {
			err := apply(ctx, l.truth, change(theirs))
			if errors.Is(err, callback.ErrConflict) {
				return touch(ctx, l.truth, id)
			}
			return err
		},
		times: func(ctx context.Context) (int, error) { return madeBy(ctx, l.truth, id, ours, callback.EventAccepted) },
	}
}

func apply(ctx context.Context, s callback.Store, c callback.Change) error {
	errs, err := s.Apply(ctx, c.Event.At, []callback.Change{c})
	if err == nil && errs != nil {
		err = errs[0]
	}
	return err
}

// touch changes a callback under another actor.
func touch(ctx context.Context, s *postgres.Store, id callback.ID) error {
	cb, err := s.Get(ctx, callback.By{ID: id})
	if err != nil || cb.State == callback.Completed {
		// What is completed stays as it is.
		return err
	}
	cb.Revision++
	return apply(ctx, s, callback.Change{Record: cb, Event: callback.Event{Callback: id, Service: cb.Service, At: cb.Updated,
		Type: callback.EventUpdated, From: cb.State, To: cb.State, Actor: theirs}})
}

func scheduleOne(t *testing.T, m *manager.Manager, i int) callback.ID {
	t.Helper()
	cb, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: number(i), Desired: time.Now().Add(24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return cb.ID
}

// completing claims a callback and ends it under the lease. Another client changes it in between.
func completing(t *testing.T, l *line, id callback.ID) deed {
	t.Helper()
	before, err := l.truth.Get(t.Context(), callback.By{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	at := before.NextAt
	claimed, err := l.truth.Claim(t.Context(), at, callback.ClaimRequest{Owner: "node", Lease: time.Minute, Due: true, Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var own *callback.Callback
	for _, cb := range claimed.Callbacks {
		if cb.ID == id {
			own = cb
		}
	}
	if own == nil {
		t.Fatalf("callback %s was not claimed", id)
	}
	cb := own.Clone()
	cb.Revision++
	cb.State, cb.Reason, cb.Held = callback.Completed, callback.ReasonAgentConnected, nil
	cb.EndedAt, cb.NextAt, cb.Bucket = at, time.Time{}, time.Time{}
	change := callback.Change{Record: cb, Epoch: own.Lease.Epoch, Give: own.Held, Event: callback.Event{Callback: id, Service: cb.Service, At: at,
		Type: callback.EventCompleted, From: callback.Scheduled, To: callback.Completed, Reason: cb.Reason, Actor: ours}}
	return deed{
		do:     func(ctx context.Context) error { return apply(ctx, l.store, change) },
		meddle: func(ctx context.Context) error { return touch(ctx, l.truth, id) },
		times:  func(ctx context.Context) (int, error) { return madeBy(ctx, l.truth, id, ours, callback.EventCompleted) },
	}
}

// cancelling cancels a callback that another client changes in between. It is cancelled all the same.
func cancelling(through, direct *manager.Manager, truth *postgres.Store, id callback.ID) deed {
	return deed{yields: true,
		do: func(ctx context.Context) error {
			_, err := through.Cancel(ctx, manager.CancelRequest{ID: id, Actor: ours})
			if errors.Is(err, callback.ErrInvalidOperation) {
				// Cancelled already.
				return fmt.Errorf("%w: %w", callback.ErrConflict, err)
			}
			return err
		},
		meddle: func(ctx context.Context) error {
			_, err := direct.Update(ctx, manager.UpdateRequest{ID: id, Set: callback.Values{"note": "changed"}, Actor: theirs})
			if errors.Is(err, callback.ErrInvalidOperation) {
				return nil
			}
			return err
		},
		times: func(ctx context.Context) (int, error) { return madeBy(ctx, truth, id, ours, callback.EventCompleted) },
	}
}
