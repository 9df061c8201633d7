// Package faulttest runs nodes as processes that die or stop at chosen points
// of an attempt, against a simulated telephone network that survives them, and
// then checks the guarantees. Tests use it to check that a shared store keeps
// its guarantees when the processes that use it fail.
//
// It is neither a conformance suite nor a simulator: time and processes are
// real, and a run cannot be repeated exactly.
//
// # Model
//
// A [Node] is the test binary, run again. [RunNode], called at the start of
// TestMain, recognises this and turns the process into a [callback.Manager] on
// a PostgreSQL store. A node takes orders on a socket of its own: to start a
// callback, to process a report, or to break at a [Point].
//
// The [World] is the telephone network; it lives in the test's process. Nodes
// ask it over a socket to place calls and to look up attempts, and it reports
// to the nodes how calls went. It records every request in an append-only
// ledger, so it knows independently of the store whether an attempt was placed
// twice or a callback had two calls at once.
//
// A [Fleet] consists of nodes on one schema, their world, and the list of
// callbacks they accepted. A start is sent to any node and repeated under its
// key with others until one returns a definite result.
//
// # Points
//
// The nine points cover the ways an attempt can be interrupted, from before the
// claim is sent to after the result was sent but not acknowledged. [Node.Arm]
// tells a node to break the next time its work reaches a point: it kills
// itself, or stops until it is continued. At the points "sent, not answered" it
// breaks while the statement is in progress, after a random delay, and at the
// latest before the node learns the outcome.
//
// # Classes of dialers
//
// A [WorldConfig].Fenced world places an attempt once, however often it is
// asked, refuses epochs below the highest one it has seen for the callback, and
// never places an attempt that it once reported as not placed. A world without
// a fence answers look-ups and refuses requests that arrive after their
// deadline, with a tolerance; it places whatever arrives in time. In both, a
// request that was sent arrives after a while even if its sender has died, and a
// node that was stopped just before it sends still sends.
package faulttest
