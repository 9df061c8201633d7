// Package callbacktest is the kit for testing what runs on package callback: a
// scripted telephone world, a store that fails on purpose, a recorder of what
// happened, checks that need no knowledge of the test, and the loop that turns
// days into milliseconds. The project's own tests are made with it.
//
// It is not a conformance suite: package store/storetest checks stores. It is
// not for production either: nothing here makes a call.
//
// # A test with it
//
// A test has one [Clock], which everything reads. The Manager is Synchronous: it
// calls the dialer on the goroutine that ticks it, and works only in [Drive].
// Package managertest builds all of this in one call; by hand it is:
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
// Nothing sleeps. The same test does the same, event for event, every time.
//
// # The dialer
//
// A [Dialer] is a [callback.Dialer] with a telephone world behind it. A script
// of [Step] values says, per number and attempt, what happens to the call - any
// of the 54 results, with how long it rings, waits and is talked on - and,
// apart from that, what the engine gets to see of it:
//
//   - Dial may return an error that says that nothing was placed ([Refused],
//     [Throttled]) or one that does not say ([Lost], [Step.Fails]), panic
//     ([Crashed], [Step.Panics]), or not return ([Blocks], [Stuck]);
//   - reports may be missing ([Silent], [Mute], [StagesOnly]), doubled
//     ([Twice]), in the wrong order ([Backwards]), late ([Step.Late]),
//     ahead of Dial's return ([Early]), or for an attempt that never was
//     ([Stray]);
//   - look-ups and hang-ups may fail ([Forgotten], [Step.LookupFails],
//     [Step.HangupFails]), and a request may be held up ([Step.Delayed]).
//
// Capabilities are found by assertion, so that a dialer without one is another
// value: [Dialer.Blind], [Dialer.NoHangup], [Dialer.NoLookup],
// [Dialer.Fenced].
//
// The dialer keeps the truth apart from what it reported. [Dialer.Calls] is
// what the phones did; [Dialer.Doubles] is the pairs of calls that show a
// customer phoned twice, found without asking the engine or its store.
//
// Reports are delivered at least once, as [callback.Dialer] promises: one that
// fails comes again.
//
// # The store
//
// A [FaultyStore] puts faults in front of any store, by rule or by seeded
// chance: an error before the work, an error after it (the lost
// acknowledgement), a cancelled context, a hook that delays or lets another
// writer in first. It works on some changes of a batch as well as on whole calls.
//
// # Looking at the result
//
// A [Recorder] reads the event feed of a tenant and has assertions for single
// callbacks. [VerifyAudit], [VerifyPermits], [RequireNoOverbooking] and
// [RequireNoDoubles] hold for every test, whatever it was about, and belong in
// a cleanup. All of them take the small interface [TB], which *testing.T
// implements, so that this package does not import package testing.
//
// # Goroutines and real time
//
// A Manager that is not Synchronous calls the dialer on goroutines. Test it in
// a testing/synctest bubble: make the dialer with NewDialer(time.Now) inside
// the bubble and start [Dialer.Run], which delivers reports by timer until its
// context ends. [Stuck] and [Blocks] are for such tests only: in a
// Synchronous Manager they hold up the tick itself.
//
// A [Router] is a pool of agents whose answers can be scripted.
package callbacktest
