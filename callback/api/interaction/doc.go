// Package interaction presents callbacks as the Callback Interaction resources
// of Genesys Context Services and notifies subscribers over HTTP of status
// changes, under the notification names of GMS.
//
// [FromCallback] converts a callback and its attempts to an [Interaction].
// [Handler] serves interactions by id. [Notifier] posts status changes to the
// URL of one subscriber: at least once, and in order per callback.
//
// # Mapping of states
//
// The mapping is inferred: no published source relates the states of the two
// products.
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
// 1 RECEIVED and 13 AGT_TRANSFER are not used. A callback does not record that
// it was redialled; only the copy does, and names its source in parent_id. A
// host that knows the copy sets [Options.Replaced] or [Config.Replaced].
//
// # Personal data
//
// The resource has a mandatory field for the customer's number. Printing or
// logging an [Interaction] omits numbers, texts and user data; its JSON
// contains them.
package interaction
