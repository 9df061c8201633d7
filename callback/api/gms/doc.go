// Package gms implements the callback API of Genesys Mobile Services as an
// http.Handler on a [callback.Manager], so that clients of that product keep
// working. Package config parses the product's configuration; see MIGRATION.md.
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
//	POST   /genesys/1/service/{id}/preview-response          answer a preview
//	GET    /genesys/1/admin/callback/queues                  query by queues
//	GET    /genesys/1/admin/callback/watermarks              counts
//	GET    /genesys/1/admin/callback/pauses                  pauses in force
//	PUT    /genesys/1/admin/callback/pauses[/{name}]         pause a service or all
//	DELETE /genesys/1/admin/callback/pauses[/{name}]         end a pause
//	POST   /genesys/1/admin/callback/reportcancelled         export as CSV
//	POST   /genesys/1/admin/callback/cancel                  bulk cancel
//	POST   /genesys/1/admin/callback/ops/delete              forget me
//	GET    /genesys/openapi.json                             this API as an OpenAPI 3.1 document
//
// Mount the handler under any prefix with http.StripPrefix and set
// [Config].Base to the prefix. /genesys is optional in a path. An office-hours
// service must not be named "callback"; a callback service may.
//
// # Roles
//
// Start, cancel and PUT need [api.RoleCreate] or [api.RoleOperate]. Queries by
// identifier or properties and the position need [api.RoleRead] or
// [api.RoleOperate]; slots and opening hours any of these three; previews
// [api.RoleOperate]. Queues, watermarks, pauses and bulk cancel need [api.RoleAdmin],
// the export [api.RoleExport], forgetting [api.RoleForget]. The OpenAPI
// document needs any role.
//
// Reporting a state, and forcing one on start, needs [api.RoleOperate], because
// it bypasses limits. A start without that role may set the state that results
// anyway: QUEUED for now, SCHEDULED for a time beyond the buffer.
//
// A callback that the caller cannot see is answered as not existing. A caller
// restricted to a customer can query, cancel and forget that customer's
// callbacks only. It has no access to queues, watermarks, pauses and exports, which
// cover the tenant.
//
// # Bodies
//
// Bodies are JSON objects or forms, of one part or of several, in UTF-8, US-ASCII or
// ISO-8859-1 as they declare. In a start, members that are not parameters
// become properties, or user data if the name does not begin with an
// underscore. A JSON number may stand for a text if it is written in digits alone.
// Times are yyyy-MM-ddTHH:mm with optional seconds, fraction and offset, and are UTC
// without an offset, except where a request names a zone; they are written as
// 2006-01-02T15:04:05.000Z. Booleans are true or false in any case. A list is an array
// or a string with commas. The query parameter _ is ignored.
//
// The header Idempotency-Key makes a start safe to repeat. Keys of callers
// restricted to a customer are separate per customer.
//
// A PUT is atomic: a new time or state is written together with the properties
// in the body. Former values of lookup keys remain searchable.
//
// A query by properties may have up to 50 values and 50 identifiers. A
// semicolon in a query or a form is part of a value.
//
// # States
//
// GMS has fewer states than this library. OFFERED, DIALING and UNRESOLVED
// appear as QUEUED, in responses and in filters.
//
// # Numbers
//
// A query by _customer_number parses the number with the rules of the service
// in the path, or of each service if there is none.
//
// # Errors
//
// The body of an error is {"code", "phrase", "message", "exception",
// "properties"}, the last only if it has any, with the codes of GMS. If the office is closed or the slot is
// full, "availability" contains alternative times, at the top level and in the
// properties. Errors without a GMS code have the HTTP status followed by 00:
// 40100 and 40300 for callers, 40400 and 40500 for paths and methods, 42900 for
// an export that has waited for 10 seconds because other exports of the tenant
// are being answered. A message contains no phone number except the one in the
// request. Failures of the
// server are logged; the response does not describe them.
//
// Cancelling a callback that is in a call is answered with 40020 and takes
// effect when the call ends; with discard_ors_failure it takes effect at once.
//
// # Not supported
//
// There are no disposition responses. The option _ors and others that configure
// the orchestration server are accepted in requests and have no effect.
package gms
