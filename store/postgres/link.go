package postgres

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// unsentError is an error met before anything was sent.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }

func (e *unsentError) Unwrap() error { return e.err }

// link is the connection on which changes are made: one of their pool, kept from
// one attempt to the next while it works, or the host's transaction.
type link struct {
	store *Store
	pool  *pgxpool.Pool // nil: of the connections for changes
	conn  *pgxpool.Conn
}

// open makes sure that there is a connection. Its error says that nothing was
// sent.
func (l *link) open(ctx context.Context) error {
	if l.store.inside() {
		return nil
	}
	if l.conn != nil && !l.conn.Conn().IsClosed() {
		return nil
	}
	l.close()
	conn, err := cmp.Or(l.pool, l.store.commits).Acquire(ctx)
	if err != nil {
		return &unsentError{err}
	}
	l.conn = conn
	return nil
}

// openAgain tries to open until it works or ctx ends.
func (l *link) openAgain(ctx context.Context) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := l.open(ctx)
		if err == nil || !pause(ctx, wait) {
			return err
		}
	}
}

func (l *link) query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := l.open(ctx); err != nil {
		return nil, err
	}
	if l.conn == nil {
		return l.store.db.Query(ctx, sql, args...)
	}
	delete(l.conn.Conn().PgConn().CustomData(), warned)
	return l.conn.Query(ctx, sql, args...)
}

// close gives the connection back.
func (l *link) close() {
	if l.conn != nil {
		l.conn.Release()
		l.conn = nil
	}
}

// unsent reports whether an error says that nothing reached the server.
func unsent(err error) bool {
	var e *unsentError
	return errors.As(err, &e)
}
