package interaction_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// asCaller returns an Authorizer that accepts every request as c.
func asCaller(c *api.Caller) api.Authorizer {
	return api.AuthorizerFunc(func(*http.Request) (api.Caller, error) {
		if c.Name == "" {
			return api.Caller{}, api.ErrUnauthenticated
		}
		return *c, nil
	})
}

func handler(t testing.TB, r *rig, c *api.Caller, change func(*interaction.Config)) http.Handler {
	t.Helper()
	config := interaction.Config{Manager: r.manager, Authorizer: asCaller(c), ServerID: "ringback-1"}
	if change != nil {
		change(&config)
	}
	h, err := interaction.New(config)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/x/interactions/", http.StripPrefix("/x/interactions", h))
	return mux
}

func ask(h http.Handler, method, id string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "/x/interactions/"+id, nil))
	return w
}

func TestHandler(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{Properties: callback.Values{"topic": "invoice"}})
	h := handler(t, r, &api.Caller{Name: "ann", Roles: []api.Role{api.RoleRead}}, nil)
	w := ask(h, "GET", string(cb.ID))
	var got interaction.Interaction
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("status %d, %v: %s", w.Code, err, w.Body)
	}
	if diff := cmp.Diff(interaction.FromCallback(cb, interaction.Options{ServerID: "ringback-1"}), got); diff != "" {
		t.Errorf("resource (-want +got):\n%s", diff)
	}
	for name, value := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
	if w := ask(h, "HEAD", string(cb.ID)); w.Code != 200 {
		t.Errorf("HEAD is answered with %d", w.Code)
	}
}

func TestHandlerHidesUnreachable(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{CustomerID: "C-17"})
	caller := &api.Caller{}
	h := handler(t, r, caller, nil)
	read, operate := []api.Role{api.RoleRead}, []api.Role{api.RoleOperate}
	none := ""
	for _, test := range []struct {
		name   string
		caller api.Caller
		id     callback.ID
		status int
	}{
		{"no such", api.Caller{Name: "ann", Roles: read}, "none", 404},
		{"the customer", api.Caller{Name: "ann", Roles: read, Own: "C-17"}, cb.ID, 200},
		{"an operator", api.Caller{Name: "ann", Roles: operate}, cb.ID, 200},
		{"another customer", api.Caller{Name: "ann", Roles: read, Own: "C-18"}, cb.ID, 404},
		{"another tenant", api.Caller{Name: "ann", Roles: read, Tenant: "acme"}, cb.ID, 404},
		{"another tenant's operator", api.Caller{Name: "ann", Roles: operate, Tenant: "acme"}, cb.ID, 404},
		{"no id", api.Caller{Name: "ann", Roles: read}, "", 404},
		{"another path", api.Caller{Name: "ann", Roles: read}, cb.ID + "/x", 404},
		{"no role", api.Caller{Name: "ann", Roles: []api.Role{api.RoleCreate, api.RoleAdmin}}, cb.ID, 403},
		{"anonymous", api.Caller{}, cb.ID, 401},
	} {
		*caller = test.caller
		w := ask(h, "GET", string(test.id))
		if w.Code != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.name, w.Code, test.status, w.Body)
		}
		if none == "" {
			none = w.Body.String()
		}
		if w.Code == 404 && w.Body.String() != none {
			t.Errorf("%s is answered otherwise than what does not exist: %s", test.name, w.Body)
		}
	}
	if none != `{"code":40030,"message":"no such interaction"}`+"\n" {
		t.Errorf("what does not exist is answered with %s", none)
	}
	*caller = api.Caller{Name: "ann", Roles: read}
	w := ask(h, "DELETE", string(cb.ID))
	if w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" || !strings.Contains(w.Body.String(), `"code":40500`) {
		t.Errorf("DELETE is answered with %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// An id that no callback can have yields 404 without a read of the store.
func TestHandlerInvalidID(t *testing.T) {
	faults := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Store = faults.Store() })
	h := handler(t, r, &api.Caller{Name: "ann", Roles: []api.Role{api.RoleRead}}, func(c *interaction.Config) {
		c.Logger = slog.New(slog.DiscardHandler)
	})
	faults.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.FailBefore, Times: -1})
	t.Cleanup(faults.Heal)
	for id, status := range map[string]int{
		"cb%00": 404, "a%0Ab": 404, "%7F": 404, "%ff": 404, strings.Repeat("x", 129): 404, strings.Repeat("x", 128): 500, "%C3%A4": 500,
	} {
		if w := ask(h, "GET", id); w.Code != status {
			t.Errorf("%.20q is answered with %d %s", id, w.Code, w.Body)
		}
	}
}

func TestHandlerReplaced(t *testing.T) {
	r := newRig(t, nil)
	cb, open := r.start(manager.Request{}), r.start(manager.Request{})
	r.cancel(cb.ID)
	var failure error
	h := handler(t, r, &api.Caller{Name: "ann", Roles: []api.Role{api.RoleRead}}, func(c *interaction.Config) {
		c.Replaced = func(context.Context, *callback.Callback) (bool, error) { return true, failure }
		c.Logger = slog.New(slog.DiscardHandler)
	})
	for id, status := range map[callback.ID]string{cb.ID: `"callback_status":12,`, open.ID: `"callback_status":3,`} {
		if w := ask(h, "GET", string(id)); !strings.Contains(w.Body.String(), status) {
			t.Errorf("%s is not in %s", status, w.Body)
		}
	}
	failure = errors.New("down")
	if w := ask(h, "GET", string(cb.ID)); w.Code != 500 || strings.Contains(w.Body.String(), "down") {
		t.Errorf("a failure is answered with %d %s", w.Code, w.Body)
	}
}

func TestHandlerRemovedService(t *testing.T) {
	r := newRig(t, nil)
	cb := r.start(manager.Request{})
	services, err := callback.NewServices(callback.Service{Name: "other", Numbers: callback.Numbers{Country: "US"}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := manager.New(manager.Config{Store: r.store, Dialer: r.dialer, Services: services})
	if err != nil {
		t.Fatal(err)
	}
	r.manager = other
	h := handler(t, r, &api.Caller{Name: "ann", Roles: []api.Role{api.RoleRead}}, nil)
	if w := ask(h, "GET", string(cb.ID)); w.Code != 200 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

func TestHandlerFailureHidesNumber(t *testing.T) {
	faulty := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Store = faulty.Store() })
	cb := r.start(manager.Request{})
	var log bytes.Buffer
	h := handler(t, r, &api.Caller{Name: "ann", Roles: []api.Role{api.RoleRead}}, func(c *interaction.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	faulty.Inject(callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Err: errors.New("no row for " + swiss)})
	w := ask(h, "GET", string(cb.ID))
	if w.Code != 500 || !strings.Contains(w.Body.String(), `"code":50050`) || strings.Contains(w.Body.String(), "row") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "no row for +###") || strings.Contains(log.String(), "5556677") {
		t.Errorf("log is %s", log.String())
	}
}

func TestNewFaults(t *testing.T) {
	_, err := interaction.New(interaction.Config{CreatorAppID: -1})
	for _, field := range []string{"Manager", "Authorizer", "CreatorAppID"} {
		if err == nil || !strings.Contains(err.Error(), field) || !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("error %v does not name %s", err, field)
		}
	}
}
