// Package store has Memory, the reference implementation of
// [callback.Store], and what the authors of other stores share with it.
//
// Memory keeps everything in the memory of one process and loses it when the
// process ends: it is for tests, simulations, demonstrations, and for hosts
// whose promises need not outlive a restart. It is not the place for callbacks
// that must not be lost.
//
// # Model
//
// A tenant is a structure of its own: nothing in one refers to another. Within
// it each callback is an entry, what claims change, with a body, which a change
// replaces as a whole. Bodies never change, so that readers take them along and
// copy them after they have let go of the store's one lock.
//
// What is searched is indexed: IDs and idempotency keys; numbers, customers,
// external IDs and lookup properties, present and former; the times desired (by
// state), created, updated and queued. Queues are ordered sets of the callbacks
// that are ready; moments of attention are one index over all tenants, in which
// callbacks that share an instant are ordered by ID. Counters are kept by
// service, kind and slot, and go when they come to zero or their window ends.
//
// # Cost
//
// A change costs the depth of some six trees, a claimed callback that of three,
// a search by an exact value what stands under the value, another search the
// page times how far apart its callbacks lie in the order asked for, a count by
// service, state and priority the number of groups. Conditions without an index
// - caller, pool, personal agent, properties, reasons, times of the end - are
// checked on the callbacks that the others leave, under the lock.
//
// # Writing a store
//
// The interface and its contract are in package callback; [Store] and the types
// around it are other names for them. [ClockStore], [NotifyingStore] and [PausingStore] are what a
// store may offer beside it; without the last, services cannot be paused. [CheckChange], [CheckClaim],
// [CheckQuery], [CheckEvents] and [CheckErase] find what is malformed,
// [FormatCursor] and [ParseCursor] are cursors by place for any store,
// [Filter] checks the conditions of a query that a database cannot, and
// [callback.TextOf] is the text with which properties are compared. Package
// record is the form of callbacks and events for stores that keep bytes,
// package storetest checks a store against the contract.
package store
