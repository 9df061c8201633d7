// Package api holds what the HTTP faces of a Manager have in common: who may do
// what, and how a request is read before any work is done for it.
//
// The faces are the packages below it: gms, lucs, lcm and interaction. Each is
// an http.Handler that speaks the wire format of an existing product. A host
// mounts it on any mux, under any prefix with http.StripPrefix, and gives it an
// [Authorizer]; without one nothing is allowed.
//
// # Roles
//
// A caller has a set of roles and one tenant, which decides what it can see:
// the callbacks of other tenants do not exist for it. Own of [Caller] bounds what
// the caller may reach further, to the callbacks of one customer.
//
// # Reading requests
//
// Bodies over [MaxBody], other content types than the product's, JSON that is
// malformed, too deep or names a member twice are a [Fault] with an HTTP status,
// found before the Manager is asked anything. Each face writes it in the error
// form of its product.
package api
