// Package hatest runs three PostgreSQL servers under Patroni, each with its
// agent and its member of an etcd cluster in a network namespace of its own, and
// tests that callbacks survive what happens to such a cluster: servers killed,
// servers cut off from all others or only from their peers, and planned
// switchovers.
//
// It needs Linux, root, and the programs that make test-ha installs: patroni,
// etcd, ip and setpriv. Its test is built with the tag ha only.
//
// # Network
//
// A [Network] is a bridge in a namespace, the hub, to which every node is
// connected by a virtual cable. The test binary starts itself again inside the
// hub ([InHub]), so that the nodes of ringback, which are its child processes,
// reach the servers by the same bridge. Nothing of it can be seen from, or
// reaches, the network of the machine.
//
// [Network.Cut] unplugs a node. [Network.Split] leaves it plugged in, but its
// peers drop what it sends and it drops what they send: clients still reach a
// primary that is no longer one.
package hatest
