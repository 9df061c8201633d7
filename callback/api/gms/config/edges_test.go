package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// Values and names at the bounds of their length.
func TestOptionLengths(t *testing.T) {
	long := func(n int) string { return strings.Repeat("a", n) }
	for _, c := range []struct {
		line    string
		problem string // begins so; empty for none
	}{
		{"_route_point=" + long(4096), ""},
		{"_route_point=" + long(4097), "line 4: warning: [service.x] _route_point has more than 4096 bytes: the default counts: none"},
		{"_target=" + long(70_000), "line 4: error: [service.x] _target has more than 65536 bytes: the option is left out"},
		{"_target=$x$" + long(1021), ""},
		{"_target=$x$" + long(1022), "line 4: warning: [service.x] _target has more than 1024 bytes, too many for an option with tokens: the default counts: none"},
		{"_throttle_request_parameters=" + long(128), ""},
		{"_throttle_request_parameters=" + long(129), "line 4: warning: [service.x] _throttle_request_parameters has a name of more than 128 bytes or with control characters: "},
		{"_throttle_request_parameters=" + strings.Repeat("a,", 5000), "line 4: warning: [service.x] _throttle_request_parameters has more than 8192 bytes: "},
		{"_throttle_request_parameters=" + numbered(257), "line 4: warning: [service.x] _throttle_request_parameters has more than 256 names: "},
		{long(128) + "=$x$", ""},
		{long(129) + "=$x$", "line 4: error: [service.x] an option's name has to be 1 to 128 letters"},
		{long(100) + "=1", "line 4: warning: [service.x] " + long(80) + "... is not known: it is not read"},
		{"[service." + long(128) + "]\n_service=office-hours\n_bh_regular=Mon 9:00-17:00", ""},
		{"[service." + long(129) + "]\n_service=office-hours", "line 4: error: a section's name has to be 1 to 136 characters"},
		{"[service.]", "line 4: error: [service.] names a service of no or more than 128 characters: it is left out"},
	} {
		o := optionsOf(t, c.line)
		got := linesOf(o.Problems)
		if c.problem == "" && len(got) > 0 || c.problem != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.problem)) {
			t.Errorf("%.60s is reported as %.200q, want %q", c.line, got, c.problem)
		}
		serviceOf(t, o, "x")
	}
}

func numbered(n int) string {
	var list []string
	for i := range n {
		list = append(list, string(rune('a'+i%26))+string(rune('a'+i/26)))
	}
	return strings.Join(list, ",")
}

// Both names of an option in one section: the newer counts.
func TestOptionAliases(t *testing.T) {
	o := optionsOf(t, "_throttle_customer_number_limit=3", "_throttle_request_parameters_limit=4", "max_queued_callbacks_per_service=x")
	wantProblems(t, o,
		"line 4: warning: [service.x] _throttle_customer_number_limit is another name of _throttle_request_parameters_limit, which is there and counts",
		`line 6: warning: [service.x] max_queued_callbacks_per_service "x" is not a whole number: the default counts: 1000`)
	if n := serviceOf(t, o, "x").Limits.PerParameter; n != 4 {
		t.Errorf("%d a day", n)
	}
	if got := o.Settings["x"].Options["_throttle_request_parameters_limit"]; got != "4" {
		t.Errorf("the text is %q", got)
	}
	o = readOptions(t, "[callback]\nmax_queued_callbacks_per_service=7\n[service.x]\n_service=callback\n_call_direction=USERTERMINATED")
	if n := serviceOf(t, o, "x").Limits.Queued; n != 7 || o.Settings["x"].Options["_max_queued_callbacks_per_service"] != "7" {
		t.Errorf("%d queued, %v", n, o.Settings["x"].Options)
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]callback.Span{
		"1y": {Years: 1}, "120M": {Months: 120}, "521w": {Days: 3647}, "3652d": {Days: 3652}, "24h": {Clock: 24 * time.Hour}, "1m": {Clock: time.Minute},
		"121M": {}, "522w": {}, "3653d": {}, "87649h": {}, "5258881m": {}, "1D": {}, "1": {}, "d": {}, "-1d": {}, "1.5h": {},
		"9223372036854775807h": {}, "99999999999999999999y": {},
	} {
		o := optionsOf(t, "_reject_future_desired_time="+text)
		if got := serviceOf(t, o, "x").Booking.Horizon; got != want {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
		if told := len(o.Problems) == 1; told != want.IsZero() {
			t.Errorf("%s: problems %v", text, o.Problems)
		}
	}
}

// Tokens in times between attempts, and a redirection by token that goes wrong.
func TestMoreTokens(t *testing.T) {
	o := optionsOf(t, "_dial_retry_timeout=$gap$", "_redirect=$to$")
	wantProblems(t, o)
	if got := serviceOf(t, o, "x").Dialing.Retry; got.MaxAttempts != 0 {
		t.Errorf("the retry policy is %+v, want the default", got)
	}
	r, err := o.Resolve("x", callback.Values{"gap": "0"})
	if err != nil || r.Retry == nil || *r.Retry != (callback.RetryLimits{MaxAttempts: 3}) {
		t.Errorf("%+v, %v", r, err)
	}
	for _, body := range []callback.Values{{"gap": "-1"}, {"gap": "2592001"}, {"to": []any{}}, {"to": strings.Repeat("a", 1025)}} {
		if r, err := o.Resolve("x", body); callback.Code(err) != 40010 {
			t.Errorf("%.40v: %+v, %v", body, r, err)
		}
	}
	// A body may lead back only as far as the chain allows.
	if _, err := o.Resolve("x", callback.Values{"to": "x"}); callback.Code(err) != 50040 {
		t.Errorf("a service that leads to itself: %v", err)
	}
}

// Calendars that never open are looked for with bounded effort.
func TestNeverOpensIsBounded(t *testing.T) {
	var b strings.Builder
	for _, name := range []string{"a", "b", "c"} {
		b.WriteString("[service." + name + "]\n_service=office-hours\n")
		for day := range 1000 {
			date := time.Date(2030, 1, 1+day, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
			b.WriteString("_effective_dates" + date[:4] + date[5:7] + date[8:] + "=" + date + "\n")
		}
	}
	o := readOptions(t, b.String())
	if len(o.Calendars) != 3 {
		t.Fatalf("%d calendars: %v", len(o.Calendars), o.Problems)
	}
	// A thousand days and one are tried for each: enough effort for the first.
	wantProblems(t, o, "line 1: warning: [service.a] never opens: services that name it refuse every request")
}

// A problem prints with what it has.
func TestProblemString(t *testing.T) {
	for want, p := range map[string]config.Problem{
		"note: text": {Severity: config.SeverityNote, Text: "text"},
		`line 3: error: [a] b "c" text`: {
			Line: 3, Severity: config.SeverityError, Section: "a", Option: "b", Value: "c", Text: "text"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
