package gms_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// later is a time that is scheduled, not immediate.
const later = "2026-01-13T09:30:00.000Z"

func (r *rig) scheduled(number string) *callback.Callback {
	r.t.Helper()
	return r.start(`{"_customer_number":"` + number + `","_desired_time":"` + later + `"}`)
}

func TestCancel(t *testing.T) {
	r := newRig(t, nil)
	for _, cb := range []*callback.Callback{r.scheduled(swiss), r.start(`{"_customer_number":"` + swiss + `"}`)} {
		res := r.do("create", "DELETE", deskPath+"/"+string(cb.ID), "").want(200)
		if len(res.body) > 0 {
			t.Errorf("the answer has a body: %s", res.body)
		}
		cb = r.stored(string(cb.ID))
		if cb.State != callback.Completed || cb.Reason != callback.ReasonCancelled {
			t.Errorf("it is %v %v", cb.State, cb.Reason)
		}
		history, err := r.m.History(t.Context(), cb.ID)
		if err != nil || history[1].Actor != "create" {
			t.Errorf("the history is %v, %v", history, err)
		}
	}
	cb := r.scheduled(swiss2)
	for _, value := range []string{"maybe", "1", "true&discard_ors_failure=true"} {
		e := r.do("boss", "DELETE", deskPath+"/"+string(cb.ID)+"?discard_ors_failure="+value, "").fault(400, 40010)
		if e.Properties["parameter"] != "discard_ors_failure" {
			t.Errorf("%s: %v", value, e)
		}
	}
	if cb = r.stored(string(cb.ID)); cb.State != callback.Scheduled {
		t.Errorf("it is %v", cb.State)
	}
}

// Cancelling a callback in a call is deferred and reported as such; with
// discard_ors_failure it takes effect at once.
func TestCancelInFlight(t *testing.T) {
	r := newRig(t, nil)
	r.dialer.On(callbacktest.AnyNumber, callbacktest.NoAnswer())
	waiting, discarded := r.start(`{"_customer_number":"`+swiss+`"}`), r.start(`{"_customer_number":"`+swiss2+`"}`)
	r.tick()
	if cb := r.stored(string(waiting.ID)); cb.State != callback.Dialing {
		t.Fatalf("it is %v", cb.State)
	}
	r.do("boss", "DELETE", deskPath+"/"+string(waiting.ID), "").fault(400, 40020)
	r.do("boss", "DELETE", deskPath+"/"+string(waiting.ID), "").wantMessage(
		"Callback '" + string(waiting.ID) + "' is in a call and will be cancelled when the call has ended. State=QUEUED")
	r.do("boss", "DELETE", deskPath+"/"+string(discarded.ID)+"?discard_ors_failure=true", "").want(200)
	if cb := r.stored(string(discarded.ID)); cb.State != callback.Completed {
		t.Errorf("it is %v", cb.State)
	}
	if _, err := callbacktest.Drive(t.Context(), r.m, r.clock, r.dialer, monday().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if cb := r.stored(string(waiting.ID)); cb.Reason != callback.ReasonCancelled || len(cb.Attempts) != 1 {
		t.Errorf("it is %v %v after %d attempts", cb.State, cb.Reason, len(cb.Attempts))
	}
}

// A callback can be queried under its own service only.
func TestServiceOfPath(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services = append(s.services, callback.Service{Name: "shop", Numbers: callback.Numbers{Country: "US"}}, callback.Service{Name: "front", Numbers: callback.Numbers{Country: "US"}, Redirect: "desk"})
	})
	cb := r.scheduled(swiss)
	for _, name := range []string{"shop", "none"} {
		path := "/genesys/1/service/callback/" + name + "/" + string(cb.ID)
		r.do("boss", "GET", path, "").fault(400, 40030)
		r.do("boss", "PUT", path, `{"a":"b"}`).fault(400, 40030)
		r.do("boss", "DELETE", path, "").fault(400, 40030)
	}
	r.get("/genesys/1/service/callback/front/" + string(cb.ID)).want(200)
	for _, id := range []string{"gone", "%00", "%C3", "a%2Fb", "%20"} {
		r.get(deskPath+"/"+id).fault(400, 40030)
	}
}

func TestReschedule(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Booking.Hours, s.services[0].Booking.PerBucket = hours("UTC", "9:00", "17:00"), 1
	})
	cb := r.scheduled(swiss)
	id := string(cb.ID)
	// A state together with a time is ignored.
	r.do("create", "PUT", deskPath+"/"+id, `{"_new_desired_time":"2026-01-14T10:00:00.000Z","_callback_state":"COMPLETED","note":"moved"}`).want(200)
	cb = r.stored(id)
	if cb.State != callback.Scheduled || !cb.Desired.Equal(utc("2026-01-14T10:00:00Z")) || cb.UserData["note"] != "moved" {
		t.Errorf("%v at %v with %v", cb.State, cb.Desired, cb.UserData)
	}
	r.start(`{"_customer_number":"` + swiss2 + `","_desired_time":"2026-01-14T12:00:00.000Z"}`)
	refused := map[string]int{
		`{"_new_desired_time":"2026-01-14T12:03:00.000Z","note":"x"}`:                                   40051,
		`{"_new_desired_time":"2026-01-14T20:00:00.000Z","note":"x"}`:                                   40050,
		`{"_new_desired_time":"2027-01-14T10:00:00.000Z","note":"x"}`:                                   40010,
		`{"_new_desired_time":"soon","note":"x"}`:                                                       40010,
		`{"_new_desired_time":"2026-01-14T11:00:00.000Z","_customer_number":""}`:                        40010,
		`{"_new_desired_time":"2026-01-14T11:00:00.000Z","_customer_number":"12"}`:                      40040,
		`{"_new_desired_time":"2026-01-14T12:00:00.000Z","_customer_number":"` + swiss3 + `","_new":1}`: 40051,
		`{"_new_desired_time":"2026-01-14T11:00:00.000Z","_callback_state":{"a":1}}`:                    40010,
	}
	for body, code := range refused {
		r.put(id, body).fault(400, code)
		now := r.stored(id)
		if !now.Desired.Equal(cb.Desired) || now.Customer != cb.Customer ||
			!cmp.Equal(now.UserData, cb.UserData, cmpopts.EquateEmpty()) || !cmp.Equal(now.Properties, cb.Properties, cmpopts.EquateEmpty()) {
			t.Errorf("%s changed it to %v with %v", body, now.Desired, now.UserData)
		}
	}
	// A time within the buffer makes the callback immediate.
	r.put(id, `{"_new_desired_time":"2026-01-12T10:01:00.000Z"}`).want(200)
	if cb = r.stored(id); cb.State != callback.Queued {
		t.Errorf("it is %v", cb.State)
	}
	r.put(id, `{"_new_desired_time":"2026-01-14T10:00:00.000Z"}`).wantMessage("Callback '" + id + "' is no longer scheduled. State=QUEUED")
	r.put("gone", `{"_new_desired_time":"2026-01-14T10:00:00.000Z"}`).fault(400, 40030)
}

// Properties are set; an empty string deletes one. Former values of lookup keys
// stay searchable.
func TestUpdateProperties(t *testing.T) {
	r := newRig(t, func(s *setup) { s.services[0].SearchKeys = []string{"_customer_number", "_account"} })
	cb := r.start(`{"_customer_number":"` + swiss + `","_desired_time":"` + later + `","_account":"7","note":"a"}`)
	id := string(cb.ID)
	r.put(id, `{"_account":"8","note":"","more":{"deep":[1]},"_desired_time":"2026-01-20T10:00:00.000Z"}`).want(200)
	cb = r.stored(id)
	if _, ok := cb.UserData["note"]; ok || cb.Properties["_account"] != "8" || cb.UserData["more"] == nil {
		t.Errorf("it has %v and %v", cb.Properties, cb.UserData)
	}
	if !cb.Desired.Equal(utc(later)) {
		t.Errorf("_desired_time moved it to %v", cb.Desired)
	}
	for _, account := range []string{"7", "8"} {
		if ids := idsOf(r.get("/genesys/1/service/callback?_account=" + account).rows()); len(ids) != 1 {
			t.Errorf("account %s finds %v", account, ids)
		}
	}
	r.do("boss", "PUT", deskPath+"/"+id, "note=form", "Content-Type", "application/x-www-form-urlencoded").want(200)
	if cb = r.stored(id); cb.UserData["note"] != "form" {
		t.Errorf("it has %v", cb.UserData)
	}
	r.put(id, `{}`).want(200)
	e := r.put(id, `{"_customer_number":"0900 123 456"}`).fault(400, 40040)
	if e.Properties["number"] != "0900 123 456" {
		t.Errorf("%v", e)
	}
	r.put(id, `{"_customer_number":""}`).fault(400, 40010)
	r.do("boss", "DELETE", deskPath+"/"+id, "").want(200)
	r.put(id, `{"note":"b"}`).wantMessage("Callback '" + id + "' is no longer scheduled. State=COMPLETED")
}

// Reporting a state needs the role operate.
func TestReportState(t *testing.T) {
	r := newRig(t, nil)
	id := string(r.start(`{"_customer_number":"` + swiss + `"}`).ID)
	r.do("create", "PUT", deskPath+"/"+id, `{"_callback_state":"ROUTING"}`).fault(403, 40300)
	for _, state := range []string{"ROUTING", "PROCESSING", "PROCESSING", "QUEUED", "PROCESSING"} {
		r.do("operate", "PUT", deskPath+"/"+id, `{"_callback_state":"`+state+`","_reason":""}`).want(200)
		if cb := r.stored(id); cb.State.String() != state {
			t.Errorf("it is %v, not %s", cb.State, state)
		}
	}
	r.put(id, `{"_callback_state":"SCHEDULED"}`).fault(400, 40020)
	for _, state := range []string{"PAUSED", "DIALING", "nonsense"} {
		e := r.put(id, `{"_callback_state":"`+state+`","note":"x"}`).fault(400, 40010)
		if e.Properties["parameter"] != "_callback_state" {
			t.Errorf("%s: %v", state, e)
		}
	}
	r.put(id, `{"_callback_state":"COMPLETED","_reason":"FAIL_USER_UNREACHABLE","disposition":"sold"}`).want(200)
	cb := r.stored(id)
	if cb.State != callback.Completed || cb.Reason != callback.ReasonCallToCustomer || cb.UserData["disposition"] != "sold" {
		t.Errorf("it is %v %v with %v", cb.State, cb.Reason, cb.UserData)
	}
	id = string(r.scheduled(swiss2).ID)
	r.put(id, `{"_callback_state":"SCHEDULED","note":"same"}`).want(200)
	r.put(id, `{"_callback_state":"COMPLETED","_callback_reason":"AGENT_CONNECTED"}`).want(200)
	if cb = r.stored(id); cb.Reason != callback.ReasonAgentConnected {
		t.Errorf("it is %v %v", cb.State, cb.Reason)
	}
}

// The first answer to a preview is used; another or a late one is rejected.
func TestPreview(t *testing.T) {
	router := callbacktest.NewRouter(5)
	r := newRig(t, func(s *setup) {
		s.services[0].Preview = callback.Preview{On: true, Rejects: 1, Timeout: 30 * time.Second}
		s.options = func(c *manager.Config) { c.Router = router }
	})
	preview := func(id, body string) *response {
		t.Helper()
		return r.do("operate", "POST", "/genesys/1/service/"+id+"/preview-response", body)
	}
	offered := func(number string) string {
		t.Helper()
		id := string(r.start(`{"_customer_number":"` + number + `"}`).ID)
		preview(id, `{"_action":"accept"}`).fault(400, 40020)
		r.tick()
		if cb := r.stored(id); cb.State != callback.Offered {
			t.Fatalf("it is %v", cb.State)
		}
		return id
	}
	id := offered(swiss)
	for _, body := range []string{`{}`, `{"_action":"take"}`, `{"_action":["accept"]}`, `{"_action":"ACCEPT"}`} {
		if e := preview(id, body).fault(400, 40010); e.Properties["parameter"] != "_action" {
			t.Errorf("%s: %v", body, e)
		}
	}
	preview(id, `{"_action":"accept"}`).want(200)
	preview(id, `{"_action":"accept"}`).fault(400, 40020)
	preview(id, `{"_action":"cancel"}`).wantMessage("Callback '" + id + "' does not expect this answer. State=QUEUED")
	r.tick()
	if cb := r.stored(id); len(cb.Attempts) != 1 {
		t.Errorf("it is %v after %d attempts", cb.State, len(cb.Attempts))
	}
	id = offered(swiss2)
	preview(id, `{"_action":"cancel"}`).want(200)
	if cb := r.stored(id); cb.Reason != callback.ReasonPreviewCancel {
		t.Errorf("it is %v %v", cb.State, cb.Reason)
	}
	id = offered(swiss3)
	preview(id, `{"_action":"reject"}`).want(200)
	if cb := r.stored(id); cb.Reason != "AGENT_PREVIEW_CANCEL_AFTER_1REJECTS" {
		t.Errorf("it is %v %v", cb.State, cb.Reason)
	}
	id = offered("+41785556670")
	r.clock.Advance(30 * time.Second)
	preview(id, `{"_action":"accept"}`).fault(400, 40020)
	preview("gone", `{"_action":"accept"}`).fault(400, 40030)
}
