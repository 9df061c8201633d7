package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/phonenum"
)

// The lookup keys include the mandatory ones, whichever list is set.
func TestLookupKeysOfConfiguration(t *testing.T) {
	for _, c := range []struct {
		lines             string
		lookup, mandatory []string
	}{
		{"_customer_lookup_keys=account", []string{"account", "_customer_number"}, []string{"_customer_number"}},
		{"_mandatory_customer_lookup_keys=account", []string{"_customer_number", "account"}, []string{"account"}},
		{"_customer_lookup_keys=a,b,a\n_mandatory_customer_lookup_keys=b", []string{"a", "b"}, []string{"b"}},
		{"", nil, nil},
	} {
		o := optionsOf(t, c.lines)
		s := serviceOf(t, o, "x")
		if diff := cmp.Diff([][]string{c.lookup, c.mandatory}, [][]string{s.SearchKeys, s.RequiredKeys}); diff != "" && c.lookup != nil {
			t.Errorf("%q (-want +got):\n%s", c.lines, diff)
		}
		if c.lookup == nil {
			c.lookup = []string{"_customer_number"}
		}
		if diff := cmp.Diff(c.lookup, o.Settings["x"].LookupKeys); diff != "" {
			t.Errorf("%q: settings (-want +got):\n%s", c.lines, diff)
		}
	}
}

// Differences from GMS are reported.
func TestOptionNotes(t *testing.T) {
	hours := "\n[service.h]\n_service=office-hours\n_bh_regular1=Mon-Fri 9:00-17:00"
	for _, c := range []struct{ lines, problem string }{
		{"[service.x]\n_service=callback", "line 1: note: [service.x] _call_direction is absent: the default is USERTERMINATED, not USERORIGINATED as in GMS"},
		{"[service.x]\n_call_direction=USERTERMINATED", "line 1: note: [service.x] has no _service: a callback service is assumed"},
		{"_business_hours_service=h" + hours, "line 1: note: [service.x] _enable_reject_out_of_office_hours is absent: immediate requests are rejected outside the hours; false queues them"},
		{"_business_hours_service=h" + hours, "line 1: note: [service.x] _dial_in_office_hours is absent: attempts are made outside the hours as well, and _ttl and _urs_queued_ttl count every hour, as in GMS; true keeps attempts within the hours"},
		{"_wait_for_agent=false", `line 4: note: [service.x] _wait_for_agent "false" has no effect if customers are called: a Manager with a Router dials when an agent is free, one without when a line is`},
		{"_wait_for_user_confirm=true\n_wait_for_agent=false", `line 4: warning: [service.x] _wait_for_user_confirm "true" needs _wait_for_agent = true: customers are not asked`},
		{"_media_type=sms", "line 4: warning: [service.x] _media_type is neither voice nor chat: callbacks complete at once with FAIL_INCORRECT_MEDIA_TYPE"},
		{"_request_execution_time_buffer=300", "line 4: note: [service.x] _request_execution_time_buffer exceeds the default of _desired_connect_time_threshold, 180: the threshold is raised to it"},
		{"_mandatory_customer_lookup_keys=account", `line 4: note: [service.x] _mandatory_customer_lookup_keys conflicts with the default of the other list: the mandatory key "account" is added to the lookup keys`},
		{"_enable_status_notification=notify\n_status_notification_type=orscb", `line 5: warning: [service.x] _status_notification_type "orscb" needs the orchestration server: nothing is sent`},
		{"_overwritable_options=_target,_ttl", "line 4: warning: [service.x] _overwritable_options lists something other than _ors, _redirect and _target: left out of the list"},
		{"_ors=http://ors:4421", "line 4: note: [service.x] _ors configures the orchestration server, which attempts and reports replace"},
	} {
		lines := c.lines
		if !strings.HasPrefix(lines, "[") {
			lines = "[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n" + lines
		}
		o := readOptions(t, lines)
		serviceOf(t, o, "x")
		if got := linesOf(o.Problems); !hasLine(got, c.problem) {
			t.Errorf("%q is reported as\n%s\nwant\n%s", c.lines, strings.Join(got, "\n"), c.problem)
		}
	}
}

// A service rejects the numbers of its groups, or else of those in [callback].
// A service with an unknown group is left out.
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
		"line 7: error: [patterns] C pattern 1 has a character other than a digit, ? or a * at the end: services that use the group are left out",
		"line 8: error: [patterns] D has no pattern: services that use the group are left out",
		"line 9: note: [patterns] E is not used by _exceptions of any service",
		`line 20: error: [service.gone] _exceptions names the pattern group "X", which [patterns] does not have: the service is left out`,
		`line 24: error: [service.broken] _exceptions names the pattern group "C", which is faulty: the service is left out`,
		`line 24: error: [service.broken] _exceptions names the pattern group "D", which is faulty: the service is left out`)
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
		"line 7: error: [service.x] _exceptions names groups with more than 1000 patterns in total: the service is left out")
}
