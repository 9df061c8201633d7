// Package postgrestest runs a private PostgreSQL server for tests, examples and
// benchmarks. The server has its own data directory and port and ends with the
// test binary.
//
// It is not for production. The server trusts every local connection and by
// default does not survive a power failure.
//
// # Clusters
//
// [Start] creates a data directory and starts a server on it as a child of the
// calling process; [Cluster.Close] ends it. [Cluster.StopImmediate] and
// [Cluster.Restart] are the crash and the recovery that a store must survive.
// Each database of the cluster is reachable through a unix socket
// ([Cluster.DSN]) and on 127.0.0.1 ([Cluster.TCP]), as the superuser postgres
// without a password. [Cluster.NewDatabase] creates an empty database for a
// test.
//
// The tests of a package share one cluster through a [Suite], which starts it
// on first use.
//
// # Programs
//
// [Find] looks for initdb and postgres, version 13 or newer. If they are
// missing, Start fails with [ErrNoServer], and a test that asks a Suite for its
// cluster fails rather than skips. The programs refuse to run as root. If the
// caller is root, they run as the user postgres or, if there is none, nobody.
//
// # PgBouncer
//
// [StartBouncer] starts a PgBouncer in transaction mode in front of a cluster.
// Its connection strings select a query mode of pgx that works with any version
// of PgBouncer; see [BouncerOptions].
//
// # Cleaning up
//
// A shell outlives the calling process for as long as it takes to stop the
// server and remove its files. It takes over if the process dies without
// calling Close: killed, interrupted, or timed out by go test.
//
// # Speed
//
// A start takes well below two seconds, most of it for initdb. initdb and the
// creation of a database write hundreds of files, which is slow on some file
// systems. Clusters that need not be durable are therefore kept in memory if
// there is room ([Options]).
package postgrestest
