package postgrestest

import "errors"

var (
	// ErrNoServer says that the PostgreSQL server programs initdb and postgres were not found.
	ErrNoServer = errors.New("no PostgreSQL server programs")
	// ErrNoBouncer says that the program pgbouncer was not found.
	ErrNoBouncer = errors.New("no pgbouncer program")
	// ErrStopped says that the cluster's server does not run: it was stopped and not restarted, or closed, or it ended by itself.
	ErrStopped = errors.New("the cluster is stopped")
	// ErrClosed says that the cluster was closed for good.
	ErrClosed = errors.New("the cluster is closed")
)
