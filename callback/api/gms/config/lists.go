package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// pausedServices is the default of _paused_services_list.
const pausedServices = "GMS_Paused_Services"

// list returns a section of a list object, which is [<list>.<section>] in a
// configuration.
func (b *builder) list(list, section string) *section {
	name := list + "." + section
	s := b.doc.sections[name]
	if s == nil || strings.HasPrefix(name, "service.") {
		return nil
	}
	b.used[name] = true
	return s
}

// finishPause sets Paused from the list that the service names.
func (b *builder) finishPause(d *draft) {
	section := b.list(d.pausedList, "services")
	if section == nil && d.pausedList == pausedServices {
		section = b.doc.sections["services"]
		b.used["services"] = true
	}
	if lost := b.lostList(d.pausedList); lost != nil {
		d.service.Paused = true
		b.report(SeverityError, *lost, "", "may be the list of paused services and cannot be read: service %q is paused", shownName(d.service.Name))
	}
	if section == nil {
		if d.has("_paused_services_list") {
			b.refuse(d, d.at("_paused_services_list"), "", "names a list that is not in the configuration")
		}
		return
	}
	id := d.pausedID
	if id == "" {
		id = d.service.Name
	}
	for _, e := range section.damaged {
		d.service.Paused = true
		b.report(SeverityError, e, "", "may be a service that is paused and cannot be read: service %q is paused", shownName(d.service.Name))
	}
	for _, key := range []string{id, "all"} {
		e := section.entryFold(key)
		if e == nil {
			continue
		}
		key = e.name
		b.used[section.name+" "+key] = true
		switch {
		case strings.EqualFold(plainText(e.value), "true"):
			d.service.Paused = true
		case !strings.EqualFold(plainText(e.value), "false"):
			d.service.Paused = true
			b.report(SeverityError, *e, shownValue(e.value), "is neither true nor false: the services are paused")
		}
	}
}

// lostList returns what may be the list of paused services under a name that was
// misspelled or cannot be read, or nil.
func (b *builder) lostList(list string) *entry {
	for _, e := range b.doc.headers {
		if likeSection(e.name, "services") || likeSection(e.name, list) || likeSection(e.name, list+".services") {
			return &e
		}
	}
	for name, s := range b.doc.sections {
		if name == "services" || name == list+".services" || b.used[name] {
			continue
		}
		if likeSection(name, "services") || likeSection(name, list) || likeSection(name, list+".services") {
			head := s.head()
			return &head
		}
	}
	return nil
}

// finishResources sets the access numbers from the section that _resource_group
// names, or from the option itself if it contains numbers.
func (b *builder) finishResources(d *draft) {
	if d.resources == "" {
		return
	}
	section := b.doc.sections[d.resources]
	if isOwnSection(d.resources) {
		section = nil
	}
	var numbers []string
	if section == nil {
		list, _ := parseList(d.resources)
		if !slices.ContainsFunc(list, func(s string) bool { return !isDialable(s) }) {
			numbers = list
		}
	} else {
		b.used[section.name] = true
		for _, e := range section.entries {
			if strings.HasPrefix(e.name, "_") {
				b.report(SeverityNote, e, "", "is not an access number: ignored")
				continue
			}
			list, rule := parseList(e.value)
			if rule != "" || slices.ContainsFunc(list, func(s string) bool { return !isDialable(s) }) {
				b.report(SeverityWarning, e, "", "is not a phone number: left out")
				continue
			}
			numbers = append(numbers, list...)
		}
	}
	slices.Sort(numbers)
	d.service.Inbound.AccessNumbers = slices.Compact(numbers)
	switch {
	case !d.service.Inbound.On:
		b.report(SeverityNote, d.at("_resource_group"), "", "has no effect if customers are called")
	case numbers == nil:
		b.report(SeverityWarning, d.at("_resource_group"), "", "names no section with access numbers")
	}
}

// isDialable reports whether s looks like a number of at least three digits.
func isDialable(s string) bool {
	digits := 0
	for _, c := range []byte(s) {
		switch {
		case text.IsDigit(c):
			digits++
		case strings.IndexByte("+-.() /*#", c) < 0:
			return false
		}
	}
	return digits >= 3
}

// eventNames are the notifications of GMS.
func eventNames() []string {
	return []string{
		"_cbe_on_service_create", "_cbe_on_virtual_ixn_create", "_cbe_on_target_found", "_cbe_on_dial_init", "_cbe_on_dial_done",
		"_cbe_on_connect_treatment_start", "_cbe_on_customer_queued", "_cbe_on_route_to_agent", "_cbe_on_service_exit",
		"_cbe_on_callback_submitted", "_cbe_on_callback_scheduled", "_cbe_on_callback_queued", "_cbe_on_callback_rescheduled",
		"_cbe_on_callback_status_updated", "_cbe_on_callback_cancelled", "_cbe_on_callback_submit_failed",
		"_cbe_on_callback_processing_failed", "_cbe_on_callback_reminder",
	}
}

// finishNotification reads the list of events to send: a section
// [<list>.<event>] with notify_params per event, and [<list>.properties] with
// defaults for the options of the service.
func (b *builder) finishNotification(d *draft) {
	n := &d.settings.Notification
	if d.events != "" {
		b.readEvents(d)
	}
	switch {
	case n.Mode == "":
	case n.Type == "orscb":
		b.report(SeverityWarning, d.at("_status_notification_type"), "orscb", "needs the orchestration server: nothing is sent")
	default:
		b.report(SeverityNote, d.at("_enable_status_notification"), "", "has no effect by itself: the host sends the events that Settings.Notification describes")
	}
}

func (b *builder) readEvents(d *draft) {
	n := &d.settings.Notification
	found := false
	if s := b.list(d.events, "properties"); s != nil {
		found = true
		b.readProperties(d, s)
	}
	first, _ := slices.BinarySearch(b.names, d.events+".")
	for _, name := range b.names[first:] {
		event, ok := strings.CutPrefix(name, d.events+".")
		if !ok {
			break
		}
		if event == "properties" || isOwnSection(name) {
			continue
		}
		found = true
		b.used[name] = true
		s := b.doc.sections[name]
		if !slices.Contains(eventNames(), event) {
			b.report(SeverityWarning, s.head(), "", "is not an event%s: left out", didYouMean(event, eventNames()))
			continue
		}
		if n.Events == nil {
			n.Events = make(map[string][]string)
		}
		n.Events[event] = nil
		for _, e := range s.entries {
			if e.name != "notify_params" {
				b.report(SeverityWarning, e, "", "is unknown%s", didYouMean(e.name, []string{"notify_params"}))
				continue
			}
			list, rule := parseList(e.value)
			if rule != "" && e.value != "" {
				b.report(SeverityWarning, e, "", "%s: the event carries no properties", rule)
			}
			n.Events[event] = list
		}
	}
	if !found {
		b.report(SeverityNote, d.at("_callback_events_list"), "", "names a list that is not in the configuration: all events are sent")
	}
}

// readProperties reads the defaults in a list for options that the service does
// not set.
func (b *builder) readProperties(d *draft, s *section) {
	for _, e := range s.entries {
		var fault fault
		switch spec := d.table[e.name]; {
		case e.value == "":
		case e.name == "_status_notification_attempts":
			fault = readCount(&d.settings.Notification.Attempts, 1, 100, zeroRefused)(e.value)
		case spec == nil || !strings.HasPrefix(e.name, "_status_notification_"):
			b.report(SeverityWarning, e, "", "is unknown%s", didYouMean(e.name, []string{
				"_status_notification_type", "_status_notification_target", "_status_notification_provider", "_status_notification_attempts"}))
		case !d.has(e.name):
			if fault = spec.read(e.value); fault.rule == "" {
				d.given[e.name] = e
			}
		}
		if fault.rule != "" {
			instead := fault.used
			if instead == "" {
				instead = "the default"
				if e.name == "_status_notification_attempts" {
					instead = strconv.Itoa(d.settings.Notification.Attempts)
				}
			}
			b.report(SeverityWarning, e, shownValue(e.value), "%s: %s is used", fault.rule, instead)
		}
	}
}

// isOwnSection reports whether a section has a fixed meaning, so that options
// cannot refer to it.
func isOwnSection(name string) bool {
	return slices.Contains([]string{"callback", "server", "patterns", "services"}, name) || strings.HasPrefix(name, "service.")
}
