package gms_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// tenantsRig has callbacks of two customers, anna and ben, that were not
// started over HTTP, and one of the tenant other with the same number and
// service.
func tenantsRig(t *testing.T) *rig {
	r := newRig(t, func(s *setup) {
		s.tenants = map[string][]callback.Service{"other": {desk(), {Name: "secret", Numbers: callback.Numbers{Country: "CH"}}}}
		s.ids = []string{"annas", "bens", "others", "done", "others-done"}
	})
	r.must(manager.Request{Service: "desk", Number: swiss, CustomerID: "c1", Desired: utc(later)})
	r.must(manager.Request{Service: "desk", Number: swiss, CustomerID: "c2", Desired: utc(later)})
	r.of("other").must(manager.Request{Service: "desk", Number: swiss, Desired: utc(later)})
	r.must(manager.Request{Service: "desk", Number: swiss2, CustomerID: "c2"})
	r.of("other").must(manager.Request{Service: "secret", Number: swiss2})
	for tenant, id := range map[string]callback.ID{"": "done", "other": "others-done"} {
		if _, err := r.m.Tenant(tenant).CancelAll(t.Context(), manager.CancelAllRequest{IDs: []callback.ID{id}, Actor: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// revisions returns the revisions of all callbacks.
func (r *rig) revisions() map[callback.ID]int64 {
	r.t.Helper()
	found := make(map[callback.ID]int64)
	for _, tenant := range []string{"", "other"} {
		for cb, err := range r.m.Tenant(tenant).Search(r.t.Context(), callback.Query{}) {
			if err != nil {
				r.t.Fatal(err)
			}
			found[cb.ID] = cb.Revision
		}
	}
	return found
}

// alike requires that a callback the user cannot see is answered like one that
// does not exist, except for the identifier.
func (r *rig) alike(user, method, path, body, id string) {
	r.t.Helper()
	replace := func(s string) string { return strings.ReplaceAll(s, "ID", id) }
	got := r.do(user, method, replace(path), replace(body))
	none := strings.ReplaceAll(path, "ID", "unknown")
	want := r.do(user, method, none, strings.ReplaceAll(body, "ID", "unknown"))
	if got.status != want.status || strings.ReplaceAll(string(got.body), id, "unknown") != string(want.body) {
		r.t.Errorf("%s: %s %s: %d %s, for an unknown id %d %s", user, method, path, got.status, got.body, want.status, want.body)
	}
}

// TestUnreachable: callbacks of another tenant or customer do not exist for any
// operation, and no operation changes them.
func TestUnreachable(t *testing.T) {
	r := tenantsRig(t)
	before := r.revisions()
	for user, ids := range map[string][]string{
		"boss": {"others", "others-done"}, "other": {"annas", "bens", "done"}, "anna": {"bens", "done", "others", "others-done"}, "ben": {"annas", "others"},
	} {
		for _, id := range ids {
			r.alike(user, "GET", deskPath+"/ID", "", id)
			r.alike(user, "PUT", deskPath+"/ID", `{"note":"x"}`, id)
			r.alike(user, "PUT", deskPath+"/ID", `{"_new_desired_time":"2026-01-14T09:30:00.000Z"}`, id)
			r.alike(user, "PUT", deskPath+"/ID", `{"_callback_state":"COMPLETED"}`, id)
			r.alike(user, "DELETE", deskPath+"/ID", "", id)
			r.alike(user, "DELETE", deskPath+"/ID?discard_ors_failure=true", "", id)
			r.alike(user, "GET", "/genesys/1/service/ID/check-queue-position", "", id)
			r.alike(user, "POST", "/genesys/1/service/ID/preview-response", `{"_action":"cancel"}`, id)
			r.alike(user, "GET", "/genesys/1/service/callback?_id=ID", "", id)
			r.alike(user, "POST", deskPath, `{"_copy_from":"ID"}`, id)
			r.alike(user, "POST", cancelPath, `{"ids":["ID"]}`, id)
			r.alike(user, "POST", deletePath, `{"_id":["ID"]}`, id)
		}
	}
	if diff := cmp.Diff(before, r.revisions()); diff != "" {
		t.Errorf("something changed (-before +after):\n%s", diff)
	}
}

// TestSearchesAndCounts: searches return only what the caller can see; counts
// and exports are for the tenant and forbidden to callers restricted to a
// customer.
func TestSearchesAndCounts(t *testing.T) {
	r := tenantsRig(t)
	number := "_customer_number=" + url.QueryEscape(swiss)
	for user, want := range map[string]string{"boss": "annas bens", "anna": "annas", "ben": "bens", "other": "others"} {
		for _, path := range []string{deskPath + "?" + number, "/genesys/1/service/callback?" + number, "/genesys/1/service/callback?_id=annas&_id=bens&_id=others"} {
			if got := strings.Join(idsOf(r.do(user, "GET", path, "").rows()), " "); got != want {
				t.Errorf("%s: %s finds %q, want %q", user, path, got, want)
			}
		}
	}
	const queues, marks, export = "/genesys/1/admin/callback/queues", "/genesys/1/admin/callback/watermarks", "/genesys/1/admin/callback/reportcancelled"
	if diff := cmp.Diff(map[string]string{"desk": "done annas bens"}, r.do("boss", "GET", queues, "").queuesOf()); diff != "" {
		t.Errorf("boss (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"desk": "others", "secret": "others-done"}, r.do("other", "GET", queues, "").queuesOf()); diff != "" {
		t.Errorf("other (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"secret": ""}, r.do("boss", "GET", queues+"?target=secret", "").queuesOf()); diff != "" {
		t.Errorf("boss (-want +got):\n%s", diff)
	}
	r.of("other").must(manager.Request{Service: "desk", Number: swiss3})
	if got := string(r.do("boss", "GET", marks, "").want(200).body); got != `{"total":0,"services":{"desk":0}}` {
		t.Errorf("%s", got)
	}
	if got := string(r.do("other", "GET", marks, "").want(200).body); got != `{"total":1,"services":{"desk":1,"secret":0}}` {
		t.Errorf("%s", got)
	}
	body := `{"callback_reason":"CANCELLED_BY_ADMIN","exported_properties":["_id"]}`
	if got := string(r.do("boss", "POST", export, body).want(200).body); got != "_id\ndone\n" {
		t.Errorf("%q", got)
	}
	if got := string(r.do("other", "POST", export, body).want(200).body); got != "_id\nothers-done\n" {
		t.Errorf("%q", got)
	}
	for _, user := range []string{"anna", "ben"} {
		r.do(user, "GET", queues, "").fault(403, 40300)
		r.do(user, "GET", marks, "").fault(403, 40300)
		r.do(user, "POST", export, body).fault(403, 40300)
	}
}

// TestForgetAcross: forgetting a number erases only callbacks that the caller
// can see.
func TestForgetAcross(t *testing.T) {
	r := tenantsRig(t)
	body := `{"_id":["bens","others","annas"],"_customer_number":["078 555 66 77","` + swiss3 + `"]}`
	want := bulk{
		Success: []item{
			{ID: "bens", Reason: "no callback(s) to delete"}, {ID: "others", Reason: "no callback(s) to delete"},
			{Number: swiss3, Reason: "no callback(s) to delete"}, {ID: "annas"},
		},
		Errors: []item{},
	}
	if diff := cmp.Diff(want, r.do("anna", "POST", deletePath, body).bulk()); diff != "" {
		t.Errorf("anna (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(bulk{Success: []item{{ID: "others"}}, Errors: []item{}}, r.do("other", "POST", deletePath, `{"_customer_number":["`+swiss+`"]}`).bulk()); diff != "" {
		t.Errorf("other (-want +got):\n%s", diff)
	}
	if _, left := r.revisions()["bens"]; !left || len(r.revisions()) != 3 {
		t.Errorf("left are %v", r.revisions())
	}
	// A bulk cancel of a caller restricted to a customer affects that
	// customer's callbacks only.
	got := r.do("ben", "POST", cancelPath, `{"ids":["bens","others-done"]}`).bulk()
	if len(got.Success) != 1 || got.Success[0].ID != "bens" || len(got.Errors) != 1 || got.Errors[0].Code != 40030 {
		t.Errorf("%+v", got)
	}
}

// A callback that is started by a caller restricted to a customer belongs to
// that customer and the caller's tenant.
func TestStartAsOwn(t *testing.T) {
	r := tenantsRig(t)
	r.do("anna", "POST", deskPath, `{"_customer_number":"`+swiss3+`"}`).want(200)
	rows := r.do("anna", "GET", deskPath+"?_customer_number="+url.QueryEscape(swiss3), "").rows()
	if len(rows) != 1 {
		t.Fatalf("found %v", rows)
	}
	if cb := r.stored(rows[0]["_id"].(string)); cb.Customer.ID != "c1" {
		t.Errorf("it is %q's", cb.Customer.ID)
	}
	for _, path := range []string{"/genesys/1/service/callback/secret", "/genesys/1/service/callback/none"} {
		r.do("boss", "POST", path, `{"_customer_number":"`+swiss3+`"}`).fault(400, 40010)
		r.do("boss", "GET", path+"/availability", "").fault(400, 40010)
	}
	// The same key of two tenants or of two customers creates two callbacks.
	for _, user := range []string{"boss", "other"} {
		r.do(user, "POST", deskPath, `{"_customer_number":"`+swiss2+`"}`, "Idempotency-Key", "k").want(200)
	}
	ids := make(map[string]bool)
	for _, user := range []string{"anna", "ben", "anna", "ben"} {
		var answer struct {
			ID string `json:"_id"`
		}
		r.do(user, "POST", deskPath, `{"_customer_number":"`+map[string]string{"anna": "+41785556670", "ben": "+41785556671"}[user]+`"}`, "Idempotency-Key", "k").want(200).into(&answer)
		ids[answer.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("two customers with one key have %d callbacks", len(ids))
	}
	long := strings.Repeat("k", 128)
	first := r.do("anna", "POST", deskPath, `{"_customer_number":"`+swiss3+`","note":"a"}`, "Idempotency-Key", long).want(200)
	if again := r.do("anna", "POST", deskPath, `{"_customer_number":"`+swiss3+`","note":"a"}`, "Idempotency-Key", long).want(200); string(again.body) != string(first.body) {
		t.Errorf("a long key made %s and %s", first.body, again.body)
	}
	r.do("anna", "POST", deskPath, `{"_customer_number":"`+swiss3+`"}`, "Idempotency-Key", long+"k").fault(400, 40010)
}
