package gms_test

import (
	"bytes"
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
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

func support() callback.Service {
	return callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}}
}

// exampleManager returns a Manager with one service and a fixed clock.
func exampleManager(service callback.Service) *manager.Manager {
	clock := callbacktest.NewClock(monday())
	services, err := callback.NewServices(service)
	if err != nil {
		panic(err)
	}
	m, err := manager.New(manager.Config{
		Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(clock.Now), Now: clock.Now,
		NewID: callbacktest.IDs("cb"), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err)
	}
	return m
}

// A handler needs an authorizer and can be mounted on any mux. This one has two
// users with passwords.
func ExampleNew() {
	users, err := api.NewBasic("callbacks",
		api.User{Name: "website", Password: "secret", Roles: []api.Role{api.RoleCreate, api.RoleRead}},
		api.User{Name: "admin", Password: "more secret", Roles: api.Roles()},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := gms.New(gms.Config{Manager: exampleManager(support()), Authorizer: users, Base: "/api"})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", http.StripPrefix("/api", h))

	ask := func(user, password string) {
		r := httptest.NewRequest("GET", "/api/genesys/1/admin/callback/watermarks", nil)
		r.SetBasicAuth(user, password)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	ask("admin", "more secret")
	ask("website", "secret")
	ask("website", "guessed")
	// Output:
	// 200 {"total":0,"services":{"support":0}}
	// 403 {"code":40300,"phrase":"FORBIDDEN","message":"Needs the role admin.","exception":""}
	// 401 {"code":40100,"phrase":"UNAUTHORIZED","message":"Credentials are missing or wrong.","exception":""}
}

// A scheduled callback is started, queried and rescheduled.
func ExampleHandler_ServeHTTP() {
	anybody := api.AuthorizerFunc(func(*http.Request) (api.Caller, error) {
		return api.Caller{Name: "website", Roles: []api.Role{api.RoleCreate, api.RoleRead}}, nil
	})
	h, err := gms.New(gms.Config{Manager: exampleManager(support()), Authorizer: anybody})
	if err != nil {
		fmt.Println(err)
		return
	}
	do := func(method, target, body string) {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body)))
	}
	const service = "/genesys/1/service/callback/support"
	do("POST", service, `{"_customer_number": "044 668 18 00", "_desired_time": "2026-01-12T14:30:00.000Z", "topic": "router"}`)
	do("PUT", service+"/cb000001", `{"_new_desired_time": "2026-01-12T15:00:00.000Z"}`)
	do("GET", service+"/cb000001", "")
	do("DELETE", service+"/cb000001", "")
	do("DELETE", service+"/cb000001", "")
	// Output:
	// 200 {"_id":"cb000001"}
	// 200 {}
	// 200 {"_id":"cb000001","_desired_time":"2026-01-12T15:00:00.000Z","_callback_state":"SCHEDULED","_expiration_time":"2026-01-13T15:00:00.000Z","_customer_number":"+41446681800","_url":"/genesys/1/service/callback/support/cb000001","_service_name":"support","_time_scheduled":"2026-01-12T10:00:00.000Z"}
	// 200
	// 400 {"code":40020,"phrase":"INVALID_OPERATION","message":"Request already cancelled or completed : [cb000001]","exception":"","properties":{"id":"cb000001","state":"COMPLETED"}}
}

// Slots of a service with opening hours in London, in the format of version 2.
func ExampleHandler_ServeHTTP_availability() {
	clinic := callback.Service{Name: "clinic", Numbers: callback.Numbers{Country: "GB"}}
	clinic.Booking = callback.Booking{Hours: hours("Europe/London", "9:00", "12:00"), Bucket: 30 * time.Minute, PerBucket: 2}
	reader := api.AuthorizerFunc(func(*http.Request) (api.Caller, error) {
		return api.Caller{Name: "website", Roles: []api.Role{api.RoleRead}}, nil
	})
	h, err := gms.New(gms.Config{Manager: exampleManager(clinic), Authorizer: reader})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/genesys/2/service/callback/clinic/availability?number-of-days=5&max-time-slots=2", nil))
	var indented bytes.Buffer
	if err := json.Indent(&indented, w.Body.Bytes(), "", "  "); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(indented.String())
	// Output:
	// {
	//   "slots": [
	//     {
	//       "utcTime": "2026-01-12T10:00:00.000Z",
	//       "localTime": "2026-01-12T10:00:00.000",
	//       "capacity": 2,
	//       "total": 2
	//     },
	//     {
	//       "utcTime": "2026-01-12T10:30:00.000Z",
	//       "localTime": "2026-01-12T10:30:00.000",
	//       "capacity": 2,
	//       "total": 2
	//     }
	//   ],
	//   "durationMin": 30,
	//   "timezone": "Europe/London"
	// }
}

// The document describes all operations.
func ExampleOpenAPI() {
	doc := string(gms.OpenAPI())
	fmt.Println(strings.Contains(doc, `"openapi": "3.1.0"`), strings.Contains(doc, "/genesys/1/service/callback/{name}/availability"))
	// Output: true true
}
