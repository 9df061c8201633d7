package gms

// Names of properties and parameters.
const (
	keyID          = "_id"
	keyServiceID   = "_service_id" // former name of _id
	keyService     = "_service_name"
	keyNumber      = "_customer_number"
	keyState       = "_callback_state"
	keyReason      = "_callback_reason"
	keyReasonShort = "_reason"
	keyDesired     = "_desired_time"
	keyNewDesired  = "_new_desired_time"
	keyExpires     = "_expiration_time"
	keyScheduled   = "_time_scheduled"
	keyURL         = "_url"
	keyCopyFrom    = "_copy_from"
	keySession     = "_ors_session_id"
	keyQueue       = "_urs_virtual_queue"
	keyOriginating = "_originating_interaction_id"
	keyORS         = "_ors"
	keyRedirect    = "_redirect"
	keyTarget      = "_target"
)
