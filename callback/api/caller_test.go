package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// wantFault checks status and text of a fault.
func wantFault(t *testing.T, err error, status int, text string) *api.Fault {
	t.Helper()
	var f *api.Fault
	if !errors.As(err, &f) {
		t.Fatalf("error is %v, want a fault", err)
	}
	if f.Status != status || f.Error() != text {
		t.Fatalf("fault is %d %q, want %d %q", f.Status, f, status, text)
	}
	return f
}

// Role names are distinct; an undefined role is unknown.
func TestRoleNames(t *testing.T) {
	want := []string{"create", "read", "operate", "admin", "forget", "export"}
	var got []string
	for _, r := range api.Roles() {
		got = append(got, r.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the roles are %v, want %v", got, want)
	}
	for _, r := range []api.Role{0, api.RoleExport + 1, 255} {
		if r.String() != "unknown" {
			t.Errorf("role %d is %q", uint8(r), r)
		}
	}
	roles := api.Roles()
	roles[0] = api.RoleExport
	if api.Roles()[0] != api.RoleCreate {
		t.Error("a caller can change the list")
	}
}

func TestHas(t *testing.T) {
	c := api.Caller{Roles: []api.Role{api.RoleRead, api.RoleForget}}
	for _, r := range api.Roles() {
		if got, want := c.Has(r), r == api.RoleRead || r == api.RoleForget; got != want {
			t.Errorf("has %v: %v", r, got)
		}
	}
	if c.Has(0) {
		t.Error("has the role that is none")
	}
}

// A caller sees the callbacks of its tenant and, if restricted, of its
// customer.
func TestReaches(t *testing.T) {
	for _, c := range []struct {
		caller           api.Caller
		tenant, customer string
		want             bool
	}{
		{api.Caller{}, "", "", true},
		{api.Caller{}, "", "c1", true},
		{api.Caller{}, "a", "", false},
		{api.Caller{Tenant: "a"}, "a", "c1", true},
		{api.Caller{Tenant: "a"}, "", "", false},
		{api.Caller{Tenant: "a"}, "A", "", false},
		{api.Caller{Tenant: "a", Own: "c1"}, "a", "c1", true},
		{api.Caller{Tenant: "a", Own: "c1"}, "a", "c2", false},
		{api.Caller{Tenant: "a", Own: "c1"}, "a", "", false},
		{api.Caller{Tenant: "a", Own: "c1"}, "b", "c1", false},
	} {
		cb := &callback.Callback{Tenant: c.tenant, Customer: callback.Customer{ID: c.customer}}
		if got := c.caller.Reaches(cb); got != c.want {
			t.Errorf("%+v reaches tenant %q, customer %q: %v", c.caller, c.tenant, c.customer, got)
		}
	}
}

// challenged is an authorizer with a challenge.
type challenged struct{ api.AuthorizerFunc }

func (challenged) Challenge() string { return `Bearer realm="x"` }

// Permit translates every result of the authorizer.
func TestPermit(t *testing.T) {
	says := func(c api.Caller, err error) api.AuthorizerFunc {
		return func(*http.Request) (api.Caller, error) { return c, err }
	}
	known := api.Caller{Name: "anna", Tenant: "a", Roles: []api.Role{api.RoleRead}, Own: "c1"}
	down := errors.New("directory is down")
	for _, c := range []struct {
		name      string
		auth      api.Authorizer
		roles     []api.Role
		status    int
		text      string
		is        error
		challenge string
	}{
		{"has the role", says(known, nil), []api.Role{api.RoleRead}, 0, "", nil, ""},
		{"has one of the roles", says(known, nil), []api.Role{api.RoleOperate, api.RoleRead}, 0, "", nil, ""},
		{"has not the role", says(known, nil), []api.Role{api.RoleAdmin}, 403, "needs the role admin", api.ErrForbidden, ""},
		{"has none of the roles", says(known, nil), []api.Role{api.RoleAdmin, api.RoleForget}, 403, "needs the role admin or forget", api.ErrForbidden, ""},
		{"no role is asked for", says(known, nil), nil, 403, "needs the role ", api.ErrForbidden, ""},
		{"is forbidden", says(known, fmt.Errorf("blocked: %w", api.ErrForbidden)), []api.Role{api.RoleRead}, 403, "caller is not permitted", api.ErrForbidden, ""},
		{"anonymous", says(known, api.ErrUnauthenticated), []api.Role{api.RoleRead}, 401, "credentials are missing or wrong", api.ErrUnauthenticated, ""},
		{"has no name", says(api.Caller{Roles: api.Roles()}, nil), []api.Role{api.RoleRead}, 401, "credentials are missing or wrong", api.ErrUnauthenticated, ""},
		{"with a challenge", challenged{says(known, fmt.Errorf("token: %w", api.ErrUnauthenticated))}, []api.Role{api.RoleRead}, 401,
			"credentials are missing or wrong", api.ErrUnauthenticated, `Bearer realm="x"`},
		{"forbidden is not told how", challenged{says(known, api.ErrForbidden)}, []api.Role{api.RoleRead}, 403, "caller is not permitted", api.ErrForbidden, ""},
		{"authorizer fails", says(known, down), []api.Role{api.RoleRead}, 500, "the authorizer failed", down, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			caller, err := api.Permit(w, httptest.NewRequest("GET", "/", nil), c.auth, c.roles...)
			if got := w.Header().Get("WWW-Authenticate"); got != c.challenge {
				t.Errorf("the challenge is %q, want %q", got, c.challenge)
			}
			if c.status == 0 {
				if err != nil || caller.Name != "anna" || caller.Tenant != "a" || caller.Own != "c1" {
					t.Fatalf("permitted %+v, %v", caller, err)
				}
				return
			}
			if caller != nil {
				t.Errorf("a refusal comes with the caller %+v", caller)
			}
			wantFault(t, err, c.status, c.text)
			if !errors.Is(err, c.is) || errors.Is(err, callback.ErrInvalidParameter) {
				t.Errorf("%v is not %v alone", err, c.is)
			}
			if w.Body.Len() > 0 {
				t.Error("something was answered")
			}
		})
	}
}

func basic(t *testing.T) *api.Basic {
	t.Helper()
	b, err := api.NewBasic("", api.User{Name: "anna", Password: "a:b ü", Tenant: "t", Roles: []api.Role{api.RoleRead}, Own: "c1"},
		api.User{Name: "berta", Password: "secret", Roles: []api.Role{api.RoleAdmin}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A user is authenticated by name and password together.
func TestBasicAuthorize(t *testing.T) {
	b := basic(t)
	for _, c := range []struct{ name, password, want string }{
		{"anna", "a:b ü", "anna"}, {"berta", "secret", "berta"}, {"anna", "secret", ""}, {"berta", "a:b ü", ""}, {"anna", "", ""}, {"", "", ""},
		{"Anna", "a:b ü", ""}, {"anna", "a:b", ""}, {"anna ", "a:b ü", ""}, {"nobody", "secret", ""}, {"", "secret", ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth(c.name, c.password)
		caller, err := b.Authorize(r)
		if c.want == "" {
			if !errors.Is(err, api.ErrUnauthenticated) || caller.Name != "" || caller.Roles != nil {
				t.Errorf("%q, %q: %+v, %v", c.name, c.password, caller, err)
			}
			continue
		}
		if err != nil || caller.Name != c.want {
			t.Errorf("%q, %q: %+v, %v", c.name, c.password, caller, err)
		}
	}
	for _, header := range []string{"", "Basic", "Basic !", "Bearer YW5uYQ==", "Basic YW5uYQ=="} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", header)
		if _, err := b.Authorize(r); !errors.Is(err, api.ErrUnauthenticated) {
			t.Errorf("%q: %v", header, err)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.SetBasicAuth("anna", "a:b ü")
	caller, _ := b.Authorize(r)
	if caller.Tenant != "t" || caller.Own != "c1" || !slices.Equal(caller.Roles, []api.Role{api.RoleRead}) {
		t.Errorf("anna is %+v", caller)
	}
}

// The challenge is one header line for any realm.
func TestBasicChallenge(t *testing.T) {
	for realm, want := range map[string]string{
		"": `Basic realm="callbacks", charset="UTF-8"`, "x": `Basic realm="x", charset="UTF-8"`, `a"b\`: `Basic realm="a\"b\\", charset="UTF-8"`,
	} {
		b, err := api.NewBasic(realm, api.User{Name: "x", Password: "y"})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		_, err = api.Permit(w, httptest.NewRequest("GET", "/", nil), b, api.RoleRead)
		wantFault(t, err, 401, "credentials are missing or wrong")
		if got := w.Header().Get("WWW-Authenticate"); got != want {
			t.Errorf("realm %q: the challenge is %q, want %q", realm, got, want)
		}
	}
	if b, err := api.NewBasic("a\r\nSet-Cookie: x"); err != nil || strings.ContainsAny(b.Challenge(), "\r\n") {
		t.Errorf("the challenge has lines: %v", err)
	}
}

// Users that cannot log in or cannot be told apart are rejected, without
// showing the password.
func TestBasicFaults(t *testing.T) {
	ok := api.User{Name: "anna", Password: "hush"}
	for name, users := range map[string][]api.User{
		"no name": {{Password: "hush"}}, "no password": {{Name: "anna"}}, "twice": {ok, ok}, "colon": {{Name: "an:na", Password: "hush"}},
	} {
		if b, err := api.NewBasic("", users...); err == nil || b != nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
	roles := []api.Role{api.RoleRead}
	b, err := api.NewBasic("", api.User{Name: "anna", Password: "hush", Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	roles[0] = api.RoleAdmin
	r := httptest.NewRequest("GET", "/", nil)
	r.SetBasicAuth("anna", "hush")
	if caller, err := b.Authorize(r); err != nil || !caller.Has(api.RoleRead) {
		t.Errorf("the roles of a user can be changed from outside: %+v, %v", caller, err)
	}
	none, err := api.NewBasic("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Authorize(r); !errors.Is(err, api.ErrUnauthenticated) {
		t.Errorf("an empty user list permits access: %v", err)
	}
}
