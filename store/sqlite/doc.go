// Package sqlite keeps callbacks in one SQLite file: a durable [callback.Store]
// that needs no server.
//
//	s, err := sqlite.Open(ctx, "/var/lib/desk/callbacks.db")
//	...
//	defer s.Close()
//	manager, err := callback.New(callback.Config{Store: s, ...})
//
// It is for one machine: one process, or a few that share the file. Where nodes
// on several machines work on the same callbacks, package store/postgres is the
// one; where nothing needs to outlive the process, store.Memory.
//
// # What is promised
//
// An acknowledged change survives, whole, with its counters, its key and its
// event:
//
//   - the end of the process at any point, by kill -9 too;
//   - a power cut or a crash of the system, with [Full], the default. With
//     [Normal] that may undo the last changes, the latest first, each whole;
//   - a disk that is full: what had no room fails with [ErrFull], did not
//     happen, and works again when there is room.
//
// An error means that nothing happened, unless it is callback.ErrOutcomeUnknown:
// the disk failed at the commit, or the caller's context ended while its change
// was written. Reading tells, and repeating is safe.
//
// A callback in a file that is damaged gives an error, or is not found where its
// name was hit, or is read as it was: its record is sealed together with the
// columns beside it, so that altered bytes are never taken for another state,
// number or time. A record that cannot be read is set aside and delays no other:
// see [Store.Damaged].
//
// # What is not
//
//   - Files on network file systems: their locks do not hold.
//   - What was written after a backup that is restored. Calls that were made
//     since are not known to it: look at what the telephone platform says before
//     a restored store is set to work.
//   - The file without its log. The file callbacks.db-wal is part of the store
//     while it is in use; who copies files takes a [Store.Backup].
//   - Secrecy of the file: the keys are in it. Erased keys are not; of erased
//     digests see below.
//   - The moment of attention, the lease and the indexes are not sealed: bytes
//     altered there may have work come at another time, or not be found. PRAGMA
//     integrity_check finds that.
//
// # Erasing
//
// Nothing that identifies a person reaches SQLite in the clear: records and the
// subjects of counters are sealed (AES-GCM), each under a key of its own, and
// what is searched by value - numbers, customers, external ids, lookup
// properties, idempotency keys, subjects - is kept as keyed digests. To erase is
// to overwrite the key, and to remove the rest. SQLite's secure_delete, which is
// on for every connection that writes, is not enough by itself: when SQLite moves
// rows to another page it may leave a copy where they were. Rows with keys
// therefore never change their size and are only added at the end, so that they
// are never moved. [Store.Erase] says when the log has forgotten too.
//
// Copies of digests may so outlive an erasure, a few in a thousand, in parts of
// the file that SQLite does not use, until it writes there again: there is no
// limit to how long. They are not in backups that are made later. A digest tells
// nothing by itself. But the secret of all digests is in the file: who has both
// can try numbers, and learn that one of them was known once, not what for. With
// [WithDigestKey] the file alone does not tell that either.
//
// Events and pauses are kept in the clear: what callers give as actor, detail and
// reason is to name nobody, as callback.Event says. IDs, tenants, services and node names are in
// the clear, and the ID of an erased callback stays for ever.
//
// # Writing and reading
//
// One goroutine writes, through one connection. What callers bring while a group
// of changes is written makes the next group, with one commit for all, so that
// sixteen callers are not sixteen times slower; one caller alone waits for
// nobody. Each change is decided on its own. Where a statement fails
// unexpectedly the transaction is rolled back and each caller's changes are tried
// alone. Readers use other connections and see the latest commit; writers and
// readers do not wait for each other.
//
// The log is begun anew when it has 16,000 pages, 66 MB, after the transaction
// that comes to that; it grows on while somebody reads an old state, as a backup
// does. The writer's pages take at most 32 MiB of memory, those of each reader 8 MiB;
// there are four readers, or two per processor where that is more.
//
// # Sizes and speeds
//
// Measured on two virtual processors with a disk that takes 100 µs to sync,
// beside the same rows written by a bare loop of prepared statements
// (BenchmarkStart, BenchmarkClaimComplete):
//
//	starts a second, Full, 1 caller      2,700    bare 3,500
//	starts a second, Full, 16 callers    9,800    bare 9,800
//	starts a second, Normal, 1 caller    6,300    bare 5,900
//	claimed and completed, by hundreds  12,900    bare 18,300
//
// On a disk that takes 1 ms to sync one caller makes some 900 starts a second,
// sixteen callers share each sync. A pending callback with a number, a customer,
// a key and four properties takes some 900 bytes with all indexes, each further
// event 80, an erased callback 240. A million pending callbacks are 0.9 GB and
// do not slow down claims: these go by an index from the earliest.
//
// # Indexes
//
// Each costs a start, and a change that touches it, some 5 to 10 µs.
//
//   - ids (tenant, id): Get, changes, and that no ID is used twice;
//   - callbacks_due (next_at, id, tenant), where there is a time: claims of due
//     work, and when the next is due;
//   - callbacks_queue (tenant, service, priority, ready, queued_at, id), of
//     queued callbacks only: claims of queue heads, places in a queue;
//   - callbacks_desired and callbacks_created (tenant, time, id): searches in
//     these orders. The order of the last change has none, because each change
//     would pay for it;
//   - callbacks_idem: idempotency keys;
//   - terms (term, callback): numbers, customers, external ids and lookup
//     properties, present and former;
//   - events_cb (callback, seq): histories. The feed is the table itself;
//   - counters, by tenant, kind, service, subject, slot and name: limits, and the
//     load of a range of buckets; counters_ends: windows that are over;
//   - tallies: how many callbacks of each service, priority and state there are,
//     so that the count that a Manager makes at every tick reads no callback.
//
// # Migrating
//
// [Open] brings the schema up to date. For hosts that manage the handle, or
// migrate with a tool of their own, there are [New], [Migrate] and [Migrations].
// A file of a newer library is refused and left as it is. The schema's version
// is PRAGMA user_version, the file's mark PRAGMA application_id.
//
// # Several processes
//
// Processes of one machine may share the file. Writers take turns for the length
// of a commit; who waits does so until its context ends. Changes of others are
// seen by the next call, and there is no notification: a Manager finds them when
// it polls.
package sqlite
