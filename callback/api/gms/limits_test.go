package gms_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A state that results from the time does not bypass limits.
func TestNamedStateIsLimited(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Limits.PerParameter, s.services[0].Limits.SameNumber, s.services[0].Booking.PerBucket = 1, callback.NoLimit, 1
	})
	create := func(number, at, state string) *response {
		t.Helper()
		return r.do("create", "POST", deskPath, `{"_customer_number":"`+number+`","_desired_time":"`+at+`","_callback_state":"`+state+`"}`)
	}
	create(swiss, "", "QUEUED").want(200)
	create(swiss, "", "QUEUED").fault(429, 40004)
	create(swiss, "", "SCHEDULED").fault(403, 40300)
	create(swiss2, later, "SCHEDULED").want(200)
	create(swiss3, later, "SCHEDULED").fault(400, 40051)
	create(swiss3, later, "QUEUED").fault(403, 40300)
	create(swiss3, "2096-01-13T10:00:00Z", "SCHEDULED").fault(400, 40010)
}

// A query with too many conditions is rejected before services are read and
// numbers parsed.
func TestQueryConditions(t *testing.T) {
	r := newRig(t, nil)
	query := func(name string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "&%s=07855%05d", name, i)
		}
		return "/genesys/1/service/callback?operand=OR" + b.String()
	}
	r.get(query("_customer_number", 50)).want(200)
	if e := r.get(query("_customer_number", 51)).fault(400, 40010); e.Properties["parameter"] != "property" {
		t.Errorf("%v", e)
	}
	r.get(strings.Replace(query("_id", 50), "operand=OR", "", 1)).want(200)
	if e := r.get(strings.Replace(query("_id", 51), "operand=OR", "", 1)).fault(400, 40010); e.Properties["parameter"] != "_id" {
		t.Errorf("%v", e)
	}
	// That does not depend on the names of the conditions or on the service.
	e := r.get("/genesys/1/service/callback/none?"+strings.Repeat("a=1&", 26)+strings.Repeat("b=1&", 25)).fault(400, 40010)
	if e.Properties["parameter"] != "property" {
		t.Errorf("%v", e)
	}
}

// A query with a service in the path finds its callbacks even if other services
// have many with the same property.
func TestQueryOfOneService(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account"}
		shop := desk()
		shop.Name, shop.SearchKeys, shop.Booking.PerBucket = "shop", s.services[0].SearchKeys, 2000
		s.services = append(s.services, shop)
	})
	cb := r.start(`{"_customer_number":"` + swiss + `","_account":"1","_desired_time":"` + later + `"}`)
	for i := range 1001 {
		r.must(manager.Request{Service: "shop", Number: fmt.Sprintf("+4178555%04d", i), Desired: utc(later), Properties: callback.Values{"_account": "1"}})
	}
	if ids := idsOf(r.get(deskPath + "?_account=1").rows()); !cmp.Equal(ids, []string{string(cb.ID)}) {
		t.Errorf("found %v", ids)
	}
	r.get("/genesys/1/service/callback?_account=1").fault(400, 40020)
}

// An identifier from a client may be a number and is not logged.
func TestNoNumberInLog(t *testing.T) {
	r := newRig(t, nil)
	id := string(r.scheduled(swiss).ID)
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.FailBefore, Times: -1, Err: errors.New("disk full")})
	for _, send := range [][3]string{
		{"DELETE", deskPath + "/+41785556677"}, {"GET", deskPath + "/+41785556677"}, {"POST", deletePath, `{"_id":["+41785556677"]}`},
		{"POST", deskPath, `{"_customer_number":"+41785556678","_copy_from":"+41785556677"}`},
	} {
		r.do("boss", send[0], send[1], send[2])
	}
	r.faults.Heal()
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Times: -1, Err: errors.New("disk full")})
	r.do("boss", "DELETE", deskPath+"/"+id, "").want(500)
	r.faults.Heal()
	log := r.log.String()
	if strings.Contains(log, "55566") || !strings.Contains(log, "callback="+id) || !strings.Contains(log, "callback=+###########") {
		t.Errorf("the log is\n%s", log)
	}
}

// A semicolon is part of a value, in forms and in queries.
func TestSemicolon(t *testing.T) {
	const statistic = "ExpectedWaitTime;Queue;8999@SIP_Server;Environment"
	r := newRig(t, nil)
	r.h = r.bare // OpenAPI allows semicolons in escaped form only
	cb := r.start("_customer_number=%2B41785556677&_request_queue_time_stat="+statistic, "Content-Type", api.Form)
	if got := cb.Properties["_request_queue_time_stat"]; got != statistic {
		t.Errorf("it has %v", got)
	}
	for value, n := range map[string]int{statistic: 1, url.QueryEscape(statistic): 1, "ExpectedWaitTime": 0} {
		var got map[string][]any
		r.get("/genesys/1/admin/callback/queues?_request_queue_time_stat=" + value).want(200).into(&got)
		if len(got["desk"]) != n {
			t.Errorf("%s finds %v", value, got)
		}
	}
}

// Text with control characters is rejected with the name of the parameter.
func TestControlCharacters(t *testing.T) {
	r := newRig(t, nil)
	for _, text := range []string{"%00", "a%0Ab", "%FF", "%7F"} {
		for _, at := range []struct{ path, name string }{
			{"/genesys/1/admin/callback/queues", "target"}, {"/genesys/1/admin/callback/queues", "_callback_reason"},
			{"/genesys/1/admin/callback/queues", "_vq"}, {"/genesys/1/admin/callback/watermarks", "service_name"},
			{deskPath, "_customer_number"},
		} {
			e := r.get(at.path+"?"+at.name+"="+text).fault(400, 40010)
			if e.Properties["parameter"] != at.name || e.Message != "Invalid parameter "+at.name+": has control characters or is not UTF-8." {
				t.Errorf("%s?%s=%s: %+v", at.path, at.name, text, e)
			}
		}
	}
}

// A store's description of a parameter is not sent to clients.
func TestStoreTextIsHidden(t *testing.T) {
	r := newRig(t, nil)
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.FailBefore, Times: -1,
		Err: fmt.Errorf("column tenant of table callbacks: %w", callback.ErrInvalidParameter)})
	defer r.faults.Heal()
	if e := r.get(deskPath+"/cb-1").fault(400, 40010); e.Message != "Invalid parameter." {
		t.Errorf("%+v", e)
	}
}

// A repeated Idempotency-Key is rejected.
func TestTwoKeys(t *testing.T) {
	r := newRig(t, nil)
	req := r.request("boss", "POST", deskPath, `{"_customer_number":"`+swiss+`"}`)
	req.Header["Idempotency-Key"] = []string{"a", "b"}
	if e := r.exchange(req).fault(400, 40010); e.Properties["parameter"] != "Idempotency-Key" {
		t.Errorf("%v", e)
	}
}

// The options of a tenant do not apply to callers of another tenant with
// services of the same names.
func TestOptionsTenant(t *testing.T) {
	o, err := config.Parse([]byte(`
[callback]
filter-keys=colour
returned-keys=colour
[service.desk]
_type=ors
_service=callback
_call_direction=USERTERMINATED
_media_type=voice
_wait_for_agent=true
_default_country=CH
_redirect=claims
[service.claims]
_type=ors
_service=callback
_call_direction=USERTERMINATED
_media_type=voice
_wait_for_agent=true
_default_country=CH
_desired_time=2026-01-13T15:00:00.000Z
[service.office]
_type=builtin
_service=office-hours
_timezone=Europe/Zurich
_bh_regular1=Mon-Fri 08:00-18:00
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range []string{"", "other"} {
		r := newRig(t, func(s *setup) {
			s.services, s.tenants = []callback.Service{desk()}, map[string][]callback.Service{"other": {desk()}}
			if s.handler.OptionsTenant = tenant; tenant == "" {
				s.services = o.Services
			} else {
				s.tenants["other"] = o.Services
			}
			s.handler.Options = o
		})
		for user, of := range map[string]string{"boss": "", "other": "other"} {
			own := of == tenant
			var answer struct {
				ID string `json:"_id"`
			}
			r.do(user, "POST", deskPath, `{"_customer_number":"`+swiss+`","_desired_time":"","colour":"red"}`).want(200).into(&answer)
			cb, err := r.m.Tenant(of).Get(t.Context(), callback.ID(answer.ID))
			if err != nil {
				t.Fatal(err)
			}
			if redirected := cb.Service == "claims"; redirected != own || cb.Immediate == own {
				t.Errorf("options of %q: %s has %s for %v", tenant, user, cb.Service, cb.Desired)
			}
			filtered := r.do(user, "GET", "/genesys/1/admin/callback/queues?colour=red", "")
			if (filtered.status == 200) != own {
				t.Errorf("options of %q: %s is answered %d %s", tenant, user, filtered.status, filtered.body)
			}
			rows := r.do(user, "GET", "/genesys/1/service/callback?_customer_number="+swiss[1:], "").rows()
			if len(rows) != 1 || (rows[0]["colour"] != nil) != own {
				t.Errorf("options of %q: %s finds %v", tenant, user, rows)
			}
			calendar := r.do(user, "GET", "/genesys/1/service/office", "")
			if (calendar.status == 200) != own {
				t.Errorf("options of %q: %s is answered %d %s", tenant, user, calendar.status, calendar.body)
			}
		}
	}
}

// Forgetting many numbers of a customer reads that customer's callbacks once.
func TestForgetOwnReadsOnce(t *testing.T) {
	r := newRig(t, func(s *setup) { s.services[0].Booking.PerBucket = 100 })
	var numbers, unused []string
	for i := range 20 {
		number := fmt.Sprintf("+4178555%04d", i)
		r.must(manager.Request{Service: "desk", Number: number, CustomerID: "c1", Desired: utc(later)})
		numbers, unused = append(numbers, number), append(unused, fmt.Sprintf("+4178777%04d", i))
	}
	searches := 0
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Times: -1, When: func(callbacktest.Op) bool {
		searches++
		return false
	}})
	list := func(numbers []string) string { return `{"_customer_number":["` + strings.Join(numbers, `","`) + `"]}` }
	r.do("anna", "POST", deletePath, list(unused)).want(200)
	r.faults.Heal()
	if searches != 1 {
		t.Errorf("%d searches were made", searches)
	}
	var answer struct{ Success, Errors []map[string]any }
	r.do("anna", "POST", deletePath, list(append(numbers, unused...))).want(200).into(&answer)
	missing := 0
	for _, item := range answer.Success {
		if item["_customer_number"] != nil {
			missing++
		}
	}
	if len(answer.Success) != 40 || missing != 20 || len(answer.Errors) != 0 {
		t.Errorf("%d were answered, %d of them missing, errors %v", len(answer.Success), missing, answer.Errors)
	}
}

// A start that loses a race does not mention a callback.
func TestStartConflict(t *testing.T) {
	r := newRig(t, nil)
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailBefore, Times: -1, Err: callback.ErrConflict})
	defer r.faults.Heal()
	e := r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).fault(400, 40020)
	if e.Message != "A concurrent request interfered. Nothing was started; please retry." || len(e.Properties) > 0 {
		t.Errorf("%+v", e)
	}
}
