// Package openapitest checks the adapters against their OpenAPI documents. It
// is a module of its own so that hosts do not depend on the validator.
//
// For each adapter it runs the tests of the package, recording with
// [github.com/ringback-go/ringback/callback/api/internal/exchange]. It then
// requires that the document allows every response and every accepted request,
// and that a test has seen everything the document describes.
package openapitest
