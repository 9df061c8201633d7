// Package linearize tests that stores are linearizable: concurrent calls have
// the same results as if each had taken effect at one instant between its start
// and its end.
//
// It is a module of its own and serves only the tests of this repository.
// Package storetest checks the behaviour towards a single caller.
//
// # Histories
//
// A [Workload] is generated from a seed. It has three to six clients with about
// six to twelve operations each, on a few callbacks that compete for one to
// three seats. The operations are those of the engine: a start takes a place in
// the service and a seat of a bucket, a cancellation gives both back, and a
// reschedule exchanges the seat; a claimed callback is released, completed or
// unclaimed; there are both kinds of claims, erasures and reads. Clients know
// only what they have read or been returned, so they act on outdated
// information. Some cancel calls that are in progress.
//
// [Workload.Run] runs the clients against a store, each history in a tenant of
// its own, and finally reads everything the store has. The [History] holds the
// input and the result of each call, and the order of all starts and ends. A
// claim of due work covers all tenants, so a store runs one history at a time,
// and afterwards nothing of its tenant is due. A [Campaign] runs many
// histories, on several stores in parallel.
//
// The tests run 2,000 histories per store, and 200 with -short. The flags
// -histories and -seed set their number and the first seed. How the calls
// interleave depends on the scheduler, so a seed that failed may have to be
// repeated to fail again. The test prints and draws the failed history.
//
// # The sequential specification
//
// [State] is the content of one tenant, reduced to what the operations need,
// and step.go defines the effect of each operation. [History.Check] lets
// porcupine search for an order of the operations that the specification
// accepts.
//
// A call with an unknown outcome has no end: it may take effect at any later
// time, or never, which is equivalent to after everything else. A call that was
// cancelled before it started has no effect.
//
// # Claims that skip callbacks
//
// A store may let a claim skip callbacks that are being changed instead of
// waiting ([Rules]). The specification then accepts a claim that leaves out a
// callback, but only one that an overlapping call may have locked: a call that
// names the callback or claimed it, or another claim that itself overlaps such
// a call, because it may have locked the callback in vain. A claim that
// overlaps no other call must find everything, and so must the last claim of
// each history.
package linearize
