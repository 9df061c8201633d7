package postgres

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
	"github.com/ringback-go/ringback/store/record"
)

// Store keeps callbacks in a PostgreSQL database that any number of processes
// share. Make one with [New]. All methods are safe for concurrent use.
type Store struct {
	config    Config
	pool      *pgxpool.Pool
	commits   *pgxpool.Pool // of the connections on which changes are made
	db        querier       // the pool, or a transaction of the host
	sql       statements
	committer committer
	clock     clock
	notices   notices
	feed      watermark
	doubts    doubts
	sweeper   sweeper
}

var (
	_ callback.Store          = (*Store)(nil)
	_ callback.ClockStore     = (*Store)(nil)
	_ callback.NotifyingStore = (*Store)(nil)
)

// New returns the store of a schema that [Migrate] has made. The pool stays the
// caller's: the store uses one of its connections for each claim and read that is
// under way. For changes it opens up to Config.Committers + 1 of its own, with the
// pool's configuration, because it has to hear the server's warnings; Close closes
// them.
//
// Errors: [callback.FieldError] for the config; [store.ErrReadOnly] on a server that cannot write;
// [store.ErrSchemaOlder], [store.ErrSchemaNewer].
func New(ctx context.Context, pool *pgxpool.Pool, config Config) (*Store, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	if pool == nil {
		return nil, misconfigured("pool", "is required")
	}
	s := &Store{config: config, pool: pool, db: pool, sql: statementsOf(config.Schema), clock: newClock()}
	s.notices.over = make(chan struct{})
	s.committer.init(s)
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	if err := checkWritable(ctx, pool); err != nil {
		return nil, err
	}
	if err := checkVersion(ctx, pool, config.Schema); err != nil {
		return nil, err
	}
	if err := warnOfLoss(ctx, pool, config.Logger); err != nil {
		return nil, err
	}
	if _, err := s.Now(ctx); err != nil {
		return nil, err
	}
	// Its life ends with Close, not with ctx.
	if s.commits, err = commitPool(context.WithoutCancel(ctx), pool, config.Committers); err != nil {
		return nil, explain(err)
	}
	return s, nil
}

// Close waits for the changes that are under way, at most about Config.Timeout,
// and ends what the store runs in the background. Changes are refused with
// [store.ErrClosed] afterwards. The pool stays open.
func (s *Store) Close() {
	s.committer.close()
	s.notices.close()
	s.commits.Close()
}

// Apply makes each change atomically on its own; see [callback.Store]. Changes
// of callers that come at the same time share a transaction. An error that the
// database gives for one change does not touch the others.
//
// When ctx ends before the changes were sent, its error says that nothing
// happened; after that the error is [callback.ErrOutcomeUnknown], and the
// changes go on for up to Config.Timeout.
func (s *Store) Apply(ctx context.Context, now time.Time, changes []callback.Change) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, nil
	}
	writes, err := s.prepare(now, changes)
	if err != nil {
		return nil, err
	}
	if err := s.maskEvents(ctx, writes, changes); err != nil {
		return nil, err
	}
	if err := s.committer.submit(ctx, writes); err != nil {
		return nil, err
	}
	return s.outcome(writes)
}

// prepare encodes the changes. One that is malformed has its fault already.
func (s *Store) prepare(now time.Time, changes []callback.Change) ([]write, error) {
	nonces, err := nonces(len(changes))
	if err != nil {
		return nil, err
	}
	writes := make([]write, len(changes))
	for i := range changes {
		err := store.CheckChange(&changes[i])
		if err == nil {
			err = prepare(&writes[i], now, &changes[i], nonces[i])
		}
		writes[i].fault = err
	}
	return writes, nil
}

func nonces(n int) ([]int64, error) {
	random := make([]byte, 8*n)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(binary.NativeEndian.Uint64(random[8*i:]))
	}
	return list, nil
}

// outcome collects the faults. It is one error when the database failed every
// change in the same way.
func (s *Store) outcome(writes []write) ([]error, error) {
	var errs []error
	outside, happened := 0, false
	for i := range writes {
		w := &writes[i]
		if w.fault == nil {
			happened = true
			continue
		}
		if w.outside {
			outside++
		}
		if errs == nil {
			errs = make([]error, len(writes))
		}
		errs[i] = w.fault
	}
	if happened {
		s.notices.changed(s)
	}
	if outside == len(writes) && outside > 0 {
		for _, err := range errs {
			if errors.Is(err, callback.ErrOutcomeUnknown) {
				return nil, err
			}
		}
		return nil, errs[0]
	}
	return errs, nil
}

// Get returns the callback, by ID or by idempotency key, or an error that is
// [callback.ErrNotFound]; [record.DamagedError] when it is there and cannot be read.
func (s *Store) Get(ctx context.Context, by callback.By) (*callback.Callback, error) {
	query, args := s.sql.getByID, []any{[16]byte(keyOf(by.Tenant, string(by.ID)))}
	if by.ID == "" {
		query, args = s.sql.getByKey, []any{by.Tenant, by.Key}
	}
	// Callers ask by ID whether a change was made of which they do not know, and
	// by key whether a callback was accepted: what they find must not be lost by
	// a failover.
	if by.ID != "" && s.doubts.about(by.Tenant, string(by.ID)) {
		if err := s.await(ctx); err != nil {
			return nil, err
		}
	}
	var found *callback.Callback
	err := s.read(ctx, func(ctx context.Context) error {
		rows, err := s.db.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		found = nil
		for rows.Next() {
			if found, err = scanCallback(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, sqlkit.NotFound(by.ID)
	case by.ID == "":
		err = s.await(ctx)
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// bounded gives a context the store's time-out where it has no earlier end.
func (s *Store) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.config.Timeout)
}

// inside reports whether the store works within a transaction of the host,
// which an error ends.
func (s *Store) inside() bool { return s.pool == nil }

// read runs what changes nothing, again when the connection fails.
func (s *Store) read(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := f(ctx)
		var own *record.DamagedError
		var invalid *callback.FieldError
		if err == nil || errors.As(err, &own) || errors.As(err, &invalid) {
			return err
		}
		if ctx.Err() != nil {
			return explain(ctx.Err())
		}
		if s.inside() || fateOf(err) == failed || !pause(ctx, wait) {
			return explain(err)
		}
	}
}

// querier is what a statement is sent to: the pool, or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}
