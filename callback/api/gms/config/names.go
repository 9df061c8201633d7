package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
)

// readKinds finds out what kind of service each section [service.<name>] is.
func (b *builder) readKinds() {
	for _, section := range b.names {
		name, ok := strings.CutPrefix(section, "service.")
		if !ok {
			continue
		}
		b.used[section] = true
		s := b.doc.sections[section]
		if name == "" || len(name) > token.MaxName {
			b.report(SeverityError, s.head(), "", "names a service of no or more than %d characters: it is left out", token.MaxName)
			continue
		}
		kind := s.entry("_service")
		switch {
		case kind == nil:
			b.kinds[name] = kindCallback
			b.report(SeverityNote, s.head(), "", "has no _service: it is taken as a callback service")
		case kind.value == kindCallback, kind.value == kindHours, kind.value == kindCapacity:
			b.kinds[name] = kind.value
		default:
			b.kinds[name] = "other"
			b.report(SeverityWarning, *kind, shownValue(kind.value), "is none of callback, office-hours and capacity%s: the service is left out",
				didYouMean(kind.value, []string{kindCallback, kindHours, kindCapacity}))
		}
	}
}

// readServer reads section [server], of which only the credentials count.
func (b *builder) readServer() {
	section := b.doc.sections["server"]
	b.used["server"] = true
	if section == nil {
		return
	}
	b.server = b.pair(section)
	for _, e := range section.entries {
		if !isCredential(e.name) {
			b.report(SeverityNote, e, "", "belongs to the GMS server itself%s", didYouMean(e.name, []string{"username", "password"}))
		}
	}
}

// pair returns the credentials of a section, else those of [server]. Half a pair
// is none.
func (b *builder) pair(section *section) Credentials {
	user, password := section.entry("username"), section.entry("password")
	switch {
	case user == nil && password == nil:
		return b.server
	case user == nil:
		b.report(SeverityWarning, *password, "", "stands without username: the pair of [server] counts, if there is one")
		return b.server
	case password == nil:
		b.report(SeverityWarning, *user, "", "stands without password: the pair of [server] counts, if there is one")
		return b.server
	}
	return Credentials{user.value, password.value}
}

// plainSettings are those of services that take no callbacks.
func (b *builder) plainSettings(name string) Settings {
	section := b.doc.sections[serviceSection(name)]
	return Settings{Credentials: b.pair(section), Options: b.texts(section, false)}
}

// texts returns the options of a service that count, without passwords.
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
		delete(options, alias) // it is there under its proper name
	}
	delete(options, "password")
	delete(options, "_services_credentials")
	return options
}

// checkNames reports the options of [callback] and of callback services that
// have no meaning where they stand.
func (b *builder) checkNames() {
	if b.global != nil {
		b.checkSection(b.global, inCallback, "counts only in the section of a service: it is not read")
	}
	for _, name := range b.servicesOf(kindCallback) {
		b.checkSection(b.doc.sections[serviceSection(name)], inService, "counts only in [callback]: it is not read")
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
			// A token's own option, such as my_token_name = $my_token$.
		case spec == nil && slices.Contains(requestNames(), name):
			b.report(SeverityWarning, e, "", "is a parameter of a request and no option: it is not read")
		case spec == nil && (isHoursOption(name) || isCapacityOption(name)):
			b.report(SeverityWarning, e, "", "is an option of office-hours or capacity services: it is not read")
		case spec == nil:
			b.report(SeverityWarning, e, "", "is not known%s: it is not read", b.suggest(name, kindCallback))
		case e.value == "":
		case spec.place&place == 0:
			b.report(SeverityWarning, e, "", "%s", misplaced)
		case spec.read == nil:
			b.report(SeverityNote, e, "", "%s", spec.why)
		}
	}
}

// requestNames are parameters that belong in requests.
func requestNames() []string {
	return []string{"_customer_number", "_new_desired_time", "_callback_state", "_callback_reason", "_originating_interaction_id",
		"_copy_from", "_device_notification_id", "_device_os"}
}

// reportSections reports the sections that nothing reads, and what in those that
// are read concerns nobody.
func (b *builder) reportSections() {
	for _, name := range b.names {
		s := b.doc.sections[name]
		switch {
		case slices.Contains(serverSections(), name):
			b.report(SeverityNote, s.head(), "", "belongs to the GMS server itself: it is not read")
		case !b.used[name]:
			b.report(SeverityWarning, s.head(), "", "is not known and nothing names it%s: it is not read", b.suggestSection(name))
		case name == "patterns":
			for _, e := range s.entries {
				if !b.used["patterns "+e.name] {
					b.report(SeverityNote, e, "", "is not named by _exceptions of any service")
				}
			}
		case name == "services", strings.HasSuffix(name, ".services"):
			for _, e := range s.entries {
				if !b.used[name+" "+e.name] && e.name != "all" {
					b.report(SeverityWarning, e, "", "is the name or _paused_services_id of no service that reads this list: it is not read")
				}
			}
		}
	}
}

// serverSections are sections of the GMS application that steer the server.
func serverSections() []string {
	return []string{"agent", "chat", "cluster", "features", "gms", "history", "log", "notification", "ors", "port_restrictions",
		"push", "reporting", "resources", "security", "stat", "uri"}
}

// suggestSection names a section that was probably meant.
func (b *builder) suggestSection(name string) string {
	i := strings.IndexAny(name, ".:/ ")
	if i > 0 && nearest(name[:i], []string{"service"}) != "" {
		return " (is service." + told(strings.TrimLeft(name[i+1:], ".:/ ")) + " meant?)"
	}
	return didYouMean(name, []string{"callback", "patterns", "server", "services"})
}

// suggest names an option of a kind of service that was probably meant.
func (b *builder) suggest(name, kind string) string {
	switch kind {
	case kindHours:
		return didYouMean(strings.TrimRight(name, "0123456789"), append(hoursStems(), "_timezone", "username", "password"))
	case kindCapacity:
		return didYouMean(name, append(capacityNames(), "username", "password"))
	}
	return didYouMean(name, append(slices.Clone(b.order), slices.Sorted(maps.Keys(aliases()))...))
}

// didYouMean names the known spelling that is nearest, if one is near.
func didYouMean(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return " (is " + near + " meant?)"
	}
	return ""
}

// nearest returns the known name that takes the fewest changed, added, left out
// or swapped letters, up to a third of them; "" when none is that near. Case,
// underscores and dashes do not count.
func nearest(name string, known []string) string {
	const longest = 64 // of a known name there is none that long
	plain := plainName(name)
	if len(plain) > longest || len(plain) < 3 {
		return ""
	}
	best, least := "", len(plain)/3+1
	for _, k := range known {
		other := plainName(k)
		if d := len(other) - len(plain); d >= least || -d >= least || k == name {
			continue
		}
		if d := changes(plain, other); d < least {
			best, least = k, d
		}
	}
	return best
}

func plainName(name string) string {
	return strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(name, "_", ""), "-", ""))
}

// changes counts the edits that turn a into b.
func changes(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
