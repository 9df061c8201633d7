package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// A chain of redirections must end at an existing callback service after at
// most eight steps.
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
		{"nowhere", service("a", "c"), 0, []string{`line 4: error: [service.a] _redirect leads to the service "c", which is unknown: the service is left out`}},
		{"no callback service", service("a", "h") + "[service.h]\n_service=office-hours\n_bh_regular=Mon 9:00-10:00", 0,
			[]string{`line 4: error: [service.a] _redirect leads to "h", which is not a callback service: the service is left out`}},
		{"left out", service("a", "b") + service("b", "c") + service("c", "") + "_default_country=XX", 0, []string{
			`line 4: error: [service.a] _redirect leads to the service "c", which is left out: the service is left out`,
			`line 8: error: [service.b] _redirect leads to the service "c", which is left out: the service is left out`,
			`line 13: error: [service.c] _default_country "XX" is not a two-letter ISO 3166 region: the service is left out`}},
		{"cycle", service("a", "b") + service("b", "c") + service("c", "b"), 0, []string{
			`line 4: error: [service.a] _redirect forms a cycle: the service is left out`,
			`line 8: error: [service.b] _redirect forms a cycle: the service is left out`,
			`line 12: error: [service.c] _redirect forms a cycle: the service is left out`}},
		{"eight", chain(8), 9, nil},
		{"nine", chain(9), 9, []string{`line 4: error: [service.s0] _redirect has more than 8 redirections: the service is left out`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := readOptions(t, c.text)
			if len(o.Services) != c.services {
				t.Errorf("%d services, want %d", len(o.Services), c.services)
			}
			wantProblems(t, o, c.problems...)
		})
	}
	// Eight redirections are followed.
	r, err := readOptions(t, chain(8)).Resolve("s0", nil)
	if err != nil || r.Service != "s8" {
		t.Errorf("%+v, %v", r, err)
	}
}

// Services must not have the same names for LUCS clients.
func TestLUCSNames(t *testing.T) {
	o := optionsOf(t, "_service_id=5f0b4a0e-2d3c-4b55-9c6e-0b6c0f9e8d11\n_service_sip=sip:X@localhost\n"+
		"[service.y]\n_service=callback\n_call_direction=USERTERMINATED\n_service_id={5F0B4A0E-2D3C-4B55-9C6E-0B6C0F9E8D11}\n"+
		"[service.z]\n_service=callback\n_call_direction=USERTERMINATED\n_service_sip=sip:x@localhost\n"+
		"[service.zz]\n_service=callback\n_call_direction=USERTERMINATED\n_service_sip=+41446681800\n_service_id=7")
	wantProblems(t, o,
		`line 9: error: [service.y] _service_id is also that of service "x": the service is left out`,
		`line 13: error: [service.z] _service_sip is also that of service "x": the service is left out`,
		`line 17: warning: [service.zz] _service_sip is not a SIP URI: the default applies: sip:NAME@localhost`,
		`line 18: warning: [service.zz] _service_id "7" is not a GUID: the default applies: an id derived from the name`)
}

// A service with contradictory options is left out; the report has the line of
// the option.
func TestContradictions(t *testing.T) {
	for _, c := range []struct{ lines, problem string }{
		{"_request_execution_time_buffer=120\n_desired_connect_time_threshold=60", "line 5: error: [service.x] _desired_connect_time_threshold 1m0s is below _request_execution_time_buffer 2m0s: a released callback could not be dialed: the service is left out"},
		{"_desired_connect_time_threshold=0", "line 4: error: [service.x] _desired_connect_time_threshold 0s is below _request_execution_time_buffer 2m0s: a released callback could not be dialed: the service is left out"},
		{"_customer_lookup_keys=a\n_mandatory_customer_lookup_keys=b", `line 5: error: [service.x] _mandatory_customer_lookup_keys "b" is not among _customer_lookup_keys: the service is left out`},
		{"_urs_queued_ttl=60\n_cannot_dial_buffer_time=60", "line 5: error: [service.x] _cannot_dial_buffer_time 1m0s is not between 0 and _urs_queued_ttl 1m0s: the service is left out"},
		{"_min_queue_wait=10\n_max_queue_wait=5", "line 5: error: [service.x] _max_queue_wait 5s is not above _min_queue_wait 10s: the service is left out"},
		{"_agent_preview_via_rp=true", "line 4: error: [service.x] _agent_preview_via_rp needs _route_point: the service is left out"},
		{"_redirect=x", "line 4: error: [service.x] _redirect names the service itself: the service is left out"},
		{"_default_country=XX", `line 4: error: [service.x] _default_country "XX" is not a two-letter ISO 3166 region: the service is left out`},
		{"_business_hours_service={specify}", `line 4: error: [service.x] _business_hours_service "{specify}" is a placeholder: the service is left out`},
		{"_business_hours_service=$when$", "line 4: error: [service.x] _business_hours_service has a token, which a start request can replace only in _desired_time, _dial_retry_timeout, _max_dial_attempts, _redirect, _target, _urs_virtual_queue: the service is left out"},
	} {
		o := optionsOf(t, c.lines)
		if len(o.Services) != 0 {
			t.Errorf("%q gives a service", c.lines)
		}
		wantProblems(t, o, c.problem)
		if o.Err() == nil {
			t.Errorf("%q: Err says nothing", c.lines)
		}
	}
	o := readOptions(t, "[service.x]\n_service=callback\n_call_direction=USERORIGINATED\n_agent_preview=true")
	wantProblems(t, o,
		"line 1: error: [service.x] _resource_group is required when customers call in: the service is left out",
		"line 4: error: [service.x] _agent_preview has no meaning when customers call in: the service is left out")
	o = readOptions(t, "[callback]\n_default_country=Mars\n[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n"+
		"[service.y]\n_service=callback\n_call_direction=USERTERMINATED\n_default_country=ch")
	wantProblems(t, o,
		`line 2: error: [callback] _default_country "Mars" is not a two-letter ISO 3166 region: services without a value of their own are left out`,
		"line 3: error: [service.x] _default_country of [callback] cannot be used and the service does not set it: the service is left out")
	if got := serviceOf(t, o, "y").Numbers.Country; got != "CH" {
		t.Errorf("the country is %q", got)
	}
}
