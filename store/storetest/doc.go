// Package storetest checks that a [callback.Store] keeps its contract.
//
// It is for people who write a store. A test of theirs runs the whole suite:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) callback.Store {
//			return openEmpty(t)
//		})
//	}
//
// Each subtest is one demand of the interface comment, on a store of its own,
// grouped by area: what creation, compare-and-swap, permits and their windows,
// idempotency keys, claims of due work and of queues, leases and epochs,
// searches and their pages, counts, loads, events, erasure, times, ownership of
// what is given and returned, tenants, batches, malformed input, cancelled
// contexts and concurrent callers have to give. What a [callback.PausingStore] has to
// give is asked of stores that are one; the others have nothing to show there.
// The last area compares every answer to random operations, from fixed seeds,
// with a store written in the plainest way.
//
// The suite never sleeps, reads no clock and passes its own instants, at most
// a microsecond apart, so that any store can run it. It expects values to come
// back as JSON would bring them back: user data hold text, float64, bool, nil,
// lists and maps of these.
//
// # Where the contract leaves room
//
// The suite holds a store to these readings:
//
//   - A conflict of revision, epoch or idempotency key is found before any
//     permit is asked, so that a repeated request is not refused the place that
//     it holds itself.
//   - A new callback has epoch 0; writing it under another epoch is a conflict.
//   - A window ends at its end: at that instant the counter is at zero.
//     Its first unit sets the end, later ones do not move it.
//   - A due claim's NextAt leaves out what that claim has leased.
//   - A descending search is the ascending one backwards, ties included.
//     Callbacks without the time that orders them come before all others, and
//     a bound on a time leaves out callbacks that do not have it.
//   - Properties are compared by their text: a number or truth value as JSON
//     writes it. The empty text and compound values are found by nothing.
//   - Ready in a [callback.Group] counts queued, ready callbacks, leased or not.
//   - The event of an erasure continues the callback's numbers.
//   - Malformed changes, claims, limits and cursors are
//     [callback.ErrInvalidParameter].
//
// [Clauses] gives the demands one by one, for a runner other than testing.
// [New], [Write], [Revise] and [Unclaim] make callbacks and changes for a
// store's own tests.
package storetest
