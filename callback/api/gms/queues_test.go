package gms_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// queueRig has callbacks of two services in several states around monday.
func queueRig(t *testing.T, change func(s *setup)) *rig {
	r := newRig(t, func(s *setup) {
		s.services = append(s.services, callback.Service{Name: "idle", Numbers: callback.Numbers{Country: "US"}}, callback.Service{Name: "shop", Numbers: callback.Numbers{Country: "CH"}})
		s.ids = []string{"now", "soon", "far", "gone", "shop"}
		if change != nil {
			change(s)
		}
	})
	start := func(service, number string, desired time.Duration, p callback.Values) {
		r.must(manager.Request{Service: service, Number: number, Desired: monday().Add(desired), Properties: p})
	}
	start("desk", swiss, 0, callback.Values{"_vq": "a"})
	start("desk", swiss2, time.Hour, callback.Values{"_vq": "b", "colour": "red"})
	start("desk", swiss2, 25*time.Hour, callback.Values{"_vq": "a"})
	start("desk", swiss3, 2*time.Hour, nil)
	start("shop", swiss, time.Hour, callback.Values{"_vq": "a"})
	if _, err := r.m.Cancel(t.Context(), manager.CancelRequest{ID: "gone", Reason: callback.ReasonCallToCustomer}); err != nil {
		t.Fatal(err)
	}
	return r
}

// queuesOf returns the identifiers in a response by service.
func (s *response) queuesOf() map[string]string {
	s.t.Helper()
	var body map[string][]map[string]any
	s.want(200).into(&body)
	queues := make(map[string]string, len(body))
	for name, rows := range body {
		queues[name] = strings.Join(idsOf(rows), " ")
	}
	return queues
}

func TestQueues(t *testing.T) {
	r := queueRig(t, nil)
	all := func(desk, shop string) map[string]string {
		return map[string]string{"desk": desk, "idle": "", "shop": shop}
	}
	for query, want := range map[string]map[string]string{
		"":                                   all("now soon gone", "shop"),
		"target=desk":                        {"desk": "now soon gone"},
		"target=desk&target=idle":            {"desk": "now soon gone", "idle": ""},
		"target=none":                        {"none": ""},
		"end_time=2026-01-14T00:00:00.000Z":  all("now soon gone far", "shop"),
		"start_time=2026-01-12T11:00:00.00Z": all("soon gone", "shop"),
		"start_time=2026-01-12T10:00:00.001Z&end_time=2026-01-12T11:00:00.000Z": all("soon", "shop"),
		"states=SCHEDULED":            all("soon", "shop"),
		"states=SCHEDULED,QUEUED":     all("now soon", "shop"),
		"states=SCHEDULED,+completed": all("soon gone", "shop"),
		"max=1":                       all("now", "shop"),
		"_vq=a":                       all("now", "shop"),
		"_vq=a&states=SCHEDULED":      all("", "shop"),
		"_callback_state=!SCHEDULED":  all("now gone", ""),
		"_callback_state=QUEUED":      all("now", ""),
		"_callback_state=!QUEUED&states=QUEUED,SCHEDULED":          all("soon", "shop"),
		"_callback_reason=FAIL_CALL_TO_CUSTOMER":                   all("gone", ""),
		"_callback_reason=FAIL_USER_UNREACHABLE":                   all("gone", ""), // former spelling
		"_callback_reason=CANCELLED":                               all("", ""),
		"_request_queue_time_stat=x":                               all("", ""),
		"end_time=2026-02-26T09:45:00.000Z&states=SCHEDULED&max=2": all("soon far", "shop"),
	} {
		if diff := cmp.Diff(want, r.get("/genesys/1/admin/callback/queues?"+query).queuesOf()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestQueuesFaults(t *testing.T) {
	r := queueRig(t, nil)
	const path = "/genesys/1/admin/callback/queues?"
	for query, filter := range map[string]string{
		"colour=red": "colour", "sort=desc": "sort", "_customer_number=" + url.QueryEscape(swiss): "_customer_number",
		"states=SLEEPING": "states", "states=": "states", "states=QUEUED&states=SCHEDULED": "states", "states=,": "states",
		"_callback_state=x": "_callback_state", "_callback_state=QUEUED&states=SCHEDULED": "states",
		"start_time=x": "start_time", "end_time=": "end_time", "target=": "target", "_vq=": "_vq", "_vq=a&_vq=b": "_vq",
	} {
		if e := r.get(path+query).fault(400, 40020); e.Properties["filter"] != filter {
			t.Errorf("%s: %+v", query, e)
		}
	}
	for _, query := range []string{"max=0", "max=1001", "max=x", "max=", "max=1&max=2"} {
		if e := r.get(path+query).fault(400, 40010); e.Properties["parameter"] != "max" {
			t.Errorf("%s: %+v", query, e)
		}
	}
	r.get(path + "start_time=2026-01-01T00:00:00.000Z&end_time=2026-02-15T00:00:01.000Z").wantMessage(
		"Query range spans too wide time range (3888001 / 3888000). Adjust query parameters for time range.")
	r.get(path + "start_time=2026-01-01T00:00:00.000Z&end_time=2026-02-15T00:00:00.000Z").want(200)
	r.get(path+"start_time=2026-01-13T00:00:00.000Z&end_time=2026-01-12T00:00:00.000Z").fault(400, 40010)
	r.get(path+"%zz").fault(400, 40010)
}

// Filter keys are those of the configuration.
func TestFilterKeys(t *testing.T) {
	r := queueRig(t, func(s *setup) { s.handler.FilterKeys = []string{"colour", "_customer_number"} })
	if got := r.get("/genesys/1/admin/callback/queues?target=desk&colour=red").queuesOf(); got["desk"] != "soon" {
		t.Errorf("%v", got)
	}
	if got := r.get("/genesys/1/admin/callback/queues?target=desk&_customer_number=078+555+66+78").queuesOf(); got["desk"] != "soon" {
		t.Errorf("%v", got)
	}
	r.get("/genesys/1/admin/callback/queues?_vq=a").fault(400, 40020)
}

func TestWatermarks(t *testing.T) {
	r := queueRig(t, nil)
	const path = "/genesys/1/admin/callback/watermarks"
	for query, want := range map[string]string{
		"":                                     `{"total":1,"services":{"desk":1,"idle":0,"shop":0}}`,
		"?service_name=desk":                   `{"total":1,"services":{"desk":1}}`,
		"?service_name=idle":                   `{"total":0,"services":{"idle":0}}`,
		"?service_name=idle&service_name=desk": `{"total":1,"services":{"desk":1,"idle":0}}`,
	} {
		if got := string(r.get(path + query).want(200).body); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if e := r.get(path+"?service_name=").fault(400, 40010); e.Properties["parameter"] != "service_name" {
		t.Errorf("%+v", e)
	}
	// Callbacks that are more than three hours late are ignored.
	r.clock.Advance(3*time.Hour + time.Second)
	if got := string(r.get(path + "?service_name=desk").want(200).body); got != `{"total":0,"services":{"desk":0}}` {
		t.Errorf("%s", got)
	}
}

// The position is available to callers that can see the callback; a callback
// outside of a queue has none.
func TestPosition(t *testing.T) {
	estimator, err := scheduler.NewRateEstimator(scheduler.RateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		estimator.Observe(monday().Add(time.Duration(i-10) * time.Minute))
	}
	r := queueRig(t, func(s *setup) { s.services[0].Booking.Estimator = estimator })
	r.clock.Advance(time.Second)
	second := string(r.must(manager.Request{Service: "desk", Number: swiss3}).ID)
	var body map[string]any
	for _, method := range []string{"GET", "POST"} {
		r.do("read", method, "/genesys/1/service/"+second+"/check-queue-position", "").want(200).into(&body)
		if body["_position"] != 2.0 || body["_total_waiting"] != 2.0 || body["_eta"] == nil || body["_eta"] != body["ewt"] || body["_agent_ready_threshold_passed"] == nil {
			t.Errorf("%s: %v", method, body)
		}
	}
	for _, id := range []string{"soon", "gone", "unknown", strings.Repeat("x", 200)} {
		e := r.get("/genesys/1/service/"+id+"/check-queue-position").fault(500, 50050)
		if e.Message != "Error processing callback 404 Not Found" || e.Properties["message"] != "404 Not Found" {
			t.Errorf("%s: %+v", id, e)
		}
	}
	if r.log.Len() > 0 {
		t.Errorf("the log has\n%s", r.log)
	}
}

func TestExport(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].TTL = 90 * 24 * time.Hour
		s.services[0].Booking.Horizon = callback.Span{Months: 3}
		s.services[0].SearchKeys = []string{"_customer_number", "name"}
		s.ids = []string{"a", "b", "c", "d"}
	})
	const path = "/genesys/1/admin/callback/reportcancelled"
	start := func(number string, days int, name any) {
		r.must(manager.Request{Service: "desk", Number: number, Desired: monday().AddDate(0, 0, days), Properties: callback.Values{"name": name, "_data": map[string]any{"a": 1}}})
	}
	start(swiss, 1, `=HYPERLINK("x")`)
	start(swiss2, 15, "two\nlines, and a \"quote\"")
	start(swiss3, 16, "too late")
	start(swiss, 2, nil)
	if e := r.post(cancelPath, `{"ids":["a","b","c"],"reason":"CANCELLED_BY_ADMIN"}`); e.status != 200 {
		t.Fatal(string(e.body))
	}
	// By itself, with the same reason.
	if _, err := r.m.Cancel(t.Context(), manager.CancelRequest{ID: "d", Reason: "CANCELLED_BY_ADMIN"}); err != nil {
		t.Fatal(err)
	}
	res := r.do("export", "POST", path, `{"callback_reason":"CANCELLED_BY_ADMIN","exported_properties":["_id, _customer_number","name","_data","desired_time","nothing"]}`).want(200)
	want := "_id,_customer_number,name,_data,desired_time,nothing\n" +
		"a," + swiss + `,"'=HYPERLINK(""x"")","{""a"":1}",2026-01-13T10:00:00.000Z,` + "\n" +
		"b," + swiss2 + ",\"two\nlines, and a \"\"quote\"\"\",\"{\"\"a\"\":1}\",2026-01-27T10:00:00.000Z,\n"
	if got := string(res.body); got != want {
		t.Errorf("export is\n%q\nwant\n%q", got, want)
	}
	if got := res.header.Get("Content-Disposition"); got != `attachment; filename="report.csv"` {
		t.Errorf("disposition is %q", got)
	}
	res = r.do("export", "POST", path, "callback_reason=CANCELLED_BY_ADMIN&exported_properties=_id,name", "Content-Type", "application/x-www-form-urlencoded")
	if got := string(res.want(200).body); !strings.HasPrefix(got, "_id,name\na,") {
		t.Errorf("export is %q", got)
	}
	if res = r.post(path, `{"callback_reason":"CANCELLED"}`).want(204); len(res.body) > 0 {
		t.Errorf("the answer has a body: %s", res.body)
	}
	for _, body := range []string{``, `{}`, `{"callback_reason":""}`, `{"callback_reason":null,"exported_properties":[]}`} {
		if e := r.post(path, body).fault(400, 40010); e.Message != "Callback reason is missing." {
			t.Errorf("%s: %+v", body, e)
		}
	}
	many := `["` + strings.Join(slices.Repeat([]string{"a"}, 101), `","`) + `"]`
	for _, body := range []string{`{"callback_reason":"X","exported_properties":[{}]}`, `{"callback_reason":{}}`, `{"callback_reason":"X","exported_properties":` + many + `}`} {
		r.post(path, body).fault(400, 40010)
	}
}
