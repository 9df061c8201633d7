package gms_test

import (
	"slices"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// The credentials of a service authenticate a caller; a wrong password and an unknown
// name do not. Credentials in an object auth of the body are not read.
func TestCredentialsOfServices(t *testing.T) {
	options, err := config.Parse([]byte(`
[server]
username = server
password = s
[service.desk]
_service = callback
_call_direction = USERTERMINATED
username = desk
password = d
[service.shop]
_service = callback
_call_direction = USERTERMINATED
`))
	if err != nil {
		t.Fatal(err)
	}
	list, err := options.Users("", api.RoleCreate, api.RoleForget)
	if err != nil {
		t.Fatal(err)
	}
	basic, err := api.NewBasic("", list...)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *setup) {
		s.services, s.handler.Options, s.handler.Authorizer = options.Services, options, basic
	})
	names := []string{options.Settings["desk"].Credentials.Username, options.Settings["shop"].Credentials.Username}
	if !slices.Equal(names, []string{"desk", "server"}) {
		t.Fatalf("the users are %q", names)
	}
	for _, test := range []struct {
		name, user, password string
		status               int
	}{
		{"of the service", "desk", "d", 200},
		{"of the server", "server", "s", 200},
		{"another's password", "desk", "s", 401},
		{"no password", "desk", "", 401},
		{"unknown", "shop", "s", 401},
	} {
		req := r.request("", "POST", deskPath, `{"_customer_number":"`+swiss+`"}`)
		req.SetBasicAuth(test.user, test.password)
		if got := r.exchange(req); got.status != test.status {
			t.Errorf("%s: status %d, want %d", test.name, got.status, test.status)
		}
	}
	for _, auth := range []string{`{"username":"desk","password":"d"}`, `{"encoded":"ZGVzazpk"}`} {
		r.do("", "POST", deletePath, `{"_id":["x"],"auth":`+auth+`}`).fault(401, 40100)
	}
}

// What the executing side reports is kept: reasons that no path of this library gives
// a callback.
func TestReportedReasons(t *testing.T) {
	r := newRig(t, nil)
	for _, reason := range []callback.Reason{
		callback.ReasonQueueing, callback.ReasonError, callback.ReasonMessageFile, callback.ReasonUnknownMedia, callback.ReasonInteractionGone,
	} {
		cb := r.start(`{"_customer_number":"` + swiss + `"}`)
		body := `{"_callback_state":"COMPLETED","_callback_reason":"` + string(reason) + `"}`
		r.do("create", "PUT", deskPath+"/"+string(cb.ID), body).fault(403, 40300)
		r.do("operate", "PUT", deskPath+"/"+string(cb.ID), body).want(200)
		if cb = r.stored(string(cb.ID)); cb.State != callback.Completed || cb.Reason != reason {
			t.Errorf("it is %v %v, want %v", cb.State, cb.Reason, reason)
		}
		if got := r.get(deskPath + "?_id=" + string(cb.ID)).rows(); len(got) != 1 || got[0]["_callback_reason"] != string(reason) {
			t.Errorf("the row is %v", got)
		}
	}
}

// An e-mail or IP address is no number to call; a SIP address is, also of an IP address
// that the service names.
func TestAddressesOfCustomers(t *testing.T) {
	r := newRig(t, func(s *setup) { s.services[0].Numbers.SIPHosts = []string{"192.0.2.1"} })
	for _, number := range []string{"ann@example.com", "mailto:ann@example.com", "192.0.2.1", "192.0.2.1:5060", "2001:db8::1", "[2001:db8::1]", "sip:ann@192.0.2.2"} {
		if got := r.post(deskPath, `{"_customer_number":"`+number+`"}`); got.status != 400 {
			t.Errorf("%s: status %d: %s", number, got.status, got.body)
		}
	}
	cb := r.start(`{"_customer_number":"sip:ann@192.0.2.1"}`)
	r.tick()
	if calls := r.dialer.Dials(); len(calls) != 1 || calls[0].To.Reveal() != "sip:ann@192.0.2.1" {
		t.Errorf("%v after %d calls", r.stored(string(cb.ID)).State, len(calls))
	}
}
