package gms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

func jsonNumber(s string) json.Number { return json.Number(s) }

// TestLimits: each limit of GMS section 6 has its code, status and message.
func TestLimits(t *testing.T) {
	const unavailable = "com.genesyslab.gsg.services.callback.exceptions.CallbackExceptionServiceUnavailable"
	tests := map[string]struct {
		limits     callback.Limits
		before     int // callbacks of other numbers; same is of the same number
		same       int
		code       int
		phrase     string
		message    string
		properties map[string]any
		retry      string
	}{
		"number": {
			same: 2, code: 40001, phrase: "TOO_MANY_CALLBACKS_FOR_NUMBER",
			message:    "There is already 2 or more Callbacks QUEUED for this number, please refer to _enable_in_queue_checking for detail.",
			properties: map[string]any{"max_queued": 2.0},
		},
		"number, strict": {
			limits: callback.Limits{SameNumber: 1}, same: 1, code: 40001, phrase: "TOO_MANY_CALLBACKS_FOR_NUMBER",
			message:    "There is already 1 or more Callbacks QUEUED for this number, please refer to _enable_in_queue_checking for detail.",
			properties: map[string]any{"max_queued": 1.0},
		},
		"queue": {
			limits: callback.Limits{Queued: 1}, before: 1, code: 40002, phrase: "SERVICE_LIMIT_REACHED",
			message: "Limit of queued callbacks for desk is reached.", properties: map[string]any{"service": "desk"},
		},
		"interval": {
			limits: callback.Limits{Throttles: []callback.Throttle{{Max: 1, Every: 5 * time.Minute}}}, before: 1, code: 40003, phrase: "INTERVAL_LIMIT_REACHED",
			message: "Limit of queued callbacks for desk is reached for interval 300s.", properties: map[string]any{"service": "desk", "interval": 300.0},
			retry: "300",
		},
		"parameter": {
			limits: callback.Limits{PerParameter: 1, SameNumber: callback.NoLimit}, same: 1, code: 40004, phrase: "PARAMETER_LIMIT_REACHED",
			message:    "Limit of queued callbacks for desk is reached for parameter _customer_number. Reached 1 times today.",
			properties: map[string]any{"service": "desk", "parameter": "_customer_number", "attempts": 1.0}, retry: "50400",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(s *setup) { s.services[0].Limits = test.limits })
			for i := range test.before {
				r.start(fmt.Sprintf(`{"_customer_number":"+4178555667%d"}`, i))
			}
			for range test.same {
				r.start(`{"_customer_number":"` + swiss3 + `"}`)
			}
			res := r.post(deskPath, `{"_customer_number":"`+swiss3+`"}`)
			e := res.fault(429, test.code)
			if e.Phrase != test.phrase || e.Message != test.message || e.Exception != unavailable {
				t.Errorf("%+v", e)
			}
			if diff := cmp.Diff(test.properties, e.Properties); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
			if got := res.header.Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After is %q, want %q", got, test.retry)
			}
		})
	}
}

// TestNumbers: the error of a rejected number names the option and contains the
// number as sent.
func TestNumbers(t *testing.T) {
	exceptions, err := phonenum.ParsePatterns("+41785556677")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *setup) { s.services[0].Numbers.Exceptions = exceptions })
	for number, want := range map[string][2]string{
		"0900 123 456":        {"it's a premium number. Check option _disallow_premium_phone_numbers", "_disallow_premium_phone_numbers"},
		"12":                  {"it is invalid. Check option _disallow_impossible_phone_numbers", "_disallow_impossible_phone_numbers"},
		"letters":             {"it is invalid. Check option _disallow_impossible_phone_numbers", "_disallow_impossible_phone_numbers"},
		"078 555 66 77":       {"it is an exception. Check option _exceptions", "_exceptions"},
		"112":                 {"it is an emergency number.", ""},
		"07855566778899 1234": {"it is invalid. Check option _disallow_impossible_phone_numbers", "_disallow_impossible_phone_numbers"},
	} {
		e := r.post(deskPath, `{"_customer_number":"`+number+`"}`).fault(400, 40040)
		if e.Message != "Customer Number ["+number+"] is disallowed, because "+want[0] {
			t.Errorf("%s: %s", number, e.Message)
		}
		if e.Phrase != "INVALID_NUMBER" || e.Exception != "com.genesyslab.gsg.services.callback.exceptions.CallbackExceptionNumber" {
			t.Errorf("%s: %+v", number, e)
		}
		if option, _ := e.Properties["option"].(string); option != want[1] || e.Properties["number"] != number {
			t.Errorf("%s: %v", number, e.Properties)
		}
	}
	if r.log.Len() > 0 {
		t.Errorf("the log has\n%s", r.log)
	}
}

// TestAvailabilityInErrors: a closed office and a full bucket propose times, at
// the top level and in the properties.
func TestAvailabilityInErrors(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Booking.Hours, s.services[0].Booking.PerBucket = hours("UTC", "9:00", "17:00"), 1
	})
	e := r.post(deskPath, `{"_customer_number":"`+swiss+`","_desired_time":"2026-01-12T18:02:00.000Z"}`).fault(400, 40050)
	want := map[string]int{}
	for _, text := range []string{"16:30", "16:35", "16:40", "16:45", "16:50", "16:55"} {
		want["2026-01-12T"+text+":00.000Z"] = 1
	}
	if diff := cmp.Diff(want, e.Availability); diff != "" {
		t.Errorf("proposals (-want +got):\n%s", diff)
	}
	if e.Message != "Office closed at desired time [2026-01-12T18:00:00.000Z, 2026-01-12T18:05:00.000Z]. Proposing time slots." || e.Phrase != "OFFICE_CLOSED" {
		t.Errorf("%+v", e)
	}
	if nested, _ := e.Properties["availability"].(map[string]any); !slices.Equal(slices.Sorted(maps.Keys(nested)), slices.Sorted(maps.Keys(want))) {
		t.Errorf("properties are %v", e.Properties)
	}
	r.start(`{"_customer_number":"` + swiss + `","_desired_time":"2026-01-12T16:45:00.000Z"}`)
	e = r.post(deskPath, `{"_customer_number":"`+swiss2+`","_desired_time":"2026-01-12T16:46:00.000Z"}`).fault(400, 40051)
	if e.Message != "Too many requests at desired time [2026-01-12T16:45:00.000Z, 2026-01-12T16:50:00.000Z]. Proposing time slots." || len(e.Availability) != 6 || e.Phrase != "NO_CAPACITY" {
		t.Errorf("%+v", e)
	}
	r.clock.Set(utc("2026-01-12T20:00:00Z"))
	r.post(deskPath, `{"_customer_number":"`+swiss2+`"}`).fault(400, 40050)
}

// A service without proposals returns an empty object.
func TestNoProposals(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Booking.PerBucket, s.services[0].Booking.Proposals = callback.None, callback.None
	})
	res := r.post(deskPath, `{"_customer_number":"`+swiss+`","_desired_time":"2026-01-12T16:45:00.000Z"}`)
	if e := res.fault(400, 40051); e.Availability == nil || len(e.Availability) > 0 {
		t.Errorf("%s", res.body)
	}
}

// Missing mandatory keys are reported by name; they can replace the number.
func TestMandatoryKeys(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account"}
		s.services[0].RequiredKeys = []string{"_account"}
	})
	if e := r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).fault(400, 40010); e.Properties["parameter"] != "_account" {
		t.Errorf("%v", e)
	}
	r.start(`{"_customer_number":"` + swiss + `","_account":"7"}`)
	r = newRig(t, nil)
	if e := r.post(deskPath, `{"note":"x"}`).fault(400, 40010); e.Properties["parameter"] != "_customer_number" {
		t.Errorf("%v", e)
	}
	if e := r.post(deskPath, `{"_customer_number":["`+swiss+`"]}`).fault(400, 40010); e.Properties["parameter"] != "_customer_number" {
		t.Errorf("%v", e)
	}
	if e := r.post("/genesys/1/service/callback/none", `{"_customer_number":"`+swiss+`"}`).fault(400, 40010); e.Properties["parameter"] != "service" {
		t.Errorf("%v", e)
	}
}

// A JSON number is a text only if it is written in digits alone.
func TestNumbersInDigits(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account", "crm"}
		s.services[0].Limits.Parameters = []string{"city"}
		s.services[0].Numbers.Countries = []string{"CH", "DE"}
	})
	id := r.start(`{"_customer_number":"` + swiss + `"}`).ID
	before := r.stored(string(id)).Revision
	for _, key := range []string{"_customer_number", "_account", "crm", "city"} {
		for _, n := range []string{"493012345678.0", "4930123456.78", "493012345678e0", "4.93012345678e11", "4930123456E2", "-493012345678", "-0", "0.0", "1e-1"} {
			body := `{"_customer_number":"+493012345670","` + key + `":` + n + `}`
			if key == "_customer_number" {
				body = `{"_customer_number":` + n + `}`
			}
			if e := r.post(deskPath, body).fault(400, 40010); e.Properties["parameter"] != key {
				t.Errorf("%s %s: %v", key, n, e.Properties)
			}
			if e := r.put(string(id), `{"`+key+`":`+n+`}`).fault(400, 40010); e.Properties["parameter"] != key {
				t.Errorf("update of %s to %s: %v", key, n, e.Properties)
			}
		}
	}
	if now := r.stored(string(id)).Revision; now != before {
		t.Errorf("refused updates left revision %d, want %d", now, before)
	}
	cb := r.start(`{"_customer_number":493012345678,"_account":900719925474099303,"crm":0,"weight":1.50}`)
	if cb.Customer.Number.Key() != "+493012345678" || cb.UserData["weight"] != jsonNumber("1.50") {
		t.Errorf("started %v with weight %v", cb.Customer.Number.Key(), cb.UserData["weight"])
	}
	r.put(string(cb.ID), `{"note":"x"}`).want(200)
	for account, want := range map[string]int{"900719925474099303": 1, "900719925474099302": 0, "900719925474099304": 0, "900719925474099300": 0} {
		count := 0
		for _, err := range r.m.Search(t.Context(), callback.Query{SearchValues: []callback.Match{{Key: "_account", Value: account}}}) {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count != want {
			t.Errorf("account %s: %d callbacks", account, count)
		}
	}
}

// resolver finds one number for every customer.
type resolver struct{}

func (resolver) ResolveNumber(context.Context, *callback.Callback) (string, error) { return swiss, nil }

// Another mandatory key replaces the number in a start.
func TestMandatoryKeyReplacesTheNumber(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys, s.services[0].RequiredKeys = []string{"_customer_number", "_email"}, []string{"_email"}
		s.options = func(c *manager.Config) { c.Resolver = resolver{} }
	})
	id := string(r.start(`{"_email":"ann@example.com"}`).ID)
	if e := r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).fault(400, 40010); e.Properties["parameter"] != "_email" {
		t.Errorf("%v", e)
	}
	if got := string(r.do("boss", "GET", deskPath+"?_email=ann@example.com", "").want(200).body); !strings.Contains(got, `"_id":"`+id+`"`) {
		t.Errorf("the query finds %s", got)
	}
	r.world.Run(time.Hour)
	if cb := r.stored(id); cb.Reason != callback.ReasonAgentConnected || cb.Customer.Number.Key() != swiss {
		t.Errorf("%v %s", cb, cb.Detail)
	}
}

// Options that a service lists as overwritable are read from the body or the
// URL; others are ignored and do not become properties.
func TestOverwritableOptions(t *testing.T) {
	services := []callback.Service{
		{Name: "foo", Numbers: callback.Numbers{Country: "CH"}, Redirect: "foo_b", Overwritable: []string{"_redirect", "_target"}, Queueing: callback.Queueing{Target: "own"}},
		{Name: "foo_b", Numbers: callback.Numbers{Country: "CH"}},
		{Name: "closed", Numbers: callback.Numbers{Country: "CH"}, Redirect: "foo_b", Queueing: callback.Queueing{Target: "own"}},
		{Name: "loop", Numbers: callback.Numbers{Country: "US"}, Redirect: "nowhere"},
	}
	tests := []struct {
		path, body, service, target string
	}{
		{"foo", `{}`, "foo_b", ""},
		{"foo", `{"_redirect":""}`, "foo", "own"},
		{"foo?_redirect=%22%22", `{}`, "foo", "own"},
		{"foo?_redirect=", `{"_target":"Billing@Stat_Server1.GA"}`, "foo", "Billing@Stat_Server1.GA"},
		{"foo", `{"_redirect":"closed"}`, "foo_b", ""},
		{"closed", `{"_redirect":"","_target":"x","_ors":"http://myors:4421"}`, "foo_b", ""},
	}
	for _, test := range tests {
		r := newRig(t, func(s *setup) { s.services = services })
		var answer struct {
			ID string `json:"_id"`
		}
		body := strings.Replace(test.body, "{", `{"_customer_number":"`+swiss+`",`, 1)
		body = strings.Replace(body, ",}", "}", 1)
		r.post("/genesys/1/service/callback/"+test.path, body).want(200).into(&answer)
		cb := r.stored(answer.ID)
		if cb.Service != test.service || cb.Agent.Target != test.target {
			t.Errorf("%s %s: service %s, target %q", test.path, test.body, cb.Service, cb.Agent.Target)
		}
		for _, option := range []string{"_redirect", "_target", "_ors"} {
			if _, ok := cb.Properties[option]; ok {
				t.Errorf("%s %s: %s is a property", test.path, test.body, option)
			}
		}
		// A callback can be queried under the service it was sent to.
		name, _, _ := strings.Cut(test.path, "?")
		r.get("/genesys/1/service/callback/" + name + "/" + answer.ID).want(200)
	}
	r := newRig(t, func(s *setup) { s.services = services })
	r.post("/genesys/1/service/callback/loop", `{"_customer_number":"`+swiss+`"}`).fault(500, 50040)
	r.post("/genesys/1/service/callback/foo?_redirect=a&_redirect=b", `{"_customer_number":"`+swiss+`"}`).fault(400, 40010)
	r.post("/genesys/1/service/callback/foo", `{"_customer_number":"`+swiss+`","_redirect":{}}`).fault(400, 40010)
}

// A bad redirection of a client is its fault: it is answered with 400 and no line in
// the log, with and without a configuration of the product.
func TestBadRedirectOfAClient(t *testing.T) {
	services := []callback.Service{
		{Name: "front", Numbers: callback.Numbers{Country: "CH"}, Overwritable: []string{"_redirect"}},
		{Name: "round", Numbers: callback.Numbers{Country: "CH"}, Redirect: "front"},
	}
	for name, r := range map[string]*rig{
		"services": newRig(t, func(s *setup) { s.services = services }), "configuration": configured(t),
	} {
		for _, to := range []string{"nowhere", "front", "FRONT", "+41785556677", "a b", "../x", strings.Repeat("x", 1000)} {
			r.post("/genesys/1/service/callback/front", `{"_customer_number":"`+swiss+`","_redirect":"`+to+`"}`).fault(400, 40010)
			r.post("/genesys/1/service/callback/front?_redirect="+url.QueryEscape(to), `{"_customer_number":"`+swiss+`"}`).fault(400, 40010)
		}
		if name == "services" {
			r.post("/genesys/1/service/callback/front", `{"_customer_number":"`+swiss+`","_redirect":"round"}`).fault(400, 40010)
		}
		if log := r.log.String(); strings.Contains(log, "ERROR") || strings.Contains(log, "WARN") {
			t.Errorf("%s: the log has %s", name, log)
		}
	}
}

// Tokens in a service's target and queue are replaced from the body.
func TestTokens(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Queueing.Target, s.services[0].Queueing.VirtualQueue = "Billing@$my_token$.GA", "VQ_$lang$"
	})
	cb := r.start(`{"_customer_number":"` + swiss + `","my_token":"Stat_Server1","lang":"de"}`)
	if cb.Agent.Target != "Billing@Stat_Server1.GA" || cb.Agent.Queue != "VQ_de" {
		t.Errorf("target %q, queue %q", cb.Agent.Target, cb.Agent.Queue)
	}
	cb = r.start(`{"_customer_number":"` + swiss2 + `","lang":"$my_token$","_urs_virtual_queue":"VQ"}`)
	if cb.Agent.Target != "Billing@$my_token$.GA" || cb.Agent.Queue != "VQ" {
		t.Errorf("target %q, queue %q", cb.Agent.Target, cb.Agent.Queue)
	}
}

// A header that the daily limit names is counted and takes precedence over the
// body.
func TestThrottleHeaders(t *testing.T) {
	limits := callback.Limits{Parameters: []string{"device"}, PerParameter: 1, SameNumber: callback.NoLimit}
	r := newRig(t, func(s *setup) { s.services[0].Limits = limits })
	r.start(`{"_customer_number":"`+swiss+`","device":"a"}`, "Device", "x")
	e := r.post(deskPath, `{"_customer_number":"`+swiss+`","device":"b"}`, "Device", "x").fault(429, 40004)
	if e.Properties["parameter"] != "device" {
		t.Errorf("%v", e)
	}
	r.start(`{"_customer_number":"` + swiss + `","device":"a"}`)
	r = newRig(t, func(s *setup) { s.services[0].Limits, s.handler.IgnoreHeaders = limits, true })
	r.start(`{"_customer_number":"`+swiss+`","device":"a"}`, "Device", "x")
	r.start(`{"_customer_number":"`+swiss+`","device":"b"}`, "Device", "x")
	r.post(deskPath, `{"_customer_number":"`+swiss+`","device":"b"}`, "Device", "y").fault(429, 40004)
}
