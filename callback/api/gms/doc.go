// Package gms is an http.Handler that speaks the callback API of Genesys Mobile
// Services over a [callback.Manager], so that clients of that product can be
// kept. Package config reads the product's configuration, as MIGRATION.md
// describes.
//
//	POST   /genesys/1/service/callback/{name}                start
//	DELETE /genesys/1/service/callback/{name}/{id}           cancel
//	PUT    /genesys/1/service/callback/{name}/{id}           reschedule, report a state, set properties
//	GET    /genesys/1/service/callback/{name}/{id}           query by identifier
//	GET    /genesys/1/service/callback?_id={id}              the same, in an array
//	GET    /genesys/1/service/callback[/{name}]?{key}={text} query by properties
//	GET    /genesys/1/service/callback/{name}/availability   slots, version 1
//	GET    /genesys/2/service/callback/{name}/availability   slots, version 2
//	GET    /genesys/1/service/{office-hours}                 opening hours
//	POST   /genesys/1/service/{id}/check-queue-position      position; also GET
//	POST   /genesys/1/service/{id}/preview-response          answer to a preview
//	GET    /genesys/1/admin/callback/queues                  query by queues
//	GET    /genesys/1/admin/callback/watermarks              counts
//	POST   /genesys/1/admin/callback/reportcancelled         export as CSV
//	POST   /genesys/1/admin/callback/cancel                  cancel many
//	POST   /genesys/1/admin/callback/ops/delete              forget me
//	GET    /genesys/openapi.json                             this API as an OpenAPI 3.1 document
//
// Mount it under any prefix with http.StripPrefix, and tell it the prefix with
// [Config.Base]. A path may leave out /genesys. A service called "callback" can
// be reached, an office-hours service called so cannot.
//
// # Who may do what
//
// Start, cancel and PUT need [api.RoleCreate] or [api.RoleOperate]. A state that
// is reported or that a start forces needs [api.RoleOperate], because it passes
// limits by. A start without that role may name QUEUED where it asks for now, and
// SCHEDULED where it asks for a time beyond the buffer; the state is then decided
// as if it had not been named. Queries by identifier and
// properties and the position need [api.RoleRead] or [api.RoleOperate]; slots and
// opening hours any of the three; previews [api.RoleOperate]; queues, watermarks
// and the cancelling of many [api.RoleAdmin]; the export [api.RoleExport];
// forgetting [api.RoleForget]; the document any role.
//
// What a caller does not reach is answered as not existing. A caller bound to
// one customer finds, cancels and forgets that customer's callbacks alone, and
// has no queues, watermarks and exports, which are about all.
//
// # Bodies
//
// Bodies are JSON objects or forms. Members of a start that are no parameters
// become properties, those without a leading underscore user data. Times are
// read with or without fraction and offset, as UTC without one, and written as
// 2006-01-02T15:04:05.000Z. Lists may be arrays or texts with commas.
//
// The header Idempotency-Key makes a start safe to repeat. Callers that are bound
// to one customer share keys with that customer's alone.
//
// A PUT is one change: a new time or state and the properties that come with it
// are all written, or none. Former values of lookup keys stay searchable.
//
// A query by properties has at most 50 values and 50 identifiers. A semicolon in
// a query or a form is text.
//
// # States
//
// GMS has fewer states than the library: OFFERED, DIALING and UNRESOLVED are
// QUEUED to its clients, in rows and in filters, until the customer answers.
//
// # Numbers
//
// A query by _customer_number reads the number as the service would. Without a
// service in the path each service reads it in its own country.
//
// # Errors
//
// The body of an error is {"code", "phrase", "message", "exception",
// "properties"} with the codes of GMS; that of a closed office or a full slot
// has other times in "availability", at the top and in the properties. Where GMS
// has no code it is the HTTP status with two zeros: 40100 and 40300 for callers,
// 40400 and 40500 for paths and methods. A message repeats the number that the
// request came with, and no other. Whatever is the server's fault is logged, and
// the answer says no more than that.
//
// A cancellation while a call is in flight is 40020, and takes effect when the
// call has ended; with discard_ors_failure it takes effect at once.
//
// # What is left out
//
// Disposition responses need a desktop of agents. The options _ors and the like
// steer servers that are not there; a request may name them, and nothing
// follows.
package gms
