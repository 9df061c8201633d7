// Package sqlite is a durable [callback.Store] in one SQLite file. It needs no
// server.
//
//	s, err := sqlite.Open(ctx, "/var/lib/desk/callbacks.db", sqlite.Config{})
//	...
//	defer s.Close()
//	manager, err := callback.New(callback.Config{Store: s, ...})
//
// It is for one machine: one process, or a few that share the file. For nodes
// on several machines see package store/postgres. For callbacks that need not
// survive the process see store.Memory.
//
// # Guarantees
//
// An acknowledged change survives as a whole, with its counters, its
// idempotency key and its event:
//
//   - the end of the process at any point, by kill -9 too;
//   - a power failure or a crash of the operating system, with [Full], which is
//     the default. With [Normal], the last changes may be lost, each as a whole
//     and the latest first;
//   - a full disk: a change that does not fit fails with [ErrFull], has no effect,
//     and can be repeated once there is space.
//
// An error means that nothing happened, except for callback.ErrOutcomeUnknown:
// the disk failed during the commit, or the caller's context ended while its
// change was being written. Read to find out, or repeat the change, which is
// safe.
//
// A record is encrypted and authenticated together with its columns, so that
// altered bytes are never taken for another state, number or time. In a damaged
// file, a callback is returned as it was, or gives an error, or, if its ID was
// damaged, is not found. A damaged record is set aside and does not delay
// others: see [Store.Damaged].
//
// # Limitations
//
//   - Network file systems do not work: their locks are unreliable.
//   - A restored backup does not know the calls that were made after it. Compare
//     it with the records of the telephony platform before use.
//   - While the store is in use, the file callbacks.db-wal is a part of it. Use
//     [Store.Backup] to copy the store.
//   - The file is not secret: it contains the keys, except those of erased
//     callbacks. About digests of erased values see below.
//   - NextAt, the lease and the indexes are not authenticated: damage there may
//     cause work at another time, or callbacks that are not found. PRAGMA
//     integrity_check detects it.
//
// # Erasing
//
// SQLite never gets data that identifies a person in plain form. Records and
// the subjects of counters are encrypted with AES-GCM, each with its own key.
// Values that can be searched (numbers, customers, external IDs, lookup
// properties, idempotency keys, subjects) are stored as keyed digests. Erasing
// overwrites the key and deletes the rest. SQLite's secure_delete, which is on
// for every connection that writes, does not suffice: when SQLite moves rows to
// another page, it may leave a copy behind. Rows with keys never change their
// size and are only appended, so that SQLite never moves them. [Store.Erase]
// describes when the log is free of them.
//
// Copies of a few digests in a thousand may therefore survive an erasure in
// unused parts of the file, for an unlimited time, until SQLite writes there
// again. Later backups do not contain them. A digest alone reveals nothing, but
// the file also contains the secret of all digests: with both, one can test
// numbers and learn that one of them was once stored, though not for what.
// [Config.DigestKey] prevents this.
//
// Events and pauses are not encrypted: actor, detail and reason must not name a
// person, see callback.Event. IDs, tenants, services and node names are not
// encrypted either, and the ID of an erased callback remains for ever.
//
// # Concurrency
//
// One goroutine writes, on one connection. Changes that arrive while a group is
// being written form the next group, which has one commit, so that concurrent
// callers share commits and a single caller does not wait. Changes in a group
// succeed or fail independently. If a statement fails unexpectedly, the
// transaction is rolled back and the changes of each caller are tried alone.
// Readers use other connections and see the latest commit. Readers and the
// writer do not block each other.
//
// The log is restarted by the transaction that brings it to 16,000 pages, or 66
// MB. While a reader uses an older state, as a backup does, it keeps growing.
// The page cache of the writer takes at most 32 MiB, and that of each reader 8
// MiB. There are four readers, or two per processor if that is more.
//
// # Performance
//
// Measured with two virtual processors and a disk that syncs in 100 µs, in
// comparison with a loop of prepared statements that writes the same rows
// (BenchmarkStart, BenchmarkClaimComplete):
//
//	starts a second, Full, 1 caller      2,700    bare 3,500
//	starts a second, Full, 16 callers    9,800    bare 9,800
//	starts a second, Normal, 1 caller    6,300    bare 5,900
//	claimed and completed, by hundreds  12,900    bare 18,300
//
// On a disk that syncs in 1 ms, one caller makes about 900 starts per second;
// sixteen callers share each sync. A pending callback with a number, a
// customer, a key and four properties takes about 900 bytes including indexes,
// each further event 80, and an erased callback 240. A million pending
// callbacks take 0.9 GB and do not slow down claims, which use an index.
//
// # Indexes
//
// Each index costs a start, and every change that touches it, about 5 to 10
// µs.
//
//   - ids (tenant, id): Get and changes; makes IDs unique
//   - callbacks_due (next_at, id, tenant), rows with a time: claims of due
//     callbacks, and when the next one is due
//   - callbacks_queue (tenant, service, priority, ready, queued_at, id), queued
//     callbacks only: claims of queue heads, positions in a queue
//   - callbacks_desired and callbacks_created (tenant, time, id): searches in
//     these orders. There is none for the time of the last change, because every
//     change would have to update it
//   - callbacks_idem: idempotency keys
//   - terms (term, callback): numbers, customers, external IDs and lookup
//     properties, present and former
//   - events_cb (callback, seq): histories. The feed is the table itself
//   - counters, by tenant, kind, service, subject, slot and name: limits, and the
//     load of a range of buckets; counters_ends: windows that have ended
//   - tallies: the number of callbacks by service, priority and state, so that the
//     Count of every tick of a Manager reads no callback
//
// # Migrations
//
// [Open] migrates the schema. Hosts that manage the database handle, or migrate
// with a tool of their own, use [New], [Migrate] and [Migrations]. A file of a
// newer library is rejected and not modified. PRAGMA user_version is the
// version of the schema; PRAGMA application_id marks the file as one of this
// package.
//
// # Several processes
//
// Processes on one machine may share the file. Writers take turns for each
// commit and wait until their context ends. A process sees the changes of
// others at its next call. There is no notification: a Manager finds them when
// it polls.
package sqlite
