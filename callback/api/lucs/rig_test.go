package lucs_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/exchange"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// monday returns 10:00 UTC on a Monday in winter.
func monday() time.Time { return managertest.Monday() }

const (
	swiss      = "tel:+41785556677"
	swiss2     = "tel:+41785556678"
	supportID  = "ff9aaf06-5282-4a45-8bd8-3f3c422f51b8"
	supportSIP = "sip:support@luware.example"
)

// rig is a handler over a Manager on a virtual clock, with its collaborators.
type rig struct {
	t        testing.TB
	world    *managertest.Rig
	clock    *callbacktest.Clock
	dialer   *callbacktest.Dialer
	faults   *callbacktest.FaultyStore
	services *callback.Services
	manager  *manager.Manager
	plain    http.Handler // handler under test
	handler  http.Handler // plain, with its exchanges recorded for the OpenAPI check
	log      *bytes.Buffer
}

// newRig returns a rig. Tenant "" has the services support and sales, tenant
// "b" has one named support. change may adjust the first service and both
// configurations.
func newRig(t testing.TB, change ...func(s *callback.Service, c *manager.Config, l *lucs.Config)) *rig {
	t.Helper()
	r := &rig{t: t, log: new(bytes.Buffer)}
	numbers := callback.Numbers{Country: "CH", SIPHosts: []string{"luware.com", "example.com"}}
	limits := callback.Limits{SameNumber: callback.NoLimit, PerParameter: 1000, BookingsPerDay: callback.NoLimit}
	services := []callback.Service{
		{Name: "support", ServiceID: supportID, SIP: supportSIP, Numbers: numbers, Limits: limits},
		{Name: "sales", Numbers: numbers, Limits: limits},
	}
	hc := lucs.Config{Authorizer: users(t), Logger: slog.New(slog.NewTextHandler(r.log, nil))}
	r.world = managertest.New(t, managertest.Config{
		Services: services, Tenants: map[string][]callback.Service{"b": {{Name: "support", Numbers: callback.Numbers{Country: "DE", Countries: []string{"CH"}}}}},
		Options: func(c *manager.Config) {
			r.faults = callbacktest.NewFaultyStore(c.Store)
			c.Store = r.faults.Store()
			for _, f := range change {
				f(&services[0], c, &hc)
			}
			services[1].Limits = services[0].Limits
		},
	})
	r.clock, r.dialer, r.services, r.manager = r.world.Clock, r.world.Dialer, r.world.Services, r.world.Manager
	var err error
	hc.Manager = r.manager
	if r.plain, err = lucs.New(hc); err != nil {
		t.Fatal(err)
	}
	r.handler = exchange.Record(t, r.plain)
	return r
}

// users returns an Authorizer for the test users; the password is the user
// name.
func users(t testing.TB) api.Authorizer {
	t.Helper()
	user := func(name, tenant, own string, roles ...api.Role) api.User {
		return api.User{Name: name, Password: name, Tenant: tenant, Roles: roles, Own: own}
	}
	basic, err := api.NewBasic("",
		user("clerk", "", "", api.RoleCreate),
		user("reader", "", "", api.RoleRead),
		user("boss", "", "", api.RoleOperate),
		user("anna", "", "c-anna", api.RoleCreate, api.RoleRead),
		user("berta", "", "c-berta", api.RoleCreate, api.RoleRead),
		user("admin", "", "", api.RoleAdmin),
		user("other", "b", "", api.RoleCreate, api.RoleRead, api.RoleOperate),
	)
	if err != nil {
		t.Fatal(err)
	}
	return basic
}

// call sends a request as user; an empty user sends no credentials.
func (r *rig) call(h http.Handler, user, method, path, body string, header ...string) *httptest.ResponseRecorder {
	var reader io.Reader = http.NoBody
	if body != "" {
		reader = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(r.t.Context(), method, path, reader)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		req.SetBasicAuth(user, user)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return rec
}

// do sends a request that conforms to the OpenAPI document.
func (r *rig) do(user, method, path, body string, header ...string) *httptest.ResponseRecorder {
	return r.call(r.handler, user, method, path, body, header...)
}

// undocumented sends a request that the handler accepts but the OpenAPI document
// does not describe, such as member names in another case.
func (r *rig) undocumented(user, method, path, body string, header ...string) *httptest.ResponseRecorder {
	return r.call(r.plain, user, method, path, body, header...)
}

// dto is a callback as clients parse it.
type dto struct {
	Target, AlternativeTarget   *string
	MaxRetries                  int
	SecondsBetweenRetries       int
	ServiceID                   string `json:"ServiceId"`
	ServiceSip                  string
	IncomingServiceSipURI       *string `json:"IncomingServiceSipUri"`
	Priority                    string
	ContextURL                  *string `json:"ContextUrl"`
	DueDate                     string
	Supervisor, Description     *string
	ExternalTaskID              *string `json:"ExternalTaskId"`
	CallerID                    *string `json:"CallerId"`
	ID                          string  `json:"Id"`
	Creator                     string
	LeftInQueueTimeInSeconds    int
	AppPoolID                   *string `json:"AppPoolId"`
	InitiatingSessionID         *string `json:"InitiatingSessionId"`
	Initiator, State, RetryType string
	RetryCount                  int
}

func read[T any](t testing.TB, rec *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if rec.Code != http.StatusOK {
		t.Fatalf("status is %d, want 200: %s", rec.Code, rec.Body)
	}
	if got := rec.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Fatalf("content type is %q", got)
	}
	d := json.NewDecoder(rec.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("body: %v", err)
	}
	return v
}

// create creates a callback for the support service; more are additional
// members.
func (r *rig) create(user string, more ...string) dto {
	r.t.Helper()
	return read[dto](r.t, r.do(user, "POST", "/v1.0/callbacks", body(more...)))
}

// body returns a complete create. more holds names and JSON values that
// override or extend its members.
func body(more ...string) string {
	members := [][2]string{{"Target", `"` + swiss + `"`}, {"SecondsBetweenRetries", "60"}, {"ServiceId", `"` + supportID + `"`}, {"Priority", `"Normal"`}}
	for i := 0; i+1 < len(more); i += 2 {
		found := false
		for j := range members {
			if members[j][0] == more[i] {
				members[j][1], found = more[i+1], true
			}
		}
		if !found {
			members = append(members, [2]string{more[i], more[i+1]})
		}
	}
	var parts []string
	for _, m := range members {
		if m[1] != "" {
			parts = append(parts, `"`+m[0]+`":`+m[1])
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// find searches as an operator and returns the Ids in order.
func (r *rig) find(body string) []string {
	r.t.Helper()
	return ids(read[[]dto](r.t, r.do("boss", "POST", "/v1.0/callbacks/search", body)))
}

func ids(list []dto) []string {
	found := make([]string, len(list))
	for i, d := range list {
		found[i] = d.ID
	}
	return found
}

func (r *rig) get(id string) dto {
	r.t.Helper()
	return read[dto](r.t, r.do("boss", "GET", "/v1.0/callbacks/"+id, ""))
}

// pass lets time pass, with the engine and the telephones at work.
func (r *rig) pass(d time.Duration) { r.t.Helper(); r.world.Run(d) }

// refused checks status and code of an error answer and returns its message.
func refused(t testing.TB, rec *httptest.ResponseRecorder, status int, code string) string {
	t.Helper()
	var body struct {
		Error struct{ Code, Message string }
	}
	d := json.NewDecoder(bytes.NewReader(rec.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&body); err != nil {
		t.Fatalf("body %q: %v", rec.Body, err)
	}
	if rec.Code != status || body.Error.Code != code {
		t.Fatalf("answered %d %s (%s), want %d %s", rec.Code, body.Error.Code, body.Error.Message, status, code)
	}
	return body.Error.Message
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
