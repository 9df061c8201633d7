// Package openapitest holds the API faces against their OpenAPI documents. It is
// a module of its own, because the validator it requires is no business of a
// host.
//
// For each face the test runs the tests of the face's package with
// [github.com/ringback-go/ringback/callback/api/internal/exchange] recording, and
// then demands that every response it gave is one that the document allows, that
// every request it accepted is one too, and that the document describes nothing
// that no test has seen.
package openapitest
