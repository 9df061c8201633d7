package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// finish sets fields that depend on several options or on other sections.
func (b *builder) finish(d *draft) {
	b.finishDirection(d)
	b.finishKeys(d)
	b.finishTimes(d)
	b.finishExceptions(d)
	b.finishHours(d)
	b.finishResources(d)
	b.finishPause(d)
	b.finishNotification(d)
	b.finishOverwritable(d)
	d.settings.Credentials = b.pair(d.section)
	d.settings.Tokens = tokenNames(d.settings.Options)
}

// finishDirection sets fields that depend on who calls.
func (b *builder) finishDirection(d *draft) {
	originated := d.service.Inbound.On
	if !originated && !b.anywhere {
		b.anywhere = true
		b.report(SeverityNote, d.at("_default_country"), "", "says only how numbers are read: services accept those of all regions, as GMS does, until Numbers.Countries is set")
	}
	if !d.has("_call_direction") {
		b.report(SeverityNote, d.at("_call_direction"), "", "is absent: the default is USERTERMINATED, not USERORIGINATED as in GMS")
	}
	if originated {
		d.service.Inbound.NoWait = d.noWait
	} else if d.noWait {
		b.report(SeverityNote, d.at("_wait_for_agent"), "false",
			"has no effect if customers are called: a Manager with a Router dials when an agent is free, one without when a line is")
	}
	if d.service.Confirm.On && d.noWait {
		d.service.Confirm.On = false
		b.report(SeverityWarning, d.at("_wait_for_user_confirm"), "true", "needs _wait_for_agent = true: customers are not asked")
	}
	if d.service.MediaType == "chat" && originated && d.resources == "" {
		b.refuse(d, d.at("_media_type"), "chat", "needs a chat server if customers begin the chat")
	}
	if m := d.service.MediaType; m != "" && m != "voice" && m != "chat" {
		b.report(SeverityWarning, d.at("_media_type"), "", "is neither voice nor chat: callbacks complete at once with FAIL_INCORRECT_MEDIA_TYPE")
	}
	for _, option := range []string{"_request_queue_time_stat", "_request_ewt_service"} {
		if d.has(option) {
			b.report(SeverityNote, d.at(option), "", "names a statistic: set Booking.Estimator of the service, or no expected wait is added to the buffer")
		}
	}
}

// finishKeys adds the mandatory keys to the lookup keys if only one of the two
// lists is set.
func (b *builder) finishKeys(d *draft) {
	s := &d.service
	number := []string{"_customer_number"}
	lookup, mandatory := slices.Clone(s.SearchKeys), slices.Clone(s.RequiredKeys)
	if lookup == nil {
		lookup = number
	}
	if mandatory == nil {
		mandatory = number
	}
	if s.SearchKeys == nil || s.RequiredKeys == nil {
		written := "_customer_lookup_keys"
		if s.SearchKeys == nil {
			written = "_mandatory_customer_lookup_keys"
		}
		for _, key := range mandatory {
			if !slices.Contains(lookup, key) {
				lookup = append(lookup, key)
				b.report(SeverityNote, d.at(written), "", "conflicts with the default of the other list: the mandatory key %q is added to the lookup keys", shownName(key))
			}
		}
		s.SearchKeys, s.RequiredKeys = lookup, mandatory
	}
	d.settings.LookupKeys = slices.Clone(lookup)
}

// finishTimes sets retries, the reminder and the connect threshold.
func (b *builder) finishTimes(d *draft) {
	s := &d.service
	delayed := d.has("_dial_retry_timeout") && d.settings.Templates["_dial_retry_timeout"] == ""
	if d.attempts > 0 || delayed {
		policy := scheduler.DefaultRetryPolicy()
		if d.attempts > 0 {
			policy.MaxAttempts = d.attempts
		}
		if delayed {
			policy.Default.Delay = d.retryDelay
			rejected := policy.Rules[scheduler.Rejected]
			rejected.Delay = d.retryDelay
			policy.Rules[scheduler.Rejected] = rejected
		}
		s.Dialing.Retry = policy
	}
	s.Limits.Throttles = slices.Clone(d.throttles[:])
	if d.remind {
		s.Reminder = d.reminder
	}
	if !d.has("_desired_connect_time_threshold") && s.Booking.Buffer > 180*time.Second {
		s.Booking.ConnectThreshold = s.Booking.Buffer
		b.report(SeverityNote, d.at("_request_execution_time_buffer"), "",
			"exceeds the default of _desired_connect_time_threshold, 180: the threshold is raised to it")
	}
	if s.Booking.PerBucket == callback.None && !d.has("_capacity_service") {
		b.report(SeverityWarning, d.at("_max_request_by_time_bucket"), "0", "leaves no seats at any time: every scheduled request is rejected")
	}
}

// finishExceptions joins the pattern groups of rejected numbers.
func (b *builder) finishExceptions(d *draft) {
	var sets []phonenum.Patterns
	for _, group := range d.exceptions {
		set, ok := b.patterns[group]
		if !ok {
			b.refuse(d, d.at("_exceptions"), "", "names the pattern group %q, which [patterns] does not have", shownName(group))
			continue
		}
		b.used["patterns "+group] = true
		if set.IsZero() {
			b.refuse(d, d.at("_exceptions"), "", "names the pattern group %q, which is faulty", shownName(group))
			continue
		}
		sets = append(sets, set)
	}
	joined := phonenum.JoinPatterns(sets...)
	if n := strings.Count(joined.String(), ","); n >= phonenum.MaxPatterns {
		b.refuse(d, d.at("_exceptions"), "", "names groups with more than %d patterns in total", phonenum.MaxPatterns)
		return
	}
	d.service.Numbers.Exceptions = joined
}

// readPatterns reads the groups of section [patterns]. A faulty group has no
// patterns.
func (b *builder) readPatterns() {
	b.patterns = make(map[string]phonenum.Patterns)
	section := b.doc.sections["patterns"]
	b.used["patterns"] = true
	if section == nil {
		return
	}
	for _, e := range section.entries {
		set, rule := parsePatterns(e.value)
		if rule != "" {
			b.report(SeverityError, e, "", "%s: services that use the group are left out", rule)
		}
		b.patterns[e.name] = set
	}
}

// parsePatterns parses the patterns of a group, at least one.
func parsePatterns(value string) (phonenum.Patterns, string) {
	if strings.HasPrefix(value, "[") { // a JSON list
		list, rule := parseList(value)
		if rule != "" {
			return phonenum.Patterns{}, rule
		}
		value = strings.Join(list, ",")
	}
	set, err := phonenum.ParsePatterns(value)
	switch {
	case err != nil:
		if fault, ok := errors.AsType[*phonenum.PatternError](err); ok {
			return phonenum.Patterns{}, fmt.Sprintf("pattern %d %s", fault.Index+1, fault.Rule)
		}
		return phonenum.Patterns{}, "cannot be read"
	case set.IsZero():
		return set, "has no pattern"
	}
	return set, ""
}

// finishHours sets the calendar and the capacity.
func (b *builder) finishHours(d *draft) {
	if d.hours != "" {
		calendar, ok := b.calendars[d.hours]
		if !ok {
			b.refuse(d, d.at("_business_hours_service"), "", "names %q, %s", shownName(d.hours), b.missing(d.hours, kindHours))
		}
		d.service.Booking.Hours = calendar
		if ok && !d.has("_enable_reject_out_of_office_hours") {
			b.report(SeverityNote, d.at("_enable_reject_out_of_office_hours"), "",
				"is absent: immediate requests are rejected outside the hours; false queues them")
		}
		if !d.dialInHours {
			// _expiration_time is the desired time plus _ttl on the wire.
			d.service.Dialing.Window = availability.AlwaysOpen()
		}
		if ok && !d.has("_dial_in_office_hours") {
			b.report(SeverityNote, d.at("_dial_in_office_hours"), "",
				"is absent: attempts are made outside the hours as well, and _ttl and _urs_queued_ttl count every hour, as in GMS; true keeps attempts within the hours")
		}
	}
	if d.capacity != "" {
		table, ok := b.capacity[d.capacity]
		if !ok {
			b.refuse(d, d.at("_capacity_service"), "", "names %q, %s", shownName(d.capacity), b.missing(d.capacity, kindCapacity))
			return
		}
		d.service.Booking.Capacity = table
		if d.has("_max_request_by_time_bucket") {
			b.report(SeverityNote, d.at("_max_request_by_time_bucket"), "", "is overridden by _capacity_service")
		}
	}
}

// missing returns why there is no service of a kind with a name.
func (b *builder) missing(name, kind string) string {
	switch got, ok := b.kinds[name]; {
	case !ok:
		return "which does not exist"
	case got == kind:
		return "which is faulty"
	}
	return "which is not of the kind " + kind
}

// finishOverwritable keeps the options that a request can override.
func (b *builder) finishOverwritable(d *draft) {
	var kept []string
	for _, option := range d.service.Overwritable {
		switch option {
		case "_redirect", "_target":
			kept = append(kept, option)
		case "_ors":
			b.report(SeverityNote, d.at("_overwritable_options"), "", "lists _ors, which has no effect in a request")
			kept = append(kept, option)
		default:
			b.report(SeverityWarning, d.at("_overwritable_options"), "", "lists something other than _ors, _redirect and _target: left out of the list")
		}
	}
	d.service.Overwritable = kept
}

// tokenNames returns the names of the tokens in all options of a service that
// are not too long.
func tokenNames(options map[string]string) []string {
	names := make(map[string]bool)
	for _, option := range slices.Sorted(maps.Keys(options)) {
		if isCredential(option) || len(options[option]) > maxText {
			continue
		}
		for _, name := range token.Names(options[option]) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
