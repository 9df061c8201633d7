package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

// each calls f with every row of a query. f must not keep the slice.
func each(ctx context.Context, q reader, f func(row []any) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rows runs a query on a connection for reading, which sees all changes that
// were committed before. While another process recovers the log, it waits until
// ctx ends.
func (s *Store) rows(ctx context.Context, f func(row []any) error, query string, args ...any) error {
	return s.reading(ctx, func() error { return each(ctx, reader{store: s}, f, query, args...) })
}

// reader queries with prepared statements, inside a transaction if tx is set.
type reader struct {
	store *Store
	tx    *sql.Tx
}

// QueryContext runs a query. In a transaction it uses that connection only,
// because readers that hold one and wait for another could deadlock.
func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if r.tx != nil {
		if stmt, _ := r.store.prepared.find(query); stmt != nil {
			return r.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
		}
		return r.tx.QueryContext(ctx, query, args...)
	}
	stmt, err := r.store.prepared.get(ctx, r.store.reads, query)
	switch {
	case err != nil:
		return nil, err
	case stmt == nil:
		return r.store.reads.QueryContext(ctx, query, args...)
	}
	return stmt.QueryContext(ctx, args...)
}

// queries caches the prepared statements of readers.
type queries struct {
	mu     sync.Mutex
	all    map[string]*sql.Stmt
	closed bool
}

// mostQueries limits the cached statements. The store needs about twenty; those
// of searches vary with their conditions.
const mostQueries = 200

// find returns a prepared statement, if any, and whether the cache is full or
// closed.
func (q *queries) find(query string) (stmt *sql.Stmt, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all[query], q.closed || len(q.all) >= mostQueries
}

// get returns a prepared statement, or nil if the cache is full. The caller
// must not hold a connection.
func (q *queries) get(ctx context.Context, db *sql.DB, query string) (*sql.Stmt, error) {
	stmt, full := q.find(query)
	if stmt != nil || full {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if first := q.all[query]; first != nil || q.closed {
		return first, stmt.Close()
	}
	if q.all == nil {
		q.all = make(map[string]*sql.Stmt)
	}
	q.all[query] = stmt
	return stmt, nil
}

func (q *queries) close() (err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, stmt := range q.all {
		err = errors.Join(err, stmt.Close())
	}
	q.all, q.closed = nil, true
	return err
}

// reading calls read again while another process holds a lock.
func (s *Store) reading(ctx context.Context, read func() error) error {
	err := patiently(ctx, read)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && s.committer.isClosed() {
		return store.ErrClosed
	}
	return classify(err)
}

// snapshot calls f with a reader whose queries see the same state.
func (s *Store) snapshot(ctx context.Context, f func(from reader) error) error {
	return s.reading(ctx, func() error {
		tx, err := s.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		return errors.Join(f(reader{s, tx}), tx.Rollback())
	})
}

// Get returns the callback with an ID or an idempotency key. The error is
// callback.ErrNotFound if there is none, or a [record.DamagedError].
func (s *Store) Get(ctx context.Context, by store.By) (*callback.Callback, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var found *callback.Callback
	var damage error
	one := func(row []any) error {
		_, found, damage = readRow(row)
		return nil
	}
	var err error
	switch {
	case by.ID != "":
		// A row of ids without one of callbacks gives a damaged record.
		err = s.rows(ctx, one, "SELECT "+recordColumns+" FROM callbacks c WHERE c.cb = (SELECT cb FROM ids WHERE tenant = ? AND id = ?)",
			by.Tenant, string(by.ID))
	case by.Key != "":
		err = s.rows(ctx, one, "SELECT "+recordColumns+" FROM callbacks c WHERE c.idem = ?", s.secret.digest(digestIdem, by.Tenant, by.Key))
	}
	switch {
	case err != nil:
		return nil, err
	case damage != nil:
		return nil, damage
	case found == nil && by.ID != "":
		return nil, s.missing(ctx, by)
	case found == nil || by.ID == "" && found.Idempotency.Key != by.Key:
		return nil, sqlkit.NotFound(by.ID)
	case found.Tenant != by.Tenant || by.ID != "" && found.ID != by.ID:
		return nil, lost(by.Tenant, by.ID) // the index is damaged
	}
	return found, nil
}

// missing returns the error for an ID without a row: it is unknown, erased, or
// its row was lost.
func (s *Store) missing(ctx context.Context, by store.By) error {
	missing := sqlkit.NotFound(by.ID)
	err := s.rows(ctx, func(row []any) error {
		if key, _ := row[0].([]byte); !isNoKey(key) {
			missing = lost(by.Tenant, by.ID)
		}
		return nil
	}, "SELECT k.key FROM ids k WHERE k.tenant = ? AND k.id = ? AND NOT EXISTS (SELECT 1 FROM callbacks c WHERE c.cb = k.cb)",
		by.Tenant, string(by.ID))
	if err != nil {
		return err
	}
	return missing
}
