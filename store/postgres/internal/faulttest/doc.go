// Package faulttest runs nodes as processes that die or stand still at chosen points of an attempt, in a telephone world that
// outlives them, and checks afterwards what was promised. Tests use it to prove that a shared store keeps its promises when the
// processes that use it do not end well.
//
// It is not a store's conformance suite, and it is no simulator: time is real, processes are real, and a run is not repeatable to
// the byte.
//
// # Model
//
// A [Node] is the test binary run again: [RunNode], called first thing in TestMain, notices that and turns the process into a
// [callback.Manager] on a store in PostgreSQL. Each node answers orders on a socket of its own: to start a callback, to take a
// report, to break at a [Point].
//
// The [World] lives in the test's process and stands for the telephone network: nodes ask it over a socket to place calls and
// what became of them, and it reports to whichever node listens how the calls went. It writes down every request in a ledger that
// only grows, so that it knows by itself whether an attempt was placed twice or two calls of one callback were up at once. Asking
// the store would be asking the suspect.
//
// A [Fleet] is nodes on one schema with one world, and the list of what they have accepted: a start is sent to any of them and
// repeated under its key with another until somebody gives a definite answer.
//
// # Points
//
// The nine points are those between which an attempt can be cut short, from before the claim is sent to after the result was
// sent and not answered. A node is told to break at one of them with [Node.Arm] and does so the next time its work comes there: it
// kills itself, or stops until it is continued. At the points "sent, not answered" the blow comes while the statement is under way,
// at a random moment, and at the latest before the node learns how it ended.
//
// # Classes of dialers
//
// A [Fenced] world places an attempt once however often it is asked, refuses epochs below the highest it has seen for the callback,
// and never places what it once said it had not. A world that only answers look-ups places whatever arrives. In both, a request
// that was written arrives after a while even when whoever sent it is dead.
package faulttest
