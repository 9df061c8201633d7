package config

import (
	"errors"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/redirect"
)

// checkPolicies leaves out services with contradictory options, and those that
// LUCS clients could not tell apart.
func (b *builder) checkPolicies() {
	ids, addresses := make(map[string]string), make(map[string]string)
	for _, name := range b.servicesOf(kindCallback) {
		d := b.drafts[name]
		if d.refused {
			continue
		}
		if _, err := callback.NewPolicy(d.service); err != nil {
			for _, fault := range fieldErrors(err) {
				option, rule := optionOf(fault)
				b.refuse(d, d.at(option), "", "%s", rule)
			}
			continue
		}
		b.unique(d, "_service_id", d.service.ServiceID, ids)
		b.unique(d, "_service_sip", strings.ToLower(d.service.SIP), addresses)
	}
}

func (b *builder) unique(d *draft, option, value string, taken map[string]string) {
	if value == "" {
		return
	}
	if other, ok := taken[value]; ok {
		b.refuse(d, d.at(option), "", "is also that of service %q", shownName(other))
		return
	}
	taken[value] = d.service.Name
}

// fieldErrors returns the faults in an error of NewPolicy.
func fieldErrors(err error) []*callback.FieldError {
	if fault, ok := err.(*callback.FieldError); ok {
		return []*callback.FieldError{fault}
	}
	var list []*callback.FieldError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			list = append(list, fieldErrors(one)...)
		}
	} else if one := errors.Unwrap(err); one != nil {
		list = fieldErrors(one)
	}
	return list
}

// optionOf converts a fault of a field to one of an option.
func optionOf(fault *callback.FieldError) (option, rule string) {
	option, ok := map[string]string{
		"Redirect":                 "_redirect",
		"RequiredKeys":             "_mandatory_customer_lookup_keys",
		"Booking.ConnectThreshold": "_desired_connect_time_threshold",
		"Queueing.CannotDial":      "_cannot_dial_buffer_time",
		"Queueing.MinWait":         "_min_queue_wait",
		"Queueing.MaxWait":         "_max_queue_wait",
		"Preview.ViaRoutePoint":    "_agent_preview_via_rp",
		"Preview.On":               "_agent_preview",
		"Inbound.AccessNumbers":    "_resource_group",
	}[fault.Field]
	rule = strings.NewReplacer(
		"SearchKeys", "_customer_lookup_keys", "Buffer", "_request_execution_time_buffer", "TTL", "_urs_queued_ttl",
		"MinWait", "_min_queue_wait", "Dialing.RoutePoint", "_route_point",
		"-1ns", "0s", "1ns", "0s", // representations of 0
	).Replace(fault.Rule)
	if !ok {
		return "", fault.Field + ": " + rule
	}
	return option, rule
}

// checkRedirects leaves out services with a faulty redirection.
func (b *builder) checkRedirects() {
	var faulty []*draft
	rules := make(map[*draft]string)
	for _, name := range b.servicesOf(kindCallback) {
		if d := b.drafts[name]; !d.refused {
			if rule := b.redirectFault(d); rule != "" {
				faulty = append(faulty, d)
				rules[d] = rule
			}
		}
	}
	for _, d := range faulty {
		b.refuse(d, d.at("_redirect"), "", "%s", rules[d])
	}
}

// redirectFault follows the redirections of a service and returns the rule that
// they break, "" for none. It treats services with a faulty redirection as
// usable, so that the result does not depend on the order of services.
func (b *builder) redirectFault(d *draft) string {
	_, err := redirect.Follow(d.service.Name, func(name string) (string, error) {
		to := b.drafts[name].service.Redirect
		return to, b.targetFault(to)
	})
	if err == nil {
		return ""
	}
	return fieldErrors(err)[0].Rule
}

// targetFault returns why a service cannot be the target of a redirection.
func (b *builder) targetFault(name string) error {
	next, ok := b.drafts[name]
	rule := "leads to the service \"" + shownName(name) + "\", which is "
	switch {
	case name == "", ok && !next.refused:
		return nil
	case ok:
		rule += "left out"
	case b.kinds[name] == "":
		rule += "unknown"
	default:
		rule = "leads to \"" + shownName(name) + "\", which is not a callback service"
	}
	return callback.NewFieldError(callback.ErrConfiguration, "_redirect", rule)
}
