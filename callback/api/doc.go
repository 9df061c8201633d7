// Package api holds what the HTTP adapters of a Manager share: authorization,
// reading of requests, and serving.
//
// The adapters are the packages gms, lucs, lcm and interaction. Each is an
// http.Handler that speaks the wire format of an existing product. A host
// mounts it on any mux, under any prefix with http.StripPrefix, and gives it an
// [Authorizer]. There is no default that allows requests.
//
// # Roles
//
// A caller has a tenant and a set of roles. It sees the callbacks of its tenant
// only; those of other tenants are answered as not existing. If [Caller].Own is
// set, it sees the callbacks of that customer only.
//
// # Reading requests
//
// A body is rejected with a [Fault] before the Manager is called if it is
// larger than [MaxBody], has no content type or one that the product does not
// use, or is JSON that is malformed, nested too deep or repeats a member. Each
// adapter writes the fault in the error format of its product.
//
// A request that may change something and that a browser sends for a page of
// another origin is answered with status 403; see [Origins].
//
// # Time-outs
//
// A host sets ReadHeaderTimeout, ReadTimeout, WriteTimeout and IdleTimeout of its
// http.Server. A request may wait for 10 seconds for other large requests of its
// tenant, and for 10 seconds after failures to log in, so that WriteTimeout is 30
// seconds or more. Responses that an adapter streams are not cut by WriteTimeout:
// a client has 30 seconds for each 64 KiB instead. A handler of the host that
// sends events without end lifts WriteTimeout for its response with
// http.ResponseController.
package api
