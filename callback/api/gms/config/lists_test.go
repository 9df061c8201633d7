package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/phonenum"
)

// A service refuses the numbers of the groups it names, those of [callback] when
// it names none; one that names what is not there is left out.
func TestExceptions(t *testing.T) {
	o := readOptions(t, `
[callback]
_exceptions = A
[patterns]
A = +1900*
B = +4178555????, +41446681800
C = +41ABC
D =
E = +33*
[service.both]
_service = callback
_call_direction = USERTERMINATED
_exceptions = A,B
[service.global]
_service = callback
_call_direction = USERTERMINATED
[service.gone]
_service = callback
_call_direction = USERTERMINATED
_exceptions = A,X
[service.broken]
_service = callback
_call_direction = USERTERMINATED
_exceptions = C,D
`)
	wantProblems(t, o,
		"line 7: error: [patterns] C pattern 1 has a character other than a digit, ? or a * at the end: services that name the group are left out",
		"line 8: error: [patterns] D has no pattern: services that name the group are left out",
		"line 9: note: [patterns] E is not named by _exceptions of any service",
		`line 20: error: [service.gone] _exceptions names the pattern group "X", which [patterns] does not have: the service is left out`,
		`line 24: error: [service.broken] _exceptions names the pattern group "C", which cannot be read: the service is left out`,
		`line 24: error: [service.broken] _exceptions names the pattern group "D", which cannot be read: the service is left out`)
	for _, c := range []struct {
		service, number string
		want            bool
	}{
		{"both", "+19005550123", true}, {"both", "+41785556677", true}, {"both", "+41446681800", true}, {"both", "+41446681801", false},
		{"global", "+19005550123", true}, {"global", "+41785556677", false},
	} {
		n, err := phonenum.ParseE164(c.number)
		if err != nil {
			t.Fatal(err)
		}
		if got := serviceOf(t, o, c.service).Numbers.Exceptions.Match(n); got != c.want {
			t.Errorf("%s refuses %s: %v, want %v", c.service, c.number, got, c.want)
		}
	}
	var b strings.Builder
	b.WriteString("[patterns]\n")
	for _, group := range []string{"A", "B"} {
		b.WriteString(group + "=")
		for i := range 501 {
			fmt.Fprintf(&b, "+1%03d*,", i)
		}
		b.WriteString("+2*\n")
	}
	b.WriteString("[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n_exceptions=A,B")
	wantProblems(t, readOptions(t, b.String()),
		"line 7: error: [service.x] _exceptions names groups of together more than 1000 patterns: the service is left out")
}

func TestPausedServices(t *testing.T) {
	for _, c := range []struct {
		own, section string
		paused       bool
		problems     []string
	}{
		{"", "[services]\nx=true", true, nil},
		{"", "[services]\nx=false", false, nil},
		{"", "[services]\nall=TRUE", true, nil},
		{"_paused_services_id=id7", "[services]\nid7=true", true, nil},
		{"_paused_services_id=id7", "[services]\nx=true", false, []string{"line 6: warning: [services] x is the name or _paused_services_id of no service that reads this list: it is not read"}},
		{"", "[GMS_Paused_Services.services]\nx=true", true, nil},
		{"_paused_services_list=Night", "[Night.services]\nx=true", true, nil},
		{"_paused_services_list=Night", "[services]\nx=true", false, []string{
			"line 4: note: [service.x] _paused_services_list names a list that is not part of the configuration: nothing is paused by it",
			"line 5: warning: [services] is not known and nothing names it: it is not read"}},
		{"", "[services]\nx=yes", false, []string{`line 6: warning: [services] x "yes" is neither true nor false: nothing is paused by it`}},
	} {
		o := optionsOf(t, c.own, c.section)
		if got := serviceOf(t, o, "x").Paused; got != c.paused {
			t.Errorf("%q with %q: paused is %v", c.own, c.section, got)
		}
		wantProblems(t, o, c.problems...)
	}
}

func TestAccessNumbers(t *testing.T) {
	for _, c := range []struct {
		lines    string
		numbers  []string
		problems []string
	}{
		{"_resource_group=Pool\n[Pool]\na=+41446681800\nb=0800 1, 0800 2, +41446681800\n_strategy=LOCK\nc=soon", []string{"+41446681800", "0800 1", "0800 2"}, []string{
			"line 8: note: [Pool] _strategy is no access number and not read",
			"line 9: warning: [Pool] c is not a number that can be called: it is left out"}},
		{"_resource_group=+41446681800,+41446681801", []string{"+41446681800", "+41446681801"}, nil},
		{"_resource_group=Pool", nil, []string{
			"line 4: warning: [service.in] _resource_group names no section with access numbers",
			"line 4: error: [service.in] _resource_group is required when customers call in: the service is left out",
		}},
		{"_resource_group=patterns\n[patterns]\na=+41446681800", nil, []string{
			"line 4: warning: [service.in] _resource_group names no section with access numbers",
			"line 4: error: [service.in] _resource_group is required when customers call in: the service is left out",
			"line 6: note: [patterns] a is not named by _exceptions of any service",
		}},
	} {
		o := readOptions(t, "[service.in]\n_service=callback\n_call_direction=USERORIGINATED\n"+c.lines)
		wantProblems(t, o, c.problems...)
		if c.numbers == nil {
			if len(o.Services) != 0 || o.Err() == nil {
				t.Errorf("%q gives a service", c.lines)
			}
			continue
		}
		if got := serviceOf(t, o, "in").Inbound.AccessNumbers; !slices.Equal(got, c.numbers) {
			t.Errorf("%q gives %q, want %q", c.lines, got, c.numbers)
		}
	}
	o := optionsOf(t, "_resource_group=Pool\n[Pool]\na=+41446681800")
	wantProblems(t, o, "line 4: note: [service.x] _resource_group has no meaning when customers are called")
}

func TestEventLists(t *testing.T) {
	o := readOptions(t, `
[callback]
_callback_events_list = Events
[Events.properties]
_status_notification_type = orscb
_status_notification_target = https://list.example.com
_status_notification_attempts = 1000
_status_notification_provder = x
[Events._cbe_on_callback_queued]
notify_params = _service_id,_service_id
[Events._cbe_on_callback_remindr]
[Events._cbe_on_service_exit]
notify_parms = a
[service.x]
_service = callback
_call_direction = USERTERMINATED
_enable_status_notification = subscribe_notify
_status_notification_type = httpcb
[service.y]
_service = callback
_call_direction = USERTERMINATED
_callback_events_list = Gone
`)
	wantProblems(t, o,
		`line 7: warning: [Events.properties] _status_notification_attempts "1000" is not between 1 and 100: 100 is used`,
		"line 8: warning: [Events.properties] _status_notification_provder is not known (is _status_notification_provider meant?)",
		"line 11: warning: [Events._cbe_on_callback_remindr] is no event (is _cbe_on_callback_reminder meant?): it is left out",
		"line 13: warning: [Events._cbe_on_service_exit] notify_parms is not known (is notify_params meant?)",
		"line 17: note: [service.x] _enable_status_notification is not acted on here: the host sends the events that Settings.Notification describes",
		"line 22: note: [service.y] _callback_events_list names a list that is not part of the configuration: all events are meant")
	want := config.Notification{
		Mode: "subscribe_notify", Type: "httpcb", Target: "https://list.example.com", Attempts: 100,
		Events: map[string][]string{"_cbe_on_callback_queued": {"_service_id"}, "_cbe_on_service_exit": nil},
	}
	if diff := cmp.Diff(want, o.Settings["x"].Notification); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := o.Settings["y"].Notification; n.Events != nil || n.Attempts != 3 {
		t.Errorf("%+v", n)
	}
}

// Redirections have to lead to a callback service that is there, without coming
// back, in at most eight steps.
func TestRedirections(t *testing.T) {
	service := func(name, to string) string {
		return "[service." + name + "]\n_service=callback\n_call_direction=USERTERMINATED\n_redirect=" + to + "\n"
	}
	chain := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(service(fmt.Sprint("s", i), fmt.Sprint("s", i+1)))
		}
		return b.String() + service(fmt.Sprint("s", n), "")
	}
	for _, c := range []struct {
		name, text string
		services   int
		problems   []string
	}{
		{"one", service("a", "b") + service("b", ""), 2, nil},
		{"nowhere", service("a", "c"), 0, []string{`line 4: error: [service.a] _redirect leads to the service "c", which is not there: the service is left out`}},
		{"no callback service", service("a", "h") + "[service.h]\n_service=office-hours\n_bh_regular=Mon 9:00-10:00", 0,
			[]string{`line 4: error: [service.a] _redirect leads to "h", which is no callback service: the service is left out`}},
		{"left out", service("a", "b") + service("b", "c") + service("c", "") + "_default_country=XX", 0, []string{
			`line 4: error: [service.a] _redirect leads to the service "c", which is left out: the service is left out`,
			`line 8: error: [service.b] _redirect leads to the service "c", which is left out: the service is left out`,
			`line 13: error: [service.c] _default_country "XX" is not a region of ISO 3166 with two letters: the service is left out`}},
		{"cycle", service("a", "b") + service("b", "c") + service("c", "b"), 0, []string{
			`line 4: error: [service.a] _redirect leads in a circle: the service is left out`,
			`line 8: error: [service.b] _redirect leads in a circle: the service is left out`,
			`line 12: error: [service.c] _redirect leads in a circle: the service is left out`}},
		{"eight", chain(8), 9, nil},
		{"nine", chain(9), 9, []string{`line 4: error: [service.s0] _redirect leads through more than 8 services: the service is left out`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := readOptions(t, c.text)
			if len(o.Services) != c.services {
				t.Errorf("%d services, want %d", len(o.Services), c.services)
			}
			wantProblems(t, o, c.problems...)
		})
	}
	// As many as there may be are followed.
	r, err := readOptions(t, chain(8)).Resolve("s0", nil)
	if err != nil || r.Service != "s8" {
		t.Errorf("%+v, %v", r, err)
	}
}

// Two services cannot have one name for LUCS clients.
func TestLUCSNames(t *testing.T) {
	o := optionsOf(t, "_service_id=5f0b4a0e-2d3c-4b55-9c6e-0b6c0f9e8d11\n_service_sip=sip:X@localhost\n"+
		"[service.y]\n_service=callback\n_call_direction=USERTERMINATED\n_service_id={5F0B4A0E-2D3C-4B55-9C6E-0B6C0F9E8D11}\n"+
		"[service.z]\n_service=callback\n_call_direction=USERTERMINATED\n_service_sip=sip:x@localhost\n"+
		"[service.zz]\n_service=callback\n_call_direction=USERTERMINATED\n_service_sip=+41446681800\n_service_id=7")
	wantProblems(t, o,
		`line 9: error: [service.y] _service_id is that of service "x" as well: the service is left out`,
		`line 13: error: [service.z] _service_sip is that of service "x" as well: the service is left out`,
		`line 17: warning: [service.zz] _service_sip is not a SIP URI: the default counts: sip:NAME@localhost`,
		`line 18: warning: [service.zz] _service_id "7" is not a GUID: the default counts: an id made of the name`)
}
