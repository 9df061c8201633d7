package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
)

// In returns a view of the store inside tx, a transaction of the host on the
// same database: what is written through it exists if and only if the host's
// rows do. Pass it to the Manager's Within.
//
//	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
//		if _, err := tx.Exec(ctx, "UPDATE orders ..."); err != nil {
//			return err
//		}
//		_, err := m.Within(db.In(tx)).Start(ctx, request)
//		return err
//	})
//
// A Start that is refused leaves the transaction usable. One that meets a
// serialization failure or a deadlock does not: its error is a [*ServerError]
// with code 40001 or 40P01, and the host repeats its transaction. Counters that
// Start takes from, and the callback it copies, stay locked until the transaction
// ends: keep it short, and
// Start last. A change that needs such a counter waits until Config.Timeout or the
// deadline of its context, and fails with [ErrLocked] then; other changes go on: a
// node learns of the counter by a time-out of 100 ms and sets aside what needs it. In
// TestOpenTransaction a transaction is open for 2 s, and none of 5,000 other changes
// takes longer than 0.35 s.
//
// The Manager hears of the callback at its next poll, or by its Wake
// after the commit.
func (s *Store) In(tx pgx.Tx) callback.Store { return view(s, tx) }

func view(s *Store, tx pgx.Tx) *transaction {
	return &transaction{Store: &Store{config: s.config, db: tx, sql: s.sql, clock: newClock()}, tx: tx, outer: s}
}

// transaction is the view of a store inside a transaction of the host.
type transaction struct {
	*Store
	tx    pgx.Tx
	outer *Store // whose view it is
}

// Now tells the server's time as the store knows it, or asks for it within the
// transaction: a host whose transactions use up the pool must not wait for
// another connection.
func (t *transaction) Now(ctx context.Context) (time.Time, error) {
	if now, age, ok := t.outer.clock.estimate(); ok && age < askEvery {
		return now, nil
	}
	return t.Store.Now(ctx)
}

// Apply makes each change within the transaction, behind a savepoint, so that
// an error of the database leaves the transaction as it was.
func (t *transaction) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	ctx, cancel := t.bounded(ctx)
	defer cancel()
	writes, err := t.prepare(now, changes)
	if err != nil {
		return nil, err
	}
	if err := t.maskEvents(ctx, writes, changes); err != nil {
		return nil, err
	}
	for i := range writes {
		w := &writes[i]
		if w.fault != nil {
			continue
		}
		if err := t.save(ctx, newBatch([]*write{w})); err != nil {
			return nil, explain(err)
		}
	}
	return t.outcome(writes)
}

// raceTries is how often a change is repeated that lost a race for a new
// counter, ID or key.
const raceTries = 10

// save makes a batch behind a savepoint.
func (t *transaction) save(ctx context.Context, b *batch) error {
	args := append(b.arguments(), true)
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, t.tx, func(inner pgx.Tx) error {
			view := &Store{config: t.config, db: inner, sql: t.sql}
			return view.call(ctx, &link{store: view}, b, args)
		})
		var lost *ServerError
		if isLocked(err) && ctx.Err() == nil || try < raceTries && errors.As(explain(err), &lost) && (lost.Code == "40001" || lost.Code == "23505") {
			continue
		}
		return err
	}
}

var errOutside = errors.New("is not for a transaction of the host")

// Claim is refused: leased work must be seen by everybody.
func (t *transaction) Claim(context.Context, time.Time, callback.ClaimRequest) (callback.Claimed, error) {
	return callback.Claimed{}, fmt.Errorf("claim: %w", errOutside)
}

// Erase is refused: what is forgotten must not come back with a rollback.
func (t *transaction) Erase(context.Context, time.Time, callback.EraseRequest) ([]error, error) {
	return nil, fmt.Errorf("erase: %w", errOutside)
}
