package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// Users with passwords, each with a tenant and roles.
func ExampleNewBasic() {
	users, err := api.NewBasic("callbacks",
		api.User{Name: "crm", Password: "secret", Tenant: "acme", Roles: []api.Role{api.RoleCreate, api.RoleRead}},
		api.User{Name: "admin", Password: "admin", Tenant: "acme", Roles: api.Roles()},
	)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest("POST", "/", nil)
	r.SetBasicAuth("crm", "secret")
	caller, err := users.Authorize(r)
	fmt.Println(caller.Name, caller.Tenant, caller.Roles, err)
	r.SetBasicAuth("crm", "guess")
	_, err = users.Authorize(r)
	fmt.Println(err)
	fmt.Println(users.Challenge())
	// Output:
	// crm acme [create read] <nil>
	// credentials are missing or wrong
	// Basic realm="callbacks", charset="UTF-8"
}

// A host with its own sessions identifies the caller; Permit checks the role.
func ExamplePermit() {
	sessions := api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
		if r.Header.Get("X-Session") != "s1" {
			return api.Caller{}, api.ErrUnauthenticated
		}
		return api.Caller{Name: "anna", Roles: []api.Role{api.RoleCreate, api.RoleRead}, Own: "customer-1"}, nil
	})
	r := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	_, err := api.Permit(w, r, sessions, api.RoleRead)
	fmt.Println(err)

	r.Header.Set("X-Session", "s1")
	caller, err := api.Permit(w, r, sessions, api.RoleRead, api.RoleOperate)
	fmt.Println(caller.Name, err)
	fmt.Println(caller.Reaches(&callback.Callback{Customer: callback.Customer{ID: "customer-1"}}),
		caller.Reaches(&callback.Callback{Customer: callback.Customer{ID: "customer-2"}}))

	_, err = api.Permit(w, r, sessions, api.RoleAdmin)
	var fault *api.Fault
	fmt.Println(errors.As(err, &fault), fault.Status, fault)
	// Output:
	// credentials are missing or wrong
	// anna <nil>
	// true false
	// true 403 needs the role admin
}

func ExampleCaller_Has() {
	caller := api.Caller{Name: "crm", Roles: []api.Role{api.RoleCreate}}
	for _, role := range api.Roles()[:2] {
		fmt.Println(role, caller.Has(role))
	}
	// Output:
	// create true
	// read false
}

// A callback of another customer is answered as one that does not exist. An observer
// is told of the difference.
func ExampleCaller_Reach() {
	caller := api.Caller{Name: "portal", Roles: []api.Role{api.RoleRead}, Own: "ann"}
	fmt.Println(caller.Reach(&callback.Callback{Customer: callback.Customer{ID: "ann"}}))
	err := caller.Reach(&callback.Callback{Customer: callback.Customer{ID: "bob"}})
	fmt.Println(err, errors.Is(err, callback.ErrNotFound), callback.Kind(err))
	// Output:
	// <nil>
	// callback not found true ownership
}

// A body is limited in size and must have one of the content types.
func ExampleReadBody() {
	r := httptest.NewRequest("POST", "/", strings.NewReader("_customer_number=5115"))
	r.Header.Set("Content-Type", api.Form)
	body, kind, err := api.ReadBody(httptest.NewRecorder(), r, api.JSON, api.Form)
	fmt.Println(string(body), kind, err)

	r = httptest.NewRequest("POST", "/", strings.NewReader("<x/>"))
	r.Header.Set("Content-Type", "text/xml")
	_, _, err = api.ReadBody(httptest.NewRecorder(), r, api.JSON)
	fmt.Println(err)
	// Output:
	// _customer_number=5115 application/x-www-form-urlencoded <nil>
	// Content-Type: is not application/json
}

// A JSON object and a form are read alike.
func ExampleReadValues() {
	for kind, body := range map[string]string{api.JSON: `{"_customer_number":"5115"}`, api.Form: "_customer_number=5115"} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		values, err := api.ReadValues(httptest.NewRecorder(), r)
		fmt.Println(kind, values["_customer_number"], err)
	}
	// Unordered output:
	// application/json 5115 <nil>
	// application/x-www-form-urlencoded 5115 <nil>
}

// Decode rejects what JSON parsers interpret differently.
func ExampleDecode() {
	var v struct{ Number string }
	fmt.Println(api.Decode([]byte(`{"Number":"5115"}`), &v), v.Number)
	fmt.Println(api.Decode([]byte(`{"Number":"5115","Number":"5116"}`), &v))
	fmt.Println(api.Decode([]byte(`{"Number":5115}`), &v))
	fmt.Println(api.Decode([]byte(`{} {}`), &v))
	// Output:
	// <nil> 5115
	// Number: is given more than once
	// Number: is a JSON number and must be a string
	// the body has data after the JSON value
}

func ExampleNewFault() {
	err := api.NewFault(http.StatusBadRequest, "Limit", "is negative")
	fmt.Println(err, err.Status, errors.Is(err, callback.ErrInvalidParameter))
	// Output: Limit: is negative 400 true
}

func ExampleRedact() {
	fmt.Println(api.Redact("row of +41 78 555 66 77 is locked since 12:30"))
	// Output: row of +## ## ### ## ## is locked since 12:30
}

// Pages of a desk application use the API from the browser. Pages of other
// origins can change nothing.
func ExampleOrigins_Check() {
	origins, err := api.NewOrigins(true, "https://desk.example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := httptest.NewRequest(http.MethodPost, "https://callbacks.example.com/v1.0/callbacks", nil)
	r.Header.Set("Sec-Fetch-Site", "same-site")
	for _, origin := range []string{"https://desk.example.com", "https://news.example.com"} {
		r.Header.Set("Origin", origin)
		fmt.Println(origins.Check(r))
	}
	// Output:
	// <nil>
	// the request comes from a page of another origin
}
