// Package callback holds the vocabulary of ringback: the [Callback] and its
// states, the configuration of a [Service], events, errors, and the contracts of
// the plug-ins [Store], [Dialer], [Router] and [Observer].
//
// It is what the author of a plug-in imports. It contains no engine, starts no
// goroutine, opens no connection and keeps no data. Callbacks are accepted,
// queued and dialed by the Manager of
// [github.com/ringback-go/ringback/callback/manager].
//
// # States
//
// A callback is in one of nine states. Each line lists the states that may follow
// one; every transition is one atomic write with one [Event]. [CanMove] answers
// for this table, and callback/states.svg is a drawing of it.
//
//	(new)      -> Scheduled Queued Paused Offered Routing Processing Completed
//	Scheduled  -> Scheduled Queued Paused Routing Processing Completed
//	Queued     -> Scheduled Queued Paused Offered Dialing Routing Processing Unresolved Completed
//	Paused     -> Scheduled Queued Paused Completed
//	Offered    -> Queued Offered Dialing Routing Processing Completed
//	Dialing    -> Queued Dialing Routing Processing Unresolved Completed
//	Routing    -> Queued Routing Processing Unresolved Completed
//	Processing -> Queued Processing Unresolved Completed
//	Unresolved -> Queued Dialing Routing Processing Unresolved Completed
//	Completed  -> Completed
//
// Most callbacks take this path:
//
//	Start                 for now or for later       release time
//	  |---- later ---> Scheduled ---------------------------> Queued
//	  '---- now --------------------------------------------> Queued
//	Queued -- agent and line free, attempt committed -------> Dialing
//	Dialing -- customer answers --> Routing -- agent -------> Processing
//	Dialing -- busy, no answer, ...: retry later -----------> Queued
//	Dialing -- outcome unknown -----------------------------> Unresolved
//	Processing -- call ended -------------------------------> Completed
//	Completed -- number and properties masked --------------> Completed
//
// Offered is the preview, confirmation or access booking before an attempt.
// Paused is a callback whose service is paused, by a call or by its configuration.
// A completed callback has a [Reason] and stays completed. Only three changes can
// follow: masking, the result of an attempt that was unresolved when the callback
// completed, and changes of what it owes to a router or a dialer
// ([Callback].Owed).
//
// # Six ideas
//
// Time is data. Decisions take the time as an argument. The Manager reads the
// clock - its Config.Now, or the store's own, see [ClockStore] - once at the
// entry of a public method and once before it calls the dialer. Its Tick method
// performs one step of the engine at the time it is given.
//
// One atomic write per change. The record under compare-and-swap on its revision,
// the permits it takes and gives back, the idempotency key and the event are
// written together or not at all; see [Change].
//
// Permits. Every limit is a counter with a key, a maximum and, for rates, a
// window. A callback holds permits and returns each one in the transition to a
// state that does not need it; see [PermitKind].
//
// One next due time. Callback.NextAt is the earliest of release, retry, expiry,
// offer time-out and lease end. Recovery needs no special code, because a callback
// whose lease has expired is due.
//
// Write before you dial. The attempt is committed, under a key and an epoch,
// before the dialer is called.
//
// No leader. Any number of Managers may share a store, and each may do any work.
//
// # Guarantees after a crash
//
// If Start returned no error, the callback stays in the store until it completes,
// provided that the store is durable.
//
// If a node stops before it commits an attempt, the lease expires and another node
// makes the attempt. If it stops after the commit and the outcome stays unknown,
// the callback becomes Unresolved. It leaves this state only
//
//   - when the dialer can say what happened to the attempt, see [LookupDialer],
//   - by a late report that carries the key of the attempt, see [Report],
//   - by an operator, see the Manager's Resolve and Cancel, or
//   - at the end of its time to live: it then completes with [ReasonTimeout] and
//     is not dialed again.
//
// A time-out alone never causes another attempt. What follows for the customer
// depends on the dialer:
//
//   - With a platform that refuses an attempt with an epoch lower than the highest
//     it has seen ([DialerLimits].Fenced), a customer never has two live calls.
//   - With a dialer that implements [LookupDialer] the same holds, if a request to
//     the platform takes effect within its deadline or not at all.
//   - With any other dialer, each decision of an operator to dial again causes one
//     request to the platform.
//
// After Cancel returned nil, no attempt begins. While a call is in flight Cancel
// returns [ErrInFlight], and no further attempt follows.
//
// # Errors
//
// A nil error means that the change was made. [ErrOutcomeUnknown] means that it
// may have been made and that it can be repeated safely with the same key. After
// any other error it was not made. [Code] returns the code of an error in the
// numbering of GMS.
//
// # Privacy
//
// The phone number of a customer does not appear in errors, events, log lines or
// printed values. [phonenum.Address] prints itself masked and returns the digits
// from its Reveal method only; records and requests print and encode without
// the values that identify a person. After its completion a callback is masked
// when [Service.MaskAfter] has passed, and erased when [Service.Retention] has.
package callback
