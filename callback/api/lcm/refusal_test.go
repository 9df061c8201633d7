package lcm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

func TestDocumentedErrors(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, h *lcm.Config) {
		h.ValidCall = func(context.Context, string, string) (bool, error) { return false, nil }
	})
	const form = `{"channel":"LCM","topic":"WebService","subtopic":"%s","message":{%s"error":{"ErrorType":"WS_Error","ActualError":"%s","Message":"Invalid Call ID.","Code":40010}}}`
	for _, test := range []struct{ subtopic, answer, callid, head, actual string }{
		{"GetCallBackModes", "CallBackModes", `""`, `"callid":"","response":[],`, "Callid is empty"},
		{"GetCallBackModes", "CallBackModes", `null`, `"callid":"","response":[],`, "Callid is empty"},
		{"GetCallBackModes", "CallBackModes", `"  "`, `"callid":"","response":[],`, "Callid is empty"},
		{"GetCallBackModes", "CallBackModes", `"12345"`, `"callid":"12345","response":[],`, "Invalid Call ID:12345"},
		{"SetCallbackWithComments", "SetCallbackWithCommentsResult", `""`, `"callid":"","response":{"success":false},`, "Callid is empty"},
		{"SetPersonalCallbackWithComments", "SetPersonalCallbackWithCommentsResult", `"x"`, `"callid":"x","response":{"success":false},`, "Invalid Call ID:x"},
		{"ScheduledCallBackOverlap", "ScheduledCallBackOverlapResult", `""`, `"RequestResult":false,"IsOverlap":false,`, "Callid is empty"},
	} {
		text := fmt.Sprintf(`{"channel":"LCM","topic":"WebService","subtopic":%q,"data":{"callid":%s}}`, test.subtopic, test.callid)
		reply, err := r.handler.Handle(t.Context(), r.caller, []byte(text))
		if want := fmt.Sprintf(form, test.answer, test.head, test.actual); string(reply) != want || !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("%s\nwas answered with %v\n%s\nwant\n%s", text, err, reply, want)
		}
	}
}

func TestBadData(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lcm.Config) {
		s.Booking.Horizon = callback.Span{Years: 3}
	})
	over := strings.Repeat("x", 1025)
	overlap := data{"callid": "1", "AccountNumber": account, "UserID": "ann", "StartFromDate": "03/03/2026", "StartToDate": "03/03/2026",
		"StartFromTime": "09:00", "StartToTime": "10:30"}
	for _, test := range []struct {
		subtopic string
		data     data
		field    string // field of the error
		message  string
	}{
		{"GetCallBackModes", data{"callid": "1"}, "AccountNumber", "Invalid Account Number."},
		{"GetCallBackModes", data{"callid": "1", "AccountNumber": 5}, "AccountNumber", "Invalid Account Number."},
		{"GetCallBackModes", data{"callid": "1", "AccountNumber": over}, "AccountNumber", "Invalid Account Number."},
		{"GetCallBackModes", data{"callid": "1", "AccountNumber": "a\x00b"}, "AccountNumber", "Invalid Account Number."},
		{"GetCallBackModes", data{"callid": "1", "AccountNumber": "no such"}, "AccountNumber", "Invalid Account Number."},
		{"GetCallBackModes", data{"callid": "1", "CallID": "2", "AccountNumber": account}, "", "Invalid request."},
		{"GetCallBackModes", data{"callid": 12345, "AccountNumber": account}, "", "Invalid Call ID."},
		{"GetCallBackModes", data{"callid": over, "AccountNumber": account}, "", "Invalid Call ID."},
		{"SetCallbackWithComments", setting().with("StartDate", nil), "StartDate", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "2026-03-03"), "StartDate", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "3/3/2026"), "StartDate", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "30/02/2026"), "StartDate", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "03/03/0026"), "StartDate", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "12/31/2026"), "StartDate", ""},
		{"SetCallbackWithComments", setting().with("StartTime", "24:00"), "StartTime", ""},
		{"SetCallbackWithComments", setting().with("StartTime", "9:00"), "StartTime", ""},
		{"SetCallbackWithComments", setting().with("StartTime", "09:00:00"), "StartTime", ""},
		{"SetCallbackWithComments", setting().with("EndDate", ""), "EndDate", ""},
		{"SetCallbackWithComments", setting().with("EndTime", "09:60"), "EndTime", ""},
		{"SetCallbackWithComments", setting().with("EndTime", "08:59"), "EndTime", ""},
		{"SetCallbackWithComments", setting().with("EndDate", "05/03/2027"), "EndDate", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "01/03/2026", "EndDate", "02/03/2026", "EndTime", "12:00"), "EndTime", ""},
		{"SetCallbackWithComments", setting().with("StartDate", "03/03/2029", "EndDate", "03/03/2029"), "StartTime", ""},
		{"SetCallbackWithComments", setting().with("CallbackModeId", nil), "CallbackModeId", ""},
		{"SetCallbackWithComments", setting().with("CallbackModeId", true), "CallbackModeId", ""},
		{"SetCallbackWithComments", setting().with("CallbackModeId", json.Number("2.0")), "CallbackModeId", ""},
		{"SetCallbackWithComments", setting().with("CallbackModeId", json.Number("2e0")), "CallbackModeId", ""},
		{"SetCallbackWithComments", setting().with("CallbackModeId", -2), "CallbackModeId", ""},
		{"GetPersonalCallbackList", listing("NoofRecords", json.Number("1e1")), "NoofRecords", ""},
		{"SetCallbackWithComments", setting().with("CallbackModeID", 2), "", "Invalid request."},
		{"SetCallbackWithComments", setting().with("CallbackModeId", "no such"), "", "Invalid Callback Mode."},
		{"SetCallbackWithComments", setting().with("CallbackModeId", 9), "", "Invalid Callback Mode."},
		{"SetCallbackWithComments", setting().with("UserID", ""), "UserID", ""},
		{"SetPersonalCallbackWithComments", setting().with("UserID", nil), "UserID", ""},
		{"SetPersonalCallbackWithComments", setting().with("UserID", over), "UserID", ""},
		{"SetCallbackWithComments", setting().with("AgentComments", nil), "AgentComments", ""},
		{"SetCallbackWithComments", setting().with("AgentComments", over), "AgentComments", ""},
		{"SetCallbackWithComments", setting().with("AgentComments", "\x07"), "AgentComments", ""},
		{"SetCallbackWithComments", setting().with("LeadScore", nil), "LeadScore", ""},
		{"SetCallbackWithComments", setting().with("LeadScore", "NaN"), "LeadScore", ""},
		{"SetCallbackWithComments", setting().with("LeadScore", []any{}), "LeadScore", ""},
		{"SetCallbackWithComments", setting().with("TargetAmount", "1e999"), "TargetAmount", ""},
		{"GetPersonalCallbackList", listing("UserID", nil), "UserID", ""},
		{"GetPersonalCallbackList", listing("FromDate", "x"), "FromDate", ""},
		{"GetPersonalCallbackList", listing("ToDate", "02/03/2026"), "ToDate", ""},
		{"GetPersonalCallbackList", listing("ToDate", "05/03/2027"), "ToDate", ""},
		{"GetPersonalCallbackList", listing("NoofRecords", "0"), "NoofRecords", ""},
		{"GetPersonalCallbackList", listing("NoofRecords", "501"), "NoofRecords", ""},
		{"GetPersonalCallbackList", listing("NoofRecords", 1.5), "NoofRecords", ""},
		{"GetPersonalCallbackList", listing("StartingNoOfRecord", "-1"), "StartingNoOfRecord", ""},
		{"GetPersonalCallbackList", listing("StartingNoOfRecord", "10001"), "StartingNoOfRecord", ""},
		{"ScheduledCallBackOverlap", overlap.with("StartToTime", "08:59"), "StartToTime", ""},
		{"ScheduledCallBackOverlap", overlap.with("StartToDate", "05/03/2027"), "StartToDate", ""},
		{"ScheduledCallBackOverlap", overlap.with("UserID", nil), "UserID", ""},
		{"ScheduledCallBackOverlap", overlap.with("AccountNumber", nil), "AccountNumber", "Invalid Account Number."},
	} {
		a, err := r.refuse(test.subtopic, test.data)
		var field *callback.FieldError
		if errors.As(err, &field); test.field != "" && (field == nil || field.Field != test.field) {
			t.Errorf("%s %v: error %v does not name %s", test.subtopic, test.data, err, test.field)
		}
		e := a.Message.Error
		if test.message != "" && e.Message != test.message || test.message == "" && e.Message != "Invalid request." {
			t.Errorf("%s %v: %+v, want %q", test.subtopic, test.data, e, test.message)
		}
		if e.Code < 40010 || e.Code >= 50000 || e.ErrorType != "WS_Error" || e.ActualError == "" {
			t.Errorf("%s %v: %+v", test.subtopic, test.data, e)
		}
	}
	if n := len(r.all("")); n != 0 {
		t.Errorf("refused messages set %d callbacks", n)
	}
	if r.logged.Len() > 0 {
		t.Errorf("the senders' mistakes were logged: %s", r.logged.String())
	}
}

func TestMalformedMessages(t *testing.T) {
	r := newRig(t, nil)
	deep := `{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes","data":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`
	for text, code := range map[string]int{
		"": 40010, "null": 40010, "[]": 40010, "{": 40010, `{"channel":"LCM"} {}`: 40010, "\xff": 40010, deep: 40010,
		`{"channel":"LCM","channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes"}`: 40010,
		`{"channel":"LCM","Channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes"}`: 40010,
		`{"channel":"SMS","topic":"WebService","subtopic":"GetCallBackModes"}`:                 40010,
		`{"topic":"WebService","subtopic":"GetCallBackModes"}`:                                 40010,
		`{"channel":"LCM","subtopic":"GetCallBackModes"}`:                                      40010,
		`{"channel":"LCM","topic":"WebService"}`:                                               40010,
		`{"channel":"LCM","topic":"Web","subtopic":"GetCallBackModes"}`:                        40010,
		`{"channel":"LCM","topic":"WebService","subtopic":"CallBackModes"}`:                    40010,
		`{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes","data":[]}`:       40010,
		`{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes","source":1}`:      40010,
		`{"channel":"LCM","topic":"WebService","subtopic":7}`:                                  40010,
		`{"channel":"` + strings.Repeat("x", api.MaxBody) + `"}`:                               40010,
	} {
		reply, err := r.handler.Handle(t.Context(), r.caller, []byte(text))
		a := decode(t, reply)
		if !errors.Is(err, callback.ErrInvalidParameter) || a.Subtopic != "WS_Error" || a.Message.Error == nil || a.Message.Error.Code != code {
			t.Errorf("%.80s\nwas answered with %v\n%s", text, err, reply)
		}
	}
}

func TestRoles(t *testing.T) {
	r := newRig(t, nil)
	messages := map[string]data{
		"GetCallBackModes": {"callid": "1", "AccountNumber": account}, "SetCallbackWithComments": setting(),
		"SetPersonalCallbackWithComments": setting(), "GetPersonalCallbackList": listing(),
		"ScheduledCallBackOverlap": {"callid": "1", "AccountNumber": account, "UserID": "ann", "StartFromDate": "03/03/2026",
			"StartToDate": "03/03/2026", "StartFromTime": "09:00", "StartToTime": "10:30"},
	}
	allowed := map[string][]api.Role{
		"GetCallBackModes": {api.RoleCreate, api.RoleOperate}, "SetCallbackWithComments": {api.RoleCreate},
		"SetPersonalCallbackWithComments": {api.RoleCreate}, "GetPersonalCallbackList": {api.RoleRead, api.RoleOperate},
		"ScheduledCallBackOverlap": {api.RoleCreate, api.RoleRead, api.RoleOperate},
	}
	for subtopic, d := range messages {
		for _, role := range api.Roles() {
			r.caller = api.Caller{Name: "ann", Roles: []api.Role{role}}
			if slices.Contains(allowed[subtopic], role) {
				r.send(subtopic, d)
				continue
			}
			if a, err := r.refuse(subtopic, d); !errors.Is(err, api.ErrForbidden) || a.Message.Error.Code != 40300 {
				t.Errorf("%s with the role %v: %v, %+v", subtopic, role, err, a.Message.Error)
			}
		}
		r.caller = api.Caller{Name: "customer", Roles: api.Roles(), Own: account}
		if _, err := r.refuse(subtopic, d); !errors.Is(err, api.ErrForbidden) {
			t.Errorf("%s of a caller bound to a customer: %v", subtopic, err)
		}
		r.caller = api.Caller{Roles: api.Roles()}
		if a, err := r.refuse(subtopic, d); !errors.Is(err, api.ErrUnauthenticated) || a.Message.Error.Code != 40100 {
			t.Errorf("%s without a name: %v", subtopic, err)
		}
	}
}

// flaky is an Authorizer that can fail.
type flaky struct {
	*api.Basic
	broken bool
}

func (d *flaky) Authorize(r *http.Request) (api.Caller, error) {
	if d.broken {
		return api.Caller{}, errors.New("no answer from +6591462346")
	}
	return d.Basic.Authorize(r)
}

func TestHTTP(t *testing.T) {
	users, err := api.NewBasic("", api.User{Name: "desktop", Password: "secret", Roles: []api.Role{api.RoleCreate}},
		api.User{Name: "reports", Password: "secret", Roles: []api.Role{api.RoleExport}})
	if err != nil {
		t.Fatal(err)
	}
	authorizer := &flaky{Basic: users}
	r := newRig(t, func(s *callback.Service, _ *manager.Config, h *lcm.Config) {
		s.Limits.SameNumber = 1
		s.Booking.PerBucket = 1
		h.Authorizer = authorizer
	})
	mux := http.NewServeMux()
	mux.Handle("/lcm", r.handler)
	mux.Handle("/a/b/", http.StripPrefix("/a/b", r.handler))
	set := string(message(t, "SetCallbackWithComments", setting()))
	for _, test := range []struct {
		name, method, path, user, contentType, body string
		status                                      int
	}{
		{"sample", "POST", "/lcm", "desktop", "application/json", string(file(t, "get_callback_modes.request.json")), 200},
		{"under a prefix", "POST", "/a/b/", "desktop", "application/json; charset=UTF-8", string(file(t, "get_callback_modes.request.json")), 200},
		{"anonymous", "POST", "/lcm", "", "application/json", "{}", 401},
		{"wrong role", "POST", "/lcm", "reports", "application/json", "{}", 403},
		{"role of another message", "POST", "/lcm", "desktop", "application/json", string(message(t, "GetPersonalCallbackList", listing())), 403},
		{"method", "GET", "/lcm", "desktop", "", "", 405},
		{"content type", "POST", "/lcm", "desktop", "text/plain", "{}", 415},
		{"too large", "POST", "/lcm", "desktop", "application/json", strings.Repeat(" ", api.MaxBody+1), 413},
		{"no JSON", "POST", "/lcm", "desktop", "application/json", "x", 400},
		{"bad data", "POST", "/lcm", "desktop", "application/json", string(message(t, "GetCallBackModes", data{"callid": ""})), 400},
		{"unknown account", "POST", "/lcm", "desktop", "application/json", string(message(t, "GetCallBackModes", data{"callid": "1", "AccountNumber": "x"})), 404},
		{"set", "POST", "/lcm", "desktop", "application/json", set, 200},
		{"limit", "POST", "/lcm", "desktop", "application/json", string(message(t, "SetCallbackWithComments", setting().with("callid", "2", "StartTime", "10:00"))), 429},
		{"failure", "POST", "/lcm", "", "application/json", set, 500},
	} {
		authorizer.broken = test.status == 500
		req := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		if test.contentType != "" {
			req.Header.Set("Content-Type", test.contentType)
		}
		if test.user != "" {
			req.SetBasicAuth(test.user, "secret")
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, req)
		a := decode(t, w.Body.Bytes())
		if w.Code != test.status || a.Channel != "LCM" || (a.Message.Error == nil) != (test.status == 200) {
			t.Errorf("%s: status %d, want %d: %s", test.name, w.Code, test.status, w.Body)
		}
		if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: header %v", test.name, w.Header())
		}
		if (w.Header().Get("WWW-Authenticate") != "") != (test.status == 401) || (w.Header().Get("Allow") != "") != (test.status == 405) {
			t.Errorf("%s: header %v", test.name, w.Header())
		}
		if strings.Contains(w.Body.String(), "no answer from") {
			t.Errorf("%s tells a failure: %s", test.name, w.Body)
		}
	}
	if log := r.logged.String(); !strings.Contains(log, "LCM message failed") || strings.Contains(log, "6591462346") {
		t.Errorf("log is %s", log)
	}
}

func TestDirectoryFailureHidesNumber(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, m *manager.Config, _ *lcm.Config) { m.Contacts = failing{} })
	for _, subtopic := range []string{"GetCallBackModes", "SetCallbackWithComments"} {
		a, err := r.refuse(subtopic, setting())
		if a.Message.Error.Code != callback.CodeUnexpected || strings.Contains(err.Error()+a.Message.Error.ActualError+r.logged.String(), "6591462346") {
			t.Errorf("%s: %v, %+v, log %s", subtopic, err, a.Message.Error, r.logged.String())
		}
	}
}

type failing struct{}

func (failing) Modes(context.Context, string, string) ([]callback.ContactMode, error) {
	return nil, errors.New("no row for 6591462346")
}

func TestConcurrentMessage(t *testing.T) {
	r := newRig(t, nil)
	text := message(t, "SetPersonalCallbackWithComments", setting())
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if reply, err := r.handler.Handle(context.Background(), r.caller, text); err != nil {
				t.Errorf("%s: %v", reply, err)
			}
		})
	}
	all.Wait()
	if n := len(r.all("")); n != 1 {
		t.Errorf("%d callbacks", n)
	}
}

func TestLostAnswer(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r := newRig(t, func(_ *callback.Service, m *manager.Config, _ *lcm.Config) { m.Store = faulty.Store() })
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter},
		callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Skip: 1})
	text := message(t, "SetCallbackWithComments", setting())
	reply, err := r.handler.Handle(t.Context(), r.caller, text)
	if a := decode(t, reply); !errors.Is(err, callback.ErrOutcomeUnknown) || a.Message.Error == nil || string(a.Message.Response) != `{"success":false}` {
		t.Fatalf("a lost answer was told as %s, %v", reply, err)
	}
	r.send("SetCallbackWithComments", setting())
	if n := len(r.all("")); n != 1 {
		t.Errorf("%d callbacks", n)
	}
}

func TestStoreFailureIsHidden(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r := newRig(t, func(_ *callback.Service, m *manager.Config, _ *lcm.Config) { m.Store = faulty.Store() })
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodSearch, Kind: callbacktest.FailBefore, Times: 2, Err: errors.New("no row for +6591462346")})
	a, err := r.refuse("GetPersonalCallbackList", listing())
	if a.Message.Error.Code != callback.CodeUnexpected || string(a.Message.Response) != "[]" || err == nil {
		t.Errorf("list: %+v, %v", a.Message, err)
	}
	a, _ = r.refuse("ScheduledCallBackOverlap", data{"callid": "1", "AccountNumber": account, "UserID": "ann", "StartFromDate": "03/03/2026",
		"StartToDate": "03/03/2026", "StartFromTime": "09:00", "StartToTime": "10:30"})
	if a.Message.Error.Code != callback.CodeUnexpected || *a.Message.RequestResult || a.Message.Error.Message != "Request failed." {
		t.Errorf("overlap: %+v", a.Message)
	}
	if log := r.logged.String(); strings.Count(log, "no row for") != 2 || strings.Contains(log, "6591462346") {
		t.Errorf("log is %s", log)
	}
}
