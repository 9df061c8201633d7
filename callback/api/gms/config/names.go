package config

import (
	"slices"
	"strings"
	"unique"

	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
)

// readKinds determines the kind of service of each section [service.<name>].
func (b *builder) readKinds() {
	for _, section := range b.names {
		name, ok := strings.CutPrefix(section, "service.")
		if !ok {
			continue
		}
		b.used[section] = true
		s := b.doc.sections[section]
		if name == "" || len(name) > token.MaxName {
			b.report(SeverityError, s.head(), "", "names a service with no or more than %d characters: left out", token.MaxName)
			continue
		}
		kind := s.entry("_service")
		if kind != nil {
			kind.value = strings.TrimSpace(plainText(kind.value))
		}
		switch {
		case kind == nil && b.mayBeOther(s):
			b.kinds[name] = "other"
			b.report(SeverityError, s.head(), "", "has no _service that can be read, and may be no callback service: left out")
		case kind == nil:
			b.kinds[name] = kindCallback
			b.report(SeverityNote, s.head(), "", "has no _service: a callback service is assumed")
		case kind.value == kindCallback, kind.value == kindHours, kind.value == kindCapacity:
			b.kinds[name] = kind.value
		default:
			b.kinds[name] = "other"
			b.report(SeverityWarning, *kind, shownValue(kind.value), "is not callback, office-hours or capacity%s: the service is left out",
				didYouMean(kind.value, []string{kindCallback, kindHours, kindCapacity}))
		}
	}
}

// mayBeOther reports whether a section without _service seems to have one, or has
// options of another kind of service.
func (b *builder) mayBeOther(s *section) bool {
	other := func(name string) bool {
		return name == "_service" || b.table[name] == nil && (nearest(name, []string{"_service"}) != "" || isHoursOption(name) || isCapacityOption(name))
	}
	return slices.ContainsFunc(s.damaged, func(e entry) bool { return other(e.name) }) ||
		slices.ContainsFunc(s.entries, func(e entry) bool { return e.value != "" && other(e.name) })
}

// readServer reads the credentials in section [server].
func (b *builder) readServer() {
	section := b.doc.sections["server"]
	b.used["server"] = true
	if section == nil {
		return
	}
	b.server = b.pair(section)
	for _, e := range section.entries {
		if !isCredential(e.name) {
			b.report(SeverityNote, e, "", "configures the GMS server%s", didYouMean(e.name, []string{"username", "password"}))
		}
	}
}

// pair returns the credentials of a section, or else those of [server]. A
// username without a password, or the reverse, is ignored.
func (b *builder) pair(section *section) Credentials {
	user, password := section.entry("username"), section.entry("password")
	switch {
	case user == nil && password == nil:
		return b.server
	case user == nil:
		b.report(SeverityWarning, *password, "", "has no username: the credentials of [server] apply, if any")
		return b.server
	case password == nil:
		b.report(SeverityWarning, *user, "", "has no password: the credentials of [server] apply, if any")
		return b.server
	}
	return Credentials{user.value, unique.Make(password.value)}
}

// plainSettings returns the settings of a service other than a callback
// service.
func (b *builder) plainSettings(name string) Settings {
	section := b.doc.sections[serviceSection(name)]
	return Settings{Credentials: b.pair(section), Options: b.texts(section, false)}
}

// texts returns the options that apply to a service, without passwords.
func (b *builder) texts(section *section, global bool) map[string]string {
	options := make(map[string]string)
	if global && b.global != nil {
		for _, name := range b.order {
			if e := b.global.entry(name); e != nil && b.table[name].place&inCallback != 0 && !b.unusable[name] {
				options[name] = e.value
			}
		}
	}
	for name, i := range section.index {
		if e := section.entries[i]; e.value != "" {
			options[name] = e.value
		}
	}
	for alias := range aliases() {
		delete(options, alias) // present under its canonical name
	}
	delete(options, "password")
	delete(options, "_services_credentials")
	return options
}

// checkNames reports options of [callback] and of callback services that are
// unknown or in the wrong section.
func (b *builder) checkNames() {
	if b.global != nil {
		b.checkSection(b.global, inCallback, "is valid only in the section of a service: ignored")
	}
	for _, name := range b.servicesOf(kindCallback) {
		b.checkSection(b.doc.sections[serviceSection(name)], inService, "is valid only in [callback]: ignored")
	}
}

func (b *builder) checkSection(section *section, place place, misplaced string) {
	aliases := aliases()
	for _, e := range section.entries {
		name := e.name
		if proper, ok := aliases[name]; ok {
			name = proper
		}
		spec := b.table[name]
		switch {
		case spec == nil && token.IsOne(e.value):
			// A declaration of a token, such as my_token_name = $my_token$.
		case spec == nil && slices.Contains(requestNames(), name):
			b.report(SeverityWarning, e, "", "is a request parameter, not an option: ignored")
		case spec == nil && (isHoursOption(name) || isCapacityOption(name)):
			b.report(SeverityWarning, e, "", "is an option of office-hours or capacity services: ignored")
		case spec == nil && e.value != "" && b.restricts(name) != "":
			// The service is left out.
		case spec == nil:
			b.report(SeverityWarning, e, "", "is unknown%s: ignored", b.suggest(name, kindCallback))
		case e.value == "":
		case spec.place&place == 0:
			b.report(SeverityWarning, e, "", "%s", misplaced)
		case spec.read == nil:
			b.report(SeverityNote, e, "", "%s", spec.why)
		}
	}
}

// requestNames are parameters of requests, not options.
func requestNames() []string {
	return []string{"_customer_number", "_new_desired_time", "_callback_state", "_callback_reason", "_originating_interaction_id",
		"_copy_from", "_device_notification_id", "_device_os"}
}

// reportSections reports unused sections and unused entries of shared sections.
func (b *builder) reportSections() {
	for _, name := range b.names {
		s := b.doc.sections[name]
		switch {
		case slices.Contains(serverSections(), name):
			b.report(SeverityNote, s.head(), "", "configures the GMS server: ignored")
		case !b.used[name]:
			b.report(SeverityWarning, s.head(), "", "is unknown and unused%s: ignored", b.suggestSection(name))
		case name == "patterns":
			for _, e := range s.entries {
				if !b.used["patterns "+e.name] {
					b.report(SeverityNote, e, "", "is not used by _exceptions of any service")
				}
			}
		case name == "services", strings.HasSuffix(name, ".services"):
			for _, e := range s.entries {
				if !b.used[name+" "+e.name] && e.name != "all" {
					b.report(SeverityWarning, e, "", "is not the name or _paused_services_id of a service that uses this list: ignored")
				}
			}
		}
	}
}

// serverSections are sections of the GMS application that configure the server.
func serverSections() []string {
	return []string{"agent", "chat", "cluster", "features", "gms", "history", "log", "notification", "ors", "port_restrictions",
		"push", "reporting", "resources", "security", "stat", "uri"}
}
