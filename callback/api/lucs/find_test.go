package lucs_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A callback is found by Id and by ExternalTaskId, given in the path or the
// query.
func TestGet(t *testing.T) {
	r := newRig(t)
	for _, external := range []string{"crm-7", "a/b c?d=e&f#g", "search", "cancel", "%2F", "ü", "cb000001 "} {
		t.Run(external, func(t *testing.T) {
			quoted := `"` + external + `"`
			want := r.create("clerk", "ExternalTaskId", quoted)
			for _, path := range []string{
				"/v1.0/callbacks/" + want.ID, "/v1.0/callbacks/" + url.PathEscape(external),
				"/v1.0/callbacks?externalTaskId=" + url.QueryEscape(external), "/v1.0/callbacks?externalTaskId=" + want.ID,
			} {
				do := r.do
				if strings.HasSuffix(path, "/search") {
					do = r.undocumented // the OpenAPI document has another operation at this path
				}
				for _, user := range []string{"reader", "boss"} {
					if got := read[dto](t, do(user, "GET", path, "")); got.ID != want.ID || text(got.ExternalTaskID) != external {
						t.Errorf("%s gives %s", path, got.ID)
					}
				}
			}
			got := read[dto](t, r.undocumented("reader", "GET", "/v1.0/callbacks?EXTERNALTASKID="+url.QueryEscape(external)+"&other=1", ""))
			if got.ID != want.ID {
				t.Errorf("another case of the parameter gives %s", got.ID)
			}
		})
	}
	if rec := r.do("reader", "HEAD", "/v1.0/callbacks/cb000001", ""); rec.Code != 200 {
		t.Errorf("HEAD gives %d", rec.Code)
	}
}

// A GUID matches in any spelling.
func TestGetGUID(t *testing.T) {
	const id = "0198f2a4-7c1e-7abc-8def-0123456789ab"
	r := newRig(t, func(_ *callback.Service, c *manager.Config, _ *lucs.Config) {
		c.NewID = func() callback.ID { return id }
	})
	r.create("clerk")
	for _, spelling := range []string{id, strings.ToUpper(id), "{" + id + "}", strings.ReplaceAll(id, "-", "")} {
		if got := r.get(url.PathEscape(spelling)); got.ID != id {
			t.Errorf("%s gives %s", spelling, got.ID)
		}
	}
	refused(t, r.do("reader", "GET", "/v1.0/callbacks/"+uuid.NewString(), ""), 404, "NotFound")
}

// An identifier that no callback can have is not found, without a read of the
// store.
func TestGetNothing(t *testing.T) {
	r := newRig(t)
	r.create("clerk", "ExternalTaskId", `"task"`)
	for _, path := range []string{"cb000002", "TASK", "tas", "task%20", "%00", "%ff", strings.Repeat("x", 129)} {
		refused(t, r.do("reader", "GET", "/v1.0/callbacks/"+path, ""), 404, "NotFound")
		refused(t, r.do("clerk", "POST", "/v1.0/callbacks/"+path+"/cancel", ""), 404, "NotFound")
	}
	refused(t, r.do("reader", "GET", "/v1.0/callbacks?externalTaskId=nothing", ""), 404, "NotFound")
	for _, query := range []string{"", "?externalTaskId=", "?other=1"} {
		message := refused(t, r.do("reader", "GET", "/v1.0/callbacks"+query, ""), 400, "InvalidParameter")
		if message != "externalTaskId: is required" {
			t.Errorf("the message is %q", message)
		}
	}
	refused(t, r.do("reader", "GET", "/v1.0/callbacks?externalTaskId=a&externalTaskId=b", ""), 400, "InvalidParameter")
	refused(t, r.undocumented("reader", "GET", "/v1.0/callbacks?externalTaskId=a&EXTERNALTASKID=b", ""), 400, "InvalidParameter")
	before := r.faults.Count(callbacktest.AnyMethod)
	for _, id := range []string{"%00", "%ff", strings.Repeat("x", 129)} {
		refused(t, r.do("reader", "GET", "/v1.0/callbacks/"+id, ""), 404, "NotFound")
	}
	if r.faults.Count(callbacktest.AnyMethod) != before {
		t.Error("the store was asked for a name that no callback can have")
	}
}

// An ExternalTaskId may be reused. It names the open callback, else the newest
// closed one; two open callbacks are ambiguous.
func TestExternalTaskIDUsedTwice(t *testing.T) {
	r := newRig(t)
	first := r.create("clerk", "ExternalTaskId", `"task"`, "DueDate", `"2026-01-14T10:00:00Z"`).ID
	r.clock.Advance(time.Second)
	second := r.create("clerk", "ExternalTaskId", `"task"`, "DueDate", `"2026-01-13T10:00:00Z"`).ID
	r.clock.Advance(time.Second)
	get := func() string {
		return read[dto](t, r.do("reader", "GET", "/v1.0/callbacks?externalTaskId=task", "")).ID
	}

	refused(t, r.do("reader", "GET", "/v1.0/callbacks?externalTaskId=task", ""), 409, "Ambiguous")
	refused(t, r.do("reader", "GET", "/v1.0/callbacks/task", ""), 409, "Ambiguous")
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks/task/cancel", ""), 409, "Ambiguous")
	for _, id := range []string{first, second} {
		if got := r.get(id); got.State != "Pending" {
			t.Errorf("%s is %s after a cancel that was refused", id, got.State)
		}
	}
	read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks/"+second+"/cancel", ""))
	if got := get(); got != first {
		t.Errorf("the one that is not over is %s, got %s", first, got)
	}
	if got := read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks/task/cancel", "")); got.ID != first || got.State != "Terminated" {
		t.Errorf("cancelled %s, now %s", got.ID, got.State)
	}
	if got := get(); got != second {
		t.Errorf("the newest is %s, got %s", second, got)
	}
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks/task/cancel", ""), 404, "AlreadyTerminated")
	// An Id takes precedence over an ExternalTaskId.
	r.create("clerk", "ExternalTaskId", `"`+first+`"`)
	if got := r.get(first); got.ID != first {
		t.Errorf("got %s, want %s", got.ID, first)
	}
}

// Cancel ends a callback once; a second cancel finds nothing to cancel.
func TestCancel(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct{ user, by, body string }{
		{"clerk", "id", ""}, {"boss", "id", "{}"}, {"clerk", "external", `{"Reason":"bought elsewhere"}`}, {"boss", "external", "\n{}"},
	} {
		d := r.create("clerk", "DueDate", `"2026-01-13T10:00:00Z"`, "ExternalTaskId", `"`+uuid.NewString()+`"`)
		path := "/v1.0/callbacks/" + d.ID + "/cancel"
		if c.by == "external" {
			path = "/v1.0/callbacks/" + text(d.ExternalTaskID) + "/cancel"
		}
		got := read[dto](t, r.do(c.user, "POST", path, c.body))
		if got.ID != d.ID || got.State != "Terminated" || got.LeftInQueueTimeInSeconds != 0 {
			t.Errorf("cancelled: %+v", got)
		}
		cb, err := r.manager.Get(t.Context(), callback.ID(d.ID))
		if err != nil || cb.Reason != callback.ReasonCancelled {
			t.Errorf("it ended with %v, %v", cb.Reason, err)
		}
		history, err := r.manager.History(t.Context(), cb.ID)
		if err != nil || history[len(history)-1].Actor != c.user {
			t.Errorf("the history ends with %+v, %v", history[len(history)-1], err)
		}
		refused(t, r.do(c.user, "POST", path, ""), 404, "AlreadyTerminated")
	}
	d := r.create("clerk", "DueDate", `"2026-01-13T10:00:00Z"`)
	for _, body := range []string{"[]", "null", `"x"`, "{", `{"a":1,"A":2}`} {
		refused(t, r.do("clerk", "POST", "/v1.0/callbacks/"+d.ID+"/cancel", body), 400, "InvalidParameter")
	}
	if got := r.get(d.ID); got.State != "Pending" {
		t.Errorf("a malformed cancel made it %s", got.State)
	}
	habit := r.create("clerk", "DueDate", `"2026-01-13T10:00:00Z"`).ID
	read[dto](t, r.undocumented("clerk", "POST", "/v1.0/callbacks/"+habit+"/cancel", "", "Content-Type", "application/x-www-form-urlencoded"))
	r.pass(72 * time.Hour)
	if calls := r.dialer.Calls(); len(calls) != 1 {
		t.Errorf("%d calls were made, want that of the last alone", len(calls))
	}
}

// Cancelling during a call does not end the call, but prevents further
// attempts.
func TestCancelInProgress(t *testing.T) {
	r := newRig(t)
	r.dialer.On("+41785556677", callbacktest.NoAnswer())
	id := r.create("clerk", "MaxRetries", "9").ID
	r.pass(5 * time.Second)
	if got := r.get(id); got.State != "Processing" {
		t.Fatalf("it is %s", got.State)
	}
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks/"+id+"/cancel", ""), 409, "CallInProgress")
	r.pass(20 * time.Hour)
	if got := r.get(id); got.State != "Terminated" || got.RetryCount != 0 {
		t.Errorf("it is %s after %d retries", got.State, got.RetryCount)
	}
	if calls := r.dialer.Calls(); len(calls) != 1 {
		t.Errorf("%d calls were made", len(calls))
	}
}

// Services are listed by name, with the identifiers that a create accepts.
func TestServices(t *testing.T) {
	r := newRig(t)
	type service struct{ ID, Name, Sip string }
	if err := r.services.Set("", callback.Service{Name: "hot line/7 ü", Numbers: callback.Numbers{Country: "US"}}); err != nil {
		t.Fatal(err)
	}
	want := []service{
		{lucs.ServiceID("", callback.Service{Name: "hot line/7 ü"}), "hot line/7 ü", "sip:hot%20line%2F7%20%C3%BC@localhost"},
		{lucs.ServiceID("", callback.Service{Name: "sales"}), "sales", "sip:sales@localhost"},
		{supportID, "support", supportSIP},
	}
	for _, user := range []string{"clerk", "reader", "boss", "anna"} {
		got := read[[]service](t, r.do(user, "GET", "/v1.0/services", ""))
		if len(got) != len(want) {
			t.Fatalf("%s gets %v", user, got)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s gets %v, want %v", user, got[i], want[i])
			}
		}
	}
	for _, s := range want {
		if s.Name != "support" && s.Name != "sales" {
			continue
		}
		for _, naming := range [][]string{{"ServiceId", `"` + s.ID + `"`}, {"ServiceId", "", "ServiceSip", `"` + s.Sip + `"`}} {
			if got := r.create("clerk", naming...); got.ServiceID != s.ID {
				t.Errorf("%v leads to %s", naming, got.ServiceID)
			}
		}
	}
}

// Derived identifiers are stable across processes and differ by tenant.
func TestDerivedNames(t *testing.T) {
	space := uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://github.com/ringback-go/ringback/callback/api/lucs"))
	id := lucs.ServiceID("acme", callback.Service{Name: "sales"})
	if want := uuid.NewSHA1(space, []byte("acme\x00sales")).String(); id != want {
		t.Errorf("derived %s, want %s", id, want)
	}
	if parsed, err := uuid.Parse(id); err != nil || parsed.Version() != 5 {
		t.Errorf("%s is no version 5 UUID: %v", id, err)
	}
	if id == lucs.ServiceID("acm", callback.Service{Name: "esales"}) || id == lucs.ServiceID("", callback.Service{Name: "sales"}) {
		t.Error("two services have one Id")
	}
}
