package callback

import (
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// Service says how callbacks of one kind are taken and made: what GMS
// configures in a section [service.<name>]. The zero value of every field is
// the documented default; [NewPolicy] checks the relations between fields.
type Service struct {
	// Name identifies the service within its tenant: 1 to 128 bytes.
	Name string
	// ServiceID and SIP are the other names LUCS clients use (ServiceId,
	// ServiceSip). Default to none.
	ServiceID string
	SIP       string

	Numbers  Numbers
	Limits   Limits
	Booking  Booking
	Queueing Queueing
	Dialing  DialOptions
	Preview  Preview
	Inbound  Inbound
	Confirm  Confirm

	// MediaType is voice or chat; a service of another type completes what it
	// takes with FAIL_INCORRECT_MEDIA_TYPE. GMS _media_type. Defaults to
	// "voice".
	MediaType string
	// LookupKeys are the properties under which Search finds callbacks. GMS
	// _customer_lookup_keys. Defaults to _customer_number.
	SearchKeys []string
	// MandatoryKeys are the lookup keys that a request must carry. GMS
	// _mandatory_customer_lookup_keys. Defaults to _customer_number.
	RequiredKeys []string
	// Consent is what the customer must have consented to, as the contact
	// directory has it of the mode that the request names (LCM PEWC,
	// CampaignPEWC). Anything but ConsentNone needs Config.Contacts, and requests
	// that name Account and ModeID. Defaults to ConsentNone.
	Consent Consent
	// TTL is how long after the desired time a callback may still be worked
	// on; then it completes with FAIL_TIMEOUT_TTL. GMS _ttl. At least a
	// minute. Defaults to 24 hours.
	TTL time.Duration
	// Retention is how long a completed callback and its idempotency key are
	// kept after its end, at least 24 hours; one that ends before its time is
	// kept until TTL after the desired time (GMS _expiration_time), when that is
	// later. Defaults to 24 hours.
	Retention time.Duration
	// Redirect names the service that gets the requests made to this one. GMS
	// _redirect. Defaults to none.
	Redirect string
	// Overwritable are the options a request may set in place of the
	// service's: _redirect, _target (_ors names an execution server and has no
	// meaning here). GMS _overwritable_options. Defaults to none.
	Overwritable []string
	// Paused stops the release of callbacks to agents while it is set; they
	// are accepted and keep their places, in the state Queued. To pause a service
	// while it runs, with a history, see [Manager.Pause]. GMS
	// _paused_services_list. Defaults to false.
	Paused bool
	// Reminder is how long before the release a reminder event is emitted. GMS
	// _enable_notification_reminder, _notification_reminder_buffer. Zero emits
	// none. Defaults to 0.
	Reminder time.Duration
}

// Numbers says which numbers are taken (GMS section Queue Management).
type Numbers struct {
	// Country is the region in which a number without country code is read,
	// ISO 3166. GMS _default_country. Defaults to "US".
	Country string
	// AllowImpossible takes numbers that cannot be parsed or are not valid, as
	// they are. GMS _disallow_impossible_phone_numbers = false. Defaults to
	// false.
	AllowImpossible bool
	// AllowPremium takes premium and shared-cost numbers. GMS
	// _disallow_premium_phone_numbers = false. Defaults to false.
	AllowPremium bool
	// KeepMissingPlus leaves an international number without '+' alone. GMS
	// _fix_plus_on_int_phone_numbers = false. Defaults to false.
	KeepMissingPlus bool
	// Exceptions are patterns of numbers that are refused. GMS _exceptions.
	// Defaults to none.
	Exceptions phonenum.Patterns
	// Countries are the only regions whose numbers are taken. Defaults to all.
	Countries []string
}

// QueueCheck says how many callbacks one number may have waiting.
type QueueCheck uint8

const (
	CheckTwo    QueueCheck = iota // a third is refused (GMS true)
	CheckStrict                   // a second is refused (GMS strict)
	CheckNone                     // no check (GMS false)
)

// Limits bounds what Start takes (GMS 6). All of them are permits in the
// store, so they hold over all nodes.
type Limits struct {
	// SameNumber applies to immediate and scheduled requests. GMS
	// _enable_in_queue_checking. Defaults to CheckTwo.
	SameNumber QueueCheck
	// Queued bounds the callbacks waiting in the queue; immediate requests
	// above it are refused. GMS _max_queued_callbacks_per_service. Negative
	// refuses every immediate request (0 in GMS). Defaults to 1000.
	Queued int
	// First and Second bound accepted immediate requests per interval. GMS
	// _throttle_callbacks_per_service_1 and _2, _throttle_ttl_1 and _2. Default
	// to 500 per 300 s and 1000 per 3600 s.
	First, Second Throttle
	// Parameters are properties whose values are counted per calendar day. GMS
	// _throttle_request_parameters. An empty non-nil list counts none.
	// Defaults to _customer_number.
	Parameters []string
	// PerParameter bounds immediate requests with one value per day. GMS
	// _throttle_request_parameters_limit. Negative refuses every immediate
	// request (0 in GMS). Defaults to 6.
	PerParameter int
	// AttemptsPerDay bounds the dials to one number in one day, over all
	// services of the tenant. Zero sets no bound. Defaults to 0.
	AttemptsPerDay int
}

// Throttle allows Max requests in each window of Every, which begins with the
// first accepted one. Max below zero refuses all; Every below zero switches the
// window off (GMS _throttle_ttl = 0).
type Throttle struct {
	Max   int
	Every time.Duration
}

// Booking says which times can be booked (GMS section Scheduled Call).
type Booking struct {
	// Hours are the opening hours that immediate and scheduled requests must
	// meet. GMS _business_hours_service. Defaults to always open.
	Hours *availability.Calendar
	// IgnoreHoursNow takes immediate requests outside the hours; they wait in
	// the queue. GMS _enable_reject_out_of_office_hours = false on versions
	// that have it. Defaults to false.
	IgnoreHoursNow bool
	// Bucket is the length of a time bucket: 5, 10, 15, 20, 30, 60 or 120
	// minutes. GMS _request_time_bucket. Defaults to 5 minutes.
	Bucket time.Duration
	// PerBucket is how many scheduled callbacks a bucket holds. GMS
	// _max_request_by_time_bucket. Negative: none. Defaults to 100.
	PerBucket int
	// Capacity gives the seats of each bucket in place of PerBucket. GMS
	// _capacity_service. Defaults to PerBucket everywhere.
	Capacity availability.Capacity
	// Buffer is how long before its desired time a callback is released; a
	// request for a nearer time is immediate. GMS
	// _request_execution_time_buffer. Negative means none. Defaults to 120 s.
	Buffer time.Duration
	// Estimator adds the expected wait to Buffer, asked for the position behind
	// all that are queued. GMS _request_queue_time_stat,
	// _request_ewt_service. Defaults to none.
	Estimator scheduler.Estimator
	// ConnectThreshold: no attempt begins earlier than this before the desired
	// time. GMS _desired_connect_time_threshold. Should not be below Buffer.
	// Negative means none. Defaults to 180 s.
	ConnectThreshold time.Duration
	// Horizon: a later desired time is refused. GMS
	// _reject_future_desired_time. Defaults to one calendar month.
	Horizon Span
	// Past: a desired time longer ago than this is refused. GMS
	// _reject_past_desired_time. Zero takes any past time as now. Defaults to 0.
	Past time.Duration
	// Proposals is how many alternatives a refusal proposes, at most 100.
	// Negative: none. Defaults to 6.
	Proposals int
}

// Span is a calendar length, as in GMS "1M".
type Span struct {
	Years, Months, Days int
	Clock               time.Duration
}

// IsZero reports whether the span is empty.
func (s Span) IsZero() bool { return s == Span{} }

// From returns the instant that lies the span after t in t's zone.
func (s Span) From(t time.Time) time.Time { return t.AddDate(s.Years, s.Months, s.Days).Add(s.Clock) }

// Queueing says how callbacks wait for an agent (GMS section URS Queueing).
type Queueing struct {
	// Target and VirtualQueue are passed to router and dialer. GMS _target,
	// _urs_virtual_queue. Default to none.
	Target, VirtualQueue string
	// TTL is how long a callback may stand in the queue; then it completes
	// with FAIL_TARGET_NOT_FOUND. GMS _urs_queued_ttl. Defaults to 4 hours.
	TTL time.Duration
	// CannotDial: no attempt begins in the last part of TTL. GMS
	// _cannot_dial_buffer_time. Defaults to 0.
	CannotDial time.Duration
	// MinWait and MaxWait bound the time in the queue: no attempt before
	// MinWait, and MaxWait shortens TTL. GMS _min_queue_wait, _max_queue_wait.
	// Default to 0, no bound.
	MinWait, MaxWait time.Duration
	// Weights are the shares of the seven weighted priorities, Highest first.
	// Default to 7, 6, 5, 4, 3, 2, 1.
	Weights scheduler.Weights
	// Lines is how many calls of the service may be up at once, over all
	// nodes. Negative means no limit. Defaults to 10 when the Manager has no
	// Router, else to no limit.
	Lines int
	// CallsPerSecond bounds the dials of the service over all nodes. Zero sets
	// no bound. Defaults to 0.
	CallsPerSecond int
	// MaxSubmits is how many dials in a row may fail to leave for the network
	// before the callback completes with SUBMIT_FAILED. GMS
	// _max_ors_submit_attempts. Defaults to 3.
	MaxSubmits int
}

// DialOptions says how attempts are made (GMS section User Terminated).
type DialOptions struct {
	// Retry is the policy per outcome. GMS _max_dial_attempts,
	// _dial_retry_timeout. Defaults to [scheduler.DefaultRetryPolicy]: 3
	// attempts, 300 s apart, none after a fax or an invalid number. A policy with
	// rules of its own has no others: begin with DefaultRetryPolicy to keep
	// those.
	Retry scheduler.RetryPolicy
	// First is who is called first. GMS _userterminated_first_connect_party.
	// Defaults to CustomerFirst.
	First FirstParty
	// CallerID, CallerName, Prefix, RoutePoint and TrunkGroup are passed to
	// the dialer. GMS _calling_party_number, _calling_party_display_name,
	// _prefix_dial_out, _route_point, _trunk_group. Default to none.
	CallerID, CallerName, Prefix, RoutePoint, TrunkGroup string
	// NoCallProgress switches call progress detection off. GMS _cpd_enable =
	// false. Defaults to false.
	NoCallProgress bool
	// PlaceTimeout bounds Dialer.Dial. GMS _ixn_createcall_timeout. 1 s to 5
	// minutes. Defaults to 32 s.
	PlaceTimeout time.Duration
	// RingTimeout is how long the customer's phone may ring. 5 s to 5 minutes.
	// Defaults to 30 s.
	RingTimeout time.Duration
	// AgentRingTimeout is how long the agent's phone may ring; 5 s to 5 minutes.
	// Defaults to 20 s.
	AgentRingTimeout time.Duration
	// ConfirmPrompt names the prompt that asks the customer who answered to press
	// ConfirmDigit before an agent is connected. Defaults to none: no
	// confirmation.
	ConfirmPrompt string
	// ConfirmDigit is the key to press, one of 0 to 9, * and #. Defaults to "1"
	// when there is a ConfirmPrompt.
	ConfirmDigit string
	// AgentWait is how long a customer on the line waits for an agent; then
	// the callback completes with FAIL_AGENT_CONNECT. GMS
	// _max_time_to_wait_for_agent_on_the_call. Defaults to 1 hour.
	AgentWait time.Duration
	// MaxCall is how long customer and agent may talk before the callback
	// completes without having heard of the end. GMS
	// _max_time_to_wait_for_ixn_delete. Defaults to 1 hour.
	MaxCall time.Duration
	// Grace is added to the time-outs of the platform before a silent dialer
	// is asked what became of an attempt. Defaults to 10 s.
	Grace time.Duration
	// ConnectMachine passes answering machines on to the agent or treatment
	// and completes with ANSWERING_MACHINE_CONNECTED instead of retrying.
	// Defaults to false.
	ConnectMachine bool
	// RetryAgentLost queues a callback again whose agent was lost while the
	// customer waited, within the retry policy. Defaults to false:
	// FAIL_AGENT_CONNECT.
	RetryAgentLost bool
	// Treatments name what the customer hears. GMS _treatment_*. Default to
	// none.
	Treatments Treatments
}

// Preview says whether agents look at a callback before it is dialled (GMS
// _agent_preview and companions).
type Preview struct {
	// On offers each callback to the reserved agent first. GMS _agent_preview.
	// Defaults to false.
	On bool
	// Timeout is how long the agent has to answer. GMS
	// _agent_preview_timeout. Defaults to 30 s.
	Timeout time.Duration
	// Rejects is how many previews may be rejected; 0 offers no rejection. GMS
	// _agent_preview_allow_reject. Defaults to 0.
	Rejects int
	// RejectRetry is the pause before a rejected callback is offered again.
	// GMS _agent_reject_retry_timeout. Defaults to 0.
	RejectRetry time.Duration
	// ViaRoutePoint dials from Dialing.RoutePoint instead of the agent's
	// phone. GMS _agent_preview_via_rp. Defaults to false.
	ViaRoutePoint bool
	// NotReady sets an agent who did not answer in time not ready, with Reason
	// under ReasonKey. GMS _agent_preview_timeout_set_notready,
	// _agent_preview_set_notready_reason, _reason_key, _reason_attribute.
	// Default to false, "", "ReasonCode", false.
	NotReady        bool
	Reason          string
	ReasonKey       string
	ReasonAttribute bool
	// Data are the properties shown to the agent. GMS _agent_preview_data.
	// Defaults to all user data.
	Data []string
}

// Direction says who places the call.
type Direction uint8

const (
	UserTerminated Direction = iota // the customer is called (GMS USERTERMINATED)
	UserOriginated                  // the customer calls an access number (GMS USERORIGINATED)
)

// Inbound says how customers call in (GMS section User Originated).
type Inbound struct {
	// Direction is UserTerminated or UserOriginated. GMS _call_direction,
	// whose default is USERORIGINATED; a callback library calls back. Defaults
	// to UserTerminated.
	Direction Direction
	// NoWait hands the access number out at once instead of when an agent is
	// free. GMS _wait_for_agent = false. Defaults to false.
	NoWait bool
	// Timeout is how long the customer has to call; then
	// FAIL_INBOUND_TIMEOUT. GMS _booking_expiration_timeout. Defaults to 30 s.
	Timeout time.Duration
	// AccessNumbers are the numbers that can be booked, each for one customer
	// at a time, or for any number of customers when Codes is set. GMS
	// _resource_group. Required for UserOriginated.
	AccessNumbers []string
	// Codes gives each customer an access code. GMS _provide_code. Defaults to
	// false.
	Codes bool
}

// Confirm says whether the customer is asked first (GMS
// _wait_for_user_confirm).
type Confirm struct {
	// On asks the customer, through an event that the host turns into a push
	// message, when an agent is free. Defaults to false.
	On bool
	// Timeout is how long the customer has. GMS _user_confirm_timeout.
	// Defaults to 30 s.
	Timeout time.Duration
	// Strict completes with FAIL_USER_NO_CONFIRM when no answer came, instead
	// of connecting anyway. GMS _on_user_confirm_timeout other than
	// CONNECT-ANYWAY. Defaults to false.
	Strict bool
}
