// Package postgres keeps callbacks in PostgreSQL: any number of processes, one
// database, no leader.
//
//	pool, err := pgxpool.New(ctx, dsn)
//	err = postgres.Migrate(ctx, pool, postgres.Config{})
//	s, err := postgres.New(ctx, pool, postgres.Config{})
//	m, err := callback.New(callback.Config{Store: s, ...})
//
// It is a module of its own, so that only hosts that use it link the driver. It
// needs PostgreSQL 13 or newer.
//
// # What is promised
//
// With synchronous_commit on, as it is by default, an accepted callback survives
// the crash of every process, of the server and of its machine. A change is in
// the tables as a whole or not at all, and a seat is never given twice.
//
// An error is honest: nil means that it happened, [callback.ErrOutcomeUnknown]
// that it may have, any other that it did not. When a connection breaks in the
// middle of a commit, the store repeats the change on another connection: each
// carries a random number by which the repetition finds that the first attempt
// went through. Where standbys are synchronous, what it finds counts only when
// a later commit has reached them too. Only when no answer can be had until
// Config.Timeout does the error come to the caller, and the request can be
// repeated under its key.
//
// The database's clock decides for all nodes, see [Store.Now]. Safety rests on
// revisions and epochs alone: a clock that jumps makes work early or late by as
// much, never double.
//
// # Failover
//
// With a synchronous standby (synchronous_standby_names) and synchronous_commit
// on, remote_write or remote_apply, a failover to that standby loses nothing that
// was accepted. Name all servers in the connection string:
//
//	postgres://app@pg1,pg2,pg3/calls?target_session_attrs=read-write&connect_timeout=2
//
// The store then finds the promoted server by itself, and a failover shorter than
// Config.Timeout is a pause and no error. A longer one is
// [callback.ErrOutcomeUnknown] for changes that were under way and the error of the
// context or the connection for others.
//
// A commit waits for its standby, and no session sees it until then. Where that wait
// is cut short - pg_cancel_backend, pg_terminate_backend, a caller's context that
// ends, a restart of the server - the commit is on one server only and can be seen
// there. The store does not report it as made: it hears the server's warning, and
// what it finds after an unknown outcome, or by an idempotency key, it returns
// only when a commit of its own that came later has reached the standby. A primary
// that was replaced and does not know it therefore accepts nothing, provided that
// no standby that it waits for still follows it. What it shows otherwise, in
// searches, counts and the feed, may be out of date or lost: stop it (Patroni does,
// with a watchdog also when its own process hangs). Within a transaction of the
// host, the host's commit waits and hears the warning. SCALING.md in folder store
// has what failovers cost, and what the operator has to do.
//
// [New] logs a warning when synchronous_commit is off, or local where standbys are
// synchronous.
//
// After a failover to an asynchronous standby, skip the places of events that were
// lost before nodes work with it; readers of the feed that have passed them would
// otherwise miss what comes next:
//
//	SELECT setval('ringback.places', nextval('ringback.places') + 1000000)
//
// # What is not
//
//   - A failover to an asynchronous standby, or synchronous_commit off, loses the
//     last commits as it does for every table. A callback that was being dialed
//     may be dialed again by a node of the new primary, which has no record of the
//     attempt.
//   - A restored backup is the past: what was dialed since will be dialed again.
//     Before nodes start on one, complete or cancel what is due in the
//     restored state.
//   - Erasing removes rows. VACUUM removes their bytes from the tables; the
//     write-ahead log, its archives, standbys that lag and backups keep them for
//     as long as they are kept. The planner's statistics never quote numbers.
//   - A read replica is refused ([store.ErrReadOnly]): claims and counters need the
//     primary.
//
// # Behind a transaction pooler
//
// Nothing is kept in a session: no advisory locks, no temporary tables, no
// settings. Behind PgBouncer in transaction mode, older than 1.21 or with
// max_prepared_statements = 0, prepared statements are not to be had either: set
// default_query_exec_mode=cache_describe in the connection string. Leave
// Config.Notify off there, or do without the hints. Any default isolation level
// will do; serialization failures are repeated.
//
// # Tables and indexes
//
// Everything is in one schema:
//
//   - callbacks, one row each: the columns that are asked for, and the rest as
//     package record writes it, with the first event. Their key is the ID where that
//     is a UUID, as those of a Manager are, and a hash of tenant and ID otherwise.
//     An erased callback's row stays, emptied, so that a late writer finds it gone.
//   - due and queue: who needs attention when, who waits in which queue. They
//     are tables in place of indexes, because these places change with every
//     claim, and an update that touches an indexed column rewrites every index
//     of its row; this way a claim rewrites none.
//   - counters: permits that are out, under a hash of their names. A transaction
//     takes them last, so that another one waits for no more than its commit.
//   - events: history and feed, from the second event of a callback on.
//   - pauses: one row per pause of services that is in force.
//   - readable_callbacks, readable_events and readable_counters: views for people
//     and reports, in words and without numbers.
//
// The indexes, and what each is for:
//
//	callbacks_pkey     (k)                        every change and Get
//	callbacks_key      (tenant, idempotency_key)  repeated requests; unique; rows with a key
//	callbacks_place    (place)                    the feed: first events
//	callbacks_desired  (tenant, desired)          the default order of searches, ranges of times
//	callbacks_number   (tenant, number)           search by number
//	callbacks_lookups  (lookups), GIN             search by search value, alternative number, customer and external
//	                                              ID, as hashes; rows with some
//	due_pkey           (next_at, k)               claims of due work, sleeping until the next
//	due_leased         (next_at)                  leases given before the clock was set back
//	queue_pkey         (tenant, service, priority, ready, queued_at, id)
//	                                              claims of queue heads, counting what waits
//	counters_pkey      (h)                        permits
//	counters_slot      (tenant, service, kind, slot)
//	                                              loads of ranges of buckets
//	counters_subject   (tenant, subject)          forgetting a person
//	counters_ends      (ends)                     removing windows that have ended
//	events_pkey        (k, seq)                   history
//	events_place       (place)                    the feed: later events
//	pauses_pkey        (tenant, service)          pauses, which a Manager reads once per Config.Poll
//
// Searches in the order of creation, change or queue sort what matches: narrow
// them, or add an index of your own; a column that changes often makes every
// update dearer.
//
// # Sizing
//
// A pending callback takes about 0.53 kB with its first event and all indexes (make
// versus ARGS='-only bytes'), each further event some 0.2 kB. The pages of callbacks
// are filled to 85 %, so that the updates of a callback's busy minutes find room in
// its page and leave its indexes alone. Completed callbacks stay for Service.Retention; of an erased
// one a row with its ID and one event, some 0.4 kB, stay for ever:
// autovacuum keeps up when autovacuum_vacuum_scale_factor of callbacks, due,
// queue and counters is lowered to 0.02 or so on busy systems. A process uses
// one connection of the pool for each read and claim that is under way, and up to
// Config.Committers + 1 for changes, which are opened like the pool's and are not
// part of it: a pool of 8 serves a busy node.
//
// A transaction that stays open for long, of any table of the server, holds back
// two things: vacuum, and the event feed ([Store.Events]).
//
// # Migrating
//
// [Migrate] applies the numbered steps of [Migrations]; call it from one place at
// deployment, or at the start of every node: they wait for each other. A node
// refuses a schema that is newer than it knows, or older than it needs. [SQL]
// prints everything for those whose roles may not create tables; [Validate]
// checks the result. Functions carry their version in their names, so that nodes
// of two releases can run at once.
package postgres
