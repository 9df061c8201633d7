package gms_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
)

const deskPath = "/genesys/1/service/callback/desk"

// JSON and a form with the same members create the same callback.
func TestStartForms(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account", "mail"}
	})
	desired := utc("2026-01-13T09:30:00Z")
	json := r.start(`{"_customer_number":"078 555 66 77","_desired_time":"2026-01-13T09:30:00.000Z","_account":17,"mail":"a@b.ch",
		"_urs_virtual_queue":"VQ","_request_queue_time_stat":"ExpectedWaitTime;Queue;8999@SIP;Environment","_ors_session_id":"s1",
		"_originating_interaction_id":"call-1","note":null,"deep":{"a":[1,true]}}`)
	form := r.start(url.Values{
		"_customer_number": {"078 555 66 77"}, "_desired_time": {"2026-01-13T09:30:00.000Z"}, "_account": {"17"}, "mail": {"a@b.ch"},
		"_urs_virtual_queue": {"VQ"}, "_request_queue_time_stat": {"ExpectedWaitTime;Queue;8999@SIP;Environment"}, "_ors_session_id": {"s1"},
		"_originating_interaction_id": {"call-1"},
	}.Encode(), "Content-Type", api.Form)
	for _, cb := range []*callback.Callback{json, form} {
		if !cb.Desired.Equal(desired) || cb.State != callback.Scheduled {
			t.Errorf("desired is %v, state %v", cb.Desired, cb.State)
		}
		if got := cb.Customer.Number.Reveal(); got != swiss {
			t.Errorf("number is %q", got)
		}
		if cb.Agent.Queue != "VQ" || cb.SessionID != "s1" || cb.Origin.InteractionID != "call-1" {
			t.Errorf("queue %q, session %q, interaction %q", cb.Agent.Queue, cb.SessionID, cb.Origin.InteractionID)
		}
		for key, value := range map[string]string{"_account": "17", "_urs_virtual_queue": "VQ", "_request_queue_time_stat": "ExpectedWaitTime;Queue;8999@SIP;Environment"} {
			if got, _ := callback.TextOf(cb.Properties[key]); got != value {
				t.Errorf("property %s is %q", key, got)
			}
		}
		for _, key := range []string{"_customer_number", "_desired_time", "_originating_interaction_id"} {
			if _, ok := cb.Properties[key]; ok {
				t.Errorf("%s is a property as well", key)
			}
		}
		if cb.UserData["mail"] != "a@b.ch" {
			t.Errorf("user data are %v", cb.UserData)
		}
		history, err := r.m.History(t.Context(), cb.ID)
		if err != nil || history[0].Actor != "boss" {
			t.Errorf("the history begins with %v, %v", history, err)
		}
	}
	if got := json.UserData["deep"]; !cmp.Equal(got, map[string]any{"a": []any{jsonNumber("1"), true}}) {
		t.Errorf("nested user data are %v", got)
	}
}

// All accepted formats of a time are equivalent.
func TestStartTimes(t *testing.T) {
	for _, text := range []string{
		"2026-01-13T09:30:00.000Z", "2026-01-13T09:30:00Z", "2026-01-13T09:30:00", "2026-01-13T09:30:00.000",
		"2026-01-13T10:30:00.000+01:00", "2026-01-13T10:30:00.000+0100",
	} {
		r := newRig(t, nil)
		if cb := r.start(`{"_customer_number":"` + swiss + `","_desired_time":"` + text + `"}`); !cb.Desired.Equal(utc("2026-01-13T09:30:00Z")) {
			t.Errorf("%s is read as %v", text, cb.Desired)
		}
	}
	for _, text := range []string{`"tomorrow"`, `"2026-13-01T00:00:00.000Z"`, `"1969-12-31T23:59:59.000Z"`, `"13.01.2026"`, `1768296600`, `{"at":1}`, `"2026-01-13"`} {
		r := newRig(t, nil)
		e := r.post(deskPath, `{"_customer_number":"`+swiss+`","_desired_time":`+text+`}`).fault(400, 40010)
		if e.Properties["parameter"] != "_desired_time" {
			t.Errorf("%s: %v", text, e)
		}
	}
	r := newRig(t, nil)
	if cb := r.start(`{"_customer_number":"` + swiss + `","_desired_time":""}`); !cb.Immediate {
		t.Errorf("no time is not now: %v", cb.State)
	}
}

// A time exactly at the buffer is scheduled, one before it is immediate (GMS
// 4.1).
func TestStartImmediate(t *testing.T) {
	r := newRig(t, nil)
	edge := monday().Add(120 * time.Second)
	for text, state := range map[string]callback.State{
		edge.Format("2006-01-02T15:04:05.000Z"):                        callback.Scheduled,
		edge.Add(-time.Millisecond).Format("2006-01-02T15:04:05.000Z"): callback.Queued,
	} {
		var answer map[string]any
		r.post(deskPath, `{"_customer_number":"`+swiss+`","_desired_time":"`+text+`"}`).want(200).into(&answer)
		if cb := r.stored(answer["_id"].(string)); cb.State != state {
			t.Errorf("%s is %v", text, cb.State)
		}
		if _, dialog := answer["_dialog_id"]; dialog != (state == callback.Queued) {
			t.Errorf("%s is answered with %v", text, answer)
		}
	}
}

// Forced states bypass limits and need the role operate, except those that
// result from the time.
func TestStartForcedState(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].Limits = callback.Limits{SameNumber: callback.NoLimit, BookingsPerDay: callback.NoLimit}
	})
	edge := monday().Add(120 * time.Second)
	for _, c := range []struct {
		name, time string
		state      callback.State
		natural    bool
	}{
		{"SCHEDULED", later, callback.Scheduled, true},
		{"SCHEDULED", gms.WriteTime(edge), callback.Scheduled, true},
		{"SCHEDULED", gms.WriteTime(edge.Add(-time.Millisecond)), callback.Scheduled, false},
		{"SCHEDULED", "", callback.Scheduled, false},
		{"QUEUED", "", callback.Queued, true},
		{"QUEUED", gms.WriteTime(monday()), callback.Queued, true},
		{"QUEUED", gms.WriteTime(monday().Add(time.Millisecond)), callback.Queued, false},
		{"QUEUED", later, callback.Queued, false},
		{"PAUSED", later, callback.Paused, false}, {"PAUSED", "", callback.Paused, false},
		{"ROUTING", later, callback.Routing, false}, {"PROCESSING", "", callback.Processing, false},
		{"COMPLETED", later, callback.Completed, false},
	} {
		body := `{"_customer_number":"` + swiss + `","_callback_state":"` + c.name + `","_desired_time":"` + c.time + `"}`
		if cb := r.start(body); cb.State != c.state {
			t.Errorf("%s at %s became %v", c.name, c.time, cb.State)
		}
		res := r.do("create", "POST", deskPath, body)
		if !c.natural {
			res.fault(403, 40300)
			continue
		}
		var answer struct {
			ID string `json:"_id"`
		}
		res.want(200).into(&answer)
		if cb := r.stored(answer.ID); cb.State != c.state {
			t.Errorf("%s at %s became %v for a customer", c.name, c.time, cb.State)
		}
	}
	for _, name := range []string{"DIALING", "OFFERED", "UNRESOLVED", "NEW", "nonsense"} {
		e := r.post(deskPath, `{"_customer_number":"`+swiss+`","_callback_state":"`+name+`"}`).fault(400, 40010)
		if e.Properties["parameter"] != "_callback_state" {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// A completed callback is redialled: the request takes precedence over copied
// values; state, session and time are not copied.
func TestStartCopy(t *testing.T) {
	r := newRig(t, nil)
	old := r.start(`{"_customer_number":"` + swiss + `","_product":"router","note":"a","_ors_session_id":"s1","more":1}`)
	r.post(deskPath, `{"_copy_from":"`+string(old.ID)+`"}`).fault(400, 40020)
	r.do("boss", "DELETE", deskPath+"/"+string(old.ID), "").want(200)
	cb := r.start(`{"_copy_from":"` + string(old.ID) + `","note":"b"}`)
	if cb.Customer.Number != old.Customer.Number || cb.CopiedFrom != old.ID || cb.State != callback.Queued {
		t.Errorf("copy is %v of %v", cb, cb.CopiedFrom)
	}
	if cb.Properties["_product"] != "router" || cb.UserData["note"] != "b" || cb.SessionID != "" || cb.Properties["_ors_session_id"] != nil {
		t.Errorf("copied %v %v %q", cb.Properties, cb.UserData, cb.SessionID)
	}
	e := r.post(deskPath, `{"_copy_from":"gone"}`).fault(400, 40030)
	if e.Message != "Callback gone to copy from cannot be found" || e.Properties["id"] != "gone" {
		t.Errorf("%v", e)
	}
}

// The same key with the same request returns the same callback; with another
// request it is rejected.
func TestStartIdempotency(t *testing.T) {
	r := newRig(t, nil)
	body := `{"_customer_number":"` + swiss + `","note":"a"}`
	first := r.start(body, "Idempotency-Key", "k1")
	if again := r.start(body, "Idempotency-Key", "k1"); again.ID != first.ID {
		t.Errorf("made %v and %v", first.ID, again.ID)
	}
	e := r.post(deskPath, strings.Replace(body, "a", "b", 1), "Idempotency-Key", "k1").fault(400, 40010)
	if e.Properties["parameter"] != "Idempotency-Key" {
		t.Errorf("%v", e)
	}
	e = r.post(deskPath, body, "Idempotency-Key", strings.Repeat("k", 129)).fault(400, 40010)
	if e.Properties["parameter"] != "Idempotency-Key" {
		t.Errorf("%v", e)
	}
	if page, err := r.m.SearchPage(t.Context(), callback.Query{}); err != nil || len(page.Callbacks) != 1 {
		t.Errorf("there are %d callbacks, %v", len(page.Callbacks), err)
	}
}

// A customer who calls in gets the access number, and a code if the service
// provides codes.
func TestStartUserOriginated(t *testing.T) {
	inbound := callback.Service{
		Name: "desk", Numbers: callback.Numbers{Country: "CH"},
		Inbound: callback.Inbound{On: true, NoWait: true, AccessNumbers: []string{"+41 44 668 18 00"}, Codes: true},
	}
	r := newRig(t, func(s *setup) { s.services = []callback.Service{inbound} })
	var answer map[string]any
	r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).want(200).into(&answer)
	cb := r.stored(answer["_id"].(string))
	want := map[string]any{
		"_dialog_id": "0", "_action": "DialNumber", "_label": "Call +41 44 668 18 00", "_tel_url": "tel:+41446681800",
		"_access_number": "+41 44 668 18 00", "_access_code": cb.AccessCode, "_expiration_time": "2026-01-12T10:00:30.000Z", "_id": string(cb.ID),
	}
	if diff := cmp.Diff(want, answer); diff != "" || cb.AccessCode == "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	// Without an agent there is no access number yet.
	inbound.Inbound.NoWait = false
	r = newRig(t, func(s *setup) { s.services = []callback.Service{inbound} })
	r.post(deskPath, `{"_customer_number":"`+swiss+`"}`).want(200).into(&answer)
	if answer["_action"] != "ConfirmationDialog" || answer["_text"] != "You will receive the number to call shortly" {
		t.Errorf("answer is %v", answer)
	}
}
