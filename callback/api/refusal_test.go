package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
)

// told notes the refusals that an observer hears.
type told struct {
	callback.NopObserver
	lines []string
	text  string // everything as it prints
}

func (o *told) Refused(_ context.Context, r callback.Refusal) {
	o.lines = append(o.lines, fmt.Sprintf("%s: %s %s %d", r.Tenant, r.Operation, r.Kind, r.Code))
	o.text += fmt.Sprintf("%+v %v\n", r, r.Err)
}

// Every request that an adapter refuses is told once, whether the adapter or the
// Manager refuses it, and shows no number.
func TestRefusedRequestsAreTold(t *testing.T) {
	o := new(told)
	service := managertest.Desk()
	service.Limits.SameNumber = 1
	world := managertest.New(t, managertest.Config{
		Tenants: map[string][]callback.Service{"acme": {service}},
		Options: func(c *manager.Config) {
			c.Observer, c.Contacts = o, lcm.Tenants{"acme": lcm.Directory{"7": {{ID: "3", Value: "41785556677", Callback: true}}}}
		},
	})
	m := world.Manager.Tenant("acme")
	// Callers are named by a header.
	auth := api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
		switch caller := (api.Caller{Name: "x", Tenant: "acme", Roles: api.Roles()}); r.Header.Get("Caller") {
		case "":
			return caller, nil
		case "reader":
			caller.Roles = []api.Role{api.RoleRead}
			return caller, nil
		case "ann":
			caller.Own = "ann"
			return caller, nil
		case "banned":
			return caller, api.ErrForbidden
		}
		return api.Caller{}, api.ErrUnauthenticated
	})
	mux := mount(t, world.Manager, auth, nil, slog.New(slog.DiscardHandler))
	cb, err := m.Start(t.Context(), manager.Request{Service: "desk", Number: "+41785556677", CustomerID: "bob", Desired: managertest.Monday().AddDate(0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	id := string(cb.ID)
	const start, lucsStart = "/genesys/1/service/callback/desk", "/v1.0/callbacks"
	const lcmStart = `{"channel":"LCM","topic":"WebService","subtopic":"SetCallbackWithComments","data":{"callid":"1","AccountNumber":"7","CallbackModeId":3,` +
		`"StartDate":"13/01/2026","EndDate":"13/01/2026","StartTime":"12:00","EndTime":"13:00","UserID":"ann","AgentComments":"a"}}`
	all := samples(id)
	i := slices.IndexFunc(all, func(s sample) bool { return s.path == lucsStart })
	complete := strings.NewReplacer(`"5115"`, `"+41785556677"`, `"5116"`, `"+41785556677"`).Replace(all[i].body)
	for _, c := range []struct {
		name, caller, method, path, body string
		want                             []string
	}{
		{"no credentials", "unknown", "POST", start, "{}", []string{": gms.start unauthenticated 0"}},
		{"banned", "banned", "POST", lucsStart, "{}", []string{": lucs.create forbidden 0"}},
		{"no role", "reader", "POST", start, "{}", []string{": gms.start forbidden 0"}},
		{"no role for a resource", "banned", "GET", "/interactions/" + id, "", []string{": interaction.read forbidden 0"}},
		{"no role for a message", "reader", "POST", "/lcm", lcmStart, []string{"acme: lcm.SetCallbackWithComments forbidden 0"}},
		{"no credentials for a message", "unknown", "POST", "/lcm", lcmStart, []string{": lcm.none unauthenticated 0"}},
		{"duplicate", "", "POST", start, `{"_customer_number":"+41785556677"}`, []string{"acme: start number_limit 40001"}},
		{"duplicate in LUCS", "", "POST", lucsStart, complete, []string{"acme: start number_limit 40001"}},
		{"number", "", "POST", start, `{"_customer_number":"+4178555"}`, []string{"acme: start number 40040"}},
		{"a message that lacks a member", "", "POST", "/lcm", lcmStart, []string{"acme: lcm.SetCallbackWithComments parameter 40010"}},
		{"a body that is none", "", "POST", start, `{`, []string{"acme: gms.start parameter 40010"}},
		{"a body that is none in LUCS", "", "POST", lucsStart, `[]`, []string{"acme: lucs.create parameter 40010"}},
		{"a message that is none", "", "POST", "/lcm", `{}`, []string{"acme: lcm.none parameter 40010"}},
		{"a time that is none", "", "POST", start, `{"_customer_number":"+41785556678","_desired_time":"41785556677"}`, []string{"acme: gms.start parameter 40010"}},
		{"a path that is none", "", "GET", "/genesys/1/service/x/y/z", "", []string{": gms.none path 0"}},
		{"a method that is none", "", "PATCH", start, "", []string{": gms.none method 0"}},
		{"the callback of another", "ann", "DELETE", start + "/" + id, "", []string{"acme: gms.cancel ownership 40030"}},
		{"the callback of another in LUCS", "ann", "POST", lucsStart + "/" + id + "/cancel", "", []string{"acme: lucs.cancel ownership 40030"}},
		{"the resource of another", "ann", "GET", "/interactions/" + id, "", []string{"acme: interaction.read ownership 40030"}},
		{"no callback", "", "DELETE", start + "/41785556677", "", []string{"acme: gms.cancel not_found 40030"}},
		{"no callback in LUCS", "", "POST", lucsStart + "/41785556677/cancel", "", []string{"acme: lucs.cancel not_found 40030"}},
		{"no resource", "", "GET", "/interactions/41785556677", "", []string{"acme: interaction.read not_found 40030"}},
		{"callbacks that are none", "", "POST", "/genesys/1/admin/callback/cancel", `{"ids":["41785556677","x"],"reason":"x"}`,
			[]string{"acme: cancel_all not_found 40030", "acme: cancel_all not_found 40030"}},
		{"nothing is refused", "", "DELETE", start + "/" + id, "", nil},
		{"one that has ended", "", "DELETE", start + "/" + id, "", []string{"acme: cancel operation 40020"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o.lines, o.text = nil, ""
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", api.JSON)
			r.Header.Set("Caller", c.caller)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if diff := cmp.Diff(c.want, o.lines); diff != "" {
				t.Errorf("%d %s (-want +got):\n%s", w.Code, w.Body, diff)
			}
			if strings.Contains(o.text, "1785556677") {
				t.Errorf("shows a number: %s", o.text)
			}
		})
	}
}
