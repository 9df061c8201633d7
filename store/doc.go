// Package store has [Memory], a store for callbacks that need not survive their
// process, and what other implementations of [callback.Store] share with it.
//
// Memory is for production use where that is acceptable: its searches are
// indexed, its claims and changes cost the logarithm of the number of
// callbacks, and what it keeps of erased callbacks is bounded. It is also the
// store for tests and simulations. It loses everything when the process ends.
// Packages store/sqlite and store/postgres are durable.
//
// # Data structures
//
// Each tenant has data structures of its own. A callback is an entry, which
// claims modify, with a body, which every change replaces. Bodies are
// immutable, so that readers copy them after they have released the lock of the
// store.
//
// Searches have indexes on IDs, idempotency keys, numbers, customers, external
// IDs, lookup properties (present and former), and on the times desired (by
// state), created, updated and queued. A queue is an ordered set of callbacks
// that are ready. NextAt is one index over all tenants, in which ties are
// ordered by ID. Counters are indexed by service, kind and slot. They are
// removed when they become zero or their window ends.
//
// # Cost
//
// A change updates about six trees, and a claim three per callback. A search by
// an exact value costs the number of callbacks with that value. Any other
// search walks the index of its order and costs the page size times the
// distance between matches. A count by service, state and priority costs the
// number of groups. Conditions on caller, pool, personal agent, properties,
// reason and end time have no index: they are checked on the callbacks that
// remain, under the lock.
//
// # Writing a store
//
// Package callback defines the interface and its contract; [Store] and the
// types next to it are aliases. [callback.ClockStore], [callback.NotifyingStore]
// and [callback.PausingStore] are optional interfaces; without the last, services
// cannot be paused. [CheckChange], [CheckClaim], [CheckQuery], [CheckEvents] and
// [CheckErase] validate requests. [FormatCursor], [ParseCursor], [FormatFeed] and
// [ParseFeed] implement cursors. [Filter] checks the conditions that a database
// cannot, and [callback.TextOf] is the text by which properties are compared.
// Package record encodes callbacks and events, and package storetest tests a
// store against the contract.
package store
