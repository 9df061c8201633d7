// Package storetest checks that a [callback.Store] keeps its contract.
//
// A test of a store runs the whole suite:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) callback.Store {
//			return openEmpty(t)
//		})
//	}
//
// Each subtest checks one clause of the interface comment on a store of its
// own. The areas are creation, compare-and-swap, permits and their windows,
// idempotency keys, claims of due work and of queues, leases and epochs,
// searches and their pages, counts, loads, events, erasure, times, ownership of
// arguments and results, tenants, pauses, batches, malformed input, cancelled
// contexts and concurrent calls. The clauses about pauses are skipped for a store
// that is not a [callback.PausingStore]. The last area compares the results of random
// operations, from fixed seeds, with those of a naive store.
//
// The suite does not sleep and reads no clock. It passes instants of its own,
// in steps of at least a microsecond, so that any store can run it. The values
// in properties and user data are text, [encoding/json.Number], bool, nil, and lists and
// maps of these, and come back as such.
//
// # Where the contract leaves room
//
// The suite requires these interpretations:
//
//   - A conflict of revision, epoch or idempotency key takes precedence over a
//     refused permit, so that a repeated request is not refused because of the
//     units it already holds.
//   - A new callback has epoch 0. Creating it under another epoch is a conflict.
//   - A window ends at its end: at that instant the counter is zero. The first unit
//     sets the end; later units do not move it.
//   - Claimed.NextAt of a claim of due work excludes what that claim has leased.
//   - A descending search is the reverse of the ascending one, including ties.
//     Callbacks without the time that orders them come before all others, and a
//     bound on a time excludes callbacks that do not have it.
//   - Properties are compared as text; a number or boolean is written as in JSON.
//     Nothing matches empty text or a compound value.
//   - [callback.Group].Ready counts queued, ready callbacks, leased or not.
//   - The event of an erasure continues the callback's sequence numbers.
//   - Malformed changes, claims, limits and cursors are
//     [callback.ErrInvalidParameter].
//
// [Clauses] returns the single clauses, for runners other than package testing.
// [New], [Write], [Revise] and [Unclaim] make callbacks and changes for tests
// of a store.
package storetest
