// Package faultproxy is a loopback TCP proxy in front of a PostgreSQL server
// that makes the network fail at chosen points: just before a commit reaches
// the server, just after the server has executed it and before the client
// learns of it, or silently, with every byte lost and every connection open.
// Tests use it to check what a client concludes from each failure.
//
// It is not for production and not a pooler. It declines TLS and GSS
// encryption, so the client's sslmode must allow unencrypted connections; it
// does not authenticate, and it parses only as much of the protocol as it
// needs.
//
// # Model
//
// Every client connection has a server connection. The proxy divides what the
// client sends into requests: the units that the server answers with one
// ReadyForQuery. A request is a simple Query, which is how pgx sends begin and
// commit, or a pipeline of the extended protocol that ends with Sync, which
// commits by itself outside a transaction block. A request is forwarded as a
// whole, once it is complete. Flush is an exception, because the client then
// waits for results: the part that it ends is matched and counted by itself.
//
// A request has the texts of the statements it executes: that of the Query and,
// for each Execute, that of the statement its portal was bound to, whether the
// statement was parsed in this request or, under a name, in an earlier one. A
// request that only parses and describes a statement executes nothing and has
// no texts.
//
// # Faults
//
// [Proxy.Arm] waits for the n-th request with a matching text and cuts its
// connection: [CutBefore] does not forward it, [CutAfter] withholds the
// server's response. [Proxy.Swallow] loses every byte of every connection in
// both directions until it is turned off. Until then connections stay open, even
// if the other end closes, and those that lost something are closed at the end,
// as after a repair of the network. [Proxy.DropNotifications] loses the
// notifications of LISTEN only. [Proxy.Cut] drops every connection at once.
//
// # Limits
//
// COPY FROM STDIN works only as a simple Query, as pgx sends it. A message has
// at most 256 MiB.
package faultproxy
