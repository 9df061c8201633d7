package callback

import (
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// Service configures how callbacks of one kind are accepted, queued and dialed.
// The zero value of every field is the default that the field documents. Name and
// one of Numbers.Country and Numbers.Countries are required. [NewPolicy] checks
// the fields and the relations between them.
type Service struct {
	// Name identifies the service within its tenant: 1 to 128 bytes.
	Name string
	// ServiceID is a second identifier by which LUCS clients name the service.
	// Defaults to none.
	ServiceID string
	// SIP is the SIP address by which LUCS clients name the service. Defaults to
	// none.
	SIP string

	Numbers  Numbers
	Limits   Limits
	Booking  Booking
	Queueing Queueing
	Dialing  DialOptions
	Preview  Preview
	Inbound  Inbound
	Confirm  Confirm

	// MediaType is the medium of the callbacks, "voice" or "chat". A service with
	// another one completes every callback at once with
	// FAIL_INCORRECT_MEDIA_TYPE. Defaults to "voice". GMS: _media_type.
	MediaType string
	// SearchKeys names the properties whose values Search finds callbacks by.
	// Defaults to the number, [PropertyNumber]. GMS: _customer_lookup_keys.
	SearchKeys []string
	// RequiredKeys names the properties that a request must carry; each must be
	// one of SearchKeys. Defaults to the number, [PropertyNumber]. GMS:
	// _mandatory_customer_lookup_keys.
	RequiredKeys []string
	// Consent is the consent that the contact directory must have recorded for
	// the contact mode of a request. A value other than ConsentNone needs
	// Config.Contacts, and requests that set Account and ModeID. Defaults to
	// ConsentNone.
	Consent Consent
	// TTL is the time after the desired time within which a callback must
	// complete; after it the callback completes with FAIL_TIMEOUT_TTL. If
	// Dialing.Window is closed then, what was left of it at the close follows the
	// next opening. 1 minute to 400 days. Defaults to 24 hours. GMS: _ttl.
	TTL time.Duration
	// MaskAfter is the time from completion until the number, the properties and
	// the search values are removed from the record, and the texts from its
	// events. Off keeps them until the record is erased. The time is fixed when
	// the callback completes. Defaults to 7 days.
	MaskAfter time.Duration
	// Retention is the time from completion until the record, its events and its
	// idempotency key are erased. A callback that completes early is kept until
	// TTL after its desired time, if that is later. The time is fixed when the
	// callback completes. 24 hours to 4000 days. Defaults to 90 days.
	Retention time.Duration
	// Redirect names the service that takes the requests made to this one.
	// Defaults to none. GMS: _redirect.
	Redirect string
	// Overwritable lists the options that a request may override: "_redirect" and
	// "_target". "_ors" is allowed and has no effect. Defaults to none. GMS:
	// _overwritable_options.
	Overwritable []string
	// Paused pauses the service while it is true, as Manager.Pause does: requests
	// are still accepted, and callbacks that enter the queue become Paused and keep
	// their places. Manager.Resume does not end this pause. Defaults to false. GMS:
	// _paused_services_list.
	Paused bool
	// Reminder is the time before release at which a reminder event is emitted.
	// Defaults to 0, no reminder.
	Reminder time.Duration
}

// Numbers says which phone numbers a service accepts. The rules apply to what will
// be dialed, after [DialOptions].Prefix, when a request is made and again before
// each attempt. Emergency numbers, service codes (with * or #) and digits to dial
// after the answer are always refused.
type Numbers struct {
	// Country is the ISO 3166 region in which a number without a country code is
	// read. Empty accepts numbers in international form only, and then Countries
	// must be set. There is no default. GMS: _default_country.
	Country string
	// Countries names the numbers that are accepted besides those of Country: by
	// ISO 3166 region, by their first digits in international form ("+8816"), or
	// all regions by [phonenum.Anywhere]. Networks that belong to no region, such
	// as those of satellites, personal numbers, such as 070 in the United Kingdom,
	// and pagers must be named by their first digits. Premium-rate and shared-cost
	// numbers of another country need its region or their first digits, and
	// AllowPremium. Regions that share a country code are separate: US does not
	// name CA. Defaults to none.
	Countries []string
	// SIPHosts are the only hosts that SIP addresses may have, such as
	// "pbx.example.com". One without a port stands for the ports 5060 and 5061. A
	// user that is a number is checked as a number is, or has at most 6 digits,
	// which is a line of the host's own exchange. Defaults to none, which refuses
	// SIP addresses.
	SIPHosts []string
	// AllowImpossible accepts numbers that are not valid, as they are written:
	// digits and separators, a plus sign in front. The other rules apply to what
	// their digits may reach. Defaults to false.
	AllowImpossible bool
	// AllowPremium accepts premium-rate and shared-cost numbers of Country.
	// Defaults to false.
	AllowPremium bool
	// KeepMissingPlus turns off the correction of international numbers written
	// without the leading '+'. Defaults to false.
	KeepMissingPlus bool
	// Exceptions are patterns of numbers that are refused. Defaults to none. GMS:
	// _exceptions.
	Exceptions phonenum.Patterns
}

// Limits bounds what Start accepts. The limits are counted by the store, so they
// hold over all nodes.
type Limits struct {
	// SameNumber bounds the callbacks to one number that are not completed,
	// immediate and scheduled. It counts the number that will be called, however it
	// is written; one with another extension is another number. None refuses every
	// callback with a number. Defaults
	// to 2. GMS: _enable_in_queue_checking.
	SameNumber Limit
	// Queued bounds the callbacks in the queue of the service; an immediate
	// request above it is refused. None refuses every immediate request. Defaults
	// to 1000. GMS: _max_queued_callbacks_per_service.
	Queued Limit
	// Throttles bound the immediate requests accepted per interval; a request must
	// satisfy all of them. At most 8. Defaults to none.
	Throttles []Throttle
	// Parameters names the properties whose values are counted per calendar day
	// for PerParameter. An empty list that is not nil counts none. Defaults to
	// the number, [PropertyNumber]. GMS: _throttle_request_parameters.
	Parameters []string
	// PerParameter bounds the immediate requests per day that have the same value
	// of one of Parameters. None refuses every immediate request with such a value.
	// Defaults to NoLimit. GMS: _throttle_request_parameters_limit.
	PerParameter Limit
	// BookingsPerDay bounds the requests accepted for one number in 24 hours,
	// immediate and scheduled, over all services of the tenant that have this limit.
	// The 24 hours begin with the first of them, and a callback counts until they
	// end, also if it was cancelled. Another number given to a callback counts as a
	// booking. The number is the one that is called. None refuses every request with
	// a number. Defaults to 10. GMS has no such limit.
	BookingsPerDay Limit
	// Attempts bound the calls to one number, over all services of the tenant that
	// have an interval of the same length. A callback whose attempt one of them
	// forbids waits for the end of the interval. None is not allowed, nor are two
	// intervals of one length. At most 8. An empty list that is not nil bounds
	// nothing. Defaults to 15 in 24 hours and 1 in a minute. GMS has no such limit.
	Attempts []Throttle
	// AttemptsPerDay bounds the calls to one number per calendar day, over all
	// services of the tenant. Defaults to NoLimit.
	AttemptsPerDay Limit
}

// Throttle bounds what may happen in an interval: the immediate requests that are
// accepted (Limits.Throttles) or the calls to one number (Limits.Attempts).
type Throttle struct {
	// Max is how often it may happen in one interval. None allows nothing.
	// Required.
	Max Limit
	// Every is the length of the interval, which begins with what happens first.
	// Off disables the throttle. Required.
	Every time.Duration
}

// Booking says for which times callbacks can be booked and when they are
// released.
type Booking struct {
	// Hours are the opening hours within which immediate and scheduled requests
	// must lie. Defaults to always open. GMS: _business_hours_service.
	Hours *availability.Calendar
	// IgnoreHoursNow accepts immediate requests outside Hours; they wait in the
	// queue until Dialing.Window opens. Defaults to false.
	IgnoreHoursNow bool
	// LoadZone returns the time zone of a local time by its IANA name, for a host
	// with its own time zone data. Defaults to [availability.LoadZone].
	LoadZone func(name string) (*time.Location, error)
	// Bucket is the length of a time bucket: 5, 10, 15, 20, 30, 60 or 120
	// minutes. Defaults to 5 minutes. GMS: _request_time_bucket.
	Bucket time.Duration
	// PerBucket bounds the scheduled callbacks of one bucket, if Capacity is nil.
	// None refuses every scheduled request. At most [availability.MaxSeats].
	// Defaults to 100. GMS: _max_request_by_time_bucket.
	PerBucket Limit
	// Capacity returns the number of scheduled callbacks that each bucket holds.
	// [availability.NewWeekly] makes one by weekday and hour,
	// [availability.NewRecurring] one of windows that recur by a cron expression,
	// which [scheduler.ParseRecurrence] reads. Defaults to PerBucket for every
	// bucket. GMS: _capacity_service.
	Capacity availability.Capacity
	// Buffer is the time before the desired time at which a callback is released
	// to its queue; a request for a time nearer than that is immediate. Off
	// releases at the desired time. At most 24 hours. Defaults to 2 minutes. GMS:
	// _request_execution_time_buffer.
	Buffer time.Duration
	// Estimator returns the expected wait at a queue position. Callbacks are
	// released earlier by the expected wait at the end of the queue. Defaults to
	// none.
	Estimator scheduler.Estimator
	// ConnectThreshold is the longest time before the desired time at which an
	// attempt may begin. Off allows an attempt at any time after release.
	// Otherwise it must not be below Buffer. Defaults to 3 minutes, or to Buffer if
	// that is longer. GMS: _desired_connect_time_threshold.
	ConnectThreshold time.Duration
	// Horizon is how far ahead a desired time may lie, at most 10 years. Defaults
	// to one calendar month. GMS: _reject_future_desired_time.
	Horizon Span
	// Past is how far in the past a desired time may lie. Defaults to 0, which
	// accepts every past time and treats it as now. GMS:
	// _reject_past_desired_time.
	Past time.Duration
	// Proposals bounds the alternative times that a refusal proposes. At most 100,
	// which NoLimit stands for. None proposes no times. Defaults to 6.
	Proposals Limit
}

// Span is a length of calendar time, such as one month.
type Span struct {
	Years, Months, Days int
	Clock               time.Duration
}

// IsZero reports whether the span is empty.
func (s Span) IsZero() bool { return s == Span{} }

// From returns t plus the span, computed on the calendar of t's location.
func (s Span) From(t time.Time) time.Time { return t.AddDate(s.Years, s.Months, s.Days).Add(s.Clock) }

// Queueing says how callbacks wait for an agent.
type Queueing struct {
	// Target is the routing target passed to the Router and the Dialer. Defaults
	// to none. GMS: _target.
	Target string
	// VirtualQueue is the name of a queue, passed to the Router and the Dialer.
	// Defaults to none. GMS: _urs_virtual_queue.
	VirtualQueue string
	// TTL is the longest time a callback may stay in the queue, counted while
	// Dialing.Window is open; after it the callback completes with
	// FAIL_TARGET_NOT_FOUND. 1 second to 400 days. Defaults to 4 hours. GMS:
	// _urs_queued_ttl.
	TTL time.Duration
	// CannotDial is the length of the period at the end of TTL in which no attempt
	// begins. It must be below TTL. Defaults to 0. GMS: _cannot_dial_buffer_time.
	CannotDial time.Duration
	// MinWait is the shortest time a callback waits in the queue before an
	// attempt. It must be below TTL. Defaults to 0. GMS: _min_queue_wait.
	MinWait time.Duration
	// MaxWait replaces TTL if it is shorter. It must be above MinWait. Defaults to
	// 0, which leaves TTL as it is. GMS: _max_queue_wait.
	MaxWait time.Duration
	// Weights are the shares of the seven weighted priorities, Highest first.
	// Defaults to 7, 6, 5, 4, 3, 2, 1.
	Weights scheduler.Weights
	// Share is the service's part of what it shares with the other services of its
	// tenant, such as agents and the dialer's calls, while all of them have
	// callbacks waiting: 1 to 1000. A service of share 2 dials two callbacks for
	// each one of a service of share 1. Tenants have equal parts. Defaults to 1.
	Share int
	// Lines bounds the calls of the service that are up at the same time, over
	// all nodes. None dials nothing. Defaults to 10 if the Manager has no Router,
	// else to NoLimit.
	Lines Limit
	// CallsPerSecond bounds the calls that the service places per second, over
	// all nodes. None dials nothing. Defaults to NoLimit.
	CallsPerSecond Limit
	// MaxSubmits is the number of attempts in a row that the dialer did not place
	// after which the callback completes with SUBMIT_FAILED. Attempts do not count
	// while the dialer's platform takes no calls at all: after five attempts of at
	// least three callbacks in a row were not placed, these included. None is not
	// allowed. Defaults to NoLimit, which tries until TTL ends. GMS:
	// _max_ors_submit_attempts.
	MaxSubmits Limit
}

// DialOptions says when and how attempts are made.
type DialOptions struct {
	// Window are the hours in which attempts may begin. A callback whose turn
	// comes while the window is closed goes on at the next opening and keeps its
	// place and its attempts. Queueing.TTL counts the time in which the window is
	// open, and a callback whose TTL ends while it is closed expires as much later
	// than the next opening as was left at the close. With
	// [availability.AlwaysOpen] attempts begin at any time and both count every
	// hour. Defaults to Booking.Hours.
	Window *availability.Calendar
	// Retry decides, by the outcome of an attempt, whether and when another
	// follows. Defaults to [scheduler.DefaultRetryPolicy]: 3 attempts, 5 minutes
	// apart, none after a fax or an invalid number. A policy that sets Rules
	// replaces the default rules; start from DefaultRetryPolicy to keep them.
	// GMS: _max_dial_attempts, _dial_retry_timeout.
	Retry scheduler.RetryPolicy
	// RequestAttempts bounds the attempts of a callback whose request has retry
	// limits of its own ([RetryLimits]). A request may ask for more: the callback
	// shows what was asked, and gets this many. 1 to 100. Defaults to 15.
	RequestAttempts int
	// RequestGap is the shortest gap between two attempts of such a callback, if its
	// request asks for a shorter one. At most 24 hours. Off allows every gap.
	// Defaults to 1 minute.
	RequestGap time.Duration
	// AgentFirst calls the agent before the customer. Defaults to false. GMS:
	// _userterminated_first_connect_party.
	AgentFirst bool
	// CallerID is the calling number that the dialer presents. Defaults to none.
	// GMS: _calling_party_number.
	CallerID string
	// CallerName is the calling name that the dialer presents. Defaults to none.
	// GMS: _calling_party_display_name.
	CallerName string
	// Prefix is what the dialer puts before the number. Defaults to none. GMS:
	// _prefix_dial_out.
	Prefix string
	// RoutePoint is the device that the dialer calls from. Defaults to none. GMS:
	// _route_point.
	RoutePoint string
	// TrunkGroup is the trunk group that the dialer uses. Defaults to none. GMS:
	// _trunk_group.
	TrunkGroup string
	// NoCallProgress asks the dialer not to detect call progress, such as
	// answering machines. Defaults to false.
	NoCallProgress bool
	// PlaceTimeout is the deadline of the context passed to Dialer.Dial: 1 second
	// to 5 minutes. Defaults to 32 seconds. GMS: _ixn_createcall_timeout.
	PlaceTimeout time.Duration
	// RingTimeout is the longest time the customer's phone may ring: 5 seconds to
	// 5 minutes. Defaults to 30 seconds.
	RingTimeout time.Duration
	// AgentRingTimeout is the longest time the agent's phone may ring: 5 seconds
	// to 5 minutes. Defaults to 20 seconds.
	AgentRingTimeout time.Duration
	// ConfirmPrompt names the prompt that asks the customer who answered to press
	// ConfirmDigit before an agent is connected. Defaults to none, which connects
	// without confirmation.
	ConfirmPrompt string
	// ConfirmDigit is the key that confirms, one of 0 to 9, * and #. It needs
	// ConfirmPrompt. Defaults to "1" if ConfirmPrompt is set.
	ConfirmDigit string
	// AgentWait is the longest time a customer on the line waits for an agent;
	// after it the callback completes with FAIL_AGENT_CONNECT. 1 second to 24
	// hours. Defaults to 1 hour. GMS: _max_time_to_wait_for_agent_on_the_call.
	AgentWait time.Duration
	// MaxCall is the longest time a call may last without a report of its end;
	// after it the callback completes as connected. 1 second to 48 hours.
	// Defaults to 1 hour. GMS: _max_time_to_wait_for_ixn_delete.
	MaxCall time.Duration
	// LookupEvery is how often a call that is up is looked up, from the beginning
	// of its attempt, in case the report of its end is lost. It needs a
	// LookupDialer. 10 seconds to 1 hour, or Off. Defaults to 1 minute.
	LookupEvery time.Duration
	// Grace is added to the time-outs of the platform before an attempt without
	// a report becomes Unresolved. At most 5 minutes. Defaults to 10 seconds.
	Grace time.Duration
	// ConnectMachine connects answering machines and completes with
	// ANSWERING_MACHINE_CONNECTED. Defaults to false, which retries.
	ConnectMachine bool
	// RetryAgentLost queues a callback again, within Retry, if its agent was lost
	// while the customer waited. Defaults to false, which completes it with
	// FAIL_AGENT_CONNECT.
	RetryAgentLost bool
	// Treatments name what the platform plays to the customer. Default to none.
	Treatments Treatments
}

// Preview says whether agents see a callback before it is dialed.
type Preview struct {
	// On offers each callback to the reserved agent before it is dialed. Defaults
	// to false. GMS: _agent_preview.
	On bool
	// Timeout is the time the agent has to answer: 1 second to 1 hour. Defaults
	// to 30 seconds. GMS: _agent_preview_timeout.
	Timeout time.Duration
	// Rejects is the number of times that agents may reject the preview of one
	// callback. Defaults to 0. GMS: _agent_preview_allow_reject.
	Rejects int
	// RejectRetry is the pause before a rejected callback is offered again.
	// Defaults to 0. GMS: _agent_reject_retry_timeout.
	RejectRetry time.Duration
	// ViaRoutePoint dials from Dialing.RoutePoint instead of the agent's phone.
	// Defaults to false. GMS: _agent_preview_via_rp.
	ViaRoutePoint bool
	// NotReady sets an agent who did not answer within Timeout not ready.
	// Defaults to false. GMS: _agent_preview_timeout_set_notready.
	NotReady bool
	// Reason is the reason passed to the Router with NotReady. Defaults to none.
	// GMS: _agent_preview_set_notready_reason.
	Reason string
	// ReasonKey is the key under which the platform gets Reason. Defaults to
	// "ReasonCode". GMS: _agent_preview_set_notready_reason_key.
	ReasonKey string
	// ReasonAttribute passes Reason as an attribute of the platform's request
	// instead of under ReasonKey. Defaults to false. GMS:
	// _agent_preview_set_notready_reason_attribute.
	ReasonAttribute bool
	// Data names the properties that the agent sees. Defaults to all user data.
	// GMS: _agent_preview_data.
	Data []string
}

// Inbound says whether and how customers call in instead of being called.
type Inbound struct {
	// On gives the customer an access number to call. Defaults to false, which
	// calls the customer. GMS: _call_direction.
	On bool
	// NoWait returns the access number at once instead of when an agent is free.
	// Defaults to false.
	NoWait bool
	// Timeout is the time the customer has to call, after which the callback
	// completes with FAIL_INBOUND_TIMEOUT. 1 second to 24 hours. Defaults to 30
	// seconds. GMS: _booking_expiration_timeout.
	Timeout time.Duration
	// AccessNumbers are the numbers that customers call. Each is booked for one
	// customer at a time, or for any number of customers if Codes is set.
	// Required if On is set. GMS: _resource_group.
	AccessNumbers []string
	// Codes gives each customer an access code, made by Config.NewCode of the
	// Manager. No two customers of a tenant who are expected to call have the same.
	// Defaults to false. GMS: _provide_code.
	Codes bool
}

// Confirm says whether the customer is asked before the call.
type Confirm struct {
	// On asks the customer once an agent is free, by an event that the host
	// turns into a push message. Defaults to false. GMS: _wait_for_user_confirm.
	On bool
	// Timeout is the time the customer has to answer: 1 second to 1 hour.
	// Defaults to 30 seconds. GMS: _user_confirm_timeout.
	Timeout time.Duration
	// Strict completes a callback without an answer with FAIL_USER_NO_CONFIRM.
	// Defaults to false, which connects it. GMS: _on_user_confirm_timeout.
	Strict bool
}
