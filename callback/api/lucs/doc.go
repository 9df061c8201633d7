// Package lucs is an http.Handler that speaks the callback API of Luware LUCS
// over a [callback.Manager], so that clients of that product can be kept.
//
//	POST /v1.0/callbacks                     create
//	POST /v1.0/callbacks/search              search
//	GET  /v1.0/callbacks/{id}                get
//	GET  /v1.0/callbacks?externalTaskId={id} get
//	POST /v1.0/callbacks/{id}/cancel         cancel
//	GET  /v1.0/services                      services
//	GET  /v1.0/openapi.json                  this API as an OpenAPI 3.1 document
//
// Mount it with http.StripPrefix under any prefix. The fixed parts of a path are
// read in any case.
//
// # Who may do what
//
// Create and cancel need [api.RoleCreate] or [api.RoleOperate]; get needs
// [api.RoleRead] or [api.RoleOperate]; services any of the three; the document
// any role. A search needs [api.RoleOperate]; a caller that is bound to one
// customer may search with [api.RoleRead]. What a caller does not reach does not
// exist for it, and a callback that a bound caller creates is its customer's.
//
// # Reading
//
// Bodies are JSON objects. Names of members are read in any case and written as
// in LUCS; one that is there twice, also in different cases, is refused. null
// and an empty text count as absent. Create ignores members it does not know;
// search refuses them unless they are null, because a filter that is left out
// without a word gives a wrong answer.
//
// Dates are read as ISO 8601 and as dd.mm.yyyy hh:MM:ss, both with up to nine
// digits of a second, and are UTC where they name no offset. The first moment of
// the year 1, which stands for no date in .NET, counts as absent. Dates are
// written as 2006-01-02T15:04:05.000Z, and nothing finer is kept of a DueDate.
//
// A callback is named by its Id or by its ExternalTaskId. An Id wins. Of several
// callbacks with one ExternalTaskId the one that is not Terminated is meant, and
// else the newest; several that are not Terminated are [CodeAmbiguous].
//
// A service is named by ServiceId, or, where that is absent or names none, by
// ServiceSip; see [ServiceID] and [ServiceSIP]. A GUID of zeros is no ServiceId.
//
// The header Idempotency-Key makes a create safe to repeat.
//
// # Fields
//
// Target and AlternativeTarget are numbers, tel: or sip: URIs, and are written
// in their canonical form: tel:+41785556677. MaxRetries is 0 to 99 and defaults
// to 3. SecondsBetweenRetries is 0 to 2,592,000. LeftInQueueTimeInSeconds is the
// time that is left until the callback leaves its queue unserved; it counts down
// from the moment the callback enters the queue. RetryCount is the retries begun
// so far.
//
// Creator, Initiator, InitiatingSessionId, AppPoolId and RetryType may be given
// with a create. Without a Creator it is WebService where there is a Supervisor,
// WfActivity where there is an IncomingServiceSipUri, and else Luware.API; API is
// read as Luware.API. RetryType is SingleSession where nothing else was given.
//
// Pending is a callback whose time has not come or that waits out the gap after
// a failed dial; InQueue one that waits for an agent, or an agent's answer;
// Processing one whose customer is being called or talks; Terminated one that is
// over.
//
// # Searching
//
// All conditions have to hold. StartDate and EndDate bound the DueDate and
// belong to the range, EndDate to the end of its millisecond. Limit 0 is no
// limit: the answer is written while it is read, so that its size costs no
// memory. OrderBy is any member of an answer, Created or Updated; it defaults to
// DueDate. Ties are broken by Id. DueDate, Created and Updated are orders of
// the store; for others at most [Config.MaxSorted] callbacks are held in memory.
//
// # Errors
//
// The body of an error is {"Error":{"Code":"...","Message":"..."}}; see the
// codes. An answer that fails after its beginning was sent is cut off.
package lucs
