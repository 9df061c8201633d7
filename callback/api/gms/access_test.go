package gms_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// op is an operation and a request it accepts, for a callback named cb.
type op struct {
	method, path, body string
	roles              []api.Role
	ok                 int
}

func operations() []op {
	create := []api.Role{api.RoleCreate, api.RoleOperate}
	read := []api.Role{api.RoleRead, api.RoleOperate}
	plan := []api.Role{api.RoleCreate, api.RoleRead, api.RoleOperate}
	return []op{
		{"GET", "/genesys/openapi.json", "", api.Roles(), 200},
		{"GET", "/genesys/1/service/callback?_customer_number=" + swiss[1:], "", read, 200},
		{"POST", deskPath, `{"_customer_number":"` + swiss2 + `"}`, create, 200},
		{"GET", deskPath + "?_customer_number=" + swiss[1:], "", read, 200},
		{"GET", deskPath + "/availability", "", plan, 200},
		{"GET", "/genesys/2/service/callback/desk/availability", "", plan, 200},
		{"GET", deskPath + "/cb", "", read, 200},
		{"PUT", deskPath + "/cb", `{"note":"x"}`, create, 200},
		{"GET", "/genesys/1/service/cb/check-queue-position", "", read, 200},
		{"POST", "/genesys/1/service/cb/check-queue-position", "", read, 200},
		{"POST", "/genesys/1/service/cb/preview-response", `{"_action":"accept"}`, create, 400},
		{"GET", "/genesys/1/service/office", "", plan, 200},
		{"GET", "/genesys/1/admin/callback/queues", "", []api.Role{api.RoleAdmin}, 200},
		{"GET", "/genesys/1/admin/callback/watermarks", "", []api.Role{api.RoleAdmin}, 200},
		{"POST", "/genesys/1/admin/callback/reportcancelled", `{"callback_reason":"CANCELLED"}`, []api.Role{api.RoleExport}, 204},
		{"GET", pausesPath, "", []api.Role{api.RoleAdmin}, 200},
		{"PUT", pausesPath, `{"reason":"x"}`, []api.Role{api.RoleAdmin}, 200},
		{"DELETE", pausesPath, "", []api.Role{api.RoleAdmin}, 200},
		{"PUT", pausesPath + "/desk", "", []api.Role{api.RoleAdmin}, 200},
		{"DELETE", pausesPath + "/desk", "", []api.Role{api.RoleAdmin}, 200},
		{"POST", cancelPath, `{"ids":["cb"]}`, []api.Role{api.RoleAdmin}, 200},
		{"DELETE", deskPath + "/cb", "", create, 200},
		{"POST", deletePath, `{"_id":["cb"]}`, []api.Role{api.RoleForget}, 200},
	}
}

func opRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, func(s *setup) {
		s.ids = []string{"cb"}
		s.handler.Calendars = map[string]*availability.Calendar{"office": availability.AlwaysOpen()}
	})
	r.start(`{"_customer_number":"` + swiss + `"}`)
	return r
}

// Every operation needs credentials and one of its roles.
func TestRoles(t *testing.T) {
	for _, op := range operations() {
		r := opRig(t)
		before := r.stored("cb").Revision
		res := r.do("", op.method, op.path, op.body)
		if e := res.fault(401, 40100); e.Phrase != "UNAUTHORIZED" || res.header.Get("WWW-Authenticate") != `Basic realm="callbacks", charset="UTF-8"` {
			t.Errorf("%s %s: %+v %v", op.method, op.path, e, res.header)
		}
		r.do("stranger "+op.path, op.method, op.path, op.body).fault(401, 40100)
		r.do("nobody", op.method, op.path, op.body).fault(403, 40300)
		for _, role := range api.Roles() {
			if !slices.Contains(op.roles, role) {
				r.do(role.String(), op.method, op.path, op.body).fault(403, 40300)
			}
		}
		if r.stored("cb").Revision != before {
			t.Errorf("%s %s: a refused request changed the callback", op.method, op.path)
		}
		for _, role := range op.roles {
			opRig(t).do(role.String(), op.method, op.path, op.body).want(op.ok)
		}
	}
}

// Errors of the authorizer are translated.
func TestAuthorizerFails(t *testing.T) {
	var err error
	r := newRig(t, func(s *setup) {
		s.handler.Authorizer = api.AuthorizerFunc(func(*http.Request) (api.Caller, error) { return api.Caller{}, err })
	})
	for _, op := range operations() {
		err = api.ErrForbidden
		r.do("", op.method, op.path, op.body).fault(403, 40300)
		err = errors.New("directory: no answer for +41785556677")
		e := r.do("", op.method, op.path, op.body).fault(500, 50050)
		if e.Message != "Error processing callback an internal error" {
			t.Errorf("%s %s: %+v", op.method, op.path, e)
		}
		err = nil // no caller
		r.do("", op.method, op.path, op.body).fault(401, 40100)
	}
	if log := r.log.String(); !strings.Contains(log, "no answer") || strings.Contains(log, "5556") {
		t.Errorf("the log has\n%s", log)
	}
}

// A failing store is an unexpected error. The response does not describe it;
// the log does, with callback and service and without numbers.
func TestStoreFails(t *testing.T) {
	for _, op := range operations() {
		if strings.HasSuffix(op.path, "openapi.json") || strings.HasSuffix(op.path, "/office") {
			continue
		}
		r := opRig(t)
		for _, method := range []callbacktest.Method{callbacktest.AnyMethod, callbacktest.MethodPauses, callbacktest.MethodSetPause} {
			r.faults.Inject(callbacktest.Fault{Method: method, Kind: callbacktest.FailBefore, Times: -1, Err: errors.New("disk of +41 78 555 66 77 is full")})
		}
		res := r.do("boss", op.method, op.path, op.body)
		r.faults.Heal()
		if op.path == deletePath || op.path == cancelPath {
			var b bulk
			res.want(200).into(&b)
			if len(b.Errors) != 1 || b.Errors[0].Code != 50050 || b.Errors[0].Message != "Error processing callback an internal error" {
				t.Errorf("%s: %+v", op.path, b)
			}
		} else if e := res.fault(500, 50050); e.Message != "Error processing callback an internal error" {
			t.Errorf("%s %s: %+v", op.method, op.path, e)
		}
		log := r.log.String()
		if !strings.Contains(log, "is full") || strings.Contains(log, "55566") || strings.Contains(log, "555 66") {
			t.Errorf("%s %s: the log has\n%s", op.method, op.path, log)
		}
		if strings.Contains(op.path, "/cb") && !strings.Contains(log, "callback=cb") {
			t.Errorf("%s %s: the log names no callback\n%s", op.method, op.path, log)
		}
	}
}

// An unknown outcome is reported as such.
func TestOutcomeUnknown(t *testing.T) {
	r := newRig(t, nil)
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter, Err: callback.ErrOutcomeUnknown})
	e := r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).fault(500, 50050)
	if e.Message != "Error processing callback outcome is unknown: it may have happened" {
		t.Errorf("%+v", e)
	}
	// Repeating the request with the same key resolves it.
	r.faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: callbacktest.FailAfter, Err: callback.ErrOutcomeUnknown})
	r.start(`{"_customer_number":"`+swiss2+`"}`, "Idempotency-Key", "k")
}

// Unknown paths and methods are rejected in the product's format, without
// authentication.
func TestPaths(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{
		"/", "/genesys", "/genesys/", "/genesys/1/service", "/genesys/1/service/", "/genesys/1/service/callback//", "/genesys/3/service/callback/desk",
		"/genesys/2/service/callback/desk", "/genesys/1/service/callback/desk/cb/more", "/genesys/1/admin/callback", "/genesys/1/admin/callback/ops",
		"/genesys/genesys/1/service/callback/desk", "/genesys/1/service//availability", "/openapi.yaml", "/genesys/1/service/callback/desk//",
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			if e := r.do("", method, path, "").fault(404, 40400); e.Phrase != "NOT_FOUND" {
				t.Errorf("%s: %+v", path, e)
			}
		}
	}
	for target, allow := range map[string]string{
		"PATCH " + deskPath:                                "GET, HEAD, POST",
		"DELETE " + deskPath:                               "GET, HEAD, POST",
		"POST " + deskPath + "/cb":                         "DELETE, GET, HEAD, PUT",
		"OPTIONS " + deskPath + "/cb":                      "DELETE, GET, HEAD, PUT",
		"POST /genesys/1/service/callback":                 "GET, HEAD",
		"PUT " + deskPath + "/availability":                "GET, HEAD",
		"GET /genesys/1/admin/callback/ops/delete":         "POST",
		"DELETE /genesys/1/service/x/check-queue-position": "GET, HEAD, POST",
		"POST /genesys/openapi.json":                       "GET, HEAD",
	} {
		method, path, _ := strings.Cut(target, " ")
		res := r.do("", method, path, "")
		if e := res.fault(405, 40500); e.Phrase != "METHOD_NOT_ALLOWED" || res.header.Get("Allow") != allow {
			t.Errorf("%s: %+v, Allow %q", target, e, res.header.Get("Allow"))
		}
	}
	r.do("boss", "HEAD", deskPath+"/availability", "").want(200)
}

// Invalid bodies are rejected before anything is done.
func TestBodies(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 33) + "1" + strings.Repeat("}", 33)
	tests := []struct {
		name, body, contentType string
		status                  int
	}{
		{"malformed", `{"_customer_number":`, api.JSON, 400},
		{"list", `[1]`, api.JSON, 400},
		{"null", `null`, api.JSON, 400},
		{"text", `"x"`, api.JSON, 400},
		{"two values", `{} {}`, api.JSON, 400},
		{"twice", `{"_customer_number":"+41785556677","_customer_number":"+41785556678"}`, api.JSON, 400},
		{"twice inside", `{"x":{"a":1,"a":2}}`, api.JSON, 400},
		{"deep", deep, api.JSON, 400},
		{"not UTF-8", "{\"a\":\"\xff\"}", api.JSON, 400},
		{"form, malformed", "a=%zz", api.Form, 400},
		{"form, twice", "a=1&a=2", api.Form, 400},
		{"XML", "<a/>", "application/xml", 415},
		{"charset", `{}`, "application/json; charset=utf-16", 415},
		{"no media type", `{}`, ";", 415},
		{"large", `{"a":"` + strings.Repeat("x", 64<<10) + `"}`, api.JSON, 413},
	}
	for _, op := range operations() {
		if op.method == "GET" || op.method == "DELETE" || strings.HasSuffix(op.path, "position") {
			continue
		}
		r := opRig(t)
		before := r.stored("cb").Revision
		for _, test := range tests {
			e := r.do("boss", op.method, op.path, test.body, "Content-Type", test.contentType).fault(test.status, 40010)
			if strings.Contains(e.Message, "5556") {
				t.Errorf("%s: %s", test.name, e.Message)
			}
		}
		if page, err := r.m.SearchPage(t.Context(), callback.Query{}); err != nil || len(page.Callbacks) != 1 || r.stored("cb").Revision != before {
			t.Errorf("%s %s: something was done", op.method, op.path)
		}
	}
	r := newRig(t, nil)
	r.post(deskPath, `{"_customer_number":"`+swiss+`"}`, "Content-Type", "application/json; charset=UTF-8").want(200)
	// A callback cannot have 300 properties.
	r.post(deskPath, `{"_customer_number":"`+swiss2+`"`+manyMembers(300)+`}`).fault(400, 40010)
}

func manyMembers(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"k` + strings.Repeat("x", i%7) + strings.Repeat("y", i/7) + `":1`)
	}
	return b.String()
}

// New reports all faults at once.
func TestNew(t *testing.T) {
	_, err := gms.New(gms.Config{Base: "no slash", FilterKeys: []string{""}, Calendars: map[string]*availability.Calendar{"callback": nil}})
	for _, field := range []string{"Manager", "Authorizer", "Base", "Keys", "Calendars"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is missing in %v", field, err)
		}
	}
	if !errors.Is(err, callback.ErrConfiguration) {
		t.Errorf("%v is no configuration error", err)
	}
}

// The document contains the base URL of the handler.
func TestOpenAPI(t *testing.T) {
	r := newRig(t, func(s *setup) { s.handler.Base = "/cc" })
	var doc struct {
		OpenAPI string
		Servers []struct{ URL string }
	}
	r.do("read", "GET", "/genesys/openapi.json", "").want(200).into(&doc)
	if doc.OpenAPI != "3.1.0" || len(doc.Servers) != 1 || doc.Servers[0].URL != "/cc" {
		t.Errorf("%+v", doc)
	}
	if !strings.Contains(string(gms.OpenAPI()), `"/genesys/1/service/callback/{name}"`) {
		t.Error("the document has no start")
	}
}

// A handler can be mounted under any prefix.
func TestMounted(t *testing.T) {
	r := newRig(t, func(s *setup) { s.handler.Base = "/cc" })
	mux := http.NewServeMux()
	mux.Handle("/cc/", http.StripPrefix("/cc", r.h))
	req := httptest.NewRequestWithContext(t.Context(), "GET", "/cc"+deskPath+"/availability", nil)
	req.SetBasicAuth("boss", "boss")
	w := httptest.NewRecorder()
	if mux.ServeHTTP(w, req); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
