// Package postgrestest runs a private PostgreSQL server for tests, examples and benchmarks: its own data directory, its own port,
// gone when the test binary is.
//
// It is not for production. The server trusts every local connection and by default does not survive a power cut.
//
// # Clusters
//
// [Start] makes a data directory and starts the server on it, as a child of the calling process; [Cluster.Close] ends it. In
// between [Cluster.StopImmediate] and [Cluster.Restart] are the crash and the recovery that a store has to live through. Every
// database of the cluster is reached through a unix socket ([Cluster.DSN]) or on 127.0.0.1 ([Cluster.TCP]), as the superuser
// postgres without a password. [Cluster.NewDatabase] gives a test an empty database of its own.
//
// A test package shares one cluster among its tests with a [Suite], which starts it when the first test asks.
//
// # Programs
//
// [Find] looks for initdb and postgres, version 13 or newer. When they are missing Start fails with [ErrNoServer], and a test that
// asks a Suite for its cluster fails: it never skips itself. The programs refuse to run as root, so under root they run as the
// user postgres or, when there is none, nobody.
//
// # PgBouncer
//
// [StartBouncer] puts a PgBouncer in transaction mode before a cluster. Its connection strings select a query mode of pgx that
// works with any version of PgBouncer; see [BouncerOptions].
//
// # Cleaning up
//
// A shell outlives the calling process for as long as it takes to stop the server and to remove its files. It takes over when the
// process dies without calling Close: killed, interrupted, or out of time in go test.
//
// # Speed
//
// A start takes well below two seconds, most of it initdb. Both that and the creation of a database make hundreds of files, which
// some file systems do slowly; therefore clusters that need not be durable live in memory where there is room ([Options]).
package postgrestest
