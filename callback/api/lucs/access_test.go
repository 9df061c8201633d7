package lucs_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// operation is one sample request per route, for an existing callback.
type operation struct {
	name, method, path, body string
	roles                    []api.Role
}

func operations() []operation {
	return []operation{
		{"create", "POST", "/v1.0/callbacks", body(), []api.Role{api.RoleCreate, api.RoleOperate}},
		{"get", "GET", "/v1.0/callbacks/cb000001", "", []api.Role{api.RoleRead, api.RoleOperate}},
		{"find", "GET", "/v1.0/callbacks?externalTaskId=task", "", []api.Role{api.RoleRead, api.RoleOperate}},
		{"search", "POST", "/v1.0/callbacks/search", "{}", []api.Role{api.RoleOperate}},
		{"cancel", "POST", "/v1.0/callbacks/cb000001/cancel", "", []api.Role{api.RoleCreate, api.RoleOperate}},
		{"services", "GET", "/v1.0/services", "", []api.Role{api.RoleCreate, api.RoleRead, api.RoleOperate}},
		{"document", "GET", "/v1.0/openapi.json", "", api.Roles()},
	}
}

// Each operation is allowed for its roles, denied to the others, and bound to
// no particular user.
func TestRoles(t *testing.T) {
	for _, op := range operations() {
		for _, role := range api.Roles() {
			t.Run(op.name+" by "+role.String(), func(t *testing.T) {
				as := func(_ *callback.Service, _ *manager.Config, l *lucs.Config) {
					l.Authorizer = api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
						if name, _, _ := r.BasicAuth(); name == "clerk" {
							return api.Caller{Name: "clerk", Roles: []api.Role{api.RoleCreate}}, nil
						}
						return api.Caller{Name: "x", Roles: []api.Role{role}}, nil
					})
				}
				r := newRig(t, as)
				r.create("clerk", "ExternalTaskId", `"task"`, "DueDate", `"2026-01-13T10:00:00Z"`)
				rec := r.do("", op.method, op.path, op.body)
				if slices.Contains(op.roles, role) {
					if rec.Code != http.StatusOK {
						t.Errorf("answered %d: %s", rec.Code, rec.Body)
					}
					return
				}
				refused(t, rec, 403, "Forbidden")
				if cb, err := r.manager.Get(t.Context(), "cb000001"); err != nil || cb.Revision != 1 {
					t.Errorf("a forbidden request changed something: %v", err)
				}
			})
		}
	}
}

// A caller without a role may do nothing, not even read the OpenAPI document.
func TestNoRole(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) {
		l.Authorizer = api.AuthorizerFunc(func(*http.Request) (api.Caller, error) { return api.Caller{Name: "x"}, nil })
	})
	for _, op := range operations() {
		refused(t, r.do("", op.method, op.path, op.body), 403, "Forbidden")
	}
}

// Missing or wrong credentials yield 401 with a challenge. A failing authorizer
// grants nothing.
func TestUnauthenticated(t *testing.T) {
	r := newRig(t)
	for _, op := range operations() {
		rec := r.do("", op.method, op.path, op.body)
		refused(t, rec, 401, "Unauthorized")
		if got := rec.Header().Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
			t.Errorf("%s: WWW-Authenticate is %q", op.name, got)
		}
		refused(t, r.do("stranger "+op.name, op.method, op.path, op.body), 401, "Unauthorized")
	}
	broken := newRig(t, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) {
		l.Authorizer = api.AuthorizerFunc(func(*http.Request) (api.Caller, error) {
			return api.Caller{Name: "x", Roles: api.Roles()}, errors.New("directory of +41785556677 is down")
		})
	})
	for _, op := range operations() {
		refused(t, broken.do("boss", op.method, op.path, op.body), 500, "InternalError")
	}
	if strings.Contains(broken.log.String(), "5556677") {
		t.Error("the log holds a number")
	}
	if r.faults.Count(callbacktest.AnyMethod) != 0 {
		t.Error("the store was read for a forbidden request")
	}
}

// The callbacks, numbers and services of other tenants are not found.
func TestTenants(t *testing.T) {
	r := newRig(t)
	mine := r.create("clerk", "ExternalTaskId", `"task"`, "AppPoolId", `"pool"`, "CallerId", `"crm"`, "DueDate", `"2026-01-13T10:00:00Z"`)
	for _, path := range []string{"/v1.0/callbacks/" + mine.ID, "/v1.0/callbacks/task", "/v1.0/callbacks?externalTaskId=task"} {
		refused(t, r.do("other", "GET", path, ""), 404, "NotFound")
	}
	for _, path := range []string{mine.ID, "task"} {
		there := r.do("other", "POST", "/v1.0/callbacks/"+path+"/cancel", "")
		nowhere := r.do("other", "POST", "/v1.0/callbacks/nothing/cancel", "")
		refused(t, there, 404, "NotFound")
		if there.Body.String() != nowhere.Body.String() {
			t.Errorf("a foreign callback yields %s, a missing one %s", there.Body, nowhere.Body)
		}
	}
	for _, search := range []string{
		`{}`, `{"Target":"` + swiss + `"}`, `{"ExternalTaskId":"task"}`, `{"AppPoolId":"pool"}`, `{"CallerId":"crm"}`, `{"State":"Pending"}`,
		`{"ServiceId":"` + supportID + `"}`, `{"ServiceSip":"` + supportSIP + `"}`, `{"OrderBy":"Id"}`, `{"OrderBy":"Id","Limit":5}`,
	} {
		if got := read[[]dto](t, r.do("other", "POST", "/v1.0/callbacks/search", search)); len(got) != 0 {
			t.Errorf("%s finds %v", search, ids(got))
		}
	}
	services := r.do("other", "GET", "/v1.0/services", "").Body.String()
	if strings.Contains(services, "sales") || strings.Contains(services, supportID) || !strings.Contains(services, `"support"`) {
		t.Errorf("the services are %s", services)
	}
	// A service of the same name in another tenant is a different service.
	theirs := read[dto](t, r.do("other", "POST", "/v1.0/callbacks", body("ServiceId", "", "ServiceSip", `"sip:support@localhost"`, "ExternalTaskId", `"task"`)))
	refused(t, r.do("boss", "GET", "/v1.0/callbacks/"+theirs.ID, ""), 404, "NotFound")
	if got := read[dto](t, r.do("boss", "GET", "/v1.0/callbacks/task", "")); got.ID != mine.ID {
		t.Errorf("got %s", got.ID)
	}
	if got := r.get(mine.ID); got.State != "Pending" {
		t.Errorf("it became %s", got.State)
	}
}

// A caller restricted to one customer reaches only that customer's callbacks,
// whatever the request says.
func TestOwn(t *testing.T) {
	r := newRig(t)
	anna := r.create("anna", "ExternalTaskId", `"a"`, "DueDate", `"2026-01-13T10:00:00Z"`)
	both := r.create("anna", "ExternalTaskId", `"both"`, "DueDate", `"2026-01-13T11:00:00Z"`)
	bertas := r.create("berta", "ExternalTaskId", `"both"`, "DueDate", `"2026-01-13T12:00:00Z"`)
	clerks := r.create("clerk", "ExternalTaskId", `"c"`, "DueDate", `"2026-01-13T13:00:00Z"`)

	if cb, err := r.manager.Get(t.Context(), callback.ID(anna.ID)); err != nil || cb.Customer.ID != "c-anna" {
		t.Fatalf("the customer is %q, %v", cb.Customer.ID, err)
	}
	for _, c := range []struct {
		user, id, want string
	}{
		{"anna", anna.ID, anna.ID}, {"anna", "a", anna.ID}, {"anna", "both", both.ID}, {"berta", "both", bertas.ID},
	} {
		if got := read[dto](t, r.do(c.user, "GET", "/v1.0/callbacks/"+c.id, "")); got.ID != c.want {
			t.Errorf("%s gets %s for %s", c.user, got.ID, c.id)
		}
	}
	for user, list := range map[string][]string{"anna": {bertas.ID, clerks.ID, "c"}, "berta": {anna.ID, "a", clerks.ID}} {
		for _, id := range list {
			refused(t, r.do(user, "GET", "/v1.0/callbacks/"+id, ""), 404, "NotFound")
			refused(t, r.do(user, "GET", "/v1.0/callbacks?externalTaskId="+id, ""), 404, "NotFound")
			refused(t, r.do(user, "POST", "/v1.0/callbacks/"+id+"/cancel", ""), 404, "NotFound")
		}
	}
	for body, want := range map[string][]string{
		`{}`: {anna.ID, both.ID}, `{"ExternalTaskId":"both"}`: {both.ID}, `{"Target":"` + swiss + `"}`: {anna.ID, both.ID},
		`{"OrderBy":"Id","SortOrder":"Descending"}`: {both.ID, anna.ID}, `{"Offset":1}`: {both.ID}, `{"ExternalTaskId":"c"}`: {},
	} {
		if got := ids(read[[]dto](t, r.do("anna", "POST", "/v1.0/callbacks/search", body))); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", body, got, want)
		}
	}
	refused(t, r.do("boss", "GET", "/v1.0/callbacks/both", ""), 409, "Ambiguous")
	if got := read[dto](t, r.do("anna", "POST", "/v1.0/callbacks/both/cancel", "")); got.ID != both.ID {
		t.Errorf("anna cancelled %s", got.ID)
	}
	if got := r.get(bertas.ID); got.State != "Pending" {
		t.Errorf("berta's became %s", got.State)
	}
	// The same idempotency key of two customers names two requests.
	first := read[dto](t, r.do("anna", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "k"))
	other := read[dto](t, r.do("berta", "POST", "/v1.0/callbacks", body("Target", `"0785556678"`), "Idempotency-Key", "k"))
	if other.ID == first.ID {
		t.Error("berta sees anna's callback")
	}
	if again := read[dto](t, r.do("anna", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "k")); again.ID != first.ID {
		t.Errorf("anna's key made %s and %s", first.ID, again.ID)
	}
}

// The operator role does not lift the restriction to a customer.
func TestOwnOperator(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, l *lucs.Config) {
		l.Authorizer = api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
			name, _, _ := r.BasicAuth()
			return api.Caller{Name: name, Own: name, Roles: []api.Role{api.RoleOperate}}, nil
		})
	})
	mine, theirs := r.create("a"), r.create("b")
	if got := ids(read[[]dto](t, r.do("a", "POST", "/v1.0/callbacks/search", "{}"))); !slices.Equal(got, []string{mine.ID}) {
		t.Errorf("found %v", got)
	}
	refused(t, r.do("a", "GET", "/v1.0/callbacks/"+theirs.ID, ""), 404, "NotFound")
}

// The handler works under any prefix and answers 404 for unknown paths.
func TestPaths(t *testing.T) {
	r := newRig(t)
	id := r.create("clerk").ID
	mux := http.NewServeMux()
	mux.Handle("/lucs/", http.StripPrefix("/lucs", r.plain))
	mux.Handle("/a/b/", http.StripPrefix("/a/b/", r.plain))
	mux.Handle("/v1.0/", r.plain)
	for _, prefix := range []string{"/lucs", "/a/b", ""} {
		rec := r.call(mux, "boss", "GET", prefix+"/v1.0/callbacks/"+id, "")
		if got := read[dto](t, rec); got.ID != id {
			t.Errorf("under %q: got %s", prefix, got.ID)
		}
	}
	for _, path := range []string{
		"/", "/v1.0", "/v1.0/", "/v1.0/nothing", "/v2.0/callbacks", "/v1.0/callbacks//", "/v1.0/callbacks//cancel", "/v1.0/callbacks/x/stop",
		"/v1.0/callbacks/x/cancel/now", "/v1.0/services/x", "/v1.0/openapi.json/x", "/x/v1.0/callbacks", "//v1.0/callbacks",
	} {
		for _, method := range []string{"GET", "POST"} {
			refused(t, r.do("boss", method, path, ""), 404, "NotFound")
		}
	}
	for path, allow := range map[string]string{
		"/v1.0/callbacks": "GET, HEAD, POST", "/v1.0/callbacks/search": "GET, HEAD, POST", "/v1.0/callbacks/x": "GET, HEAD",
		"/v1.0/callbacks/x/cancel": "POST", "/v1.0/services": "GET, HEAD", "/v1.0/openapi.json": "GET, HEAD",
	} {
		rec := r.do("boss", "DELETE", path, "")
		refused(t, rec, 405, "MethodNotAllowed")
		if got := rec.Header().Get("Allow"); got != allow {
			t.Errorf("%s allows %q, want %q", path, got, allow)
		}
	}
	var _ http.Handler = (*lucs.Handler)(nil)
	rec := httptest.NewRecorder()
	r.plain.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "POST", "/v1.0/services", nil))
	refused(t, rec, 405, "MethodNotAllowed")
}
