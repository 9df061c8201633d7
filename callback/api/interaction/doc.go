// Package interaction shows callbacks as Callback Interaction resources, as
// Genesys Context Services defines them, and tells subscribers over HTTP what
// becomes of them, under the notification names of GMS.
//
// [FromCallback] makes an [Interaction] of a callback and its attempts.
// [Handler] serves it by id. [NotifyingStore] posts status changes to one
// subscriber's URL: at least once, in order for each callback.
//
// # How a callback is shown
//
// All of this is inferred: nothing published says how the states of the two
// products belong together.
//
//	callback                           callback_status     status
//	Scheduled                          2 TIMER             1 PENDING
//	Queued                             3 QUEUED            1 PENDING
//	Paused                             10 NOT_QUEUED       1 PENDING
//	Offered to an agent                5 SUBMITTED_TO_AGT  1 PENDING
//	Offered to the customer            4 DISTRIBUTED       1 PENDING
//	Dialing, Routing                   4 DISTRIBUTED       2 IN_PROCESS
//	Processing                         5 SUBMITTED_TO_AGT  2 IN_PROCESS
//	Unresolved                         0 UNKNOWN           2 IN_PROCESS
//	Completed AGENT_CONNECTED          8 PROCESSED_BY_AGT  3 STOPPED
//	Completed AGENT_PREVIEW_CANCEL     7 CANCELED_BY_AGT   3 STOPPED
//	Completed ..._AFTER_<n>REJECTS     6 REJECTED_BY_AGT   3 STOPPED
//	Completed FAIL_TIMEOUT_TTL         14 ENDTIME_EXPIRED  3 STOPPED
//	Completed FAIL_..., SUBMIT_FAILED  11 ERROR            3 STOPPED
//	Completed with any other reason    9 FINAL             3 STOPPED
//	Completed and redialled            12 REPLACED         3 STOPPED
//
// 1 RECEIVED and 13 AGT_TRANSFER are never shown. A source does not know that
// it was redialled: only its copy does, and names it in parent_id. Whoever asks
// for the resource may know, and says so with [Options.Replaced] or
// [Config.Replaced].
//
// # Numbers of people
//
// The resource has a mandatory field for the customer's number. An [Interaction]
// that is printed or logged hides it, as it hides texts and user data; its JSON
// shows it, which is what it is for.
package interaction
