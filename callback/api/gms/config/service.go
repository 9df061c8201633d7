package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
	"github.com/ringback-go/ringback/phonenum"
)

// draft is a callback service that is being parsed. References to other
// sections are resolved at the end.
type draft struct {
	service  callback.Service
	settings Settings

	hours, capacity, resources, events string
	pausedList, pausedID               string
	exceptions                         []string

	throttles            [2]callback.Throttle
	attempts             int
	retryDelay, reminder time.Duration
	remind, noWait       bool
	dialInHours          bool

	section *section
	table   map[string]*spec
	given   map[string]entry // options that apply, by name
	refused bool
}

// builder converts a document to Options.
type builder struct {
	doc    *document
	names  []string // of the sections, sorted
	table  map[string]*spec
	order  []string // names in table, sorted
	global *section // [callback]; nil if absent
	// lostGlobal is what may be of [callback] and cannot be read; nil if there is
	// nothing.
	lostGlobal *entry
	unusable   map[string]bool // options of [callback]
	patterns   map[string]phonenum.Patterns
	used       map[string]bool // sections that something refers to
	calendars  map[string]*availability.Calendar
	capacity   map[string]*availability.Weekly
	drafts     map[string]*draft // callback services by name
	kinds      map[string]string // of all services, by name
	server     Credentials
	guesses    int  // how often a name was compared with all others
	anywhere   bool // it is noted that numbers of all regions are accepted
}

// maxGuesses bounds the time to guess what unknown names mean. After that each counts
// as one that restricts.
const maxGuesses = 1000

// Supported kinds of services, values of _service.
const (
	kindCallback = "callback"
	kindHours    = "office-hours"
	kindCapacity = "capacity"
)

// options converts the document to Options.
func (d *document) options() *Options {
	b := &builder{
		doc: d, table: table(new(draft)), unusable: make(map[string]bool), used: make(map[string]bool),
		drafts: make(map[string]*draft), kinds: make(map[string]string),
	}
	b.order, b.names = slices.Sorted(maps.Keys(b.table)), d.names()
	b.canonicalNames()
	b.readGlobal()
	b.readServer()
	b.readPatterns()
	b.readKinds()
	b.readCalendars()
	b.readCapacities()
	for _, name := range b.servicesOf(kindCallback) {
		b.drafts[name] = b.readService(name)
	}
	b.checkNames()
	b.checkPolicies()
	b.checkRedirects()
	o := &Options{Calendars: b.calendars, Capacities: b.capacity, Settings: make(map[string]Settings), Global: b.globalSettings()}
	for _, name := range b.servicesOf(kindCallback) {
		if draft := b.drafts[name]; !draft.refused {
			o.Services = append(o.Services, draft.service)
			o.Settings[name] = draft.settings
		}
	}
	for name := range b.calendars {
		o.Settings[name] = b.plainSettings(name)
	}
	for name := range b.capacity {
		o.Settings[name] = b.plainSettings(name)
	}
	if len(o.Services) > 0 {
		b.report(SeverityNote, entry{}, "", "%s", noteBookings)
	}
	b.reportSections()
	o.Problems = d.problems.all()
	return o
}

// noteBookings is the note of each configuration with callback services.
const noteBookings = "the bookings of a number are not limited over services and days, as in GMS: set Limits.BookingsPerDay of the services"

func (b *builder) report(severity Severity, e entry, value, format string, args ...any) {
	b.doc.problems.add(severity, e, value, format, args...)
}

// servicesOf returns the services of a kind, sorted by name.
func (b *builder) servicesOf(kind string) []string {
	var names []string
	for name, k := range b.kinds {
		if k == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func serviceSection(name string) string { return "service." + name }

// canonicalNames adds aliased options under their canonical name.
func (b *builder) canonicalNames() {
	aliases := aliases()
	for _, name := range b.names {
		if name != "callback" && !strings.HasPrefix(name, "service.") {
			continue
		}
		s := b.doc.sections[name]
		for i, e := range s.entries {
			proper, ok := aliases[e.name]
			if !ok {
				continue
			}
			if s.entry(proper) != nil {
				b.report(SeverityWarning, e, "", "is another name of %s, which applies", proper)
				continue
			}
			s.index[proper] = i
		}
	}
}

// readGlobal checks the options of [callback], so that a fault is reported once
// and not for each service.
func (b *builder) readGlobal() {
	b.global = b.doc.sections["callback"]
	b.used["callback"] = true
	b.findLostGlobal()
	if b.global == nil {
		return
	}
	for _, e := range b.mistaken(b.global) {
		b.unusable[b.restricts(e.name)] = true
		b.report(SeverityError, e, "", "may be %s and cannot be read: services without a value of their own are left out", b.restricts(e.name))
	}
	for _, name := range b.order {
		spec, e := b.table[name], b.global.entry(name)
		if e == nil || spec.read == nil || spec.place&inCallback == 0 || len(token.Names(e.value)) > 0 {
			continue
		}
		fault := spec.read(e.value) // only the fault is used
		switch {
		case fault.rule == "":
		case fault.used != "":
			b.report(SeverityWarning, *e, shownValue(e.value), "%s: %s is used", fault.rule, fault.used)
		default:
			b.unusable[name] = true
			if spec.strict {
				b.report(SeverityError, *e, shownValue(e.value), "%s: services without a value of their own are left out", fault.rule)
			} else {
				b.report(SeverityWarning, *e, shownValue(e.value), "%s: the default applies: %s", fault.rule, spec.unset)
			}
		}
	}
}

// globalSettings returns the settings for requests without a service.
func (b *builder) globalSettings() Settings {
	d := newDraft(b.global)
	for _, name := range []string{"filter-keys", "returned-keys", "_enable_throttle_header_parameters"} {
		if e := b.global.entry(name); e != nil && !b.unusable[name] {
			d.table[name].read(e.value)
		}
	}
	d.settings.Credentials = b.server
	return d.settings
}

// newDraft returns a draft with the defaults of what is not a field of Service.
func newDraft(section *section) *draft {
	d := &draft{
		section: section, given: make(map[string]entry), reminder: 300 * time.Second, pausedList: pausedServices,
		settings: DefaultSettings(), throttles: defaultThrottles(),
	}
	d.table = table(d)
	return d
}

// readService parses the options of a callback service, its own or else those
// of [callback].
func (b *builder) readService(name string) *draft {
	section := b.doc.sections[serviceSection(name)]
	d := newDraft(section)
	d.service = defaults(name)
	d.settings.Options = b.texts(section, true)
	for _, option := range b.order {
		if spec := d.table[option]; spec.read != nil {
			b.readOption(d, spec)
		}
	}
	if b.lostGlobal != nil {
		b.refuse(d, *b.lostGlobal, "", "may be of [callback], restrict all services, and cannot be read")
	}
	for _, e := range b.mistaken(section) {
		b.refuse(d, e, "", "may be %s and cannot be read", b.restricts(e.name))
	}
	b.finish(d)
	return d
}

// findLostGlobal looks for what seems to be [callback], or options of it, under
// another name: services would be without its restrictions.
func (b *builder) findLostGlobal() {
	for _, e := range b.doc.headers {
		if likeSection(e.name, "callback") {
			b.lostGlobal = &e
			return
		}
	}
	for _, e := range b.doc.stray {
		if b.restricts(e.name) != "" {
			b.lostGlobal = &e
			return
		}
	}
	for name, s := range b.doc.sections {
		if name != "callback" && likeSection(name, "callback") {
			head := s.head()
			b.lostGlobal = &head
			return
		}
	}
}

// likeSection reports whether a name is likely to be meant as that of a section. A
// name with parts is not one without.
func likeSection(name, proper string) bool {
	if strings.ContainsAny(name, ".:/") && !strings.Contains(proper, ".") {
		return false
	}
	return strings.EqualFold(name, proper) || nearest(name, []string{proper}) != ""
}

// mistaken returns the lines of a section that cannot be read, and the options that
// are unknown, which by their names are likely to be options that restrict.
func (b *builder) mistaken(s *section) (list []entry) {
	for _, e := range s.damaged {
		if b.restricts(e.name) != "" {
			list = append(list, e)
		}
	}
	for _, e := range s.entries {
		if b.table[e.name] == nil && e.value != "" && !token.IsOne(e.value) && aliases()[e.name] == "" && !slices.Contains(requestNames(), e.name) && b.restricts(e.name) != "" {
			list = append(list, e)
		}
	}
	return list
}

// restricts returns the strict option that a name is, or is most like.
func (b *builder) restricts(name string) string {
	near := name
	if b.table[name] == nil {
		if b.guesses++; b.guesses > maxGuesses {
			return "_business_hours_service" // so many are no mistakes
		}
		near = nearest(name, b.order)
	}
	if spec := b.table[near]; spec != nil && spec.strict {
		return near
	}
	return ""
}

// readOption applies the first usable value of an option.
func (b *builder) readOption(d *draft, spec *spec) {
	own, global := (*entry)(nil), (*entry)(nil)
	if spec.place&inService != 0 {
		own = d.section.entry(spec.name)
	}
	if spec.place&inCallback != 0 {
		global = b.global.entry(spec.name)
	}
	instead := "the default applies: " + spec.unset
	if global != nil && !b.unusable[spec.name] {
		instead = "the value of [callback] applies"
	}
	if own != nil {
		if b.isTemplate(d, spec, *own, instead) {
			return
		}
		fault := spec.read(own.value)
		switch {
		case fault.rule == "":
			d.given[spec.name] = *own
			return
		case fault.used != "":
			b.report(SeverityWarning, *own, shownValue(own.value), "%s: %s is used", fault.rule, fault.used)
			d.given[spec.name] = *own
			return
		case spec.strict:
			b.refuse(d, *own, shownValue(own.value), "%s", fault.rule)
			return
		default:
			b.report(SeverityWarning, *own, shownValue(own.value), "%s: %s", fault.rule, instead)
		}
	}
	switch {
	case b.unusable[spec.name] && spec.strict:
		b.refuse(d, d.section.head(), "", "%s of [callback] cannot be used and the service does not set it", spec.name)
	case global == nil:
	case b.unusable[spec.name], b.isTemplate(d, spec, *global, "the default applies: "+spec.unset):
	default:
		spec.read(global.value)
		d.given[spec.name] = *global
	}
}

// isTemplate handles a value with tokens and reports whether it has any. It
// keeps the value as a template if a start request can replace tokens in the
// option, and as text if the option is one; otherwise it ignores the value.
func (b *builder) isTemplate(d *draft, spec *spec, e entry, instead string) bool {
	if isCredential(spec.name) || len(token.Names(e.value)) == 0 {
		return false
	}
	switch {
	case !spec.fills && spec.strict:
		b.refuse(d, e, "", "has a token, which a start request can replace only in %s", strings.Join(b.fillable(), ", "))
	case !spec.fills:
		b.report(SeverityWarning, e, "", "has a token, which a start request can replace only in %s: %s", strings.Join(b.fillable(), ", "), instead)
	case len(e.value) > token.MaxFilled:
		b.report(SeverityWarning, e, "", "has more than %d bytes, too many for an option with tokens: %s", token.MaxFilled, instead)
	default:
		if d.settings.Templates == nil {
			d.settings.Templates = make(map[string]string)
		}
		d.settings.Templates[spec.name] = e.value
		if spec.name == "_target" || spec.name == "_urs_virtual_queue" {
			spec.read(e.value)
		}
		d.given[spec.name] = e
	}
	return true
}

// isCredential reports whether the value of an option must not be shown.
func isCredential(name string) bool { return name == "username" || name == "password" }

func (b *builder) fillable() []string {
	var names []string
	for _, name := range b.order {
		if b.table[name].fills {
			names = append(names, name)
		}
	}
	return names
}

// refuse leaves a service out.
func (b *builder) refuse(d *draft, e entry, value, format string, args ...any) {
	d.refused = true
	who := "the service"
	if e.section != d.section.name {
		who = fmt.Sprintf("service %q", shownName(d.service.Name))
	}
	b.report(SeverityError, e, value, "%s: %s is left out", fmt.Sprintf(format, args...), who)
}

// at returns the entry of an option that applies, or else its section.
func (d *draft) at(option string) entry {
	if e, ok := d.given[option]; ok {
		return e
	}
	e := d.section.head()
	e.name = option
	return e
}

// has reports whether an option was set to a usable value.
func (d *draft) has(option string) bool {
	_, ok := d.given[option]
	return ok
}
