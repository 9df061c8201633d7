// Package faultproxy is a loopback TCP proxy before a PostgreSQL server that makes the network fail at chosen points of the
// conversation: just before a commit reaches the server, just after the server executed it and before the client hears of it,
// or silently, with every byte lost and every connection open. Tests use it to prove what a client concludes from each.
//
// It is no tool for production and no pooler: it does not encrypt (TLS and GSS encryption are declined, so the client's sslmode
// has to allow that), it does not authenticate, and it reads no more of the protocol than it needs.
//
// # Model
//
// Every client connection gets a server connection. What the client sends is cut into requests, the units that the server answers
// with one ReadyForQuery: a simple Query (which is how pgx sends begin and commit), or a pipeline of the extended protocol that
// ends with Sync, which outside a transaction block commits by itself. A request is passed on as a whole, when it is complete. A
// Flush makes an exception, for the client waits for answers then: what it ends is matched and counted by itself.
//
// A request has the texts of the statements it executes: that of the Query, and for each Execute that of the statement that its
// portal was bound to, whether it was parsed in this request or, under a name, in an earlier one. A request that only parses and
// describes a statement executes nothing and has no texts.
//
// # Faults
//
// [Proxy.Arm] waits for the n-th request with a matching text and cuts its connection: [CutBefore] instead of passing it on,
// [CutAfter] once the server has answered it, with the answer withheld. [Proxy.Swallow] loses every byte of every connection in
// both directions until it is turned off; the connections stay open meanwhile, even when their other end closes, and those that
// lost something are closed at the end, like connections that a repaired network resets. [Proxy.DropNotifications] loses the
// notifications of LISTEN alone. [Proxy.Cut] drops every connection at once.
//
// # Limits
//
// COPY FROM STDIN works as a simple Query only, as pgx sends it. One message has at most 256 MiB.
package faultproxy
