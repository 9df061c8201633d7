package gms_test

import (
	"net/url"
	"testing"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

const configuration = `
[callback]
filter-keys = colour
returned-keys = colour,_vq
_enable_throttle_header_parameters = true
_throttle_request_parameters = device
_throttle_request_parameters_limit = 1
_enable_in_queue_checking = false
_default_country = CH

[service.billing]
_service = callback
_call_direction = USERTERMINATED
_business_hours_service = office
_target = Billing@$stat$.GA
_redirect = 
_overwritable_options = _redirect,_target

[service.front]
_service = callback
_call_direction = USERTERMINATED
_redirect = billing
_overwritable_options = _redirect
_enable_throttle_header_parameters = false

[service.office]
_service = office-hours
_type = builtin
_timezone = Europe/Zurich
_bh_regular1 = Mon-Fri 8:00-18:00
`

// configured returns a rig with a configuration of the product.
func configured(t *testing.T) *rig {
	t.Helper()
	o, err := config.Parse([]byte(configuration))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Err(); err != nil {
		t.Fatal(err)
	}
	return newRig(t, func(s *setup) { s.services, s.handler.Options = o.Services, o })
}

// A configuration sets services, calendars, keys, headers and tokens.
func TestConfigured(t *testing.T) {
	r := configured(t)
	const billing, front = "/genesys/1/service/callback/billing", "/genesys/1/service/callback/front"
	start := func(path, body string, headers ...string) string {
		t.Helper()
		var answer struct {
			ID string `json:"_id"`
		}
		r.post(path, body, headers...).want(200).into(&answer)
		return answer.ID
	}
	cb := r.stored(start(billing, `{"_customer_number":"`+swiss+`","stat":"Stat_Server1","colour":"red","_vq":"v"}`))
	if cb.Agent.Target != "Billing@Stat_Server1.GA" {
		t.Errorf("the target is %q", cb.Agent.Target)
	}
	// The redirection leads to a service whose token is replaced; without the
	// redirection the callback stays in its service.
	cb = r.stored(start(front, `{"_customer_number":"`+swiss+`","stat":"S2"}`))
	if cb.Service != "billing" || cb.Agent.Target != "Billing@S2.GA" {
		t.Errorf("%s has it, for %q", cb.Service, cb.Agent.Target)
	}
	if cb = r.stored(start(front+"?_redirect=%22%22", `{"_customer_number":"`+swiss+`"}`)); cb.Service != "front" {
		t.Errorf("%s has it", cb.Service)
	}
	if cb = r.stored(start(billing, `{"_customer_number":"`+swiss+`","_target":"Else"}`)); cb.Agent.Target != "Else" || cb.Properties["_target"] != nil {
		t.Errorf("the target is %q", cb.Agent.Target)
	}
	r.post(billing, `{"_customer_number":"`+swiss+`","stat":{}}`).fault(400, 40010)
	r.post(front, `{"_customer_number":"`+swiss+`","_redirect":"nowhere"}`).fault(400, 40010)

	// Headers count for services that enable it.
	start(billing, `{"_customer_number":"`+swiss+`"}`, "Device", "x")
	r.post(billing, `{"_customer_number":"`+swiss+`"}`, "Device", "x").fault(429, 40004)
	for range 2 {
		start(front+"?_redirect=", `{"_customer_number":"`+swiss+`"}`, "Device", "x")
	}

	// Keys are those of the configuration.
	row := r.get(billing + "?_customer_number=" + url.QueryEscape(swiss)).rows()[0]
	if row["colour"] != "red" || row["_vq"] != "v" {
		t.Errorf("row is %v", row)
	}
	if got := r.get("/genesys/1/admin/callback/queues?target=billing&colour=red").queuesOf(); got["billing"] == "" {
		t.Errorf("%v", got)
	}
	r.get("/genesys/1/admin/callback/queues?_vq=v").fault(400, 40020)

	// The calendar can be queried by name and applies to the service.
	r.get("/genesys/1/service/office").want(200)
	r.clock.Set(utc("2026-01-12T20:00:00Z"))
	r.post(billing, `{"_customer_number":"`+swiss+`"}`).fault(400, 40050)
}

// Config takes precedence over the configuration.
func TestConfigWins(t *testing.T) {
	o, err := config.Parse([]byte(configuration))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *setup) {
		s.services, s.handler.Options = o.Services, o
		s.handler.ReturnedKeys, s.handler.FilterKeys = []string{"shape"}, []string{"_vq"}
		s.handler.Calendars = map[string]*availability.Calendar{"office": availability.AlwaysOpen()}
	})
	r.post("/genesys/1/service/callback/billing", `{"_customer_number":"`+swiss+`","shape":"round","colour":"red"}`).want(200)
	row := r.get("/genesys/1/service/callback/billing?_customer_number=" + url.QueryEscape(swiss)).rows()[0]
	if _, ok := row["colour"]; ok || row["shape"] != "round" {
		t.Errorf("row is %v", row)
	}
	r.get("/genesys/1/admin/callback/queues?_vq=v").want(200)
	if got := string(r.get("/genesys/1/service/office?start=2026-01-11T00:00:00.000Z").want(200).body); got == `{"periods":[],"error":null}` {
		t.Errorf("the office is closed")
	}
}
