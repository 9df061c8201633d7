// Package lucs implements the callback API of Luware LUCS as an http.Handler on
// a [callback.Manager], so that clients of that product keep working.
//
//	POST /v1.0/callbacks                     create
//	POST /v1.0/callbacks/search              search
//	GET  /v1.0/callbacks/{id}                get
//	GET  /v1.0/callbacks?externalTaskId={id} get
//	POST /v1.0/callbacks/{id}/cancel         cancel
//	GET  /v1.0/services                      services
//	GET  /v1.0/openapi.json                  this API as an OpenAPI 3.1 document
//
// Mount the handler under any prefix with http.StripPrefix. The fixed parts of
// a path are case-insensitive.
//
// # Roles
//
// Create and cancel need [api.RoleCreate] or [api.RoleOperate]; get needs
// [api.RoleRead] or [api.RoleOperate]; services any of the three; the document
// any role. Search needs [api.RoleOperate], or [api.RoleRead] for a caller
// restricted to a customer. A callback that the caller cannot see is answered
// as not existing. A callback that a restricted caller creates belongs to its
// customer.
//
// An ExternalTaskId can be guessed. For a caller that has neither
// [api.RoleRead] nor [api.RoleOperate] it finds only callbacks that the caller
// created or, if it is restricted to a customer, those of the customer. The
// answers to such a caller contain no number, text or identifier that a
// requester wrote, except the answer to its own create.
//
// # Requests
//
// Bodies are JSON objects. Names of members are case-insensitive and written as
// in LUCS; a repeated name, even in different case, is rejected. null and an
// empty string are equivalent to an absent member. Create ignores unknown
// members. ContextUrl is an https URL, one that [Config].ContextURLs lists, or a
// word of letters, digits, hyphens and underscores. Search rejects them unless they are null, because ignoring a filter
// would give a wrong result.
//
// Dates are ISO 8601 or dd.mm.yyyy hh:MM:ss, both with up to nine fractional
// digits, and UTC without an offset. 0001-01-01T00:00:00, the default of .NET,
// is equivalent to an absent date. Dates are written as
// 2006-01-02T15:04:05.000Z; a DueDate is truncated to milliseconds.
//
// A callback is identified by its Id or else by its ExternalTaskId. If several
// callbacks have an ExternalTaskId, it identifies the one that is not
// Terminated, or else the newest; several that are not Terminated are
// [CodeAmbiguous].
//
// A service is identified by ServiceId or, if that is absent or unknown, by
// ServiceSip; see [ServiceID] and [ServiceSIP]. A ServiceId of zeros is
// equivalent to an absent one.
//
// The header Idempotency-Key makes a create safe to repeat.
//
// # Fields
//
// Target and AlternativeTarget are numbers, tel: or sip: URIs and are returned
// in canonical form: tel:+41785556677. MaxRetries is 0 to 99, 3 by default.
// SecondsBetweenRetries is 0 to 2,592,000. LeftInQueueTimeInSeconds is the time
// until the callback leaves its queue unserved; it decreases once the callback
// is in the queue. RetryCount is the number of retries that have begun.
//
// Create accepts Creator, Initiator, InitiatingSessionId, AppPoolId and
// RetryType. Creator defaults to WebService if there is a Supervisor, to
// WfActivity if there is an IncomingServiceSipUri, and to Luware.API otherwise;
// API is equivalent to Luware.API. RetryType defaults to SingleSession.
//
// Pending: the callback is not due, or waits for a retry. InQueue: it waits for
// an agent, or for an agent's answer. Processing: the customer is being called
// or talks. Terminated: it has completed.
//
// # Searching
//
// All conditions must match. StartDate and EndDate are inclusive limits of the
// DueDate; EndDate includes its whole millisecond. Limit 0 is no limit: the
// response is streamed, so that its size is not limited by memory. OrderBy is
// any member of a response, Created or Updated, and defaults to DueDate;
// callbacks that compare equal are ordered by Id. The store can order by
// DueDate, Created and Updated; for other orders at most [Config].MaxSorted
// callbacks are held in memory, and at most ten times as many may match.
//
// Searches that may read more than 1000 callbacks are answered one after another
// for each tenant: without a Limit, with a State or another order, or beyond
// 1000 by Limit and Offset. One that has waited for 10 seconds is [CodeBusy].
// A client has 30 seconds for each 64 KiB of a response.
//
// # Errors
//
// The body of an error is {"Error":{"Code":"...","Message":"..."}} with one of
// the codes of this package. If an error occurs after a response has begun, the
// connection is closed.
package lucs
