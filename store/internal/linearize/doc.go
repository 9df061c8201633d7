// Package linearize tests that stores are linearizable: that whatever many
// clients do at once has the same results as if each call had happened at one
// instant between its beginning and its end.
//
// It is for the tests of this module only: nothing that a host imports links
// it. What a store has to do for one caller at a time is the matter of
// store/storetest.
//
// # Histories
//
// A [Workload] is made from a seed: three to six clients, each with some six to
// twelve operations on a handful of callbacks that compete for one to three
// seats. The operations are the changes of the engine: a start that takes a
// place in the service and a seat of a bucket, a cancellation that gives them
// back, a reschedule that gives back one seat and takes another, a release,
// completion and return of what was claimed, both kinds of claims, forgetting,
// and reading. Clients know only what they have read or been told, so that they
// act on what others have changed since; a few give up while a call is under
// way.
//
// [Workload.Run] lets them loose on a store, each history in a tenant of its
// own, and afterwards asks the store for everything it has. The [History] is
// what each call was asked, what it answered, and the order of beginnings and
// ends. Callbacks whose moment has come are claimed over all tenants; a store
// therefore runs one history at a time, and nothing of the tenant is due at its
// end. A [Campaign] runs many histories, on several stores at once.
//
// The tests run 2,000 histories of each store; -histories sets another number
// and -seed the first. How the calls of a history meet is up to the scheduler: a
// seed that failed may need some repetitions to fail again. The test prints the
// history that failed and draws it.
//
// # The sequential specification
//
// [State] is what one tenant of a store holds, as small as it can be for the
// operations above, and step.go says what each operation does to it.
// [History.Check] has porcupine look for an order of the operations that the
// specification accepts.
//
// A call whose outcome is unknown has no end: it may happen at any later time,
// or never, which is the same as after everything else. A call that was given
// up before it began changes nothing.
//
// # Claims that pass over
//
// A store may let claims pass over what somebody else is changing at the
// moment, in place of waiting for it ([Rules]). The specification then accepts
// a claim that leaves out a callback, but only one that an overlapping call may
// have had locked: one that names the callback or has claimed it, or another
// claim that itself overlaps such a call, because it may have locked the
// callback in vain. A claim that overlaps nothing has to find everything, and
// so has the last claim of each history.
package linearize
