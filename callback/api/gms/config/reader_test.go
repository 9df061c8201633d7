package config_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// Each option at its borders: what the service gets, and what is reported.
func TestOptionValues(t *testing.T) {
	const s = time.Second
	type get func(callback.Service) any
	var (
		queued    get = func(x callback.Service) any { return x.Limits.Queued }
		first     get = func(x callback.Service) any { return x.Limits.First }
		perDay    get = func(x callback.Service) any { return x.Limits.PerParameter }
		same      get = func(x callback.Service) any { return x.Limits.SameNumber }
		ttl       get = func(x callback.Service) any { return x.TTL }
		buffer    get = func(x callback.Service) any { return x.Booking.Buffer }
		bucket    get = func(x callback.Service) any { return x.Booking.Bucket }
		perBucket get = func(x callback.Service) any { return x.Booking.PerBucket }
		horizon   get = func(x callback.Service) any { return x.Booking.Horizon }
		past      get = func(x callback.Service) any { return x.Booking.Past }
		place     get = func(x callback.Service) any { return x.Dialing.PlaceTimeout }
		data      get = func(x callback.Service) any { return x.Preview.Data }
		target    get = func(x callback.Service) any { return x.Queueing.Target }
		reason    get = func(x callback.Service) any { return x.Preview.Reason }
		strict    get = func(x callback.Service) any { return x.Confirm.Strict }
		noCPD     get = func(x callback.Service) any { return x.Dialing.NoCallProgress }
		lists     get = func(x callback.Service) any { return x.Limits.Parameters }
		retry     get = func(x callback.Service) any {
			return fmt.Sprint(x.Dialing.Retry.MaxAttempts, x.Dialing.Retry.Default.Delay, x.Dialing.Retry.Rules[scheduler.Rejected].Delay)
		}
	)
	for _, c := range []struct {
		option  string
		get     get
		want    any
		problem string // without line and section
	}{
		// 0 is a value of these, which here the zero value of the field is not.
		{"_max_queued_callbacks_per_service=0", queued, -1, ""},
		{"max_queued_callbacks_per_service=7", queued, 7, ""},
		{"_max_queued_callbacks_per_service=5O", queued, 0, `warning: _max_queued_callbacks_per_service "5O" is not a whole number: the default counts: 1000`},
		{"_max_queued_callbacks_per_service=-1", queued, 0, `warning: _max_queued_callbacks_per_service "-1" is not between 0 and 1000000000: the default counts: 1000`},
		{"_max_queued_callbacks_per_service=99999999999999999999", queued, 1_000_000_000, `warning: _max_queued_callbacks_per_service is not between 0 and 1000000000: 1000000000 is used`},
		{"_throttle_ttl_1=0", first, callback.Throttle{Every: -1}, ""},
		{"_throttle_callbacks_per_service_1=0", first, callback.Throttle{Max: -1}, ""},
		{"_throttle_request_parameters_limit=0", perDay, -1, ""},
		{"_throttle_customer_number_limit=3", perDay, 3, ""},
		{"_request_execution_time_buffer=0", buffer, time.Duration(-1), ""},
		{"_reject_past_desired_time=0", past, time.Duration(1), ""},
		{"_max_request_by_time_bucket=0", perBucket, -1, `warning: _max_request_by_time_bucket "0" leaves no place at any time: every request for a later time is refused`},

		{"_ttl=60", ttl, 60 * s, ""},
		{"_ttl=59", ttl, 60 * s, `warning: _ttl "59" is not between 60 and 34560000 seconds: 60 is used`},
		{"_ttl=0", ttl, 0 * s, `warning: _ttl "0" is not between 60 and 34560000 seconds: the default counts: 86400`},
		{"_ttl=1d", ttl, 0 * s, `warning: _ttl "1d" is not a whole number of seconds: the default counts: 86400`},
		{"_ttl=", ttl, 0 * s, ""},
		{"_ixn_createcall_timeout=301", place, 300 * s, `warning: _ixn_createcall_timeout "301" is not between 1 and 300 seconds: 300 is used`},

		{"_enable_in_queue_checking=STRICT", same, callback.CheckStrict, ""},
		{"_enable_in_queue_checking=false", same, callback.CheckNone, ""},
		{"_enable_in_queue_checking=no", same, callback.CheckTwo, `warning: _enable_in_queue_checking "no" is none of true, strict and false: the default counts: true`},
		{"_cpd_enable=False", noCPD, true, ""},
		{"_cpd_enable=0", noCPD, false, `warning: _cpd_enable "0" is neither true nor false: the default counts: true`},
		{"_request_time_bucket=120", bucket, 2 * time.Hour, ""},
		{"_request_time_bucket=7", bucket, 0 * s, `warning: _request_time_bucket "7" is none of 5, 10, 15, 20, 30, 60 and 120: the default counts: 5`},
		{"_on_user_confirm_timeout=CONNECT-ANYWAY", strict, false, ""},
		{"_on_user_confirm_timeout=GIVE-UP", strict, true, ""},

		{"_reject_future_desired_time=1M", horizon, callback.Span{Months: 1}, ""},
		{"_reject_future_desired_time=2w", horizon, callback.Span{Days: 14}, ""},
		{"_reject_future_desired_time=90m", horizon, callback.Span{Clock: 90 * time.Minute}, ""},
		{"_reject_future_desired_time=10y", horizon, callback.Span{Years: 10}, ""},
		{"_reject_future_desired_time=11y", horizon, callback.Span{}, `warning: _reject_future_desired_time "11y" is not a number with one of the letters y, M, w, d, h and m, above zero and up to 10 years: the default counts: 1M`},
		{"_reject_future_desired_time=0d", horizon, callback.Span{}, `warning: _reject_future_desired_time "0d" is not a number with one of the letters y, M, w, d, h and m, above zero and up to 10 years: the default counts: 1M`},

		{"_max_dial_attempts=7", retry, "7 5m0s 5m0s", ""},
		{"_dial_retry_timeout=60", retry, "3 1m0s 1m0s", ""},
		{"_dial_retry_timeout=0", retry, "3 0s 0s", ""},
		{"_max_dial_attempts=0", retry, "0 0s 0s", `warning: _max_dial_attempts "0" is not between 1 and 100: the default counts: 3`},

		{"_throttle_request_parameters= a , b,a,,", lists, []string{"a", "b"}, ""},
		{`_throttle_request_parameters=["a","b"]`, lists, []string{"a", "b"}, ""},
		{"_throttle_request_parameters=,", lists, []string(nil), `warning: _throttle_request_parameters "," names nothing: the default counts: _customer_number`},
		{`_throttle_request_parameters=["a",1]`, lists, []string(nil), `warning: _throttle_request_parameters "[\"a\",1]" is not a list of names: the default counts: _customer_number`},
		{"_agent_preview_data=account,Value 1", data, []string{"account", "Value 1"}, ""},
		{"_agent_preview_data=Value 1,Value 2,Value 3", data, []string(nil), `warning: _agent_preview_data "Value 1,Value 2,Value 3" was never filled in: the default counts: all user data`},
		{"_agent_preview_set_notready_reason=N/A", reason, "", ""},
		{"_agent_preview_set_notready_reason=12", reason, "12", ""},

		{"_target={specify}", target, "", `warning: _target "{specify}" was never filled in: the default counts: none`},
		{`_target=[{"target":"a@b.GA","timeout":30},{"target":"c@b.GA"}]`, target, `[{"target":"a@b.GA","timeout":30},{"target":"c@b.GA"}]`, ""},
		{"_target=[]", target, "", `warning: _target "[]" is not a JSON list of 1 to 15 objects: the default counts: none`},
	} {
		t.Run(c.option, func(t *testing.T) {
			o := optionsOf(t, c.option)
			if diff := cmp.Diff(c.want, c.get(serviceOf(t, o, "x"))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var want []string
			if c.problem != "" {
				severity, rest, _ := strings.Cut(c.problem, ": ")
				want = []string{"line 4: " + severity + ": [service.x] " + rest}
			}
			wantProblems(t, o, want...)
		})
	}
}

// The service's value counts, then that of [callback], then the default; an empty
// value is an absent one, and one that cannot be used does not hide the next.
func TestOptionLevels(t *testing.T) {
	for _, c := range []struct {
		global, own string
		want        time.Duration
		problems    []string
	}{
		{"", "", 0, nil},
		{"_ttl=100", "", 100 * time.Second, nil},
		{"_ttl=100", "_ttl=", 100 * time.Second, nil},
		{"_ttl=100", "_ttl=200", 200 * time.Second, nil},
		{"_ttl=", "_ttl=200", 200 * time.Second, nil},
		{"_ttl=100", "_ttl=x", 100 * time.Second, []string{`line 6: warning: [service.x] _ttl "x" is not a whole number of seconds: the value of [callback] counts`}},
		{"_ttl=x", "_ttl=y", 0, []string{
			`line 2: warning: [callback] _ttl "x" is not a whole number of seconds: the default counts: 86400`,
			`line 6: warning: [service.x] _ttl "y" is not a whole number of seconds: the default counts: 86400`,
		}},
		{"_ttl=1", "", time.Minute, []string{`line 2: warning: [callback] _ttl "1" is not between 60 and 34560000 seconds: 60 is used`}},
	} {
		o := readOptions(t, "[callback]\n"+c.global+"\n[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n"+c.own)
		if got := serviceOf(t, o, "x").TTL; got != c.want {
			t.Errorf("%q over %q is %v, want %v", c.own, c.global, got, c.want)
		}
		wantProblems(t, o, c.problems...)
	}
}

// What GMS does by default and the library does not, or what is done by somebody
// else, is said.
func TestOptionNotes(t *testing.T) {
	hours := "\n[service.h]\n_service=office-hours\n_bh_regular1=Mon-Fri 9:00-17:00"
	for _, c := range []struct{ lines, problem string }{
		{"[service.x]\n_service=callback", "line 1: note: [service.x] _call_direction is absent: customers are called (USERTERMINATED), where GMS lets them call"},
		{"[service.x]\n_call_direction=USERTERMINATED", "line 1: note: [service.x] has no _service: it is taken as a callback service"},
		{"_business_hours_service=h" + hours, "line 1: note: [service.x] _enable_reject_out_of_office_hours is absent: requests for now are refused outside the hours; false takes them into the queue"},
		{"_wait_for_agent=false", `line 4: note: [service.x] _wait_for_agent "false" has no meaning when customers are called: a Manager with a Router dials when an agent is free, one without when a line is`},
		{"_wait_for_user_confirm=true\n_wait_for_agent=false", `line 4: warning: [service.x] _wait_for_user_confirm "true" counts only with _wait_for_agent = true: nobody is asked`},
		{"_media_type=sms", "line 4: warning: [service.x] _media_type is neither voice nor chat: callbacks end at once with FAIL_INCORRECT_MEDIA_TYPE"},
		{"_request_execution_time_buffer=300", "line 4: note: [service.x] _request_execution_time_buffer is longer than the default of _desired_connect_time_threshold, 180: that is made as long"},
		{"_mandatory_customer_lookup_keys=account", `line 4: note: [service.x] _mandatory_customer_lookup_keys does not fit the default of the other list: the mandatory key "account" is added to the lookup keys`},
		{"_enable_status_notification=notify\n_status_notification_type=orscb", `line 5: warning: [service.x] _status_notification_type "orscb" sends to a session of the orchestration server, which is not here: nothing is sent`},
		{"_paused_services_list=Other", "line 4: note: [service.x] _paused_services_list names a list that is not part of the configuration: nothing is paused by it"},
		{"_overwritable_options=_target,_ttl", "line 4: warning: [service.x] _overwritable_options lists something that is none of _ors, _redirect and _target: it is left out of the list"},
		{"_ors=http://ors:4421", "line 4: note: [service.x] _ors belongs to the orchestration server: attempts and reports take its place"},
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

func hasLine(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}

// The lookup keys hold the mandatory ones, whichever list was written.
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

// A service whose options contradict one another is not returned; the line of the
// option that does not fit is told.
func TestContradictions(t *testing.T) {
	for _, c := range []struct{ lines, problem string }{
		{"_request_execution_time_buffer=120\n_desired_connect_time_threshold=60", "line 5: error: [service.x] _desired_connect_time_threshold 1m0s is below _request_execution_time_buffer 2m0s: a released callback could not be dialled: the service is left out"},
		{"_desired_connect_time_threshold=0", "line 4: error: [service.x] _desired_connect_time_threshold 0s is below _request_execution_time_buffer 2m0s: a released callback could not be dialled: the service is left out"},
		{"_customer_lookup_keys=a\n_mandatory_customer_lookup_keys=b", `line 5: error: [service.x] _mandatory_customer_lookup_keys "b" is not among _customer_lookup_keys: the service is left out`},
		{"_urs_queued_ttl=60\n_cannot_dial_buffer_time=60", "line 5: error: [service.x] _cannot_dial_buffer_time 1m0s is not between 0 and _urs_queued_ttl 1m0s: the service is left out"},
		{"_min_queue_wait=10\n_max_queue_wait=5", "line 5: error: [service.x] _max_queue_wait 5s is not above _min_queue_wait 10s: the service is left out"},
		{"_agent_preview_via_rp=true", "line 4: error: [service.x] _agent_preview_via_rp needs _route_point: the service is left out"},
		{"_redirect=x", "line 4: error: [service.x] _redirect names the service itself: the service is left out"},
		{"_default_country=XX", `line 4: error: [service.x] _default_country "XX" is not a region of ISO 3166 with two letters: the service is left out`},
		{"_business_hours_service={specify}", `line 4: error: [service.x] _business_hours_service "{specify}" was never filled in: the service is left out`},
		{"_business_hours_service=$when$", "line 4: error: [service.x] _business_hours_service has a token, which a start request can fill only in _desired_time, _dial_retry_timeout, _max_dial_attempts, _redirect, _target, _urs_virtual_queue: the service is left out"},
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
		`line 2: error: [callback] _default_country "Mars" is not a region of ISO 3166 with two letters: services without a value of their own are left out`,
		"line 3: error: [service.x] _default_country of [callback] cannot be used, and there is none here: the service is left out")
	if got := serviceOf(t, o, "y").Numbers.Country; got != "CH" {
		t.Errorf("the country is %q", got)
	}
}
