package postgrestest

import "errors"

var (
	// ErrNoServer reports that the programs initdb and postgres were not found.
	ErrNoServer = errors.New("no PostgreSQL server programs")
	// ErrNoBouncer reports that the program pgbouncer was not found.
	ErrNoBouncer = errors.New("no pgbouncer program")
	// ErrStopped reports that the server is not running: it was stopped and not
	// restarted, or closed, or it ended by itself.
	ErrStopped = errors.New("cluster is stopped")
	// ErrClosed reports that the cluster was closed.
	ErrClosed = errors.New("cluster is closed")
)
