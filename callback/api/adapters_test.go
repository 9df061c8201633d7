package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/phonenum"
)

// adapters serves all adapters over one Manager, whose service takes every
// number, to a caller with all roles.
type adapters struct {
	http.Handler
	manager *manager.Manager
	log     bytes.Buffer
}

func newAdapters(t *testing.T, origins *api.Origins) *adapters {
	return newAdaptersWith(t, origins, nil)
}

func newAdaptersWith(t *testing.T, origins *api.Origins, change func(*manager.Config)) *adapters {
	t.Helper()
	a := new(adapters)
	service := callback.Service{
		Name: "desk", Numbers: callback.Numbers{Country: "US", Countries: []string{phonenum.Anywhere}, AllowImpossible: true}, SearchKeys: []string{"_customer_number", "name"},
		Limits: callback.Limits{SameNumber: callback.NoLimit, Queued: 1e6, Parameters: []string{}},
	}
	world := managertest.New(t, managertest.Config{Services: []callback.Service{service}, Options: func(c *manager.Config) {
		c.Contacts = lcm.Directory{"7": {{ID: "3", Value: "+41785556677", Callback: true, PEWC: true}}}
		if change != nil {
			change(c)
		}
	}})
	a.manager = world.Manager
	all := api.AuthorizerFunc(func(*http.Request) (api.Caller, error) { return api.Caller{Name: "x", Roles: api.Roles()}, nil })
	a.Handler = mount(t, a.manager, all, origins, slog.New(slog.NewTextHandler(&a.log, nil)))
	return a
}

// mount serves all adapters over one Manager.
func mount(t *testing.T, m *manager.Manager, authorizer api.Authorizer, origins *api.Origins, log *slog.Logger) http.Handler {
	t.Helper()
	genesys, err1 := gms.New(gms.Config{Manager: m, Authorizer: authorizer, Origins: origins, Logger: log})
	luware, err2 := lucs.New(lucs.Config{Manager: m, Authorizer: authorizer, Origins: origins, Logger: log})
	acqueon, err3 := lcm.New(lcm.Config{Manager: m, Authorizer: authorizer, Origins: origins, Service: "desk", Logger: log})
	resource, err4 := interaction.New(interaction.Config{Manager: m, Authorizer: authorizer, Origins: origins, Logger: log})
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/genesys/", genesys)
	mux.Handle("/v1.0/", luware)
	mux.Handle("/lcm", acqueon)
	mux.Handle("/interactions/", http.StripPrefix("/interactions", resource))
	return mux
}

// start books a callback and returns its ID.
func (a *adapters) start(t *testing.T) string {
	t.Helper()
	cb, err := a.manager.Start(t.Context(), manager.Request{
		Service: "desk", Number: "+41785556677", Desired: managertest.Monday().AddDate(0, 0, 1), Origin: callback.Origin{ExternalID: "task"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(cb.ID)
}

// sample is a request that may change something, with a body that succeeds.
type sample struct{ method, path, body string }

func samples(id string) []sample {
	return []sample{
		{"POST", "/genesys/1/service/callback/desk", `{"_customer_number":"5115","name":"a","_desired_time":"2026-01-13T10:00:00.000Z"}`},
		{"PUT", "/genesys/1/service/callback/desk/" + id, `{"_new_desired_time":"2026-01-13T11:00:00.000Z","name":"a"}`},
		{"DELETE", "/genesys/1/service/callback/desk/" + id, ``},
		{"POST", "/genesys/1/service/" + id + "/preview-response", `{"_action":"accept"}`},
		{"POST", "/genesys/1/admin/callback/cancel", `{"ids":["` + id + `"],"reason":"x"}`},
		{"PUT", "/genesys/1/admin/callback/pauses/desk", `{"reason":"a"}`},
		{"DELETE", "/genesys/1/admin/callback/pauses", `{"reason":"a"}`},
		{"POST", "/genesys/1/admin/callback/ops/delete", `{"_id":["` + id + `"],"_customer_number":"5115"}`},
		{"POST", "/genesys/1/admin/callback/reportcancelled", `{"callback_reason":"CANCELLED","exported_properties":["_id"]}`},
		{"POST", "/v1.0/callbacks", `{"Target":"5115","AlternativeTarget":"5116","SecondsBetweenRetries":10,"MaxRetries":1,"ServiceSip":"sip:desk@localhost",` +
			`"ServiceId":"","Priority":"Normal","DueDate":"2026-01-13T10:00:00Z","ExternalTaskId":"a","CallerId":"a","Description":"a","ContextUrl":"https://a",` +
			`"Creator":"a","Initiator":"a","AppPoolId":"a","InitiatingSessionId":"a","Supervisor":"a","RetryType":"a","IncomingServiceSipUri":"sip:a@b"}`},
		{"POST", "/v1.0/callbacks/search", `{"Target":"5115","ServiceSip":"sip:desk@localhost","State":"Pending","AppPoolId":"a","StartDate":"2026-01-13T10:00:00Z",` +
			`"EndDate":"2026-01-14T10:00:00Z","Limit":1,"Offset":0,"OrderBy":"Id","SortOrder":"Ascending","ExternalTaskId":"a","CallerId":"a","ServiceId":""}`},
		{"POST", "/v1.0/callbacks/" + id + "/cancel", `{}`},
		{"POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"SetCallbackWithComments","data":{"callid":"1","AccountNumber":"7","CallbackModeId":3,` +
			`"StartDate":"13/01/2026","EndDate":"13/01/2026","StartTime":"12:00","EndTime":"13:00","UserID":"ann","AgentComments":"a"}}`},
		{"POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"GetPersonalCallbackList","data":{"UserID":"ann","AccountNumber":"7"}}`},
		{"POST", "/lcm", `{"channel":"LCM","topic":"WebService","subtopic":"ScheduledCallBackOverlap","data":{"callid":"1","AccountNumber":"7",` +
			`"StartFromDate":"13/01/2026","StartToDate":"13/01/2026","StartFromTime":"12:00","StartToTime":"13:00","UserID":"ann"}}`},
	}
}

func (a *adapters) do(t *testing.T, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = "api.example.com"
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

// A page of another origin changes nothing through any adapter, also where the
// caller would have every role.
func TestCrossSiteChangesNothing(t *testing.T) {
	trusting, err := api.NewOrigins(true, "https://desk.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, origins := range []*api.Origins{nil, trusting} {
		a := newAdapters(t, origins)
		id := a.start(t)
		for _, s := range samples(id) {
			for _, header := range [][]string{
				{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
				{"Sec-Fetch-Site", "cross-site", "Origin", "https://api.example.com"},
			} {
				w := a.do(t, s.method, s.path, s.body, append(header, "Content-Type", api.JSON)...)
				if w.Code != http.StatusForbidden || !json.Valid(w.Body.Bytes()) {
					t.Errorf("%s %s with %v: %d %s", s.method, s.path, header, w.Code, w.Body)
				}
				if got := w.Header().Get("Access-Control-Allow-Origin"); got != "" {
					t.Errorf("%s %s with %v: allows %q", s.method, s.path, header, got)
				}
			}
			// An unknown path is refused as well, and not answered first.
			if w := a.do(t, s.method, s.path+"/x/y/z", s.body, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
				t.Errorf("an unknown path: %d", w.Code)
			}
		}
		page, err := a.manager.SearchPage(t.Context(), callback.Query{})
		if err != nil || len(page.Callbacks) != 1 || page.Callbacks[0].Revision != 1 {
			t.Errorf("something changed: %d callbacks, %v", len(page.Callbacks), err)
		}
		w := a.do(t, "POST", "/v1.0/callbacks/"+id+"/cancel", "", "Sec-Fetch-Site", "cross-site", "Origin", "https://desk.example.com")
		want := http.StatusForbidden
		if origins != nil {
			want = http.StatusOK
		}
		if w.Code != want {
			t.Errorf("a trusted origin is answered %d: %s", w.Code, w.Body)
		}
	}
}

// No adapter reads a body that does not declare its type, or declares another.
func TestBodiesDeclareTheirType(t *testing.T) {
	a := newAdapters(t, nil)
	id := a.start(t)
	for _, s := range samples(id) {
		if s.body == "" {
			continue
		}
		for _, kind := range []string{"", "text/plain", "multipart/mixed; boundary=x", "application/json; charset=utf-7", "text/json"} {
			header := []string{"Content-Type", kind}
			if kind == "" {
				header = nil
			}
			if w := a.do(t, s.method, s.path, s.body, header...); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("%s %s as %q: %d %s", s.method, s.path, kind, w.Code, w.Body)
			}
		}
	}
	page, err := a.manager.SearchPage(t.Context(), callback.Query{})
	if err != nil || len(page.Callbacks) != 1 || page.Callbacks[0].Revision != 1 {
		t.Errorf("something changed: %d callbacks, %v", len(page.Callbacks), err)
	}
}

// hostile are texts that meet the edges of parsers of numbers, times, names and
// URLs.
func hostile() []string {
	return []string{
		"", " ", "51\u00a015", "51\u200b15", "51\u202e15", "\u00a0", "5115\u3000", "٥١١٥", "５１１５", "51\t15", "51\n15", "5115\x00", "\ufeff5115", "\ufffd", "é", "😀",
		"+", "++1", "+0", "00", "+999", "+1" + strings.Repeat("0", 40), "*31#112", "5115;ext=", "5115;ext=x", "5115;ext=" + strings.Repeat("9", 30), "5115,,1", "5115p1",
		"tel:", "tel:51\u00a015", "tel:+1;phone-context=", "tel:5;phone-context=\u00a0", "tel:%", "tel:%zz", "tel:5?a", "sip:", "sip:@", "sip:@@", "sip:a", "sip:a@", "sip:@a",
		"sip:51\u00a015@gw", "sip:%00@gw", "sip:a@[", "sip:a@[::1", "sip:a@b:99999999", "sip:a:b@c", "sip:a@b;maddr=c", "sips:a@b", "sip:a@\u00a0", "sip:+1%2@b", "SIP:A@B",
		"2026-13-99T99:99:99Z", "0000-00-00T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "-1", "1e999", "999999999999999999999", "NaN", "0x1", "true", "null", "%", "%zz", "$x$", "$(", "..", "../..",
		"/", "\\", "'", "\"", "<", ";", ",", "{", "[", "a\u2028b", "1/1/1", "32/13/2026", "24:60", "Local", "UTC\x00", "../../etc/passwd", "Europe/../Zurich",
		strings.Repeat("x", 129), strings.Repeat("9", 129), strings.Repeat("é", 1025), strings.Repeat("x", 20000),
	}
}

// members calls yield with the body for each of its members set to the value, at
// any depth.
func members(v any, value any, yield func()) {
	switch v := v.(type) {
	case map[string]any:
		for name, old := range v {
			v[name] = value
			yield()
			v[name] = old
			members(old, value, yield)
		}
	case []any:
		for i, old := range v {
			v[i] = value
			yield()
			v[i] = old
		}
	}
}

// No text in a body, a path, a query or a header makes a failure of the server.
func TestNoInputIsAFailure(t *testing.T) {
	a := newAdapters(t, nil)
	id := a.start(t)
	check := func(what string, w *httptest.ResponseRecorder) {
		// GMS answers the position of an unknown callback with status 500.
		documented := strings.Contains(what, "check-queue-position") && strings.Contains(w.Body.String(), "404 Not Found")
		if w.Code >= 500 && !documented || a.log.Len() > 0 {
			t.Errorf("%s: %d %s\n%s", what, w.Code, w.Body, a.log.String())
			a.log.Reset()
		}
	}
	values := []any{nil, true, 0, -1, 1.5, json.Number("1e400"), []any{}, []any{nil}, []any{"\u00a0", 1}, map[string]any{}, map[string]any{"": "\u00a0"}}
	for _, text := range hostile() {
		values = append(values, text)
	}
	for _, s := range samples(id) {
		if s.body == "" {
			continue
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(s.body), &body); err != nil {
			t.Fatal(err)
		}
		for _, value := range values {
			members(body, value, func() {
				text, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				check(fmt.Sprintf("%s %s %.300s", s.method, s.path, text), a.do(t, s.method, s.path, string(text), "Content-Type", api.JSON))
			})
		}
	}
	for _, text := range hostile() {
		part, query := url.PathEscape(text), url.QueryEscape(text)
		for _, path := range []string{
			"/genesys/1/service/callback/" + part, "/genesys/1/service/callback/desk/" + part, "/genesys/1/service/" + part,
			"/genesys/1/service/callback/" + part + "/availability", "/genesys/1/service/" + part + "/check-queue-position",
			"/genesys/1/service/callback?_customer_number=" + query, "/genesys/1/service/callback?name=" + query, "/genesys/1/service/callback?_id=" + query,
			"/genesys/1/service/callback/desk?name=a&operand=" + query, "/genesys/1/service/callback/desk?name=a&start_time=" + query,
			"/genesys/1/service/callback/desk?name=a&_callback_state=" + query, "/genesys/1/service/callback?" + query + "=1",
			"/genesys/1/service/callback/desk/availability?start=" + query, "/genesys/1/service/callback/desk/availability?end=" + query,
			"/genesys/1/service/callback/desk/availability?number-of-days=" + query, "/genesys/1/service/callback/desk/availability?max-time-slots=" + query,
			"/genesys/2/service/callback/desk/availability?start-ms=" + query, "/genesys/2/service/callback/desk/availability?end-ms=" + query,
			"/genesys/2/service/callback/desk/availability?timezone=" + query, "/genesys/2/service/callback/desk/availability?timestamp=" + query,
			"/genesys/1/admin/callback/queues?target=" + query, "/genesys/1/admin/callback/queues?start_time=" + query, "/genesys/1/admin/callback/queues?states=" + query,
			"/genesys/1/admin/callback/queues?max=" + query, "/genesys/1/admin/callback/watermarks?service_name=" + query,
			"/v1.0/callbacks/" + part, "/v1.0/callbacks?externalTaskId=" + query, "/interactions/" + part,
		} {
			check("GET "+path, a.do(t, "GET", path, ""))
		}
		for _, name := range []string{"Idempotency-Key", "Accept", "Traceparent", "User-Agent", "X-Forwarded-For"} {
			for _, s := range samples(id) {
				check(name+": "+text, a.do(t, s.method, s.path, s.body, "Content-Type", api.JSON, name, text))
			}
		}
		for _, s := range samples(id)[:3] {
			for _, form := range []string{"_customer_number=" + query, "a=" + query, query + "=a", "_desired_time=" + query, "_callback_state=" + query, "_copy_from=" + query} {
				check(s.path+" "+form, a.do(t, s.method, s.path, form, "Content-Type", api.Form))
			}
			check(s.path, a.do(t, s.method, s.path+"?_redirect="+query+"&discard_ors_failure="+query, s.body, "Content-Type", api.JSON))
		}
	}
}

// A slash at the end of a path, and the number that libraries of browsers add to the
// query, change no answer.
func TestAddedToThePath(t *testing.T) {
	for i := range samples("") {
		for _, add := range []string{"/", "?_=1764580000000", "/?_=1"} {
			plain, other := newAdapters(t, nil), newAdapters(t, nil)
			want, got := samples(plain.start(t))[i], samples(other.start(t))[i]
			if want.path == "/lcm" {
				continue // one path, which is that of the host's mux
			}
			a, b := plain.do(t, want.method, want.path, want.body, "Content-Type", api.JSON), other.do(t, got.method, got.path+add, got.body, "Content-Type", api.JSON)
			if a.Code != b.Code || a.Body.String() != b.Body.String() {
				t.Errorf("%s %s%s: %d %s, want %d %s", got.method, got.path, add, b.Code, b.Body, a.Code, a.Body)
			}
		}
	}
	for _, path := range reads("cb000001") {
		a := newAdapters(t, nil)
		a.start(t)
		want := a.do(t, "GET", path, "")
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		for _, other := range []string{path + separator + "_=1764580000000", slashed(path)} {
			if got := a.do(t, "GET", other, ""); got.Code != want.Code || got.Body.String() != want.Body.String() {
				t.Errorf("%s: %d %s, want %d %s", other, got.Code, got.Body, want.Code, want.Body)
			}
		}
	}
}

// reads are the paths of the operations that read.
func reads(id string) []string {
	return []string{
		"/genesys/1/service/callback?_id=" + id, "/genesys/1/service/callback/desk", "/genesys/1/service/callback/desk/" + id,
		"/genesys/1/service/callback/desk/availability", "/genesys/2/service/callback/desk/availability", "/genesys/1/service/" + id + "/check-queue-position",
		"/genesys/1/admin/callback/queues", "/genesys/1/admin/callback/watermarks", "/genesys/1/admin/callback/pauses",
		"/v1.0/callbacks?externalTaskId=task", "/v1.0/callbacks/" + id, "/interactions/" + id,
	}
}

func slashed(path string) string {
	path, query, found := strings.Cut(path, "?")
	if found {
		return path + "/?" + query
	}
	return path + "/"
}
