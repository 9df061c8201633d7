package lucs_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
)

// secrets are what a requester wrote, in the members of a create.
func secrets() []string {
	return []string{
		"Target", `"` + swiss + `"`, "AlternativeTarget", `"` + swiss2 + `"`, "Description", `"secret-text"`, "CallerId", `"secret-caller"`,
		"Supervisor", `"secret-boss"`, "ContextUrl", `"https://secret.example/1"`, "AppPoolId", `"secret-pool"`,
		"InitiatingSessionId", `"secret-session"`, "Initiator", `"secret-initiator"`, "Creator", `"secret-creator"`, "RetryType", `"secret-type"`,
		"IncomingServiceSipUri", `"sip:secret@x.example"`, "ExternalTaskId", `"case-4711"`, "DueDate", `"2026-01-13T10:00:00Z"`,
	}
}

func wantHidden(t *testing.T, body string) {
	t.Helper()
	for _, secret := range []string{"785556677", "785556678", "secret", "4711"} {
		if strings.Contains(body, secret) {
			t.Errorf("the answer shows %q: %s", secret, body)
		}
	}
}

// byName is an authorizer whose users have the roles given, and are restricted
// to a customer if their name begins with "own-".
func byName(roles map[string][]api.Role) func(*callback.Service, *manager.Config, *lucs.Config) {
	return func(_ *callback.Service, _ *manager.Config, l *lucs.Config) {
		l.Authorizer = api.AuthorizerFunc(func(r *http.Request) (api.Caller, error) {
			name, _, _ := r.BasicAuth()
			c := api.Caller{Name: name, Roles: roles[name]}
			if strings.HasPrefix(name, "own-") {
				c.Own = name
			}
			return c, nil
		})
	}
}

// A caller who may only create finds no callback of others by an
// ExternalTaskId, in any spelling and state, and learns nothing of it.
func TestGuessedTask(t *testing.T) {
	create := []api.Role{api.RoleCreate}
	r := newRig(t, byName(map[string][]api.Role{"web": create, "thief": create, "own-anna": create, "own-berta": create, "boss": {api.RoleOperate}}))
	webs := r.create("web", secrets()...)
	annas := r.create("own-anna", secrets()...)
	for _, user := range []string{"thief", "own-berta"} {
		nothing := r.do(user, "POST", "/v1.0/callbacks/unknown/cancel", "")
		for _, id := range []string{"case-4711", "case%2D4711"} {
			rec := r.do(user, "POST", "/v1.0/callbacks/"+id+"/cancel", "")
			refused(t, rec, 404, "NotFound")
			if rec.Body.String() != nothing.Body.String() {
				t.Errorf("%s sees a difference: %s and %s", user, rec.Body, nothing.Body)
			}
			refused(t, r.do(user, "GET", "/v1.0/callbacks/"+id, ""), 403, "Forbidden")
		}
		refused(t, r.do(user, "GET", "/v1.0/callbacks?externalTaskId=case-4711", ""), 403, "Forbidden")
		refused(t, r.do(user, "POST", "/v1.0/callbacks/search", `{"ExternalTaskId":"case-4711"}`), 403, "Forbidden")
	}
	refused(t, r.do("own-berta", "POST", "/v1.0/callbacks/"+webs.ID+"/cancel", ""), 404, "NotFound")
	refused(t, r.do("own-berta", "POST", "/v1.0/callbacks/"+annas.ID+"/cancel", ""), 404, "NotFound")
	for _, id := range []string{webs.ID, annas.ID} {
		if got := read[dto](t, r.do("boss", "GET", "/v1.0/callbacks/"+id, "")); got.State != "Pending" {
			t.Errorf("%s became %s", id, got.State)
		}
	}
	// The creator and the customer find theirs, also when it is over, and do not
	// see what they may not read.
	for user, want := range map[string]string{"web": webs.ID, "own-anna": annas.ID} {
		rec := r.do(user, "POST", "/v1.0/callbacks/case-4711/cancel", "")
		wantHidden(t, rec.Body.String())
		if got := read[dto](t, rec); got.ID != want || got.State != "Terminated" {
			t.Errorf("%s cancelled %s, which is %s", user, got.ID, got.State)
		}
		refused(t, r.do(user, "POST", "/v1.0/callbacks/case-4711/cancel", ""), 404, "AlreadyTerminated")
	}
	refused(t, r.do("thief", "POST", "/v1.0/callbacks/case-4711/cancel", ""), 404, "NotFound")
}

// The tasks of others neither hide a caller's own nor make it ambiguous.
func TestSameTaskOfOthers(t *testing.T) {
	create := []api.Role{api.RoleCreate}
	r := newRig(t, byName(map[string][]api.Role{"web": create, "shop": create, "boss": {api.RoleOperate}}))
	const due = `"2026-01-13T10:00:00Z"`
	webs := r.create("web", "ExternalTaskId", `"7"`, "DueDate", due)
	shops := r.create("shop", "ExternalTaskId", `"7"`, "DueDate", due)
	r.create("boss", "ExternalTaskId", `"7"`, "DueDate", due)
	refused(t, r.do("boss", "POST", "/v1.0/callbacks/7/cancel", ""), 409, "Ambiguous")
	for user, want := range map[string]string{"web": webs.ID, "shop": shops.ID} {
		if got := read[dto](t, r.do(user, "POST", "/v1.0/callbacks/7/cancel", "")); got.ID != want {
			t.Errorf("%s cancelled %s, want %s", user, got.ID, want)
		}
	}
	r.create("web", "ExternalTaskId", `"8"`, "DueDate", due)
	r.create("web", "ExternalTaskId", `"8"`, "DueDate", due)
	refused(t, r.do("web", "POST", "/v1.0/callbacks/8/cancel", ""), 409, "Ambiguous")
}

// The answer to a create shows what the request said, and not what became of the
// callback later.
func TestRepeatedCreateShowsNoChange(t *testing.T) {
	r := newRig(t, byName(map[string][]api.Role{"web": {api.RoleCreate}, "reader": {api.RoleCreate, api.RoleRead}}))
	request := body(secrets()...)
	first := read[dto](t, r.do("web", "POST", "/v1.0/callbacks", request, "Idempotency-Key", "k"))
	if text(first.Target) != swiss || text(first.Description) != "secret-text" {
		t.Errorf("the answer to a create is %+v", first)
	}
	if again := read[dto](t, r.do("web", "POST", "/v1.0/callbacks", request, "Idempotency-Key", "k")); again.ID != first.ID || text(again.Target) != swiss {
		t.Errorf("the repeated answer is %+v", again)
	}
	if _, err := r.manager.Update(t.Context(), manager.UpdateRequest{ID: callback.ID(first.ID), Set: callback.Values{"_customer_number": swiss2[4:]}}); err != nil {
		t.Fatal(err)
	}
	rec := r.do("web", "POST", "/v1.0/callbacks", request, "Idempotency-Key", "k")
	wantHidden(t, rec.Body.String())
	if again := read[dto](t, rec); again.ID != first.ID {
		t.Errorf("the repeated create made %s", again.ID)
	}
	if got := read[dto](t, r.do("reader", "POST", "/v1.0/callbacks", request, "Idempotency-Key", "k")); text(got.Target) != swiss2 {
		t.Errorf("a reader gets %v", got.Target)
	}
}
