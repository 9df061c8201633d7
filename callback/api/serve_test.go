package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ringback-go/ringback/callback/api"
)

func TestServe(t *testing.T) {
	reader := api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
		if r.Header.Get("User") == "" {
			return api.Caller{}, api.ErrUnauthenticated
		}
		return api.Caller{Name: "reader", Roles: []api.Role{api.RoleRead}}, nil
	})
	lost, failed := errors.New("no path"), errors.New("failed")
	for name, test := range map[string]struct {
		user  string
		roles []api.Role
		route error
		do    error
		want  error
	}{
		"done":            {user: "reader", roles: []api.Role{api.RoleCreate, api.RoleRead}},
		"no path":         {route: lost, want: lost}, // before authentication
		"unauthenticated": {roles: []api.Role{api.RoleRead}, want: api.ErrUnauthenticated},
		"forbidden":       {user: "reader", roles: []api.Role{api.RoleAdmin}, want: api.ErrForbidden},
		"failed":          {user: "reader", roles: []api.Role{api.RoleRead}, do: failed, want: failed},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("User", test.user)
		var got error
		calls := 0
		api.Serve(w, r, reader, nil, func() (api.Operation, error) {
			return api.Operation{Roles: test.roles, Do: func(c *api.Caller) error {
				if calls++; c.Name != "reader" {
					t.Errorf("%s: the caller is %+v", name, c)
				}
				return test.do
			}}, test.route
		}, func(err error) { got = err })
		if !errors.Is(got, test.want) {
			t.Errorf("%s: refused with %v, want %v", name, got, test.want)
		}
		if done := test.want == nil || test.do != nil; done != (calls == 1) {
			t.Errorf("%s: done %d times", name, calls)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: header %v", name, w.Header())
		}
	}
}
