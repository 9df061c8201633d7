package lucs_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// exampleManager returns a Manager with one service and a stopped clock.
func exampleManager() *manager.Manager {
	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		panic(err)
	}
	clock := callbacktest.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))
	manager, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(clock.Now),
		Now: clock.Now, NewID: callbacktest.IDs("cb"), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err)
	}
	return manager
}

// exampleServer serves LUCS to one user under a prefix. The function it returns
// sends a request.
func exampleServer() func(method, path, body string) (status int, answer string) {
	users, err := api.NewBasic("callbacks", api.User{Name: "crm", Password: "secret", Roles: []api.Role{api.RoleOperate}})
	if err != nil {
		panic(err)
	}
	handler, err := lucs.New(lucs.Config{Manager: exampleManager(), Authorizer: users})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/lucs/", http.StripPrefix("/lucs", handler))
	return func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth("crm", "secret")
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		return rec.Code, rec.Body.String()
	}
}

// A client creates a callback, finds it by its ExternalTaskId and cancels it.
func Example() {
	call := exampleServer()
	show := func(status int, answer string) {
		var c struct{ ID, Target, State, DueDate, ExternalTaskID string }
		_ = json.Unmarshal([]byte(answer), &c)
		fmt.Println(status, c.ID, c.Target, c.State, c.DueDate, c.ExternalTaskID)
	}
	show(call("POST", "/lucs/v1.0/callbacks", `{
		"Target": "tel: +41785556677", "SecondsBetweenRetries": 60, "Priority": "Normal",
		"ServiceSip": "sip:support@localhost", "DueDate": "03.03.2026 10:30:00", "ExternalTaskId": "crm-7"
	}`))
	show(call("GET", "/lucs/v1.0/callbacks?externalTaskId=crm-7", ""))
	show(call("POST", "/lucs/v1.0/callbacks/crm-7/cancel", ""))
	fmt.Println(call("POST", "/lucs/v1.0/callbacks/crm-7/cancel", ""))
	// Output:
	// 200 cb000001 tel:+41785556677 Pending 2026-03-03T10:30:00.000Z crm-7
	// 200 cb000001 tel:+41785556677 Pending 2026-03-03T10:30:00.000Z crm-7
	// 200 cb000001 tel:+41785556677 Terminated 2026-03-03T10:30:00.000Z crm-7
	// 404 {"Error":{"Code":"AlreadyTerminated","Message":"the callback is already Terminated"}}
}

// A handler needs a Manager and an Authorizer.
func ExampleNew() {
	_, err := lucs.New(lucs.Config{})
	fmt.Println(err)

	handler, err := lucs.New(lucs.Config{
		Manager: exampleManager(),
		Authorizer: api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
			// A real host checks a session or token here.
			return api.Caller{Name: "crm", Roles: []api.Role{api.RoleRead}}, nil
		}),
	})
	if err != nil {
		panic(err)
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest("GET", "/v1.0/services", nil))
	fmt.Println(rec.Code, rec.Body)
	// Output:
	// Manager: is required
	// Authorizer: is required
	// 200 [{"Id":"85c25575-d19e-59d0-8f43-1e7651d290d3","Name":"support","Sip":"sip:support@localhost"}]
}

// A search returns a page of callbacks, latest first.
func ExampleHandler_ServeHTTP() {
	call := exampleServer()
	for _, hour := range []string{"10", "11", "12"} {
		call("POST", "/lucs/v1.0/callbacks", `{"Target":"0785556677","SecondsBetweenRetries":60,"Priority":"High",
			"ServiceSip":"sip:support@localhost","DueDate":"2026-03-03T`+hour+`:00:00Z","ExternalTaskId":"`+hour+`"}`)
	}
	_, answer := call("POST", "/lucs/v1.0/callbacks/search", `{"State":"Pending","OrderBy":"DueDate","SortOrder":"Descending","Limit":2}`)
	var page []struct{ DueDate, Priority string }
	if err := json.Unmarshal([]byte(answer), &page); err != nil {
		panic(err)
	}
	for _, c := range page {
		fmt.Println(c.DueDate, c.Priority)
	}
	fmt.Println(call("POST", "/lucs/v1.0/callbacks/search", `{"OrderBy":"Colour"}`))
	// Output:
	// 2026-03-03T11:00:00.000Z High
	// 2026-03-03T10:00:00.000Z High
	// 400 {"Error":{"Code":"InvalidParameter","Message":"OrderBy: is neither a member of a callback nor Created or Updated"}}
}

// ServiceID derives the Id of a service that configures none.
func ExampleServiceID() {
	fmt.Println(lucs.ServiceID("acme", callback.Service{Name: "support"}))
	fmt.Println(lucs.ServiceID("acme", callback.Service{Name: "support", ServiceID: "ff9aaf06-5282-4a45-8bd8-3f3c422f51b8"}))
	// Output:
	// 790c4fa6-385b-57dc-bf60-5f6818229287
	// ff9aaf06-5282-4a45-8bd8-3f3c422f51b8
}

func ExampleServiceSIP() {
	fmt.Println(lucs.ServiceSIP(callback.Service{Name: "hot line"}))
	fmt.Println(lucs.ServiceSIP(callback.Service{Name: "hot line", SIP: "sip:hotline@example.com"}))
	// Output:
	// sip:hot%20line@localhost
	// sip:hotline@example.com
}

func ExampleOpenAPI() {
	var document struct {
		OpenAPI string
		Paths   map[string]any
	}
	if err := json.Unmarshal(lucs.OpenAPI(), &document); err != nil {
		panic(err)
	}
	fmt.Println(document.OpenAPI, len(document.Paths), "paths")
	// Output: 3.1.0 6 paths
}
