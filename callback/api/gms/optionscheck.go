package gms

import (
	"errors"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// checkPolicies leaves out the services whose options contradict one another,
// and those that LUCS clients could not tell apart.
func (b *optionsBuilder) checkPolicies() {
	ids, addresses := make(map[string]string), make(map[string]string)
	for _, name := range b.servicesOf(kindCallback) {
		d := b.drafts[name]
		if d.refused {
			continue
		}
		if _, err := callback.NewPolicy(d.service); err != nil {
			for _, fault := range fieldErrors(err) {
				option, rule := optionOfField(fault)
				b.refuse(d, d.at(option), "", "%s", rule)
			}
			continue
		}
		b.unique(d, "_service_id", d.service.ServiceID, ids)
		b.unique(d, "_service_sip", strings.ToLower(d.service.SIP), addresses)
	}
}

func (b *optionsBuilder) unique(d *serviceDraft, option, value string, taken map[string]string) {
	if value == "" {
		return
	}
	if other, ok := taken[value]; ok {
		b.refuse(d, d.at(option), "", "is that of service %q as well", told(other))
		return
	}
	taken[value] = d.service.Name
}

// fieldErrors finds the single faults in an error of NewPolicy.
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

// optionOfField says a fault of a field in terms of options.
func optionOfField(fault *callback.FieldError) (option, rule string) {
	option, ok := map[string]string{
		"Redirect":                 "_redirect",
		"MandatoryKeys":            "_mandatory_customer_lookup_keys",
		"Booking.ConnectThreshold": "_desired_connect_time_threshold",
		"Queueing.CannotDial":      "_cannot_dial_buffer_time",
		"Queueing.MinWait":         "_min_queue_wait",
		"Queueing.MaxWait":         "_max_queue_wait",
		"Preview.ViaRoutePoint":    "_agent_preview_via_rp",
		"Preview.On":               "_agent_preview",
		"Inbound.AccessNumbers":    "_resource_group",
	}[fault.Field]
	rule = strings.NewReplacer(
		"LookupKeys", "_customer_lookup_keys", "Buffer", "_request_execution_time_buffer", "TTL", "_urs_queued_ttl",
		"MinWait", "_min_queue_wait", "Dialing.RoutePoint", "_route_point",
		"-1ns", "0s", "1ns", "0s", // what zero became
	).Replace(fault.Rule)
	if !ok {
		return "", fault.Field + ": " + rule
	}
	return option, rule
}

// checkRedirects leaves out the services whose redirection leads nowhere, back,
// or on for too long.
func (b *optionsBuilder) checkRedirects() {
	var faulty []*serviceDraft
	rules := make(map[*serviceDraft]string)
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

// redirectFault follows a service's redirections. It looks only at services that
// are left out for other reasons, so that the order in which it is asked does
// not matter.
func (b *optionsBuilder) redirectFault(d *serviceDraft) string {
	to := d.service.Redirect
	for hops := 1; to != ""; hops++ {
		next, ok := b.drafts[to]
		name := told(to)
		switch {
		case !ok && b.kinds[to] == "":
			return "leads to the service \"" + name + "\", which is not there"
		case !ok:
			return "leads to \"" + name + "\", which is no callback service"
		case next.refused:
			return "leads to the service \"" + name + "\", which is left out"
		case next == d:
			return "leads back to the service itself"
		case hops > maxRedirections:
			return "leads on for more than 8 services"
		}
		to = next.service.Redirect
	}
	return ""
}
