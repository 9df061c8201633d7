// Package callbacktest helps to test programs and plug-ins that use package callback.
// It has a dialer with a simulated telephone network, a store that injects faults, a
// router, a recorder of events, checks that apply to every test, and a loop that runs
// days of virtual time in milliseconds. The tests of this project use it.
//
// To check a store, use package store/storetest. Nothing in this package makes real
// calls.
//
// # Writing a test
//
// A test has one [Clock], which all parts read. The Manager is Synchronous: it calls
// the dialer on the goroutine that ticks it, and works only in [Drive]. Package
// managertest builds all parts in one call. Built one by one:
//
//	clock := callbacktest.NewClock(monday)
//	dialer := callbacktest.NewDialer(clock.Now).
//		On("+41785556677", callbacktest.Busy(), callbacktest.Answered(90*time.Second))
//	m, err := manager.New(manager.Config{
//		Store: store, Services: services, Dialer: dialer,
//		Now: clock.Now, NewID: callbacktest.IDs("cb"), Synchronous: true,
//	})
//	...
//	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "+41785556677"})
//	...
//	_, err = callbacktest.Drive(ctx, m, clock, dialer, monday.Add(8*time.Hour))
//	...
//	rec := callbacktest.NewRecorder(store, "")
//	rec.RequireCompleted(t, cb.ID, callback.ReasonAgentConnected)
//	callbacktest.VerifyAudit(t, store)
//	callbacktest.VerifyPermits(t, store, clock.Now(), "")
//	callbacktest.RequireNoDoubles(t, dialer)
//
// Nothing sleeps, and each run of the test produces the same events.
//
// # The dialer
//
// A [Dialer] is a [callback.Dialer] with a simulated network. A script of [Step]
// values determines, by number and attempt, what happens to a call: one of the 54
// results, and how long the call rings, waits and lasts. It also determines what the
// engine observes:
//
//   - Dial can return an error that says that the call was not placed ([Refused],
//     [Throttled]) or one that does not ([Lost], [Step.Fails]), panic ([Crashed],
//     [Step.Panics]), or not return ([Blocks], [Stuck]).
//   - Reports can be missing ([Silent], [Mute], [StagesOnly]), repeated ([Twice]),
//     out of order ([Backwards]), late ([Step.Late]), made before Dial returns
//     ([Early]), or about an attempt that does not exist ([Stray]).
//   - Look-ups and hang-ups can fail ([Forgotten], [Step.LookupFails],
//     [Step.HangupFails]), and a request can be delayed ([Step.Delayed]).
//
// A Manager finds the capabilities of a dialer by type assertion. [Dialer.Blind],
// [Dialer.NoHangup], [Dialer.NoLookup] and [Dialer.Fenced] return dialers with other
// capabilities.
//
// [Dialer.Calls] lists the calls on the simulated network, whatever was reported, and
// [Dialer.Doubles] the pairs of calls that called a customer twice.
//
// Reports are delivered at least once, as [callback.Dialer] requires: a report that
// fails is repeated.
//
// # The store
//
// A [FaultyStore] injects faults into a store, by rules or at random: an error before
// or after the call took effect, a cancelled context, or a hook that delays the call
// or writes first. A fault applies to a whole call or to some of its changes.
//
// # The router
//
// A [Router] is a pool of agents with scripted errors.
//
// # Checking the result
//
// A [Recorder] reads the event feed of a tenant and has assertions about single
// callbacks. [VerifyAudit], [VerifyPermits], [RequireNoOverbooking] and
// [RequireNoDoubles] apply to every test and belong in a cleanup. They take a [TB],
// which *testing.T implements, so that this package does not import package testing.
//
// # Goroutines and real time
//
// A Manager that is not Synchronous calls the dialer on other goroutines. Test it in
// a testing/synctest bubble: create the dialer with NewDialer(time.Now) in the bubble
// and start [Dialer.Run], which delivers reports until its context ends. [Stuck] and
// [Blocks] are for such tests only, because they block the tick of a Synchronous
// Manager.
package callbacktest
