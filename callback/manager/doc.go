// Package manager runs callbacks: it accepts requests, keeps them in a store,
// releases them in order, has them dialed, retries, and reports what happened.
// It is the package that a host imports and calls from its own handlers. The
// types that it works with, and the contracts of the plug-ins, are in
// [github.com/ringback-go/ringback/callback].
//
// The package does not listen on a socket, place calls or choose a database. HTTP
// handlers for existing clients are below callback/api.
//
// # Manager
//
// [New] makes a [Manager] from a [Config]: a Store, a ServiceSource and a Dialer
// are required, a Router is optional. Methods such as [Manager.Start],
// [Manager.Cancel] and [Manager.Search] answer from the store and never dial. All
// methods are safe for concurrent use. [Manager.Wait] returns when a callback is
// completed or unresolved; [Manager.Subscribe] delivers events as they happen.
//
// # Run and Tick
//
// The work is done by [Manager.Run], which blocks until its context ends. It calls
// [Manager.Tick] when the next callback is due, when another method or the store
// signals a change, and at least every Config.Poll. One Tick claims what is due,
// handles time-outs and lost attempts, releases queued callbacks as far as agents,
// lines and limits allow, and hands the committed attempts to the dialer. Only Run
// owns a timer. A test or a simulation calls Tick itself, with the time of its
// choice.
//
// A dialer that returns before the call has ended, and webhooks of its platform,
// report to [Manager.Report].
//
// When the context of Run ends, Run begins no more work, waits up to
// Config.ShutdownTimeout for calls of the dialer, and returns nil. Other methods
// still work. [Manager.Shutdown] ends Run and also makes the methods that change
// something return [callback.ErrStopped].
//
// # Who is served
//
// Tenants have equal shares of what their callbacks compete for, such as agents
// of one Router and calls of one Dialer, whatever the lengths of their queues.
// Within a tenant the services have shares by Queueing.Share. While two of them
// have callbacks that can be dialed, the numbers of callbacks that they dialed,
// divided by their shares, differ by at most one callback of each. A service that
// begins to compete is served before any other of its tenant is served twice at
// equal shares. Shares hold on each node for itself, and no credit is saved while
// a service has nothing to dial.
//
// StrictPriority goes before all other callbacks of its tenant, and NothingElse
// after them. Within a service the seven other priorities follow
// Queueing.Weights. A callback that cannot be dialed now, because its number is on
// the phone or no agent for it is free, keeps its place and lets the next one
// pass.
//
// # Several nodes
//
// Any number of Managers, in one process or several, may share one store. None of
// them leads: each claims work under a lease, and work whose lease has expired is
// claimed by another. Config.Node must differ between them.
//
// # Tenants
//
// A host with one tenant needs nothing. [Manager.Tenant] returns a view of the
// Manager that reads and changes the callbacks of the named tenant only; the
// Manager itself acts for the tenant with the empty name. Run, Tick and Shutdown
// work for all tenants, whichever view they are called on.
//
// # Transactions of the host
//
// [Manager.Within] returns a [Starter] that writes through a view of the store
// inside the host's own transaction. The callback exists if and only if that
// transaction commits:
//
//	_, err := m.Within(db.In(tx)).Start(ctx, req)
//
// # Administration
//
// [Manager.Pause] and [Manager.Resume] stop and restart the release of a service's
// callbacks on all nodes. [Manager.Queues], [Manager.Position] and
// [Manager.Watermarks] show the state of the queues. [Manager.CancelAll],
// [Manager.ExportCancelled] and [Manager.Forget] work on many callbacks.
//
// # Idempotency and errors
//
// A request with a Key may be repeated: the same key and content return the same
// callback. The comment of each method lists its errors; [callback.Code] returns
// the number of each for GMS clients. [callback.ErrOutcomeUnknown] says that the
// change may have been made and that repeating the request with its Key is safe.
package manager
