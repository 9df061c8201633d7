package gms_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// searchRig has callbacks of two services under several keys.
func searchRig(t *testing.T) *rig {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account", "mail"}
		s.services = append(s.services, callback.Service{Name: "shop", SearchKeys: []string{"_customer_number", "_account"}, Numbers: callback.Numbers{Country: "US", Countries: []string{"CH"}}})
		s.ids = []string{"a", "b", "c", "d"}
	})
	r.start(`{"_customer_number":"078 555 66 77","_account":"1","mail":"x","_desired_time":"2026-01-13T09:00:00.000Z"}`)
	r.start(`{"_customer_number":"` + swiss2 + `","_account":"1","mail":"y","_desired_time":"2026-01-13T10:00:00.000Z"}`)
	r.start(`{"_customer_number":"` + swiss + `","_account":"2","mail":"x"}`)
	r.post("/genesys/1/service/callback/shop", `{"_customer_number":"`+swiss+`","_account":"1"}`).want(200)
	return r
}

func TestQueryByProperties(t *testing.T) {
	r := searchRig(t)
	if _, err := r.m.Cancel(t.Context(), manager.CancelRequest{ID: "b"}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"/desk?_account=1":                               "a b",
		"?_account=1":                                    "a b d",
		"/desk?_account=1&mail=x":                        "a",
		"/desk?_account=1&mail=x&operand=AND":            "a",
		"/desk?_account=1&mail=x&operand=OR":             "a b c",
		"/desk?_account=1&_account=2&operand=OR":         "a b c",
		"/desk?_account=1&_account=2":                    "",
		"/desk?_account=9":                               "",
		"?_customer_number=%2B41785556677":               "a c d",
		"/desk?_customer_number=%2B41785556677":          "a c",
		"/desk?_customer_number=078+555+66+77":           "a c",
		"/desk?_customer_number=0785556677":              "a c",
		"/desk?_customer_number=41785556677":             "a c",
		"?_customer_number=078+555+66+77":                "a c",
		"/shop?_customer_number=0785556677":              "",
		"/desk?_account=1&_callback_state=SCHEDULED":     "a",
		"/desk?_account=1&_callback_state=!SCHEDULED":    "b",
		"/desk?_account=1&_callback_state=COMPLETED":     "b",
		"/desk?mail=x&_callback_state=QUEUED":            "c",
		"/desk?mail=x&_callback_state=!COMPLETED":        "a c",
		"/desk?mail=x&_callback_state=PAUSED":            "",
		"/desk?mail=x&start_time=2026-01-13T09:00:00Z":   "a",
		"/desk?mail=x&start_time=2026-01-13T09:00:01Z":   "",
		"/desk?mail=x&end_time=2026-01-13T08:59:59.999Z": "c",
		"/desk?mail=x&end_time=2026-01-13T09:00:00.000Z": "a c",
		"/desk?_account=1&start_time=2026-01-13T09:30:00.000Z&end_time=2026-01-13T10:00:00.000Z": "b",
		"?_id=a&_id=d": "a d", "/desk?_id=a&_id=d": "a", "?_id=gone": "", "?_id=a&_account=2": "",
	} {
		rows := r.get("/genesys/1/service/callback" + query).rows()
		ids := idsOf(rows)
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
}

// An error names the faulty condition of a query, not its value.
func TestQueryFaults(t *testing.T) {
	r := searchRig(t)
	for query, filter := range map[string]string{
		"_account=1&operand=XOR": "operand", "_account=1&operand=": "operand", "_account=1&operand=AND&operand=OR": "operand",
		"_account=1&_callback_state=DIALING": "_callback_state", "_account=1&_callback_state=!": "_callback_state",
		"_account=1&_callback_state=QUEUED,PAUSED": "_callback_state", "_account=1&_callback_state=QUEUED&_callback_state=PAUSED": "_callback_state",
		"_account=1&start_time=yesterday": "start_time", "_account=1&end_time=0785556677": "end_time", "_account=1&start_time=": "start_time",
		"_account=1&start_time=2026-01-13T09:00:00Z&end_time=2026-01-13T08:00:00Z": "end_time",
		"note=1": "note", "_account=1&sort=desc": "sort", "_id=": "_id", "_id=a&_account=1&operand=OR": "operand",
		"_account=1&_id=" + strings.Repeat("x", 129): "_id",
	} {
		e := r.get(deskPath+"?"+query).fault(400, 40020)
		if e.Message != "Cannot process 'filter' parameter correctly : "+filter || e.Properties["filter"] != filter {
			t.Errorf("%s: %+v", query, e)
		}
		if e.Exception != "com.genesyslab.gsg.services.callback.exceptions.CallbackExceptionInvalidOperation" {
			t.Errorf("%s: %+v", query, e)
		}
	}
	for query, parameter := range map[string]string{
		"": "property", "_callback_state=QUEUED": "property", "_account=": "_account",
	} {
		if e := r.get("/genesys/1/service/callback?"+query).fault(400, 40010); e.Properties["parameter"] != parameter {
			t.Errorf("%s: %+v", query, e)
		}
	}
	r.get("/genesys/1/service/callback/none?_account=1").fault(400, 40010)
	r.get(deskPath+"?_account=%zz").fault(400, 40010)
	r.get(deskPath+"?a;b=1").fault(400, 40020)
}

// A callback is QUEUED to GMS clients until the customer answers, in rows and
// in filters.
func TestStatesInExecution(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	id := string(r.start(`{"_customer_number":"` + swiss + `"}`).ID)
	r.tick()
	if cb := r.stored(id); cb.State != callback.Dialing {
		t.Fatalf("it is %v", cb.State)
	}
	query := deskPath + "?_customer_number=" + url.QueryEscape(swiss) + "&_callback_state="
	rows := r.get(query + "QUEUED").rows()
	if len(rows) != 1 || rows[0]["_callback_state"] != "QUEUED" {
		t.Errorf("found %v", rows)
	}
	if rows = r.get(query + "!QUEUED").rows(); len(rows) != 0 {
		t.Errorf("found %v", rows)
	}
}

// Returned keys and lookup keys are added to those that are always returned,
// without repetition.
func TestReturnedKeys(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "mail"}
		s.handler.ReturnedKeys = []string{"_desired_time", "_vq", "_vq", "colour", "urs_virtual_queue", "_ors_session_id", "_none"}
	})
	id := string(r.start(`{"_customer_number":"` + swiss + `","mail":"a<b","_vq":"v","colour":{"a":1},"_urs_virtual_queue":"VQ","_ors_session_id":"s1"}`).ID)
	r.do("boss", "DELETE", deskPath+"/"+id, "").want(200)
	want := map[string]any{
		"_id": id, "_desired_time": "2026-01-12T10:00:00.000Z", "_callback_state": "COMPLETED", "_callback_reason": "CANCELLED",
		"_expiration_time": "2026-01-13T10:00:00.000Z", "_customer_number": swiss, "_service_name": "desk",
		"_url": deskPath + "/" + id, "mail": "a<b", "_vq": "v", "colour": map[string]any{"a": 1.0}, "urs_virtual_queue": "VQ", "_ors_session_id": "s1",
	}
	res := r.get(deskPath + "?mail=a%3Cb")
	if diff := cmp.Diff([]map[string]any{want}, res.rows()); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	if !strings.Contains(string(res.body), "a<b") || strings.Count(string(res.body), `"_vq"`) != 1 {
		t.Errorf("%s", res.body)
	}
	// The defaults include the session and the reason.
	r = newRig(t, nil)
	r.start(`{"_customer_number":"` + swiss + `","_ors_session_id":"s1","_vq":"v"}`)
	row := r.get(deskPath + "?_customer_number=" + url.QueryEscape(swiss)).rows()[0]
	if _, ok := row["_vq"]; ok || row["_ors_session_id"] != "s1" {
		t.Errorf("row is %v", row)
	}
}

// Base is the prefix of URLs.
func TestBase(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.handler.Base = "https://cc.example.com/api/"
		s.services = []callback.Service{{Name: "a b/c", Numbers: callback.Numbers{Country: "CH"}}}
		s.ids = []string{"1-2"}
	})
	r.post("/genesys/1/service/callback/a%20b%2Fc", `{"_customer_number":"`+swiss+`"}`).want(200)
	row := r.get("/genesys/1/service/callback?_id=1-2").rows()[0]
	if row["_url"] != "https://cc.example.com/api/genesys/1/service/callback/a%20b%2Fc/1-2" {
		t.Errorf("url is %v", row["_url"])
	}
	// The path without /genesys is equivalent.
	r.h = r.bare
	r.get("/1/service/callback/a%20b%2Fc/1-2").want(200)
}

// A query with too many results is rejected, not truncated.
func TestQueryTooMany(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account"}
		s.services[0].Booking.PerBucket = 2000
	})
	for i := range 1000 {
		r.must(manager.Request{
			Service: "desk", Number: fmt.Sprintf("+4178555%04d", i), Desired: monday().Add(time.Hour), Properties: callback.Values{"_account": "1"},
		})
	}
	if rows := r.get(deskPath + "?_account=1").rows(); len(rows) != 1000 {
		t.Errorf("there are %d rows", len(rows))
	}
	r.must(manager.Request{Service: "desk", Number: swiss, Desired: monday().Add(time.Hour), Properties: callback.Values{"_account": "1"}})
	e := r.get(deskPath+"?_account=1").fault(400, 40020)
	if e.Message != "Cannot process 'filter' parameter correctly : more than 1000 callbacks match" {
		t.Errorf("%+v", e)
	}
}

// Values that the document shows in capitals are accepted in any case.
func TestAnyCase(t *testing.T) {
	r := searchRig(t)
	r.h = r.bare
	for query, want := range map[string]int{
		"_account=1&mail=x&operand=or": 3, "_account=1&_callback_state=scheduled": 2, "_account=1&_callback_state=!Scheduled": 0,
	} {
		if rows := r.get(deskPath + "?" + query).rows(); len(rows) != want {
			t.Errorf("%s finds %v", query, idsOf(rows))
		}
	}
	if cb := r.start(`{"_customer_number":"` + swiss3 + `","_callback_state":"routing"}`); cb.State != callback.Routing {
		t.Errorf("it is %v", cb.State)
	}
	r.do("boss", "DELETE", deskPath+"/a?discard_ors_failure=TRUE", "").want(200)
}
