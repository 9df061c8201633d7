// Package ringback is the root of a library that contact-centre backends embed
// to run callbacks: a customer who would wait on hold asks to be called back,
// now or at a time; the library checks the number, the opening hours and the
// capacity, books a place, keeps it safe, releases it in the right order when
// an agent can take it, has it dialled, retries, completes, and can always say
// what happened and why.
//
// It is a library, not a server: the host owns the process, the listener, the
// database handle and the telephony. This package holds nothing but this map.
//
// # The packages
//
//   - [github.com/ringback-go/ringback/callback]: the callback, its life cycle,
//     the Manager, and the interfaces a host plugs into: Store, Dialer, Router
//   - [github.com/ringback-go/ringback/store]: the store in memory
//   - [github.com/ringback-go/ringback/phonenum]: telephone numbers
//   - [github.com/ringback-go/ringback/availability]: opening hours, capacity,
//     time slots
//   - [github.com/ringback-go/ringback/scheduler]: order, timing and retries as
//     pure decisions
//   - [github.com/ringback-go/ringback/callback/callbacktest]: a scripted
//     dialer, a faulty store and a clock for unit tests
//   - [github.com/ringback-go/ringback/store/storetest]: the conformance suite
//     for whoever writes a store
//
// phonenum, availability and scheduler know nothing of callbacks and are useful
// alone. callback imports those three and no store, driver or HTTP.
//
// # Where to begin
//
// The README shows a whole program. The package comment of callback explains
// the model: states, permits, attempts, and what is promised when a process
// dies. examples/quickstart runs a day of requests from acceptance to the last
// attempt; examples/live runs the engine in real time.
package ringback
