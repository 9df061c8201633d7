// Package ringback is the root of a library for callbacks in contact centres. A
// customer who would wait on hold asks to be called back, now or at a time. The
// library checks the number, the opening hours and the capacity, books a place,
// releases the callback in order when an agent can take it, has it dialed,
// retries, and records what happened.
//
// It is a library and not a server: the host owns the process, the listener, the
// database handle and the telephony. This package contains this overview only.
//
// # Packages
//
// For hosts:
//
//   - [github.com/ringback-go/ringback/callback/manager]: the Manager, which
//     accepts callbacks and runs them
//   - [github.com/ringback-go/ringback/callback]: the vocabulary: callbacks,
//     states, services, events, errors
//   - [github.com/ringback-go/ringback/store]: the store in memory; store/sqlite
//     and store/postgres are modules of their own
//   - [github.com/ringback-go/ringback/callback/api]: adapters for clients of GMS,
//     LUCS and LCM, in the packages gms, lucs, lcm and interaction below it
//
// For authors of plug-ins, who need the package callback only:
//
//   - [github.com/ringback-go/ringback/callback.Store],
//     [github.com/ringback-go/ringback/callback.Dialer] and
//     [github.com/ringback-go/ringback/callback.Router]: the contracts
//   - [github.com/ringback-go/ringback/callback/callbacktest]: scripted dialer,
//     faulty store, event recorder, manual clock
//   - [github.com/ringback-go/ringback/store/storetest]: the conformance suite for
//     stores
//   - [github.com/ringback-go/ringback/store/record]: an encoding of records for
//     stores that keep bytes
//
// Useful without callbacks:
//
//   - [github.com/ringback-go/ringback/phonenum]: phone numbers
//   - [github.com/ringback-go/ringback/availability]: opening hours, capacity, time
//     slots
//   - [github.com/ringback-go/ringback/scheduler]: order, timing, retries and
//     recurrence as pure decisions
//
// # Where to begin
//
// README.md has a whole program. The package comment of callback explains the
// model: states, permits, attempts, and the guarantees after a crash. Run
// examples/quickstart for a day of requests, from acceptance to the last attempt,
// and examples/live for the engine in real time. ARCHITECTURE.md is the map for
// contributors.
package ringback
