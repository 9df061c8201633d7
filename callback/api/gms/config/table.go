package config

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// place is a set of sections in which an option is valid.
type place uint8

const (
	inService  place = 1 << iota // callback services
	inCallback                   // [callback], for all services
	anywhere   = inService | inCallback
)

// spec describes an option of callback services.
type spec struct {
	name  string
	place place  // anywhere by default
	unset string // value that applies if the option is absent, for reports
	read  reader // nil: the option has no effect
	why   string // why it has no effect
	fills bool   // a start request can replace tokens in it
	// strict options restrict who is called and when. They leave the service out if
	// their value cannot be used, because any other value may open wider.
	strict bool
}

// Limits that GMS does not have.
const (
	aDay          = 24 * time.Hour
	maxKept       = 400 * aDay // maximum of callback.NewPolicy
	maxCounted    = 1_000_000_000
	maxAttempts   = 100       // maximum of manager.Request
	maxRetryDelay = 30 * aDay // maximum of manager.Request
)

// table returns the options of callback services by name. Their readers store
// into d.
func table(d *draft) map[string]*spec {
	table := make(map[string]*spec)
	for _, list := range [][]spec{
		d.generalOptions(), d.keyOptions(), d.queueOptions(), d.bookingOptions(), d.routingOptions(),
		d.inboundOptions(), d.dialOptions(), d.previewOptions(), d.noticeOptions(), foreignOptions(),
	} {
		for _, spec := range list {
			if spec.place == 0 {
				spec.place = anywhere
			}
			if spec.read != nil {
				spec.read = lenient(spec.read)
			}
			table[spec.name] = &spec
		}
	}
	return table
}

// aliases maps other names of options to the canonical ones.
func aliases() map[string]string {
	return map[string]string{
		"max_queued_callbacks_per_service": "_max_queued_callbacks_per_service",  // in [callback]
		"_throttle_customer_number_limit":  "_throttle_request_parameters_limit", // before 8.5.110
	}
}

func (d *draft) generalOptions() []spec {
	s := &d.service
	return []spec{
		// These three are read elsewhere.
		{name: "_service", place: inService, read: readNothing},
		{name: "username", place: inService, read: readNothing},
		{name: "password", place: inService, read: readNothing},

		{name: "_type", place: inService, unset: "ors", read: readWord(new(bool), words[bool]{"ors": true}, "is not ors, the type of callback services")},
		{name: "_service_id", place: inService, unset: "an id derived from the name", read: readGUID(&s.ServiceID)},
		{name: "_service_sip", place: inService, unset: "sip:NAME@localhost", read: readSIP(&s.SIP)},
		{name: "_media_type", unset: "voice", read: readText(&s.MediaType)},
		{name: "_ttl", unset: "86400", read: readSeconds(&s.TTL, time.Minute, maxKept, zeroRefused)},
		{name: "_redirect", place: inService, unset: "no redirection", fills: true, strict: true, read: readText(&s.Redirect)},
		{name: "_overwritable_options", unset: "none", read: readList(&s.Overwritable)},
		{name: "_paused_services_list", unset: pausedServices, strict: true, read: readText(&d.pausedList)},
		{name: "_paused_services_id", place: inService, unset: "the service's name", strict: true, read: readText(&d.pausedID)},
		{name: "_wait_for_agent", unset: "true", read: readFlag(&d.noWait, true)},
		{name: "_wait_for_user_confirm", unset: "false", strict: true, read: readFlag(&s.Confirm.On, false)},
		{name: "_user_confirm_timeout", unset: "30", read: readSeconds(&s.Confirm.Timeout, time.Second, time.Hour, zeroRefused)},
		{name: "_on_user_confirm_timeout", unset: "CONNECT-ANYWAY", read: func(value string) fault {
			s.Confirm.Strict = value != "CONNECT-ANYWAY"
			return fault{}
		}},
	}
}

func (d *draft) keyOptions() []spec {
	return []spec{
		{name: "filter-keys", place: inCallback, unset: "the list of GMS", read: readList(&d.settings.FilterKeys)},
		{name: "returned-keys", place: inCallback, unset: "the list of GMS", read: readList(&d.settings.ReturnedKeys)},
		{name: "_customer_lookup_keys", unset: "_customer_number", read: readList(&d.service.SearchKeys)},
		{name: "_mandatory_customer_lookup_keys", unset: "_customer_number", strict: true, read: readList(&d.service.RequiredKeys)},
	}
}

func (d *draft) queueOptions() []spec {
	n, l := &d.service.Numbers, &d.service.Limits
	checks := words[callback.Limit]{"true": 2, "strict": 1, "false": callback.NoLimit}
	return []spec{
		{name: "_default_country", unset: defaultCountry, strict: true, read: readCountry(&n.Country)},
		{name: "_disallow_impossible_phone_numbers", unset: "true", strict: true, read: readFlag(&n.AllowImpossible, true)},
		{name: "_disallow_premium_phone_numbers", unset: "true", strict: true, read: readFlag(&n.AllowPremium, true)},
		{name: "_fix_plus_on_int_phone_numbers", unset: "true", read: readFlag(&n.KeepMissingPlus, true)},
		{name: "_exceptions", unset: "none", strict: true, read: readList(&d.exceptions)},
		{name: "_enable_in_queue_checking", unset: "true", strict: true, read: readWord(&l.SameNumber, checks, "is not true, strict or false")},
		{name: "_max_queued_callbacks_per_service", unset: "1000", strict: true, read: readCount(&l.Queued, 0, maxCounted, zeroIsNone)},
		{name: "_throttle_callbacks_per_service_1", unset: "500", strict: true, read: readCount(&d.throttles[0].Max, 0, maxCounted, zeroIsNone)},
		{name: "_throttle_ttl_1", unset: "300", strict: true, read: readSeconds(&d.throttles[0].Every, 0, maxKept, zeroIsOff)},
		{name: "_throttle_callbacks_per_service_2", unset: "1000", strict: true, read: readCount(&d.throttles[1].Max, 0, maxCounted, zeroIsNone)},
		{name: "_throttle_ttl_2", unset: "3600", strict: true, read: readSeconds(&d.throttles[1].Every, 0, maxKept, zeroIsOff)},
		{name: "_throttle_request_parameters", unset: "_customer_number", strict: true, read: readList(&l.Parameters)},
		{name: "_throttle_request_parameters_limit", unset: "6", strict: true, read: readCount(&l.PerParameter, 0, maxCounted, zeroIsNone)},
		{name: "_enable_throttle_header_parameters", unset: "true", read: readFlag(&d.settings.ThrottleHeaders, false)},
	}
}

func (d *draft) bookingOptions() []spec {
	b := &d.service.Booking
	return []spec{
		{name: "_business_hours_service", unset: "always open", strict: true, read: readText(&d.hours)},
		{name: "_enable_reject_out_of_office_hours", unset: "true", strict: true, read: readFlag(&b.IgnoreHoursNow, true)},
		{name: "_dial_in_office_hours", unset: "false", strict: true, read: readFlag(&d.dialInHours, false)},
		{name: "_capacity_service", unset: "the same capacity at all times", strict: true, read: readText(&d.capacity)},
		{name: "_request_time_bucket", unset: "5", strict: true, read: readBucket(&b.Bucket)},
		{name: "_max_request_by_time_bucket", unset: "100", strict: true, read: readCount(&b.PerBucket, 0, 1_000_000, zeroIsNone)},
		{name: "_request_execution_time_buffer", unset: "120", read: readSeconds(&b.Buffer, 0, aDay, zeroIsOff)},
		{name: "_desired_connect_time_threshold", unset: "180", read: readSeconds(&b.ConnectThreshold, 0, maxKept, zeroIsLeast)},
		{name: "_reject_future_desired_time", unset: "1M", strict: true, read: readSpan(&b.Horizon)},
		{name: "_reject_past_desired_time", unset: "past times mean now", strict: true, read: readSeconds(&b.Past, 0, maxKept, zeroIsLeast)},
		{name: "_request_queue_time_stat", unset: "no expected wait", read: readText(&d.settings.QueueTimeStat)},
		{name: "_request_ewt_service", unset: "no expected wait", read: readText(&d.settings.EWTService)},
		{name: "_desired_time", unset: "now", fills: true, read: readInstant(&d.settings.Desired)},
	}
}

func (d *draft) routingOptions() []spec {
	q := &d.service.Queueing
	return []spec{
		{name: "_target", unset: "none", fills: true, read: readTarget(&q.Target)},
		{name: "_urs_virtual_queue", unset: "none", fills: true, read: readText(&q.VirtualQueue)},
		{name: "_urs_queued_ttl", unset: "14400", read: readSeconds(&q.TTL, time.Second, maxKept, zeroRefused)},
		{name: "_cannot_dial_buffer_time", unset: "0", read: readSeconds(&q.CannotDial, 0, maxKept, zeroIsZero)},
		{name: "_max_queue_wait", unset: "0", read: readSeconds(&q.MaxWait, 0, maxKept, zeroIsZero)},
		{name: "_min_queue_wait", unset: "0", read: readSeconds(&q.MinWait, 0, maxKept, zeroIsZero)},
		{name: "_max_ors_submit_attempts", unset: "3", read: readCount(&q.MaxSubmits, 1, maxCounted, zeroRefused)},
	}
}

func (d *draft) inboundOptions() []spec {
	in := &d.service.Inbound
	directions := words[bool]{"USERTERMINATED": false, "USERORIGINATED": true}
	return []spec{
		{name: "_call_direction", unset: "USERTERMINATED", strict: true, read: readWord(&in.On, directions, "is neither USERORIGINATED nor USERTERMINATED")},
		{name: "_resource_group", unset: "no access numbers", read: readText(&d.resources)},
		{name: "_provide_code", unset: "false", read: readFlag(&in.Codes, false)},
		{name: "_booking_expiration_timeout", unset: "30", read: readSeconds(&in.Timeout, time.Second, aDay, zeroRefused)},
	}
}

func (d *draft) dialOptions() []spec {
	o := &d.service.Dialing
	parties := words[bool]{"CUSTOMER": false, "AGENT": true}
	return []spec{
		{name: "_userterminated_first_connect_party", unset: "CUSTOMER", read: readWord(&o.AgentFirst, parties, "is neither CUSTOMER nor AGENT")},
		{name: "_max_dial_attempts", unset: "3", fills: true, strict: true, read: readCount(&d.attempts, 1, maxAttempts, zeroRefused)},
		{name: "_dial_retry_timeout", unset: "300", fills: true, read: readSeconds(&d.retryDelay, 0, maxRetryDelay, zeroIsZero)},
		{name: "_ixn_createcall_timeout", unset: "32", read: readSeconds(&o.PlaceTimeout, time.Second, 5*time.Minute, zeroRefused)},
		{name: "_max_time_to_wait_for_agent_on_the_call", unset: "3600", read: readSeconds(&o.AgentWait, time.Second, aDay, zeroRefused)},
		{name: "_max_time_to_wait_for_ixn_delete", unset: "3600", read: readSeconds(&o.MaxCall, time.Second, 2*aDay, zeroRefused)},
		{name: "_cpd_enable", unset: "true", read: readFlag(&o.NoCallProgress, true)},
		{name: "_route_point", unset: "none", read: readText(&o.RoutePoint)},
		{name: "_prefix_dial_out", unset: "none", read: readText(&o.Prefix)},
		{name: "_calling_party_number", unset: "none", read: readText(&o.CallerID)},
		{name: "_calling_party_display_name", unset: "none", read: readText(&o.CallerName)},
		{name: "_trunk_group", unset: "none", read: readText(&o.TrunkGroup)},
		{name: "_treatment_customer_connect", unset: "none", read: readText(&o.Treatments.CustomerConnect)},
		{name: "_treatment_waiting_for_agent", unset: "none", read: readText(&o.Treatments.WaitingForAgent)},
		{name: "_treatment_find_agent_fail", unset: "none", read: readText(&o.Treatments.FindAgentFail)},
		{name: "_treatment_call_failure_answering_machine", unset: "none", read: readText(&o.Treatments.AnsweringMachine)},
	}
}

func (d *draft) previewOptions() []spec {
	p := &d.service.Preview
	return []spec{
		{name: "_agent_preview", unset: "false", read: readFlag(&p.On, false)},
		{name: "_agent_preview_timeout", unset: "30", read: readSeconds(&p.Timeout, time.Second, time.Hour, zeroRefused)},
		{name: "_agent_preview_allow_reject", unset: "0", read: readCount(&p.Rejects, 0, 1000, zeroIsZero)},
		{name: "_agent_reject_retry_timeout", unset: "0", read: readSeconds(&p.RejectRetry, 0, maxRetryDelay, zeroIsZero)},
		{name: "_agent_preview_data", unset: "all user data", read: readPreviewData(&p.Data)},
		{name: "_agent_preview_via_rp", unset: "false", read: readFlag(&p.ViaRoutePoint, false)},
		{name: "_agent_preview_timeout_set_notready", unset: "false", read: readFlag(&p.NotReady, false)},
		{name: "_agent_preview_set_notready_reason", unset: "no reason", read: readReason(&p.Reason)},
		{name: "_agent_preview_set_notready_reason_key", unset: "ReasonCode", read: readText(&p.ReasonKey)},
		{name: "_agent_preview_set_notready_reason_attribute", unset: "false", read: readFlag(&p.ReasonAttribute, false)},
	}
}
