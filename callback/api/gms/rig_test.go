package gms_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/api/internal/exchange"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// monday returns 10:00 UTC on a Monday in winter.
func monday() time.Time { return managertest.Monday() }

// Valid mobile numbers.
const (
	swiss  = "+41785556677"
	swiss2 = "+41785556678"
	swiss3 = "+41785556679"
)

// setup configures a rig.
type setup struct {
	now      time.Time
	services []callback.Service
	tenants  map[string][]callback.Service // of other tenants
	ids      []string                      // of the first callbacks
	options  func(*manager.Config)
	handler  gms.Config
}

// rig is a Handler on a Manager with virtual time.
type rig struct {
	t        *testing.T
	world    *managertest.Rig
	clock    *callbacktest.Clock
	dialer   *callbacktest.Dialer
	store    callback.Store
	faults   *callbacktest.FaultyStore
	services *callback.Services
	m        *manager.Manager
	h        http.Handler
	bare     http.Handler // h without recording, for what the document does not allow
	log      *bytes.Buffer
}

// desk is the service of most tests.
func desk() callback.Service { return managertest.Desk() }

// users returns the users of a rig: boss has all roles, others have the role
// they are named for. anna is restricted to customer c1 and ben to c2; other is
// of another tenant.
func users() []api.User {
	list := []api.User{
		{Name: "boss", Password: "boss", Roles: api.Roles()},
		{Name: "anna", Password: "anna", Roles: api.Roles(), Own: "c1"},
		{Name: "ben", Password: "ben", Roles: api.Roles(), Own: "c2"},
		{Name: "other", Password: "other", Roles: api.Roles(), Tenant: "other"},
		{Name: "nobody", Password: "nobody"},
	}
	for _, role := range api.Roles() {
		list = append(list, api.User{Name: role.String(), Password: role.String(), Roles: []api.Role{role}})
	}
	return list
}

func newRig(t *testing.T, change func(s *setup)) *rig {
	t.Helper()
	r := &rig{t: t, log: new(bytes.Buffer)}
	s := &setup{now: monday(), services: []callback.Service{desk()}}
	if change != nil {
		change(s)
	}
	logger := slog.New(slog.NewTextHandler(r.log, nil))
	r.world = managertest.New(t, managertest.Config{
		Clock: callbacktest.NewClock(s.now), Services: s.services, Tenants: s.tenants,
		Options: func(c *manager.Config) {
			r.faults = callbacktest.NewFaultyStore(c.Store)
			c.Store, c.Logger = r.faults.Store(), logger
			count := c.NewID
			c.NewID = func() callback.ID {
				if len(s.ids) == 0 {
					return count()
				}
				id := callback.ID(s.ids[0])
				s.ids = s.ids[1:]
				return id
			}
			if s.options != nil {
				s.options(c)
			}
		},
	})
	r.log.Reset() // without what New says
	r.clock, r.dialer, r.store, r.services, r.m = r.world.Clock, r.world.Dialer, r.world.Store, r.world.Services, r.world.Manager
	r.log.Reset() // of the defaults that New logs
	hc := s.handler
	hc.Manager, hc.Logger = r.m, logger
	if hc.Authorizer == nil {
		basic, err := api.NewBasic("", users()...)
		if err != nil {
			t.Fatal(err)
		}
		hc.Authorizer = basic
	}
	h, err := gms.New(hc)
	if err != nil {
		t.Fatal(err)
	}
	r.h, r.bare = exchange.Record(t, h), h
	return r
}

// response is the response to a request.
type response struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do sends a request as a user. The body is JSON unless headers, which are
// pairs, say otherwise.
func (r *rig) do(user, method, target, body string, headers ...string) *response {
	r.t.Helper()
	return r.exchange(r.request(user, method, target, body, headers...))
}

func (r *rig) request(user, method, target, body string, headers ...string) *http.Request {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), method, target, strings.NewReader(body))
	if user != "" {
		req.SetBasicAuth(user, user)
	}
	if body != "" {
		req.Header.Set("Content-Type", api.JSON)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (r *rig) exchange(req *http.Request) *response {
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, req)
	return &response{r.t, w.Code, w.Result().Header, w.Body.Bytes()}
}

func (r *rig) get(target string) *response { r.t.Helper(); return r.do("boss", "GET", target, "") }

func (r *rig) post(target, body string, headers ...string) *response {
	r.t.Helper()
	return r.do("boss", "POST", target, body, headers...)
}

func (r *rig) put(id, body string) *response {
	r.t.Helper()
	return r.do("boss", "PUT", "/genesys/1/service/callback/desk/"+id, body)
}

// start creates a callback over HTTP and returns it as stored.
func (r *rig) start(body string, headers ...string) *callback.Callback {
	r.t.Helper()
	res := r.post("/genesys/1/service/callback/desk", body, headers...).want(200)
	var answer struct {
		ID string `json:"_id"`
	}
	res.into(&answer)
	return r.stored(answer.ID)
}

func (r *rig) stored(id string) *callback.Callback {
	r.t.Helper()
	cb, err := r.m.Get(r.t.Context(), callback.ID(id))
	if err != nil {
		r.t.Fatal(err)
	}
	return cb
}

// tick does what is due at the clock's time.
func (r *rig) tick() { r.t.Helper(); r.world.Tick() }

func (s *response) want(status int) *response {
	s.t.Helper()
	if s.status != status {
		s.t.Fatalf("status is %d, want %d: %s", s.status, status, s.body)
	}
	return s
}

func (s *response) into(v any) *response {
	s.t.Helper()
	if err := json.Unmarshal(s.body, v); err != nil {
		s.t.Fatalf("%v in %s", err, s.body)
	}
	return s
}

// errorBody is the error format of GMS.
type errorBody struct {
	Code         int            `json:"code"`
	Phrase       string         `json:"phrase"`
	Message      string         `json:"message"`
	Exception    string         `json:"exception"`
	Properties   map[string]any `json:"properties"`
	Availability map[string]int `json:"availability"`
}

// fault checks status and code of an error and returns its body.
func (s *response) fault(status, code int) errorBody {
	s.t.Helper()
	s.want(status)
	var e errorBody
	s.into(&e)
	if e.Code != code {
		s.t.Fatalf("code is %d, want %d: %s", e.Code, code, s.body)
	}
	if e.Phrase == "" || e.Message == "" || strings.Contains(string(s.body), `"properties":{}`) {
		s.t.Fatalf("the body lacks members: %s", s.body)
	}
	return e
}

// wantMessage checks the message of an error.
func (s *response) wantMessage(message string) {
	s.t.Helper()
	var e errorBody
	if s.into(&e); e.Message != message {
		s.t.Fatalf("message is\n%s\nwant\n%s", e.Message, message)
	}
}

// rows decodes a list of rows.
func (s *response) rows() []map[string]any {
	s.t.Helper()
	var rows []map[string]any
	s.want(200).into(&rows)
	return rows
}

// idsOf returns the identifiers of rows.
func idsOf(rows []map[string]any) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i], _ = row["_id"].(string)
	}
	return ids
}

// of returns a view of the rig whose Manager acts for the tenant.
func (r *rig) of(tenant string) *rig {
	view := *r
	view.m = r.m.Tenant(tenant)
	return &view
}
