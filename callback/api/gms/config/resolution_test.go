package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/manager"
)

const tokenConfig = `
[service.billing]
_service = callback
_call_direction = USERTERMINATED
my_token_name = $my_token$
_target = Billing@$my_token$.GA
_urs_virtual_queue = VQ_$lang$_$my_token$
_max_dial_attempts = $tries$
_dial_retry_timeout = 60
_overwritable_options = _target
[service.timed]
_service = callback
_call_direction = USERTERMINATED
_desired_time = $when$
[service.fixed]
_service = callback
_call_direction = USERTERMINATED
_desired_time = 2030-05-28T15:30:00.000Z
[service.front]
_service = callback
_call_direction = USERTERMINATED
_redirect = $where$
[service.foo]
_service = callback
_call_direction = USERTERMINATED
_redirect = foo_b
_overwritable_options = _redirect,_target
[service.foo_b]
_service = callback
_call_direction = USERTERMINATED
_target = B@$my_token$.GA
[service.locked]
_service = callback
_call_direction = USERTERMINATED
_redirect = billing
`

func TestResolve(t *testing.T) {
	o := readOptions(t, tokenConfig)
	wantProblems(t, o)
	for _, c := range []struct {
		name, service string
		body          callback.Values
		want          config.Resolution
	}{
		{"a token in the middle", "billing", callback.Values{"my_token": "Stat_Server1"},
			config.Resolution{Service: "billing", Target: "Billing@Stat_Server1.GA", Queue: "VQ_$lang$_Stat_Server1"}},
		{"all tokens", "billing", callback.Values{"my_token": "S", "lang": "de", "tries": float64(7)},
			config.Resolution{Service: "billing", Target: "Billing@S.GA", Queue: "VQ_de_S", Retry: &callback.RetryLimits{MaxAttempts: 7, Delay: time.Minute}}},
		{"no tokens", "billing", nil, config.Resolution{Service: "billing"}},
		{"empty text", "billing", callback.Values{"my_token": ""}, config.Resolution{Service: "billing", Target: "Billing@.GA", Queue: "VQ_$lang$_"}},
		{"a value is not looked at again", "billing", callback.Values{"my_token": "$lang$", "lang": "de"},
			config.Resolution{Service: "billing", Target: "Billing@$lang$.GA", Queue: "VQ_de_$lang$"}},
		{"an overwritten option goes before a token", "billing", callback.Values{"my_token": "S", "_target": "Vip@S.GA"},
			config.Resolution{Service: "billing", Target: "Billing@S.GA", Queue: "VQ_$lang$_S", Overrides: map[string]string{"_target": "Vip@S.GA"}}},
		{"not overwritable", "billing", callback.Values{"_redirect": "foo_b"}, config.Resolution{Service: "billing"}},
		{"a time", "timed", callback.Values{"when": "2030-05-28T15:30:00.000Z"},
			config.Resolution{Service: "timed", Desired: time.Date(2030, 5, 28, 15, 30, 0, 0, time.UTC)}},
		{"no time", "timed", nil, config.Resolution{Service: "timed"}},
		{"the service's own time", "fixed", nil, config.Resolution{Service: "fixed", Desired: time.Date(2030, 5, 28, 15, 30, 0, 0, time.UTC)}},
		{"a redirection by token", "front", callback.Values{"where": "billing", "my_token": "S"},
			config.Resolution{Service: "billing", Target: "Billing@S.GA", Queue: "VQ_$lang$_S"}},
		{"no redirection without its token", "front", callback.Values{"my_token": "S"}, config.Resolution{Service: "front"}},
		{"a redirection", "foo", callback.Values{"my_token": "S"}, config.Resolution{Service: "foo_b", Target: "B@S.GA"}},
		{"a redirection switched off", "foo", callback.Values{"_redirect": ""},
			config.Resolution{Service: "foo", Overrides: map[string]string{"_redirect": ""}}},
		{"a redirection elsewhere, which overwrites no further", "foo", callback.Values{"_redirect": "locked", "my_token": "S"},
			config.Resolution{Service: "billing", Target: "Billing@S.GA", Queue: "VQ_$lang$_S"}},
		{"a redirection that cannot be overwritten", "locked", callback.Values{"_redirect": ""}, config.Resolution{Service: "billing"}},
		{"the target's list counts, not the first service's", "foo", callback.Values{"_target": "Vip@S.GA"}, config.Resolution{Service: "foo_b"}},
		{"a service that is not of the configuration", "else", callback.Values{"_redirect": "x"}, config.Resolution{Service: "else"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := o.Resolve(c.service, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, r); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	o := readOptions(t, tokenConfig)
	for _, c := range []struct {
		name, service string
		body          callback.Values
		fact          error
		text          string
	}{
		{"an array", "billing", callback.Values{"my_token": []any{"a"}}, callback.ErrInvalidParameter, "my_token: is not a string"},
		{"null", "billing", callback.Values{"my_token": nil}, callback.ErrInvalidParameter, "my_token: is not a string"},
		{"control characters", "billing", callback.Values{"my_token": "a\nb"}, callback.ErrInvalidParameter, "my_token: has control characters or is not UTF-8"},
		{"no UTF-8", "billing", callback.Values{"my_token": "\xff"}, callback.ErrInvalidParameter, "my_token: has control characters or is not UTF-8"},
		{"long", "billing", callback.Values{"my_token": strings.Repeat("a", 1025)}, callback.ErrInvalidParameter, "my_token: has more than 1024 bytes"},
		{"long together", "billing", callback.Values{"my_token": strings.Repeat("a", 1020)}, callback.ErrInvalidParameter, "_target: has more than 1024 bytes after token expansion"},
		{"no number", "billing", callback.Values{"tries": "many"}, callback.ErrInvalidParameter, "_max_dial_attempts: is not a number between 1 and 100"},
		{"too many", "billing", callback.Values{"tries": "101"}, callback.ErrInvalidParameter, "_max_dial_attempts: is not a number between 1 and 100"},
		{"no time", "timed", callback.Values{"when": "now"}, callback.ErrInvalidParameter, "_desired_time: is not a time like 2013-05-28T15:30:00.000Z between the years 1970 and 9999"},
		{"a redirection nowhere", "front", callback.Values{"where": "gone"}, callback.ErrInvalidParameter, "_redirect: leads to an unknown service, back, or on for ever"},
		{"a redirection back", "foo", callback.Values{"_redirect": "foo"}, callback.ErrInvalidParameter, "_redirect: leads to an unknown service, back, or on for ever"},
		{"a target that is not a string", "billing", callback.Values{"_target": map[string]any{}}, callback.ErrInvalidParameter, "_target: is not a string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := o.Resolve(c.service, c.body)
			if !errors.Is(err, c.fact) || err.Error() != c.text {
				t.Errorf("%v, %v, want %q", r, err, c.text)
			}
		})
	}
}

// Fields of the request take precedence.
func TestApply(t *testing.T) {
	r := config.Resolution{
		Service: "billing", Target: "t", Queue: "q", Retry: &callback.RetryLimits{MaxAttempts: 7}, Desired: time.Unix(100, 0),
		Overrides: map[string]string{"_target": "o", "_redirect": ""},
	}
	var req manager.Request
	r.Apply(&req)
	want := manager.Request{
		Service: "billing", Agent: callback.Agent{Target: "t", Queue: "q"}, Retry: &callback.RetryLimits{MaxAttempts: 7},
		Desired: time.Unix(100, 0), Overrides: map[string]string{"_target": "o", "_redirect": ""},
	}
	if diff := cmp.Diff(want, req); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if req.Retry == r.Retry {
		t.Error("requests share their retry limits")
	}
	req.Overrides["_target"] = "changed"
	if r.Overrides["_target"] != "o" {
		t.Error("requests share their overrides")
	}

	own := manager.Request{
		Service: "front", Agent: callback.Agent{Target: "T", Queue: "Q"}, Retry: &callback.RetryLimits{MaxAttempts: 1},
		Desired: time.Unix(5, 0), Overrides: map[string]string{"_target": "O"},
	}
	want = own
	want.Service, want.Overrides = "billing", map[string]string{"_target": "O", "_redirect": ""}
	r.Apply(&own)
	if diff := cmp.Diff(want, own); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Tokens in options that a request cannot set are reported.
func TestTokensElsewhere(t *testing.T) {
	o := optionsOf(t, "_calling_party_number=$clid$", "_ttl=$ttl$", "_target=5$ and $6 for $x$", "note=$free$", "odd=a$b$c")
	const where = "has a token, which a start request can replace only in _desired_time, _dial_retry_timeout, _max_dial_attempts, _redirect, _target, _urs_virtual_queue: the default applies: "
	wantProblems(t, o,
		"line 4: warning: [service.x] _calling_party_number "+where+"none",
		"line 5: warning: [service.x] _ttl "+where+"86400",
		"line 8: warning: [service.x] odd is unknown: ignored")
	s := serviceOf(t, o, "x")
	if s.TTL != 24*time.Hour || s.Dialing.CallerID != "" || s.Queueing.Target != "5$ and $6 for $x$" {
		t.Errorf("ttl %v, caller %q, target %q", s.TTL, s.Dialing.CallerID, s.Queueing.Target)
	}
	if diff := cmp.Diff([]string{"b", "clid", "free", "ttl", "x"}, o.Settings["x"].Tokens); diff != "" {
		t.Error(diff)
	}
	r, err := o.Resolve("x", callback.Values{"x": "y", "5": "no", "6": "no"})
	if err != nil || r.Target != "5$ and $6 for y" {
		t.Errorf("target %q, %v", r.Target, err)
	}
}

// Tokens in the retry delay, and a redirection by token that fails.
func TestMoreTokens(t *testing.T) {
	o := optionsOf(t, "_dial_retry_timeout=$gap$", "_redirect=$to$")
	wantProblems(t, o)
	if got := serviceOf(t, o, "x").Dialing.Retry; got.MaxAttempts != 3 || got.Default.Delay != 5*time.Minute {
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
	// A redirection of the body to the service itself is a fault of the body.
	if _, err := o.Resolve("x", callback.Values{"to": "x"}); callback.Code(err) != 40010 {
		t.Errorf("a service that leads to itself: %v", err)
	}
}
