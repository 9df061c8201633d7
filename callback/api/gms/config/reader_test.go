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

// Each option at its limits: the field and the report.
func TestOptionValues(t *testing.T) {
	const s = time.Second
	type get func(callback.Service) any
	var (
		queued    get = func(x callback.Service) any { return x.Limits.Queued }
		first     get = func(x callback.Service) any { return x.Limits.Throttles[0] }
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
		// 0 is a value of these options but not of their fields.
		{"_max_queued_callbacks_per_service=0", queued, callback.None, ""},
		{"max_queued_callbacks_per_service=7", queued, callback.Limit(7), ""},
		{"_max_queued_callbacks_per_service=5O", queued, leftOut, `error: _max_queued_callbacks_per_service "5O" is not a whole number: the service is left out`},
		{"_max_queued_callbacks_per_service=-1", queued, leftOut, `error: _max_queued_callbacks_per_service "-1" is not between 0 and 1000000000: the service is left out`},
		{"_max_queued_callbacks_per_service=99999999999999999999", queued, callback.Limit(1_000_000_000), `warning: _max_queued_callbacks_per_service is not between 0 and 1000000000: 1000000000 is used`},
		{"_throttle_ttl_1=0", first, callback.Throttle{Max: 500, Every: callback.Off}, ""},
		{"_throttle_callbacks_per_service_1=0", first, callback.Throttle{Max: callback.None, Every: 300 * s}, ""},
		{"_throttle_request_parameters_limit=0", perDay, callback.None, ""},
		{"_throttle_customer_number_limit=3", perDay, callback.Limit(3), ""},
		{"_request_execution_time_buffer=0", buffer, callback.Off, ""},
		{"_reject_past_desired_time=0", past, time.Duration(1), ""},
		{"_max_request_by_time_bucket=0", perBucket, callback.None, `warning: _max_request_by_time_bucket "0" leaves no seats at any time: every scheduled request is rejected`},

		{"_ttl=60", ttl, 60 * s, ""},
		{"_ttl=59", ttl, 60 * s, `warning: _ttl "59" is not between 60 and 34560000 seconds: 60 is used`},
		{"_ttl=0", ttl, 24 * time.Hour, `warning: _ttl "0" is not between 60 and 34560000 seconds: the default applies: 86400`},
		{"_ttl=1d", ttl, 24 * time.Hour, `warning: _ttl "1d" is not a whole number of seconds: the default applies: 86400`},
		{"_ttl=", ttl, 24 * time.Hour, ""},
		{"_ixn_createcall_timeout=301", place, 300 * s, `warning: _ixn_createcall_timeout "301" is not between 1 and 300 seconds: 300 is used`},

		{"_enable_in_queue_checking=STRICT", same, callback.Limit(1), ""},
		{"_enable_in_queue_checking=false", same, callback.NoLimit, ""},
		{"_enable_in_queue_checking=no", same, leftOut, `error: _enable_in_queue_checking "no" is not true, strict or false: the service is left out`},
		{"_cpd_enable=False", noCPD, true, ""},
		{"_cpd_enable=0", noCPD, false, `warning: _cpd_enable "0" is neither true nor false: the default applies: true`},
		{"_request_time_bucket=120", bucket, 2 * time.Hour, ""},
		{"_request_time_bucket=7", bucket, leftOut, `error: _request_time_bucket "7" is not 5, 10, 15, 20, 30, 60 or 120: the service is left out`},
		{"_on_user_confirm_timeout=CONNECT-ANYWAY", strict, false, ""},
		{"_on_user_confirm_timeout=GIVE-UP", strict, true, ""},

		{"_reject_future_desired_time=1M", horizon, callback.Span{Months: 1}, ""},
		{"_reject_future_desired_time=2w", horizon, callback.Span{Days: 14}, ""},
		{"_reject_future_desired_time=90m", horizon, callback.Span{Clock: 90 * time.Minute}, ""},
		{"_reject_future_desired_time=10y", horizon, callback.Span{Years: 10}, ""},
		{"_reject_future_desired_time=11y", horizon, leftOut, `error: _reject_future_desired_time "11y" is not a positive number followed by y, M, w, d, h or m, up to 10 years: the service is left out`},
		{"_reject_future_desired_time=0d", horizon, leftOut, `error: _reject_future_desired_time "0d" is not a positive number followed by y, M, w, d, h or m, up to 10 years: the service is left out`},

		{"_max_dial_attempts=7", retry, "7 5m0s 5m0s", ""},
		{"_dial_retry_timeout=60", retry, "3 1m0s 1m0s", ""},
		{"_dial_retry_timeout=0", retry, "3 0s 0s", ""},
		{"_max_dial_attempts=0", retry, leftOut, `error: _max_dial_attempts "0" is not between 1 and 100: the service is left out`},

		{"_throttle_request_parameters= a , b,a,,", lists, []string{"a", "b"}, ""},
		{`_throttle_request_parameters=["a","b"]`, lists, []string{"a", "b"}, ""},
		{"_throttle_request_parameters=,", lists, leftOut, `error: _throttle_request_parameters "," has no names: the service is left out`},
		{`_throttle_request_parameters=["a",1]`, lists, leftOut, `error: _throttle_request_parameters "[\"a\",1]" is not a list of names: the service is left out`},
		{"_agent_preview_data=account,Value 1", data, []string{"account", "Value 1"}, ""},
		{"_agent_preview_data=Value 1,Value 2,Value 3", data, []string(nil), `warning: _agent_preview_data "Value 1,Value 2,Value 3" is a placeholder: the default applies: all user data`},
		{"_agent_preview_set_notready_reason=N/A", reason, "", ""},
		{"_agent_preview_set_notready_reason=12", reason, "12", ""},

		{"_target={specify}", target, "", `warning: _target "{specify}" is a placeholder: the default applies: none`},
		{`_target=[{"target":"a@b.GA","timeout":30},{"target":"c@b.GA"}]`, target, `[{"target":"a@b.GA","timeout":30},{"target":"c@b.GA"}]`, ""},
		{"_target=[]", target, "", `warning: _target "[]" is not a JSON list of 1 to 15 objects: the default applies: none`},
	} {
		t.Run(c.option, func(t *testing.T) {
			o := optionsOf(t, c.option)
			if c.want == leftOut {
				if len(o.Services) > 0 {
					t.Error("the service is used")
				}
			} else if diff := cmp.Diff(c.want, c.get(serviceOf(t, o, "x"))); diff != "" {
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

func hasLine(list []string, one string) bool {
	for _, s := range list {
		if s == one {
			return true
		}
	}
	return false
}

// Values and names at the limits of their length.
func TestOptionLengths(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, c := range []struct {
		line    string
		problem string // prefix; empty for none
	}{
		{"_route_point=" + long(4096), ""},
		{"_route_point=" + long(4097), "line 4: warning: [service.x] _route_point has more than 4096 bytes: the default applies: none"},
		{"_target=" + long(70_000), "line 4: error: [service.x] _target has more than 65536 bytes: the option is left out"},
		{"_target=$x$" + long(1021), ""},
		{"_target=$x$" + long(1022), "line 4: warning: [service.x] _target has more than 1024 bytes, too many for an option with tokens: the default applies: none"},
		{"_throttle_request_parameters=" + long(128), ""},
		{"_throttle_request_parameters=" + long(129), "line 4: error: [service.x] _throttle_request_parameters has a name of more than 128 bytes or with control characters: "},
		{"_throttle_request_parameters=" + strings.Repeat("a,", 5000), "line 4: error: [service.x] _throttle_request_parameters has more than 8192 bytes: "},
		{"_throttle_request_parameters=" + numbered(257), "line 4: error: [service.x] _throttle_request_parameters has more than 256 names: "},
		{long(128) + "=$x$", ""},
		{long(129) + "=$x$", "line 4: error: [service.x] an option's name must be 1 to 128 letters"},
		{long(100) + "=1", "line 4: warning: [service.x] " + long(80) + "... is unknown: ignored"},
		{"[service." + long(128) + "]\n_service=office-hours\n_bh_regular=Mon 9:00-17:00", ""},
		{"[service." + long(129) + "]\n_service=office-hours", "line 4: error: a section's name must be 1 to 136 characters"},
		{"[service.]", "line 4: error: [service.] names a service with no or more than 128 characters: left out"},
	} {
		o := optionsOf(t, c.line)
		got := linesOf(o.Problems)
		if c.problem == "" && len(got) > 0 || c.problem != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.problem)) {
			t.Errorf("%.60s is reported as %.200q, want %q", c.line, got, c.problem)
		}
		if !strings.HasPrefix(c.line, "_throttle_request_parameters") {
			serviceOf(t, o, "x")
		}
	}
}

// leftOut is what a service is whose option cannot be used and restricts.
const leftOut = "left out"

func numbered(n int) string {
	var list []string
	for i := range n {
		list = append(list, string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	return strings.Join(list, ",")
}
