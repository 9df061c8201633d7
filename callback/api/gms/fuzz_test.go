package gms_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// fuzzHandler returns a handler with one service and one callback, "cb".
func fuzzHandler(t testing.TB) (http.Handler, *manager.Manager) {
	t.Helper()
	clock := callbacktest.NewClock(monday())
	s := desk()
	s.SearchKeys = []string{"_customer_number", "_account"}
	services, err := callback.NewServices(s)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(clock.Now), Now: clock.Now, NewID: callbacktest.IDs("cb"), Synchronous: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	boss := api.AuthorizerFunc(func(*http.Request) (api.Caller, error) { return api.Caller{Name: "boss", Roles: api.Roles()}, nil })
	h, err := gms.New(gms.Config{Manager: m, Authorizer: boss})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: swiss, Desired: utc(later), Properties: callback.Values{"_account": "1"}}); err != nil {
		t.Fatal(err)
	}
	return h, m
}

// answered requires that a request succeeds or is rejected in the error format,
// and is not a failure of the server. It reports whether it succeeded.
func answered(t *testing.T, h http.Handler, r *http.Request) bool {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code == 200 || w.Code == 204 {
		if w.Header().Get("Content-Type") == api.JSON && !json.Valid(w.Body.Bytes()) {
			t.Fatalf("the answer is no JSON: %q", w.Body)
		}
		return true
	}
	var e errorBody
	if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Code == 0 || e.Phrase == "" || e.Message == "" {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	if w.Code < 400 || w.Code > 499 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return false
}

// bodies lists the operations with a body.
func bodies() []string {
	return []string{
		"POST " + deskPath, "PUT " + deskPath + "/cb000001", "POST /genesys/1/service/cb000001/preview-response",
		"POST " + cancelPath, "POST " + deletePath, "POST /genesys/1/admin/callback/reportcancelled",
	}
}

// FuzzBody: every body succeeds or is rejected; a rejected one changes nothing.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		``, `{}`, `null`, `{"_customer_number":"+41785556678"}`, `{"_customer_number":5,"_desired_time":"2026-01-13T09:30:00.000Z"}`,
		`{"_new_desired_time":"2026-01-13T10:30:00.000Z","a":""}`, `{"_callback_state":"ROUTING","_reason":""}`, `{"_action":"accept"}`,
		`{"ids":["cb000001",""],"reason":"x"}`, `{"_id":["cb000001"],"_customer_number":"1,2"}`, `{"callback_reason":"X","exported_properties":["_id,a"]}`,
		`a=1&_customer_number=%2B41785556678`, `{"a":{"b":[[[]]]}}`, `{"_redirect":"","_target":"\u0000"}`, `{"a":1,"a":2}`, "\xff", `{"_copy_from":"cb000001"}`,
	} {
		for op := range bodies() {
			f.Add(uint8(op), body, false)
			f.Add(uint8(op), body, true)
		}
	}
	f.Fuzz(func(t *testing.T, op uint8, body string, form bool) {
		h, m := fuzzHandler(t)
		method, path, _ := strings.Cut(bodies()[int(op)%len(bodies())], " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", api.JSON)
		if form {
			r.Header.Set("Content-Type", api.Form)
		}
		before, err := m.Get(t.Context(), "cb000001")
		if err != nil {
			t.Fatal(err)
		}
		if answered(t, h, r) {
			return
		}
		page, err := m.SearchPage(t.Context(), callback.Query{})
		if err != nil || len(page.Callbacks) != 1 {
			t.Fatalf("a refused request left %d callbacks, %v", len(page.Callbacks), err)
		}
		if now := page.Callbacks[0]; !now.Desired.Equal(before.Desired) || now.State != before.State || now.Customer != before.Customer {
			t.Fatalf("a refused request made %v of it", now)
		}
	})
}

// queries lists the operations with query parameters.
func queries() []string {
	return []string{
		"/genesys/1/service/callback", deskPath, deskPath + "/availability", "/genesys/2/service/callback/desk/availability",
		"/genesys/1/admin/callback/queues", "/genesys/1/admin/callback/watermarks",
	}
}

// FuzzQuery: every query succeeds or is rejected.
func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "_account=1", "_customer_number=%2B41785556677&operand=OR", "_id=cb000001&_callback_state=!QUEUED", "start_time=x&end_time=2026-01-13T09:30:00.000Z",
		"start=2026-01-12T09:00:00.000&end=2026-01-12T16:00:00.000&timezone=America/Toronto", "start-ms=-1&end-ms=9223372036854775807", "number-of-days=31&max-time-slots=3",
		"target=desk&states=SCHEDULED,QUEUED&max=3&_vq=a", "service_name=a&service_name=b", "%zz", "a;b", "_account=%00&_account=%ff", "report-busy=true",
	} {
		for op := range queries() {
			f.Add(uint8(op), query)
		}
	}
	h, _ := fuzzHandler(f)
	f.Fuzz(func(t *testing.T, op uint8, query string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", queries()[int(op)%len(queries())], nil)
		r.URL.RawQuery = query
		answered(t, h, r)
	})
}

// FuzzPath: every path succeeds or is rejected.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"/", "", "genesys", "/genesys/1/service/callback/a%2Fb/c", "//", "/genesys/1/service/%00", "/1/service/callback/..", "/genesys/1/service/x/check-queue-position"} {
		f.Add(uint8(0), path)
		f.Add(uint8(1), path)
	}
	methods := []string{"GET", "POST", "PUT", "DELETE", "HEAD", "x"}
	h, _ := fuzzHandler(f)
	f.Fuzz(func(t *testing.T, method uint8, path string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Method = methods[int(method)%len(methods)]
		r.URL.Path, r.URL.RawPath = path, ""
		if strings.HasSuffix(path, "position") {
			return // answers 500 for an unknown callback, as GMS does
		}
		answered(t, h, r)
	})
}

// FuzzTime: a parsed time is UTC, within the years 1970 to 9999, and parses
// again after formatting.
func FuzzTime(f *testing.F) {
	for _, text := range []string{
		"2013-05-28T15:30:00.000Z", "2013-05-28T15:30:00", "2013-05-28T15:30:00.1+0200", "2013-05-28T15:30:00+02:00", "9999-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999-0100", "2013-02-29T00:00:00Z", "2013-05-28 15:30:00Z", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := gms.ReadTime(text)
		if !ok {
			return
		}
		if at.Location() != time.UTC || at.Year() < 1970 || at.Year() > 9999 {
			t.Fatalf("%q is %v", text, at)
		}
		again, ok := gms.ReadTime(gms.WriteTime(at))
		if !ok || !again.Equal(at.Truncate(time.Millisecond)) {
			t.Fatalf("%q is %v, and written and read again %v", text, at, again)
		}
	})
}

// FuzzStates: a filter contains the states with one GMS name; its negation
// excludes the same.
func FuzzStates(f *testing.F) {
	for _, text := range []string{"SCHEDULED", "!QUEUED", "queued", "", "!", "!!QUEUED", "DIALING", "QUEUED,PAUSED", " ROUTING , COMPLETED", ","} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		states, not, ok := gms.ParseState(text)
		if ok != (len(states)+len(not) > 0) || len(states) > 0 && len(not) > 0 {
			t.Fatalf("%q is %v, not %v, %v", text, states, not, ok)
		}
		for _, s := range callback.States() {
			same := strings.EqualFold(gms.NameOf(s), strings.TrimPrefix(text, "!"))
			if ok && slices.Contains(slices.Concat(states, not), s) != same {
				t.Fatalf("%q is %v, not %v", text, states, not)
			}
		}
		list, ok := gms.ParseStates(text)
		if !ok {
			return
		}
		for name := range strings.SplitSeq(text, ",") {
			if !slices.ContainsFunc(list, func(s callback.State) bool { return strings.EqualFold(gms.NameOf(s), strings.TrimSpace(name)) }) {
				t.Fatalf("%q is %v", text, list)
			}
		}
	})
}

func FuzzRange(f *testing.F) {
	for _, seed := range [][2]string{
		{"start", "2014-12-03T15:00:00.000Z"}, {"end", "2016-04-13T16:00:00.000"}, {"start-ms", "1460552400000"}, {"number-of-days", "3"},
		{"max-time-slots", "9"}, {"timezone", "America/Toronto"}, {"report-busy", "true"}, {"timestamp", "2026-03-29T02:30:00"},
	} {
		f.Add(seed[0], seed[1])
	}
	p, err := availability.NewPlanner(availability.PlannerConfig{Bucket: time.Hour, MaxBuckets: 1000})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, parameter, value string) {
		now := time.Unix(1460552400, 0)
		q, err := gms.ParseQuery(url.Values{parameter: {value}})
		if err != nil {
			if !errors.Is(err, callback.ErrInvalidParameter) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		slots, err := p.Slots(q, nil, now)
		if err != nil && !errors.Is(err, availability.ErrRange) && !errors.Is(err, availability.ErrQuery) {
			t.Fatalf("%T: %v", err, err)
		}
		for _, s := range slots.Slots {
			if s.Start.Before(now) || !s.End.After(s.Start) {
				t.Fatalf("slot %v", s)
			}
		}
	})
}
