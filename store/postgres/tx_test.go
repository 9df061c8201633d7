package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/postgres"
)

var errRollback = errors.New("the host changes its mind")

func noAnswer(context.Context, callback.Call) (callback.Outcome, error) {
	return callback.Outcome{Result: callback.ResultNoAnswer, Certainty: callback.Known}, nil
}

func managerOn(t *testing.T, s callback.Store, services ...callback.Service) *manager.Manager {
	t.Helper()
	known, err := callback.NewServices(services...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manager.New(manager.Config{Store: s, Services: known, Dialer: callback.DialerFunc(noAnswer)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func hosts(t *testing.T, r *rig) (orders func() int) {
	t.Helper()
	if _, err := r.pool.Exec(t.Context(), "CREATE TABLE orders (n int)"); err != nil {
		t.Fatal(err)
	}
	return func() (n int) {
		t.Helper()
		if err := r.pool.QueryRow(t.Context(), "SELECT count(*) FROM orders").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

func TestInCommitsAndRollsBackWithTheHost(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	orders := hosts(t, r)
	s := r.open(t)
	m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	for _, fails := range []bool{true, false} {
		var id callback.ID
		err := pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)"); err != nil {
				return err
			}
			cb, err := m.Within(s.In(tx)).Start(t.Context(), manager.Request{Service: "billing", Number: "+41446681800", Key: "order-1"})
			if err != nil {
				return err
			}
			id = cb.ID
			if _, err := m.Get(t.Context(), id); !errors.Is(err, callback.ErrNotFound) {
				t.Errorf("before the commit Get answers %v", err)
			}
			if fails {
				return errRollback
			}
			return nil
		})
		_, found := m.Get(t.Context(), id)
		if fails {
			if !errors.Is(err, errRollback) || !errors.Is(found, callback.ErrNotFound) || orders() != 0 {
				t.Errorf("after a rollback: %v, Get answers %v, %d orders", err, found, orders())
			}
			continue
		}
		if err != nil || found != nil || orders() != 1 {
			t.Errorf("after a commit: %v, Get answers %v, %d orders", err, found, orders())
		}
	}
}

func TestInRefusalLeavesTheTransactionUsable(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	orders := hosts(t, r)
	s := r.open(t)
	m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}, Limits: callback.Limits{SameNumber: 1}})
	request := manager.Request{Service: "billing", Number: "+41446681800"}
	if _, err := m.Start(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		if _, err := m.Within(s.In(tx)).Start(t.Context(), request); !errors.Is(err, callback.ErrNumberLimit) {
			t.Errorf("a second callback of the number: %v", err)
		}
		_, err := tx.Exec(t.Context(), "INSERT INTO orders VALUES (1)")
		return err
	})
	if err != nil || orders() != 1 {
		t.Errorf("the host's part: %v, %d orders", err, orders())
	}
}

func TestInRacesForOneKey(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	request := manager.Request{Service: "billing", Number: "+41446681800", Key: "k"}
	const n = 8
	ids := make(chan callback.ID, n)
	for range n {
		go func() {
			var id callback.ID
			err := pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
				cb, err := m.Within(s.In(tx)).Start(t.Context(), request)
				if err == nil {
					id = cb.ID
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			ids <- id
		}()
	}
	first := <-ids
	for range n - 1 {
		if id := <-ids; id != first {
			t.Errorf("one key made %s and %s", first, id)
		}
	}
}

// A copy that a host's transaction makes keeps its source from being forgotten
// until the transaction ends; then the copy is found.
func TestInHoldsTheSource(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	m := managerOn(t, s, callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
	source, err := m.Start(t.Context(), manager.Request{Service: "billing", Number: "+41446681800", State: callback.Completed})
	if err != nil {
		t.Fatal(err)
	}
	forgotten := make(chan error, 1)
	copied := manager.Request{Service: "billing", CopyFrom: source.ID, State: callback.Completed}
	err = pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		if _, err := m.Within(s.In(tx)).Start(t.Context(), copied); err != nil {
			return err
		}
		go func() {
			result, err := m.Forget(t.Context(), manager.ForgetRequest{Numbers: []string{"+41446681800"}, Actor: "ann"})
			if err == nil && result.Done != 2 {
				err = fmt.Errorf("%d callbacks were forgotten, want source and copy: %v", result.Done, result.Items)
			}
			forgotten <- err
		}()
		for waits := 0; waits == 0; {
			const waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.datname = current_database() JOIN pg_stat_activity a ON a.pid = l.pid AND a.datid = d.oid WHERE NOT l.granted"
			if err := r.pool.QueryRow(t.Context(), waiting).Scan(&waits); err != nil {
				return err
			}
			select {
			case err := <-forgotten:
				return fmt.Errorf("the source was forgotten before the copy was committed: %w", err)
			default:
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-forgotten; err != nil {
		t.Error(err)
	}
	err = pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		_, err := m.Within(s.In(tx)).Start(t.Context(), copied)
		return err
	})
	if !errors.Is(err, callback.ErrNotFound) {
		t.Errorf("copying what was forgotten: %v", err)
	}
}

func TestInRefusesDuties(t *testing.T) {
	r := newRig(t, suite.NewDatabase(t))
	s := r.open(t)
	tx, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	inside := postgres.View(s, tx)
	if _, err := inside.Claim(t.Context(), time.Now(), callback.ClaimRequest{Owner: "n", Lease: time.Second, Due: true, Limit: 1}); err == nil {
		t.Error("work was leased inside a transaction of the host")
	}
	if _, err := inside.Erase(t.Context(), time.Now(), callback.EraseRequest{}); err == nil {
		t.Error("a callback was forgotten inside a transaction of the host")
	}
}
